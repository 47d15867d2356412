//! All events that somebody may still ask for: the latest in memory, the others in a file.

use std::{
    collections::VecDeque,
    fmt,
    io::{self, Read, Seek, SeekFrom, Write},
};

use super::arrival::Arrival;

/// The place of every so-manieth event in the file is remembered.
const EVERY: u64 = 64;

/// How many bytes are read from the file and written to it at once.
const PAGE: usize = 128 << 10;

/// What is forgotten at the beginning of the file is given back once it is so long, in bytes.
const SHORTEST_GAP: u64 = 1 << 20;

/// A file for events that do not fit in memory. Nobody else reads or writes it.
pub trait Spill: Read + Write + Seek + Send {
    /// Forgets what was written behind a length.
    ///
    /// # Errors
    ///
    /// If the system does not let it.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

impl Spill for std::fs::File {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

impl Spill for io::Cursor<Vec<u8>> {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.get_mut().truncate(usize::try_from(length).unwrap_or(usize::MAX));
        Ok(())
    }
}

/// The events with numbers from [`Log::start`] to [`Log::end`].
pub(super) struct Log {
    recent: VecDeque<Arrival>,
    /// The bytes of those, about.
    bytes: usize,
    /// How many they may be.
    most: usize,
    /// The number of the next event to arrive.
    end: u64,
    spilled: Spilled,
}

/// Events in the file.
struct Spilled {
    file: Box<dyn Spill>,
    /// The number of the first one.
    start: u64,
    /// How many there are.
    count: u64,
    /// Where every so-manieth begins.
    places: Vec<u64>,
    length: u64,
    /// A piece of the file, and which events it holds.
    page: Vec<Arrival>,
    buffer: Vec<u8>,
    /// The file takes no more: what is new stays in memory.
    is_full: bool,
}

impl fmt::Debug for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Log")
            .field("recent", &self.recent.len())
            .field("spilled", &self.spilled.count)
            .finish_non_exhaustive()
    }
}

impl Log {
    pub(super) fn new(most: usize, file: Box<dyn Spill>) -> Self {
        let spilled = Spilled {
            file,
            start: 0,
            count: 0,
            places: Vec::new(),
            length: 0,
            page: Vec::new(),
            buffer: Vec::new(),
            is_full: false,
        };
        Self { recent: VecDeque::new(), bytes: 0, most, end: 0, spilled }
    }

    /// The number of the next event to arrive.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    fn first_recent(&self) -> u64 {
        self.end - self.recent.len() as u64
    }

    /// Adds the next event.
    ///
    /// # Errors
    ///
    /// If others cannot be written to the file, once; all are kept, then in memory.
    pub(super) fn push(&mut self, arrival: Arrival) -> io::Result<()> {
        debug_assert_eq!(arrival.number, self.end);
        self.bytes += arrival.size();
        self.end += 1;
        self.recent.push_back(arrival);
        if self.most < self.bytes && !self.spilled.is_full {
            return self.spill();
        }
        Ok(())
    }

    /// Writes the older half to the file.
    fn spill(&mut self) -> io::Result<()> {
        while self.most / 2 < self.bytes && !self.recent.is_empty() {
            self.spill_page()?;
        }
        Ok(())
    }

    fn spill_page(&mut self) -> io::Result<()> {
        let mut text = Vec::with_capacity(PAGE * 2);
        let (mut bytes, mut count) = (0, 0);
        if self.spilled.count == 0 {
            self.spilled.start = self.first_recent();
        }
        for arrival in &self.recent {
            if PAGE <= text.len() || self.bytes - bytes <= self.most / 2 {
                break;
            }
            bytes += arrival.size();
            if (self.spilled.count + count).is_multiple_of(EVERY) {
                self.spilled.places.push(self.spilled.length + text.len() as u64);
            }
            arrival.write(&mut text);
            count += 1;
        }
        if let Err(error) = self.spilled.append(&text) {
            self.spilled.is_full = true;
            let places = self.spilled.count.div_ceil(EVERY);
            self.spilled.places.truncate(usize::try_from(places).expect("it fits in memory"));
            return Err(error);
        }
        self.spilled.count += count;
        self.recent.drain(..usize::try_from(count).expect("it fits in memory"));
        self.bytes -= bytes;
        Ok(())
    }

    /// The event of a number.
    ///
    /// # Errors
    ///
    /// If it cannot be read from the file.
    pub(super) fn get(&mut self, number: u64) -> io::Result<Arrival> {
        match number.checked_sub(self.first_recent()) {
            Some(index) => {
                let index = usize::try_from(index).expect("it fits in memory");
                Ok(self.recent[index].clone())
            }
            None => self.spilled.get(number),
        }
    }

    /// Forgets all events before a number.
    pub(super) fn forget_before(&mut self, number: u64) {
        while self.first_recent() < number
            && let Some(arrival) = self.recent.pop_front()
        {
            self.bytes -= arrival.size();
        }
        if 0 < self.spilled.count {
            self.spilled.forget_before(number);
        }
    }

    /// How many bytes of events are in memory, and in the file.
    pub(super) fn held(&self) -> (usize, u64) {
        (self.bytes, self.spilled.length)
    }
}

impl Spilled {
    fn append(&mut self, text: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.write_all(text)?;
        self.length += text.len() as u64;
        Ok(())
    }

    fn get(&mut self, number: u64) -> io::Result<Arrival> {
        let on_page = |page: &[Arrival]| {
            let index = number.checked_sub(page.first()?.number)?;
            page.get(usize::try_from(index).ok()?).cloned()
        };
        if let Some(arrival) = on_page(&self.page) {
            return Ok(arrival);
        }
        self.read_page(number)?;
        on_page(&self.page).ok_or_else(|| io::Error::other("the event is not in the file"))
    }

    /// Reads the events from a number on, as many as fit in a page, and at least that one.
    fn read_page(&mut self, number: u64) -> io::Result<()> {
        let forgotten = || io::Error::other("the event is not kept any more");
        let above = number.checked_sub(self.start).ok_or_else(forgotten)?;
        let place = usize::try_from(above / EVERY).expect("it fits in memory");
        let place = *self.places.get(place).ok_or_else(forgotten)?;
        let mut next = self.start + above / EVERY * EVERY;
        self.page.clear();
        self.buffer.clear();
        self.file.seek(SeekFrom::Start(place))?;
        let mut at = 0;
        while (self.page.is_empty() || at < PAGE) && next < self.start + self.count {
            self.fill(at + 4)?;
            let length = self.buffer[at..].first_chunk().expect("it is as long as 4");
            let length = u32::from_le_bytes(*length) as usize;
            self.fill(at + 4 + length)?;
            if number <= next {
                let bytes = &self.buffer[at + 4..at + 4 + length];
                let arrival = Arrival::read(next, bytes);
                let arrival = arrival.ok_or_else(|| io::Error::other("the file was changed"))?;
                self.page.push(arrival);
            }
            at += 4 + length;
            next += 1;
        }
        Ok(())
    }

    /// Reads on until the buffer is so long at least.
    fn fill(&mut self, length: usize) -> io::Result<()> {
        if let Some(missing) = length.checked_sub(self.buffer.len()).filter(|it| 0 < *it) {
            let wanted = missing.max(PAGE) as u64;
            Read::by_ref(&mut self.file).take(wanted).read_to_end(&mut self.buffer)?;
        }
        if self.buffer.len() < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    fn forget_before(&mut self, number: u64) {
        if self.start + self.count <= number {
            self.length = 0;
            self.forget(self.places.len(), self.count);
            return;
        }
        let blocks = number.saturating_sub(self.start) / EVERY;
        let index = usize::try_from(blocks).expect("it fits in memory");
        let dead = self.places.get(index).copied().unwrap_or_default();
        // So each byte is moved once at most for each that is forgotten.
        if SHORTEST_GAP <= dead && self.length - dead <= dead && self.move_down(dead).is_ok() {
            self.length -= dead;
            self.forget(index, blocks * EVERY);
            self.places.iter_mut().for_each(|place| *place -= dead);
        }
    }

    /// Forgets the first events, and cuts the file to its length.
    fn forget(&mut self, places: usize, events: u64) {
        // If the file stays longer, it is written over.
        let _ = self.file.cut(self.length);
        self.places.drain(..places);
        self.start += events;
        self.count -= events;
        self.page.clear();
        self.is_full = false;
    }

    /// Moves what stands behind a place to the beginning. There is room for it before that place, so
    /// nothing is lost if it breaks off.
    fn move_down(&mut self, from: u64) -> io::Result<()> {
        let mut at = from;
        while at < self.length {
            self.buffer.clear();
            self.file.seek(SeekFrom::Start(at))?;
            let wanted = (self.length - at).min(PAGE as u64);
            let read = Read::by_ref(&mut self.file).take(wanted).read_to_end(&mut self.buffer)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.file.seek(SeekFrom::Start(at - from))?;
            self.file.write_all(&self.buffer)?;
            at += read as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{super::arrival::Names, *};
    use crate::{chance::Chance, time::RecordingTime};

    fn arrival(number: u64) -> Arrival {
        let length = usize::try_from(Chance::new(number).number() % 300).unwrap();
        let id = number.to_string();
        let names = Names {
            type_name: Some("T"),
            device: number.is_multiple_of(2).then_some("Ä"),
            id: Some(&id),
            version: None,
        };
        let time = RecordingTime(i128::from(number) * 7);
        let arrival = Arrival::new(number, (time, 0), &mut vec![b'x'; length], names);
        assert_eq!((arrival.type_name(), arrival.device()), (names.type_name, names.device));
        assert_eq!((arrival.id(), arrival.version()), (names.id, names.version));
        arrival
    }

    fn filled(most: usize, count: u64) -> Log {
        let mut log = Log::new(most, Box::new(io::Cursor::new(Vec::new())));
        (0..count).for_each(|number| log.push(arrival(number)).unwrap());
        log
    }

    #[test]
    fn events_are_the_same_from_memory_and_from_the_file() {
        let mut log = filled(20_000, 3_000);
        assert!(log.held().0 <= 20_000 && 100_000 < log.held().1, "{:?}", log.held());
        for step in 0..3_000 {
            let number = Chance::new(step).number() % 3_000;
            assert_eq!(log.get(number).unwrap(), arrival(number));
        }
    }

    #[test]
    fn what_nobody_wants_is_forgotten() {
        let mut log = filled(20_000, 3_000);
        log.forget_before(10);
        assert_eq!(log.get(10).unwrap(), arrival(10));
        log.forget_before(2_999);
        assert_eq!((log.held(), log.recent.len()), ((log.recent[0].size(), 0), 1));
        log.forget_before(3_000);
        assert_eq!(log.held(), (0, 0));
        log.push(arrival(3_000)).unwrap();
        assert_eq!(log.get(3_000).unwrap(), arrival(3_000));
        for number in 3_001..6_000 {
            log.push(arrival(number)).unwrap();
        }
        assert_eq!(log.get(3_000).unwrap(), arrival(3_000));
    }

    /// A file on a disk that is full from some length on.
    struct Full(io::Cursor<Vec<u8>>, u64);

    impl Read for Full {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(buffer)
        }
    }

    impl Seek for Full {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.1 < self.0.position() + bytes.len() as u64 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Spill for Full {
        fn cut(&mut self, length: u64) -> io::Result<()> {
            self.0.cut(length)
        }
    }

    #[test]
    fn nothing_is_lost_if_the_disk_is_full() {
        let file = Full(io::Cursor::new(Vec::new()), 50_000);
        let mut log = Log::new(20_000, Box::new(file));
        let failed = (0..3_000).filter(|number| log.push(arrival(*number)).is_err()).count();
        assert_eq!(failed, 1, "it is told once");
        for number in (0..3_000).rev() {
            assert_eq!(log.get(number).unwrap(), arrival(number));
        }
    }

    #[test]
    fn the_file_stays_as_long_as_what_waits() {
        let mut log = filled(20_000, 20_000);
        let backlog = log.held().1;
        for number in 20_000..200_000 {
            log.push(arrival(number)).unwrap();
            log.forget_before(number - 20_000);
            assert!(log.held().1 <= 2 * backlog + SHORTEST_GAP, "{:?}", log.held());
        }
        for number in [180_000, 180_001, 190_000, 199_999] {
            assert_eq!(log.get(number).unwrap(), arrival(number));
        }
        assert!(log.get(100_000).is_err(), "it is not kept");
    }

    #[test]
    fn a_disk_that_was_full_is_used_again() {
        let file = Full(io::Cursor::new(Vec::new()), 50_000);
        let mut log = Log::new(20_000, Box::new(file));
        let push = |log: &mut Log, range: std::ops::Range<u64>| {
            range.filter(|number| log.push(arrival(*number)).is_err()).count()
        };
        assert_eq!(push(&mut log, 0..1_000), 1);
        log.forget_before(1_000);
        assert_eq!(push(&mut log, 1_000..1_150), 0);
        assert!(0 < log.held().1, "{:?}", log.held());
    }
}
