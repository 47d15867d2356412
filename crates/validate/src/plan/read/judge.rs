//! Whether the members of an event, which are sound each by itself, are sound together.

use contrail_model::GUID_LENGTH;

use super::{Command, EventType, Pass, Seen, TextPlace, event::Members, values::as_text};
use crate::{
    check::{Signs, VersionSigns, version_of_uri},
    content,
    recording::Side,
};

impl<'b> Pass<'_, 'b> {
    /// Remembers an event of these members, if it has no finding.
    pub(super) fn judge(&mut self, start: usize, members: &Members<'b>) -> Option<()> {
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
        reader.add_id(id);
        reader.times.push((occurred, received));
        if let Some(bits) = of_type.speaks_for[usize::from(members.own_version.is_some())] {
            for (place, vote) in reader.votes[..self.plan.versions].iter_mut().enumerate() {
                *vote += u32::from(bits >> place & 1);
            }
        }
        let command = of_type.side.and_then(|side| command(side, members));
        let index = self.is_in_batch.then_some(reader.accepted.len());
        let content = content::of_object(members.content);
        reader.seen.push(Seen::new(id, content, start, index), command);
        Some(())
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

/// What an event says of its command.
fn command(side: Side, members: &Members<'_>) -> Option<Command> {
    Some(Command {
        side,
        id: members.command_id?,
        device: members.device,
        name: members.command_name.map(|(_, hash)| hash),
        id_at: TextPlace::new(members.command_id_at, GUID_LENGTH),
        event_id_at: TextPlace::new(members.id_at, GUID_LENGTH),
    })
}
