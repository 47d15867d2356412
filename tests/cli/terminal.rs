//! The live line and the keys of a replay, on a terminal and in a pipe.

use crate::program::{contrail, contrail_with, heartbeat};

const BATCH: &str = "corpus/valid/v3/get-events.json";

#[test]
fn a_pipe_gets_no_live_line() {
    let ran = contrail(&["replay", "--speed", "max", BATCH]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!ran.stdout.contains('\x1b') && !ran.stderr.contains('\x1b'), "{}", ran.stderr);
    assert!(!ran.stderr.contains('\r'), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

#[test]
fn keys_that_cannot_arrive_are_not_waited_for() {
    let ran = contrail(&["replay", "--start-paused", BATCH]);
    assert_eq!(ran.code, Some(2));
    assert_eq!(
        ran.stderr,
        "contrail: --start-paused wants keys, but standard input is not a terminal; run it in one, \
         or leave the option out\n"
    );
    let ran = contrail_with(&["replay", "--start-paused", "-"], heartbeat(1).as_bytes());
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.ends_with("save it to a file first\n"), "{}", ran.stderr);
    let ran = contrail(&["replay", "--start-paused", "--keys", "never", BATCH]);
    assert_eq!(ran.code, Some(2));
    let ran = contrail(&["replay", "--keys", "always", BATCH]);
    assert!(ran.stderr.starts_with("contrail: --keys always wants keys, but "), "{}", ran.stderr);
    let ran = contrail(&["replay", "--start-paused", "--dry-run", BATCH]);
    assert_eq!(ran.code, Some(0), "nothing waits: {}", ran.stderr);
}

#[cfg(unix)]
mod on_a_terminal {
    use std::{fs, io::Write as _};

    use rustix::termios::{LocalModes, Termios};

    use crate::{program::heartbeat, seat::Seat};

    /// A recording of two events, a day apart.
    fn recording() -> tempfile::NamedTempFile {
        let mut file =
            tempfile::Builder::new().suffix(".jsonl").tempfile().expect("a file can be made");
        let later = heartbeat(2).replace("2017-05-19", "2017-05-20");
        writeln!(file, "{}\n{later}", heartbeat(1)).expect("it can be written");
        file
    }

    /// The modes of a terminal that nobody has changed.
    fn usual_modes() -> Termios {
        let mut seat = Seat::replay(&["--dry-run", "corpus/valid/v3/get-events.json"]);
        seat.see("events");
        seat.code();
        seat.modes()
    }

    #[test]
    fn space_starts_and_q_ends_with_the_report() {
        let file = recording();
        let mut seat = Seat::replay(&["--start-paused", file.path().to_str().unwrap()]);
        seat.see("SPACE starts the replay");
        assert!(!seat.modes().local_modes.intersects(LocalModes::ICANON | LocalModes::ECHO));
        seat.press(" ");
        seat.see("\"EventId\"");
        seat.see("\r\n");
        seat.see("next in 23:59:");
        seat.press("q");
        seat.see("replayed 1 event");
        assert_eq!(seat.code(), Some(0));
        seat.assert_modes(&usual_modes());
    }

    #[test]
    fn control_c_ends_with_the_report_and_130() {
        let file = recording();
        let mut seat = Seat::replay(&[file.path().to_str().unwrap()]);
        seat.see("next in ");
        seat.press("\x03");
        seat.see("replayed 1 event");
        assert_eq!(seat.code(), Some(130));
        seat.assert_modes(&usual_modes());
    }

    #[test]
    fn every_key_works_within_a_long_gap() {
        let file = recording();
        let output = tempfile::NamedTempFile::new().unwrap();
        let paths = [file.path(), output.path()].map(|path| path.to_str().unwrap());
        let mut seat = Seat::replay(&[paths[0], "--output", paths[1]]);
        seat.see("  0%  23:59:");
        seat.press("?");
        seat.see("half the speed, or double\r\n");
        seat.press("}}");
        seat.see("  4x  ");
        seat.press("\x7f");
        seat.see("  1x  ");
        seat.press("5");
        seat.see("  50%  ");
        seat.press("\x1b[1;2C\x1b[D ");
        seat.see("18:15:5");
        seat.see("1x paused");
        seat.press(".");
        seat.see("replayed 2 events");
        assert_eq!(seat.code(), Some(0), "nothing is left");
        seat.assert_modes(&usual_modes());
        assert_eq!(fs::read_to_string(output.path()).unwrap().lines().count(), 2);
    }

    #[test]
    fn the_line_survives_a_narrower_terminal() {
        let file = recording();
        let mut seat = Seat::replay(&["--start-paused", file.path().to_str().unwrap()]);
        seat.see("SPACE starts the replay, ? shows the keys");
        seat.resize(40);
        seat.see("\x1b[1G\x1b[J");
        seat.press("q");
        seat.see("note: no events were replayed");
        assert_eq!(seat.code(), Some(0));
    }

    #[test]
    fn quiet_shows_no_line() {
        let file = recording();
        let path = file.path().to_str().unwrap();
        let mut seat = Seat::replay(&["--quiet", "--limit", "1", "--keys", "never", path]);
        seat.see("\r\n");
        assert_eq!(seat.code(), Some(0));
        assert!(!seat.said().contains('\x1b'), "{}", seat.said());
    }
}
