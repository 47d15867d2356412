//! What tells an event or batch from others: its id, or else its content.

use std::io::{self, Write};

use contrail_model::{Kind, Node};
use sha2::{Digest as _, Sha256};

use crate::fingerprint::digits_of;

/// The id, or a hash of the content in an order of its own.
pub(crate) fn identity_of(owner: Node<'_>, id: Option<Node<'_>>) -> String {
    match id.and_then(Node::as_str) {
        Some(id) => id.into_owned(),
        None => of_content(owner),
    }
}

/// A hash of the value as `serde_json` writes its `Value`: minified, and the members sorted by name.
/// It is written piece by piece: a `Value` takes sixteen times the memory of its text.
fn of_content(node: Node<'_>) -> String {
    let mut hash = Hash(Sha256::new());
    write(&mut hash, node).expect("a parsed value is JSON to serde_json too");
    hash.0.update([0]);
    digits_of(hash.0)
}

struct Hash(Sha256);

impl Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(out: &mut impl Write, node: Node<'_>) -> io::Result<()> {
    match node.kind() {
        Kind::Object => write_object(out, node),
        Kind::Array => {
            let mut separator: &[u8] = b"[";
            for element in node.elements() {
                out.write_all(std::mem::replace(&mut separator, b","))?;
                write(out, element)?;
            }
            out.write_all(if separator == b"[" { b"[]" } else { b"]" })
        }
        Kind::String => Ok(serde_json::to_writer(out, &*node.as_str().unwrap_or_default())?),
        Kind::Number => {
            let number: serde_json::Number = serde_json::from_str(node.raw())?;
            Ok(serde_json::to_writer(out, &number)?)
        }
        Kind::Bool | Kind::Null => out.write_all(node.raw().as_bytes()),
    }
}

fn write_object(out: &mut impl Write, object: Node<'_>) -> io::Result<()> {
    let mut names: Vec<_> = object.members().map(|member| member.name.index()).collect();
    let name = |index: u32| object.numbered(index).as_str().unwrap_or_default();
    names.sort_by(|one, other| name(*one).cmp(&name(*other)));
    out.write_all(b"{")?;
    for (count, index) in names.into_iter().enumerate() {
        if 0 < count {
            out.write_all(b",")?;
        }
        serde_json::to_writer(&mut *out, &*name(index))?;
        out.write_all(b":")?;
        write(out, object.numbered(index + 1))?;
    }
    out.write_all(b"}")
}

#[cfg(test)]
mod tests {
    use contrail_model::Tree;

    use super::*;
    use crate::fingerprint::fingerprint;

    #[test]
    fn the_content_is_hashed_as_serde_json_writes_it() {
        for text in [
            r"{}",
            r"[]",
            r"[[],{}]",
            r"null",
            r#"{"b":1.0,"a":[1e2,-0,-0.0,18446744073709551616,1E-7,123456789012345678901234567890]}"#,
            r#"{"é":"\u0001\/\"\ud83d\ude00","Z":{"y":true,"x":[null,false]},"z":"x","z":["last"]}"#,
        ] {
            let mut tree = Tree::default();
            tree.parse(text.as_bytes(), 0).unwrap();
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(of_content(tree.root(text)), fingerprint(&[&value.to_string()]), "{text}");
        }
    }
}
