//! Several inputs as one stream, in the order of (time, input, position).

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{
    event::Event,
    input::{Input, Open, Problem, ReadOptions},
    time::RecordingTime,
};

/// The share of the read-ahead that an input has at least, in bytes.
const LEAST_SHARE: usize = 64 << 10;

/// Inputs that lie over one another in time are this many at most, for the share of each.
const SHARES: usize = 16;

/// Several inputs as one stream.
pub(crate) struct Merge {
    captures: Vec<Box<dyn Open>>,
    options: ReadOptions,
    inputs: Vec<Slot>,
    /// The time of the next event of each input that has one.
    heads: BinaryHeap<Reverse<(RecordingTime, usize)>>,
    last: Option<RecordingTime>,
    pub(crate) counts: OrderCounts,
    problems: Vec<Problem>,
}

/// Recordings of many files rarely overlap: a file is open only while its events are wanted.
enum Slot {
    Unopened,
    Open(Box<Input>),
    Done,
}

/// What was out of order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderCounts {
    /// Events that stood behind a later one and were put in their place.
    pub reordered: u64,
    /// Events that came too late even for that; they follow the later one.
    pub misplaced: u64,
}

impl Merge {
    pub(crate) fn new(captures: Vec<Box<dyn Open>>, options: ReadOptions) -> Self {
        let shares = captures.len().clamp(1, SHARES);
        let read_ahead = (options.read_ahead / shares).max(LEAST_SHARE.min(options.read_ahead));
        let mut merge = Self {
            captures,
            options: ReadOptions { read_ahead, ..options },
            inputs: Vec::new(),
            heads: BinaryHeap::new(),
            last: None,
            counts: OrderCounts::default(),
            problems: Vec::new(),
        };
        merge.begin();
        merge
    }

    /// Whether all inputs can be read again.
    pub(crate) fn can_restart(&self) -> bool {
        self.captures.iter().all(|capture| capture.can_reopen())
    }

    /// Goes back to the first event.
    pub(crate) fn restart(&mut self) {
        self.inputs.clear();
        self.heads.clear();
        self.last = None;
        self.begin();
        // They were reported the first time.
        self.problems.clear();
    }

    fn begin(&mut self) {
        for index in 0..self.captures.len() {
            let slot = self.first_look(index);
            self.inputs.push(slot);
        }
    }

    /// Finds out when an input begins.
    fn first_look(&mut self, index: usize) -> Slot {
        let capture = &*self.captures[index];
        let is_alone = self.captures.len() == 1;
        let is_kept = is_alone || !capture.can_reopen();
        // Its first event may stand behind later ones: it is read as far ahead as it will be.
        let mut input = Box::new(Input::open(capture, self.options, is_alone));
        match input.next_time() {
            Some(time) => {
                self.heads.push(Reverse((time, index)));
                if is_kept { Slot::Open(input) } else { Slot::Unopened }
            }
            None => {
                input.take_problems(&mut self.problems);
                Slot::Done
            }
        }
    }

    /// The next event and the number of its input.
    pub(crate) fn next(&mut self) -> Option<(usize, Event)> {
        let (index, event) = match &self.inputs[..] {
            // It has nothing to be merged with.
            [Slot::Open(_)] => (0, self.read(0).0?),
            _ => self.next_of_many()?,
        };
        self.counts.misplaced += u64::from(self.last.is_some_and(|last| event.time < last));
        self.last = self.last.max(Some(event.time));
        Some((index, event))
    }

    fn next_of_many(&mut self) -> Option<(usize, Event)> {
        loop {
            let Reverse((_, index)) = self.heads.pop()?;
            if matches!(self.inputs[index], Slot::Unopened) {
                let input = Input::open(&*self.captures[index], self.options, false);
                self.inputs[index] = Slot::Open(Box::new(input));
            }
            let (event, next) = self.read(index);
            if let Some(time) = next {
                self.heads.push(Reverse((time, index)));
            }
            if let Some(event) = event {
                return Some((index, event));
            }
        }
    }

    /// The next event of an open input, and the time of the one after it.
    fn read(&mut self, index: usize) -> (Option<Event>, Option<RecordingTime>) {
        let Slot::Open(input) = &mut self.inputs[index] else { return (None, None) };
        let (event, next) = (input.next(), input.next_time());
        input.take_problems(&mut self.problems);
        if next.is_none() {
            self.counts.reordered += input.reordered();
            self.inputs[index] = Slot::Done;
        }
        (event, next)
    }

    /// What could not be read since the last call.
    pub(crate) fn take_problems(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
    }
}
