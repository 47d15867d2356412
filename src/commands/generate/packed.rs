//! A stream that is compressed on its way.

use std::{
    io::{self, Write},
    path::Path,
};

use flate2::write::GzEncoder;

use crate::cli::Compression;

/// How a file is compressed: as asked for, or by its ending.
pub(super) fn compression(asked: Option<Compression>, path: Option<&Path>) -> Compression {
    let ending = path.and_then(Path::extension).and_then(|ending| ending.to_str());
    asked.unwrap_or(match ending {
        Some("gz") => Compression::Gz,
        Some("zst") => Compression::Zst,
        _ => Compression::None,
    })
}

/// Where bytes go, compressed or not.
pub(super) enum Packed {
    Plain(Box<dyn Write>),
    Gz(Box<GzEncoder<Box<dyn Write>>>),
    Zst(zstd::Encoder<'static, Box<dyn Write>>),
}

impl Packed {
    pub(super) fn new(output: Box<dyn Write>, compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Self::Plain(output),
            Compression::Gz => {
                Self::Gz(Box::new(GzEncoder::new(output, flate2::Compression::fast())))
            }
            Compression::Zst => Self::Zst(zstd::Encoder::new(output, 0)?),
        })
    }

    pub(super) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(output) => output.write_all(bytes),
            Self::Gz(output) => output.write_all(bytes),
            Self::Zst(output) => output.write_all(bytes),
        }
    }

    /// Writes the end of what is compressed, and hands all on.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(output) => output.flush(),
            Self::Gz(output) => {
                output.try_finish()?;
                output.get_mut().flush()
            }
            Self::Zst(output) => {
                output.do_finish()?;
                output.get_mut().flush()
            }
        }
    }
}
