//! JSON over many lines, as people print it.

/// Writes an event with two blanks a level, its own lines at `level`; tells where the byte at `at`
/// has gone.
///
/// The event need not be sound: what is no bracket, comma or colon is copied.
pub(super) fn pretty(event: &[u8], level: usize, at: Option<usize>, out: &mut Vec<u8>) -> usize {
    let mut level = level;
    let mut place = out.len();
    let mut index = 0;
    while index < event.len() {
        let byte = event[index];
        let is_empty = matches!(event.get(index + 1), Some(b']' | b'}'));
        let begins_line = matches!(byte, b']' | b'}')
            && !matches!(event.get(index.wrapping_sub(1)), Some(b'[' | b'{'));
        if begins_line {
            level = level.saturating_sub(1);
            line(level, out);
        }
        if at == Some(index) {
            place = out.len();
        }
        match byte {
            b'"' => {
                let end = string_end(event, index);
                if let Some(at) = at.filter(|at| (index..end).contains(at)) {
                    place = out.len() + at - index;
                }
                out.extend_from_slice(&event[index..end]);
                index = end;
                continue;
            }
            b'[' | b'{' if is_empty => out.push(byte),
            b'[' | b'{' => {
                out.push(byte);
                level += 1;
                line(level, out);
            }
            b',' => {
                out.push(byte);
                // A comma too many stands at the end of its line.
                if !is_empty {
                    line(level, out);
                }
            }
            b':' => out.extend_from_slice(b": "),
            _ => out.push(byte),
        }
        index += 1;
    }
    place
}

/// Begins a line.
pub(super) fn line(level: usize, out: &mut Vec<u8>) {
    out.push(b'\n');
    out.resize(out.len() + 2 * level, b' ');
}

fn string_end(text: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while at < text.len() && text[at] != b'"' {
        at += 1 + usize::from(text[at] == b'\\');
    }
    (at + 1).min(text.len())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn it_is_what_serde_json_prints() {
        let text = r#"{"a":[],"b":[{"c":"\"d\\"},2],"e":{},"f":{"g":"é"}}"#;
        let mut out = Vec::new();
        let at = text.find("\"g").unwrap();
        let place = pretty(text.as_bytes(), 0, Some(at), &mut out);
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(String::from_utf8(out.clone()).unwrap(), format!("{value:#}"));
        assert!(out[place..].starts_with(b"\"g\": \"\xC3\xA9\""));
    }
}
