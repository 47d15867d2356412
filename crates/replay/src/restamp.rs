//! Events with other times: each instant is rewritten in place, in the form that it was written in.

use std::ops::Range;

use chrono::{Datelike as _, Timelike as _};

use crate::{
    chance::Chance,
    event::{Stamp, ToldBy},
    schedule::Scheduled,
    speed::Speed,
    time::{Nanos, RecordingTime, SECOND, WallTime},
};

/// What is done to the times in an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restamp {
    /// Nothing.
    #[default]
    Keep,
    /// All are moved by the same span, so that the first event happens when the replay starts.
    Shift,
    /// The event gets the time when it is due; its other times keep their distance to that, divided
    /// by the speed.
    Scale,
    /// The event gets the time when it leaves; its other times keep their distance to that.
    Now,
}

/// Makes the text that leaves of the text that was recorded.
#[derive(Clone, Debug)]
pub struct Restamper {
    policy: Restamp,
    /// The date when the replay started.
    started: RecordingTime,
    /// How much of the replay was over when the clock started: it had been broken off.
    resumed_after: Nanos,
    /// How long after the clock was started the first event happens.
    begun_after: Nanos,
    /// The time of the first event.
    first: RecordingTime,
    may_be_future: bool,
    /// Fresh ids from the second round on.
    new_ids: Option<Chance>,
    /// Instants that would have been in the future and were not written so.
    held_back: u64,
    written: LastSecond,
}

/// The text of the second that was written last: neighbours are mostly of the same minute.
#[derive(Clone, Debug, Default)]
struct LastSecond {
    /// When the minute began, in seconds since 1970.
    minute: Option<i64>,
    text: [u8; 19],
}

/// When an event was to leave and when it leaves.
#[derive(Clone, Copy, Debug)]
pub struct Leaving {
    /// When it was due.
    pub due: WallTime,
    /// When it leaves.
    pub now: WallTime,
    /// The speed.
    pub speed: Speed,
}

impl Restamper {
    /// Follows a policy; `started` is the date when the replay was started, and `first` the time of
    /// its first event.
    pub fn new(policy: Restamp, started: RecordingTime, first: RecordingTime) -> Self {
        Self {
            policy,
            started,
            resumed_after: 0,
            begun_after: 0,
            first,
            may_be_future: false,
            new_ids: None,
            held_back: 0,
            written: LastSecond::default(),
        }
    }

    /// The first event, which is of this time, happens now, and not when the clock was started.
    pub fn begin_at(&mut self, now: WallTime, first: RecordingTime) {
        (self.begun_after, self.first) = (now.0, first);
    }

    /// Goes on with a replay that was broken off so long after its start.
    #[must_use]
    pub fn resumed_after(mut self, span: Nanos) -> Self {
        self.resumed_after = span;
        self
    }

    /// Lets instants be in the future.
    #[must_use]
    pub fn with_future(mut self) -> Self {
        self.may_be_future = true;
        self
    }

    /// Gives events of the second round and of later ones fresh ids.
    #[must_use]
    pub fn with_new_ids(mut self, chance: Chance) -> Self {
        self.new_ids = Some(chance);
        self
    }

    /// How many instants would have been in the future and were set to the present.
    pub fn held_back(&self) -> u64 {
        self.held_back
    }

    /// Appends the text of an event that leaves.
    pub fn write(&mut self, scheduled: &Scheduled, leaving: Leaving, out: &mut Vec<u8>) {
        let begin = out.len();
        let event = &scheduled.event;
        out.extend_from_slice(event.text());
        if self.policy != Restamp::Keep || scheduled.effect.skew != 0 {
            for stamp in event.stamps() {
                let time = self.time_of(stamp, scheduled, leaving);
                let Range { start, end } = stamp.span.range();
                let text = &mut out[begin + start..begin + end];
                self.overwrite(time, stamp.fraction_digits, text);
            }
        }
        if let (Some(new), Some(range)) = (self.new_id(scheduled), event.id_range()) {
            replace(out, begin, range, &new);
        }
    }

    /// The id that an event gets in the place of its own, if it gets one.
    pub fn new_id(&self, scheduled: &Scheduled) -> Option<[u8; 36]> {
        let chance = self.new_ids.filter(|_| 0 < scheduled.round)?;
        let old = &scheduled.event.text()[scheduled.event.id_range()?];
        Some(chance.of(scheduled.round).named(old).guid())
    }

    /// The instant that is written for one that was recorded.
    fn time_of(&mut self, stamp: &Stamp, scheduled: &Scheduled, leaving: Leaving) -> RecordingTime {
        let mut time = self.moved(stamp.time, scheduled, leaving);
        // By the time when it was due, so that the same replay gives the same times.
        let latest = if self.policy == Restamp::Now { leaving.now } else { leaving.due };
        let latest = self.date(latest);
        if self.policy != Restamp::Keep && latest < time && !self.may_be_future {
            time = latest;
            self.held_back += 1;
        }
        match stamp.told_by {
            // A clock that is wrong may well be ahead: it is put wrong behind that bound.
            ToldBy::Device => time + scheduled.effect.skew,
            ToldBy::Api => time,
        }
    }

    fn moved(&self, time: RecordingTime, scheduled: &Scheduled, leaving: Leaving) -> RecordingTime {
        let distance = time - scheduled.event.time;
        // A delayed event has the times that it would have had without the delay.
        let delayed = scheduled.effect.delayed;
        match self.policy {
            Restamp::Keep => time,
            Restamp::Shift => {
                self.started + (self.begun_after + (time + scheduled.moved - self.first))
            }
            Restamp::Scale => self.date(leaving.due) + scaled(distance - delayed, leaving.speed),
            Restamp::Now => self.date(leaving.now) + (distance - scaled(delayed, leaving.speed)),
        }
    }

    fn date(&self, time: WallTime) -> RecordingTime {
        self.started + (self.resumed_after + time.0)
    }

    /// Writes an instant over one of the same form.
    fn overwrite(&mut self, time: RecordingTime, fraction_digits: u8, text: &mut [u8]) {
        let digits = usize::from(fraction_digits);
        let Some(whole) = self.written.of(time) else { return };
        text[..19].copy_from_slice(whole);
        if 0 < digits {
            let mut nanos = time.0.rem_euclid(SECOND);
            for place in (0..9).rev() {
                if place < digits {
                    text[20 + place] = digit(nanos % 10);
                }
                nanos /= 10;
            }
        }
    }
}

/// A span of recording time as wall time; at no speed at all it is gone.
fn scaled(span: Nanos, speed: Speed) -> Nanos {
    match speed {
        Speed::Times(ratio) => ratio.wall_for(span),
        Speed::Max => 0,
    }
}

fn digit(number: i128) -> u8 {
    b'0' + u8::try_from(number.rem_euclid(10)).expect("it is a digit")
}

impl LastSecond {
    /// `yyyy-mm-ddThh:mm:ss`; nothing for years that do not have four digits.
    fn of(&mut self, time: RecordingTime) -> Option<&[u8; 19]> {
        // A division of numbers of 64 bits takes a tenth of the time, and is enough for 300 years.
        let second = match i64::try_from(time.0) {
            Ok(nanos) => nanos.div_euclid(1_000_000_000),
            Err(_) => i64::try_from(time.0.div_euclid(SECOND)).ok()?,
        };
        let within = self.minute.map(|minute| second.wrapping_sub(minute));
        if let Some(within) = within.filter(|within| (0..60).contains(within)) {
            write_digits(u32::try_from(within).ok()?, &mut self.text[17..]);
        } else {
            let instant = time.instant()?;
            let year = u32::try_from(instant.year()).ok().filter(|year| *year <= 9999)?;
            self.text = *b"0000-00-00T00:00:00";
            for (number, place, digits) in [
                (year, 0, 4),
                (instant.month(), 5, 2),
                (instant.day(), 8, 2),
                (instant.hour(), 11, 2),
                (instant.minute(), 14, 2),
                (instant.second(), 17, 2),
            ] {
                write_digits(number, &mut self.text[place..place + digits]);
            }
            self.minute = Some(second - i64::from(instant.second()));
        }
        Some(&self.text)
    }
}

fn write_digits(mut number: u32, text: &mut [u8]) {
    for place in text.iter_mut().rev() {
        *place = b'0' + u8::try_from(number % 10).expect("it is a digit");
        number /= 10;
    }
}

/// Replaces a piece of what was appended at `begin`.
fn replace(out: &mut Vec<u8>, begin: usize, range: Range<usize>, new: &[u8]) {
    out.splice(begin + range.start..begin + range.end, new.iter().copied());
}

#[cfg(test)]
mod tests;
