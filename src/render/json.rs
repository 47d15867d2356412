//! One JSON object: `{"contrail": VERSION, "findings": [...], "summary": {...}}`.
//!
//! The findings are written as they come, so that memory does not grow with their number; the
//! summary, which is known at the end, follows them.

use std::io::{self, Write};

use contrail_validate::{Finding, Summary};
use serde::Serialize;

use super::{End, Render};
use crate::input::Unread;

#[derive(Debug, Default)]
pub(super) struct Json {
    findings: u64,
}

impl Json {
    fn begin(out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{{\"contrail\":\"{}\",\"findings\":[", env!("CARGO_PKG_VERSION"))
    }
}

#[derive(Serialize)]
struct JsonSummary<'e> {
    #[serde(flatten)]
    summary: &'e Summary,
    suppressed: u64,
    stopped: bool,
    unread: &'e [Unread],
}

impl Render for Json {
    fn finding(&mut self, out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
        match self.findings {
            0 => Self::begin(out)?,
            _ => out.write_all(b",")?,
        }
        self.findings += 1;
        out.write_all(b"\n")?;
        Ok(serde_json::to_writer(out, finding)?)
    }

    fn end(&mut self, out: &mut dyn Write, end: &End<'_>) -> io::Result<()> {
        if self.findings == 0 {
            Self::begin(out)?;
        } else {
            out.write_all(b"\n")?;
        }
        out.write_all(b"],\n\"summary\":")?;
        let End { summary, unread, suppressed, stopped, .. } = *end;
        serde_json::to_writer(&mut *out, &JsonSummary { summary, suppressed, stopped, unread })?;
        out.write_all(b"}\n")
    }
}
