//! What is JSON by RFC 8259 and at its edges: each row of `docs/json.md` is a test.
//!
//! The page is made of the table here: `INSTA_UPDATE=always cargo test --test corpus json` writes it.

use std::{env, fmt::Write as _, fs, path::PathBuf};

use contrail_validate::{Family, VersionChoice};
use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::{judged::findings, root};

/// What the reader says of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It is JSON.
    Accepted,
    /// It is JSON, with a finding of this rule.
    Noted(&'static str),
    /// It is several documents, one behind the other; `serde_json` reads one.
    Several,
    /// It is not JSON: a finding of this rule.
    Refused(&'static str),
}

use Verdict::{Accepted, Noted, Refused, Several};

const NOT: Verdict = Refused("not-json");
const CUT: Verdict = Refused("truncated");
const UTF8: Verdict = Refused("invalid-utf8");

/// A part of the page: its heading, and what is read.
type Section = (&'static str, &'static [(&'static str, &'static [u8], Verdict)]);

const SECTIONS: [Section; 9] = [
    (
        "Numbers",
        &[
            ("zero", b"[0]", Accepted),
            ("minus zero", b"[-0]", Accepted),
            ("a fraction", b"[1.50]", Accepted),
            ("an exponent", b"[1e2, 1E+2, 1e-2]", Accepted),
            ("more digits than a 64-bit float keeps", b"[0.1234567890123456789]", Accepted),
            ("an integer beyond 64 bits", b"[123456789012345678901234567890]", Accepted),
            ("the greatest 64-bit float", b"[1.7976931348623157e308]", Accepted),
            ("too near zero for a 64-bit float", b"[1e-400]", Accepted),
            ("beyond the range of a 64-bit float", b"[1e400]", NOT),
            ("a zero with a huge exponent", b"[0e999999999]", Accepted),
            ("a leading zero", b"[01]", NOT),
            ("a minus and a leading zero", b"[-012]", NOT),
            ("a leading plus", b"[+1]", NOT),
            ("a leading point", b"[.5]", NOT),
            ("a trailing point", b"[1.]", NOT),
            ("an exponent without digits", b"[1e+]", NOT),
            ("a minus alone", b"[-]", NOT),
            ("two minuses", b"[--1]", NOT),
            ("hexadecimal digits", b"[0x1F]", NOT),
            ("a thousands separator", b"[1_000]", NOT),
            ("NaN", b"[NaN]", NOT),
            ("infinity", b"[-Infinity]", NOT),
            ("full-width digits", "[\u{ff11}]".as_bytes(), NOT),
        ],
    ),
    (
        "Strings: escapes",
        &[
            ("all short escapes", br#"["\"\\\/\b\f\n\r\t"]"#, Accepted),
            ("a code unit in lower and upper case", br#"["\u00e9\u00E9"]"#, Accepted),
            ("an escaped NUL", br#"["\u0000"]"#, Accepted),
            ("an escaped name", br#"[{"\u0061": 1}]"#, Accepted),
            ("an unknown escape", br#"["\x41"]"#, NOT),
            ("an escaped single quote", br#"["\'"]"#, NOT),
            ("an upper-case U", br#"["\U0041"]"#, NOT),
            ("too few digits", br#"["\u004"]"#, NOT),
            ("a digit that is none", br#"["\u00g1"]"#, NOT),
            ("a backslash before a line end", b"[\"a\\\nb\"]", NOT),
            ("a backslash at the end", br#"["\"#, CUT),
        ],
    ),
    (
        "Strings: surrogates",
        &[
            ("a pair", br#"["\ud83d\ude00"]"#, Accepted),
            ("the last pair", br#"["\udbff\udfff"]"#, Accepted),
            ("a high half alone", br#"["\ud83d"]"#, NOT),
            ("a low half alone", br#"["\ude00"]"#, NOT),
            ("a pair the wrong way round", br#"["\ude00\ud83d"]"#, NOT),
            ("two high halves", br#"["\ud83d\ud83d"]"#, NOT),
            ("a high half and a letter", br#"["\ud83dx"]"#, NOT),
            ("a high half and another escape", br#"["\ud83d\n"]"#, NOT),
            ("a half as UTF-8", b"[\"\xED\xA0\xBD\"]", UTF8),
        ],
    ),
    (
        "Strings: characters",
        &[
            ("an empty string", br#"[""]"#, Accepted),
            (
                "two, three and four bytes of UTF-8",
                "[\"\u{e9}\u{20ac}\u{1F600}\"]".as_bytes(),
                Accepted,
            ),
            ("delete, U+007F", b"[\"\x7F\"]", Accepted),
            ("a C1 control character, U+0085", "[\"\u{85}\"]".as_bytes(), Accepted),
            ("line separators, U+2028 and U+2029", "[\"\u{2028}\u{2029}\"]".as_bytes(), Accepted),
            ("a noncharacter, U+FFFF", "[\"\u{ffff}\"]".as_bytes(), Accepted),
            ("a byte-order mark", "[\"\u{feff}\"]".as_bytes(), Accepted),
            ("a tab", b"[\"\t\"]", NOT),
            ("a line feed", b"[\"\n\"]", NOT),
            ("a NUL", b"[\"\0\"]", NOT),
            ("the last control character, U+001F", b"[\"\x1F\"]", NOT),
            ("no closing quote", b"[\"a", CUT),
            ("single quotes", b"['a']", NOT),
        ],
    ),
    (
        "UTF-8",
        &[
            ("a byte that never occurs", b"[\"\xFF\"]", UTF8),
            ("a continuation alone", b"[\"\x80\"]", UTF8),
            ("an overlong slash", b"[\"\xC0\xAF\"]", UTF8),
            ("an overlong NUL", b"[\"\xC0\x80\"]", UTF8),
            ("beyond U+10FFFF", b"[\"\xF4\x90\x80\x80\"]", UTF8),
            ("a character that is cut off", b"[\"\xE2\x82\"]", UTF8),
            ("Latin-1", b"[\"caf\xE9\"]", UTF8),
            ("outside of a string", b"[1\xC3\xA9]", NOT),
            ("UTF-16, little endian", b"[\0]\0", NOT),
            ("UTF-16 with its mark", b"\xFF\xFE[\0]\0", UTF8),
        ],
    ),
    (
        "Arrays and objects",
        &[
            ("both empty", b"[[], {}]", Accepted),
            ("an empty name", br#"[{"": 0}]"#, Accepted),
            ("a name twice", br#"{"a": 1, "a": 2}"#, Noted("duplicate-key")),
            ("a name twice, once escaped", br#"{"a": 1, "\u0061": 2}"#, Noted("duplicate-key")),
            ("a comma at the end of an array", b"[1,]", NOT),
            ("a comma at the end of an object", br#"[{"a": 1,}]"#, NOT),
            ("a comma at the start", b"[,1]", NOT),
            ("two commas", b"[1,,2]", NOT),
            ("no comma", b"[1 2]", NOT),
            ("no colon", br#"[{"a" 1}]"#, NOT),
            ("two colons", br#"[{"a":: 1}]"#, NOT),
            ("no value", br#"[{"a":}]"#, NOT),
            ("a name without quotes", b"[{a: 1}]", NOT),
            ("a number as a name", b"[{1: 1}]", NOT),
            ("the wrong bracket", b"[1}", NOT),
            ("an array that is cut off", b"[1,", CUT),
            ("an object that is cut off", br#"{"a":"#, CUT),
        ],
    ),
    (
        "Values and white space",
        &[
            ("true, false and null", b"[true, false, null]", Accepted),
            ("blanks, tabs, line feeds, returns", b" \t\r\n[ \t\r\n1 \t\r\n] \t\r\n", Accepted),
            ("a string alone", br#""a""#, Accepted),
            ("a number alone", b"1", Accepted),
            ("null alone", b"null", Accepted),
            ("an upper-case letter", b"[True]", NOT),
            ("a word that is cut off", b"[nul]", NOT),
            ("a word with more behind it", b"[nulls]", NOT),
            ("undefined", b"[undefined]", NOT),
            ("a form feed", b"[\x0C1]", NOT),
            ("a no-break space", "[\u{a0}1]".as_bytes(), NOT),
            ("a comment", b"[1 /* one */]", NOT),
            ("a comment to the end of the line", b"[1] // one", NOT),
        ],
    ),
    (
        "Byte-order marks",
        &[
            ("at the start", b"\xEF\xBB\xBF[1]", Noted("byte-order-mark")),
            ("within the document", b"[1,\xEF\xBB\xBF2]", NOT),
            ("cut off", b"\xEF\xBB[1]", UTF8),
        ],
    ),
    (
        "What stands behind a document",
        &[
            ("white space", b"[1] \n\n", Accepted),
            ("another document", b"[1] [2]", Several),
            ("another document on the next line", b"[1]\n[2]", Several),
            ("another document without white space", b"{}{}", Several),
            ("a closing bracket", b"[1]]", NOT),
            ("a comma", b"[1],", NOT),
            ("letters", b"[1]x", NOT),
            ("a NUL", b"[1]\0", NOT),
            ("a document that is cut off", b"[1]\n[2", CUT),
        ],
    ),
];

/// The tests: one for each row, one for nesting, one for the page.
pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (section, rows) in SECTIONS {
        for (what, input, verdict) in rows {
            let name = format!("json: {section}: {what}");
            trials.push(Trial::test(name, move || is_judged(input, *verdict)));
        }
    }
    trials.push(Trial::test("json: nesting", nesting));
    trials.push(Trial::test("json: the page docs/json.md", the_page_is_fresh));
    trials
}

/// What the reader finds wrong with the input as such.
fn found(input: &[u8]) -> Vec<&'static str> {
    let (found, _) = findings(VersionChoice::Auto, input);
    let rules = found.iter().map(|finding| finding.rule);
    // Whether it is an event is another question.
    let of_input = rules.filter(|rule| rule.family == Family::Input);
    let names = of_input.map(|rule| rule.name).filter(|name| *name != "unrecognised-document");
    let mut names: Vec<_> = names.collect();
    // Text of another encoding is damaged all over.
    names.dedup();
    names
}

fn is_judged(input: &[u8], verdict: Verdict) -> Result<(), Failed> {
    let want = match verdict {
        Accepted | Several => vec![],
        Noted(rule) | Refused(rule) => vec![rule],
    };
    let got = found(input);
    if got != want {
        return Err(format!("want {want:?}, got {got:?}").into());
    }
    let theirs = serde_json::from_slice::<Value>(input).is_ok();
    let expected = match verdict {
        Accepted | Noted("duplicate-key") => true,
        // It takes neither a mark nor a second document.
        Noted(_) | Several | Refused(_) => false,
    };
    if theirs == expected { Ok(()) } else { Err("serde_json says otherwise".into()) }
}

fn nesting() -> Result<(), Failed> {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for (depth, want) in [(127, &[][..]), (128, &["too-deep"]), (100_000, &["too-deep"])] {
            let value = if open == "[" { "" } else { "1" };
            let text = open.repeat(depth) + value + &close.repeat(depth);
            let got = found(text.as_bytes());
            if got != want {
                return Err(format!("{depth} of {open}: want {want:?}, got {got:?}").into());
            }
        }
    }
    Ok(())
}

fn the_page_is_fresh() -> Result<(), Failed> {
    let path: PathBuf = root().join("../docs/json.md");
    let page = page();
    if env::var_os("INSTA_UPDATE").is_some_and(|value| value == "always") {
        fs::write(&path, &page)?;
    }
    if fs::read_to_string(&path)? == page {
        return Ok(());
    }
    Err("docs/json.md is stale: run INSTA_UPDATE=always cargo test --test corpus json".into())
}

fn page() -> String {
    let mut page = "\
# What is JSON

The reader of `contrail validate` and `contrail replay` takes what [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)
calls JSON, and nothing else. Where the RFC leaves a choice to the reader, it does as `serde_json` does: numbers must lie in
the range of a 64-bit float, halves of surrogate pairs are refused, and arrays and objects nest at most 127 levels deep.
Beyond that, several documents may follow one another, and a byte-order mark may stand before the first.

Each row is a test, against `serde_json` too (`tests/corpus/conformance.rs`). In an input, `\\xHH` is a byte.
"
    .to_owned();
    for (section, rows) in SECTIONS {
        write!(page, "\n## {section}\n\n| what | input | |\n|---|---|---|\n").expect("it fits");
        for (what, input, verdict) in rows {
            let verdict = match verdict {
                Accepted => "accepted".to_owned(),
                Noted(rule) => format!("accepted, with `{rule}`"),
                Several => "accepted, as several documents".to_owned(),
                Refused(rule) => format!("refused: `{rule}`"),
            };
            writeln!(page, "| {what} | `{}` | {verdict} |", shown(input)).expect("it fits");
        }
    }
    page.push_str(
        "
## Nesting

| what | |
|---|---|
| 127 arrays or objects within one another | accepted |
| 128, or 100,000 | refused: `too-deep` |
",
    );
    page
}

/// The input as one reads it in a table.
fn shown(input: &[u8]) -> String {
    let mut shown = String::new();
    for byte in input {
        match byte {
            b'\t' => shown.push_str("\\x09"),
            b'\n' => shown.push_str("\\x0A"),
            b'\r' => shown.push_str("\\x0D"),
            b'|' => shown.push_str("\\|"),
            b' '..=b'~' => shown.push(char::from(*byte)),
            _ => write!(shown, "\\x{byte:02X}").expect("it fits"),
        }
    }
    shown
}
