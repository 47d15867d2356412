//! Hands on the findings of one element as they are made.

use contrail_model::Locator;

use super::{
    Flow,
    har::{self, InHar},
    in_har,
    place::{Place, pointer_to_command},
};
use crate::{
    check::{Examined, Listener, Told},
    defect::Defects,
    event::Event,
    finding::Finding,
    plan::Seen,
    recording::Recording,
    summary::Severities,
};

/// What a session does with the findings of one element.
pub(super) struct Report<'r, 'v, 'e> {
    pub(super) place: Place<'e>,
    pub(super) recording: &'r mut Recording,
    pub(super) body: &'r mut Option<InHar<'v>>,
    pub(super) counts: &'r mut Severities,
    /// For findings. They come in the order of the text.
    pub(super) locator: Locator<'e>,
    /// For events, which come in order too.
    pub(super) lines: Locator<'e>,
    pub(super) sink: &'r mut dyn FnMut(Finding) -> Flow,
}

impl<'e> Listener<'e> for Report<'_, '_, 'e> {
    fn element(&mut self, examined: &Examined<'e>, defects: &mut Defects<'e>) {
        let mixed = self.recording.begin(examined, &mut self.lines);
        defects.add(mixed);
    }

    fn event(&mut self, event: &Event<'e>, seen: Option<&Seen>, defects: &mut Defects<'e>) {
        let Self { place, recording, body, lines, .. } = self;
        recording.observe(event, seen, lines, defects, |draft, lines| {
            let finding = place.finding(draft, Some(event), &pointer_to_command(event), lines)?;
            Some(in_har(body, finding, har::Told::AtTheEnd))
        });
    }

    fn finding(&mut self, told: Told<'_, 'e>) -> Flow {
        let Told { draft, event, pointer } = told;
        let finding = self.place.finding(draft, event, pointer, &mut self.locator);
        let Some(finding) = finding else { return Flow::Continue(()) };
        self.counts.count(finding.severity);
        (self.sink)(in_har(self.body, finding, har::Told::Now))
    }
}
