//! What is known beforehand of the strings that a regular expression takes.

use regex_automata::{
    Anchored, MatchKind,
    dfa::{Automaton as _, StartKind, dense::DFA},
    util::{primitives::StateID, start},
};

/// A string of ASCII is taken if it is made of the bytes that are true here.
pub(crate) type Bytes = [bool; 256];

/// A compiled expression, as far as it means the same in JSON Schema (ECMA-262) and here.
#[derive(Debug)]
pub(crate) struct Pattern {
    dfa: DFA<Vec<u32>>,
    start: StateID,
}

impl Pattern {
    /// Nothing for an expression that is too large, or that may mean something else in ECMA-262.
    pub(crate) fn new(expression: &str) -> Option<Self> {
        if !is_plain(expression) {
            return None;
        }
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .start_kind(StartKind::Unanchored)
            .dfa_size_limit(Some(1 << 20))
            .determinize_size_limit(Some(1 << 20));
        let dfa = DFA::builder().configure(config).build(expression).ok()?;
        let start = dfa.start_state(&start::Config::new().anchored(Anchored::No)).ok()?;
        Some(Self { dfa, start })
    }

    /// The bytes of which any string is taken, the empty one too; nothing if there are none.
    pub(crate) fn alphabet(&self) -> Option<Box<Bytes>> {
        if !self.takes_at_end(self.start) {
            return None;
        }
        // Bytes are grouped by where the start leads with them; the largest group that leads back
        // into itself is taken. There are few groups, and each is looked at once.
        let mut states: Vec<_> = (0x20..0x7F).map(|byte| self.after_start(byte)).collect();
        states.sort_unstable();
        states.dedup();
        let count = |bytes: &Bytes| bytes.iter().filter(|is_in| **is_in).count();
        let groups = states.into_iter().filter(|state| self.takes_at_end(*state));
        let largest =
            groups.map(|state| self.bytes_that_stay_in(state)).max_by_key(|bytes| count(bytes));
        largest.filter(|bytes| count(bytes) > 0)
    }

    fn after_start(&self, byte: u8) -> StateID {
        self.dfa.next_state(self.start, byte)
    }

    /// The bytes that lead from the start into a state, and from there back into it.
    fn bytes_that_stay_in(&self, state: StateID) -> Box<Bytes> {
        let stays =
            |byte: u8| self.after_start(byte) == state && self.dfa.next_state(state, byte) == state;
        let is_in = |byte| u8::try_from(byte).is_ok_and(|byte| is_text(byte) && stays(byte));
        Box::new(std::array::from_fn(is_in))
    }

    /// Whether all instants of the documented form, without a fraction, are taken.
    pub(crate) fn takes_all_instants(&self) -> bool {
        let mut states = vec![self.start];
        for form in b"dddd-dd-ddTdd:dd:ddZ" {
            let bytes = if *form == b'd' { b'0'..=b'9' } else { *form..=*form };
            let mut next: Vec<_> = states
                .iter()
                .flat_map(|state| bytes.clone().map(|byte| self.dfa.next_state(*state, byte)))
                .collect();
            next.sort_unstable();
            next.dedup();
            states = next;
        }
        states.into_iter().all(|state| self.takes_at_end(state))
    }

    fn takes_at_end(&self, state: StateID) -> bool {
        self.dfa.is_match_state(self.dfa.next_eoi_state(state))
    }
}

/// Printable ASCII that stands for itself in a JSON string.
fn is_text(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7E) && !matches!(byte, b'"' | b'\\')
}

/// Whether the expression uses only what means the same everywhere: of escapes those of punctuation,
/// no groups but `(...)`, no flags, no brackets or set operations within a class, and no empty class.
fn is_plain(expression: &str) -> bool {
    let mut characters = expression.chars().peekable();
    let mut is_in_class = false;
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        let is_strange = match (character, next) {
            ('\\', Some(escaped)) => {
                characters.next();
                !escaped.is_ascii_punctuation()
            }
            ('\\', None)
            | ('(', Some('?'))
            | ('[' | '^', Some(']'))
            | ('&', Some('&'))
            | ('~', Some('~'))
            | ('-', Some('-')) => true,
            ('[', _) => std::mem::replace(&mut is_in_class, true),
            (']', _) => !std::mem::take(&mut is_in_class),
            _ => !character.is_ascii(),
        };
        if is_strange {
            return false;
        }
    }
    !is_in_class
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alphabet(expression: &str) -> Option<String> {
        let bytes = Pattern::new(expression)?.alphabet()?;
        Some((0..=u8::MAX).filter(|byte| bytes[usize::from(*byte)]).map(char::from).collect())
    }

    #[test]
    fn a_repeated_class_is_its_bytes() {
        let names = alphabet(r"^[a-c0-2\-_,. ]*$").unwrap();
        assert_eq!(names, " ,-.012_abc");
        assert_eq!(alphabet("^x*$").unwrap(), "x");
        assert_eq!(alphabet("").unwrap().len(), 93);
    }

    #[test]
    fn what_is_more_than_a_repeated_class_has_no_alphabet() {
        for expression in [
            "^a+$",
            "^ab*$",
            "^(ab)*$",
            "a",
            "^[ab]{0,3}$",
            r"^\d*$",
            "(?i)a",
            "^[a[bc]]*$",
            "^[]a]*$",
            "^a*$(",
        ] {
            assert_eq!(alphabet(expression), None, "{expression}");
        }
    }

    #[test]
    fn a_pattern_takes_all_instants_or_not() {
        let takes = |expression: &str| Pattern::new(expression).unwrap().takes_all_instants();
        let date = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}";
        assert!(takes(&format!(r"^{date}(\.[0-9]{{1,9}})?Z$")));
        assert!(takes("Z$"));
        assert!(!takes(&format!(r"^{date}\.[0-9]Z$")));
        assert!(!takes("^2"));
        assert!(!takes("^.{19}$"));
    }
}
