use super::*;

/// What a capture gives, as text: `d/i:l:c text` for elements, `d/i:l:c! message` for damage.
fn read_in_chunks(input: &[u8], size: usize) -> Vec<String> {
    let mut capture = Capture::default();
    let mut found = Vec::new();
    let mut chunks = input.chunks(size);
    loop {
        while let Some(item) = capture.next() {
            found.push(describe(&item));
        }
        match chunks.next() {
            Some(chunk) => capture.push(chunk),
            None if capture.ended => return found,
            None => capture.finish(),
        }
    }
}

/// The text of an excerpt with brackets around the mark, and dots where it is cut.
fn shown(excerpt: &Excerpt) -> String {
    let dots = |cut| if cut { ".." } else { "" };
    let (before, rest) = excerpt.text.split_at(excerpt.mark.start);
    let (mark, after) = rest.split_at(excerpt.mark.len());
    format!("{}{before}[{mark}]{after}{}", dots(excerpt.cut_left), dots(excerpt.cut_right))
}

fn describe(item: &Item<'_>) -> String {
    let index = |index: Option<u64>| index.map(|index| format!("/{index}")).unwrap_or_default();
    match item {
        Item::Element(element) => format!(
            "{}{} {} {}",
            element.document,
            index(element.index),
            element.origin,
            element.text()
        ),
        Item::Damage(damage) => format!(
            "{}{} {}! {}{}",
            damage.document,
            index(damage.index),
            damage.position,
            damage.kind,
            damage.resumed.map(|at| format!(", on at {at}")).unwrap_or_default()
        ),
        Item::ByteOrderMark { document, position } => format!("{document} {position} mark"),
    }
}

/// Reads the input whole and in pieces of every size, which must give the same.
fn read(input: &str) -> Vec<String> {
    let whole = read_in_chunks(input.as_bytes(), input.len().max(1));
    for size in 1..input.len() {
        assert_eq!(read_in_chunks(input.as_bytes(), size), whole, "in chunks of {size}");
    }
    whole
}

#[test]
fn documents_are_found_in_every_framing() {
    let lines = ["1 1:1 {\"a\":1}", "2 2:1 {\"b\":2}"];
    assert_eq!(read("{\"a\":1}\n{\"b\":2}\n"), lines);
    assert_eq!(read("{\"a\":1}\n{\"b\":2}"), lines);
    assert_eq!(read("{\"a\":1}\r\n{\"b\":2}\r\n"), lines);
    assert_eq!(read("{\"a\":1}{\"b\":2}"), ["1 1:1 {\"a\":1}", "2 1:8 {\"b\":2}"]);
    assert_eq!(read("\n \n{\n \"a\": 1\n}\n\n"), ["1 3:1 {\n \"a\": 1\n}"]);
    assert_eq!(read("12 \"x\" null"), ["1 1:1 12", "2 1:4 \"x\"", "3 1:8 null"]);
    assert_eq!(read(""), [""; 0]);
    assert_eq!(read(" \r\n\t"), [""; 0]);
}

#[test]
fn arrays_are_taken_apart() {
    assert_eq!(
        read("[{\"a\":1},\n {\"b\":2}]\n[] [3]"),
        ["1/0 1:2 {\"a\":1}", "1/1 2:2 {\"b\":2}", "3/0 3:5 3"]
    );
}

#[test]
fn byte_order_marks_are_passed_over_and_told() {
    assert_eq!(
        read("\u{FEFF}{\"a\":1}\n\u{FEFF}{\"b\":2}"),
        ["1 1:1 mark", "1 1:1 {\"a\":1}", "2 2:1 mark", "2 2:1 {\"b\":2}"]
    );
}

#[test]
fn a_damaged_line_costs_that_line_alone() {
    let good = "{\"a\":1}";
    for (bad, told) in [
        ("{\"a\":1", "2 2:7! the document ends inside an object"),
        ("{\"a\":", "2 2:6! the document ends inside an object"),
        ("{\"a\":[", "2 2:7! the document ends inside an array"),
        ("{\"a\":\"b", "2 2:8! the document ends inside a string"),
        ("{\"a\":1}}", "2 2:8! expected the end of the line after a document, found `}`"),
        ("{\"a\":1", "2 2:7! the document ends inside an object"),
        ("{\"a\" 1}", "2 2:6! expected `:` after the name of a member, found `1`"),
        ("{\"a:1}", "2 2:7! the document ends inside a string"),
        ("{\"a\":1]", "2 2:7! expected `,` or `}` after a member, found `]`"),
        ("nonsense", "2 2:2! expected a value, found `o`"),
    ] {
        let found = read(&format!("{good}\n{bad}\n{good}\n{good}\n"));
        let last_two = &found[found.len() - 2..];
        assert!(found.contains(&format!("{told}, on at 3:1")), "{bad}: {found:?}");
        assert!(last_two[0].ends_with("3:1 {\"a\":1}"), "{bad}: {found:?}");
        assert!(last_two[1].ends_with("4:1 {\"a\":1}"), "{bad}: {found:?}");
        assert_eq!(found.iter().filter(|item| item.contains('!')).count(), 1, "{bad}: {found:?}");
    }
}

#[test]
fn a_cut_first_line_is_told_from_a_document_over_several_lines() {
    assert_eq!(
        read("{\"a\":[1,\n{\"b\":2}\n{\"c\":3}\n"),
        [
            "1 1:9! the document ends inside an array, on at 2:1",
            "2 2:1 {\"b\":2}",
            "3 3:1 {\"c\":3}"
        ]
    );
}

#[test]
fn no_escape_hides_the_end_of_a_line() {
    for end in ["\n", "\r\n"] {
        let found = read(&format!("[{{\"a\":\"b\\{end}\"c\"}},{{\"d\":4}}]"));
        let want = "1/0 1:9! this is no escape sequence of JSON, on at 2:5";
        assert_eq!(found, [want, "1/1 2:6 {\"d\":4}"], "{end:?}");
    }
}

#[test]
fn damage_in_a_pretty_document_is_one_item() {
    let pretty = "{\n\"Count\": 2\n\"Events\": [\n{\n\"a\": 1\n},\n{\n\"b\": 2\n}\n]\n}\n";
    assert_eq!(
        read(&format!("{pretty}{{\"c\":3}}\n")),
        ["1 3:1! expected `,` or `}` after a member, found `\"`, on at 12:1", "2 12:1 {\"c\":3}"]
    );
    assert_eq!(read(pretty), ["1 3:1! expected `,` or `}` after a member, found `\"`"]);
    let missing_comma = "{\n\"Events\": [\n{\n\"a\": 1\n}\n{\n\"b\": 2\n}\n]\n}\n";
    assert_eq!(read(missing_comma), ["1 6:1! expected `,` or `]` after an element, found `{`"]);
    let open_quote = "{\n\"a\": \"x,\n\"b\": 2\n}\n{\"c\":3}\n";
    assert_eq!(
        read(open_quote),
        ["1 2:9! the line ends inside a string, on at 5:1", "2 5:1 {\"c\":3}"]
    );
}

#[test]
fn a_line_that_is_cut_within_an_escape_is_cut_and_not_wrong() {
    for escape in ["", "\\", "\\u00", "\\ud83d", "\\ud83d\\", "\\ud83d\\ude8"] {
        let found = read(&format!("{{\"a\":1}}\n{{\"b\":\"x{escape}\n{{\"c\":3}}\n"));
        let column = 8 + escape.len();
        let want = format!("2:{column}! the document ends inside a string");
        assert!(found[1].contains(&want), "{escape}: {found:?}");
    }
    let found = read("{\"a\":1}\n{\"b\":\"x\\ud83d\"}\n{\"c\":3}\n");
    assert!(found[1].contains("half of a surrogate pair"), "{found:?}");
}

#[test]
fn a_cut_pretty_document_does_not_hide_the_next_one() {
    assert_eq!(
        read("{\n  \"a\": [\n    {\n      \"b\": 1\n{\n  \"c\": 3\n}\n"),
        ["1 4:13! the document ends inside an object, on at 5:1", "2 5:1 {\n  \"c\": 3\n}"]
    );
}

#[test]
fn damage_in_an_array_costs_one_element() {
    assert_eq!(
        read("[{\"a\":1},{\"b\":tru},{\"c\":3}]"),
        [
            "1/0 1:2 {\"a\":1}",
            "1/1 1:18! expected a value, found `}`, on at 1:19",
            "1/2 1:20 {\"c\":3}"
        ]
    );
    assert_eq!(
        read("[{\"a\":1} {\"b\":2}]"),
        [
            "1/0 1:2 {\"a\":1}",
            "1/1 1:10! expected `,` or `]` after an element, found `{`, on at 1:10",
            "1/1 1:10 {\"b\":2}"
        ]
    );
    assert_eq!(
        read("[{\"a\":1},]{\"b\":2}"),
        [
            "1/0 1:2 {\"a\":1}",
            "1/1 1:10! expected a value, found `]`, on at 1:10",
            "2 1:11 {\"b\":2}"
        ]
    );
    assert_eq!(
        read("[\n  {\"a\":1},\n  {\"b\":2,\n  {\"c\":3},\n  {\"d\":4}\n]"),
        [
            "1/0 2:3 {\"a\":1}",
            "1/1 3:10! the document ends inside an object, on at 4:3",
            "1/2 4:3 {\"c\":3}",
            "1/3 5:3 {\"d\":4}"
        ]
    );
    assert_eq!(
        read("[{\"a\":1}"),
        ["1/0 1:2 {\"a\":1}", "1 1:9! the document ends inside an array"]
    );
    assert_eq!(
        read("[{\"a\":1},nul,2]"),
        ["1/0 1:2 {\"a\":1}", "1/1 1:13! expected a value, found `,`, on at 1:13", "1/2 1:14 2"]
    );
}

#[test]
fn a_stray_bracket_in_an_array_is_passed_over() {
    for (text, after) in [("[}", ""), ("[5}", ""), ("[5 6}", ""), ("[}, 7]", "7"), ("[5}, 7]", "7")]
    {
        let read = read(text);
        assert!(read.len() <= 4, "{text}: {read:?}");
        assert!(read.iter().any(|item| item.contains('!')), "{text}: {read:?}");
        assert!(read.last().is_some_and(|last| last.ends_with(after)), "{text}: {read:?}");
    }
}

#[test]
fn excerpts_do_not_depend_on_chunks() {
    let long =
        format!("{{\"a\":{}x{}}} \n{{\"b\":2}}}}, ]\n", " ".repeat(60), "\u{e9}".repeat(300));
    for input in [long.as_str(), "<html>\n<body>\n", "[1,,2 3 \"x\"]  \n", "[{\"a\":1},{\"b\":"] {
        let excerpts = |size: usize| {
            let mut capture = Capture::default();
            let mut found = Vec::new();
            for chunk in input.as_bytes().chunks(size).map(Some).chain([None]) {
                match chunk {
                    Some(chunk) => capture.push(chunk),
                    None => capture.finish(),
                }
                while let Some(item) = capture.next() {
                    if let Item::Damage(damage) = item {
                        found.push(format!("{} {}", damage.position, shown(&damage.excerpt)));
                    }
                }
            }
            found
        };
        let whole = excerpts(input.len());
        assert!(!whole.is_empty());
        for size in 1..input.len() {
            assert_eq!(excerpts(size), whole, "in chunks of {size}");
        }
    }
}

#[test]
fn what_is_no_document_does_not_hide_the_next_line() {
    assert_eq!(
        read("GET /2/events {x}\n{\"a\":1}\n"),
        ["1 1:1! expected a value, found `G`, on at 2:1", "2 2:1 {\"a\":1}"]
    );
    assert_eq!(read("{\"a\":1}}}, ]\n{\"b\":2}\n").len(), 3);
}

#[test]
fn an_array_that_is_lost_with_its_element_is_told_once() {
    assert_eq!(
        read("[{\"a\":1},{\"b\":"),
        ["1/0 1:2 {\"a\":1}", "1/1 1:15! the document ends inside an object"]
    );
    assert_eq!(read(&"[".repeat(300)).len(), 1);
}

#[test]
fn damage_knows_how_much_was_not_checked() {
    let mut capture = Capture::default();
    capture.push(b"{\"a\":1}\n{\"b\":x}\n{\"c\":1}");
    capture.finish();
    capture.next();
    let Some(Item::Damage(damage)) = capture.next() else { panic!("line 2 is damaged") };
    assert_eq!((damage.skipped, damage.opened.line, damage.position.offset), (8, 2, 13));
    assert_eq!(damage.excerpt.text, "{\"b\":x}");
    assert_eq!(damage.excerpt.mark, 5..6);
    capture.next();
    assert_eq!((capture.documents(), capture.position().offset), (3, 23));
}

#[test]
fn a_long_damaged_line_is_not_kept() {
    let mut capture = Capture::default();
    capture.push(b"{\"a\":1}\n{\"b\":x");
    let line = vec![b'y'; 1 << 20];
    for _ in 0..64 {
        while capture.next().is_some() {}
        capture.push(&line);
    }
    assert!(capture.buffer.held() < 4 << 20, "{} bytes are held", capture.buffer.held());
    capture.push(b"\n{\"c\":1}");
    capture.finish();
    let Some(Item::Damage(damage)) = capture.next() else { panic!("line 2 is damaged") };
    assert_eq!(damage.skipped, (64 << 20) + 7);
    assert!(matches!(capture.next(), Some(Item::Element(element)) if element.origin.line == 3));
}

#[test]
fn a_long_document_is_read_again_only_when_it_has_doubled() {
    let mut capture = Capture::default();
    capture.push(b"{\"a\":\"");
    let (mut attempts, mut last) = (0, 0);
    for _ in 0..1000 {
        capture.push(&[b'x'; 100]);
        assert!(capture.next().is_none());
        attempts += usize::from(capture.attempted != last);
        last = capture.attempted;
    }
    assert!((1..=12).contains(&attempts), "{attempts} attempts");
}

#[test]
fn brackets_that_nothing_opened_do_not_stop_the_reader() {
    assert_eq!(read("[}]"), ["1/0 1:2! expected a value, found `}`, on at 1:3"]);
    assert_eq!(
        read("[{\"a\":1}}, {\"b\":2}]"),
        [
            "1/0 1:2 {\"a\":1}",
            "1/1 1:9! expected `,` or `]` after an element, found `}`, on at 1:10",
            "1/1 1:12 {\"b\":2}"
        ]
    );
    assert_eq!(read("[{\"a\":1},}]").len(), 2);
    assert_eq!(read(&"}".repeat(200)).len(), 1);
    assert_eq!(read(&format!("[{}{{\"a\":1}}]", ",".repeat(200))).len(), 2);
}

#[test]
fn damage_within_a_line_costs_one_element() {
    let event = |id: &str| {
        format!(
            "{{\"Type\":\"X\",\"EventId\":\"{id}\",\"L\":[{{\"Key\":\"a\"}},{{\"Key\":\"b\"}}]}}"
        )
    };
    for (damage, cut) in [("\"Type", "Type"), ("[{", "[{{"), ("\"}]", "\"}")] {
        let broken = event("2").replacen(damage, cut, 1);
        let array = format!("[{},{broken},{},{}]", event("1"), event("3"), event("4"));
        let found = read(&array);
        let sound: Vec<_> = found.iter().filter(|item| !item.contains('!')).collect();
        assert_eq!(sound.len(), 3, "{array}: {found:?}");
        assert_eq!(found.len(), 4, "{array}: {found:?}");
        let line = format!("{}{broken}{}{}", event("1"), event("3"), event("4"));
        let found = read(&line);
        assert_eq!(found.iter().filter(|item| !item.contains('!')).count(), 3, "{line}: {found:?}");
    }
}

/// The damages in an input that is pushed in chunks of these lengths, and then what is left of it.
fn damages(input: &[u8], lengths: &[usize]) -> Vec<Damage> {
    let mut capture = Capture::default();
    let (mut found, mut rest) = (Vec::new(), input);
    for length in lengths.iter().copied().chain([input.len()]) {
        let (chunk, left) = rest.split_at(length.min(rest.len()));
        rest = left;
        capture.push(chunk);
        found.extend(damages_so_far(&mut capture));
    }
    capture.finish();
    found.extend(damages_so_far(&mut capture));
    found
}

fn damages_so_far(capture: &mut Capture) -> Vec<Damage> {
    let mut found = Vec::new();
    while let Some(item) = capture.next() {
        if let Item::Damage(damage) = item {
            found.push(damage);
        }
    }
    found
}

/// The one damage in an input, which is the same however the input is cut.
fn only_damage(input: &[u8]) -> Damage {
    let whole = damages(input, &[]);
    let [damage] = <[Damage; 1]>::try_from(whole.clone()).expect("there is one damage");
    // Chunks of 60,000 bytes, and some after which the last bytes come one by one.
    let bits = [vec![input.len() - 40], vec![1; 40]].concat();
    let even = [999, 60_000, 1_000_000].map(|size| vec![size; input.len() / size]);
    let doubled = vec![7 << 17, 1 << 18];
    for lengths in even.into_iter().chain([bits, doubled]) {
        assert_eq!(damages(input, &lengths), whole, "{:?}", &lengths[..2]);
    }
    damage
}

const MEBIBYTE: usize = 1 << 20;

#[test]
fn a_fault_stays_what_it_is_when_its_bytes_are_discarded() {
    let deep = only_damage(&vec![b'['; 3 * MEBIBYTE]);
    assert_eq!((deep.kind, deep.position.offset), (FaultKind::TooDeep, 127));
    let unexpected = FaultKind::Unexpected { want: Want::Value, got: b'x' };
    for before in ["", "{}\n"] {
        let input = [before, "{\"b\":x", &"[".repeat(3 * MEBIBYTE)].concat();
        let damage = only_damage(input.as_bytes());
        assert_eq!((damage.kind, damage.position.column), (unexpected, 6));
        assert_eq!(damage.excerpt.text.find('x'), Some(5));
    }
}

#[test]
fn a_document_that_is_cut_before_many_blanks_is_cut() {
    let blanks = " ".repeat(2 * MEBIBYTE);
    for before in ["", "{}\n"] {
        let cut = only_damage([before, "{\"b\":\"x\\u00", &blanks].concat().as_bytes());
        assert_eq!((cut.kind, cut.position.column), (FaultKind::End(Inside::String), 12));
        assert_eq!((cut.excerpt.text.as_str(), cut.excerpt.mark), ("{\"b\":\"x\\u00", 11..11));
        let wrong = [before, "{\"b\":\"x\\u00", &blanks, "!"].concat();
        assert_eq!(only_damage(wrong.as_bytes()).kind, FaultKind::InvalidEscape);
    }
}

/// A document whose fault is at offset 5, and whose brackets are balanced the given number of bytes
/// after it.
fn balanced(length: usize) -> String {
    format!("{{\"a\" {}}}", "1".repeat(length - 1))
}

#[test]
fn the_end_of_a_document_is_looked_for_in_a_mebibyte_and_no_further() {
    for (length, blanks) in [(0, 0), (10, 9), (9, 9)] {
        let document = balanced(MEBIBYTE - length) + &" ".repeat(blanks);
        for after in ["", "!", "{}"] {
            let damage = only_damage([&document, after].concat().as_bytes());
            assert_eq!(damage.position.offset, 5);
            let is_found = after == "{}" && blanks < length;
            assert_eq!(damage.resumed.is_some(), is_found, "{length} {blanks} {after}");
        }
    }
}

#[test]
fn a_number_is_out_of_range_when_it_is_whole() {
    let digits = "1".repeat(400);
    assert_eq!(read(&format!("{{\"a\":{digits}e-300}}")).len(), 1);
    let sound = format!("{{\"b\":{digits}e-300}}");
    let found = read(&format!("{{\"a\":{digits}\n{sound}\n"));
    assert!(found[0].starts_with("1 1:6! this number is beyond the range"), "{found:?}");
    assert_eq!(found[1], format!("2 2:1 {sound}"));
    let found = read(&format!("{{\"a\":{digits}"));
    assert_eq!(found, ["1 1:6! this number is beyond the range of a 64-bit float"]);
}
