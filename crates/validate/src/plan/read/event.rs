//! One pass over the members of an event.

use contrail_model::ShapeId;

use super::{Name, Pass, Role, values::as_text};
use crate::{
    content,
    event::is_slip_for_version,
    plan::compile::{Check, List, Number, Text},
    recording::key,
};

/// The most members of an event that no schema names. Those with more are left to others.
const MOST_UNKNOWN: usize = 16;

/// What was read of the members of an event.
#[derive(Default)]
pub(super) struct Members<'b> {
    /// A bit for each property.
    pub(super) mask: u128,
    /// The sum of their hashes.
    pub(super) content: u64,
    pub(super) type_number: Option<usize>,
    pub(super) id: Option<u128>,
    /// Where the text of the id begins.
    pub(super) id_at: usize,
    pub(super) occurred: Option<i64>,
    pub(super) received: Option<i64>,
    pub(super) own_version: Option<u64>,
    pub(super) device: Option<u64>,
    pub(super) command_id: Option<u128>,
    pub(super) command_id_at: usize,
    pub(super) command_name: Option<(&'b [u8], u64)>,
    pub(super) uri: Option<&'b [u8]>,
    pub(super) shape: Shape,
}

/// How the members so far are written.
#[derive(Clone, Copy, Default)]
pub(super) struct Shape {
    /// Where they lead in the shapes that are known; `None` if no such shape is to be learned.
    pub(super) place: Option<ShapeId>,
    /// Where the text begins that leads to the next value.
    pub(super) text_start: usize,
    /// What constants in that text add to the sum of the hashes of the members.
    pub(super) constants: u64,
    /// How many members there were.
    pub(super) members: u32,
    /// Whether events of this shape were found sound but for what their values decide.
    pub(super) is_judged: bool,
}

impl<'b> Pass<'_, 'b> {
    pub(super) fn event(&mut self) -> Option<()> {
        if self.lexer.peek()? != b'{' {
            return None;
        }
        let start = self.lexer.at();
        self.lexer.bump();
        self.reader.changed.clear();
        self.reader.observed.clear();
        self.reader.unknown.clear();
        let mut members = Members::default();
        members.shape.place = Some(ShapeId::ROOT);
        members.shape.text_start = self.lexer.at();
        self.members(&mut members)?;
        self.is_whole = true;
        self.judge(start, &members)?;
        self.learn_judgement(&members);
        Some(())
    }

    /// Reads members by the known shapes as far as these go, and by their names where they do not.
    fn members(&mut self, members: &mut Members<'b>) -> Option<()> {
        let mut is_first = true;
        loop {
            let before = members.shape.text_start;
            if self.known_members(members) {
                return Some(());
            }
            is_first &= members.shape.text_start == before;
            if !is_first && self.is_closed(b'}')? {
                self.learn_end(members);
                return Some(());
            }
            self.named_member(members)?;
            is_first = false;
        }
    }

    /// Reads a member from the quote of its name on.
    fn named_member(&mut self, members: &mut Members<'b>) -> Option<()> {
        self.reader.members.named += 1;
        members.shape.members += 1;
        match self.name(&self.plan.names, 0)? {
            Name::Known(number) => {
                let bit = 1 << number;
                if members.mask & bit != 0 {
                    return None;
                }
                members.mask |= bit;
                self.lexer.peek()?;
                let value_start = self.lexer.at();
                let value = self.member(number, members)?;
                let hash = content::of_member(self.plan.names.get(number).hash, value);
                members.content = members.content.wrapping_add(hash);
                self.learn_member(number, hash, value_start, members);
                Some(())
            }
            Name::Other(name) => {
                members.shape.place = None;
                self.unknown(name, members)
            }
        }
    }

    /// Reads the value of a known property, and gives its hash.
    #[inline]
    fn member(&mut self, number: usize, members: &mut Members<'b>) -> Option<u64> {
        let check = &self.plan.checks[number];
        match self.plan.roles[number] {
            Role::None => self.value(check),
            Role::Type => {
                let name = self.plain_text()?;
                members.type_number = Some(self.plan.type_names.find(name)?);
                Some(content::of_string(name))
            }
            Role::Id => {
                let (id, hash) = self.text_of(check)?;
                members.id = Some(self.key(check, id)?);
                members.id_at = self.lexer.at() - 1 - id.len();
                Some(hash)
            }
            Role::Occurred => {
                let hash = self.value(check)?;
                members.occurred = Some(self.instant);
                Some(hash)
            }
            Role::Received => {
                let hash = self.value(check)?;
                members.received = Some(self.instant);
                Some(hash)
            }
            Role::Version => {
                let hash = self.value(check)?;
                let is_whole = matches!(check, Check::Number(Number { whole: Some(_) }));
                members.own_version = Some(is_whole.then_some(self.whole)?);
                Some(hash)
            }
            Role::Device => {
                let (_, hash) = self.text_of(check)?;
                members.device = Some(hash);
                Some(hash)
            }
            Role::CommandId => {
                let (id, hash) = self.text_of(check)?;
                members.command_id = Some(self.key(check, id)?);
                members.command_id_at = self.lexer.at() - 1 - id.len();
                Some(hash)
            }
            Role::CommandName => {
                let (name, hash) = self.text_of(check)?;
                members.command_name = Some((name, hash));
                Some(hash)
            }
            Role::Uri => {
                let (uri, hash) = self.text_of(check)?;
                members.uri = Some(uri);
                Some(hash)
            }
            role @ (Role::Changed | Role::Observed) => {
                let Check::List(list) = check else { return None };
                self.tags(list, role)
            }
        }
    }

    /// The number of an id that was just read.
    fn key(&self, check: &Check, id: &[u8]) -> Option<u128> {
        let is_guid = matches!(check, Check::Text(Text::Guid));
        if is_guid { Some(self.guid) } else { Some(key(as_text(id)?)) }
    }

    /// Reads a string that a rule looks at: without escapes, and by a check of strings.
    fn text_of(&mut self, check: &Check) -> Option<(&'b [u8], u64)> {
        let Check::Text(text) = check else { return None };
        if self.lexer.peek()? != b'"' {
            return None;
        }
        let start = self.lexer.at();
        self.has_escapes = false;
        let hash = self.text(text)?;
        let inner = self.lexer.bytes().get(start + 1..self.lexer.at() - 1)?;
        // The hash is of the characters: of a string with escapes it is not that of its bytes.
        (!std::mem::take(&mut self.has_escapes)).then_some((inner, hash))
    }

    /// Reads a list of tags, and keeps their hashes.
    pub(super) fn tags(&mut self, list: &List, role: Role) -> Option<u64> {
        let Check::Text(text) = &list.items else { return None };
        let mut tags = std::mem::take(if role == Role::Changed {
            &mut self.reader.changed
        } else {
            &mut self.reader.observed
        });
        let hash = self.list_of(list.length, |pass| {
            if pass.lexer.peek()? != b'"' {
                return None;
            }
            let hash = pass.text(text)?;
            tags.push(hash);
            Some(hash)
        });
        let kept = if role == Role::Changed {
            &mut self.reader.changed
        } else {
            &mut self.reader.observed
        };
        *kept = tags;
        hash
    }

    /// A member that no type has: a value without members, under a name that means nothing.
    #[cold]
    fn unknown(&mut self, name: &'b [u8], members: &mut Members<'b>) -> Option<()> {
        let hash = content::of_string(name);
        let unknown = &mut self.reader.unknown;
        let means_nothing = self.plan.sensitive.find(name).is_none()
            && !is_slip_for_version(as_text(name)?)
            && !unknown.contains(&hash);
        if !means_nothing || unknown.len() == MOST_UNKNOWN {
            return None;
        }
        unknown.push(hash);
        let value = self.value(&Check::Scalar)?;
        let member = content::of_member(hash, value);
        members.content = members.content.wrapping_add(member);
        Some(())
    }
}
