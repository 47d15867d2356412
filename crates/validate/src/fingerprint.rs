//! A name for a defect that outlives edits around it.

use sha2::{Digest as _, Sha256};

/// Twelve hexadecimal digits of the SHA-256 of the parts.
///
/// The parts say which rule was broken in which event, and where in it; not on which line, nor in
/// which words. So the fingerprint stays the same when lines move, keys are reordered, or messages
/// are reworded.
pub(crate) fn fingerprint(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    digits_of(hash)
}

/// The first twelve hexadecimal digits of a hash.
pub(crate) fn digits_of(hash: Sha256) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = String::with_capacity(12);
    for byte in &hash.finalize()[..6] {
        for half in [byte >> 4, byte & 0xF] {
            digits.push(char::from(DIGITS[usize::from(half)]));
        }
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_do_not_run_into_one_another() {
        assert_eq!(fingerprint(&["a", "b"]), fingerprint(&["a", "b"]));
        assert_ne!(fingerprint(&["a", "b"]), fingerprint(&["ab", ""]));
        // For ever: a baseline that was written today must still hold.
        assert_eq!(fingerprint(&["count-mismatch", "/Count"]), "14c104558bb6");
    }
}
