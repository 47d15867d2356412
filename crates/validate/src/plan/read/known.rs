//! Members that are written as those of events before them were: found by the text between values.
//!
//! This is the way that nearly all members take. It reads a text up to the start of a value, and then
//! the value by its check; where either is not as usual, it stops after the last value, and the
//! member is read by its name. What is then read is learned.

use contrail_model::{GUID_LENGTH, GuidNumber, INSTANT_LENGTH, ShapeId, Shapes, string_ends};

use super::{
    Pass, Role,
    event::{Members, Shape},
};
use crate::{
    content::{self, SHORT},
    plan::{
        Plan,
        compile::{Check, Length, Text},
    },
};

/// How events are written that were read by one plan.
#[derive(Debug, Default)]
pub(super) struct KnownEvents {
    shapes: Shapes<Step>,
    /// By the number of a place in the shapes: what is known of events that lead there.
    prefixes: Vec<Prefix>,
}

/// What a text leads to: the value of a property, or the end of the event.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// The hash of the property's name.
    name: u64,
    /// What constants in the text add to the sum of the hashes of the members.
    constants: u64,
    property: u8,
}

/// No property has this number: the event ends.
const END: u8 = u8::MAX;

/// What the texts up to a place say, values apart.
#[derive(Clone, Copy, Debug, Default)]
struct Prefix {
    mask: u128,
    type_number: Option<usize>,
    own_version: Option<u64>,
    members: u32,
    has_blanks: bool,
    is_judged: bool,
}

impl KnownEvents {
    /// Forgets all that was learned if there is no room for more.
    pub(super) fn forget_if_full(&mut self) {
        if self.shapes.forget_if_full() {
            self.prefixes.clear();
        }
    }

    fn learn(&mut self, text: &[u8], step: Step, members: &Members<'_>) -> Option<ShapeId> {
        let from = members.shape.place?;
        let (id, is_new) = self.shapes.add(from, text, step)?;
        if is_new {
            let before = self.prefix(from);
            self.prefixes.resize(id.index() + 1, Prefix::default());
            self.prefixes[id.index()] = Prefix {
                mask: members.mask,
                type_number: members.type_number,
                own_version: members.own_version,
                members: members.shape.members,
                // In the text of a constant it is not white space, but then nothing is lost.
                has_blanks: before.has_blanks || text.iter().any(|byte| *byte <= b' '),
                is_judged: false,
            };
        }
        Some(id)
    }

    fn prefix(&self, place: ShapeId) -> Prefix {
        self.prefixes.get(place.index()).copied().unwrap_or_default()
    }
}

impl<'b> Pass<'_, 'b> {
    /// Reads members as far as their shape is known; says whether that was all of the event.
    #[inline]
    pub(super) fn known_members(&mut self, members: &mut Members<'b>) -> bool {
        // After a constant, the text that leads to the next value began before the constant, and must be
        // learned first.
        let is_behind_value = self.lexer.at() == members.shape.text_start;
        let Some(from) = members.shape.place.filter(|_| is_behind_value) else { return false };
        let (plan, bytes) = (self.plan, self.lexer.bytes());
        let (mut at, mut place) = (members.shape.text_start, from);
        let is_closed = loop {
            let shapes = &self.reader.known[plan.place].shapes;
            let Some((next, value_start, step)) = shapes.follow(place, bytes, at) else {
                break false;
            };
            let Step { name, constants, property } = *step;
            let hash = if property == END {
                at = value_start;
                0
            } else {
                let Some((end, value)) = self.known_value(plan, property, value_start, members)
                else {
                    break false;
                };
                at = end;
                content::of_member(name, value)
            };
            members.content = members.content.wrapping_add(constants).wrapping_add(hash);
            place = next;
            if property == END {
                break true;
            }
        };
        self.lexer.move_to(at);
        if place != from {
            self.adopt(place, members);
            members.shape.text_start = at;
        }
        is_closed
    }

    /// Takes over what is known of all events that lead to a place.
    #[inline]
    fn adopt(&mut self, place: ShapeId, members: &mut Members<'b>) {
        let prefix = &self.reader.known[self.plan.place].prefixes[place.index()];
        self.reader.members.known += u64::from(prefix.members - members.shape.members);
        members.shape.members = prefix.members;
        members.mask = prefix.mask;
        members.type_number = prefix.type_number;
        members.own_version = prefix.own_version;
        members.shape.place = Some(place);
        members.shape.constants = 0;
        members.shape.is_judged = prefix.is_judged;
        self.has_blanks |= prefix.has_blanks;
    }

    /// Reads a value by the check of its property; gives the offset after it, and its hash.
    #[inline(always)]
    fn known_value(
        &mut self,
        plan: &Plan,
        property: u8,
        at: usize,
        members: &mut Members<'b>,
    ) -> Option<(usize, u64)> {
        let bytes = self.lexer.bytes();
        let (check, role) =
            (&plan.checks[usize::from(property)], plan.roles[usize::from(property)]);
        let Check::Text(text) = check else {
            self.lexer.move_to(at);
            let hash = match (role, check) {
                (Role::Changed | Role::Observed, Check::List(list)) => self.tags(list, role)?,
                _ => self.value(check)?,
            };
            return Some((self.lexer.at(), hash));
        };
        match text {
            Text::Guid => self.known_guid(role, at, members),
            Text::Instant => self.known_instant(role, at, members),
            text => {
                let Some((end, hash)) = known_text(text, bytes, at) else {
                    return self.known_escaped(text, role, at);
                };
                match role {
                    Role::Device => members.device = Some(hash),
                    Role::CommandName => members.command_name = Some((&bytes[at..end], hash)),
                    Role::Uri => members.uri = Some(&bytes[at..end]),
                    _ => {}
                }
                Some((end + 1, hash))
            }
        }
    }

    /// Reads a string with escapes, from its first character on.
    #[cold]
    fn known_escaped(&mut self, text: &Text, role: Role, at: usize) -> Option<(usize, u64)> {
        // Values that rules look at are left to the slow path if they have escapes.
        (role == Role::None).then_some(())?;
        self.lexer.move_to(at - 1);
        let hash = self.text(text)?;
        Some((self.lexer.at(), hash))
    }

    #[inline(always)]
    fn known_guid(
        &mut self,
        role: Role,
        at: usize,
        members: &mut Members<'b>,
    ) -> Option<(usize, u64)> {
        let text = self.lexer.bytes().get(at..)?.first_chunk::<{ GUID_LENGTH + 1 }>()?;
        let guid = GuidNumber::read(text).filter(|_| text[GUID_LENGTH] == b'"')?;
        match role {
            Role::Id => (members.id, members.id_at) = (Some(guid.number), at),
            Role::CommandId => {
                (members.command_id, members.command_id_at) = (Some(guid.number), at);
            }
            _ => {}
        }
        Some((at + text.len(), content::of_guid(guid, &text[..GUID_LENGTH])))
    }

    #[inline(always)]
    fn known_instant(
        &mut self,
        role: Role,
        at: usize,
        members: &mut Members<'b>,
    ) -> Option<(usize, u64)> {
        let text = self.lexer.bytes().get(at..)?.first_chunk::<{ INSTANT_LENGTH + 1 }>()?;
        let inner = text.first_chunk().expect("it is longer");
        let number = self.reader.instants.read(inner).filter(|_| text[INSTANT_LENGTH] == b'"')?;
        match role {
            Role::Occurred => members.occurred = Some(number),
            Role::Received => members.received = Some(number),
            _ => {}
        }
        Some((at + text.len(), content::of_instant(number)))
    }

    /// Remembers what led to a member that was read by its name.
    #[cold]
    pub(super) fn learn_member(
        &mut self,
        number: usize,
        hash: u64,
        value_start: usize,
        members: &mut Members<'b>,
    ) {
        let (check, role) = (&self.plan.checks[number], self.plan.roles[number]);
        if matches!(role, Role::Type | Role::Version) {
            members.shape.constants = members.shape.constants.wrapping_add(hash);
            return;
        }
        let text_end = value_start + usize::from(matches!(check, Check::Text(_)));
        let property = u8::try_from(number).expect("a mask has 128 bits");
        let place = can_be_known(check, role).then_some(Step {
            name: self.plan.names.get(number).hash,
            constants: members.shape.constants,
            property,
        });
        let place = place.and_then(|step| self.learn(text_end, step, members));
        let text_start = self.lexer.at();
        members.shape = Shape { place, text_start, constants: 0, ..members.shape };
    }

    /// Remembers how an event ends whose closing brace was just read.
    #[cold]
    pub(super) fn learn_end(&mut self, members: &mut Members<'b>) {
        let step = Step { name: 0, constants: members.shape.constants, property: END };
        members.shape.place = self.learn(self.lexer.at(), step, members);
    }

    fn learn(&mut self, text_end: usize, step: Step, members: &Members<'b>) -> Option<ShapeId> {
        let text = self.lexer.bytes().get(members.shape.text_start..text_end)?;
        self.reader.known[self.plan.place].learn(text, step, members)
    }

    /// Remembers that events of this shape are sound but for what their values decide.
    #[inline]
    pub(super) fn learn_judgement(&mut self, members: &Members<'b>) {
        if let Some(place) = members.shape.place.filter(|_| !members.shape.is_judged) {
            self.reader.known[self.plan.place].prefixes[place.index()].is_judged = true;
        }
    }
}

/// Whether values of the check can be read without a look at the name.
fn can_be_known(check: &Check, role: Role) -> bool {
    match role {
        Role::Type | Role::Version => false,
        Role::Id | Role::CommandId => matches!(check, Check::Text(Text::Guid)),
        Role::Occurred | Role::Received => matches!(check, Check::Text(Text::Instant)),
        Role::Device | Role::CommandName | Role::Uri => {
            matches!(check, Check::Text(Text::Known(_) | Text::Free(_) | Text::Of(..)))
        }
        Role::Changed | Role::Observed => matches!(check, Check::List(_)),
        Role::None => true,
    }
}

/// Reads a string without escapes from its first character on; gives the offset of its closing quote,
/// and its hash.
#[inline(always)]
fn known_text(text: &Text, bytes: &[u8], at: usize) -> Option<(usize, u64)> {
    let (end, hash) = plain_text(bytes, at)?;
    let inner = bytes.get(at..end)?;
    let fits = |length: &Length| length.least == 0 && inner.len() <= length.most;
    let is_of = match text {
        Text::Free(length) => fits(length),
        Text::Of(alphabet, length) => {
            fits(length) && inner.iter().all(|byte| alphabet[usize::from(*byte)])
        }
        Text::Known(known) => known.iter().any(|known| **known == *inner),
        Text::Guid | Text::Instant => false,
    };
    is_of.then_some((end, hash))
}

#[inline(always)]
pub(super) fn plain_text(bytes: &[u8], at: usize) -> Option<(usize, u64)> {
    let front: &[u8; SHORT] = bytes.get(at..)?.first_chunk()?;
    let ends = string_ends(front);
    if ends == 0 {
        return long_text(bytes, at);
    }
    let length = ends.trailing_zeros() as usize % SHORT;
    if front[length] != b'"' {
        return None;
    }
    let hash = if length == INSTANT_LENGTH {
        content::of_string(&front[..length])
    } else {
        let masks = &MASKS[length];
        let words = content::words(front);
        content::of_short_text(std::array::from_fn(|at| words[at] & masks[at]), length)
    };
    Some((at + length, hash))
}

#[inline(never)]
fn long_text(bytes: &[u8], at: usize) -> Option<(usize, u64)> {
    let mut end = at + SHORT;
    loop {
        let ends = string_ends(bytes.get(end..)?.first_chunk()?);
        if ends != 0 {
            end += ends.trailing_zeros() as usize;
            return (bytes[end] == b'"').then(|| (end, content::of_string(&bytes[at..end])));
        }
        end += SHORT;
    }
}

/// For each length of a text, the bits of its words.
static MASKS: [[u64; 4]; SHORT] = {
    let mut masks = [[0; 4]; SHORT];
    let mut length = 0;
    while length < SHORT {
        let mut at = 0;
        while at < length {
            masks[length][at / 8] |= 0xFF << (8 * (at % 8));
            at += 1;
        }
        length += 1;
    }
    masks
};
