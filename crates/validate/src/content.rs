//! A hash of a value that does not depend on white space, escapes, or the order of members.
//!
//! The parts are public to the crate, so that a reader of bytes can put the same hash together while
//! it reads.

use std::hash::{BuildHasher as _, Hasher as _};

use contrail_model::{Kind, Node};
use foldhash::fast::FixedState;

/// Two seeds, so that the number 3 and the string "3" differ.
const STRING: u64 = 1;
const SCALAR: u64 = 2;

/// What an array begins with, and an object.
pub(crate) const ARRAY: u64 = 0x243F_6A88_85A3_08D3;
const OBJECT: u64 = 0x1319_8A2E_0370_7344;

/// The hash of a value.
pub(crate) fn of_node(node: Node<'_>) -> u64 {
    match node.kind() {
        Kind::Object => {
            let hash = |name: Node<'_>| of_string(name.as_str().unwrap_or_default().as_bytes());
            let members =
                node.members().map(|member| of_member(hash(member.name), of_node(member.value)));
            of_object(members.fold(0, u64::wrapping_add))
        }
        Kind::Array => node.elements().map(of_node).fold(ARRAY, of_next),
        Kind::String => of_string(node.as_str().unwrap_or_default().as_bytes()),
        Kind::Number | Kind::Bool | Kind::Null => of_scalar(node.raw().as_bytes()),
    }
}

/// The hash of a string, of its characters and not of their escapes.
#[inline]
pub(crate) fn of_string(text: &[u8]) -> u64 {
    hash(STRING, text)
}

/// The hash of a number or a literal as it is written.
#[inline]
pub(crate) fn of_scalar(raw: &[u8]) -> u64 {
    hash(SCALAR, raw)
}

/// The hash of a member. Those of an object are added up, so that their order does not matter.
#[inline]
pub(crate) fn of_member(name: u64, value: u64) -> u64 {
    fold(name, value)
}

/// The hash of an object, by the sum over its members.
#[inline]
pub(crate) fn of_object(members: u64) -> u64 {
    fold(members, OBJECT)
}

/// The hash of an array with one more element; one without any is [`ARRAY`].
#[inline]
pub(crate) fn of_next(array: u64, element: u64) -> u64 {
    fold(array, element)
}

#[inline]
fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(seed).build_hasher();
    hasher.write(bytes);
    // Where one string ends matters only to the hash of two, and each has its own here.
    hasher.finish()
}

/// Both halves of a product, so that each bit of either number matters.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the halves are taken one by one")]
fn fold(one: u64, other: u64) -> u64 {
    let product = u128::from(one ^ 0x9E37_79B9_7F4A_7C15)
        * u128::from(other.rotate_left(32) ^ 0xD1B5_4A32_D192_ED03);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use contrail_model::Tree;

    use super::*;

    fn hash_of(text: &str) -> u64 {
        let mut tree = Tree::default();
        tree.parse(text.as_bytes(), 0).unwrap();
        of_node(tree.root(text))
    }

    #[test]
    fn white_space_escapes_and_the_order_of_members_do_not_matter() {
        let one = hash_of(r#"{"A":["x",1,{"B":null}],"C":"\u00e9"}"#);
        assert_eq!(one, hash_of(r#"{ "C" : "é", "A" : [ "\u0078", 1, { "B" : null } ] }"#));
    }

    #[test]
    fn whatever_else_differs_does_matter() {
        let texts = [
            r"{}",
            r"[]",
            r#""""#,
            r"null",
            r"0",
            r#""0""#,
            r"[0]",
            r"[[0]]",
            r"[0,1]",
            r"[1,0]",
            r"[[],0]",
            r"[0,[]]",
            r#"{"A":1}"#,
            r#"{"A":2}"#,
            r#"{"B":1}"#,
            r#"{"A":1,"B":2}"#,
            r#"{"A":2,"B":1}"#,
            r#"{"A":{"B":1}}"#,
            r#"["A",1]"#,
            r#"["null"]"#,
            r"[null]",
        ];
        let mut hashes: Vec<_> = texts.iter().map(|text| hash_of(text)).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), texts.len());
    }
}
