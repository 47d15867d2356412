//! The time map: from recording time to schedule time.
//!
//! It is monotone and linear in pieces. Most of it has slope 1; where a gap between two events is
//! longer than the cap, the gap is run through faster, so that it lasts as long as the cap. A gap
//! cap therefore changes the map, and not one sleep: what comes behind it keeps its distances.

use std::collections::VecDeque;

use crate::time::{Nanos, RecordingTime, ScheduleTime};

/// How many pieces are remembered, so that the memory stays bounded.
const REMEMBERED: usize = 4096;

/// A stretch of the recording and where it lies on the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it begins in the recording.
    pub recording: RecordingTime,
    /// Where it begins on the schedule.
    pub schedule: ScheduleTime,
    /// How long it is in the recording.
    pub recorded: Nanos,
    /// How long it lasts on the schedule. It differs from the recorded length for a capped gap.
    pub lasts: Nanos,
    /// Which time through the recording it belongs to, from 0.
    pub round: u64,
}

impl Piece {
    /// Whether it is a gap that was capped.
    pub fn is_capped(&self) -> bool {
        self.recorded != self.lasts
    }

    fn schedule_of(&self, time: RecordingTime) -> ScheduleTime {
        let within = time - self.recording;
        if !self.is_capped() || self.recorded == 0 {
            return self.schedule + within;
        }
        self.schedule + within * self.lasts / self.recorded
    }

    fn recording_of(&self, time: ScheduleTime) -> RecordingTime {
        let within = time - self.schedule;
        if !self.is_capped() || self.lasts == 0 {
            return self.recording + within;
        }
        self.recording + within * self.recorded / self.lasts
    }
}

/// The map as far as the recording has been read.
#[derive(Clone, Debug)]
pub struct TimeMap {
    cap: Option<Nanos>,
    pieces: VecDeque<Piece>,
    round: u64,
    /// The number of gaps that were capped, and by how much together.
    capped: u64,
    saved: Nanos,
}

impl TimeMap {
    /// A map whose gaps last at most `cap`.
    pub fn new(cap: Option<Nanos>) -> Self {
        Self { cap, pieces: VecDeque::new(), round: 0, capped: 0, saved: 0 }
    }

    /// Begins with a time of the recording, at the start of the schedule.
    pub fn begin(&mut self, time: RecordingTime) {
        self.push(time, ScheduleTime::default());
    }

    /// Begins a further time through the recording, so long after the end of the one before.
    pub fn begin_round(&mut self, time: RecordingTime, after: Nanos) {
        let end = self.end();
        self.round += 1;
        self.push(time, end + after);
    }

    fn push(&mut self, recording: RecordingTime, schedule: ScheduleTime) {
        if self.pieces.len() == REMEMBERED {
            self.pieces.pop_front();
        }
        let round = self.round;
        self.pieces.push_back(Piece { recording, schedule, recorded: 0, lasts: 0, round });
    }

    /// The schedule time of the next event. One that is older than the event before it comes at the
    /// same time as that.
    pub fn place(&mut self, time: RecordingTime) -> ScheduleTime {
        if self.pieces.is_empty() {
            self.begin(time);
        }
        let last = self.pieces.back_mut().expect("there is a piece");
        let end = last.recording + last.recorded;
        let gap = time - end;
        match self.cap {
            Some(cap) if cap < gap => {
                let schedule = last.schedule + last.lasts;
                self.push(end, schedule);
                let piece = self.pieces.back_mut().expect("it was pushed");
                (piece.recorded, piece.lasts) = (gap, cap);
                self.push(time, schedule + cap);
                self.capped += 1;
                self.saved += gap - cap;
            }
            _ => {
                last.recorded += gap.max(0);
                last.lasts += gap.max(0);
            }
        }
        self.end()
    }

    /// The end of what has been placed.
    pub fn end(&self) -> ScheduleTime {
        self.pieces.back().map_or(ScheduleTime::default(), |last| last.schedule + last.lasts)
    }

    /// The schedule time of an event of this time, if it were the next one.
    pub fn behind(&self, time: RecordingTime) -> ScheduleTime {
        let end = self.pieces.back().map_or(time, |last| last.recording + last.recorded);
        let gap = (time - end).max(0);
        self.end() + self.cap.map_or(gap, |cap| gap.min(cap))
    }

    /// The schedule time of a time in the recording, in the last round; nothing before what is
    /// remembered, and behind the end as if the recording went on.
    pub fn schedule_of(&self, time: RecordingTime) -> Option<ScheduleTime> {
        let mut pieces = self.pieces.iter().rev().filter(|piece| piece.round == self.round);
        pieces.find(|piece| piece.recording <= time).map(|piece| piece.schedule_of(time))
    }

    /// The time in the recording at a schedule time.
    pub fn recording_of(&self, time: ScheduleTime) -> Option<RecordingTime> {
        let behind = self.pieces.partition_point(|piece| piece.schedule <= time);
        let piece = self.pieces.get(behind.checked_sub(1)?)?;
        let time = time.min(piece.schedule + piece.lasts);
        Some(piece.recording_of(time))
    }

    /// The number of gaps that were capped, and the time that it saved.
    pub fn capped(&self) -> (u64, Nanos) {
        (self.capped, self.saved)
    }

    /// The pieces, as far as they are remembered.
    pub fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.pieces.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(map: &mut TimeMap, times: &[i128]) -> Vec<i128> {
        times.iter().map(|time| map.place(RecordingTime(*time)).0).collect()
    }

    #[test]
    fn a_capped_gap_changes_nothing_behind_it() {
        let mut map = TimeMap::new(Some(10));
        assert_eq!(placed(&mut map, &[100, 105, 1105, 1110, 1120]), [0, 5, 15, 20, 30]);
        assert_eq!(map.capped(), (1, 990));
    }

    #[test]
    fn equal_and_older_times_come_at_once() {
        let mut map = TimeMap::new(None);
        assert_eq!(placed(&mut map, &[100, 100, 90, 101]), [0, 0, 0, 1]);
    }

    #[test]
    fn the_first_gap_of_every_round_is_kept() {
        let mut map = TimeMap::new(None);
        assert_eq!(placed(&mut map, &[100, 107, 110]), [0, 7, 10]);
        map.begin_round(RecordingTime(100), 5);
        assert_eq!(placed(&mut map, &[100, 107, 110]), [15, 22, 25]);
    }

    #[test]
    fn the_map_can_be_inverted() {
        let mut map = TimeMap::new(Some(10));
        placed(&mut map, &[100, 105, 1105, 1110]);
        for time in [100, 103, 105, 605, 1105, 1107, 1110] {
            let schedule = map.schedule_of(RecordingTime(time)).unwrap();
            assert_eq!(map.recording_of(schedule), Some(RecordingTime(time)), "{time}");
        }
        assert_eq!(map.recording_of(ScheduleTime(-1)), None);
        assert_eq!(map.recording_of(ScheduleTime(99)), Some(RecordingTime(1110)));
    }

    #[test]
    fn what_lies_behind_the_end_is_placed_as_the_next_event_would_be() {
        for (cap, expected) in [(None, [10, 10, 15, 110]), (Some(7), [10, 10, 15, 17])] {
            let mut map = TimeMap::new(cap);
            placed(&mut map, &[100, 105, 110]);
            let behind = [90, 110, 115, 210].map(|time| map.behind(RecordingTime(time)).0);
            assert_eq!(behind, expected, "{cap:?}");
        }
    }

    #[test]
    fn the_memory_is_bounded() {
        let mut map = TimeMap::new(Some(1));
        for second in 0..100_000 {
            map.place(RecordingTime(second * 100));
        }
        assert_eq!(map.pieces().count(), REMEMBERED);
        assert_eq!((map.end(), map.capped().0), (ScheduleTime(99_999), 99_999));
    }
}
