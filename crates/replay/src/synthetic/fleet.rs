//! The devices: when each does something, and when the API hears of it.
//!
//! A device has as many turns as events, spread evenly over the recording with some jitter. At times it
//! is offline: then what it does is received in a burst when it is back. All that is remembered of a
//! device has a fixed size.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, binary_heap::PeekMut},
};

use super::{
    defect::Rule,
    settings::{Settings, Version},
};
use crate::{chance::Chance, time::SECOND};

/// What sort of device it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Model {
    Cabinet,
    Fridge,
    Freezer,
    MobileCase,
    Handheld,
}

/// A device as it stands.
#[derive(Clone, Debug)]
pub(super) struct Device {
    pub(super) index: u32,
    pub(super) model: Model,
    /// The turn that comes next, and their number.
    turn: u64,
    turns: u64,
    /// When the next turn is, in seconds since the start.
    occurs: u64,
    /// When the API heard of it last.
    heard: u64,
    /// The turns while it is offline.
    offline: (u64, u64),
    /// When it is back.
    back: u64,
    /// The command that it works at.
    pub(super) pending: Option<Pending>,
    /// The tags in it: all from the first to before the second number.
    pub(super) tags: (u32, u32),
}

/// A command that waits to be completed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    /// The number of the event that queued it.
    pub(super) number: u64,
    /// Its place among the commands of the version that it was called by.
    pub(super) command: u8,
    pub(super) by: Version,
    /// When it was queued, and the earliest time when it is completed, since the start.
    pub(super) queued: u64,
    pub(super) due: u64,
    /// What is wrong with its completion.
    pub(super) defect: Option<Rule>,
}

/// A turn of a device.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) device: usize,
    /// When it happens and when the API hears of it, in seconds since the start.
    pub(super) occurs: u64,
    pub(super) heard: u64,
    pub(super) is_offline: bool,
    /// Whether the device has no turn after this one.
    pub(super) is_last: bool,
    /// How much it is a turn of its own.
    pub(super) chance: Chance,
}

/// Turns between which a device may be offline once.
const STRETCH: u64 = 64;

/// All devices, and which of them is next.
#[derive(Debug)]
pub(super) struct Fleet {
    pub(super) devices: Vec<Device>,
    /// When the API hears next of each device that has turns left.
    queue: BinaryHeap<Reverse<(u64, u32)>>,
    chance: Chance,
    /// The length of the recording in seconds.
    length: u64,
}

impl Fleet {
    /// The devices of a recording.
    pub(super) fn new(settings: &Settings) -> Self {
        let chance = Chance::new(settings.seed).named(b"device");
        let length = (settings.duration / SECOND).try_into().unwrap_or(u64::MAX);
        let (each, more) = (
            settings.events / u64::from(settings.devices),
            settings.events % u64::from(settings.devices),
        );
        let device = |index: u32| {
            let number = chance.of(u64::MAX).of(u64::from(index)).number();
            Device {
                index,
                model: match number % 16 {
                    0..=6 => Model::Cabinet,
                    7..=10 => Model::Fridge,
                    11 | 12 => Model::Freezer,
                    13 => Model::MobileCase,
                    _ => Model::Handheld,
                },
                turn: 0,
                turns: each + u64::from(u64::from(index) < more),
                occurs: 0,
                heard: 0,
                offline: (0, 0),
                back: 0,
                pending: None,
                tags: (0, (number >> 32) as u32 % 20),
            }
        };
        let devices = (0..settings.devices).map(device).collect();
        let mut fleet = Self { devices, queue: BinaryHeap::new(), chance, length };
        let first: Vec<_> = (0..settings.devices)
            .filter_map(|index| Some(Reverse((fleet.schedule(index)?, index))))
            .collect();
        fleet.queue = first.into();
        fleet
    }

    /// Whether the next turn must complete a command, because the device has no further one.
    pub(super) fn must_complete(&self) -> bool {
        self.queue.peek().is_some_and(|Reverse((_, index))| {
            let device = &self.devices[*index as usize];
            device.pending.is_some() && device.turns <= device.turn + 1
        })
    }

    /// The turn that comes next.
    pub(super) fn next(&mut self) -> Option<Turn> {
        let Reverse((heard, index)) = *self.queue.peek()?;
        let device = &mut self.devices[index as usize];
        let turn = Turn {
            device: index as usize,
            occurs: device.occurs,
            heard,
            is_offline: (device.offline.0..device.offline.1).contains(&device.turn),
            is_last: device.turns <= device.turn + 1,
            chance: self.chance.of(u64::from(index)).of(device.turn),
        };
        device.heard = heard;
        device.turn += 1;
        let next = self.schedule(index);
        let first = self.queue.peek_mut().expect("it was there just now");
        match next {
            Some(next) => *{ first } = Reverse((next, index)),
            None => drop(PeekMut::pop(first)),
        }
        Some(turn)
    }

    /// Finds out when the API hears of the next turn of a device; nothing if it has none.
    fn schedule(&mut self, index: u32) -> Option<u64> {
        let device = &mut self.devices[index as usize];
        if device.turn == device.turns {
            return None;
        }
        let chance = self.chance.of(u64::from(index));
        let time = |turn| time(chance, turn, device.turns, self.length);
        if device.turn.is_multiple_of(STRETCH) {
            let number = chance.of(device.turn).of(1).number();
            let begin = device.turn + 8 + number % 24;
            let end = begin + 3 + (number >> 8) % 28;
            device.offline = (0, 0);
            if number >> 61 == 0 && end < device.turns {
                device.offline = (begin, end);
                device.back = time(end);
            }
        }
        device.occurs = time(device.turn);
        let heard = if (device.offline.0..device.offline.1).contains(&device.turn) {
            device.back + (device.turn - device.offline.0) / 16
        } else {
            const LAGS: [u64; 8] = [0, 0, 1, 1, 1, 2, 3, 29];
            let lag = chance.of(device.turn).of(2).number() % 8;
            device.occurs + LAGS[lag as usize]
        };
        Some(heard.min(self.length).max(device.heard).max(device.occurs))
    }
}

/// When a turn is: in the middle of its share of the time, more or less.
fn time(chance: Chance, turn: u64, turns: u64, length: u64) -> u64 {
    // Fractions of a second of 32 bits: the lengths are below 2^31.
    let share = (length << 32) / turns;
    let jitter = chance.of(turn).of(3).number() >> 48;
    (turn * share + (share >> 16) * jitter) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(settings: &Settings) -> Vec<Turn> {
        let mut fleet = Fleet::new(settings);
        std::iter::from_fn(|| fleet.next()).collect()
    }

    #[test]
    fn every_event_has_a_turn_and_they_come_in_the_order_of_time() {
        for (events, devices) in [(0, 3), (1, 3), (10, 3), (2_000, 7), (500, 500)] {
            let settings = Settings { events, devices, ..Settings::default() };
            let turns = turns(&settings);
            assert_eq!(turns.len() as u64, events);
            assert!(turns.is_sorted_by_key(|turn| turn.heard));
            assert!(turns.iter().all(|turn| turn.occurs <= turn.heard && turn.heard <= 86_400));
        }
    }

    #[test]
    fn what_happens_while_a_device_is_offline_is_heard_of_when_it_is_back() {
        let turns = turns(&Settings::default());
        let offline: Vec<_> = turns.iter().filter(|turn| turn.is_offline).collect();
        assert!((50..1_000).contains(&offline.len()), "{}", offline.len());
        assert!(offline.iter().any(|turn| turn.occurs + 900 < turn.heard));
    }

    #[test]
    fn the_recording_is_filled_to_its_end() {
        let turns = turns(&Settings::default());
        assert!(turns[0].heard < 600, "{}", turns[0].heard);
        assert!(85_000 < turns[turns.len() - 1].heard);
    }
}
