use super::*;

fn fault(text: &str) -> (FaultKind, usize) {
    let fault = Tree::default().parse(text.as_bytes(), 0).unwrap_err();
    (fault.kind, fault.offset)
}

fn check<T>(text: &str, read: impl FnOnce(Node<'_>) -> T) -> T {
    let mut tree = Tree::default();
    assert_eq!(tree.parse(text.as_bytes(), 0).unwrap(), text.trim_end().len());
    read(tree.root(text))
}

#[test]
fn values_are_found_by_pointer_with_their_text() {
    let text = r#"{"a": [1, {"b/c": "x"}, []], "": true}"#;
    check(text, |root| {
        assert_eq!(root.pointer("/a/1/b~1c").unwrap().raw(), r#""x""#);
        assert_eq!(root.pointer("/a/0").unwrap().as_number(), Some("1"));
        assert_eq!(root.pointer("/a/2").unwrap().elements().count(), 0);
        assert_eq!(root.pointer("/").unwrap().as_bool(), Some(true));
        assert_eq!(root.pointer("").unwrap().span(), 0..text.len());
        assert!(root.pointer("/a/3").is_none());
        let inner = root.pointer("/a/1/b~1c").unwrap();
        assert_eq!(root.pointers_to(&[inner.index()]), ["/a/1/b~1c"]);
    });
}

#[test]
fn escapes_are_decoded() {
    check(r#"["\u00e9\n\"\\\/\b\f\r\t", "\ud83d\ude00", "plain"]"#, |root| {
        let strings: Vec<_> = root.elements().filter_map(Node::as_str).collect();
        assert_eq!(strings, ["é\n\"\\/\u{8}\u{C}\r\t", "\u{1F600}", "plain"]);
        assert!(matches!(strings[2], Cow::Borrowed(_)));
    });
}

#[test]
fn of_a_repeated_name_the_last_member_counts() {
    check(r#"{"a": 1, "b": {"x": 1, "x": 2}, "\u0061": 3}"#, |root| {
        assert_eq!(root.get("a").unwrap().raw(), "3");
        assert_eq!(root.members().count(), 2);
        let repeated: Vec<_> = root.repeated_names().map(Node::raw).collect();
        assert_eq!(repeated, [r#""x""#, r#""\u0061""#]);
    });
}

#[test]
fn repeated_names_are_found_in_large_objects_too() {
    let members: Vec<_> = (0..100).map(|n| format!("\"m{}\":{n}", n % 97)).collect();
    let text = format!("{{{}}}", members.join(","));
    check(&text, |root| {
        assert_eq!(
            root.repeated_names().map(Node::raw).collect::<Vec<_>>(),
            ["\"m0\"", "\"m1\"", "\"m2\""]
        );
        assert_eq!(root.get("m1").unwrap().raw(), "98");
        assert_eq!(root.members().count(), 97);
    });
}

#[test]
fn a_value_ends_where_it_ends() {
    let mut tree = Tree::default();
    assert_eq!(tree.parse(b"{\"a\":1} {", 0).unwrap(), 7);
    assert_eq!(tree.parse(b"12,", 0).unwrap(), 2);
}

#[test]
fn each_fault_has_a_kind_and_a_place() {
    use FaultKind::{
        ControlCharacter, End, InvalidEscape, LeadingZero, LoneSurrogate, MissingDigit,
        NumberOutOfRange, Unexpected,
    };
    let unexpected = |want, got| Unexpected { want, got };
    for (text, kind, offset) in [
        ("", End(Inside::Nothing), 0),
        ("{", End(Inside::Object), 1),
        ("[1,", End(Inside::Array), 3),
        ("\"abc", End(Inside::String), 4),
        ("tru", End(Inside::Scalar), 3),
        ("-", End(Inside::Scalar), 1),
        ("\"\\u12", End(Inside::String), 5),
        ("\"\\ud83d", End(Inside::String), 7),
        ("{\"a\" 1}", unexpected(Want::Colon, b'1'), 5),
        ("{\"a\":1 \"b\"", unexpected(Want::CommaOrObjectEnd, b'"'), 7),
        ("{\"a\":1,}", unexpected(Want::Name, b'}'), 7),
        ("{a:1}", unexpected(Want::NameOrEnd, b'a'), 1),
        ("[1,]", unexpected(Want::Value, b']'), 3),
        ("[,", unexpected(Want::ValueOrEnd, b','), 1),
        ("[1}", unexpected(Want::CommaOrArrayEnd, b'}'), 2),
        ("trve", unexpected(Want::Value, b'v'), 2),
        ("'a'", unexpected(Want::Value, b'\''), 0),
        ("\"a\nb\"", ControlCharacter(b'\n'), 2),
        ("\"a\0\"", ControlCharacter(0), 2),
        ("\"\\x\"", InvalidEscape, 1),
        ("\"\\u12g4\"", InvalidEscape, 1),
        ("\"a\\ud83d b\"", LoneSurrogate, 2),
        ("\"\\udc00\"", LoneSurrogate, 1),
        ("\"\\ud83d\\u0041\"", LoneSurrogate, 1),
        ("01", LeadingZero, 0),
        ("-012", LeadingZero, 1),
        ("[1.]", MissingDigit, 3),
        ("[1e+]", MissingDigit, 4),
        ("[+1]", unexpected(Want::ValueOrEnd, b'+'), 1),
        ("[1e400]", NumberOutOfRange, 1),
    ] {
        assert_eq!(fault(text), (kind, offset), "{text:?}");
    }
}

#[test]
fn bad_utf8_is_named_before_what_follows_from_it() {
    let parse = |bytes: &[u8]| {
        let fault = Tree::default().parse(bytes, 0).unwrap_err();
        (fault.kind, fault.offset)
    };
    assert_eq!(parse(b"{\"a\":\"x\xFFy\"}"), (FaultKind::InvalidUtf8, 7));
    assert_eq!(parse(b"\xFF\xFE{\0"), (FaultKind::InvalidUtf8, 0));
    assert_eq!(parse(b"[\"\xC3\x28\", tru!]"), (FaultKind::InvalidUtf8, 2));
    assert_eq!(parse(b"\"\xC3"), (FaultKind::End(Inside::String), 2));
}

#[test]
fn depth_is_limited_without_recursion() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Tree::default().parse(nested(MAX_DEPTH).as_bytes(), 0).is_ok());
    assert_eq!(fault(&nested(MAX_DEPTH + 1)), (FaultKind::TooDeep, MAX_DEPTH));
    assert_eq!(fault(&"[".repeat(100_000)).0, FaultKind::TooDeep);
    assert!(serde_json::from_str::<serde_json::Value>(&nested(MAX_DEPTH)).is_ok());
    assert!(serde_json::from_str::<serde_json::Value>(&nested(MAX_DEPTH + 1)).is_err());
}
