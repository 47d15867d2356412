//! Whether the members of an event, which are sound each by itself, are sound together.

use contrail_model::GUID_LENGTH;

use super::{Command, EventType, Pass, Seen, Text, event::Members, folded, values::as_text};
use crate::{
    check::{Signs, VersionSigns, version_of_uri},
    content,
    recording::Side,
};

impl<'b> Pass<'_, 'b> {
    /// Whether an event of these members has no finding.
    pub(super) fn judge(&mut self, start: usize, members: &Members<'b>) -> Option<Seen> {
        let of_type = &self.plan.types[members.type_number?];
        if !members.shape.is_judged {
            self.judge_shape(of_type, members)?;
        }
        self.judge_uri(of_type, members)?;
        let occurred = members.occurred?;
        let received = members.received.unwrap_or(occurred);
        if received < occurred {
            return None;
        }
        if let Some((before_occurred, before_received)) = self.last.replace((occurred, received))
            && occurred < before_occurred
            && received < before_received
        {
            self.is_in_order = false;
        }
        if let Some((name, _)) = members.command_name
            && self.plan.commands.find(name).is_some()
        {
            return None;
        }
        let reader = &mut *self.reader;
        if !reader.distinct.are(&reader.changed) || !reader.distinct.are(&reader.observed) {
            return None;
        }
        let id = members.id?;
        reader.ids.push(folded(id));
        reader.times.push((occurred, received));
        if let Some(bits) = of_type.speaks_for[usize::from(members.own_version.is_some())] {
            for (place, vote) in reader.votes[..self.plan.versions].iter_mut().enumerate() {
                *vote += u32::from(bits >> place & 1);
            }
        }
        let command = match of_type.side {
            Some(side) => self.command(side, members),
            None => Seen::NO_COMMAND,
        };
        #[expect(clippy::cast_possible_truncation, reason = "an element is smaller than 4 GiB")]
        let (start, index) = (start as u32, self.reader.accepted.len() as u32);
        let index = if self.is_in_batch { index } else { Seen::ALONE };
        Some(Seen { id, content: content::of_object(members.content), start, index, command })
    }

    /// Remembers what an event says of its command, and gives the place of that.
    #[expect(clippy::cast_possible_truncation, reason = "an element is smaller than 4 GiB")]
    fn command(&mut self, side: Side, members: &Members<'b>) -> u32 {
        let Some(id) = members.command_id else { return Seen::NO_COMMAND };
        let commands = &mut self.reader.seen.commands;
        commands.push(Command {
            side,
            id,
            device: members.device,
            name: members.command_name.map(|(_, hash)| hash),
            id_at: Text::new(members.command_id_at, GUID_LENGTH),
            event_id_at: Text::new(members.id_at, GUID_LENGTH),
        });
        commands.len() as u32 - 1
    }

    /// Whether an event of this type may have these members. That depends on its shape alone.
    fn judge_shape(&self, of_type: &EventType, members: &Members<'b>) -> Option<()> {
        let EventType { required, allowed, open, .. } = of_type;
        let is_sound = members.mask & required == *required
            && members.mask & !allowed == 0
            && (self.reader.unknown.is_empty() || *open);
        is_sound.then_some(())?;
        self.judge_versions(of_type, members)
    }

    fn judge_versions(&self, of_type: &EventType, members: &Members<'b>) -> Option<()> {
        let own = members.own_version;
        let has_own = self.plan.has_event_version;
        if let (Some(versions), Some(own)) = (&of_type.own_versions, own) {
            let forbidden = match versions.values.iter().position(|version| *version == own) {
                Some(place) => versions.forbidden[place],
                None if has_own => return None,
                None => 0,
            };
            if members.mask & forbidden != 0 {
                return None;
            }
        }
        Some(())
    }

    /// Whether the version in its URI, if it has one, agrees with the others.
    fn judge_uri(&self, of_type: &EventType, members: &Members<'b>) -> Option<()> {
        let Some(uri) = members.uri else { return Some(()) };
        let (own, has_own) = (members.own_version, self.plan.has_event_version);
        let of_uri = version_of_uri(as_text(uri)?);
        let signs = VersionSigns { of_document: self.plan.version, own, of_uri, has_own };
        let want = of_type.own_versions.as_ref().map(|versions| versions.values.as_slice());
        (signs.judge(want) == Signs::Agree).then_some(())
    }
}
