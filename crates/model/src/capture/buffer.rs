//! The bytes of a capture that are not read yet.

/// Bytes in the order in which they came, from the first unread one on, and room for more.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    /// Where the unread bytes begin.
    start: usize,
    /// Where they end. What follows is room for more.
    end: usize,
    /// Where the last line feed before the end is.
    last_line_feed: Option<usize>,
}

impl Buffer {
    pub(super) fn unread(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Whether there is a line feed among the unread bytes.
    pub(super) fn has_line_feed(&self) -> bool {
        self.last_line_feed.is_some_and(|at| self.start <= at)
    }

    /// How many bytes of memory it takes.
    pub(super) fn held(&self) -> usize {
        self.bytes.capacity()
    }

    /// Passes over the first unread bytes.
    pub(super) fn pass(&mut self, length: usize) {
        self.start += length;
    }

    /// At least `least` bytes of room after the unread bytes.
    pub(super) fn room(&mut self, least: usize) -> &mut [u8] {
        self.discard_read();
        if self.bytes.len() < self.end + least {
            self.bytes.resize(self.end + least, 0);
        }
        &mut self.bytes[self.end..]
    }

    /// Takes the first bytes of the room as unread bytes.
    pub(super) fn fill(&mut self, length: usize) {
        let added = &self.bytes[self.end..self.end + length];
        if let Some(at) = memchr::memrchr(b'\n', added) {
            self.last_line_feed = Some(self.end + at);
        }
        self.end += length;
    }

    /// Adds the first `length` of `bytes`. If all bytes before them are read, the memory is exchanged
    /// and nothing is copied.
    pub(super) fn exchange(&mut self, bytes: &mut Vec<u8>, length: usize) {
        if self.unread().is_empty() {
            let filled = std::mem::take(bytes);
            *bytes = std::mem::replace(self, Self { bytes: filled, ..Self::default() }).bytes;
        } else {
            self.room(length)[..length].copy_from_slice(&bytes[..length]);
        }
        self.fill(length);
    }

    /// Moves the unread bytes to the front.
    fn discard_read(&mut self) {
        let read = std::mem::take(&mut self.start);
        if 0 < read {
            self.bytes.copy_within(read..self.end, 0);
            self.end -= read;
            self.last_line_feed = self.last_line_feed.and_then(|at| at.checked_sub(read));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stay_in_order_however_they_are_added() {
        let mut buffer = Buffer::default();
        buffer.room(3)[..3].copy_from_slice(b"a\nb");
        buffer.fill(3);
        assert!(buffer.has_line_feed());
        buffer.pass(2);
        assert!(!buffer.has_line_feed());
        let mut bytes = b"cd\nrest".to_vec();
        buffer.exchange(&mut bytes, 3);
        assert_eq!((buffer.unread(), &*bytes), (&b"bcd\n"[..], &b"cd\nrest"[..]));
        assert!(buffer.has_line_feed());
        buffer.pass(4);
        buffer.exchange(&mut bytes, 2);
        assert_eq!(buffer.unread(), b"cd");
        assert!(!buffer.has_line_feed());
        // The memory of the bytes before is given back.
        assert!(bytes.starts_with(b"bcd\n"));
    }
}
