//! Compressions: recognised, and undone as they are read.

use std::{
    fmt,
    io::{self, BufRead, Read},
    ops::Range,
};

use brotli_decompressor::{
    BrotliDecoderParameter::BROTLI_DECODER_PARAM_LARGE_WINDOW, Decompressor,
};
use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use zstd::stream::{
    raw::{Decoder, InBuffer, Operation, OutBuffer, WriteBuf},
    zio,
};

/// How many compressed bytes the reader of brotli takes at once.
const BROTLI_BUFFER: usize = 4 << 10;

/// How many bytes of gzip are decompressed at once, and how many are taken out: little, because a
/// stream that is still being written is shown as late as that.
const GZIP_INPUT: usize = 4 << 10;
const GZIP_OUTPUT: usize = 32 << 10;

/// A compression that can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Gzip, RFC 1952, also of several members.
    Gzip,
    /// Deflate in a zlib frame, RFC 1950.
    Zlib,
    /// Deflate without a frame, RFC 1951.
    Deflate,
    /// Brotli, RFC 7932.
    Brotli,
    /// Zstandard, RFC 8878.
    Zstd,
}

impl Compression {
    /// The compression that the first four bytes tell of.
    ///
    /// Bytes never tell of [`Deflate`](Self::Deflate) and [`Brotli`](Self::Brotli), which have no
    /// mark of their own.
    pub fn of(first: &[u8]) -> Option<Self> {
        match *first {
            [0x1F, 0x8B, ..] => Some(Self::Gzip),
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(Self::Zstd),
            [method, flags, ..] if is_zlib(method, flags) => Some(Self::Zlib),
            _ => None,
        }
    }

    /// Reads what is in the compressed bytes. A stream that is cut off gives an error of the kind
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof), any other damage one of another kind.
    pub fn reader<'r>(
        self,
        bytes: impl BufRead + Send + 'r,
    ) -> io::Result<Box<dyn Read + Send + 'r>> {
        Ok(match self {
            Self::Gzip => {
                let decoder = MultiGzDecoder::new(Even::new(bytes, GZIP_INPUT));
                Box::new(Even::new(decoder, GZIP_OUTPUT))
            }
            Self::Zlib => Box::new(ZlibDecoder::new(bytes)),
            Self::Deflate => Box::new(DeflateDecoder::new(bytes)),
            Self::Brotli => Box::new(brotli(bytes)),
            Self::Zstd => Box::new(zio::Reader::new(bytes, BlockByBlock::new()?)),
        })
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Deflate => "deflate",
            Self::Brotli => "brotli",
            Self::Zstd => "zstd",
        })
    }
}

/// By the method, the size of the window, and the check bits: RFC 1950, section 2.2.
fn is_zlib(method: u8, flags: u8) -> bool {
    method & 0x8F == 0x08 && u16::from_be_bytes([method, flags]).is_multiple_of(31)
}

fn brotli<'r>(bytes: impl BufRead + 'r) -> impl Read + 'r {
    let mut reader = Decompressor::new(bytes.chain(CutOff), BROTLI_BUFFER);
    // RFC 7932 allows windows of 16 MiB. With larger ones a few bytes could take a gigabyte.
    reader.set_parameter(BROTLI_DECODER_PARAM_LARGE_WINDOW, 0);
    reader
}

/// Stands behind a stream that says itself where it ends, so that who reads on is told of it. The
/// reader of brotli has one error for all that is wrong.
struct CutOff;

impl Read for CutOff {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// Reads in pieces of one length, whoever reads and however the bytes come in. An error of a decoder
/// takes with it what the same call has decompressed: with even pieces that is always the same.
struct Even<R> {
    reader: R,
    buffer: Vec<u8>,
    /// What of the buffer is still to be read.
    left: Range<usize>,
    /// An error that came after the bytes in the buffer.
    failed: Option<io::Error>,
}

impl<R: Read> Even<R> {
    fn new(reader: R, length: usize) -> Self {
        Self { reader, buffer: vec![0; length], left: 0..0, failed: None }
    }

    /// Fills the buffer as far as there are bytes; gives their number.
    fn fill(&mut self) -> usize {
        let mut length = 0;
        while length < self.buffer.len() {
            match self.reader.read(&mut self.buffer[length..]) {
                Ok(0) => break,
                Ok(more) => length += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
        }
        length
    }
}

impl<R: Read> BufRead for Even<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left.is_empty() && self.failed.is_none() {
            self.left = 0..self.fill();
        }
        match self.failed.take_if(|_| self.left.is_empty()) {
            Some(error) => Err(error),
            None => Ok(&self.buffer[self.left.clone()]),
        }
    }

    fn consume(&mut self, length: usize) {
        self.left.start += length;
    }
}

impl<R: Read> Read for Even<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

/// Gives zstd no more than a block at a time. An error takes with it what the same call has
/// decompressed: of larger pieces that would be more or less, by how the bytes happen to come in.
struct BlockByBlock {
    decoder: Decoder<'static>,
    /// How many bytes zstd asked for: the rest of a block, with the header of the next one.
    wanted: usize,
}

impl BlockByBlock {
    /// The length of the header of a block, RFC 8878, section 3.1.1.2.
    const HEADER: usize = 3;

    fn new() -> io::Result<Self> {
        Ok(Self { decoder: Decoder::new()?, wanted: 0 })
    }
}

impl Operation for BlockByBlock {
    fn run<C: WriteBuf + ?Sized>(
        &mut self,
        input: &mut InBuffer<'_>,
        output: &mut OutBuffer<'_, C>,
    ) -> io::Result<usize> {
        let most = match self.wanted {
            wanted @ 0..=Self::HEADER => wanted.max(1),
            wanted => wanted - Self::HEADER,
        };
        let rest = &input.src[input.pos()..];
        let mut block = InBuffer::around(&rest[..rest.len().min(most)]);
        self.wanted = self.decoder.run(&mut block, output)?;
        input.set_pos(input.pos() + block.pos());
        Ok(self.wanted)
    }

    fn reinit(&mut self) -> io::Result<()> {
        self.wanted = 0;
        self.decoder.reinit()
    }

    fn finish<C: WriteBuf + ?Sized>(
        &mut self,
        output: &mut OutBuffer<'_, C>,
        finished_frame: bool,
    ) -> io::Result<usize> {
        self.decoder.finish(output, finished_frame)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write as _;

    use data_encoding::HEXLOWER;
    use flate2::{
        Compression as Level,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    pub(crate) const TEXT: &[u8] = b"{\"Count\": 0, \"Events\": []}";

    /// [`TEXT`], compressed.
    pub(crate) fn compressed(compression: Compression) -> Vec<u8> {
        let level = Level::default();
        match compression {
            Compression::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), level);
                encoder.write_all(TEXT).unwrap();
                encoder.finish().unwrap()
            }
            Compression::Zlib => {
                let mut encoder = ZlibEncoder::new(Vec::new(), level);
                encoder.write_all(TEXT).unwrap();
                encoder.finish().unwrap()
            }
            Compression::Deflate => {
                let mut encoder = DeflateEncoder::new(Vec::new(), level);
                encoder.write_all(TEXT).unwrap();
                encoder.finish().unwrap()
            }
            // By the program of the authors of brotli.
            Compression::Brotli => {
                hex("8b0c807b22436f756e74223a20302c20224576656e7473223a205b5d7d03")
            }
            Compression::Zstd => zstd::encode_all(TEXT, 3).unwrap(),
        }
    }

    pub(crate) fn hex(digits: &str) -> Vec<u8> {
        HEXLOWER.decode(digits.as_bytes()).unwrap()
    }

    const ALL: [Compression; 5] = [
        Compression::Gzip,
        Compression::Zlib,
        Compression::Deflate,
        Compression::Brotli,
        Compression::Zstd,
    ];

    fn read(compression: Compression, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut plain = Vec::new();
        compression.reader(bytes)?.read_to_end(&mut plain)?;
        Ok(plain)
    }

    #[test]
    fn what_was_compressed_is_read() {
        for compression in ALL {
            let bytes = compressed(compression);
            assert_eq!(read(compression, &bytes).unwrap(), TEXT, "{compression}");
        }
    }

    #[test]
    fn first_bytes_tell_of_those_that_have_a_mark() {
        for compression in ALL {
            let has_mark = !matches!(compression, Compression::Deflate | Compression::Brotli);
            let told = Compression::of(&compressed(compression)[..4]);
            assert_eq!(told, has_mark.then_some(compression), "{compression}");
        }
        // A window of 512 bytes.
        assert_eq!(Compression::of(&[0x18, 0x95]), Some(Compression::Zlib));
        for first in [&b""[..], b"\x1F", b"x", b"{\"Co", b"[", b"\n{", b"\xEF\xBB\xBF{", b"<htm"] {
            assert_eq!(Compression::of(first), None, "{first:?}");
        }
    }

    #[test]
    fn a_stream_that_is_cut_anywhere_is_cut_off() {
        for compression in ALL {
            let bytes = compressed(compression);
            for length in 1..bytes.len() {
                let error = read(compression, &bytes[..length]).unwrap_err();
                let name = format!("{compression} {length}: {error}");
                assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{name}");
            }
        }
    }

    /// What comes out of a stream before its end or an error.
    fn read_in_pieces(
        compression: Compression,
        bytes: &[u8],
        input: usize,
        output: usize,
    ) -> Vec<u8> {
        let bytes = io::BufReader::with_capacity(input, bytes);
        let mut reader = compression.reader(bytes).unwrap();
        let (mut plain, mut piece) = (Vec::new(), vec![0; output]);
        while let Ok(length @ 1..) = reader.read(&mut piece) {
            plain.extend_from_slice(&piece[..length]);
        }
        plain
    }

    #[test]
    fn what_comes_out_before_damage_does_not_depend_on_pieces() {
        let text: Vec<_> = (0..600_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut gzip = GzEncoder::new(Vec::new(), Level::fast());
        gzip.write_all(&text).unwrap();
        let zstd = zstd::encode_all(text.as_slice(), 1).unwrap();
        for (compression, sound) in
            [(Compression::Gzip, gzip.finish().unwrap()), (Compression::Zstd, zstd)]
        {
            for damaged in [sound.len() / 3, sound.len() / 2, sound.len() - 1] {
                let mut bytes = sound.clone();
                bytes[damaged..].fill(0xFF);
                let read = |input, output| read_in_pieces(compression, &bytes, input, output);
                let whole = read(bytes.len(), text.len());
                assert!(!whole.is_empty(), "{compression}");
                for (input, output) in [(1 << 18, 1 << 18), (1 << 18, 1 << 20), (999, 70_000)] {
                    assert!(read(input, output) == whole, "{compression} {input} {output}");
                }
            }
        }
    }

    #[test]
    fn a_stream_that_is_damaged_is_an_error_of_another_kind() {
        for (compression, bytes) in [
            (Compression::Brotli, &b"\xFF\xFF\xFF\xFF\xFF\xFF"[..]),
            (Compression::Deflate, b"\xFF\xFF\xFF\xFF"),
        ] {
            let error = read(compression, bytes).unwrap_err();
            assert_ne!(error.kind(), io::ErrorKind::UnexpectedEof, "{compression}: {error}");
        }
    }

    /// The program of the authors of brotli makes it of a text with `large_window`, which no server
    /// may send.
    #[test]
    fn a_window_that_could_take_a_gigabyte_is_refused() {
        let bytes = hex("111e3200027b22436f756e74223a20302c20224576656e7473223a205b5d7d03");
        let error = read(Compression::Brotli, &bytes).unwrap_err();
        assert_ne!(error.kind(), io::ErrorKind::UnexpectedEof, "{error}");
    }
}
