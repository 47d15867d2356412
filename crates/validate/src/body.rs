//! The body of a response as a HAR document holds it: base64 and compression undone.

use std::{
    borrow::Cow,
    io::{self, Read},
    ops::Range,
    sync::LazyLock,
};

use contrail_model::HarEntry;
use data_encoding::{DecodeError, DecodeKind, Encoding, Specification};
use flate2::read::{MultiGzDecoder, ZlibDecoder};

use crate::{
    rule::{Rule, input},
    session::Flow,
};

/// How many bytes are decompressed at once.
const BUFFER: usize = 64 << 10;

/// A body that is ready to be read.
pub(crate) enum Body<'t> {
    /// Text, in which each character stands as one in the string of the entry.
    Text(Cow<'t, str>),
    /// Bytes that were base64 in the string of the entry.
    Bytes(Vec<u8>),
    /// Compressed bytes, that were base64 in the string of the entry.
    Compressed(Vec<u8>, Compression),
}

/// A compression that is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    Gzip,
    Zlib,
    Zstd,
}

/// Why a body, or the rest of it, cannot be read.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) rule: &'static Rule,
    pub(crate) message: String,
    pub(crate) help: &'static str,
    /// The bytes of the string where that shows; nothing if it is all of it.
    pub(crate) at: Option<Range<usize>>,
}

/// The body of an entry; nothing if it is empty.
pub(crate) fn body_of<'t>(entry: &HarEntry<'t>) -> Option<Result<Body<'t>, Unreadable>> {
    let text = entry.text?.as_str()?;
    (!text.trim().is_empty()).then(|| decoded(text, entry))
}

fn decoded<'t>(text: Cow<'t, str>, entry: &HarEntry<'_>) -> Result<Body<'t>, Unreadable> {
    // Firefox says base64 of bodies that it exports as text: Mozilla's bug 1762313.
    let is_text = text.trim_start().starts_with(['{', '[']);
    if !entry.encoding.eq_ignore_ascii_case("base64") || is_text {
        return compressed_text(&text).map_or(Ok(Body::Text(text)), Err);
    }
    let bytes = BASE64.decode(text.as_bytes()).map_err(|error| not_base64(&text, error))?;
    if let Some(compression) = Compression::of(&bytes) {
        return Ok(Body::Compressed(bytes, compression));
    }
    match unknown_compression(&bytes, &entry.content_encoding) {
        Some(unreadable) => Err(unreadable),
        None => Ok(Body::Bytes(bytes)),
    }
}

impl Body<'_> {
    /// Gives the bytes, in as many pieces as it takes, for as long as they are wanted.
    pub(crate) fn give(&self, to: &mut dyn FnMut(&[u8]) -> Flow) -> Result<Flow, Unreadable> {
        match self {
            Self::Text(text) => Ok(to(text.as_bytes())),
            Self::Bytes(bytes) => Ok(to(bytes)),
            Self::Compressed(bytes, compression) => {
                compression.give(bytes, to).map_err(|error| compression.broken(&error))
            }
        }
    }
}

/// Base64 with or without padding and white space.
static BASE64: LazyLock<Encoding> = LazyLock::new(|| {
    let mut base64 = Specification::new();
    base64.symbols.push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    base64.ignore.push_str("= \t\r\n");
    base64.check_trailing_bits = false;
    base64.encoding().expect("base64 has 64 symbols")
});

fn not_base64(text: &str, error: DecodeError) -> Unreadable {
    let at = match error.kind {
        DecodeKind::Symbol => text.get(error.position..).and_then(|rest| rest.chars().next()),
        _ => None,
    };
    let (message, help) = match at {
        Some(character) => (
            format!("the body is said to be base64, which has no {}", quoted(character)),
            "export it anew, or correct `encoding`; the body was not checked",
        ),
        None => (
            "the base64 of the body is cut off".to_owned(),
            "export it anew; the body was not checked",
        ),
    };
    Unreadable {
        rule: &input::UNRECOGNISED_DOCUMENT,
        message,
        help,
        at: at.map(|character| error.position..error.position + character.len_utf8()),
    }
}

fn quoted(character: char) -> String {
    if character.is_control() {
        format!("control character U+{:04X}", u32::from(character))
    } else {
        format!("`{character}`")
    }
}

/// Gzip that was written as if it were text.
fn compressed_text(text: &str) -> Option<Unreadable> {
    text.starts_with('\u{1F}').then(|| Unreadable {
        rule: &input::UNRECOGNISED_DOCUMENT,
        message: "the body is compressed, but was exported as text, which spoils it".to_owned(),
        help: "export it decompressed, or in base64; the body was not checked",
        at: None,
    })
}

/// A body that is still compressed, in a way that cannot be undone here.
fn unknown_compression(bytes: &[u8], name: &str) -> Option<Unreadable> {
    let is_plain = name.is_empty() || std::str::from_utf8(bytes).is_ok();
    (!is_plain).then(|| Unreadable {
        rule: &input::UNRECOGNISED_DOCUMENT,
        message: format!("the body is compressed with `{name}`, which cannot be undone here"),
        help: "export it decompressed; the body was not checked",
        at: None,
    })
}

impl Compression {
    /// By the first bytes. What the headers say is no help: most exporters leave them as they were
    /// and store the body decompressed.
    fn of(bytes: &[u8]) -> Option<Self> {
        match *bytes {
            [0x1F, 0x8B, ..] => Some(Self::Gzip),
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(Self::Zstd),
            // The check bits of the header, RFC 1950, section 2.2.
            [0x78, flags, ..] if (0x7800 | u16::from(flags)).is_multiple_of(31) => Some(Self::Zlib),
            _ => None,
        }
    }

    fn give(self, bytes: &[u8], to: &mut dyn FnMut(&[u8]) -> Flow) -> io::Result<Flow> {
        let mut reader: Box<dyn Read + '_> = match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(bytes)),
            Self::Zlib => Box::new(ZlibDecoder::new(bytes)),
            Self::Zstd => Box::new(zstd::Decoder::with_buffer(bytes)?),
        };
        let mut buffer = vec![0; BUFFER];
        loop {
            let length = reader.read(&mut buffer)?;
            if length == 0 {
                return Ok(Flow::Continue(()));
            }
            if to(&buffer[..length]).is_break() {
                return Ok(Flow::Break(()));
            }
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Zstd => "zstd",
        }
    }

    /// What is wrong with a stream on which the reader gave this error.
    fn broken(self, error: &io::Error) -> Unreadable {
        let name = self.as_str();
        let (rule, message) = match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                (&input::TRUNCATED, format!("the {name} stream of the body is cut off"))
            }
            _ => (
                &input::UNRECOGNISED_DOCUMENT,
                format!("the {name} stream of the body is damaged: {error}"),
            ),
        };
        let help = "what could be decompressed was checked";
        Unreadable { rule, message, help, at: None }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use contrail_model::{Tree, har_entries};
    use data_encoding::BASE64 as STANDARD;
    use flate2::{
        Compression as Level,
        write::{GzEncoder, ZlibEncoder},
    };
    use serde_json::json;

    use super::*;

    const TEXT: &[u8] = b"{\"Count\": 0, \"Events\": []}";

    /// The bytes of a body, or why there are none.
    fn read(content: &serde_json::Value, content_encoding: &str) -> Result<Vec<u8>, Unreadable> {
        let headers = json!([{"name": "Content-Encoding", "value": content_encoding}]);
        let entry = json!({"response": {"headers": headers, "content": content}});
        let text = json!({"log": {"entries": [entry]}}).to_string();
        let mut tree = Tree::default();
        tree.parse(text.as_bytes(), 0).unwrap();
        let entry = har_entries(tree.root(&text)).next().unwrap();
        let mut bytes = Vec::new();
        if let Some(body) = body_of(&entry) {
            let _ = body?.give(&mut |piece| {
                bytes.extend_from_slice(piece);
                Flow::Continue(())
            })?;
        }
        Ok(bytes)
    }

    fn base64(bytes: &[u8]) -> serde_json::Value {
        json!({"text": STANDARD.encode(bytes), "encoding": "base64"})
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Level::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn base64_and_compression_are_undone() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Level::default());
        zlib.write_all(TEXT).unwrap();
        let zstd = zstd::encode_all(TEXT, 3).unwrap();
        let bodies = [TEXT.to_vec(), gzip(TEXT), zlib.finish().unwrap(), zstd];
        for (bytes, name) in bodies.iter().zip(["", "gzip", "deflate", "zstd"]) {
            assert_eq!(read(&base64(bytes), name).unwrap(), TEXT, "{name}");
            // Decompressed by the exporter, with the header left as it was.
            assert_eq!(read(&base64(TEXT), name).unwrap(), TEXT, "{name}");
        }
        let text = std::str::from_utf8(TEXT).unwrap();
        assert_eq!(read(&json!({"text": text}), "gzip").unwrap(), TEXT);
        assert_eq!(read(&json!({"text": text, "encoding": "base64"}), "").unwrap(), TEXT);
    }

    #[test]
    fn base64_may_be_wrapped_and_lack_its_padding() {
        let text = STANDARD.encode(b"{\"Count\": 0}");
        assert!(!text.contains('='));
        let text = STANDARD.encode(b"{\"Count\":0}");
        let wrapped = format!("{}\r\n {}", &text[..7], text[7..].trim_end_matches('='));
        for text in [&text, &wrapped] {
            let content = json!({"text": text, "encoding": "Base64"});
            assert_eq!(read(&content, "").unwrap(), b"{\"Count\":0}", "{text}");
        }
    }

    fn refused(content: &serde_json::Value, content_encoding: &str) -> (String, &'static str) {
        let unreadable = read(content, content_encoding).unwrap_err();
        let at = unreadable.at.map_or_else(String::new, |at| format!(" at {at:?}"));
        (format!("{}{at}", unreadable.message), unreadable.rule.name)
    }

    #[test]
    fn what_cannot_be_undone_is_said() {
        let unrecognised = "unrecognised-document";
        let content = |text: &str| json!({"text": text, "encoding": "base64"});
        assert_eq!(
            refused(&content("eyJD*3VudCI6"), ""),
            ("the body is said to be base64, which has no `*` at 4..5".to_owned(), unrecognised)
        );
        assert_eq!(
            refused(&content("eyJDé"), ""),
            ("the body is said to be base64, which has no `é` at 4..6".to_owned(), unrecognised)
        );
        assert_eq!(
            refused(&content("eyJDb"), ""),
            ("the base64 of the body is cut off".to_owned(), unrecognised)
        );
        assert_eq!(
            refused(&base64(b"\x8B\x0C\x80{\"Count\":0}\x03"), "br"),
            (
                "the body is compressed with `br`, which cannot be undone here".to_owned(),
                unrecognised
            )
        );
        assert_eq!(refused(&json!({"text": "\u{1F}\u{FFFD}\u{8}"}), "gzip").1, unrecognised);
        let gzip = gzip(TEXT);
        assert_eq!(
            refused(&base64(&gzip[..gzip.len() - 9]), "gzip"),
            ("the gzip stream of the body is cut off".to_owned(), "truncated")
        );
        let mut damaged = gzip;
        damaged[12] ^= 0xFF;
        assert_eq!(refused(&base64(&damaged), "gzip").1, unrecognised);
    }

    #[test]
    fn nothing_is_an_empty_body() {
        for content in [json!({}), json!({"text": ""}), json!({"text": " \r\n"}), json!(null)] {
            assert_eq!(read(&content, "").unwrap(), b"");
        }
    }
}
