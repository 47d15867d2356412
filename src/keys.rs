//! Keys: what each asks of a running replay, and the thread that listens for them.

use std::{
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender, TryRecvError},
    },
    time::Duration,
};

use contrail_replay::{Command, Nanos, SeekTo};
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::{interrupt, live::Board, terminal};

/// What `?` shows.
pub(crate) const HELP: &str = "\
SPACE       pause, or go on           .        one event, and stand still
left right  5 s back, or ahead        shift    with left and right: 1 minute
up down     speed times or by 1.1     { }      half the speed, or double
BACKSPACE   the speed of the start    0 to 9   to 0 % to 90 % of the recording
q           end, with the report      Ctrl-C   the same with exit code 130
";

/// How long the thread waits for a key before it looks whether it is still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long a stop may take to reach every thread.
const STOP_TAKES: Duration = Duration::from_millis(50);

const SECOND: Nanos = 1_000_000_000;

/// What a key asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Something of the replay.
    Ask(Command),
    /// To go to so many tenths of the recording.
    Jump(u8),
    /// To be shown the keys.
    Help,
    /// What Ctrl-C does where no keys are taken.
    Interrupt,
    /// What Ctrl-Z does there.
    StopJob,
}

/// What a key asks for, if it is one of ours.
pub(crate) fn action_of(key: KeyEvent) -> Option<Action> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let far = if key.modifiers.contains(KeyModifiers::SHIFT) { 60 * SECOND } else { 5 * SECOND };
    let command = match key.code {
        KeyCode::Char(letter) => return action_of_letter(letter, key.modifiers),
        KeyCode::Left => Command::SeekBy(-far),
        KeyCode::Right => Command::SeekBy(far),
        KeyCode::Up => Command::SpeedTimes(11, 10),
        KeyCode::Down => Command::SpeedTimes(10, 11),
        KeyCode::Backspace => Command::ResetSpeed,
        _ => return None,
    };
    Some(Action::Ask(command))
}

fn action_of_letter(letter: char, modifiers: KeyModifiers) -> Option<Action> {
    // On some keyboards AltGr makes braces; it comes as both.
    let is_control = modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT);
    if is_control == KeyModifiers::CONTROL {
        return match letter {
            'c' => Some(Action::Interrupt),
            'z' => Some(Action::StopJob),
            // What many terminals send for BACKSPACE.
            'h' => Some(Action::Ask(Command::ResetSpeed)),
            _ => None,
        };
    }
    Some(Action::Ask(match letter {
        ' ' => Command::Toggle,
        '.' => Command::Step(1),
        '{' => Command::SpeedTimes(1, 2),
        '}' => Command::SpeedTimes(2, 1),
        'q' => Command::Stop,
        '?' => return Some(Action::Help),
        _ => return letter.to_digit(10).and_then(|tenth| tenth.try_into().ok()).map(Action::Jump),
    }))
}

/// Listens for keys as long as it is held; then the terminal is as it was.
#[derive(Debug)]
pub(crate) struct Keyboard {
    _wanted: Sender<()>,
}

impl Keyboard {
    pub(crate) fn listen(commands: Sender<Command>, board: Arc<Board>) -> Self {
        // Before the thread is there: no key is echoed.
        terminal::keep_raw();
        let (wanted, still_wanted) = mpsc::channel();
        let listener = Listener { commands, board, still_wanted };
        std::thread::spawn(move || listener.run());
        Self { _wanted: wanted }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        terminal::restore();
    }
}

struct Listener {
    commands: Sender<Command>,
    board: Arc<Board>,
    /// Nothing is sent; it is closed when nobody wants keys any more.
    still_wanted: Receiver<()>,
}

impl Listener {
    fn run(&self) {
        while self.still_wanted.try_recv() != Err(TryRecvError::Disconnected) {
            if !terminal::keep_raw() {
                self.pause(LOOK_EVERY);
                continue;
            }
            match event::poll(LOOK_EVERY)
                .and_then(|is_there| is_there.then(event::read).transpose())
            {
                Ok(Some(Event::Key(key))) => self.key(key),
                Ok(_) => {}
                Err(_) => break,
            }
        }
        terminal::restore();
    }

    fn key(&self, key: KeyEvent) {
        match action_of(key) {
            Some(Action::Ask(command)) => self.ask(command),
            Some(Action::Jump(tenth)) => match self.board.tenth(tenth) {
                Ok(place) => self.ask(Command::Seek(SeekTo::Schedule(place))),
                Err(reason) => self.board.note(reason),
            },
            Some(Action::Help) => self.board.print(HELP),
            Some(Action::Interrupt) => interrupt::interrupt(),
            Some(Action::StopJob) => self.board.aside(|| {
                terminal::stop_job();
                self.pause(STOP_TAKES);
            }),
            None => {}
        }
    }

    fn ask(&self, command: Command) {
        self.board.forget_note();
        // The replay may have ended meanwhile.
        let _ = self.commands.send(command);
    }

    fn pause(&self, span: Duration) {
        let _ = self.still_wanted.recv_timeout(span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(code: KeyCode) -> Option<Action> {
        action_of(KeyEvent::new(code, KeyModifiers::NONE))
    }

    fn with(code: KeyCode, modifiers: KeyModifiers) -> Option<Action> {
        action_of(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn every_key_has_its_command() {
        for (code, command) in [
            (KeyCode::Char(' '), Command::Toggle),
            (KeyCode::Char('.'), Command::Step(1)),
            (KeyCode::Left, Command::SeekBy(-5 * SECOND)),
            (KeyCode::Right, Command::SeekBy(5 * SECOND)),
            (KeyCode::Up, Command::SpeedTimes(11, 10)),
            (KeyCode::Down, Command::SpeedTimes(10, 11)),
            (KeyCode::Char('{'), Command::SpeedTimes(1, 2)),
            (KeyCode::Char('}'), Command::SpeedTimes(2, 1)),
            (KeyCode::Backspace, Command::ResetSpeed),
            (KeyCode::Char('q'), Command::Stop),
        ] {
            assert_eq!(plain(code), Some(Action::Ask(command)), "{code:?}");
        }
        assert_eq!(plain(KeyCode::Char('?')), Some(Action::Help));
    }

    #[test]
    fn digits_are_tenths() {
        for (tenth, digit) in ('0'..='9').enumerate() {
            let tenth = u8::try_from(tenth).unwrap();
            assert_eq!(plain(KeyCode::Char(digit)), Some(Action::Jump(tenth)));
        }
    }

    #[test]
    fn modifiers_change_what_a_key_asks() {
        let (shift, control) = (KeyModifiers::SHIFT, KeyModifiers::CONTROL);
        for (code, modifiers, action) in [
            (KeyCode::Left, shift, Some(Action::Ask(Command::SeekBy(-60 * SECOND)))),
            (KeyCode::Right, shift, Some(Action::Ask(Command::SeekBy(60 * SECOND)))),
            (KeyCode::Char('?'), shift, Some(Action::Help)),
            (KeyCode::Char('{'), shift, Some(Action::Ask(Command::SpeedTimes(1, 2)))),
            (
                KeyCode::Char('}'),
                control | KeyModifiers::ALT,
                Some(Action::Ask(Command::SpeedTimes(2, 1))),
            ),
            (KeyCode::Char('c'), control, Some(Action::Interrupt)),
            (KeyCode::Char('z'), control, Some(Action::StopJob)),
            (KeyCode::Char('h'), control, Some(Action::Ask(Command::ResetSpeed))),
            (KeyCode::Char('q'), control, None),
        ] {
            assert_eq!(with(code, modifiers), action, "{code:?} with {modifiers:?}");
        }
    }

    #[test]
    fn other_keys_and_releases_ask_nothing() {
        for code in [KeyCode::Char('x'), KeyCode::Char('c'), KeyCode::Enter, KeyCode::Esc] {
            assert_eq!(plain(code), None, "{code:?}");
        }
        let release = KeyEventKind::Release;
        let key = KeyEvent::new_with_kind(KeyCode::Char(' '), KeyModifiers::NONE, release);
        assert_eq!(action_of(key), None);
    }

    #[test]
    fn the_help_fits_in_80_columns() {
        assert!(HELP.lines().all(|line| line.len() < 80), "{HELP}");
    }
}
