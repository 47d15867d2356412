//! A JSON object a line, one for each finding and nothing else.

use std::io::{self, Write};

use contrail_validate::Finding;

use super::{End, Render};

#[derive(Debug)]
pub(super) struct Ndjson;

impl Render for Ndjson {
    fn finding(&mut self, out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
        serde_json::to_writer(&mut *out, finding)?;
        out.write_all(b"\n")
    }

    fn end(&mut self, _out: &mut dyn Write, _end: &End<'_>) -> io::Result<()> {
        Ok(())
    }
}
