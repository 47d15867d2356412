//! `contrail serve` in a process of its own, and a client that costs next to nothing.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
};

/// The length of the id of a batch.
const ID: usize = 36;

/// `contrail serve`. It ends with this.
pub(crate) struct Served {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Served {
    pub(crate) fn start(recording: &Path, args: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_contrail"))
            .arg("serve")
            .arg(recording)
            .args(["--listen", "127.0.0.1:0"])
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stderr = BufReader::new(process.stderr.take().expect("it is a pipe"));
        let mut line = String::new();
        stderr.read_line(&mut line).expect("it says something");
        let address = line.split(['/', ' ']).find_map(|word| word.parse().ok());
        let address = address.unwrap_or_else(|| panic!("no address in {line}"));
        thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        Self { process, address }
    }

    /// The most memory that it had so far, in bytes; nothing where the system does not tell.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kilobytes << 10)
    }
}

/// A client that reads no more of an answer than it must.
pub(crate) struct Client {
    stream: TcpStream,
    get: Vec<u8>,
    delete: Vec<u8>,
    buffer: Vec<u8>,
}

/// The body of an answer to a Get.
pub(crate) struct Batch<'b> {
    body: &'b [u8],
    pub(crate) count: u64,
}

impl<'b> Batch<'b> {
    fn of(body: &'b [u8]) -> Self {
        let count = body[br#"{"BatchId":"","Count":"#.len() + ID..].iter();
        let digits = count.take_while(|byte| byte.is_ascii_digit());
        let count = digits.fold(0, |count, digit| count * 10 + u64::from(digit - b'0'));
        Self { body, count }
    }

    fn id(&self) -> &'b [u8] {
        &self.body[br#"{"BatchId":""#.len()..][..ID]
    }

    pub(crate) fn body(&self) -> &'b [u8] {
        self.body
    }
}

impl Client {
    pub(crate) fn new(server: SocketAddr, key: &str, limit: usize) -> Self {
        let stream = TcpStream::connect(server).expect("it listens");
        stream.set_nodelay(true).expect("TCP can do that");
        let head = format!("Host: {server}\r\nAccessKey: {key}\r\n");
        let get = format!("GET /3/events/{limit} HTTP/1.1\r\n{head}\r\n").into_bytes();
        let length = r#"{"BatchId":""}"#.len() + ID;
        let delete = format!(
            "DELETE /3/events HTTP/1.1\r\n{head}Content-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        Self { stream, get, delete: delete.into_bytes(), buffer: vec![0; 1 << 20] }
    }

    pub(crate) fn get(&mut self) -> Batch<'_> {
        self.stream.write_all(&self.get).expect("it takes the request");
        Batch::of(self.answer(b"HTTP/1.1 200"))
    }

    /// Deletes the batch of the last answer.
    pub(crate) fn delete(&mut self, id: [u8; ID]) {
        let head = self.delete.len();
        for part in [&br#"{"BatchId":""#[..], &id, br#""}"#] {
            self.delete.extend_from_slice(part);
        }
        self.stream.write_all(&self.delete).expect("it takes the request");
        self.delete.truncate(head);
        self.answer(b"HTTP/1.1 204");
    }

    /// Gets a batch and deletes it, unless it is empty; `look` is given it in between.
    pub(crate) fn take(&mut self, look: impl FnOnce(&Batch<'_>)) -> u64 {
        let batch = self.get();
        look(&batch);
        let count = batch.count;
        let id = batch.id().try_into().expect("it has that length");
        if 0 < count {
            self.delete(id);
        }
        count
    }

    /// The body of the next answer, which must begin so.
    fn answer(&mut self, begin: &[u8]) -> &[u8] {
        let (mut filled, mut body) = (0, None);
        let (start, end) = loop {
            if self.buffer.len() == filled {
                self.buffer.resize(filled * 2, 0);
            }
            let length = self.stream.read(&mut self.buffer[filled..]).expect("it answers");
            assert_ne!(length, 0, "the server has hung up");
            filled += length;
            body = body.or_else(|| body_of(&self.buffer[..filled]));
            if let Some((start, end)) = body.filter(|(_, end)| *end <= filled) {
                break (start, end);
            }
        };
        assert_eq!(end, filled, "there is one answer to one request");
        let answer = &self.buffer[..filled];
        assert!(answer.starts_with(begin), "{}", String::from_utf8_lossy(answer));
        &answer[start..end]
    }
}

/// Where the body of an answer lies; nothing as long as its head is not whole.
fn body_of(bytes: &[u8]) -> Option<(usize, usize)> {
    let head = bytes[..bytes.len().min(4096)].windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).expect("a head is ASCII").to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.map_or(0, |length| length.trim().parse().expect("a number"));
    Some((head, head + length))
}
