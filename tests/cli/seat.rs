//! Runs a replay on a terminal of its own, for who sits at it.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    process::{Child, Stdio},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Termios, Winsize, tcgetattr, tcsetwinsize},
};

use crate::program::command;

/// How long the program may be silent before the test has failed, in seconds.
const PATIENCE: i64 = 60;

/// A terminal, and the hands and eyes of who sits at it.
pub(crate) struct Seat {
    hands: File,
    /// Held, so that the terminal stays when the program has ended.
    terminal: File,
    child: Child,
    said: String,
    /// How much of it has been looked at.
    seen: usize,
}

impl Drop for Seat {
    fn drop(&mut self) {
        // It has ended, unless the test failed.
        let _ = self.child.kill();
    }
}

impl Seat {
    /// Starts `contrail replay`.
    pub(crate) fn replay(args: &[&str]) -> Self {
        let (hands, terminal) = open();
        let stream = || Stdio::from(terminal.try_clone().expect("it can be shared"));
        let mut command = command(&[&["replay"], args].concat());
        command.env("TERM", "xterm").stdin(stream()).stdout(stream()).stderr(stream());
        let child = command.spawn().expect("the program starts");
        Self { hands, terminal, child, said: String::new(), seen: 0 }
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.hands.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    pub(crate) fn resize(&self, columns: u16) {
        resize(&self.hands, columns);
    }

    /// Waits until the program says something, behind what was seen before.
    pub(crate) fn see(&mut self, wanted: &str) {
        loop {
            if let Some(at) = self.said[self.seen..].find(wanted) {
                self.seen += at + wanted.len();
                return;
            }
            self.read(wanted);
        }
    }

    fn read(&mut self, wanted: &str) {
        let mut hands = [PollFd::new(&self.hands, PollFlags::IN)];
        let patience = Timespec { tv_sec: PATIENCE, tv_nsec: 0 };
        let ready = poll(&mut hands, Some(&patience)).expect("one can wait for a terminal");
        assert_eq!(ready, 1, "want {wanted:?}, got {:?}", self.said);
        let mut buffer = [0; 4096];
        let length = self.hands.read(&mut buffer).expect("the terminal can be read");
        self.said += &String::from_utf8_lossy(&buffer[..length]);
    }

    pub(crate) fn said(&self) -> &str {
        &self.said
    }

    pub(crate) fn modes(&self) -> Termios {
        tcgetattr(&self.terminal).expect("a terminal has modes")
    }

    pub(crate) fn code(&mut self) -> Option<i32> {
        self.child.wait().expect("the program ends").code()
    }

    pub(crate) fn assert_modes(&self, want: &Termios) {
        let got = self.modes();
        assert_eq!(got.local_modes, want.local_modes);
        assert_eq!(got.input_modes, want.input_modes);
        assert_eq!(got.output_modes, want.output_modes);
        assert_eq!(got.control_modes, want.control_modes);
    }
}

/// Both ends of a terminal with 80 columns.
fn open() -> (File, File) {
    let hands = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("there are terminals");
    grantpt(&hands).and_then(|()| unlockpt(&hands)).expect("it is ours");
    let name = ptsname(&hands, Vec::new()).expect("it has a name");
    let flags = OFlags::RDWR | OFlags::NOCTTY;
    let terminal = rustix::fs::open(name, flags, Mode::empty()).expect("it can be opened");
    let hands = hands.into();
    resize(&hands, 80);
    (hands, terminal.into())
}

fn resize(hands: &File, columns: u16) {
    let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(hands, size).expect("a terminal has a size");
}
