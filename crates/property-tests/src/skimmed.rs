//! What is skimmed for a replay is what a tree gives: the same events, problems and counts, however the
//! input comes in pieces.

use std::{
    collections::VecDeque,
    io::{self, Read},
};

use contrail_replay::{Open, OrderBy, Schedule, ScheduleOptions, Scheduled};
use proptest::{collection::vec, prelude::*};

use crate::{
    judge::pieces,
    strategies::{capture, repeated, synthetic},
};

/// An input that comes in pieces.
#[derive(Clone, Debug)]
struct InPieces(VecDeque<Vec<u8>>);

impl InPieces {
    fn new(bytes: &[u8], cuts: &[usize]) -> Self {
        let pieces = pieces(bytes, cuts).into_iter().filter(|piece| !piece.is_empty());
        Self(pieces.map(<[u8]>::to_vec).collect())
    }
}

impl Open for InPieces {
    fn name(&self) -> String {
        "recording".to_owned()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(self.clone()))
    }

    fn can_reopen(&self) -> bool {
        true
    }
}

impl Read for InPieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(mut piece) = self.0.pop_front() else { return Ok(0) };
        let length = piece.len().min(buffer.len());
        buffer[..length].copy_from_slice(&piece[..length]);
        if length < piece.len() {
            self.0.push_front(piece.split_off(length));
        }
        Ok(length)
    }
}

fn shown(scheduled: &Scheduled) -> String {
    let Scheduled { event, due, index, .. } = scheduled;
    let text = String::from_utf8_lossy(event.text());
    let names = [event.type_name(), event.device(), event.id()];
    let (version, stamps) = (event.version(), event.stamps());
    format!(
        "{index} {due:?} {:?} {} {names:?} {version:?} {stamps:?} {text}",
        event.time, event.position
    )
}

/// All that a schedule gives, with the skimmer or without.
fn given(bytes: &[u8], cuts: &[usize], options: &ScheduleOptions, skims: bool) -> Vec<String> {
    let mut options = options.clone();
    (options.read.skims, options.read.has_thread) = (skims, skims);
    let mut schedule = Schedule::new(vec![Box::new(InPieces::new(bytes, cuts))], options);
    let mut given: Vec<_> = schedule.by_ref().map(|scheduled| shown(&scheduled)).collect();
    given.push(format!("{:?} {:?}", schedule.counts(), schedule.take_problems()));
    given
}

fn recording() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        2 => repeated(),
        1 => capture(),
        1 => synthetic().prop_map(|recording| recording.bytes),
    ]
}

proptest! {
    #[test]
    fn what_is_skimmed_is_what_a_tree_gives(
        bytes in recording(),
        cuts in vec(any::<usize>(), 0..6),
        is_by_occurred in any::<bool>(),
        with_stamps in any::<bool>(),
        read_ahead in prop_oneof![Just(0_usize), Just(2_000), Just(1 << 20)],
    ) {
        let mut options = ScheduleOptions::default();
        options.read.order_by = if is_by_occurred { OrderBy::Occurred } else { OrderBy::Received };
        (options.read.with_stamps, options.read.read_ahead) = (with_stamps, read_ahead);
        let by_tree = given(&bytes, &cuts, &options, false);
        prop_assert_eq!(given(&bytes, &cuts, &options, true), by_tree);
    }
}
