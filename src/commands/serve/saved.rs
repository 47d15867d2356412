//! Captures that can be read again. What can be read only once is saved to a temporary file first: a
//! seek reads the recording from its beginning, and so does the page, which draws it.

use std::{
    fs::File,
    io::{self, Read},
    sync::Arc,
};

use anyhow::Context as _;
use contrail_replay::Open;

use crate::input::{self, Source};

/// A capture that can be read again.
#[derive(Clone, Debug)]
pub(super) enum Saved {
    /// As it is.
    AsItIs(Source),
    /// Its name, and a file without one, which is gone when nobody reads it any more.
    InFile(String, Arc<File>),
}

/// All captures, saved where need be.
pub(super) fn all(sources: Vec<Source>) -> anyhow::Result<Vec<Saved>> {
    sources.into_iter().map(saved).collect()
}

fn saved(source: Source) -> anyhow::Result<Saved> {
    let name = source.name();
    let mut reader: Box<dyn Read> = match &source {
        Source::Stdin => Box::new(io::stdin()),
        // One that is not there is told when it is opened.
        Source::File(_) if source.can_reopen() || source.missing().is_some() => {
            return Ok(Saved::AsItIs(source));
        }
        Source::File(path) => Box::new(File::open(path).with_context(|| name.clone())?),
    };
    let mut file = tempfile::tempfile().context("no temporary file can be made")?;
    io::copy(&mut reader, &mut file).with_context(|| format!("{name} cannot be saved"))?;
    Ok(Saved::InFile(name, Arc::new(file)))
}

impl Open for Saved {
    fn name(&self) -> String {
        match self {
            Self::AsItIs(source) => source.name(),
            Self::InFile(name, _) => name.clone(),
        }
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(match self {
            Self::AsItIs(source) => input::open(source)?,
            Self::InFile(_, file) => {
                input::opened(Box::new(FromStart { file: Arc::clone(file), at: 0 }))?
            }
        }))
    }

    fn can_reopen(&self) -> bool {
        true
    }
}

/// Reads a file that others read too, each from a place of its own.
struct FromStart {
    file: Arc<File>,
    at: u64,
}

impl Read for FromStart {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let length = std::os::unix::fs::FileExt::read_at(&*self.file, buffer, self.at)?;
        #[cfg(windows)]
        let length = std::os::windows::fs::FileExt::seek_read(&*self.file, buffer, self.at)?;
        self.at += length as u64;
        Ok(length)
    }
}
