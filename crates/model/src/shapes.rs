//! Shapes of objects, learned while objects are read.
//!
//! A program writes the members of an object in one order and with the same white space. So the text
//! between two values, such as `,"EventId":"`, comes again and again, and so do values that never
//! change, such as that of `Type`. [`Shapes`] is a trie of these texts: a reader that has read a
//! value compares up to 64 bytes at once and knows which value comes next, where it would otherwise
//! read white space, a comma, a name and a colon. What it does not find there it reads as usual, and
//! adds, so that it finds it the next time.
//!
//! What a text leads to is the reader's own affair: it is a value of type `T`.

use wide::u8x16;

/// The longest text of a node, in bytes. A longer one takes several nodes.
const LONGEST: usize = 64;

/// The most nodes: 0.5 MB. Generated recordings of all types of events need fewer than 400.
const MOST_NODES: usize = 4096;

/// The most texts that may follow another one. They are compared one by one.
const MOST_CHILDREN: u8 = 32;

/// How many texts may be turned away before all is forgotten, so that what is read now is learned.
const MOST_REFUSED: u32 = 4096;

const NONE: u16 = u16::MAX;

/// A trie of the texts between values.
#[derive(Debug)]
pub struct Shapes<T> {
    nodes: Vec<Node<T>>,
    refused: u32,
}

/// Where a reader stands in [`Shapes`]: after the text of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShapeId(u16);

/// A text, and what it leads to.
///
/// One line of the cache for the text, and one for the rest.
#[derive(Debug)]
#[repr(align(64))]
struct Node<T> {
    text: [[u8; 16]; LONGEST / 16],
    /// A bit for each byte of the text.
    mask: u64,
    /// `None` if the text goes on in another node.
    value: Option<T>,
    first_child: u16,
    next_sibling: u16,
    length: u8,
    children: u8,
}

impl ShapeId {
    /// The start of an object, after its brace.
    pub const ROOT: Self = Self(0);

    /// A number for each node, from 0, for tables beside the trie.
    #[inline]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl<T> Default for Shapes<T> {
    fn default() -> Self {
        Self { nodes: vec![Node::new(b"", None)], refused: 0 }
    }
}

impl<T> Shapes<T> {
    /// Finds which known text stands at `at`; gives its node, the offset after it, and its value.
    ///
    /// `None` if no known text does, or if fewer than 64 bytes are left: those are for the usual reader.
    #[inline(always)]
    pub fn follow(&self, from: ShapeId, bytes: &[u8], at: usize) -> Option<(ShapeId, usize, &T)> {
        let (mut from, mut at) = (from.index(), at);
        loop {
            let text = bytes.get(at..)?.first_chunk()?;
            let (id, node) = self.child(from, text)?;
            at += usize::from(node.length);
            match &node.value {
                Some(value) => return Some((ShapeId(id), at, value)),
                None => from = usize::from(id),
            }
        }
    }

    #[inline(always)]
    fn child(&self, from: usize, text: &[u8; LONGEST]) -> Option<(u16, &Node<T>)> {
        let mut id = self.nodes[from].first_child;
        loop {
            let node = self.nodes.get(usize::from(id))?;
            if node.begins(text) {
                return Some((id, node));
            }
            id = node.next_sibling;
        }
    }

    /// Adds a place where other objects begin. `None` if there is no room for it.
    #[cold]
    pub fn add_root(&mut self) -> Option<ShapeId> {
        self.push(Node::new(b"", None)).map(ShapeId)
    }

    /// Adds a text after another one; gives the node that is there now, and whether it is new.
    ///
    /// `None` if there is no room for it, or if it has no bytes.
    #[cold]
    pub fn add(&mut self, from: ShapeId, text: &[u8], value: T) -> Option<(ShapeId, bool)> {
        let (mut from, mut rest) = (from.index(), text);
        while let Some((part, more)) = rest.split_at_checked(LONGEST)
            && !more.is_empty()
        {
            from = usize::from(self.find_or_add(from, part, None)?.0);
            rest = more;
        }
        let (id, is_new) = self.find_or_add(from, rest, Some(value))?;
        Some((ShapeId(id), is_new))
    }

    fn find_or_add(&mut self, from: usize, text: &[u8], value: Option<T>) -> Option<(u16, bool)> {
        let mut last = None;
        let mut id = self.nodes[from].first_child;
        while let Some(node) = self.nodes.get(usize::from(id)) {
            if node.text() == text && node.value.is_some() == value.is_some() {
                return Some((id, false));
            }
            last = Some(usize::from(id));
            id = node.next_sibling;
        }
        if text.is_empty() || self.nodes[from].children == MOST_CHILDREN {
            self.refused += 1;
            return None;
        }
        let id = self.push(Node::new(text, value))?;
        self.nodes[from].children += 1;
        match last {
            Some(last) => self.nodes[last].next_sibling = id,
            None => self.nodes[from].first_child = id,
        }
        Some((id, true))
    }

    fn push(&mut self, node: Node<T>) -> Option<u16> {
        if self.nodes.len() == MOST_NODES {
            self.refused += 1;
            return None;
        }
        let id = u16::try_from(self.nodes.len()).expect("there are fewer nodes");
        self.nodes.push(node);
        Some(id)
    }

    /// Forgets all if there was no room for much of what was read lately. No [`ShapeId`] but the root
    /// is valid after that.
    #[inline]
    pub fn forget_if_full(&mut self) -> bool {
        let is_full = self.refused > MOST_REFUSED;
        if is_full {
            *self = Self::default();
        }
        is_full
    }
}

impl<T> Node<T> {
    fn new(text: &[u8], value: Option<T>) -> Self {
        let mut padded = [[0; 16]; LONGEST / 16];
        padded.as_flattened_mut()[..text.len()].copy_from_slice(text);
        let mask = match text.len() {
            0 => 0,
            length => u64::MAX >> (LONGEST - length),
        };
        let length = u8::try_from(text.len()).expect("a text has at most 64 bytes");
        Self {
            text: padded,
            mask,
            value,
            first_child: NONE,
            next_sibling: NONE,
            length,
            children: 0,
        }
    }

    fn text(&self) -> &[u8] {
        &self.text.as_flattened()[..usize::from(self.length)]
    }

    /// Whether `bytes` begin with the text. Most texts have at most 32 bytes.
    #[inline(always)]
    fn begins(&self, bytes: &[u8; LONGEST]) -> bool {
        let same = |block: usize| {
            let bytes: [u8; 16] = *bytes[16 * block..].first_chunk().expect("there are 64 bytes");
            let same = u8x16::from(bytes).simd_eq(u8x16::from(self.text[block]));
            u64::from(same.to_bitmask()) << (16 * block)
        };
        let front = (same(0) | same(1)) & self.mask;
        if self.length <= 32 {
            return front == self.mask;
        }
        front | (same(2) | same(3)) & self.mask == self.mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn padded(text: &str) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(text.len() + LONGEST, b'x');
        bytes
    }

    #[test]
    fn a_text_of_any_length_is_found_behind_the_one_it_followed() {
        for length in 1..200 {
            let text = "0123456789".repeat(20)[..length].to_owned();
            let mut shapes = Shapes::default();
            let (first, is_new) = shapes.add(ShapeId::ROOT, text.as_bytes(), 1).unwrap();
            assert!(is_new);
            let (second, _) = shapes.add(first, b"next", 2).unwrap();
            assert_eq!(shapes.add(ShapeId::ROOT, text.as_bytes(), 7), Some((first, false)));
            let bytes = padded(&format!("{text}next"));
            assert_eq!(shapes.follow(ShapeId::ROOT, &bytes, 0), Some((first, length, &1)));
            assert_eq!(shapes.follow(first, &bytes, length), Some((second, length + 4, &2)));
            assert_eq!(shapes.follow(ShapeId::ROOT, &bytes, 1).map(|(id, ..)| id), None);
            assert_eq!(shapes.follow(first, &bytes, 0), None);
        }
    }

    #[test]
    fn no_byte_of_a_text_can_be_another_one() {
        for length in [1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100] {
            let text: String = (0..length).map(|at| char::from(b'a' + at % 26)).collect();
            let mut shapes = Shapes::default();
            shapes.add(ShapeId::ROOT, text.as_bytes(), ()).unwrap();
            for at in 0..text.len() {
                let mut bytes = padded(&text);
                bytes[at] ^= 1;
                assert_eq!(shapes.follow(ShapeId::ROOT, &bytes, 0), None, "{length} {at}");
            }
        }
    }

    #[test]
    fn too_few_bytes_are_left_to_the_usual_reader() {
        let mut shapes = Shapes::default();
        shapes.add(ShapeId::ROOT, b"text", ()).unwrap();
        let bytes = padded("text");
        assert!(shapes.follow(ShapeId::ROOT, &bytes, 4).is_none());
        assert!(shapes.follow(ShapeId::ROOT, &bytes[..LONGEST], 0).is_some());
        assert!(shapes.follow(ShapeId::ROOT, &bytes[..LONGEST - 1], 0).is_none());
        assert!(shapes.follow(ShapeId::ROOT, &bytes, usize::MAX).is_none());
    }

    #[test]
    fn a_text_that_goes_on_and_one_that_ends_are_two() {
        let (short, long) = ("a".repeat(64), "a".repeat(80));
        let mut shapes = Shapes::default();
        let (to_short, _) = shapes.add(ShapeId::ROOT, short.as_bytes(), 1).unwrap();
        let (to_long, is_new) = shapes.add(ShapeId::ROOT, long.as_bytes(), 2).unwrap();
        assert!(is_new && to_short != to_long);
        let found = shapes.follow(ShapeId::ROOT, &padded(&short), 0);
        assert_eq!(found, Some((to_short, 64, &1)));
    }

    #[test]
    fn memory_is_bounded_and_what_comes_after_is_learned() {
        let mut shapes = Shapes::default();
        let mut from = ShapeId::ROOT;
        let mut number = 0_u64;
        while !shapes.forget_if_full() {
            number += 1;
            from = match shapes.add(from, number.to_string().as_bytes(), ()) {
                Some((id, _)) => id,
                None => ShapeId::ROOT,
            };
            assert!(shapes.nodes.len() <= MOST_NODES);
        }
        assert_eq!(shapes.nodes.len(), 1);
        assert!(shapes.add(ShapeId::ROOT, b"next", ()).is_some());
    }

    #[test]
    fn an_object_with_ever_other_names_fills_a_node_and_is_then_forgotten() {
        let mut shapes = Shapes::default();
        let add = |shapes: &mut Shapes<()>, number: u32| {
            shapes.add(ShapeId::ROOT, number.to_string().as_bytes(), ()).is_some()
        };
        let added = (0..1000).filter(|number| add(&mut shapes, *number)).count();
        assert_eq!(added, usize::from(MOST_CHILDREN));
    }
}
