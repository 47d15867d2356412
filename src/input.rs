//! Captures on disk and standard input: found, opened, decompressed.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use contrail_validate::Compression;
use walkdir::WalkDir;

use crate::outcome::UsageError;

/// Endings of files that are captures, before that of a compression.
const ENDINGS: [&str; 4] = [".json", ".jsonl", ".ndjson", ".har"];
const COMPRESSIONS: [&str; 2] = [".gz", ".zst"];

/// How many bytes are read at once.
const BUFFER: usize = 256 << 10;

/// One capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Source {
    /// What it is called in findings.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin => "<stdin>".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// Whether it is this file.
    pub(crate) fn is_file(&self, path: &Path) -> bool {
        matches!(self, Self::File(file) if is_same_file(file, path))
    }

    /// Why it is not there, if it is not.
    pub(crate) fn missing(&self) -> Option<String> {
        let Self::File(path) = self else { return None };
        path.metadata().err().map(|error| format!("{}: {error}", self.name()))
    }

    /// What tells it from itself after a change: its whole path, its size, and when it was changed.
    pub(crate) fn identity(&self) -> String {
        let Self::File(path) = self else { return self.name() };
        let whole = path.canonicalize().unwrap_or_else(|_| path.clone());
        let metadata = path.metadata().ok();
        let size = metadata.as_ref().map(std::fs::Metadata::len);
        let changed = metadata.and_then(|metadata| metadata.modified().ok());
        format!("{} {size:?} {changed:?}", whole.display())
    }

    /// Its size on disk, in bytes, if it has one.
    pub(crate) fn size(&self) -> Option<u64> {
        match self {
            Self::Stdin => None,
            Self::File(path) => {
                path.metadata().ok().filter(std::fs::Metadata::is_file).map(|file| file.len())
            }
        }
    }
}

/// Whether both are one regular file, perhaps by two names; or will be, by one name.
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    let is_special = one.exists() && !one.is_file();
    !is_special && (one == other || same_file::is_same_file(one, other).unwrap_or(false))
}

/// An argument of the command line, with the captures that it stands for.
#[derive(Debug)]
pub(crate) struct Input {
    /// The argument as the user typed it.
    pub(crate) argument: String,
    /// The captures, in order.
    pub(crate) sources: Vec<Source>,
    /// What could not be looked into.
    pub(crate) unread: Vec<Unread>,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Unread {
    /// The file, or the argument.
    pub(crate) file: String,
    /// Why.
    pub(crate) error: String,
}

/// Looks up what an argument stands for.
pub(crate) fn find(argument: &Path) -> Input {
    let name = argument.display().to_string();
    let alone =
        |source| Input { argument: name.clone(), sources: vec![source], unread: Vec::new() };
    if argument.as_os_str() == "-" {
        return alone(Source::Stdin);
    }
    if !argument.is_dir() {
        return alone(Source::File(argument.to_owned()));
    }
    let mut input = Input { argument: name, sources: Vec::new(), unread: Vec::new() };
    for entry in WalkDir::new(argument).follow_links(true).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_capture(entry.path()) => {
                input.sources.push(Source::File(entry.into_path()));
            }
            Ok(_) => {}
            Err(error) => input.unread.push(Unread {
                file: error.path().unwrap_or(argument).display().to_string(),
                error: error.io_error().map_or_else(|| error.to_string(), io::Error::to_string),
            }),
        }
    }
    input
}

/// Refuses standard input that is given twice: it can be read only once.
pub(crate) fn check_stdin_once(inputs: &[Input]) -> Result<(), UsageError> {
    let sources = inputs.iter().flat_map(|input| &input.sources);
    if 1 < sources.filter(|source| **source == Source::Stdin).count() {
        return Err(UsageError(
            "- stands for standard input and can be given only once".to_owned(),
        ));
    }
    Ok(())
}

fn is_capture(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let plain = COMPRESSIONS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
    ENDINGS.iter().any(|ending| plain.ends_with(ending))
}

/// The endings of captures, for messages.
pub(crate) fn capture_endings() -> String {
    format!("*{}, each also with {}", ENDINGS.join(", *"), COMPRESSIONS.join(" or "))
}

/// An open capture.
pub(crate) struct Opened {
    /// Its bytes, decompressed.
    reader: Box<dyn Read + Send>,
    /// How many bytes of the file have been read, before decompression.
    read: Arc<AtomicU64>,
    compression: Option<Compression>,
    buffer: Vec<u8>,
}

/// Opens a capture; compression is recognised by the first bytes.
pub(crate) fn open(source: &Source) -> io::Result<Opened> {
    opened(match source {
        Source::Stdin => Box::new(io::stdin()),
        Source::File(path) => Box::new(File::open(path)?),
    })
}

/// A capture that was opened; compression is recognised by the first bytes.
pub(crate) fn opened(raw: Box<dyn Read + Send>) -> io::Result<Opened> {
    let read = Arc::new(AtomicU64::new(0));
    let mut counted = Counted { inner: raw, read: Arc::clone(&read) };
    let mut head = [0; 4];
    let length = read_up_to(&mut counted, &mut head)?;
    // Nobody writes files of zlib, and a text may begin as zlib does, with `x^`.
    let compression = Compression::of(&head[..length]).filter(|it| *it != Compression::Zlib);
    let whole = io::Cursor::new(head).take(length as u64).chain(counted);
    let reader: Box<dyn Read + Send> = match compression {
        Some(compression) => compression.reader(BufReader::with_capacity(BUFFER, whole))?,
        None => Box::new(whole),
    };
    Ok(Opened { reader, read, compression, buffer: vec![0; BUFFER] })
}

impl Read for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ => self.described(&error),
        })
    }
}

impl Source {
    /// Whether it may be large enough that several threads read it sooner than one.
    pub(crate) fn is_large(&self) -> bool {
        const SMALL: u64 = 1 << 20;
        self.is_live() || self.size().is_some_and(|size| SMALL < size)
    }

    /// Whether its bytes may be long in coming, as those of a pipe.
    pub(crate) fn is_live(&self) -> bool {
        match self {
            Self::Stdin => true,
            Self::File(path) => path.metadata().is_ok_and(|file| !file.is_file()),
        }
    }
}

impl contrail_replay::Open for Source {
    fn name(&self) -> String {
        self.name()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(open(self)?))
    }

    fn can_reopen(&self) -> bool {
        // A named pipe is a file that can be read once.
        matches!(self, Self::File(path) if path.metadata().is_ok_and(|file| file.is_file()))
    }
}

/// Fills the buffer as far as the reader has bytes.
fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match reader.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

impl Opened {
    /// The next bytes; none at the end.
    pub(crate) fn next_chunk(&mut self) -> io::Result<&[u8]> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let read = self.read_some(&mut buffer);
        self.buffer = buffer;
        Ok(&self.buffer[..read?])
    }

    /// Reads the next bytes into `room`, and gives how many these are; none at the end.
    pub(crate) fn read_some(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }

    /// How many bytes of the file have been read, before decompression.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.read.load(Relaxed)
    }

    fn described(&self, error: &io::Error) -> io::Error {
        match self.compression {
            None => io::Error::new(error.kind(), error.to_string()),
            Some(name) if error.kind() == io::ErrorKind::UnexpectedEof => {
                io::Error::new(error.kind(), format!("the {name} stream is cut off"))
            }
            Some(name) => {
                io::Error::new(error.kind(), format!("the {name} stream is damaged: {error}"))
            }
        }
    }
}

/// Counts the bytes that pass.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.read.fetch_add(length as u64, Relaxed);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_are_known_by_their_ending() {
        for (name, expected) in [
            ("a.json", true),
            ("b/a.JSONL.gz", true),
            ("a.ndjson.zst", true),
            ("a.har", true),
            ("a.har.gz", true),
            ("README.md", false),
            ("a.json.bak", false),
            ("a.tar.gz", false),
            ("json", false),
        ] {
            assert_eq!(is_capture(Path::new(name)), expected, "{name}");
        }
    }
}
