//! `contrail serve`, as an application sees it. What stands in quotation marks before a test is a
//! sentence of the page of Get Events, which it holds.

use std::{
    collections::HashSet,
    sync::{Arc, Barrier},
    thread,
};

use contrail_replay::clock::{Clock as _, WallClock};
use serde_json::{Value, json};

use crate::{
    program::{contrail, heartbeat, root},
    served::{Batch, KEY, Served},
};

/// An event of a type and a device, so many milliseconds after midnight.
fn event(number: u64, millis: u64, type_name: &str, device: &str) -> String {
    let (second, fraction) = (millis / 1000, millis % 1000);
    let time = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    let fraction = if fraction == 0 { String::new() } else { format!(".{fraction:03}") };
    heartbeat(number)
        .replace("06:14:59Z", &format!("{time}{fraction}Z"))
        .replace("06:14:30Z", &format!("{time}Z"))
        .replace("HeartbeatEvent", type_name)
        .replace("MyDeviceName", device)
}

/// So many heartbeats, a second apart.
fn seconds(count: u64) -> Vec<String> {
    (0..count).map(|number| event(number, number * 1000, "HeartbeatEvent", "D")).collect()
}

fn id(number: u64) -> String {
    format!("9eebaf4b-52a6-487b-bf2c-{number:012}")
}

fn ids(numbers: impl IntoIterator<Item = u64>) -> Vec<String> {
    numbers.into_iter().map(id).collect()
}

/// A server without waiting, with `KEY` subscribed.
fn subscribed(lines: &[String]) -> Served {
    let served = Served::lines(lines, &["--speed", "max"]);
    assert_eq!(served.get(KEY, 100).events, Vec::<Value>::new());
    served
}

/// "Users must subscribe to Get Events by making an initial Get Events request with the applicable
/// user access key. This initial subscription request will not return any events"
#[test]
fn this_initial_subscription_request_will_not_return_any_events() {
    let served = Served::lines(&seconds(3), &["--speed", "max"]);
    let answer = served.ask("GET", "/3/events", KEY, None);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    let batch = answer.json();
    assert_eq!(batch["BatchId"].as_str().map(str::len), Some(36));
    assert_eq!((&batch["Count"], &batch["Events"]), (&json!(0), &json!([])));
    assert_eq!(batch.as_object().map(serde_json::Map::len), Some(3));
    assert_eq!(served.get(KEY, 5).ids(), ids(0..3));
}

/// "as events are not queued until the subscription is created."
#[test]
fn events_are_not_queued_until_the_subscription_is_created() {
    let served = Served::lines(&seconds(100), &["--clock", "manual"]);
    served.get(KEY, 1);
    served.change("advance", &json!({ "by": "10s" }));
    served.get("another", 1);
    served.change("advance", &json!({ "by": "10s" }));
    assert_eq!(served.get(KEY, 512).ids(), ids(0..=20));
    assert_eq!(served.get("another", 512).ids(), ids(10..=20));
}

/// "Return, but do not dequeue, the oldest pending event messages for the Jetstream user whose access
/// key is being used." "Each Get Events request returns a batch of event messages along with an
/// associated batch ID."
#[test]
fn return_but_do_not_dequeue_the_oldest_pending_event_messages() {
    let served = subscribed(&seconds(5));
    let (one, other) = (served.get(KEY, 3), served.get(KEY, 3));
    assert_eq!((one.ids(), other.ids()), (vec![&*id(0), &*id(1), &*id(2)], one.ids()));
    assert_ne!(one.id, other.id);
}

/// "By default, no more than 100 messages will be returned on any given Get Events request." "This
/// property is optional and does not need to be defined in all requests. If it is not defined, the
/// value defaults to 100."
#[test]
fn by_default_no_more_than_100_messages_will_be_returned() {
    let served = subscribed(&seconds(600));
    for path in ["/2/events", "/3/events", "/3/events/", "/3/events?", "/3/EVENTS"] {
        assert_eq!(served.ask("GET", path, KEY, None).json()["Count"], 100, "{path}");
    }
}

/// "The number of messages to return. This value is a number within the following range: 1 - 512"
#[test]
fn this_value_is_a_number_within_the_range_of_1_to_512() {
    let served = subscribed(&seconds(600));
    for (limit, count) in [("1", 1), ("5", 5), ("512", 512)] {
        let answer = served.ask("GET", &format!("/2/events/{limit}"), KEY, None);
        assert_eq!((answer.status, &answer.json()["Count"]), (200, &json!(count)));
    }
    for limit in ["0", "513", "-1", "five", "1.5", "%31"] {
        let answer = served.ask("GET", &format!("/3/events/{limit}"), KEY, None);
        let message = format!("the limit must be a number from 1 to 512, got {limit}");
        assert_eq!((answer.status, answer.message()), (400, message));
    }
}

/// "By using this batch ID with a Delete Events request, all events within this batch can be removed."
#[test]
fn all_events_within_this_batch_can_be_removed_by_its_id() {
    let served = subscribed(&seconds(5));
    let batch = served.get(KEY, 3);
    for time in ["first", "second"] {
        let answer = served.delete(KEY, &batch.id);
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{time}");
        assert_eq!((answer.header("content-length"), answer.header("content-type")), (None, None));
        assert_eq!(served.get(KEY, 512).ids(), ids(3..5));
    }
    let answer = served.delete(KEY, "00000000-0000-4000-8000-000000000000");
    assert_eq!(answer.status, 404);
    assert_eq!(answer.message(), "no batch with this BatchId was returned to this key");
}

/// "Users will be automatically unsubscribed after 30 days of not making a Get Events request."
#[test]
fn users_will_be_automatically_unsubscribed_after_30_days() {
    // An event a day, all of one month.
    let day = |it: u64| heartbeat(it).replace("2017-05-19", &format!("2017-05-{:02}", it + 1));
    let days: Vec<_> = (0..31).map(day).collect();
    // Time in the recording ends with its last event: it is played three times.
    let loses = |args: &[&str]| {
        let served = Served::lines(&days, &[&["--clock", "manual", "--loop=3"], args].concat());
        served.get(KEY, 1);
        served.change("advance", &json!({ "by": "29days 23h 59m 59s" }));
        assert_ne!(served.get(KEY, 512).events.len(), 0);
        served.change("advance", &json!({ "by": "30days" }));
        served.get(KEY, 512).events.is_empty()
    };
    assert!(loses(&[]));
    assert!(!loses(&["--no-retention"]));
}

/// The request of the page and the events of its example, which come in the order of time.
#[test]
fn the_example_of_the_page_is_answered() {
    let served = Served::of(&["corpus/valid/v2/get-events.json", "--speed", "max"]);
    served.ask("GET", "/2/events/5", KEY, None);
    let batch = served.ask("GET", "/2/events/5", KEY, None).json();
    let page = std::fs::read(root().join("corpus/valid/v2/get-events.json")).expect("it is there");
    let page: Value = serde_json::from_slice(&page).expect("it is JSON");
    assert_eq!(batch["Count"], page["Count"]);
    let [completion, queued, rest @ ..] = page["Events"].as_array().unwrap().as_slice() else {
        panic!("the page has events");
    };
    let expected: Vec<_> = [queued, completion].into_iter().chain(rest).collect();
    assert_eq!(batch["Events"].as_array().unwrap().iter().collect::<Vec<_>>(), expected);
}

#[test]
fn events_are_deleted_by_their_ids() {
    let served = subscribed(&seconds(5));
    served.get(KEY, 512);
    let delete =
        |method, path, body: &Value| served.ask(method, path, KEY, Some(&body.to_string())).status;
    let some = json!({ "BatchId": null, "EventIds": [id(1), id(3), "unknown"] });
    assert_eq!(delete("DELETE", "/2/events", &some), 204);
    assert_eq!(served.get(KEY, 512).ids(), ids([0, 2, 4]));
    assert_eq!(delete("PATCH", "/3/events", &json!({ "EventIds": [id(0)] })), 204);
    assert_eq!(served.get(KEY, 512).ids(), ids([2, 4]));
    let hundred = json!({ "EventIds": vec![id(2); 100] });
    assert_eq!(delete("DELETE", "/3/events", &hundred), 204);
    assert_eq!(served.get(KEY, 512).ids(), ids([4]));
}

#[test]
fn a_delete_that_is_not_one_is_refused_with_a_message() {
    let served = subscribed(&seconds(5));
    let batch = served.get(KEY, 5);
    for (body, message) in [
        (json!({ "EventIds": vec![id(0); 101] }), "EventIds has 101 ids"),
        (
            json!({ "BatchId": batch.id, "EventIds": [id(0)] }),
            "BatchId and EventIds are both given",
        ),
        (json!({ "BatchId": null, "EventIds": null }), "neither BatchId nor EventIds is given"),
        (json!([]), "the body is not an object"),
    ] {
        let answer = served.ask("DELETE", "/3/events", KEY, Some(&body.to_string()));
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.message().starts_with(message), "{}", answer.body);
    }
    assert_eq!(served.get(KEY, 5).events.len(), 5);
}

#[test]
fn patch_is_a_verb_of_version_3_alone() {
    let served = subscribed(&seconds(1));
    let batch = served.get(KEY, 5);
    let body = json!({ "BatchId": batch.id }).to_string();
    let refused = served.ask("PATCH", "/2/events", KEY, Some(&body));
    assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, DELETE")));
    assert_eq!(served.ask("PATCH", "/3/events", KEY, Some(&body)).status, 204);
}

/// "The access key for your user account."
#[test]
fn the_access_key_is_wanted() {
    let keys = ["--speed", "max", "--access-key", "one", "--access-key", "other"];
    let served = Served::lines(&seconds(3), &keys);
    for (key, message) in
        [("", "the header AccessKey is missing"), ("three", "the AccessKey is not known")]
    {
        for (method, path) in [("GET", "/3/events"), ("DELETE", "/2/events")] {
            let answer = served.ask(method, path, key, Some(r#"{"EventIds":[]}"#));
            assert_eq!((answer.status, answer.message().as_str()), (401, message));
        }
    }
    served.get("one", 1);
    served.get("other", 1);
    assert_eq!(served.drain("one", 2), ids(0..3));
    assert_eq!(served.drain("other", 512), ids(0..3), "each user gets copies");
}

#[test]
fn events_are_searched_by_type_device_and_event_version() {
    let version =
        |line: String, version: u8| line.replace('}', &format!(r#","Version":{version}}}"#));
    let lines = [
        event(0, 0, "HeartbeatEvent", "My Device"),
        version(event(1, 0, "ObjectEvent", "My Device"), 3),
        version(event(2, 0, "HeartbeatEvent", "Other,1"), 2),
    ];
    let served = subscribed(&lines);
    for (query, expected) in [
        ("", &[0, 1, 2][..]),
        ("?", &[0, 1, 2]),
        ("?&Type=HeartbeatEvent", &[0, 2]),
        ("?type=heartbeatEVENT", &[0, 2]),
        ("?Device=My%20Device&type=ObjectEvent", &[1]),
        ("?device=my+device", &[0, 1]),
        ("?device=Other%2C1&sort=EventTime", &[2]),
        ("?EventVersion=3", &[1]),
        ("?eventversion=2", &[2]),
        ("?type=Nothing", &[]),
        ("?type=&unknown=x", &[0, 1, 2]),
    ] {
        for version in [2, 3] {
            let batch =
                served.ask("GET", &format!("/{version}/events/512{query}"), KEY, None).json();
            let events = batch["Events"].as_array().expect("it is never null");
            let found: Vec<_> = events.iter().filter_map(|it| it["EventId"].as_str()).collect();
            assert_eq!(found, ids(expected.iter().copied()), "{query}");
        }
    }
}

#[test]
fn both_versions_of_the_api_have_one_queue() {
    let served = Served::lines(&seconds(3), &["--speed", "max"]);
    served.ask("GET", "/2/events", KEY, None);
    let batch = served.get(KEY, 2);
    assert_eq!(batch.ids(), ids(0..2));
    let body = json!({ "BatchId": batch.id }).to_string();
    assert_eq!(served.ask("DELETE", "/2/events", KEY, Some(&body)).status, 204);
    assert_eq!(served.get(KEY, 2).ids(), ids(2..3));
}

#[test]
fn an_event_is_byte_for_byte_the_one_that_was_recorded() {
    let odd = r#"{ "EventTime":"2017-05-19T06:14:30Z",  "Type":"NewEvent","EventId":"\u0041",
        "Weight": 1.50, "Weight": 1e2, "Name": "ü\/" }"#;
    let served = subscribed(&[odd.to_owned()]);
    assert!(served.ask("GET", "/3/events", KEY, None).body.contains(odd));
}

#[test]
fn what_is_not_there_is_told() {
    let served = Served::of(&["corpus/valid"]);
    for path in ["/", "/3", "/events", "/4/events", "/3/devices", "/3/events/5/6", "/favicon.ico"] {
        let answer = served.ask("GET", path, KEY, None);
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.message().starts_with(&format!("there is no {path} here")), "{path}");
    }
}

#[test]
fn what_is_due_at_the_moment_of_the_request_is_what_the_request_gets() {
    let served = Served::lines(&seconds(1000), &["--clock", "manual", "--speed", "60"]);
    served.get(KEY, 1);
    for (by, expected) in [("0s", 0..1), ("999ms", 0..60), ("1ms", 0..61), ("1s", 0..121)] {
        served.change("advance", &json!({ "by": by }));
        assert_eq!(served.get(KEY, 512).ids(), ids(expected), "{by}");
    }
}

#[test]
fn times_can_be_of_today() {
    let served = Served::lines(&seconds(3), &["--speed", "max", "--restamp", "now"]);
    served.get(KEY, 1);
    for event in served.get(KEY, 5).events {
        let time = event["EventTime"].as_str().expect("it has a time");
        let now = chrono::DateTime::<chrono::Utc>::from(contrail_replay::clock::now());
        let age = now - time.parse::<chrono::DateTime<chrono::Utc>>().expect("it is a time");
        assert!((0..60).contains(&age.num_seconds()), "{time}");
    }
}

#[test]
fn it_ends_with_a_report_when_all_is_drained() {
    let args = ["--speed", "max", "--exit-when-drained", "--access-key", "one,other"];
    let args = [&args[..], &["--start-on", "every-key"]].concat();
    let served = Served::lines(&seconds(700), &args);
    served.get("one", 1);
    assert_eq!(served.drain("one", 512), [""; 0], "the other key has not asked");
    served.get("other", 1);
    assert_eq!(served.drain("one", 512), ids(0..700));
    let mut got = Vec::new();
    while got.len() < 700 {
        let batch = served.get("other", 300);
        got.extend(batch.ids().into_iter().map(str::to_owned));
        assert_eq!(served.delete("other", &batch.id).status, 204);
    }
    assert_eq!(got, ids(0..700));
    let (code, said) = served.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("9 gets, 5 deletes, 0 refused; all is drained\n"), "{said}");
    assert!(said.contains("subscriber 1 (o…): 700 delivered, 700 deleted\n"), "{said}");
    assert!(said.contains("subscriber 2 (ot…): 700 delivered, 700 deleted\n"), "{said}");
}

/// What a consumer took, and what it must not see again.
struct Consumer<'s> {
    served: &'s Served,
    key: &'s str,
    deleted: HashSet<String>,
    /// In the order in which they came.
    taken: Vec<String>,
}

impl<'s> Consumer<'s> {
    /// Subscribes.
    fn of(served: &'s Served, key: &'s str) -> Self {
        assert_eq!(served.get(key, 1).events.len(), 0);
        Self { served, key, deleted: HashSet::new(), taken: Vec::new() }
    }

    /// Gets a batch, processes and deletes it: the documented loop.
    fn turn(&mut self, limit: usize) -> Batch {
        let batch = self.served.get(self.key, limit);
        for id in batch.ids() {
            assert!(!self.deleted.contains(id), "{id} came after its delete");
            self.taken.push(id.to_owned());
        }
        if !batch.events.is_empty() {
            assert_eq!(self.served.delete(self.key, &batch.id).status, 204);
        }
        self.deleted.extend(batch.ids().into_iter().map(str::to_owned));
        batch
    }
}

/// The number of events of a long recording.
const MANY: u64 = 100_000;

/// A long recording: 20 events a second.
fn many() -> Vec<String> {
    (0..MANY).map(|it| event(it, it / 20 * 1000, "HeartbeatEvent", "D")).collect()
}

#[test]
fn the_documented_loop_loses_nothing_without_waiting() {
    let served = Served::lines(&many(), &["--speed", "max"]);
    let mut consumer = Consumer::of(&served, KEY);
    while !consumer.turn(512).events.is_empty() {}
    assert_eq!(consumer.taken, ids(0..MANY));
}

#[test]
fn the_documented_loop_gets_nothing_early_at_speed_1() {
    let served = Served::lines(&many(), &["--clock", "manual", "--start-on", "first-poll"]);
    let mut consumer = Consumer::of(&served, KEY);
    let mut at = 0;
    while consumer.taken.len() < usize::try_from(MANY).unwrap() {
        while !consumer.turn(500).events.is_empty() {}
        let due = ((at / 1000 + 1) * 20).min(MANY);
        assert_eq!(consumer.taken.len() as u64, due, "{at} ms after the start");
        let step = 61_700;
        served.change("advance", &json!({ "by": format!("{step}ms") }));
        at += step;
    }
    assert_eq!(consumer.taken, ids(0..MANY));
}

#[test]
fn the_documented_loop_gets_nothing_early_at_speed_1000() {
    let served = Served::lines(&many(), &["--speed", "1000", "--exit-when-drained"]);
    let clock = WallClock::start();
    let mut consumer = Consumer::of(&served, KEY);
    while consumer.taken.len() < usize::try_from(MANY).unwrap() {
        let batch = consumer.turn(512);
        // The server's time began after that of this clock.
        let most = clock.elapsed().as_millis();
        for event in &batch.events {
            let second = &event["ReceivedTime"].as_str().unwrap()[11..19];
            let parts: Vec<u128> = second.split(':').map(|it| it.parse().unwrap()).collect();
            let due = parts[0] * 3600 + parts[1] * 60 + parts[2];
            assert!(due <= most, "{second} came {most} ms after the start");
        }
    }
    assert_eq!(consumer.taken, ids(0..MANY));
    assert_eq!(served.end().0, Some(0));
}

#[test]
fn with_the_clock_of_the_consumer_nothing_waits_for_the_time() {
    let served = Served::lines(&seconds(1000), &["--clock", "consumer", "--exit-when-drained"]);
    let mut consumer = Consumer::of(&served, KEY);
    for number in 0..1000 {
        assert_eq!(consumer.turn(512).ids(), [id(number)]);
    }
    assert_eq!(served.end().0, Some(0));
}

#[test]
fn a_poller_in_the_manner_of_the_net_service_drains_it() {
    // Every event twice, and behind one that happened later.
    let faults = ["--fault", "duplicate,after=1s", "--fault", "reorder,p=0.5", "--speed", "max"];
    let served = Served::lines(&seconds(2000), &faults);
    let mut processed: Vec<String> = Vec::new();
    let mut was_subscribed = false;
    loop {
        // SDK 3.0: a `?` behind the limit, also without parameters, and a content type.
        let answer = served.ask("GET", "/3/events/500?", KEY, None);
        assert_eq!(answer.status, 200);
        let batch = answer.json();
        let events = batch["Events"].as_array().expect("it is never null");
        if events.is_empty() && was_subscribed {
            break;
        }
        was_subscribed = true;
        let mut known = HashSet::new();
        let mut events: Vec<_> =
            events.iter().filter(|it| known.insert(it["EventId"].as_str().unwrap())).collect();
        events.sort_by_key(|event| event["EventTime"].as_str().unwrap());
        processed.extend(events.iter().map(|it| it["EventId"].as_str().unwrap().to_owned()));
        // Always by the id of the batch, unless it is empty; both keys are sent, one as null.
        if !events.is_empty() {
            let answer = served.delete(KEY, batch["BatchId"].as_str().unwrap());
            assert_eq!(
                (answer.status, answer.body.as_str()),
                (204, ""),
                "a body would not be read"
            );
        }
    }
    processed.sort();
    processed.dedup();
    assert_eq!(processed, ids(0..2000));
}

#[test]
fn a_hundred_clients_get_each_event_and_none_after_its_delete() {
    const CLIENTS: usize = 100;
    const EVENTS: u64 = 10_000;
    let keys: Vec<_> = (0..CLIENTS).map(|number| format!("client-{number}")).collect();
    let args = ["--speed", "max", "--exit-when-drained", "--access-key"];
    let all = keys.join(",");
    let served = Arc::new(Served::lines(&seconds(EVENTS), &[&args[..], &[&all]].concat()));
    let are_subscribed = Arc::new(Barrier::new(CLIENTS));
    let clients = (0..CLIENTS).zip(keys).map(|(number, key)| {
        let (served, are_subscribed) = (Arc::clone(&served), Arc::clone(&are_subscribed));
        thread::spawn(move || {
            served.get(&key, 1);
            are_subscribed.wait();
            one_of_many(&served, &key, number, EVENTS)
        })
    });
    let clients: Vec<_> = clients.collect();
    let delivered: u64 = clients.into_iter().map(|client| client.join().unwrap()).sum();
    assert!(1_000_000 <= delivered, "{delivered}");
    let (code, said) = Arc::into_inner(served).expect("all clients are gone").end();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.matches(" 10,000 deleted\n").count(), CLIENTS, "{said}");
}

/// Takes all events, in a way of its own; how many were delivered.
fn one_of_many(served: &Served, key: &str, number: usize, events: u64) -> u64 {
    let mut is_deleted = vec![false; usize::try_from(events).expect("it is small")];
    let mut delivered = 0;
    let mut left = events;
    for turn in 0.. {
        let limit = [512, 500, 100, 333][(number + turn) % 4];
        // Not read as JSON: that would take longer than all the rest.
        let text = served.ask("GET", &format!("/3/events/{limit}"), key, None).body;
        let at = "{\"BatchId\":\"".len();
        let batch = &text[at..at + 36];
        let taken: Vec<&str> = text
            .match_indices("\"EventId\":\"")
            .map(|(at, it)| &text[at + it.len()..][..36])
            .collect();
        delivered += taken.len() as u64;
        for id in &taken {
            assert!(!is_deleted[index(id)], "{id} came to {key} after its delete");
        }
        let (deleted, body) = match (number + turn) % 5 {
            // Not processed: it comes again.
            0 => continue,
            1 => {
                let some = &taken[..taken.len().min(100)];
                (some, json!({ "BatchId": null, "EventIds": some }))
            }
            _ => (&taken[..], json!({ "BatchId": batch, "EventIds": null })),
        };
        let answer = served.ask("DELETE", "/3/events", key, Some(&body.to_string()));
        assert_eq!(answer.status, 204, "{}", answer.body);
        for id in deleted {
            is_deleted[index(id)] = true;
        }
        left -= deleted.len() as u64;
        if left == 0 {
            break;
        }
    }
    assert!(is_deleted.into_iter().all(|it| it));
    delivered
}

/// The number of an event by its id.
fn index(id: &str) -> usize {
    id[24..].parse().expect("the last part is the number")
}

#[test]
fn time_is_controlled_from_outside() {
    let served = Served::lines(&seconds(3600), &["--start-on", "launch"]);
    let get = || served.get(KEY, 512).ids().into_iter().map(str::to_owned).collect::<Vec<_>>();
    served.change("pause", &Value::Null);
    get();
    served.change("seek", &json!({ "to": "+10m" }));
    assert_eq!(get(), [""; 0]);
    let status = served.change("step", &json!({ "events": 2 }));
    assert_eq!(
        (&status["state"], &status["position_ns"]),
        (&json!("paused"), &json!(601_000_000_000_u64))
    );
    assert_eq!(get(), ids(600..602));
    served.change("seek", &json!({ "event": id(5) }));
    served.change("step", &json!({}));
    assert_eq!(get(), ids([600, 601, 5]));
    let status = served.change("speed", &json!({ "speed": "1/2" }));
    assert_eq!(status["speed"], "1/2");
    served.change("seek", &json!({ "by": "-1h" }));
    assert_eq!(served.status()["position_ns"], 0);
    let status = served.change("resume", &Value::Null);
    assert_eq!(status["state"], "playing");
    let pending = &served.status()["subscribers"][0]["pending"];
    assert!(3 < pending.as_u64().unwrap(), "{pending}");
}

#[test]
fn what_cannot_be_served_is_refused() {
    for (args, message) in [
        (
            &["corpus/valid", "--listen", "0.0.0.0:0"][..],
            "contrail: 0.0.0.0:0 can be reached from other machines: name the keys to take with \
             --access-key\n",
        ),
        (
            &["corpus/valid", "--start-on", "every-key"],
            "contrail: --start-on every-key wants the keys: name them with --access-key\n",
        ),
        (
            &["corpus/valid", "--control-listen", "0.0.0.0:0"],
            "contrail: anybody could control the server at 0.0.0.0:0: give it a --control-token, \
             or a --control-listen on 127.0.0.1\n",
        ),
    ] {
        let ran = contrail(&[&["serve"], args].concat());
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(2), message));
    }
    let missing = contrail(&["serve", "nowhere.jsonl"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (Some(3), ""));
    assert!(missing.stderr.starts_with("contrail: nowhere.jsonl: "), "{}", missing.stderr);
}
