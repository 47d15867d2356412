//! An event that has arrived in the queues.

use std::{fmt, ops::Range, sync::Arc};

use crate::time::{Nanos, RecordingTime};

/// The length of a name that is not there.
const ABSENT: u32 = u32::MAX;

/// An event that has arrived: its text, and what requests ask for. Clones share the bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Its number among all that arrived, from 0.
    pub number: u64,
    /// When it happened, in the recording.
    pub time: RecordingTime,
    /// When it arrived: how much of the schedule had passed.
    pub(super) passed: Nanos,
    lengths: Lengths,
    /// Its text, and then its names. In one piece: millions come and go, and allocating a text and
    /// four names each took more time than anything else that is done with them here.
    bytes: Arc<[u8]>,
}

/// What requests ask for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Names<'e> {
    pub(super) type_name: Option<&'e str>,
    pub(super) device: Option<&'e str>,
    pub(super) id: Option<&'e str>,
    pub(super) version: Option<&'e str>,
}

/// How long the text and the names are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lengths {
    text: u32,
    names: [u32; 4],
}

impl Lengths {
    /// How long all is together.
    fn whole(&self) -> usize {
        self.text as usize + self.names.into_iter().filter_map(present).sum::<usize>()
    }

    /// Where the name of a number is.
    fn name(&self, number: usize) -> Option<Range<usize>> {
        let length = present(self.names[number])?;
        let before = self.names[..number].iter().copied().filter_map(present);
        let start = self.text as usize + before.sum::<usize>();
        Some(start..start + length)
    }
}

impl fmt::Debug for Arrival {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Arrival")
            .field("number", &self.number)
            .field("time", &self.time)
            .field("text", &String::from_utf8_lossy(self.text()))
            .finish_non_exhaustive()
    }
}

impl Arrival {
    /// An event with this text and these names; `text` is left with both.
    pub(super) fn new(
        number: u64,
        (time, passed): (RecordingTime, Nanos),
        text: &mut Vec<u8>,
        names: Names<'_>,
    ) -> Self {
        let Names { type_name, device, id, version } = names;
        let names = [type_name, device, id, version];
        let lengths = Lengths {
            text: length(text.len()),
            names: names.map(|name| name.map_or(ABSENT, |name| length(name.len()))),
        };
        names.into_iter().flatten().for_each(|name| text.extend_from_slice(name.as_bytes()));
        Self { number, time, passed, lengths, bytes: text.as_slice().into() }
    }

    /// Its text, as it is handed out.
    pub fn text(&self) -> &[u8] {
        &self.bytes[..self.lengths.text as usize]
    }

    /// Its `Type`.
    pub fn type_name(&self) -> Option<&str> {
        self.name(0)
    }

    /// Its `Device`.
    pub fn device(&self) -> Option<&str> {
        self.name(1)
    }

    /// Its `EventId`.
    pub fn id(&self) -> Option<&str> {
        self.name(2)
    }

    /// Its `Version`, as it is written.
    pub fn version(&self) -> Option<&str> {
        self.name(3)
    }

    fn name(&self, number: usize) -> Option<&str> {
        std::str::from_utf8(&self.bytes[self.lengths.name(number)?]).ok()
    }

    /// How many bytes of memory it takes, about.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>() + self.bytes.len()
    }

    /// Appends it to a file, without its number and with its length before it.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let begin = out.len();
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.time.0.to_le_bytes());
        out.extend_from_slice(&self.passed.to_le_bytes());
        out.extend_from_slice(&self.lengths.text.to_le_bytes());
        for length in self.lengths.names {
            out.extend_from_slice(&length.to_le_bytes());
        }
        out.extend_from_slice(&self.bytes);
        let length = length(out.len() - begin - 4);
        out[begin..begin + 4].copy_from_slice(&length.to_le_bytes());
    }

    /// Reads what [`Arrival::write`] wrote, without the length; nothing if it is something else.
    pub(super) fn read(number: u64, mut bytes: &[u8]) -> Option<Self> {
        let time = RecordingTime(i128::from_le_bytes(*chunk(&mut bytes)?));
        let passed = Nanos::from_le_bytes(*chunk(&mut bytes)?);
        let mut length = || Some(u32::from_le_bytes(*chunk(&mut bytes)?));
        let lengths =
            Lengths { text: length()?, names: [length()?, length()?, length()?, length()?] };
        (bytes.len() == lengths.whole()).then(|| Self {
            number,
            time,
            passed,
            lengths,
            bytes: bytes.into(),
        })
    }
}

/// The length of a name, if it is there.
fn present(length: u32) -> Option<usize> {
    (length != ABSENT).then_some(length as usize)
}

/// Takes so many bytes away from the front.
fn chunk<'b, const N: usize>(bytes: &mut &'b [u8]) -> Option<&'b [u8; N]> {
    let (chunk, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(chunk)
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("no event is as long as 4 GiB")
}
