//! Whether the members of an event, which are sound each by itself, are sound together.

use super::{EventType, Members, Pass, Seen, as_text};
use crate::{
    check::{Signs, VersionSigns, version_of_uri},
    content,
    plan::read::Command,
    recording::key,
};

impl<'b> Pass<'_, 'b> {
    /// Whether an event of these members has no finding.
    pub(super) fn judge(&mut self, start: usize, members: &Members<'b>) -> Option<Seen> {
        let of_type = &self.plan.types[members.type_number?];
        let EventType { required, allowed, open, side, .. } = of_type;
        if members.mask & required != *required
            || members.mask & !allowed != 0
            || !self.reader.unknown.is_empty() && !open
        {
            return None;
        }
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
        self.judge_versions(of_type, members)?;
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
        #[expect(clippy::cast_possible_truncation, reason = "what is alike is told by others")]
        reader.ids.push(id as u64 ^ (id >> 64) as u64);
        if let Some(bits) = of_type.speaks_for[usize::from(members.own_version.is_some())] {
            for (place, vote) in reader.votes[..self.plan.versions].iter_mut().enumerate() {
                *vote += u32::from(bits >> place & 1);
            }
        }
        let command = match (side, members.command_id) {
            (Some(side), Some(id)) => Some(Command {
                side: *side,
                id: key(as_text(id)?),
                device: members.device,
                name: members.command_name.map(|(_, hash)| hash),
            }),
            _ => None,
        };
        let index = self.is_in_batch.then_some(self.reader.accepted.len() as u64);
        Some(Seen { start, index, id, content: content::of_object(members.content), command })
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
        let Some(uri) = members.uri else { return Some(()) };
        let of_uri = version_of_uri(as_text(uri)?);
        let signs = VersionSigns { of_document: self.plan.version, own, of_uri, has_own };
        let want = of_type.own_versions.as_ref().map(|versions| versions.values.as_slice());
        (signs.judge(want) == Signs::Agree).then_some(())
    }
}
