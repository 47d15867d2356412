//! One capture being validated: bytes go in, findings come out.

mod har;

use std::{ops::ControlFlow, sync::Arc};

use contrail_model::{
    Capture, Damage, DocumentKind, Element, Excerpt, FaultKind, Inside, Item, Locator, Node,
    Position, Want,
};

use crate::{
    check::{Checked, check},
    draft::{Draft, EventPlace},
    finding::{EventRef, Finding},
    fingerprint::fingerprint,
    rule::{Rule, input},
    schemas::Schemas,
    settings::Settings,
    summary::Summary,
    version::{ApiVersion, VersionChoice},
};

/// Whether to go on.
pub type Flow = ControlFlow<()>;

/// What does not change while captures are validated; any number of threads may share it.
#[derive(Debug)]
pub struct Validator {
    schemas: Schemas,
    settings: Settings,
}

impl Validator {
    /// Checks against `schemas`, as `settings` say.
    pub fn new(schemas: Schemas, settings: Settings) -> Self {
        Self { schemas, settings }
    }

    /// The schemas.
    pub fn schemas(&self) -> &Schemas {
        &self.schemas
    }
}

/// One capture being validated.
#[derive(Debug)]
pub struct Session<'v> {
    capture: Capture,
    output: Output<'v>,
}

impl<'v> Session<'v> {
    /// Begins a capture; `file` is its name in findings.
    pub fn new(validator: &'v Validator, file: &str) -> Self {
        let output = Output {
            validator,
            file: file.into(),
            summary: Summary::default(),
            broken_off: false,
            choice: validator.settings.api_version,
            is_body: false,
        };
        Self { capture: Capture::default(), output }
    }

    /// Adds bytes and gives the findings of the documents that are now whole to `sink`.
    ///
    /// When the sink breaks, so does this, and the session must not be used again but to
    /// [`stop`](Self::stop) it.
    pub fn push(&mut self, bytes: &[u8], sink: &mut dyn FnMut(Finding) -> Flow) -> Flow {
        self.capture.push(bytes);
        self.drain(sink)
    }

    /// Reads what is left, says that no more bytes come, and gives the sums.
    pub fn finish(mut self, sink: &mut dyn FnMut(Finding) -> Flow) -> Summary {
        self.capture.finish();
        // Nothing is left to be stopped.
        let _ = self.drain(sink);
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

    fn drain(&mut self, sink: &mut dyn FnMut(Finding) -> Flow) -> Flow {
        while let Some(item) = self.capture.next() {
            match item {
                Item::Element(element) => self.output.element(&element, sink)?,
                Item::Damage(damage) => self.output.damage(damage, sink)?,
                Item::ByteOrderMark { document, position } => {
                    self.output.byte_order_mark(document, position, sink)?;
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
    /// Whether the stream broke off, so that its last document is cut by nobody's fault.
    broken_off: bool,
    /// How the API version of a document is found.
    choice: VersionChoice,
    /// Whether the capture is a body of a HAR document, in which there is no other one.
    is_body: bool,
}

impl Output<'_> {
    fn element(&mut self, element: &Element<'_>, sink: &mut dyn FnMut(Finding) -> Flow) -> Flow {
        let root = element.root();
        let kind = DocumentKind::of(root);
        if kind == DocumentKind::Har && !self.is_body {
            return self.har(element, sink);
        }
        let checked = check(&self.validator.schemas, self.choice, root, kind, element.index);
        self.count(&checked);
        let mut locator = element.locator();
        for draft in &checked.drafts {
            let fingerprint = draft_fingerprint(draft, root);
            self.draft(draft, fingerprint, checked.version, element, &mut locator, sink)?;
        }
        Flow::Continue(())
    }

    /// Makes a finding of a draft, unless its rule is off.
    fn draft(
        &mut self,
        draft: &Draft<'_>,
        fingerprint: String,
        api_version: Option<ApiVersion>,
        element: &Element<'_>,
        locator: &mut Locator<'_>,
        sink: &mut dyn FnMut(Finding) -> Flow,
    ) -> Flow {
        let Some(severity) = self.validator.settings.severity(draft.rule) else {
            return Flow::Continue(());
        };
        let finding = Finding {
            rule: draft.rule,
            severity,
            message: draft.message.clone(),
            file: Arc::clone(&self.file),
            document: element.document,
            range: locator.range(draft.span.clone()),
            pointer: format!("{}{}", element.pointer(), draft.pointer),
            api_version,
            event: draft.event.as_ref().map(event_ref),
            got: draft.got.clone(),
            want: draft.want.clone(),
            help: draft.help.clone(),
            fingerprint,
            excerpt: Excerpt::new(element.text().as_bytes(), element.origin, draft.span.clone()),
            in_body: None,
        };
        self.emit(finding, sink)
    }

    fn count(&mut self, checked: &Checked<'_>) {
        self.summary.batches += u64::from(checked.kind == DocumentKind::Batch);
        self.summary.events += checked.events;
        if let Some(version) = checked.version {
            let assumed = checked.assumed && self.choice == VersionChoice::Auto;
            self.summary.count_version(version, assumed);
        }
    }

    fn damage(&mut self, damage: Damage, sink: &mut dyn FnMut(Finding) -> Flow) -> Flow {
        if self.broken_off && damage.resumed.is_none() && matches!(damage.kind, FaultKind::End(_)) {
            return Flow::Continue(());
        }
        let rule = damage_rule(damage.kind);
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
            fingerprint: fingerprint(&[rule.name, &damage.kind.to_string(), &damage.excerpt.text]),
            excerpt: damage.excerpt,
            in_body: None,
        };
        self.emit(finding, sink)
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
            fingerprint: fingerprint(&[rule.name]),
            excerpt: Excerpt::new(b"", Position::START, 0..0),
            in_body: None,
        };
        self.emit(finding, sink)
    }

    fn emit(&mut self, finding: Finding, sink: &mut dyn FnMut(Finding) -> Flow) -> Flow {
        self.summary.findings.count(finding.severity);
        sink(finding)
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
    let left_out = match (damage.resumed, damage.kind) {
        (Some(at), FaultKind::Unexpected { want: Want::CommaOrArrayEnd, .. })
            if at == damage.position =>
        {
            return "a comma is missing before this element; it was checked all the same"
                .to_owned();
        }
        (Some(at), _) if at == damage.position => return "nothing else was left out".to_owned(),
        (Some(at), _) => format!(
            "this document ({} bytes) was not checked; reading goes on at line {}",
            damage.skipped, at.line
        ),
        (None, FaultKind::End(_)) => {
            "was the process that wrote it stopped? a part is missing".to_owned()
        }
        (None, _) => "this document was not checked, nor is there another behind it".to_owned(),
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
            (Want::CommaOrArrayEnd | Want::CommaOrObjectEnd, b'"' | b'{' | b'[' | b'0'..=b'9') => {
                Some("a comma is missing before it")
            }
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

fn event_ref(event: &EventPlace<'_>) -> EventRef {
    let text = |name: &str| Some(event.node.get(name)?.as_str()?.into_owned());
    EventRef { index: event.index, type_name: text("Type"), id: text("EventId") }
}

/// The parts of a fingerprint: the rule, the event or batch, and the place within it.
fn draft_fingerprint(draft: &Draft<'_>, root: Node<'_>) -> String {
    let (owner, prefix, id) = match &draft.event {
        Some(event) => (event.node, event.pointer.as_str(), "EventId"),
        None => (root, "", "BatchId"),
    };
    let pointer = draft.pointer.strip_prefix(prefix).unwrap_or(&draft.pointer);
    let type_name = owner.get("Type").and_then(Node::as_str).unwrap_or_default();
    let identity = match owner.get(id).and_then(Node::as_str) {
        Some(id) => id.into_owned(),
        // Without an id it is known by its content, in an order of its own.
        None => serde_json::from_str::<serde_json::Value>(owner.raw())
            .map(|value| value.to_string())
            .unwrap_or_default(),
    };
    fingerprint(&[draft.rule.name, &type_name, &identity, pointer, &draft.detail])
}

#[cfg(test)]
mod tests;
