//! One defect, at one place.

use std::{ops::Range, sync::Arc};

use contrail_model::{Excerpt, Position};
use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use crate::{
    rule::{Rule, Severity},
    version::ApiVersion,
};

/// One defect, at one place in a capture.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that was broken.
    pub rule: &'static Rule,
    /// How bad it is, by the user's settings.
    pub severity: Severity,
    /// What is wrong, as a fragment of a sentence.
    pub message: String,
    /// The name of the input.
    pub file: Arc<str>,
    /// The number of the document, from 1.
    pub document: u64,
    /// Where it is; the end is behind the last character.
    pub range: Range<Position>,
    /// The JSON Pointer (RFC 6901) to the value, from the document.
    pub pointer: String,
    /// The API version that the document was checked against.
    pub api_version: Option<ApiVersion>,
    /// The event that it lies in.
    pub event: Option<EventRef>,
    /// What is there.
    pub got: Option<String>,
    /// What should be there.
    pub want: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// The same for the same defect when lines move, keys are reordered, or messages are reworded.
    pub fingerprint: String,
    /// The piece of the line, for people.
    pub excerpt: Excerpt,
    /// Where it begins in the body that the excerpt is of, if it lies in a body of a HAR document.
    pub in_body: Option<Position>,
}

/// Which event a finding lies in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventRef {
    /// Its index in its batch, or in the array that the document is; from 0.
    pub index: Option<u64>,
    /// Its `Type`.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// Its `EventId`.
    pub id: Option<String>,
}

impl Finding {
    /// Where it begins.
    pub fn start(&self) -> Position {
        self.range.start
    }

    /// How many bytes it spans.
    pub fn length(&self) -> u64 {
        self.range.end.offset - self.range.start.offset
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Range { start, end } = self.range;
        let mut finding = serializer.serialize_struct("Finding", 18)?;
        finding.serialize_field("rule", self.rule.name)?;
        finding.serialize_field("severity", self.severity.as_str())?;
        finding.serialize_field("message", &self.message)?;
        finding.serialize_field("file", &*self.file)?;
        finding.serialize_field("document", &self.document)?;
        finding.serialize_field("line", &start.line)?;
        finding.serialize_field("column", &start.column)?;
        finding.serialize_field("end_line", &end.line)?;
        finding.serialize_field("end_column", &end.column)?;
        finding.serialize_field("offset", &start.offset)?;
        finding.serialize_field("length", &self.length())?;
        finding.serialize_field("pointer", &self.pointer)?;
        finding.serialize_field("api_version", &self.api_version.map(|version| version.0))?;
        finding.serialize_field("event", &self.event)?;
        finding.serialize_field("got", &self.got)?;
        finding.serialize_field("want", &self.want)?;
        finding.serialize_field("help", &self.help)?;
        finding.serialize_field("fingerprint", &self.fingerprint)?;
        finding.end()
    }
}
