use super::*;
use crate::{Kind, Node, Tree};

const HEARTBEAT: &str = r#"{"Device":"Ward 3, \"A\"","ReceivedTime":"2018-05-19T06:00:02Z","Type":"HeartbeatEvent","EventId":"35088b44-7f15-48f0-8dbf-743d2868ffff","EventTime":"2018-05-19T06:00:01.25Z","Version":2}"#;
const LOG: &str = r#"{"LogEntries":[{"Level":"Error","Message":"AC power was lost\r\n","LogTime":"2018-05-19T06:00:02Z"},{"Level":"Debug","Message":"é","LogTime":"2018-05-19T06:00:03Z","X":{"LogTime":"2018-05-19T06:00:04Z"}}],"Device":"D","Type":"LogEntryEvent","EventId":"1","EventTime":"2018-05-19T06:00:02Z","Version":12.5e1,"N":null,"E":{},"L":[]}"#;
const TAGS: &str = r#"{ "Adds" : ["AD442404414973F054000000", "AD442404414973A9D34A7C15"] ,"Removes":[],"Device":7,"EventTime":"2018-02-30T00:00:00Z","ReceivedTime": "2016-12-31T23:59:60.5Z","Type":"AggregateEvent","EventId":null,"Flag":true}"#;

fn batch() -> String {
    format!(
        "{{\"BatchId\":\"b\",\"Count\":3,\"Events\":[\n  {HEARTBEAT},\n  {LOG}, {TAGS}\n],\"Next\":[1,2]}}"
    )
}

fn pretty(text: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    serde_json::to_string_pretty(&value).unwrap()
}

fn skimmer(by_received: bool) -> Skimmer {
    Skimmer::new(SkimOptions { by_received, instants: true })
}

/// All that a skimmer says of an event, as text.
fn shown(skimmer: &Skimmer, bytes: &[u8]) -> Vec<String> {
    let show = |event: &SkimmedEvent| {
        let text = &bytes[event.range.range()];
        let part = |span: Option<Span>| {
            span.map(|span| String::from_utf8_lossy(&text[span.range()]).into_owned())
        };
        let parts = [event.type_name, event.device, event.id, event.version].map(part);
        let instants = skimmer.instants(event).iter().map(|instant| {
            let range = instant.span.range();
            format!("{range:?} {:?} {}", instant.time, instant.is_received)
        });
        let instants: Vec<_> = instants.collect();
        format!("{:?} {:?} {parts:?} {instants:?}", event.range.range(), event.time)
    };
    skimmer.events().iter().map(show).collect()
}

/// The same by a tree. `None` if an event has no time.
fn expected(bytes: &[u8], by_received: bool) -> Option<(usize, DocumentKind, Vec<String>)> {
    let mut tree = Tree::default();
    let length = tree.parse(bytes, 0).ok()?;
    let root = tree.root(std::str::from_utf8(&bytes[..length]).unwrap());
    let kind = DocumentKind::of(root);
    let events: Vec<_> = match kind {
        DocumentKind::Event => vec![root],
        DocumentKind::Batch => root.get("Events")?.elements().collect(),
        _ => return None,
    };
    let shown: Option<Vec<_>> =
        events.into_iter().map(|event| expected_of(event, by_received)).collect();
    Some((length, kind, shown?))
}

fn expected_of(event: Node<'_>, by_received: bool) -> Option<String> {
    let string = |name: &str| {
        let node = event.get(name).filter(|node| node.kind() == Kind::String)?;
        Some(node.raw()[1..node.raw().len() - 1].to_owned())
    };
    let number = |node: Node<'_>| node.as_number().map(str::to_owned);
    let parts = [
        string("Type"),
        string("Device"),
        string("EventId"),
        event.get("Version").and_then(number),
    ];
    let time = |name: &str| Timestamp::parse(&event.get(name)?.as_str()?);
    let received = time("ReceivedTime").filter(|_| by_received);
    let mut instants = Vec::new();
    add_instants(event, event.span().start, &mut instants);
    let time = received.or_else(|| time("EventTime"))?;
    Some(format!("{:?} {time:?} {parts:?} {instants:?}", event.span()))
}

fn add_instants(node: Node<'_>, start: usize, instants: &mut Vec<String>) {
    for member in node.members() {
        match member.value.kind() {
            Kind::String if TIME_PROPERTIES.iter().any(|name| member.name.is_str(name)) => {
                let (span, raw) = (member.value.span(), member.value.raw());
                if let Some(time) = Timestamp::parse(&raw[1..raw.len() - 1]) {
                    let range = span.start + 1 - start..span.end - 1 - start;
                    let is_received = member.name.is_str("ReceivedTime");
                    instants.push(format!("{range:?} {time:?} {is_received}"));
                }
            }
            Kind::Object => add_instants(member.value, start, instants),
            Kind::Array => {
                member.value.elements().for_each(|it| add_instants(it, start, instants));
            }
            _ => {}
        }
    }
}

/// Whether the document was known; then all is as a tree has it.
fn is_known(skimmer: &mut Skimmer, bytes: &[u8], by_received: bool) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Glance::Known { length, kind, one_line } = skimmer.read(bytes) else { return false };
    let is_one_line = !bytes[..length].contains(&b'\n');
    let characters = std::str::from_utf8(&bytes[..length]).expect("it is UTF-8").chars().count();
    assert_eq!(one_line, is_one_line.then_some(characters), "{text}");
    let found = (length, kind, shown(skimmer, bytes));
    assert_eq!(Some(found), expected(bytes, by_received), "{text}");
    true
}

fn documents() -> Vec<String> {
    let documents = [HEARTBEAT, LOG, TAGS, &batch()].map(str::to_owned);
    let pretty = documents.each_ref().map(|text| pretty(text));
    documents.into_iter().chain(pretty).collect()
}

#[test]
fn what_is_read_is_what_a_tree_reads_however_often_it_was_seen() {
    for by_received in [false, true] {
        let mut skimmer = skimmer(by_received);
        for document in documents().iter().cycle().take(40) {
            for end in ["", "\n", " ", ",{}", &" ".repeat(100)] {
                let is_wanted = by_received || !document.contains("2018-02-30");
                let bytes = format!("{document}{end}");
                assert_eq!(is_known(&mut skimmer, bytes.as_bytes(), by_received), is_wanted);
            }
        }
    }
}

/// Each document with one byte more, less or another one, by skimmers that know how it is written.
#[test]
fn damage_is_never_taken_for_what_is_known() {
    let mut skimmer = skimmer(true);
    for document in documents() {
        let bytes = [document.as_bytes(), &[b' '; 100]].concat();
        assert!(is_known(&mut skimmer, &bytes, true));
        let mut known = 0;
        for at in 0..document.len() {
            for byte in *b"\"\\{}[]:,0-eZ \n\x00\xff" {
                let [mut changed, mut longer] = [bytes.clone(), bytes.clone()];
                changed[at] = byte;
                longer.insert(at, byte);
                known += usize::from(is_known(&mut skimmer, &changed, true));
                known += usize::from(is_known(&mut skimmer, &longer, true));
            }
            let mut shorter = bytes.clone();
            shorter.remove(at);
            known += usize::from(is_known(&mut skimmer, &shorter, true));
        }
        assert!(known > document.len(), "{known} of {}", document.len());
    }
}

#[test]
fn a_piece_of_a_document_is_unfinished() {
    let mut skimmer = skimmer(true);
    for document in documents() {
        skimmer.read(format!("{document}{:100}", "").as_bytes());
        for end in 1..document.len() {
            let piece = &document.as_bytes()[..end];
            // Within a character, or a number or literal, more may be known by a tree alone.
            assert_ne!(
                skimmer.read(piece),
                Glance::Known { length: end, kind: DocumentKind::Event, one_line: Some(end) }
            );
            if matches!(piece[end - 1], b'"' | b',' | b':' | b'{' | b'[') {
                assert_eq!(skimmer.read(piece), Glance::Unfinished, "{}", &document[..end]);
            }
        }
    }
}

#[test]
fn what_is_unusual_is_left_to_the_tree() {
    let time = r#""EventTime":"2018-05-19T06:00:01Z""#;
    let nested = format!("{}1{}", r#"{"a":"#.repeat(MOST_DEPTH), "}".repeat(MOST_DEPTH));
    for document in [
        format!("{{{time},{time}}}"),
        format!(r#"{{{time},"A":{{"B":1,"B":2}}}}"#),
        format!(r#"{{{time},"\u0041":1}}"#),
        r#"{"EventTime":"2018-05-19T06:00:0\u0031Z"}"#.to_owned(),
        format!(r#"{{{time},"A":[[1]]}}"#),
        format!(r#"{{{time},"A":{nested}}}"#),
        r#"{"Type":"T"}"#.to_owned(),
        format!(r#"{{{time},"Count":1}}"#),
        format!(r#"{{"Count":1,{time}}}"#),
        r#"{"Count":1}"#.to_owned(),
        r#"{"Events":[1]}"#.to_owned(),
        r#"{"Events":[{}]}"#.to_owned(),
        r#"{"a":1}"#.to_owned(),
        "[1]".to_owned(),
        "{,}".to_owned(),
    ] {
        let mut skimmer = skimmer(true);
        for _ in 0..3 {
            assert_eq!(
                skimmer.read(format!("{document}{:100}", "").as_bytes()),
                Glance::Unknown,
                "{document}"
            );
        }
    }
}

#[test]
fn what_stands_in_a_value_is_not_what_stands_after_it() {
    let mut skimmer = skimmer(true);
    let time = r#""EventTime":"2018-05-19T06:00:01Z""#;
    for sound in [
        format!(r#"{{"A":[{{"B":"x"}}],{time}}}"#),
        format!(r#"{{"A":[],{time}}}"#),
        format!(r#"{{"A":[{{}}],{time}}}"#),
    ] {
        assert!(is_known(&mut skimmer, format!("{sound}{:100}", "").as_bytes(), true));
    }
    for damaged in [
        format!(r#"{{"A":[{{"B":"x"}}]"B":"x",{time}}}"#),
        format!(r#"{{"A":[{{,{time}}}],{time}}}"#),
    ] {
        assert_eq!(skimmer.read(format!("{damaged}{:100}", "").as_bytes()), Glance::Unknown);
    }
}

#[test]
fn members_of_usual_events_are_found_by_the_text_before_them() {
    let mut skimmer = skimmer(true);
    let line = format!("{LOG}\n{:100}", "");
    skimmer.read(line.as_bytes());
    let learned = skimmer.members.len();
    for _ in 0..3 {
        skimmer.read(line.as_bytes());
        assert!(skimmer.names.is_empty(), "no name is read");
    }
    assert_eq!(skimmer.members.len(), learned);
}
