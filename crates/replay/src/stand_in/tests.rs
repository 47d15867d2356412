//! The queues without a socket. Tests that begin with a quotation hold that sentence of the page of
//! Get Events, of the page of Delete Events or of the FAQ.

use super::*;
use crate::{
    fault::Faults,
    recorded::{InMemory, capture, event, options, schedule},
    restamp::Restamp,
    schedule::{Rounds, ScheduleOptions},
    time::SECOND,
};

const DAY: u32 = 24 * 60 * 60;

/// A stand-in and the time that its tests play with.
struct Played {
    stand_in: StandIn,
    wall: WallTime,
    /// Reads the recording once more.
    again: Box<dyn Fn() -> Schedule>,
}

impl Played {
    fn of(capture: InMemory, speed: &str, schedule_options: ScheduleOptions) -> Self {
        Self::with(capture, speed, schedule_options, StandInOptions::default())
    }

    fn with(
        capture: InMemory,
        speed: &str,
        schedule_options: ScheduleOptions,
        options: StandInOptions,
    ) -> Self {
        Self::restamped(capture, speed, schedule_options, options, Restamp::Keep)
    }

    fn restamped(
        capture: InMemory,
        speed: &str,
        schedule_options: ScheduleOptions,
        options: StandInOptions,
        restamp: Restamp,
    ) -> Self {
        let again =
            Box::new(move || schedule(std::slice::from_ref(&capture), schedule_options.clone()));
        let schedule = again();
        let zero = RecordingTime::default();
        let restamper = Restamper::new(restamp, zero, zero).with_future();
        let spill = Box::new(io::Cursor::new(Vec::new()));
        let speed = speed.parse().unwrap();
        let stand_in = StandIn::new(schedule, speed, restamper, options, spill);
        Self { stand_in, wall: WallTime::default(), again }
    }

    /// Events at these seconds at speed 1, with a subscriber `key` from the start.
    fn seconds(seconds: &[u32]) -> Self {
        let mut played = Self::of(capture(seconds), "1", options());
        assert_eq!(played.ids("key"), [""; 0]);
        played
    }

    fn at(&mut self, second: i128) -> &mut Self {
        self.wall = WallTime(second * SECOND);
        self
    }

    fn ask(&mut self, key: &str, query: Query) -> Result<Batch, Refusal> {
        let mut get = Get::new(query);
        loop {
            if let Step::Done(batch) = self.stand_in.get(key, &mut get, self.wall)? {
                return Ok(batch);
            }
        }
    }

    fn batch(&mut self, key: &str, limit: usize) -> (String, Vec<String>) {
        let batch = self.ask(key, Query::any(limit)).unwrap();
        let ids = batch.events.iter().map(|event| event.id().unwrap().to_owned());
        (String::from_utf8(batch.id.to_vec()).unwrap(), ids.collect())
    }

    /// The ids of a batch without a limit.
    fn ids(&mut self, key: &str) -> Vec<String> {
        self.batch(key, 512).1
    }

    fn delete(&mut self, key: &str, id: &str) {
        self.stand_in.delete(key, &Deletion::Batch(id.to_owned())).unwrap();
    }

    fn delete_events(&mut self, key: &str, ids: &[&str]) {
        let ids = ids.iter().map(|&id| id.to_owned()).collect();
        self.stand_in.delete(key, &Deletion::Events(ids)).unwrap();
    }

    /// Gets and deletes until nothing is left; all ids.
    fn drain(&mut self, key: &str, limit: usize) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            let (id, mut ids) = self.batch(key, limit);
            if ids.is_empty() {
                return all;
            }
            all.append(&mut ids);
            self.delete(key, &id);
        }
    }

    fn seek(&mut self, to: &SeekTo) -> Result<(), SeekError> {
        let found = search((self.again)(), to)?;
        self.catch_up();
        self.stand_in.go_to(found, self.wall);
        Ok(())
    }

    fn seek_to(&mut self, second: i128) {
        self.seek(&SeekTo::Schedule(ScheduleTime(second * SECOND))).unwrap();
    }

    fn catch_up(&mut self) {
        while self.stand_in.catch_up(self.wall) == Step::More {}
    }

    fn counts(&mut self, key: &str) -> QueueCounts {
        self.stand_in.queues[key].counts
    }
}

fn names(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|id| id.to_string()).collect()
}

#[test]
fn this_initial_subscription_request_will_not_return_any_events() {
    let mut played = Played::of(capture(&[0, 1]), "1", options());
    let (id, ids) = played.batch("key", 512);
    assert_eq!((id.len(), ids), (36, vec![]));
    assert_eq!(played.ids("key"), ["0"], "the first event is due when time begins");
}

#[test]
fn events_are_not_queued_until_the_subscription_is_created() {
    let mut played = Played::seconds(&[0, 10, 20, 30]);
    assert_eq!(played.at(15).ids("late"), [""; 0]);
    assert_eq!(played.at(25).ids("late"), ["2"]);
    assert_eq!(played.ids("key"), ["0", "1", "2"]);
}

#[test]
fn return_but_do_not_dequeue_the_oldest_pending_event_messages() {
    let mut played = Played::seconds(&[0, 1, 2, 3]);
    let (first, ids) = played.at(9).batch("key", 2);
    assert_eq!(ids, ["0", "1"]);
    let (second, ids) = played.batch("key", 3);
    assert_eq!(ids, ["0", "1", "2"]);
    assert_ne!(first, second, "ours: under a new id");
    let counts = played.counts("key");
    assert_eq!((counts.delivered, counts.again), (5, 2));
}

#[test]
fn by_using_this_batch_id_all_events_within_this_batch_can_be_removed() {
    let mut played = Played::seconds(&[0, 1, 2, 3]);
    let (id, _) = played.at(9).batch("key", 3);
    played.delete("key", &id);
    assert_eq!(played.ids("key"), ["3"]);
    played.delete("key", &id.to_uppercase());
    assert_eq!((played.ids("key"), played.counts("key").deleted), (vec!["3".to_owned()], 3));
}

#[test]
fn a_delete_removes_exactly_what_that_batch_returned() {
    let mut played = Played::seconds(&[0, 1, 2, 3]);
    let (id, ids) = played.at(1).batch("key", 512);
    assert_eq!(ids, ["0", "1"]);
    played.at(9).delete("key", &id);
    assert_eq!(played.ids("key"), ["2", "3"]);
}

#[test]
fn each_user_gets_copies_of_their_own() {
    let mut played = Played::seconds(&[0, 1, 2]);
    // A second key in the same instant.
    played.ids("other");
    played.at(9);
    assert_eq!(played.drain("key", 2), names(0..3));
    assert_eq!(played.ids("other"), names(0..3));
}

#[test]
fn ids_of_batches_are_of_their_key() {
    let mut played = Played::seconds(&[0, 1]);
    played.ids("other");
    let (id, _) = played.at(9).batch("key", 1);
    for unknown in [id.as_str(), "", "no GUID", "00000000-0000-4000-8000-000000000000"] {
        let refused = played.stand_in.delete("other", &Deletion::Batch(unknown.to_owned()));
        assert!(matches!(refused, Err(Refusal::UnknownBatch)), "{unknown}");
    }
    let refused = played.stand_in.delete("nobody", &Deletion::Batch(id));
    assert!(matches!(refused, Err(Refusal::UnknownBatch)));
}

#[test]
fn events_are_deleted_by_their_ids_and_unknown_ones_ignored() {
    let mut played = Played::seconds(&[0, 1, 2, 3]);
    played.delete_events("key", &["0"]);
    assert_eq!(played.at(2).ids("key"), ["0", "1", "2"], "it had not been handed out");
    played.delete_events("key", &["1", "nothing", "3"]);
    assert_eq!(played.at(9).ids("key"), ["0", "2", "3"]);
    played.delete_events("nobody", &["1"]);
}

#[test]
fn only_known_keys_are_taken_where_there_are_known_ones() {
    let keys = Some(["a".to_owned(), "b".to_owned()].into());
    let stand_in = StandInOptions { keys, ..StandInOptions::default() };
    let mut played = Played::with(capture(&[0]), "1", options(), stand_in);
    assert!(matches!(played.ask("c", Query::any(1)), Err(Refusal::UnknownKey)));
    let refused = played.stand_in.delete("c", &Deletion::Events(vec![]));
    assert!(matches!(refused, Err(Refusal::UnknownKey)));
    assert_eq!(played.ids("a"), [""; 0]);
}

#[test]
fn the_number_of_keys_is_bounded() {
    let mut played = Played::of(capture(&[0]), "1", options());
    for key in 0..MOST_KEYS {
        played.ids(&key.to_string());
    }
    assert!(matches!(played.ask("more", Query::any(1)), Err(Refusal::TooManyKeys)));
    assert_eq!(played.ids("0"), ["0"]);
}

#[test]
fn a_query_takes_some_and_leaves_the_others() {
    let text = ["A", "B", "A", "C", "b"].iter().zip(0..);
    let text = text.map(|(device, id)| event(id, id, device) + "\n").collect::<String>();
    let capture = InMemory { name: "", text: text.into_bytes(), can_reopen: true };
    let mut played = Played::of(capture, "max", options());
    played.ids("key");
    let query = |device: &str, limit| Query { devices: vec![device.into()], ..Query::any(limit) };
    let ids = |batch: Batch| batch.events.iter().map(|it| it.number).collect::<Vec<_>>();
    assert_eq!(ids(played.ask("key", query("a", 1)).unwrap()), [0]);
    let batch = played.ask("key", query("b", 9)).unwrap();
    played.delete("key", str::from_utf8(&batch.id).unwrap());
    assert_eq!(ids(batch), [1, 4]);
    assert_eq!(ids(played.ask("key", query("b", 9)).unwrap()), [0; 0]);
    assert_eq!(ids(played.ask("key", query("a", 9)).unwrap()), [0, 2]);
    assert_eq!(played.ids("key"), ["0", "2", "3"]);
}

#[test]
fn all_events_arrive_once_each_for_any_limit_and_with_any_memory() {
    let seconds: Vec<u32> = (0..3_000).map(|it| it / 7).collect();
    for (limit, memory) in [(1, 0), (7, 5_000), (512, 50_000), (100, usize::MAX)] {
        let stand_in = StandInOptions { memory, ..StandInOptions::default() };
        let mut played = Played::with(capture(&seconds), "max", options(), stand_in);
        played.ids("one");
        played.ids("other");
        played.ids("silent");
        assert_eq!(played.drain("one", limit), names(0..3_000));
        assert_eq!(played.drain("other", limit), names(0..3_000));
        assert!(!played.stand_in.is_drained());
        assert_eq!(played.drain("silent", 512), names(0..3_000));
        assert!(played.stand_in.is_drained());
        assert_eq!(played.stand_in.feed.log.held(), (0, 0));
    }
}

#[test]
fn memory_does_not_grow_while_events_are_deleted() {
    let seconds: Vec<u32> = (0..20_000).map(|it| it / 100).collect();
    let mut played = Played::of(capture(&seconds), "max", options());
    played.ids("key");
    let mut most = 0;
    for _ in 0..2_000 {
        let (id, ids) = played.batch("key", 10);
        assert_eq!(ids.len(), 10);
        most = most.max(played.stand_in.feed.log.held().0);
        played.delete("key", &id);
    }
    assert!(most < 10_000, "{most}");
}

#[test]
fn nothing_is_early_at_any_speed() {
    for (speed, second, expected) in [("1", 9, 0..1), ("1", 10, 0..2), ("60", 1, 0..7)] {
        let mut played =
            Played::of(capture(&[0, 10, 20, 30, 40, 50, 60, 61, 99]), speed, options());
        played.ids("key");
        assert_eq!(played.at(second).ids("key"), names(expected), "{speed} {second}");
    }
}

#[test]
fn time_begins_when_it_is_said() {
    let keys = Some(["a".to_owned(), "b".to_owned()].into());
    let every = StandInOptions { start_on: StartOn::EveryKey, keys, ..StandInOptions::default() };
    let mut played = Played::with(capture(&[0, 10]), "1", options(), every);
    played.at(100).ids("a");
    assert_eq!(played.at(200).ids("a"), [""; 0]);
    played.at(300).ids("b");
    assert_eq!(played.at(305).ids("a"), ["0"]);
    assert_eq!(played.at(310).ids("b"), ["0", "1"]);

    let launch = StandInOptions { start_on: StartOn::Launch, ..StandInOptions::default() };
    let mut played = Played::with(capture(&[0, 10, 20]), "1", options(), launch);
    played.at(15).ids("a");
    assert_eq!(played.at(25).ids("a"), ["2"]);
}

#[test]
fn somebody_may_move_the_clock_by_hand() {
    let manual = StandInOptions { clock: ClockKind::Manual, ..StandInOptions::default() };
    let mut played = Played::with(capture(&[0, 10, 20]), "1", options(), manual);
    played.ids("key");
    assert_eq!(played.at(1_000).ids("key"), ["0"]);
    assert!(played.stand_in.advance(10 * SECOND));
    assert_eq!(played.ids("key"), ["0", "1"]);
    assert!(!Played::seconds(&[0]).stand_in.advance(1));
}

#[test]
fn where_time_stands_still_all_who_subscribe_in_an_instant_get_the_same() {
    let manual = StandInOptions { clock: ClockKind::Manual, ..StandInOptions::default() };
    let mut played = Played::with(capture(&[0, 10, 10, 20]), "1", options(), manual);
    assert_eq!(played.drain("one", 9), [""; 0]);
    assert_eq!(played.drain("one", 9), ["0"]);
    played.ids("other");
    assert_eq!(played.drain("other", 9), ["0"]);
    played.stand_in.advance(10 * SECOND);
    played.catch_up();
    assert_eq!(played.drain("one", 9), ["1", "2"]);
    played.ids("late");
    assert_eq!(played.ids("late"), ["1", "2"]);
    played.stand_in.advance(1);
    played.ids("later");
    played.stand_in.advance(10 * SECOND);
    assert_eq!(played.ids("later"), ["3"]);
}

#[test]
fn with_the_clock_of_the_consumers_time_waits_for_them() {
    let consumer = StandInOptions { clock: ClockKind::Consumer, ..StandInOptions::default() };
    // 40 days without an event, during which they cannot ask: nobody is unsubscribed.
    let seconds = [0, 0, 10, 20, 40 * DAY];
    let text: String = (0..).zip(seconds).map(|(id, second)| later(id, second)).collect();
    let capture = InMemory { name: "", text: text.into_bytes(), can_reopen: true };
    let mut played = Played::with(capture, "1", options(), consumer);
    played.ids("one");
    played.ids("other");
    let (id, ids) = played.batch("one", 9);
    assert_eq!(ids, ["0", "1"]);
    assert_eq!(played.ids("one"), ["0", "1"]);
    played.delete("one", &id);
    assert_eq!(played.ids("one"), [""; 0], "the other has not deleted");
    assert_eq!(played.drain("other", 1), ["0", "1", "2"]);
    assert_eq!(played.drain("one", 9), ["2", "3"]);
    assert_eq!(played.drain("other", 9), ["3", "4"]);
    assert_eq!(played.drain("one", 9), ["4"]);
    assert!(played.stand_in.is_drained());
}

/// An event so many seconds after the first of January, of any number of days.
fn later(id: u32, second: u32) -> String {
    let time = RecordingTime::from(
        "2018-01-01T00:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap(),
    );
    let time = time + i128::from(second) * SECOND;
    format!(r#"{{"Type":"HeartbeatEvent","EventId":"{id}","EventTime":"{time}"}}"#) + "\n"
}

/// Events of these days, with a subscriber from the first one on, who asks at the first day.
fn days(days: &[u32]) -> Played {
    let text: String = (0..).zip(days).map(|(id, day)| later(id, day * DAY)).collect();
    let capture = InMemory { name: "", text: text.into_bytes(), can_reopen: true };
    let mut played = Played::of(capture, "1", options());
    played.ids("key");
    played
}

fn day(played: &mut Played, day: u32) -> &mut Played {
    played.at(i128::from(day) * i128::from(DAY))
}

#[test]
fn events_are_kept_for_14_days() {
    let mut played = days(&[0, 10, 13, 40]);
    assert_eq!(day(&mut played, 14).ids("key"), ["1", "2"]);
    assert_eq!(played.counts("key").expired, 1);
}

#[test]
fn once_pulled_the_removal_will_occur_in_4_days() {
    let mut played = days(&[0, 3, 40]);
    assert_eq!(day(&mut played, 1).ids("key"), ["0"]);
    assert_eq!(day(&mut played, 4).ids("key"), ["0", "1"]);
    assert_eq!(day(&mut played, 5).ids("key"), ["1"]);
    assert_eq!(day(&mut played, 8).ids("key"), [""; 0]);
    assert_eq!(played.counts("key").expired, 2);
}

#[test]
fn users_will_be_automatically_unsubscribed_after_30_days() {
    let mut played = days(&[0, 29, 31, 40]);
    assert_eq!(day(&mut played, 29).ids("key"), ["1"]);
    assert_eq!(day(&mut played, 59).ids("key"), [""; 0], "it subscribes anew");
    let notes = played.stand_in.take_notes();
    assert!(
        matches!(
            &notes[..],
            [Note::Subscribed(1, _), Note::Unsubscribed(1, 3), Note::Subscribed(2, _)]
        ),
        "{notes:?}"
    );
}

#[test]
fn nothing_gets_old_without_retention_or_without_time() {
    let text: String = (0..).zip([0, 20, 90]).map(|(id, day)| later(id, day * DAY)).collect();
    let capture = InMemory { name: "", text: text.into_bytes(), can_reopen: true };
    for (speed, retention) in [("max", true), ("1", false)] {
        let stand_in = StandInOptions { retention, ..StandInOptions::default() };
        let mut played = Played::with(capture.clone(), speed, options(), stand_in);
        played.ids("key");
        assert_eq!(day(&mut played, 95).ids("key"), ["0", "1", "2"]);
    }
}

#[test]
fn recording_time_goes_on_from_round_to_round() {
    let text: String = (0..).zip([0, 3]).map(|(id, day)| later(id, day * DAY)).collect();
    let capture = InMemory { name: "", text: text.into_bytes(), can_reopen: true };
    let rounds = Rounds::Times(7.try_into().unwrap());
    let mut played = Played::of(capture, "1", ScheduleOptions { rounds, ..options() });
    played.ids("key");
    // Rounds begin every third day; those of the days 0 and 3 are over 14 days old.
    assert_eq!(day(&mut played, 17).ids("key"), ["1", "0", "1", "0", "1", "0", "1", "0"]);
}

#[test]
fn a_pause_holds_back_what_is_not_due_and_nothing_else() {
    let mut played = Played::seconds(&[0, 10, 20, 30]);
    played.at(15).catch_up();
    played.stand_in.pause(played.wall);
    assert_eq!(played.at(100).ids("key"), ["0", "1"]);
    played.stand_in.step(NonZeroU64::MIN, played.wall);
    assert_eq!(played.ids("key"), ["0", "1", "2"]);
    played.stand_in.resume(played.wall);
    assert_eq!(played.at(109).ids("key"), ["0", "1", "2"]);
    assert_eq!(played.at(110).ids("key"), ["0", "1", "2", "3"]);
}

#[test]
fn who_pauses_before_the_first_request_wants_it_paused() {
    let mut played = Played::of(capture(&[0, 1]), "1", options());
    played.stand_in.pause(WallTime(0));
    played.ids("key");
    assert_eq!(played.at(9).ids("key"), [""; 0]);
    played.stand_in.resume(played.wall);
    assert_eq!(played.ids("key"), ["0"]);
}

#[test]
fn a_seek_back_lets_events_arrive_again_and_keeps_what_waits() {
    let mut played = Played::seconds(&[0, 10, 20, 30]);
    let (id, _) = played.at(10).batch("key", 512);
    played.delete("key", &id);
    assert_eq!(played.at(20).ids("key"), ["2"]);
    played.seek_to(10);
    assert_eq!(played.ids("key"), ["2", "1"]);
    assert_eq!(played.at(30).ids("key"), ["2", "1", "2"]);
    played.seek(&SeekTo::Event("3".to_owned())).unwrap();
    assert_eq!(played.ids("key"), ["2", "1", "2", "3"]);
    assert_eq!(played.seek(&SeekTo::Event("9".to_owned())), Err(SeekError::NotFound));
}

#[test]
fn after_the_end_a_seek_plays_on() {
    let mut played = Played::seconds(&[0, 10]);
    assert_eq!(played.at(50).drain("key", 9), ["0", "1"]);
    assert!(played.stand_in.is_drained());
    played.seek_to(0);
    assert!(!played.stand_in.is_drained());
    assert_eq!(played.drain("key", 9), ["0"]);
    assert_eq!(played.at(60).drain("key", 9), ["1"]);
}

#[test]
fn a_change_of_speed_takes_nothing_back() {
    let mut played = Played::seconds(&[0, 10, 20, 100]);
    played.at(20).catch_up();
    played.stand_in.set_speed("10".parse().unwrap(), played.wall);
    assert_eq!(played.ids("key"), ["0", "1", "2"]);
    assert_eq!(played.at(28).ids("key"), ["0", "1", "2", "3"]);
}

#[test]
fn faults_of_events_reach_the_queues() {
    let faults = Faults { list: vec!["duplicate".parse().unwrap()], ..Faults::default() };
    let mut played = Played::of(capture(&[0, 1]), "max", ScheduleOptions { faults, ..options() });
    played.ids("key");
    assert_eq!(played.ids("key"), ["0", "0", "1", "1"]);
    played.delete_events("key", &["0"]);
    assert_eq!(played.ids("key"), ["1", "1"]);
}

#[test]
fn damage_in_the_recording_is_told() {
    let mut damaged = capture(&[0, 1]);
    damaged.text.extend_from_slice(b"{\"Type\":");
    let mut played = Played::of(damaged, "max", options());
    played.ids("key");
    played.drain("key", 9);
    let notes = played.stand_in.take_notes();
    assert!(notes.iter().any(|note| matches!(note, Note::Problem(_))), "{notes:?}");
}

/// An obvious slow oracle: every queue is a list of events, and each operation walks over it.
#[derive(Default)]
struct Oracle {
    /// When each key subscribed, and the events that it deleted.
    keys: HashMap<String, (i128, BTreeSet<usize>)>,
    batches: HashMap<(String, String), Vec<usize>>,
}

#[test]
fn random_requests_get_what_an_obvious_oracle_says() {
    for seed in 0..30 {
        let chance = Chance::new(seed);
        let seconds: Vec<u32> = (0..400).map(|it| it / 3 * 2).collect();
        let memory = [0, 20_000, usize::MAX][usize::try_from(seed % 3).unwrap()];
        let stand_in = StandInOptions { memory, retention: false, ..StandInOptions::default() };
        let mut played = Played::with(capture(&seconds), "1", options(), stand_in);
        let mut oracle = Oracle::default();
        let mut now = 0;
        for step in 0..400 {
            let draw = |name: &[u8], most: u64| chance.of(step).named(name).number() % most;
            // Events are due at even seconds. Nobody but the first asks at the instant of one: who
            // subscribes then gets what others have not had, which is no matter of the oracle.
            now += i128::from(2 * draw(b"time", 3));
            played.at(now);
            let key = ["a", "b", "c"][usize::try_from(draw(b"key", 3)).unwrap()];
            if draw(b"delete", 2) == 0 {
                let mut known: Vec<_> = oracle
                    .batches
                    .iter()
                    .filter(|((of, _), _)| of == key)
                    .map(|((_, id), events)| (id.clone(), events.clone()))
                    .collect();
                known.sort_by_key(|(id, _)| id.clone());
                if known.is_empty() {
                    continue;
                }
                let index = usize::try_from(draw(b"batch", known.len() as u64)).unwrap();
                let (id, events) = known.swap_remove(index);
                if draw(b"by id", 2) == 0 && !events.is_empty() {
                    let ids: Vec<_> = events.iter().map(ToString::to_string).collect();
                    played.delete_events(key, &ids.iter().map(String::as_str).collect::<Vec<_>>());
                } else {
                    played.delete(key, &id);
                }
                oracle.keys.get_mut(key).unwrap().1.extend(events);
                continue;
            }
            let limit = usize::try_from(1 + draw(b"limit", 20)).unwrap();
            let (id, ids) = played.batch(key, limit);
            let begun = !oracle.keys.is_empty();
            let expected: Vec<usize> = match oracle.keys.get(key) {
                None => {
                    // Whoever is first starts the clock.
                    let since = if begun { now } else { 0 };
                    oracle.keys.insert(key.to_owned(), (since, BTreeSet::new()));
                    if !begun {
                        oracle.keys.insert("clock".to_owned(), (now, BTreeSet::new()));
                        now += 1;
                    }
                    Vec::new()
                }
                Some((since, deleted)) => {
                    let start = oracle.keys["clock"].0;
                    (0..seconds.len())
                        .filter(|it| {
                            let due = start + i128::from(seconds[*it]);
                            *since <= due && due <= now && !deleted.contains(it)
                        })
                        .take(limit)
                        .collect()
                }
            };
            let shown: Vec<_> = expected.iter().map(ToString::to_string).collect();
            assert_eq!(ids, shown, "seed {seed}, step {step}");
            oracle.batches.insert((key.to_owned(), id), expected);
        }
    }
}

#[test]
fn what_never_ends_is_not_waited_for() {
    let endless = ScheduleOptions { rounds: Rounds::Endless, ..options() };
    for (seconds, speed) in [(&[0, 0][..], "1"), (&[0], "1"), (&[0, 10], "max")] {
        let mut played = Played::of(capture(seconds), speed, endless.clone());
        assert_eq!(played.ids("key"), [""; 0]);
        assert_eq!(played.at(5).stand_in.catch_up(WallTime(5 * SECOND)), Step::Done(()));
        let nothing = Query { types: vec!["none".to_owned()], ..Query::any(100) };
        assert_eq!(played.ask("key", nothing).unwrap().events, []);
        assert_eq!(played.ids("other"), [""; 0]);
        assert_eq!(played.ask("key", Query::any(100)).unwrap().events.len(), 100);
    }
}

/// The ids that a Get of `key` gives, with something done after its first slice of work.
fn interrupted(played: &mut Played, limit: usize, between: impl FnOnce(&mut Played)) -> Vec<u64> {
    let mut get = Get::new(Query { types: vec!["heartbeatevent".into()], ..Query::any(limit) });
    assert_eq!(played.stand_in.get("key", &mut get, played.wall).unwrap(), Step::More);
    between(played);
    loop {
        if let Step::Done(batch) = played.stand_in.get("key", &mut get, played.wall).unwrap() {
            return batch.events.iter().map(|event| event.number).collect();
        }
    }
}

/// A thousand events of another type behind ten heartbeats, and one heartbeat, ten times.
fn long() -> InMemory {
    let text = (0..11_000).map(|it| {
        let is_rare = it % 1_100 < 10 || it % 1_100 == 1_099;
        let event = event(it, 0, "D");
        let event = if is_rare { event } else { event.replace("Heartbeat", "Other") };
        event + "\n"
    });
    InMemory { name: "", text: text.collect::<String>().into_bytes(), can_reopen: true }
}

#[test]
fn what_is_deleted_between_two_slices_is_not_handed_out() {
    let mut played = Played::of(long(), "max", options());
    played.ids("key");
    let (id, ids) = played.batch("key", 12);
    assert_eq!(ids, names(0..12));
    let numbers = interrupted(&mut played, 110, |played| played.delete("key", &id));
    assert_eq!((numbers.len(), numbers[0]), (100, 1_099));
    assert_eq!(played.counts("key").deleted, 12);
}

#[test]
fn a_key_that_is_unsubscribed_between_two_slices_subscribes_anew() {
    let mut played = Played::of(long(), "1", options());
    played.ids("key");
    let numbers = interrupted(&mut played, 110, |played| {
        played.stand_in.queues.clear();
    });
    assert_eq!(numbers, [0; 0]);
}

#[test]
fn what_is_asked_for_by_type_alone_does_not_keep_the_rest_for_ever() {
    let text = (0..60).map(|day| {
        let event = later(day, day * DAY);
        if day % 10 == 0 { event } else { event.replace("Heartbeat", "Other") }
    });
    let capture =
        InMemory { name: "", text: text.collect::<String>().into_bytes(), can_reopen: true };
    let mut played = Played::of(capture, "1", options());
    let query = Query { types: vec!["heartbeatevent".into()], ..Query::any(512) };
    for at in 0..60 {
        day(&mut played, at).ask("key", query.clone()).unwrap();
        let pending = played.stand_in.queues["key"].pending(played.stand_in.feed.log.end());
        assert!(pending <= 14, "{pending} on day {at}");
    }
}

#[test]
fn a_capped_gap_counts_as_long_as_it_lasts_whoever_looks() {
    let text: String = (0..).zip([0, 20, 40, 60]).map(|(id, day)| later(id, day * DAY)).collect();
    let capture = InMemory { name: "", text: text.into_bytes(), can_reopen: true };
    let pace = crate::schedule::Pace::Recorded { max_gap: Some(SECOND) };
    for looks in [false, true] {
        let mut played = Played::of(capture.clone(), "1", ScheduleOptions { pace, ..options() });
        played.ids("key");
        assert_eq!(played.ids("key"), ["0"]);
        played.at(3);
        if looks {
            played.catch_up();
        }
        assert_eq!(played.ids("key"), names(0..4), "looks: {looks}");
    }
}

#[test]
fn what_was_removed_or_lost_with_its_key_is_not_drained() {
    let mut played = days(&[0, 1, 40]);
    assert_eq!(day(&mut played, 29).drain("key", 9), [""; 0]);
    assert_eq!(day(&mut played, 40).drain("key", 9), ["2"]);
    let stand_in = &played.stand_in;
    assert_eq!((stand_in.is_over(), stand_in.is_drained(), stand_in.lost()), (true, false, 2));

    let mut played = days(&[0, 1, 40]);
    assert_eq!(day(&mut played, 50).drain("key", 9), [""; 0], "it subscribes anew");
    let stand_in = &played.stand_in;
    assert_eq!((stand_in.is_over(), stand_in.is_drained(), stand_in.lost()), (true, false, 3));
}

#[test]
fn a_seek_lets_no_time_pass_for_what_waits() {
    let days_of = |range: std::ops::Range<u32>| range.collect::<Vec<_>>();
    let mut played = days(&days_of(0..60));
    assert_eq!(day(&mut played, 1).ids("key"), ["0", "1"]);
    played.seek_to(i128::from(50 * DAY));
    assert_eq!(played.ids("key"), ["0", "1", "50"]);
    played.seek_to(0);
    assert_eq!(played.ids("key"), ["0", "1", "50", "0"]);
    // Three days have passed, and then four, since the first of them were handed out.
    assert_eq!(day(&mut played, 4).ids("key"), ["0", "1", "50", "0", "1", "2", "3"]);
    assert_eq!(day(&mut played, 5).ids("key"), ["1", "2", "3", "4"]);
}

#[test]
fn a_change_from_no_waiting_to_a_speed_forgets_nothing_that_is_wanted() {
    for clock in [ClockKind::Wall, ClockKind::Manual, ClockKind::Consumer] {
        let stand_in = StandInOptions { clock, ..StandInOptions::default() };
        let seconds: Vec<u32> = (0..200).collect();
        let mut played = Played::with(capture(&seconds), "max", options(), stand_in);
        played.ids("one");
        let (id, _) = played.batch("one", 50);
        played.delete("one", &id);
        played.stand_in.set_speed("1".parse().unwrap(), played.wall);
        assert_eq!(played.ids("two"), [""; 0], "{clock:?}");
        played.ids("two");
        played.stand_in.status(played.wall);
    }
}

#[test]
fn with_the_clock_of_the_consumers_time_goes_on_when_nothing_wanted_is_left() {
    let consumer = StandInOptions { clock: ClockKind::Consumer, ..StandInOptions::default() };
    let text = (0..20).map(|it| {
        let event = event(it, it, "D");
        let event = if it % 2 == 0 { event } else { event.replace("Heartbeat", "Other") };
        event + "\n"
    });
    let capture =
        InMemory { name: "", text: text.collect::<String>().into_bytes(), can_reopen: true };
    let mut played = Played::with(capture, "1", options(), consumer);
    let query = Query { types: vec!["heartbeatevent".into()], ..Query::any(512) };
    let mut taken = Vec::new();
    for _ in 0..40 {
        let batch = played.ask("key", query.clone()).unwrap();
        taken.extend(batch.events.iter().map(|event| event.number));
        played.delete("key", str::from_utf8(&batch.id).unwrap());
    }
    assert_eq!(taken, (0..20).step_by(2).collect::<Vec<_>>());
}

#[test]
fn times_are_shifted_to_when_time_begins_whoever_begins_it() {
    let first_time = |begin: fn(&mut Played)| {
        let stand_in = StandInOptions::default();
        let mut played =
            Played::restamped(capture(&[5, 6]), "1", options(), stand_in, Restamp::Shift);
        played.at(100);
        begin(&mut played);
        played.ids("key");
        played.stand_in.resume(played.wall);
        let batch = played.at(200).ask("key", Query::any(1)).unwrap();
        String::from_utf8(batch.events[0].text().to_vec()).unwrap()
    };
    // The restamper counts from 1970.
    for begin in [
        |_: &mut Played| {},
        |played: &mut Played| played.stand_in.pause(played.wall),
        |played: &mut Played| {
            played.stand_in.pause(played.wall);
            played.ids("key");
            played.stand_in.step(NonZeroU64::MIN, played.wall);
        },
    ] {
        let text = first_time(begin);
        assert!(text.contains("1970-01-01T00:01:40Z"), "{text}");
    }
}

#[test]
fn a_key_is_never_shown_whole() {
    for (key, shown) in [
        ("4c3a6f0e-7d0c-4bb0-9a53-0d8e8c1b2a10", "4c3a6f0e…"),
        ("pass1234", "pass…"),
        ("me", "m…"),
        ("x", "…"),
    ] {
        assert_eq!(status::shown(key), shown);
    }
    let mut played = Played::seconds(&[0]);
    played.ids("secret-key");
    assert!(!format!("{:?}", played.stand_in).contains("secret"), "{:?}", played.stand_in);
}
