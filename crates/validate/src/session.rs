//! One capture being validated: bytes go in, findings come out.

mod fast;
mod har;
mod partial;
mod place;
mod report;
mod survey;

use std::{collections::HashMap, io, ops::ControlFlow, sync::Arc};

use contrail_model::{
    Capture, Damage, DocumentKind, Element, Excerpt, FaultKind, Inside, Item, Locator, Next,
    Passage, Position, Want,
};

use crate::{
    check::{Accepted, Examined, tell},
    finding::{EventRef, Finding},
    fingerprint::fingerprint,
    plan::{Command, MemberCounts, Note, Passed, Plan, Plans, Seen},
    recording::{KeptCommand, Orphan, Recording},
    redact::redact,
    rule::{Rule, input},
    schemas::Schemas,
    settings::Settings,
    summary::Summary,
    version::{ApiVersion, VersionChoice},
};
use fast::{Fast, Found};
use har::{InHar, Told};
use partial::ElementReport;
use place::Place;
use report::Report;
pub use survey::{Scout, Survey};

/// Whether to go on.
pub type Flow = ControlFlow<()>;

/// What does not change while captures are validated; any number of threads may share it.
#[derive(Debug)]
pub struct Validator {
    schemas: Arc<Schemas>,
    settings: Settings,
    plans: Plans,
}

impl Validator {
    /// Checks against `schemas`, as `settings` say.
    pub fn new(schemas: Schemas, settings: Settings) -> Self {
        Self::sharing(Arc::new(schemas), settings)
    }

    fn sharing(schemas: Arc<Schemas>, settings: Settings) -> Self {
        let plans = Plans::new(&schemas);
        Self { schemas, settings, plans }
    }

    /// The same schemas with other settings.
    #[must_use]
    pub fn with_settings(&self, settings: Settings) -> Self {
        Self::sharing(Arc::clone(&self.schemas), settings)
    }

    /// Compiles now what is otherwise compiled when about 64 KiB have been read: the fast path of all
    /// versions, in a few milliseconds.
    #[must_use]
    pub fn compiled(self) -> Self {
        self.plans.compile(&self.schemas, &self.settings);
        self
    }

    /// The schemas.
    pub fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What takes the slow path always in a version, and why: its batches, or event types.
    pub fn slow_notes(&self, version: ApiVersion) -> &[Note] {
        let place = self.schemas.versions().iter().position(|other| *other == version);
        place.map(|place| self.plan(place).notes()).unwrap_or_default()
    }

    /// The plan of the version at this place among those of the schemas.
    fn plan(&self, place: usize) -> &Plan {
        self.plans.get(place, &self.schemas, &self.settings)
    }

    /// The finding as the settings let it be shown.
    fn redacted(&self, finding: Finding) -> Finding {
        if self.settings.redact { redact(finding, &self.schemas) } else { finding }
    }
}

/// One capture being validated.
#[derive(Debug)]
pub struct Session<'v> {
    capture: Capture,
    fast: Fast<'v>,
    output: Output<'v>,
}

impl<'v> Session<'v> {
    /// Begins a capture; `file` is its name in findings.
    pub fn new(validator: &'v Validator, file: &str) -> Self {
        let output = Output {
            validator,
            file: file.into(),
            summary: Summary::default(),
            accepted: 0,
            recording: Recording::new(validator.settings.window),
            damages: HashMap::new(),
            broken_off: false,
            choice: validator.settings.api_version,
            body: None,
        };
        let fast = Fast::new(validator, output.choice);
        Self { capture: Capture::default(), fast, output }
    }

    /// Adds bytes and gives the findings of the documents that are now whole to `sink`.
    ///
    /// When the sink breaks, so does this, and the session must not be used again but to
    /// [`stop`](Self::stop) it.
    pub fn push(&mut self, bytes: &[u8], sink: &mut dyn FnMut(Finding) -> Flow) -> Flow {
        self.capture.push(bytes);
        self.drain(sink)
    }

    /// The same for bytes that `read` writes to the session's own memory, which saves copying them.
    /// Gives how many these are, by what `read` says.
    ///
    /// # Errors
    ///
    /// Those of `read`.
    pub fn read(
        &mut self,
        most: usize,
        read: &mut dyn FnMut(&mut [u8]) -> io::Result<usize>,
        sink: &mut dyn FnMut(Finding) -> Flow,
    ) -> io::Result<(usize, Flow)> {
        let length = read(&mut self.capture.room(most)[..most])?;
        self.capture.fill(length);
        Ok((length, self.drain(sink)))
    }

    /// The same for the first `length` of `bytes`, at which a [`Scout`] has looked: what it found is not
    /// looked at again. `bytes` are given back as memory for others.
    pub fn push_surveyed(
        &mut self,
        bytes: &mut Vec<u8>,
        length: usize,
        survey: Survey,
        sink: &mut dyn FnMut(Finding) -> Flow,
    ) -> Flow {
        self.fast.expect(survey);
        self.capture.exchange(bytes, length);
        self.drain(sink)
    }

    /// Reads what is left, says that no more bytes come, and gives the sums.
    pub fn finish(mut self, sink: &mut dyn FnMut(Finding) -> Flow) -> Summary {
        self.capture.finish();
        // Nothing is left to be stopped.
        let _ = match self.drain(sink) {
            Flow::Continue(()) => self.output.end(sink),
            Flow::Break(()) => Flow::Break(()),
        };
        self.stop()
    }

    /// Reads what is left of a stream that broke off, without complaining of its last document.
    pub fn break_off(mut self, sink: &mut dyn FnMut(Finding) -> Flow) -> Summary {
        self.output.broken_off = true;
        self.finish(sink)
    }

    /// The sums over what was read, without reading what is left.
    pub fn stop(self) -> Summary {
        let documents = self.capture.documents();
        Summary {
            files: u64::from(0 < documents),
            documents,
            bytes: self.capture.position().offset,
            ..self.output.summary
        }
    }

    /// The place in the capture up to which it has been checked.
    pub fn position(&self) -> Position {
        self.capture.position()
    }

    /// How many events the fast path has accepted so far, for those who want to know that it is used.
    pub fn accepted(&self) -> u64 {
        self.output.accepted
    }

    /// How the members of events were read by the fast path so far, for those who want to know that it
    /// learns how events are written.
    pub fn member_counts(&self) -> MemberCounts {
        self.fast.reader.members
    }

    fn drain(&mut self, sink: &mut dyn FnMut(Finding) -> Flow) -> Flow {
        let Self { capture, fast, output } = self;
        while let Some(next) = capture.next_by(&mut |bytes, at| fast.glance(bytes, at)) {
            match next {
                Next::Passed(passage) => match output.passed(passage, fast) {
                    Some(report) => output.report(passage, report, sink)?,
                    None => {
                        let element = passage.read(&mut fast.tree);
                        output.element(&element, None, sink)?;
                    }
                },
                Next::Item(Item::Element(element)) => {
                    output.element(&element, fast.accepted(), sink)?;
                }
                Next::Item(Item::Damage(damage)) => output.damage(damage, sink)?,
                Next::Item(Item::ByteOrderMark { document, position }) => {
                    output.byte_order_mark(document, position, sink)?;
                }
            }
        }
        Flow::Continue(())
    }
}

/// Turns what was found into findings and counts them.
#[derive(Debug)]
struct Output<'v> {
    validator: &'v Validator,
    file: Arc<str>,
    summary: Summary,
    /// How many events the fast path has accepted.
    accepted: u64,
    recording: Recording,
    /// How often each kind of damage was met.
    damages: HashMap<&'static str, u64>,
    /// Whether the stream broke off, so that its last document is cut by nobody's fault.
    broken_off: bool,
    /// How the API version of a document is found.
    choice: VersionChoice,
    /// Where the capture stands in a HAR document, if it is a body of one.
    body: Option<InHar<'v>>,
}

impl Output<'_> {
    /// Takes an element of which is known what is wrong with it by itself, and gives that. `None` if it
    /// has a finding with what stands before it: then it is to be checked as any other.
    fn passed(&mut self, passage: Passage<'_>, fast: &mut Fast<'_>) -> Option<ElementReport> {
        let Found::Known(passed, report) = fast.take_found() else { return None };
        let validator = self.validator;
        let mut locator = if passed.one_line == Some(passed.length) {
            Locator::of_plain(passage.bytes, passage.origin)
        } else {
            passage.locator()
        };
        let (file, body) = (&self.file, &mut self.body);
        let mut orphan = |event: &Seen, command: &Command| {
            validator.settings.severity(command.side.orphan_rule().0)?;
            let kept = kept(passage, &passed, event, command, &mut locator)?;
            let Some(body) = body else { return Some(Orphan::Kept(Box::new(kept))) };
            // Where it stands in the HAR document is known only now.
            let finding = body.relocated(orphan_finding(validator, file, &kept)?, Told::AtTheEnd);
            Some(Orphan::Finding(Box::new(finding)))
        };
        if !self.recording.observe_passed(passage, &passed, &fast.reader.seen, &mut orphan) {
            return None;
        }
        let events = fast.reader.seen.events().len() as u64;
        self.accepted += fast.reader.accepted_events();
        self.summary.batches += u64::from(passed.kind == DocumentKind::Batch);
        self.summary.events += events;
        self.summary.count_version(passed.version, passed.assumed);
        Some(report)
    }

    /// Hands on what is wrong with an element by itself.
    fn report(
        &mut self,
        passage: Passage<'_>,
        report: ElementReport,
        sink: &mut dyn FnMut(Finding) -> Flow,
    ) -> Flow {
        let file = Arc::clone(&self.file);
        report.findings(passage, &file).try_for_each(|finding| self.emit(finding, sink))
    }

    /// `accepted` are the events of the element that have no finding of their own in a version.
    fn element(
        &mut self,
        element: &Element<'_>,
        accepted: Option<Accepted<'_>>,
        sink: &mut dyn FnMut(Finding) -> Flow,
    ) -> Flow {
        let root = element.root();
        let kind = DocumentKind::of(root);
        if kind == DocumentKind::Har && self.body.is_none() {
            return self.har(element, sink);
        }
        let Validator { schemas, settings, .. } = self.validator;
        let against = (&**schemas, settings);
        let examined = Examined::new(against, self.choice, root, kind, element.index, accepted);
        self.count(&examined);
        let mut report = Report {
            place: Place::new(
                self.validator,
                &self.file,
                element.passage(),
                root,
                examined.version,
            ),
            recording: &mut self.recording,
            body: &mut self.body,
            counts: &mut self.summary.findings,
            locator: element.locator(),
            lines: element.locator(),
            sink,
        };
        tell(&examined, &mut report)
    }

    /// Tells what only the end of the capture shows.
    fn end(&mut self, sink: &mut dyn FnMut(Finding) -> Flow) -> Flow {
        let recording = std::mem::replace(&mut self.recording, Recording::new(0));
        self.summary.forgotten = recording.forgotten_events();
        self.summary.forgotten_commands = recording.forgotten_commands();
        let (validator, file) = (self.validator, Arc::clone(&self.file));
        let findings = recording.finish(&mut |kept| orphan_finding(validator, &file, kept));
        findings.into_iter().try_for_each(|finding| self.emit(finding, sink))
    }

    /// Counts what could not be checked, also where the user does not want to hear of it.
    fn count_unchecked(&mut self, rule: &Rule) {
        self.summary.unchecked += 1;
        let is_told = self.validator.settings.severity(rule).is_some();
        self.summary.unchecked_silently += u64::from(!is_told);
    }

    fn count(&mut self, examined: &Examined<'_>) {
        if matches!(examined.kind, DocumentKind::Har | DocumentKind::Other) {
            self.count_unchecked(&input::UNRECOGNISED_DOCUMENT);
        }
        self.summary.batches += u64::from(examined.kind == DocumentKind::Batch);
        self.summary.events += examined.number_of_events();
        if let Some(version) = examined.version {
            let assumed = examined.assumed && self.choice == VersionChoice::Auto;
            self.summary.count_version(version, assumed);
        }
    }

    fn damage(&mut self, damage: Damage, sink: &mut dyn FnMut(Finding) -> Flow) -> Flow {
        if self.broken_off && damage.resumed.is_none() && matches!(damage.kind, FaultKind::End(_)) {
            return Flow::Continue(());
        }
        let rule = damage_rule(damage.kind);
        self.count_unchecked(rule);
        let Some(severity) = self.validator.settings.severity(rule) else {
            return Flow::Continue(());
        };
        let message = match damage.kind {
            FaultKind::End(inside) if inside != Inside::Nothing => {
                format!("{}; it began at line {}", damage.kind, damage.opened.line)
            }
            kind => kind.to_string(),
        };
        let mut end = damage.position;
        if !damage.excerpt.mark.is_empty() {
            end.offset += 1;
            end.column += 1;
        }
        let finding = Finding {
            rule,
            severity,
            message,
            file: Arc::clone(&self.file),
            document: damage.document,
            range: damage.position..end,
            pointer: damage.index.map(|index| format!("/{index}")).unwrap_or_default(),
            api_version: None,
            event: None,
            got: None,
            want: want_of(damage.kind),
            help: Some(help_for(&damage)),
            fingerprint: self.fingerprint_of_damage(rule, damage.kind),
            excerpt: damage.excerpt,
            in_body: None,
        };
        let finding = self.validator.redacted(finding);
        self.emit(finding, sink)
    }

    /// Damage has no name of its own: it is known by its kind, by its file, and by how many of its
    /// kind stand before it there. What its message says and where its lines are does not matter.
    fn fingerprint_of_damage(&mut self, rule: &Rule, kind: FaultKind) -> String {
        let kind = kind.name();
        let number = self.damages.entry(kind).or_insert(0_u64);
        *number += 1;
        fingerprint(&[rule.name, kind, &self.file, &number.to_string()])
    }

    fn byte_order_mark(
        &mut self,
        document: u64,
        position: Position,
        sink: &mut dyn FnMut(Finding) -> Flow,
    ) -> Flow {
        let rule = &input::BYTE_ORDER_MARK;
        let Some(severity) = self.validator.settings.severity(rule) else {
            return Flow::Continue(());
        };
        let end = Position { offset: position.offset + 3, ..position };
        let finding = Finding {
            rule,
            severity,
            message: "a byte-order mark stands before the document".to_owned(),
            file: Arc::clone(&self.file),
            document,
            range: position..end,
            pointer: String::new(),
            api_version: None,
            event: None,
            got: Some("EF BB BF".to_owned()),
            want: None,
            help: Some("save the file as UTF-8 without a byte-order mark".to_owned()),
            fingerprint: fingerprint(&[rule.name, &self.file]),
            excerpt: Excerpt::new(b"", Position::START, 0..0),
            in_body: None,
        };
        self.emit(finding, sink)
    }

    fn emit(&mut self, finding: Finding, sink: &mut dyn FnMut(Finding) -> Flow) -> Flow {
        self.summary.findings.count(finding.severity);
        sink(in_har(&mut self.body, finding, Told::Now))
    }
}

/// What is kept of an event of a command, until it is known whether the other event comes.
fn kept(
    passage: Passage<'_>,
    passed: &Passed,
    event: &Seen,
    command: &Command,
    locator: &mut Locator<'_>,
) -> Option<KeptCommand> {
    let id = command.id_at.range();
    let shown = Excerpt::reach(passage.bytes, id.start - 1);
    Some(KeptCommand {
        side: command.side,
        id_at: id.start - shown.start..id.end - shown.start,
        origin: locator.position(shown.start),
        text: passage.bytes[shown].into(),
        event_id: passage.bytes.get(command.event_id_at.range())?.into(),
        document: passage.document,
        element: passage.index,
        index: event.index(),
        version: passed.version,
    })
}

/// The finding of an event of a command whose other event did not come.
fn orphan_finding(validator: &Validator, file: &Arc<str>, kept: &KeptCommand) -> Option<Finding> {
    let (rule, message) = kept.side.orphan_rule();
    let (type_name, id) = (kept.side.type_name(), std::str::from_utf8(&kept.event_id).ok()?);
    // With its quotes.
    let span = kept.id_at.start - 1..kept.id_at.end + 1;
    let pointer = |index: Option<u64>, list: &str| {
        index.map(|index| format!("{list}/{index}")).unwrap_or_default()
    };
    let event = EventRef {
        index: kept.index.or(kept.element),
        type_name: Some(type_name.to_owned()),
        id: Some(id.to_owned()),
    };
    Some(
        validator.redacted(Finding {
            rule,
            severity: validator.settings.severity(rule)?,
            message: message.to_owned(),
            file: Arc::clone(file),
            document: kept.document,
            range: Locator::new(&kept.text, kept.origin).range(span.clone()),
            pointer: [
                pointer(kept.element, ""),
                pointer(kept.index, "/Events"),
                "/CommandId".into(),
            ]
            .concat(),
            api_version: Some(kept.version),
            event: Some(event),
            got: Some(std::str::from_utf8(kept.text.get(span.clone())?).ok()?.to_owned()),
            want: None,
            help: None,
            fingerprint: fingerprint(&[rule.name, type_name, id, "/CommandId", ""]),
            excerpt: Excerpt::new(&kept.text, kept.origin, span),
            in_body: None,
        }),
    )
}

/// The finding of a body at its place in its HAR document; any other as it is.
fn in_har(body: &mut Option<InHar<'_>>, finding: Finding, told: Told) -> Finding {
    match body {
        Some(body) => body.relocated(finding, told),
        None => finding,
    }
}

fn damage_rule(kind: FaultKind) -> &'static Rule {
    match kind {
        FaultKind::End(_) => &input::TRUNCATED,
        FaultKind::InvalidUtf8 => &input::INVALID_UTF8,
        FaultKind::TooDeep => &input::TOO_DEEP,
        _ => &input::NOT_JSON,
    }
}

fn want_of(kind: FaultKind) -> Option<String> {
    match kind {
        FaultKind::Unexpected { want, .. } => Some(want.to_string()),
        _ => None,
    }
}

/// What to do about damage, and what it kept from being checked.
fn help_for(damage: &Damage) -> String {
    let what = if damage.index.is_some() { "this element" } else { "this document" };
    let bytes = damage.skipped;
    let left_out = match (damage.kind, damage.resumed) {
        (FaultKind::Unexpected { want: Want::CommaOrArrayEnd, .. }, Some(at))
            if at == damage.position =>
        {
            return "a comma is missing before this element; it was checked all the same"
                .to_owned();
        }
        (FaultKind::Unexpected { want: Want::Document, got: b',' | b']' | b'}' }, _) => {
            return "remove it; nothing else was left out".to_owned();
        }
        (FaultKind::Unexpected { want: Want::ValueOrEnd | Want::Value, got: b',' | b']' }, _)
            if damage.index.is_some() && damage.opened == damage.position =>
        {
            return "remove the comma; nothing else was left out".to_owned();
        }
        (FaultKind::Unexpected { want: Want::LineEnd, .. }, _) => {
            format!("the rest of the line ({bytes} bytes) was not checked")
        }
        (_, Some(at)) => {
            format!("{what} ({bytes} bytes) was not checked; reading goes on at line {}", at.line)
        }
        (FaultKind::End(_), None) => {
            "was the process that wrote it stopped? a part is missing".to_owned()
        }
        (_, None) => {
            format!("{what} and what is behind it ({bytes} bytes to the end) was not checked")
        }
    };
    match remedy(damage) {
        Some(remedy) => format!("{remedy}; {left_out}"),
        None => left_out,
    }
}

fn remedy(damage: &Damage) -> Option<&'static str> {
    let before = damage.excerpt.text[..damage.excerpt.mark.start].bytes().last();
    match damage.kind {
        FaultKind::InvalidUtf8 if damage.position.offset == 0 => {
            Some("is the file in UTF-16? convert it: `iconv -f UTF-16 -t UTF-8`")
        }
        FaultKind::Unexpected { want, got } => match (want, got) {
            (Want::Name, b'}') | (Want::Value, b']') => Some("remove the comma before it"),
            (Want::CommaOrArrayEnd | Want::CommaOrObjectEnd, b'"') if before == Some(b'"') => {
                Some("this quote is doubled")
            }
            (Want::CommaOrArrayEnd | Want::CommaOrObjectEnd, b'"' | b'[' | b'0'..=b'9')
            | (Want::CommaOrArrayEnd, b'{') => Some("a comma is missing before it"),
            (_, b'\'') => Some("strings take double quotes"),
            (_, b'/' | b'#') => Some("JSON has no comments"),
            (_, b'<') => Some("this looks like HTML or XML, not a response of the API"),
            (Want::Name | Want::NameOrEnd, b'a'..=b'z' | b'A'..=b'Z' | b'_') => {
                Some("names take double quotes")
            }
            (Want::Value | Want::ValueOrEnd, b'N' | b'I' | b'T' | b'F' | b'u') => {
                Some("the only words in JSON are `true`, `false` and `null`")
            }
            (_, 0) => Some("is this a binary file, or UTF-16?"),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests;
