use super::*;

fn text(settings: Settings) -> String {
    let mut recording = Recording::new(settings).unwrap();
    let mut out = Vec::new();
    while recording.write(&mut out) {}
    String::from_utf8(out).unwrap()
}

#[test]
fn the_events_are_as_many_as_asked_for() {
    for framing in [Framing::Lines, Framing::Batches] {
        for events in [0, 1, 99, 100, 101, 2_345] {
            let text = text(Settings { events, framing, ..Settings::default() });
            let ids = text.matches("\"EventId\":").count() as u64;
            assert_eq!(ids, events, "{framing:?}");
        }
    }
}

#[test]
fn what_is_remembered_does_not_grow_with_the_events() {
    // What cannot be planted at this rate waits.
    let defects = Defects::default().with("command-mismatch", 0.9).unwrap();
    let settings = Settings { events: 60_000, defects, ..Settings::default() };
    let mut recording = Recording::new(settings).unwrap();
    let mut out = Vec::new();
    let mut planted = 0;
    while recording.write(&mut out) {
        assert!(out.len() < 1 << 20, "{}", out.len());
        assert!(recording.owed.len() <= MOST_OWED);
        assert_eq!(recording.fleet.devices.len(), 10);
        planted += recording.take_planted().count();
        out.clear();
    }
    assert!(1_000 < planted, "{planted}");
    assert_eq!(recording.events(), 60_000);
}

#[test]
fn backlogs_are_received_late_and_in_order() {
    let text = text(Settings { framing: Framing::Lines, ..Settings::default() });
    let time = |line: &str, name: &str| {
        let at = line.find(name)? + name.len();
        Some(line[at..at + 20].to_owned())
    };
    let mut queued = Vec::new();
    let mut late = 0;
    for line in text.lines() {
        let occurred = time(line, "\"EventTime\":\"").unwrap();
        let received = time(line, "\"ReceivedTime\":\"").unwrap_or_else(|| occurred.clone());
        assert!(occurred <= received, "{line}");
        late += u64::from(occurred[..13] < received[..13] && !received.contains(":00:"));
        queued.push(received);
    }
    assert!(queued.is_sorted());
    assert!(20 < late, "{late}");
}

#[test]
fn every_command_is_completed() {
    for events in [10, 500, 5_000] {
        let text = text(Settings { events, ..Settings::default() });
        let queued = text.matches("\"Type\":\"CommandQueuedEvent\"").count();
        assert_eq!(text.matches("\"Type\":\"CommandCompletionEvent\"").count(), queued);
    }
}
