//! A connection to `served`, for what no client of HTTP sends, and for what it does not show.

use std::{
    io::{self, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use crate::served::{Answer, Served};

/// How long the server may be silent before the test has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection.
pub(crate) struct Socket {
    stream: TcpStream,
    /// What was read and not looked at.
    unread: Vec<u8>,
}

impl Socket {
    /// A connection to the API.
    pub(crate) fn to(served: &Served) -> Self {
        Self::over(served.connect())
    }

    /// A connection to the control API.
    pub(crate) fn to_control(served: &Served) -> Self {
        let address = served.control.strip_prefix("http://").expect("it is an address");
        Self::over(TcpStream::connect(address).expect("it takes connections"))
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("it can be set");
        stream.set_write_timeout(Some(PATIENCE)).expect("it can be set");
        Self { stream, unread: Vec::new() }
    }

    /// Sends bytes, which the server may not want.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref())
    }

    /// Says that nothing more will be sent.
    pub(crate) fn half_close(&self) {
        self.stream.shutdown(std::net::Shutdown::Write).expect("it is open");
    }

    /// Reads so many bytes.
    pub(crate) fn skip(&mut self, length: usize) {
        self.stream.read_exact(&mut vec![0; length]).expect("so much comes");
    }

    /// The next answer.
    pub(crate) fn answer(&mut self) -> Answer {
        self.try_answer(true).expect("there is an answer")
    }

    /// The next answer, which has no body: it is one to a HEAD request.
    pub(crate) fn head(&mut self) -> Answer {
        self.try_answer(false).expect("there is an answer")
    }

    /// The next answer, if all of it arrives.
    pub(crate) fn try_answer(&mut self, has_body: bool) -> io::Result<Answer> {
        let end = loop {
            let found = self.unread.windows(4).position(|bytes| bytes == b"\r\n\r\n");
            match found {
                Some(end) => break end + 4,
                None => self.read()?,
            }
        };
        let head = String::from_utf8(self.unread.drain(..end).collect()).expect("it is UTF-8");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.get(9..12)).expect("there is a status");
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.filter(|_| has_body).map_or("0", |(_, length)| length);
        let length = length.parse().expect("it is a number");
        while self.unread.len() < length {
            self.read()?;
        }
        let body = String::from_utf8(self.unread.drain(..length).collect()).expect("it is UTF-8");
        Ok(Answer { status: status.parse().expect("it is a number"), body, headers })
    }

    fn read(&mut self) -> io::Result<()> {
        let mut buffer = [0; 1 << 14];
        match self.stream.read(&mut buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            length => {
                self.unread.extend_from_slice(&buffer[..length]);
                Ok(())
            }
        }
    }

    /// All that still comes, to the end of the connection; an error if it ends in another way.
    pub(crate) fn rest(&mut self) -> io::Result<Vec<u8>> {
        loop {
            match self.read() {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Ok(std::mem::take(&mut self.unread));
                }
                Err(error) => return Err(error),
            }
        }
    }
}
