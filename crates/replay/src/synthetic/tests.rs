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
