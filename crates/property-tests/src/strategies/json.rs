//! JSON of any shape, and texts that are nearly JSON.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::Value;

use super::damage;

/// Text of a string member: escapes, other scripts, nothing.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}",
        "\\PC{0,6}",
        Just("a\"b\\c/\u{8}\n\u{1F600}".to_owned()),
        Just(String::new())
    ]
}

/// Any JSON value.
pub fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter("JSON has no other numbers", |number| number.is_finite())
            .prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((text(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The text of a number at an edge of the grammar or of a range; some are none.
pub fn edge_number() -> impl Strategy<Value = String> {
    const WHOLE: &[&str] = &[
        "0",
        "-0",
        "1",
        "-1",
        "10",
        "9007199254740991",
        "9007199254740993",
        "2147483647",
        "2147483648",
        "9223372036854775807",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "-",
        "+1",
        "00",
        "01",
        "-01",
        "",
    ];
    const FRACTION: &[&str] = &["", "", ".0", ".5", ".000000000000000000001", ".", "..0"];
    const EXPONENT: &[&str] = &[
        "",
        "",
        "e0",
        "E+2",
        "e-2",
        "e307",
        "e308",
        "e309",
        "E400",
        "e-324",
        "e-400",
        "e999999999999",
        "e-99999999999",
        "e2147483648",
        "e",
        "e+",
        "E-",
        "e1.5",
    ];
    const WORDS: &[&str] = &["NaN", "Infinity", "-Infinity", "0x10", "1_000", "1,5", ".5", "1f"];
    let parts = (select(WHOLE), select(FRACTION), select(EXPONENT));
    let long = (305..320_usize, any::<bool>()).prop_map(|(digits, is_negative)| {
        let sign = if is_negative { "-" } else { "" };
        format!("{sign}1{}", "0".repeat(digits))
    });
    prop_oneof![
        8 => parts.prop_map(|(whole, fraction, exponent)| format!("{whole}{fraction}{exponent}")),
        1 => long,
        1 => select(WORDS).prop_map(str::to_owned),
    ]
}

/// The bytes of a string, with its quotes, of escapes and characters at an edge; some are none.
pub fn edge_string() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &[&[u8]] = &[
        b"a",
        b"\\\"",
        b"\\\\",
        b"\\/",
        b"\\b",
        b"\\n",
        b"\\u0000",
        b"\\u001f",
        b"\\uFFFF",
        b"\\ud7ff",
        b"\\ud800",
        b"\\uDBFF",
        b"\\udc00",
        b"\\uDFFF",
        b"\\ue000",
        b"\\ud83d\\ude80",
        b"\\ud83d\\n",
        b"\\u",
        b"\\u1",
        b"\\u12",
        b"\\u123",
        b"\\u00g0",
        b"\\ug",
        b"\\x",
        b"\\0",
        b"\\",
        b"\\U0041",
        b"\x1F",
        b"\x7F",
        b"\0",
        b"\t",
        b"\n",
        b"\r",
        b"\"",
        b"\xC2\xA0",
        b"\xC0\x80",
        b"\xED\xA0\x80",
        b"\xEF\xBB\xBF",
        b"\xF0\x9F\x9A\x80",
        b"\xF0\x9F\x9A",
        b"\xF4\x90\x80\x80",
        b"\x80",
        b"\xFF",
        "\u{10FFFF}".as_bytes(),
        "\u{2028}".as_bytes(),
    ];
    // The ends of what is half of a pair of surrogates, and their neighbours.
    const UNITS: &[&str] =
        &["\\ud7ff", "\\ud800", "\\uDBFF", "\\udc00", "\\uDFFF", "\\ue000", "\\n", "a", ""];
    let pair =
        (select(UNITS), select(UNITS)).prop_map(|(one, other)| (one.to_owned() + other).into());
    let text: BoxedStrategy<Vec<u8>> =
        prop_oneof![pair, vec(select(PIECES), 0..5).prop_map(|pieces| pieces.concat())].boxed();
    text.prop_map(|text| [b"\"", &*text, b"\""].concat())
}

/// Arrays and objects about as deep as they may be, whole or cut, with something inside.
pub fn deep() -> impl Strategy<Value = Vec<u8>> {
    let level =
        prop_oneof![4 => Just((&b"["[..], &b"]"[..])), 1 => Just((&b"{\"a\":"[..], &b"}"[..]))];
    (vec(level, 124..131), select(&["", "1", "[]", "{}", "\"a\"", "x"][..]), 0..4_usize).prop_map(
        |(levels, inside, missing)| {
            let mut text: Vec<u8> = levels.iter().flat_map(|(open, _)| *open).copied().collect();
            text.extend_from_slice(inside.as_bytes());
            text.extend(levels.iter().rev().skip(missing).flat_map(|(_, close)| *close));
            text
        },
    )
}

/// One change of the tokens of a JSON text; places are counted round their number.
#[derive(Clone, Debug)]
enum Spoil {
    Swap(usize, usize),
    Remove(usize, usize),
    /// As of a member that is given twice.
    Repeat(usize, usize),
    Set(usize, Vec<u8>),
    Insert(usize, Vec<u8>),
}

impl Spoil {
    fn apply(self, tokens: &mut Vec<Vec<u8>>) {
        let count = tokens.len().max(1);
        let range = |at: usize, length: usize| at % count..tokens.len().min(at % count + length);
        match self {
            _ if tokens.is_empty() => {}
            Self::Swap(one, other) => tokens.swap(one % count, other % count),
            Self::Remove(at, length) => drop(tokens.drain(range(at, length))),
            Self::Repeat(at, length) => {
                let range = range(at, length);
                let copy = tokens[range.clone()].to_vec();
                tokens.splice(range.end..range.end, copy);
            }
            Self::Set(at, token) => tokens[at % count] = token,
            Self::Insert(at, token) => tokens.insert(at % count, token),
        }
    }
}

fn spoil() -> impl Strategy<Value = Spoil> {
    const TOKENS: &[&str] = &[
        "{", "}", "[", "]", ":", ",", "true", "false", "null", "tru", "nulll", "None", " ", "\n",
        "\r\n", "\t", "\u{C}", "\u{B}", "\u{A0}", "\u{FEFF}", "'a'", "//", "/* */", "a",
    ];
    let token = || {
        prop_oneof![
            select(TOKENS).prop_map(|token| token.as_bytes().to_vec()),
            edge_number().prop_map(String::into_bytes),
            edge_string(),
        ]
    };
    let place = any::<usize>;
    prop_oneof![
        (place(), place()).prop_map(|(one, other)| Spoil::Swap(one, other)),
        (place(), 1..5_usize).prop_map(|(at, length)| Spoil::Remove(at, length)),
        (place(), 1..5_usize).prop_map(|(at, length)| Spoil::Repeat(at, length)),
        (place(), token()).prop_map(|(at, token)| Spoil::Set(at, token)),
        (place(), token()).prop_map(|(at, token)| Spoil::Insert(at, token)),
    ]
}

/// The tokens of a text that is JSON; white space is one of its own.
fn tokens(text: &str) -> Vec<Vec<u8>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        let length = match first {
            '"' => {
                2 + rest[1..]
                    .bytes()
                    .scan(false, |escaped, byte| {
                        let is_end = byte == b'"' && !*escaped;
                        *escaped = byte == b'\\' && !*escaped;
                        (!is_end).then_some(())
                    })
                    .count()
            }
            _ => rest.bytes().take_while(|byte| is_word(*byte)).count().max(first.len_utf8()),
        };
        let (token, behind) = rest.split_at(length);
        tokens.push(token.as_bytes().to_vec());
        rest = behind;
    }
    tokens
}

/// JSON, nearly JSON, and what is far from it.
pub fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
    let spoiled =
        (any_json(), any::<bool>(), vec(spoil(), 0..3)).prop_map(|(value, pretty, spoils)| {
            let mut tokens = tokens(&if pretty { format!("{value:#}") } else { value.to_string() });
            for spoil in spoils {
                spoil.apply(&mut tokens);
            }
            tokens.concat()
        });
    let text = prop_oneof![
        8 => spoiled,
        1 => edge_number().prop_map(String::into_bytes),
        1 => edge_string(),
        1 => deep(),
    ];
    (text, vec(damage(), 0..3), 0..3_u8).prop_map(|(mut text, damages, few)| {
        // Most have no byte changed, so that what was done to the tokens shows.
        for damage in damages.iter().filter(|_| few == 0) {
            damage.apply(&mut text);
        }
        text
    })
}
