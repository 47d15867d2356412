//! Captures that can be read again. What can be read only once is saved to a temporary file first:
//! a page that draws the recording reads it too.

use std::{
    fs::File,
    io::{self, Read},
    sync::Arc,
};

use anyhow::Context as _;
use contrail_replay::Open;
use tempfile::TempPath;

use crate::input::{self, Source};

/// A capture that can be read again.
#[derive(Clone, Debug)]
pub(super) struct Saved {
    /// What it is called.
    name: String,
    source: Source,
    /// Removes the temporary file at last.
    _file: Option<Arc<TempPath>>,
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
            return Ok(Saved { name, source, _file: None });
        }
        Source::File(path) => Box::new(File::open(path).with_context(|| name.clone())?),
    };
    let mut file = tempfile::NamedTempFile::new().context("no temporary file can be made")?;
    io::copy(&mut reader, &mut file).with_context(|| format!("{name} cannot be saved"))?;
    let path = file.into_temp_path();
    Ok(Saved { name, source: Source::File(path.to_path_buf()), _file: Some(Arc::new(path)) })
}

impl Open for Saved {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(input::open(&self.source)?))
    }

    fn can_reopen(&self) -> bool {
        true
    }
}
