//! The body of a response as a HAR document holds it: base64 and compression undone.

use std::{borrow::Cow, io, ops::Range, sync::LazyLock};

use contrail_model::HarEntry;
use data_encoding::{DecodeError, DecodeKind, Encoding, Specification};

use crate::{
    compression::Compression,
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

/// Why a body, or the rest of it, cannot be read.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) rule: &'static Rule,
    pub(crate) message: String,
    pub(crate) help: &'static str,
    /// The bytes of the string where that shows; nothing if it is all of it.
    pub(crate) at: Option<Range<usize>>,
}

/// Gives the body of an entry of a HAR document, base64 and compression undone, in as many pieces as
/// it takes. An empty body is no piece.
///
/// # Errors
///
/// What is wrong with it, as a fragment of a sentence; the pieces before are given all the same.
pub fn har_body(entry: &HarEntry<'_>, to: &mut dyn FnMut(&[u8])) -> Result<(), String> {
    let Some(body) = body_of(entry) else { return Ok(()) };
    let mut all = |piece: &[u8]| {
        to(piece);
        Flow::Continue(())
    };
    let given = body.and_then(|body| body.give(&mut all));
    given.map(drop).map_err(|unreadable| unreadable.message)
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
    match compression_of(&bytes, entry.content_encoding.trim())? {
        Some(compression) => Ok(Body::Compressed(bytes, compression)),
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
                give(bytes, *compression, to).map_err(|error| broken(*compression, &error))
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

/// How the bytes are compressed; nothing if they are plain.
///
/// That the headers name a compression says little: most exporters undo it and leave the headers as
/// they were. So its name is asked only of bytes that are no text.
fn compression_of(bytes: &[u8], name: &str) -> Result<Option<Compression>, Unreadable> {
    let is_named = |want: &str| name.eq_ignore_ascii_case(want);
    if is_plain(bytes) {
        return Ok(None);
    }
    // Before the others, because brotli may begin with their first bytes.
    if is_named("br") {
        return Ok(Some(Compression::Brotli));
    }
    match Compression::of(bytes) {
        // Servers send it with the frame of zlib and without: RFC 9110, section 8.4.1.2.
        None if is_named("deflate") => Ok(Some(Compression::Deflate)),
        None if !name.is_empty() => Err(unknown_compression(name)),
        found => Ok(found),
    }
}

/// Whether the bytes are text, or a batch that is not all of it UTF-8. No compressed batch begins
/// with a brace.
fn is_plain(bytes: &[u8]) -> bool {
    bytes.starts_with(b"{") || std::str::from_utf8(bytes).is_ok()
}

/// A body that is still compressed, in a way that cannot be undone here.
fn unknown_compression(name: &str) -> Unreadable {
    Unreadable {
        rule: &input::UNRECOGNISED_DOCUMENT,
        message: format!("the body is compressed with `{name}`, which cannot be undone here"),
        help: "export it decompressed; the body was not checked",
        at: None,
    }
}

fn give(
    bytes: &[u8],
    compression: Compression,
    to: &mut dyn FnMut(&[u8]) -> Flow,
) -> io::Result<Flow> {
    let mut reader = compression.reader(bytes)?;
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

/// What is wrong with a stream on which the reader gave this error.
fn broken(compression: Compression, error: &io::Error) -> Unreadable {
    let (rule, message) = match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            (&input::TRUNCATED, format!("the {compression} stream of the body is cut off"))
        }
        _ => (
            &input::UNRECOGNISED_DOCUMENT,
            format!("the {compression} stream of the body is damaged: {error}"),
        ),
    };
    let help = "what could be decompressed was checked";
    Unreadable { rule, message, help, at: None }
}

#[cfg(test)]
mod tests {
    use contrail_model::{Tree, har_entries};
    use data_encoding::BASE64 as STANDARD;
    use serde_json::json;

    use super::*;
    use crate::compression::tests::{TEXT, compressed, hex};

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

    #[test]
    fn base64_and_compression_are_undone() {
        for (name, bytes) in [
            ("", TEXT.to_vec()),
            ("gzip", compressed(Compression::Gzip)),
            ("zstd", compressed(Compression::Zstd)),
            ("deflate", compressed(Compression::Zlib)),
            ("deflate", compressed(Compression::Deflate)),
            ("Deflate ", compressed(Compression::Deflate)),
            ("br", compressed(Compression::Brotli)),
            ("BR", compressed(Compression::Brotli)),
        ] {
            assert_eq!(read(&base64(&bytes), name).unwrap(), TEXT, "{name}");
            // Decompressed by the exporter, with the header left as it was.
            assert_eq!(read(&base64(TEXT), name).unwrap(), TEXT, "{name}");
        }
        let text = std::str::from_utf8(TEXT).unwrap();
        assert_eq!(read(&json!({"text": text}), "gzip").unwrap(), TEXT);
        assert_eq!(read(&json!({"text": text, "encoding": "base64"}), "").unwrap(), TEXT);
    }

    #[test]
    fn first_bytes_tell_of_a_compression_that_no_header_names() {
        for compression in [Compression::Gzip, Compression::Zlib, Compression::Zstd] {
            let bytes = base64(&compressed(compression));
            for name in ["", "identity"] {
                assert_eq!(read(&bytes, name).unwrap(), TEXT, "{compression} {name}");
            }
        }
    }

    #[test]
    fn brotli_that_begins_as_gzip_does_is_brotli() {
        let bytes = hex(
            "1f8b00f81d09368e729bcc21f8423508cb5edf1681d9ea1a3aadc824b4a42611f84529a72dc5f7e1658703",
        );
        let text = read(&base64(&bytes), "br").unwrap();
        assert_eq!((text.len(), text.trim_ascii_end().last()), (140, Some(&b'}')));
    }

    #[test]
    fn a_batch_with_bytes_that_are_no_utf_8_is_plain_whatever_the_header_says() {
        for name in ["", "gzip", "br", "deflate", "zstd", "compress"] {
            assert_eq!(read(&base64(b"{\"\xFF\": 0}"), name).unwrap(), b"{\"\xFF\": 0}", "{name}");
        }
    }

    /// By the program of the authors of brotli: 64 MiB of blanks.
    const BLANKS: &str = "cbffff3ff82540e2b14020f7fe8fffff7ff04b00c4611180eefd1fffffffe0970088c30200\
        ddfb3ffeffffc12f0110870500baf77ffcffff835f02200e0b0074effff8ffff07bf04401c1600e8defff1ffff0f\
        7e0980382c00d0bdffcbffff3ffc1200715800a07bff07";

    #[test]
    fn a_body_that_grows_beyond_measure_is_given_in_pieces() {
        let body = Body::Compressed(hex(BLANKS), Compression::Brotli);
        let mut sum = 0;
        let flow = body.give(&mut |piece| {
            assert!(piece.len() <= BUFFER);
            sum += piece.len();
            if sum < 8 << 20 { Flow::Continue(()) } else { Flow::Break(()) }
        });
        assert_eq!((flow.unwrap(), sum), (Flow::Break(()), 8 << 20));
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
            refused(&base64(b"\x1F\x9D\x90{\x84"), "compress"),
            (
                "the body is compressed with `compress`, which cannot be undone here".to_owned(),
                unrecognised
            )
        );
        assert_eq!(refused(&json!({"text": "\u{1F}\u{FFFD}\u{8}"}), "gzip").1, unrecognised);
    }

    #[test]
    fn streams_that_are_cut_off_or_damaged_are_said_to_be() {
        for (name, compression) in [
            ("gzip", Compression::Gzip),
            ("deflate", Compression::Zlib),
            ("deflate", Compression::Deflate),
            ("br", Compression::Brotli),
            ("zstd", Compression::Zstd),
        ] {
            let bytes = compressed(compression);
            assert_eq!(
                refused(&base64(&bytes[..bytes.len() - 1]), name),
                (format!("the {compression} stream of the body is cut off"), "truncated")
            );
        }
        let mut gzip = compressed(Compression::Gzip);
        gzip[12] ^= 0xFF;
        for (name, bytes) in [("gzip", &gzip[..]), ("br", &[0xFF; 8]), ("deflate", &[0xFF; 8])] {
            let (message, rule) = refused(&base64(bytes), name);
            assert!(message.contains(" stream of the body is damaged: "), "{name}: {message}");
            assert_eq!(rule, "unrecognised-document", "{name}");
        }
    }

    #[test]
    fn nothing_is_an_empty_body() {
        for content in [json!({}), json!({"text": ""}), json!({"text": " \r\n"}), json!(null)] {
            assert_eq!(read(&content, "").unwrap(), b"");
        }
    }
}
