//! A finding that does not know its place in the capture yet.

use contrail_model::Node;

use crate::rule::Rule;

/// The longest piece of a value that a finding quotes, in characters.
const QUOTE: usize = 120;

/// A finding in terms of one element of a capture.
#[derive(Clone, Debug)]
pub(crate) struct Draft<'t> {
    pub(crate) rule: &'static Rule,
    /// The value that it is about, or the name of a member.
    pub(crate) node: Node<'t>,
    pub(crate) message: String,
    pub(crate) got: Option<String>,
    pub(crate) want: Option<String>,
    pub(crate) help: Option<String>,
    /// What tells it from another finding of the same rule at the same pointer.
    pub(crate) detail: String,
}

/// An event and where it stands in its element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventPlace<'t> {
    pub(crate) node: Node<'t>,
    /// Its index in its batch, or in the array that the document is.
    pub(crate) index: Option<u64>,
    /// Whether its element is a batch, and not the event itself.
    pub(crate) in_batch: bool,
}

impl EventPlace<'_> {
    /// The JSON Pointer from the element. Made when it is asked for: most events have no finding.
    pub(crate) fn pointer(&self) -> String {
        match self.index {
            Some(index) if self.in_batch => format!("/Events/{index}"),
            _ => String::new(),
        }
    }
}

impl<'t> Draft<'t> {
    pub(crate) fn new(rule: &'static Rule, node: Node<'t>, message: impl Into<String>) -> Self {
        Self {
            rule,
            node,
            message: message.into(),
            got: None,
            want: None,
            help: None,
            detail: String::new(),
        }
    }

    pub(crate) fn got(mut self, got: impl AsRef<str>) -> Self {
        self.got = Some(quoted(got.as_ref()));
        self
    }

    pub(crate) fn want(mut self, want: impl Into<String>) -> Self {
        self.want = Some(want.into());
        self
    }

    pub(crate) fn help(mut self, help: Option<impl Into<String>>) -> Self {
        self.help = help.map(Into::into);
        self
    }

    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

/// The text, cut if it is long.
pub(crate) fn quoted(text: &str) -> String {
    // As many bytes are at least as many characters.
    if text.len() <= QUOTE {
        return text.to_owned();
    }
    match text.char_indices().nth(QUOTE) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
