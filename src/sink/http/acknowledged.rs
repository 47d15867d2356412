//! Which parcels are under way, and up to which event all are acknowledged.

use std::collections::VecDeque;

use contrail_replay::Delivered;

use crate::sink::batch::Parcel;

/// Keeps account of parcels, which may be acknowledged in any order.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// From the first that is not acknowledged on, in the order in which they were sent.
    parcels: VecDeque<Sent>,
    /// The number of the first of them.
    first: usize,
    delivered: Delivered,
}

#[derive(Debug)]
struct Sent {
    parcel: Parcel,
    bytes: usize,
    is_acknowledged: bool,
}

impl Account {
    /// Takes note of a parcel that is sent, and gives it a number.
    pub(super) fn send(&mut self, parcel: Parcel, bytes: usize) -> usize {
        self.parcels.push_back(Sent { parcel, bytes, is_acknowledged: false });
        self.first + self.parcels.len() - 1
    }

    /// Takes note that a parcel arrived.
    pub(super) fn acknowledge(&mut self, number: usize) {
        let sent = &mut self.parcels[number - self.first];
        sent.is_acknowledged = true;
        self.delivered.events += sent.parcel.events;
        self.delivered.bytes += sent.bytes as u64;
        while let Some(sent) = self.parcels.front().filter(|sent| sent.is_acknowledged) {
            self.delivered.last = Some(sent.parcel.last);
            self.parcels.pop_front();
            self.first += 1;
        }
    }

    pub(super) fn delivered(&self) -> Delivered {
        self.delivered
    }
}

#[cfg(test)]
mod tests {
    use contrail_replay::{Key, WallTime};

    use super::*;

    #[test]
    fn the_last_waits_for_all_before_it() {
        let mut account = Account::default();
        let last = |index: u64| {
            (Key { number: index, round: 0, index, copy: 0 }, WallTime(i128::from(index)))
        };
        let numbers =
            [1, 3, 5].map(|index| account.send(Parcel { events: 2, last: last(index) }, 10));
        let mut got = Vec::new();
        for number in [1, 0, 2] {
            account.acknowledge(numbers[number]);
            let Delivered { events, bytes, last } = account.delivered();
            got.push((events, bytes, last));
        }
        let want = [(2, 10, None), (4, 20, Some(last(3))), (6, 30, Some(last(5)))];
        assert_eq!(got, want);
    }
}
