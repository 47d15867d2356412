//! An event that has arrived in the queues.

use crate::time::RecordingTime;

/// An event that has arrived: its text, and what requests ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Its number among all that arrived, from 0.
    pub number: u64,
    /// When it arrived, in recording time that goes on from round to round.
    pub time: RecordingTime,
    /// Its text, as it is handed out.
    pub text: Vec<u8>,
    /// Its `Type`.
    pub type_name: Option<Box<str>>,
    /// Its `Device`.
    pub device: Option<Box<str>>,
    /// Its `EventId`.
    pub id: Option<Box<str>>,
    /// Its `Version`, as it is written.
    pub version: Option<Box<str>>,
}

impl Arrival {
    /// How many bytes of memory it takes, about.
    pub(super) fn size(&self) -> usize {
        let names = [&self.type_name, &self.device, &self.id, &self.version];
        let names: usize = names.into_iter().flatten().map(|name| name.len()).sum();
        size_of::<Self>() + self.text.len() + names
    }

    /// Appends it to a file, without its number and with its length before it.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let begin = out.len();
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.time.0.to_le_bytes());
        for name in [&self.type_name, &self.device, &self.id, &self.version] {
            let length = name.as_ref().map_or(u32::MAX, |name| length(name.len()));
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(name.as_deref().unwrap_or_default().as_bytes());
        }
        out.extend_from_slice(&self.text);
        let length = length(out.len() - begin - 4);
        out[begin..begin + 4].copy_from_slice(&length.to_le_bytes());
    }

    /// Reads what [`Arrival::write`] wrote, without the length; nothing if it is something else.
    pub(super) fn read(number: u64, mut bytes: &[u8]) -> Option<Self> {
        let time = RecordingTime(i128::from_le_bytes(*chunk(&mut bytes)?));
        let mut name = || {
            let length = u32::from_le_bytes(*chunk(&mut bytes)?);
            if length == u32::MAX {
                return Some(None);
            }
            let name = bytes.split_off(..usize::try_from(length).ok()?)?;
            Some(Some(Box::from(std::str::from_utf8(name).ok()?)))
        };
        let (type_name, device, id, version) = (name()?, name()?, name()?, name()?);
        Some(Self { number, time, text: bytes.to_vec(), type_name, device, id, version })
    }
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
