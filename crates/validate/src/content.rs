//! A hash of a value that does not depend on white space, escapes, or the order of members.
//!
//! The parts are public to the crate, so that a reader of bytes can put the same hash together while
//! it reads.

use contrail_model::{GUID_LENGTH, GuidNumber, INSTANT_LENGTH, Kind, Node, instant};

/// Seeds, so that the number 3, the string "3" and others differ.
const STRING: u64 = 0xA076_1D64_78BD_642F;
const SCALAR: u64 = 0xE703_7ED1_A0B4_28DB;
const INSTANT: u64 = 0x4528_21E6_38D0_1377;
const GUID: u64 = 0xBE54_66CF_34E9_0C6C;

/// Texts with fewer bytes are hashed in one step.
pub(crate) const SHORT: usize = 32;

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

/// The hash of a value that is a string; `None` for any other.
pub(crate) fn of_string_node(node: Option<Node<'_>>) -> Option<u64> {
    node.filter(|node| node.kind() == Kind::String).map(of_node)
}

/// The hash of a string, of its characters and not of their escapes.
///
/// GUIDs and instants in their usual form are hashed by their numbers, which a reader of bytes knows.
pub(crate) fn of_string(text: &[u8]) -> u64 {
    match text.len() {
        INSTANT_LENGTH => instant(text).map_or_else(|| of_text(text), of_instant),
        GUID_LENGTH => of_guid_text(text),
        _ => of_text(text),
    }
}

/// The hash of a string that is an instant, by its number.
#[inline(always)]
pub(crate) fn of_instant(number: i64) -> u64 {
    fold(number.cast_unsigned(), INSTANT)
}

fn of_guid_text(text: &[u8]) -> u64 {
    GuidNumber::read(text).map_or_else(|| of_text(text), |guid| of_guid(guid, text))
}

/// The hash of a string that is a GUID. In upper case it is another string.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "the halves are taken one by one")]
pub(crate) fn of_guid(guid: GuidNumber, text: &[u8]) -> u64 {
    if guid.is_lower_case {
        return fold(guid.number as u64 ^ GUID, (guid.number >> 64) as u64);
    }
    of_text(text)
}

/// The hash of a string that is neither a GUID nor an instant in its usual form.
pub(crate) fn of_text(text: &[u8]) -> u64 {
    hash(STRING, text)
}

/// The same for fewer than 32 bytes, which are the first ones of `padded`; the others are zeros.
#[inline(always)]
pub(crate) fn of_short_text(padded: [u64; 4], length: usize) -> u64 {
    short_hash(STRING, padded, length)
}

/// The eight-byte words of 32 bytes.
#[inline(always)]
pub(crate) fn words(bytes: &[u8; SHORT]) -> [u64; 4] {
    let word = |at: usize| u64::from_le_bytes(*bytes[at..].first_chunk().expect("it is longer"));
    [word(0), word(8), word(16), word(24)]
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

fn hash(seed: u64, bytes: &[u8]) -> u64 {
    if bytes.len() < SHORT {
        let mut padded = [0; SHORT];
        padded[..bytes.len()].copy_from_slice(bytes);
        return short_hash(seed, words(&padded), bytes.len());
    }
    let (blocks, rest) = bytes.as_chunks::<SHORT>();
    let whole = blocks.iter().fold(seed, |hash, block| {
        let [one, two, three, four] = words(block);
        fold(fold(hash ^ one, two) ^ three, four)
    });
    fold(whole, hash(seed.rotate_left(7), rest) ^ bytes.len() as u64)
}

#[inline(always)]
fn short_hash(seed: u64, [one, two, three, four]: [u64; 4], length: usize) -> u64 {
    let seed = seed.wrapping_mul(length as u64 + 1);
    fold(one ^ seed, two).wrapping_add(fold(three ^ seed.rotate_left(32), four))
}

/// The hash of two numbers.
#[inline]
pub(crate) fn hash_pair(one: u64, other: u64) -> u64 {
    fold(one, other)
}

/// Both halves of a product, so that each bit of either number matters.
#[inline(always)]
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
    fn texts_of_all_lengths_differ_and_each_byte_matters() {
        let text = "0123456789".repeat(12);
        let mut hashes = Vec::new();
        for length in 0..text.len() {
            hashes.push(of_string(&text.as_bytes()[..length]));
            for at in 0..length {
                let mut other = text.as_bytes()[..length].to_vec();
                other[at] ^= 64;
                hashes.push(of_string(&other));
            }
            let zeros = [&text.as_bytes()[..length], &[0]].concat();
            hashes.push(of_string(&zeros));
        }
        let count = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), count);
    }

    #[test]
    fn a_string_has_one_hash_however_it_is_read() {
        let mut padded = [0; SHORT];
        padded[..5].copy_from_slice(b"short");
        assert_eq!(of_short_text(words(&padded), 5), of_string(b"short"));
        let guid = b"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906";
        assert_eq!(of_guid(GuidNumber::read(guid).unwrap(), guid), of_string(guid));
        let upper = guid.to_ascii_uppercase();
        assert_eq!(of_guid(GuidNumber::read(&upper).unwrap(), &upper), of_string(&upper));
        assert_ne!(of_string(&upper), of_string(guid));
        let time = b"2016-02-28T19:58:37Z";
        assert_eq!(of_instant(instant(time).unwrap()), of_string(time));
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
