//! Breaks a rule in an event that was written just now: the last bytes of a text.

use std::ops::Range;

use super::{
    defect::Rule,
    settings::{Framing, Version},
    text::below,
};

/// Where a defect was planted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// The place that a validator must name.
    pub(super) at: usize,
    /// The way to it from the event.
    pub(super) pointer: String,
}

/// A member of an event: the places of its name with quotes, and of its value.
#[derive(Clone, Debug)]
struct Member {
    name: Range<usize>,
    value: Range<usize>,
}

/// An event at the end of a text.
pub(super) struct Event<'e> {
    text: &'e mut Vec<u8>,
    start: usize,
}

impl<'e> Event<'e> {
    /// The event that begins at `start`.
    pub(super) fn at(text: &'e mut Vec<u8>, start: usize) -> Self {
        Self { text, start }
    }

    /// Breaks a rule; `bits` chooses among several ways.
    ///
    /// Rules about other events are broken by what is written, or by the methods below.
    pub(super) fn plant(&mut self, rule: Rule, version: Version, bits: u64) -> Spot {
        match rule {
            Rule::DuplicateKey => self.repeat(&["Device", "EventId", "Type"], bits),
            Rule::MissingProperty => {
                self.remove("Device");
                self.whole()
            }
            Rule::MissingVersion => {
                self.remove("Version");
                self.whole()
            }
            Rule::UnknownProperty => self.add(b"\"Temperature\":\"21\""),
            Rule::VersionBeforeV3 => self.add(b"\"Version\":2"),
            Rule::PropertyAddedLater => self.add(b"\"Alias\":\"Caf\\u00e9\""),
            Rule::WrongType => {
                let value: &[u8] = if bits.is_multiple_of(2) { b"17" } else { b"null" };
                self.set("Device", value)
            }
            Rule::BadFormat => match bits % 3 {
                0 => self.edit("EventTime", |value| {
                    value.remove(value.len() - 2);
                }),
                1 => self.edit("EventTime", |value| value[11] = b' '),
                _ => self.edit("EventId", |value| {
                    value.remove(3);
                }),
            },
            Rule::ValueNotAllowed => self.set("Region", b"\"Europe\""),
            Rule::ConstraintViolated => self.edit("Device", |value| value.insert(1, b'/')),
            Rule::UnknownEventType => self.set("Type", b"\"DoorOpenedEvent\""),
            Rule::EventRemoved if bits.is_multiple_of(2) => {
                self.set("Type", b"\"DeviceFailureEvent\"")
            }
            Rule::EventRemoved => self.set("Type", b"\"DeviceRestoreEvent\""),
            Rule::EventTypeCase => self.edit("Type", |value| value[1].make_ascii_lowercase()),
            Rule::UnexpectedVersion => self.set("Version", b"3"),
            Rule::PropertyRenamed if version == Version::V2 => self.rename("URI", b"\"Uri\""),
            Rule::PropertyRenamed => self.rename("Device", b"\"LogicalDeviceId\""),
            Rule::UriVersionMismatch => {
                self.edit("URI", |value| value[2] = if value[2] == b'2' { b'3' } else { b'2' })
            }
            Rule::FractionalSeconds => self.edit("EventTime", |value| {
                value.splice(20..20, *b".125");
            }),
            Rule::CommandMismatch => {
                let is_reset = self.value("CommandName").starts_with(b"\"Reset");
                let other: &[u8] =
                    if is_reset { b"\"GetEPCListCommand\"" } else { b"\"ResetCommand\"" };
                self.set("CommandName", other)
            }
            Rule::DuplicateEpc => self.repeat_tag(),
            Rule::EpcAddedAndRemoved => self.move_tag(),
            Rule::CommandReplaced | Rule::CommandRemoved => self.value_of("CommandName"),
            Rule::CompletionWithoutQueued | Rule::QueuedWithoutCompletion => {
                self.value_of("CommandId")
            }
            Rule::ReceivedBeforeEvent => self.value_of("ReceivedTime"),
            Rule::ConflictingRedelivery | Rule::DuplicateEventId => self.value_of("EventId"),
            Rule::EventsOutOfOrder => self.value_of("EventTime"),
            Rule::EventAddedLater | Rule::EventReplaced => self.value_of("Type"),
            _ => self.whole(),
        }
    }

    /// Makes something of the event that cannot be read; `open` is how many brackets are open
    /// around it.
    pub(super) fn damage(&mut self, rule: Rule, framing: Framing, bits: u64) -> usize {
        let members = self.members();
        let some = members[1 + below(bits >> 8, members.len() - 1)].clone();
        match rule {
            Rule::InvalidUtf8 => {
                let value = self.member("Type").value;
                let at = value.start + 1 + below(bits >> 16, 5);
                self.text.insert(at, 0xFF);
                at
            }
            Rule::TooDeep => {
                const LEVELS: usize = 200;
                // Objects and arrays nest at most 127 levels.
                let open = match framing {
                    Framing::Lines => 1,
                    Framing::Array => 2,
                    _ => 3,
                };
                let deep = [[b'['; LEVELS], [b']'; LEVELS]].concat();
                let at = some.value.start;
                self.text.splice(some.value, deep);
                at + 127 - open
            }
            Rule::Truncated => {
                let length = self.text.len() - self.start;
                let mut at = self.start + 2 + below(bits >> 16, length - 2);
                // Not within a character, and not behind a blank, which might as well be behind the cut.
                while self.text[at] & 0b1100_0000 == 0b1000_0000 || self.text[at - 1] == b' ' {
                    at -= 1;
                }
                self.text.truncate(at);
                at
            }
            _ => match bits % 3 {
                // No comma between two members.
                0 => {
                    self.text.remove(some.name.start - 1);
                    some.name.start - 1
                }
                // As Python prints it.
                1 => {
                    self.text.splice(some.value.clone(), *b"None");
                    some.value.start
                }
                // A comma behind the last member.
                _ => {
                    let at = self.text.len();
                    self.text.insert(at - 1, b',');
                    at
                }
            },
        }
    }

    /// Gives the event another id.
    pub(super) fn set_id(&mut self, id: &[u8]) {
        self.edit("EventId", |value| {
            value.truncate(1);
            value.extend_from_slice(id);
            value.push(b'"');
        });
    }

    /// Gives the event another device, that no other event has.
    pub(super) fn rename_device(&mut self) {
        self.edit("Device", |value| {
            value.splice(1..1, *b"Other-");
        });
    }

    /// Gives the event another time.
    pub(super) fn set_time(&mut self, name: &str, time: &[u8]) {
        self.edit(name, |value| {
            value.splice(1..value.len() - 1, time.iter().copied());
        });
    }

    /// The text of a string, without its quotes; nothing if the event does not have it.
    pub(super) fn string(&self, name: &str) -> Option<String> {
        let member = self.find(name)?;
        let text = std::str::from_utf8(&self.text[member.value]).ok()?;
        Some(text.trim_matches('"').to_owned())
    }

    fn whole(&self) -> Spot {
        Spot { at: self.start, pointer: String::new() }
    }

    fn value(&self, name: &str) -> &[u8] {
        &self.text[self.member(name).value]
    }

    fn value_of(&self, name: &str) -> Spot {
        Spot { at: self.member(name).value.start, pointer: format!("/{name}") }
    }

    fn set(&mut self, name: &str, value: &[u8]) -> Spot {
        let place = self.member(name).value;
        self.text.splice(place, value.iter().copied());
        self.value_of(name)
    }

    fn edit(&mut self, name: &str, edit: impl FnOnce(&mut Vec<u8>)) -> Spot {
        let mut value = self.value(name).to_owned();
        edit(&mut value);
        self.set(name, &value)
    }

    fn rename(&mut self, name: &str, other: &[u8]) -> Spot {
        let place = self.member(name).name;
        let at = place.start;
        self.text.splice(place, other.iter().copied());
        Spot { at, pointer: format!("/{}", String::from_utf8_lossy(other).trim_matches('"')) }
    }

    fn remove(&mut self, name: &str) {
        let Member { name, value } = self.member(name);
        if self.text[value.end] == b',' {
            self.text.drain(name.start..=value.end);
        } else {
            self.text.drain(name.start - 1..value.end);
        }
    }

    /// Adds a member at the end.
    fn add(&mut self, member: &[u8]) -> Spot {
        self.text.pop();
        self.text.push(b',');
        let at = self.text.len();
        self.text.extend_from_slice(member);
        self.text.push(b'}');
        let name = member[1..].split(|byte| *byte == b'"').next().unwrap_or_default();
        Spot { at, pointer: format!("/{}", String::from_utf8_lossy(name)) }
    }

    /// Gives a member twice.
    fn repeat(&mut self, names: &[&str], bits: u64) -> Spot {
        let name = names[below(bits, names.len())];
        let Member { name: place, value } = self.member(name);
        let copy = self.text[place.start..value.end].to_owned();
        let at = value.end + 1;
        self.text.splice(value.end..value.end, [b","[..].to_owned(), copy].concat());
        Spot { at, pointer: format!("/{name}") }
    }

    /// Gives the last tag of a list twice.
    fn repeat_tag(&mut self) -> Spot {
        let name = if self.find("Observe").is_some() { "Observe" } else { "Adds" };
        let list = self.filled(name);
        let tags = self.tags(&list);
        let place = tags.last().expect("a tag was put in").clone();
        let copy = [b",", &self.text[place.clone()]].concat();
        self.text.splice(place.end..place.end, copy);
        Spot { at: place.end + 1, pointer: format!("/{name}/{}", tags.len()) }
    }

    /// Lets a tag that was added be removed too.
    fn move_tag(&mut self) -> Spot {
        let adds = self.filled("Adds");
        let tag = self.tags(&adds)[0].clone();
        let mut copy = self.text[tag].to_owned();
        let removes = self.member("Removes").value;
        let count = self.tags(&removes).len();
        if 0 < count {
            copy.insert(0, b',');
        }
        let at = removes.end - 1;
        self.text.splice(at..at, copy);
        Spot { at: at + usize::from(0 < count), pointer: format!("/Removes/{count}") }
    }

    /// A list of tags with at least one.
    fn filled(&mut self, name: &str) -> Range<usize> {
        let list = self.member(name).value;
        if list.len() == 2 {
            let at = list.start + 1;
            self.text.splice(at..at, *b"\"AD4424044148C57A5C0000B0\"");
        }
        self.member(name).value
    }

    /// The places of the tags of a list.
    fn tags(&self, list: &Range<usize>) -> Vec<Range<usize>> {
        let mut tags = Vec::new();
        let mut at = list.start + 1;
        while self.text[at] == b'"' {
            let end = string_end(self.text, at);
            tags.push(at..end);
            at = end + 1;
        }
        tags
    }

    fn member(&self, name: &str) -> Member {
        self.find(name).expect("the type of event has the member")
    }

    fn find(&self, name: &str) -> Option<Member> {
        let is_it = |member: &Member| {
            let written = &self.text[member.name.start + 1..member.name.end - 1];
            written == name.as_bytes()
        };
        self.members().into_iter().find(is_it)
    }

    /// The members of the event, which is as this crate writes it: without white space.
    fn members(&self) -> Vec<Member> {
        let mut members = Vec::new();
        let mut at = self.start;
        while self.text[at] != b'}' {
            let name = at + 1..string_end(self.text, at + 1);
            let value = name.end + 1..value_end(self.text, name.end + 1);
            at = value.end;
            members.push(Member { name, value });
        }
        members
    }
}

/// Where a string ends that begins with a quote at `at`.
fn string_end(text: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while text[at] != b'"' {
        at += 1 + usize::from(text[at] == b'\\');
    }
    at + 1
}

/// Where a value ends that is followed by a comma or a bracket.
fn value_end(text: &[u8], at: usize) -> usize {
    let mut at = at;
    let mut depth = 0;
    loop {
        match text[at] {
            b'"' => at = string_end(text, at) - 1,
            b'[' | b'{' => depth += 1,
            b',' | b']' | b'}' if depth == 0 => return at,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"[{"Adds":["A"],"Removes":["B"],"Device":"D\"","Type":"AggregateEvent","EventId":"abcdef","EventTime":"2018-05-19T06:14:30Z","Version":2}"#;

    fn planted(rule: Rule) -> (String, Spot) {
        let mut text = EVENT.as_bytes().to_owned();
        let spot = Event::at(&mut text, 1).plant(rule, Version::V3, 0);
        (String::from_utf8(text).unwrap(), spot)
    }

    #[test]
    fn defects_are_where_they_are_said_to_be() {
        for (rule, at, pointer) in [
            (Rule::MissingVersion, r#"{"Adds""#, ""),
            (Rule::UnknownProperty, r#""Temperature":"21"}"#, "/Temperature"),
            (Rule::WrongType, r#"17,"Type""#, "/Device"),
            (Rule::DuplicateKey, r#""Device":"D\"","Type""#, "/Device"),
            (Rule::DuplicateEpc, r#""A"],"Removes""#, "/Adds/1"),
            (Rule::EpcAddedAndRemoved, r#""A"],"Device""#, "/Removes/1"),
            (Rule::BadFormat, r#""2018-05-19T06:14:30","Version""#, "/EventTime"),
            (Rule::FractionalSeconds, r#""2018-05-19T06:14:30.125Z""#, "/EventTime"),
            (Rule::EventTypeCase, r#""aggregateEvent""#, "/Type"),
        ] {
            let (text, spot) = planted(rule);
            assert!(text[spot.at..].starts_with(at), "{rule:?}: {}", &text[spot.at..]);
            assert_eq!(spot.pointer, pointer, "{rule:?}");
        }
        assert!(planted(Rule::MissingVersion).0.ends_with("30Z\"}"));
    }
}
