//! The live line: where a replay is, on the last line of a terminal.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread::JoinHandle,
    time::Duration,
};

use contrail_replay::{
    Nanos, RecordingTime, ScheduleTime, SeekError, Speed, State, Status, WallTime,
    clock::{Clock as _, WallClock},
};
use crossterm::{
    cursor::MoveToColumn,
    queue,
    style::Print,
    terminal::{Clear, ClearType},
};
use indicatif::HumanCount;

use crate::terminal;

/// How often the line is drawn.
const TICK: Duration = Duration::from_millis(100);

/// How long a note is shown.
const NOTE_STAYS: Nanos = 4 * SECOND;

/// Where the size of the terminal is not known.
const USUAL_WIDTH: usize = 80;

/// An event that is farther away than this is announced.
const SOON: Nanos = 2 * SECOND;

/// The cells of the bar, at least and at most.
const SHORTEST_BAR: usize = 5;
const LONGEST_BAR: usize = 40;

const SECOND: Nanos = 1_000_000_000;

/// Why one cannot go to a place in the recording.
pub(crate) const READ_ONCE: &str = "the input can be read only once";

/// How long the recording is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// It is not known, for this reason.
    Unknown(&'static str),
    /// On the schedule.
    Known {
        /// One time through the recording.
        round: Nanos,
        /// How many times; nothing for a replay without an end.
        rounds: Option<u64>,
    },
}

/// Draws the line as long as it is held.
#[derive(Debug)]
pub(crate) struct Live {
    board: Arc<Board>,
    ticker: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Live {
    /// The line is shown if it is wanted and standard error is a terminal.
    pub(crate) fn start(is_wanted: bool, length: Length) -> Self {
        let is_shown = is_wanted && io::stderr().is_terminal() && !is_dumb();
        let board = Arc::new(Board {
            clock: WallClock::start(),
            seen: Mutex::new(Seen { status: None, note: None, length }),
            line: is_shown.then(Mutex::default),
        });
        let ticker = is_shown.then(|| {
            let (wanted, still_wanted) = mpsc::channel();
            let board = Arc::clone(&board);
            let draw = move || {
                while still_wanted.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                    board.draw();
                }
            };
            (wanted, std::thread::spawn(draw))
        });
        Self { board, ticker }
    }

    pub(crate) fn is_shown(&self) -> bool {
        self.ticker.is_some()
    }

    pub(crate) fn board(&self) -> &Arc<Board> {
        &self.board
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let Some((wanted, ticker)) = self.ticker.take() else { return };
        drop(wanted);
        // If it panicked, the line is all that is lost.
        let _ = ticker.join();
        self.board.clear();
    }
}

/// A terminal that knows no escape sequences, such as that of an editor.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|name| name == "dumb")
}

/// What the line shows. The replay writes on it, and other threads read it.
#[derive(Debug)]
pub(crate) struct Board {
    clock: WallClock,
    seen: Mutex<Seen>,
    /// Nothing if no line is shown.
    line: Option<Mutex<Line>>,
}

#[derive(Debug)]
struct Seen {
    /// Where the replay was, and when it said so.
    status: Option<(Status, WallTime)>,
    /// A note, and until when it is shown; without an end, until it is forgotten.
    note: Option<(String, Option<WallTime>)>,
    length: Length,
}

impl Board {
    /// Takes note of where the replay is.
    pub(crate) fn status(&self, status: &Status) {
        lock(&self.seen).status = Some((*status, self.clock.now()));
    }

    /// Says why one cannot go to a place.
    pub(crate) fn seek_failed(&self, error: SeekError) {
        self.note(match error {
            SeekError::CannotGoBack => READ_ONCE,
            SeekError::NotFound => "there is no such event",
        });
    }

    pub(crate) fn length(&self, length: Length) {
        lock(&self.seen).length = length;
    }

    /// Shows a note for a while.
    pub(crate) fn note(&self, note: &str) {
        let until = self.clock.now() + NOTE_STAYS;
        lock(&self.seen).note = Some((note.to_owned(), Some(until)));
    }

    /// Shows a note until the first key.
    pub(crate) fn note_until_key(&self, note: &str) {
        lock(&self.seen).note = Some((note.to_owned(), None));
    }

    pub(crate) fn forget_note(&self) {
        lock(&self.seen).note = None;
    }

    /// Where so many tenths of the recording are on the schedule, in the present round.
    pub(crate) fn tenth(&self, tenth: u8) -> Result<ScheduleTime, &'static str> {
        let now = self.clock.now();
        let seen = lock(&self.seen);
        let round = match seen.length {
            Length::Unknown(reason) => return Err(reason),
            Length::Known { round, .. } => round,
        };
        let position = seen.status.map_or(ScheduleTime(0), |(status, at)| place(&status, now - at));
        let before = if round <= 0 { 0 } else { position.0 / round * round };
        Ok(ScheduleTime(before + round * i128::from(tenth) / 10))
    }

    /// Writes text above the line; nothing where no line is shown.
    pub(crate) fn print(&self, text: &str) {
        if self.line.is_some() {
            self.aside(|| write(text.as_bytes()));
        }
    }

    /// Writes while the line is out of the way.
    pub(crate) fn aside<T>(&self, write_other: impl FnOnce() -> T) -> T {
        let Some(line) = &self.line else { return write_other() };
        let mut line = lock(line);
        let shown = line.text.clone();
        write(&line.erase());
        let written = write_other();
        if let Some(text) = shown.filter(|_| terminal::is_foreground()) {
            write(&line.draw(&text, width()));
        }
        written
    }

    fn draw(&self) {
        let now = self.clock.now();
        let view = lock(&self.seen).view(now);
        let (Some(view), Some(line)) = (view, &self.line) else { return };
        if terminal::is_foreground() {
            let width = width();
            let mut line = lock(line);
            write(&line.draw(&text(&view, width), width));
        }
    }

    fn clear(&self) {
        let Some(line) = &self.line else { return };
        let erased = lock(line).erase();
        if terminal::is_foreground() {
            write(&erased);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn width() -> usize {
    let size = terminal_size::terminal_size_of(io::stderr());
    size.map_or(USUAL_WIDTH, |(terminal_size::Width(width), _)| width.into())
}

fn write(bytes: &[u8]) {
    // If nobody reads standard error, the replay goes on.
    let _ = io::stderr().write_all(bytes);
}

/// What stands on the terminal.
#[derive(Debug, Default)]
struct Line {
    text: Option<String>,
    width: usize,
}

impl Line {
    /// The bytes that bring a text to the line, in the place of what stands there.
    ///
    /// The cursor is left at its start. There it stays when a narrower terminal breaks the line into
    /// rows, and what others write to the terminal comes in the place of the line, not behind it.
    fn draw(&mut self, text: &str, width: usize) -> Vec<u8> {
        if self.text.as_deref() == Some(text) && self.width == width {
            return Vec::new();
        }
        let mut bytes = if self.width == width { Vec::new() } else { self.erase() };
        let start = MoveToColumn(0);
        // Writing to a vector does not fail.
        let _ = queue!(bytes, start, Print(text), Clear(ClearType::UntilNewLine), start);
        (self.text, self.width) = (Some(text.to_owned()), width);
        bytes
    }

    /// The bytes that take the text away.
    fn erase(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.text.take().is_some() {
            let _ = queue!(bytes, MoveToColumn(0), Clear(ClearType::FromCursorDown));
        }
        bytes
    }
}

/// What the line tells.
#[derive(Clone, Debug, PartialEq)]
struct View {
    recording: Option<RecordingTime>,
    /// Since the start.
    elapsed: Nanos,
    speed: Speed,
    is_paused: bool,
    emitted: u64,
    lag: Nanos,
    /// How long the next event takes to come.
    until_next: Option<Nanos>,
    /// How much of the recording is over: this of that.
    done: Option<(Nanos, Nanos)>,
    /// How long the replay goes on.
    left: Option<Nanos>,
    note: Option<String>,
}

impl Seen {
    fn view(&self, now: WallTime) -> Option<View> {
        let (status, at) = self.status?;
        let position = place(&status, now - at);
        let (done, total) = match self.length {
            Length::Unknown(_) => (None, None),
            Length::Known { round, rounds } => {
                (done(position, round, rounds), rounds.map(|rounds| round * i128::from(rounds)))
            }
        };
        let until = |place: Nanos| match status.speed {
            Speed::Times(ratio) => Some(ratio.wall_for((place - position.0).max(0))),
            Speed::Max => None,
        };
        let is_paused = status.state == State::Paused;
        Some(View {
            recording: recording(&status, position),
            elapsed: now.0,
            speed: status.speed,
            is_paused,
            emitted: status.emitted,
            lag: status.lag,
            until_next: (status.next.filter(|_| !is_paused)).and_then(|(due, _)| until(due.0)),
            done,
            left: total.and_then(until),
            note: self.note_at(now),
        })
    }

    fn note_at(&self, now: WallTime) -> Option<String> {
        let (note, until) = self.note.as_ref()?;
        until.is_none_or(|until| now < until).then(|| note.clone())
    }
}

/// The place on the schedule, so long after the replay said where it is. It waits for the next
/// event.
fn place(status: &Status, since: Nanos) -> ScheduleTime {
    let (State::Playing, Speed::Times(ratio)) = (status.state, status.speed) else {
        return status.position;
    };
    let moved = status.position + ratio.recorded_in(since);
    status.next.map_or(status.position, |(due, _)| moved.min(due).max(status.position))
}

/// The time in the recording at a place: on the way to the next event it passes evenly.
fn recording(status: &Status, position: ScheduleTime) -> Option<RecordingTime> {
    let (Some(from), Some((due, to))) = (status.recording, status.next) else {
        return status.recording.or(status.next.map(|(_, time)| time));
    };
    let (way, way_in_all) = (position - status.position, due - status.position);
    let passes = (to - from).max(0);
    Some(if way_in_all <= 0 { from } else { from + way * passes / way_in_all })
}

fn done(position: ScheduleTime, round: Nanos, rounds: Option<u64>) -> Option<(Nanos, Nanos)> {
    let is_last = rounds.is_some_and(|rounds| round * (i128::from(rounds) - 1) <= position.0);
    let before = match rounds {
        Some(rounds) if is_last => round * (i128::from(rounds) - 1),
        _ => position.0 / round.max(1) * round,
    };
    (0 < round).then(|| ((position.0 - before).clamp(0, round), round))
}

/// A piece of the line.
struct Part {
    /// Where the line is too short, the pieces of the highest rank are left out first.
    rank: u8,
    text: String,
}

/// The line for a terminal so many columns wide. Its last column stays free, so that the cursor stays
/// on the line.
fn text(view: &View, width: usize) -> String {
    let room = width.saturating_sub(1);
    let mut parts = parts(view);
    while room < columns(&parts) && 1 < parts.len() {
        let last = (0..parts.len()).max_by_key(|index| parts[*index].rank).unwrap_or_default();
        parts.remove(last);
    }
    let spare = room.saturating_sub(columns(&parts));
    let text = |part: &Part| match view.done {
        Some(done) if part.rank == BAR => bar(done, SHORTEST_BAR + spare),
        _ => part.text.clone(),
    };
    let mut text = parts.iter().map(text).collect::<Vec<_>>().join("  ");
    text.truncate(room);
    text
}

/// The rank of the bar.
const BAR: u8 = 3;

fn parts(view: &View) -> Vec<Part> {
    let instant = view.recording.and_then(RecordingTime::instant);
    let date = instant.map(|time| time.format("%Y-%m-%d").to_string());
    let time = instant.map(|time| time.format("%H:%M:%S").to_string());
    let speed = Some(speed(view.speed, view.is_paused));
    let parts = if let Some(note) = &view.note {
        vec![(2, time), (1, speed), (0, Some(note.clone()))]
    } else {
        let events = if view.emitted == 1 { "event" } else { "events" };
        let next = view.until_next.filter(|span| SOON <= *span);
        let lag_or_next = match next {
            Some(next) => format!("next in {}", clock(next)),
            None => format!("lag {}", lag(view.lag)),
        };
        vec![
            (8, date),
            (0, time),
            (6, Some(clock(view.elapsed))),
            (1, speed),
            (5, Some(format!("{} {events}", HumanCount(view.emitted)))),
            (7, Some(lag_or_next)),
            (BAR, view.done.map(|done| bar(done, SHORTEST_BAR))),
            (4, view.left.map(|left| format!("{} left", clock(left)))),
        ]
    };
    parts.into_iter().filter_map(|(rank, text)| text.map(|text| Part { rank, text })).collect()
}

fn columns(parts: &[Part]) -> usize {
    let texts: usize = parts.iter().map(|part| part.text.len()).sum();
    texts + 2 * parts.len().saturating_sub(1)
}

/// A bar of so many cells, and the share in percent.
fn bar((done, all): (Nanos, Nanos), cells: usize) -> String {
    let cells = cells.min(LONGEST_BAR);
    let full = usize::try_from(done * i128::try_from(cells).unwrap_or(0) / all).unwrap_or(0);
    let percent = done * 100 / all;
    format!("{}{} {percent:>3}%", "#".repeat(full), "-".repeat(cells.saturating_sub(full)))
}

/// The speed with at most three digits behind the point.
fn speed(speed: Speed, is_paused: bool) -> String {
    let paused = if is_paused { " paused" } else { "" };
    match speed {
        Speed::Max => format!("max{paused}"),
        Speed::Times(ratio) => {
            let number = format!("{:.3}", ratio.as_f64());
            let number = number.trim_end_matches('0').trim_end_matches('.');
            format!("{number}x{paused}")
        }
    }
}

/// A span as a clock shows it.
fn clock(span: Nanos) -> String {
    let seconds = span.max(0) / SECOND;
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    match days {
        0 => format!("{hours}:{minutes:02}:{seconds:02}"),
        _ => format!("{days}d {hours:02}:{minutes:02}:{seconds:02}"),
    }
}

/// A lag, in one unit as long as it is short, so that the eye need not read it.
fn lag(lag: Nanos) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let millis = lag as f64 / 1e6;
    match millis {
        ..10.0 => format!("{millis:.2} ms"),
        ..1000.0 => format!("{millis:.0} ms"),
        _ => format!("{:.1} s", millis / 1e3),
    }
}

#[cfg(test)]
mod tests;
