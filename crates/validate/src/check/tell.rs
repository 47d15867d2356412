//! Tells the findings of an element one by one, in the order of the text.

use std::iter::Peekable;

use contrail_model::{DocumentKind, Node, Pointers};

use super::{
    Examined,
    batch::{self, Across},
    event::{self, Judged},
    unrecognised,
};
use crate::{
    defect::{Defect, Defects, What},
    draft::Draft,
    event::Event,
    plan::Seen,
    rule::input,
    schema_failures::Subject,
    session::Flow,
};

/// Receives what is found.
pub(crate) trait Listener<'e> {
    /// Adds what is wrong with the element as a whole by what stands before it.
    fn element(&mut self, examined: &Examined<'e>, defects: &mut Defects<'e>);

    /// Adds what is wrong with an event by what stands before it. Of an event that the fast path has
    /// accepted that is known which it remembers.
    fn event(&mut self, event: &Event<'e>, seen: Option<&Seen>, defects: &mut Defects<'e>);

    fn finding(&mut self, told: Told<'_, 'e>) -> Flow;
}

/// A finding of an element.
#[derive(Debug)]
pub(crate) struct Told<'p, 'e> {
    pub(crate) draft: Draft<'e>,
    /// The event that it lies in.
    pub(crate) event: Option<&'p Event<'e>>,
    /// From the element to its node.
    pub(crate) pointer: &'p str,
}

/// Tells all findings of an element.
pub(crate) fn tell<'e>(examined: &Examined<'e>, listener: &mut dyn Listener<'e>) -> Flow {
    let Examined { root, kind, version, .. } = *examined;
    let mut envelope = Defects::default();
    let mut telling = Telling {
        pointers: Pointers::new(root),
        repeated: root.repeated_names().peekable(),
        root,
        listener,
    };
    let Some(version) = version else {
        envelope.draft(unrecognised(root));
        telling.listener.element(examined, &mut envelope);
        return telling.rest(&mut envelope);
    };
    let against = examined.against(version);
    if kind == DocumentKind::Batch {
        batch::envelope(against, root, &mut envelope);
    }
    telling.listener.element(examined, &mut envelope);
    envelope.sort();
    let (mut across, mut next) = (Across::new(root), 0);
    let mut seen = examined.accepted.map(|accepted| accepted.seen).unwrap_or_default().iter();
    for (index, place) in examined.events().enumerate() {
        let event = Event::new(place);
        let is_accepted = against.is_accepted(index);
        let seen = if is_accepted { seen.next() } else { None };
        let mut judged = if is_accepted { Judged::sound() } else { event::check(against, &event) };
        if kind == DocumentKind::Batch {
            across.event(&event, &mut judged.defects);
        }
        telling.listener.event(&event, seen, &mut judged.defects);
        let is_clean = judged.defects.list.is_empty();
        if is_clean
            && telling.repeated.peek().is_none_or(|name| place.node.end_index() <= name.index())
        {
            continue;
        }
        telling.before(place.node.index(), &mut envelope, &mut next)?;
        telling.event(&event, &mut judged)?;
    }
    envelope.list.drain(..next);
    telling.rest(&mut envelope)
}

struct Telling<'l, 'e, R: Iterator<Item = Node<'e>>> {
    root: Node<'e>,
    pointers: Pointers<'e>,
    /// Names that are repeated anywhere in the element, from here on.
    repeated: Peekable<R>,
    listener: &'l mut dyn Listener<'e>,
}

impl<'e, R: Iterator<Item = Node<'e>>> Telling<'_, 'e, R> {
    /// Tells what of the envelope stands before the event with this number.
    fn before(&mut self, event: u32, envelope: &mut Defects<'e>, next: &mut usize) -> Flow {
        while let Some(defect) = envelope.list.get(*next).copied()
            && defect.node < event
        {
            self.repeated_before(defect.node + 1, None)?;
            self.of_envelope(defect, envelope)?;
            *next += 1;
        }
        self.repeated_before(event, None)
    }

    /// Tells what stands in an event.
    fn event(&mut self, event: &Event<'e>, judged: &mut Judged<'_, 'e>) -> Flow {
        judged.defects.sort();
        let skipped = event.place.pointer().len();
        for at in 0..judged.defects.list.len() {
            let defect = judged.defects.list[at];
            self.repeated_before(defect.node + 1, Some(event))?;
            let node = self.root.numbered(defect.node);
            let pointer = self.pointers.to(defect.node);
            if let Some(draft) = judged.draft(&defect, node, &pointer[skipped..]) {
                self.listener.finding(Told { draft, event: Some(event), pointer })?;
            }
        }
        self.repeated_before(event.place.node.end_index(), Some(event))
    }

    /// Tells all that is left.
    fn rest(&mut self, envelope: &mut Defects<'e>) -> Flow {
        envelope.sort();
        for at in 0..envelope.list.len() {
            let defect = envelope.list[at];
            self.repeated_before(defect.node + 1, None)?;
            self.of_envelope(defect, envelope)?;
        }
        self.repeated_before(self.root.end_index(), None)
    }

    fn of_envelope(&mut self, defect: Defect, envelope: &mut Defects<'e>) -> Flow {
        let node = self.root.numbered(defect.node);
        let pointer = self.pointers.to(defect.node);
        let subject = Subject { name: "a batch", is_event: false };
        let draft = match defect.what {
            What::Drafted(number) => envelope.take_draft(number),
            _ => envelope.sites.get().draft(&defect, node, subject, pointer),
        };
        match draft {
            Some(draft) => self.listener.finding(Told { draft, event: None, pointer }),
            None => Flow::Continue(()),
        }
    }

    /// Tells the repeated names with a smaller number than this. At one node they come first.
    fn repeated_before(&mut self, end: u32, event: Option<&Event<'e>>) -> Flow {
        while let Some(name) = self.repeated.next_if(|name| name.index() < end) {
            let pointer = self.pointers.to(name.index());
            self.listener.finding(Told { draft: repeated_name(name), event, pointer })?;
        }
        Flow::Continue(())
    }
}

/// A name that is given before in its object.
pub(crate) fn repeated_name(name: Node<'_>) -> Draft<'_> {
    let text = name.as_str().unwrap_or_default();
    let message = format!("`{text}` is given twice in this object");
    Draft::new(&input::DUPLICATE_KEY, name, message)
        .got(&text)
        .help(Some("remove one of the two; the checks look at the last one"))
}
