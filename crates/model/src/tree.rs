//! One JSON value, read once: a flat list of nodes that point into the text.

use std::{borrow::Cow, hash::BuildHasher as _, ops::Range};

use foldhash::fast::FixedState;
use hashbrown::{HashTable, hash_table::Entry};

use crate::{
    fault::{Fault, FaultKind, Inside, Want},
    lexer::Lexer,
};

/// The most arrays and objects that may be open at once, the value itself included.
///
/// The same as `serde_json`'s recursion limit, so that whatever is read here can be read by what
/// comes later.
pub const MAX_DEPTH: usize = 127;

/// Objects with more members than this are searched for repeated names with a hash table.
const FEW_MEMBERS: usize = 24;

/// The type of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`
    Null,
    /// `false` or `true`
    Bool,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl Kind {
    /// The name of the type in JSON Schema, with its article.
    pub fn with_article(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

/// 16 bytes a node, members of an object as name and value in turn.
#[derive(Clone, Copy, Debug)]
struct Item {
    start: u32,
    end: u32,
    /// The index behind this node's subtree.
    next: u32,
    kind: Kind,
    /// A string with escapes; or, of a name, one that is given again later in the same object.
    escaped: bool,
    shadowed: bool,
}

/// A parsed value without its text. Kept and parsed into again, it allocates nothing.
#[derive(Debug, Default)]
pub struct Tree {
    entries: Vec<Item>,
    /// Indices of the open arrays and objects while parsing.
    open: Vec<u32>,
    /// Names that repeat an earlier name of the same object, in the order of the text.
    repeated: Vec<u32>,
    /// Memory for the names of one object.
    names: Vec<u32>,
}

impl Tree {
    /// Reads one value from the front of `bytes` and gives the offset behind it.
    ///
    /// `depth` is the number of arrays and objects that are open around the value.
    ///
    /// # Errors
    ///
    /// The first [`Fault`]; if its kind is [`FaultKind::End`], more bytes could still make a value.
    ///
    /// # Panics
    ///
    /// If `bytes` is longer than 4 GiB.
    pub fn parse(&mut self, bytes: &[u8], depth: usize) -> Result<usize, Fault> {
        assert!(u32::try_from(bytes.len()).is_ok(), "a document is at most 4 GiB long");
        self.entries.clear();
        self.open.clear();
        self.repeated.clear();
        let end = Parser { tree: self, lexer: Lexer::new(bytes), depth }
            .document()
            .and_then(|end| match simdutf8::compat::from_utf8(&bytes[..end]) {
                Ok(_) => Ok(end),
                Err(error) => {
                    Err(Fault { kind: FaultKind::InvalidUtf8, offset: error.valid_up_to() })
                }
            })
            .map_err(|fault| earlier_encoding_fault(bytes, fault))?;
        self.find_repeated(bytes);
        Ok(end)
    }

    /// The value; `text` must be what was parsed.
    pub fn root<'t>(&'t self, text: &'t str) -> Node<'t> {
        Node { tree: self, text, index: 0 }
    }

    /// How many bytes of memory it takes.
    pub(crate) fn held(&self) -> usize {
        let indices = self.open.capacity() + self.repeated.capacity() + self.names.capacity();
        self.entries.capacity() * size_of::<Item>() + indices * size_of::<u32>()
    }

    fn push(&mut self, kind: Kind, span: Range<usize>, escaped: bool) {
        let next = self.index() + 1;
        self.entries.push(Item {
            start: narrow(span.start),
            end: narrow(span.end),
            next,
            kind,
            escaped,
            shadowed: false,
        });
    }

    fn index(&self) -> u32 {
        narrow(self.entries.len())
    }

    /// Marks each name that is given again later in its object: the last one counts.
    fn find_repeated(&mut self, bytes: &[u8]) {
        let (mut names, mut table) = (std::mem::take(&mut self.names), HashTable::new());
        for object in 0..self.entries.len() {
            if self.entries[object].kind != Kind::Object {
                continue;
            }
            names.clear();
            let mut at = narrow(object + 1);
            while at < self.entries[object].next {
                names.push(at);
                at = self.entries[at as usize + 1].next;
            }
            if names.len() <= FEW_MEMBERS {
                self.compare_names(bytes, &names);
            } else {
                table.clear();
                self.look_up_names(bytes, &names, &mut table);
            }
        }
        self.names = names;
        self.repeated.sort_unstable();
    }

    /// Finds repeated names among few.
    fn compare_names(&mut self, bytes: &[u8], names: &[u32]) {
        for (count, &later) in names.iter().enumerate() {
            let mut repeats = false;
            for &earlier in &names[..count] {
                let [one, other] = [earlier, later].map(|name| &self.entries[name as usize]);
                if same_name(one, other, bytes) {
                    self.entries[earlier as usize].shadowed = true;
                    repeats = true;
                }
            }
            if repeats {
                self.repeated.push(later);
            }
        }
    }

    /// Finds repeated names among many. The table holds the last of each, by its number: the names
    /// themselves would take six times as much memory, and there may be a million.
    fn look_up_names(&mut self, bytes: &[u8], names: &[u32], table: &mut HashTable<u32>) {
        let Self { entries, repeated, .. } = self;
        let hasher = FixedState::default();
        for &name in names {
            let hash = |name: u32| hasher.hash_one(&*name_of(&entries[name as usize], bytes));
            let is_same = |earlier: &u32| {
                same_name(&entries[*earlier as usize], &entries[name as usize], bytes)
            };
            match table.entry(hash(name), is_same, |name| hash(*name)) {
                Entry::Vacant(place) => {
                    place.insert(name);
                }
                Entry::Occupied(mut last) => {
                    let earlier = std::mem::replace(last.get_mut(), name);
                    entries[earlier as usize].shadowed = true;
                    repeated.push(name);
                }
            }
        }
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).expect("a document is at most 4 GiB long")
}

fn same_name(one: &Item, other: &Item, bytes: &[u8]) -> bool {
    if one.escaped || other.escaped {
        return name_of(one, bytes) == name_of(other, bytes);
    }
    bytes[one.start as usize..one.end as usize] == bytes[other.start as usize..other.end as usize]
}

fn name_of<'t>(name: &Item, bytes: &'t [u8]) -> Cow<'t, [u8]> {
    let inner = &bytes[name.start as usize + 1..name.end as usize - 1];
    match std::str::from_utf8(inner) {
        Ok(text) if name.escaped => Cow::Owned(unescape(text).into_bytes()),
        _ => Cow::Borrowed(inner),
    }
}

/// Bad UTF-8 before or at a fault is the better explanation of it.
fn earlier_encoding_fault(bytes: &[u8], fault: Fault) -> Fault {
    let seen = &bytes[..bytes.len().min(fault.offset + 4)];
    match std::str::from_utf8(seen) {
        Err(error) if error.error_len().is_some() && error.valid_up_to() <= fault.offset => {
            Fault { kind: FaultKind::InvalidUtf8, offset: error.valid_up_to() }
        }
        _ => fault,
    }
}

struct Parser<'p> {
    tree: &'p mut Tree,
    lexer: Lexer<'p>,
    depth: usize,
}

impl Parser<'_> {
    fn document(mut self) -> Result<usize, Fault> {
        let mut want = Want::Value;
        loop {
            want = match self.value(want)? {
                Some(inside) => inside,
                None => match self.close()? {
                    Some(next) => next,
                    None => return Ok(self.lexer.at()),
                },
            };
        }
    }

    /// Reads a scalar, or the opening of an array or object, and then says what must follow inside.
    fn value(&mut self, want: Want) -> Result<Option<Want>, Fault> {
        if matches!(want, Want::Name | Want::NameOrEnd) {
            if want == Want::NameOrEnd && self.lexer.peek() == Some(b'}') {
                return Ok(None);
            }
            self.name(want)?;
        }
        let inside = self.inside();
        let byte = self.lexer.peek();
        let start = self.lexer.at();
        let kind = match byte {
            Some(b'{') => return self.open(Kind::Object, Want::NameOrEnd).map(Some),
            Some(b'[') => return self.open(Kind::Array, Want::ValueOrEnd).map(Some),
            Some(b']') if want == Want::ValueOrEnd => return Ok(None),
            Some(b'"') => {
                let escaped = self.lexer.string()?;
                self.tree.push(Kind::String, start..self.lexer.at(), escaped);
                return Ok(None);
            }
            Some(b'-' | b'0'..=b'9') => {
                self.lexer.number()?;
                Kind::Number
            }
            Some(b't') => self.literal(b"true", Kind::Bool)?,
            Some(b'f') => self.literal(b"false", Kind::Bool)?,
            Some(b'n') => self.literal(b"null", Kind::Null)?,
            _ => {
                let want = if want == Want::ValueOrEnd { want } else { Want::Value };
                return Err(self.lexer.unexpected(want, inside));
            }
        };
        self.tree.push(kind, start..self.lexer.at(), false);
        Ok(None)
    }

    fn literal(&mut self, text: &[u8], kind: Kind) -> Result<Kind, Fault> {
        self.lexer.literal(text).map(|()| kind)
    }

    /// Reads a name and its colon.
    fn name(&mut self, want: Want) -> Result<(), Fault> {
        if self.lexer.peek() != Some(b'"') {
            return Err(self.lexer.unexpected(want, Inside::Object));
        }
        let start = self.lexer.at();
        let escaped = self.lexer.string()?;
        self.tree.push(Kind::String, start..self.lexer.at(), escaped);
        if self.lexer.peek() != Some(b':') {
            return Err(self.lexer.unexpected(Want::Colon, Inside::Object));
        }
        self.lexer.bump();
        Ok(())
    }

    fn open(&mut self, kind: Kind, want: Want) -> Result<Want, Fault> {
        if MAX_DEPTH <= self.depth + self.tree.open.len() {
            return Err(self.lexer.fault(FaultKind::TooDeep));
        }
        let start = self.lexer.at();
        self.tree.open.push(self.tree.index());
        self.tree.push(kind, start..start, false);
        self.lexer.bump();
        Ok(want)
    }

    /// After a value: closes what ends here, and says what must follow; nothing if the value is whole.
    fn close(&mut self) -> Result<Option<Want>, Fault> {
        while let Some(&open) = self.tree.open.last() {
            let (end, next, want) = match self.tree.entries[open as usize].kind {
                Kind::Object => (b'}', Want::Name, Want::CommaOrObjectEnd),
                _ => (b']', Want::Value, Want::CommaOrArrayEnd),
            };
            match self.lexer.peek() {
                Some(b',') => {
                    self.lexer.bump();
                    return Ok(Some(next));
                }
                Some(byte) if byte == end => {
                    self.lexer.bump();
                    let index = self.tree.index();
                    let entry = &mut self.tree.entries[open as usize];
                    entry.end = narrow(self.lexer.at());
                    entry.next = index;
                    self.tree.open.pop();
                }
                _ => return Err(self.lexer.unexpected(want, self.inside())),
            }
        }
        Ok(None)
    }

    fn inside(&self) -> Inside {
        match self.tree.open.last().map(|open| self.tree.entries[*open as usize].kind) {
            None => Inside::Nothing,
            Some(Kind::Object) => Inside::Object,
            Some(_) => Inside::Array,
        }
    }
}

/// One value in a [`Tree`].
#[derive(Clone, Copy, Debug)]
pub struct Node<'t> {
    tree: &'t Tree,
    text: &'t str,
    index: u32,
}

impl<'t> Node<'t> {
    fn entry(self) -> &'t Item {
        &self.tree.entries[self.index as usize]
    }

    fn at(self, index: u32) -> Self {
        Self { index, ..self }
    }

    /// The type of the value.
    pub fn kind(self) -> Kind {
        self.entry().kind
    }

    /// Its number within its tree: two nodes of one tree are the same if their numbers are.
    pub fn index(self) -> u32 {
        self.index
    }

    /// The number behind those of all that is in the value.
    pub fn end_index(self) -> u32 {
        self.entry().next
    }

    /// The node of the same tree with this number.
    ///
    /// # Panics
    ///
    /// If the tree has no such node.
    #[must_use]
    pub fn numbered(self, index: u32) -> Self {
        assert!((index as usize) < self.tree.entries.len(), "the tree has the node");
        self.at(index)
    }

    /// The bytes of the value, from the start of the text.
    pub fn span(self) -> Range<usize> {
        self.entry().start as usize..self.entry().end as usize
    }

    /// The text of the value as it was written.
    pub fn raw(self) -> &'t str {
        &self.text[self.span()]
    }

    /// The text that the node's spans point into.
    pub fn text(self) -> &'t str {
        self.text
    }

    /// The string that the value is; borrowed unless it holds escapes.
    pub fn as_str(self) -> Option<Cow<'t, str>> {
        let entry = self.entry();
        if entry.kind != Kind::String {
            return None;
        }
        let inner = &self.text[entry.start as usize + 1..entry.end as usize - 1];
        Some(if entry.escaped { Cow::Owned(unescape(inner)) } else { Cow::Borrowed(inner) })
    }

    /// Whether it is a string that is written with escapes.
    pub fn has_escapes(self) -> bool {
        self.entry().escaped
    }

    /// Whether the value is the string `want`.
    pub fn is_str(self, want: &str) -> bool {
        let entry = self.entry();
        if entry.escaped {
            return self.as_str().is_some_and(|got| got == want);
        }
        // This decides every look-up of a member: the length alone settles most of them.
        entry.kind == Kind::String
            && (entry.end - entry.start) as usize == want.len() + 2
            && self.text.as_bytes()[entry.start as usize + 1..entry.end as usize - 1]
                == *want.as_bytes()
    }

    /// The number that the value is, as it was written.
    pub fn as_number(self) -> Option<&'t str> {
        (self.kind() == Kind::Number).then(|| self.raw())
    }

    /// The truth value that the value is.
    pub fn as_bool(self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.raw() == "true")
    }

    /// The elements of an array; of any other value none.
    pub fn elements(self) -> Elements<'t> {
        let end = if self.kind() == Kind::Array { self.entry().next } else { self.index };
        Elements { node: self.at(self.index + 1), end }
    }

    /// The members of an object; of any other value none.
    ///
    /// Where a name is repeated, only its last member is given, as by most readers of JSON.
    pub fn members(self) -> Members<'t> {
        let end = if self.kind() == Kind::Object { self.entry().next } else { self.index };
        Members { node: self.at(self.index + 1), end }
    }

    /// The member called `name`.
    pub fn get(self, name: &str) -> Option<Self> {
        self.members().find(|member| member.name.is_str(name)).map(|member| member.value)
    }

    /// Whether it is a name that is given again later in its object.
    pub fn is_shadowed(self) -> bool {
        self.entry().shadowed
    }

    /// The names in the whole value that repeat an earlier one of the same object.
    pub fn repeated_names(self) -> impl Iterator<Item = Self> {
        let names = &self.tree.repeated;
        let from = names.partition_point(|name| *name < self.index);
        let to = names.partition_point(|name| *name < self.entry().next);
        names[from..to].iter().map(move |name| self.at(*name))
    }

    /// The value at a JSON Pointer (RFC 6901), from this node.
    pub fn pointer(self, pointer: &str) -> Option<Self> {
        self.member_at(pointer).map(|member| member.value)
    }

    /// The member at a JSON Pointer, with its name; an element of an array is its own name.
    pub fn member_at(self, pointer: &str) -> Option<Member<'t>> {
        let mut found = Member { name: self, value: self };
        for token in pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            found = match found.value.kind() {
                Kind::Object => found.value.members().find(|member| member.name.is_str(&token))?,
                _ => {
                    let value = found.value.elements().nth(token.parse().ok()?)?;
                    Member { name: value, value }
                }
            };
        }
        Some(found)
    }

    /// The JSON Pointers that lead from this node to the nodes with these numbers, which ascend. All
    /// are found in one walk.
    pub fn pointers_to(self, indices: &[u32]) -> Vec<String> {
        let mut pointers = Vec::with_capacity(indices.len());
        let mut wanted = indices;
        self.find_pointers(&mut String::new(), &mut wanted, &mut pointers);
        pointers
    }

    /// Notes the pointers of those of the wanted nodes that lie in this one.
    fn find_pointers(self, path: &mut String, wanted: &mut &[u32], found: &mut Vec<String>) {
        self.note_if_wanted(path, wanted, found);
        let end = self.entry().next;
        let is_within = |wanted: &[u32]| wanted.first().is_some_and(|first| *first < end);
        if !is_within(wanted) {
            return;
        }
        let length = path.len();
        for member in self.members_with_shadowed() {
            if wanted.first().is_some_and(|first| member.value.entry().next <= *first) {
                continue;
            }
            push_token(path, &member.name.as_str().unwrap_or_default());
            member.name.note_if_wanted(path, wanted, found);
            member.value.find_pointers(path, wanted, found);
            path.truncate(length);
            if !is_within(wanted) {
                return;
            }
        }
        for (count, element) in self.elements().enumerate() {
            if wanted.first().is_some_and(|first| element.entry().next <= *first) {
                continue;
            }
            push_token(path, &count.to_string());
            element.find_pointers(path, wanted, found);
            path.truncate(length);
            if !is_within(wanted) {
                return;
            }
        }
    }

    /// Notes the path if it leads to the node that is wanted next.
    fn note_if_wanted(self, path: &str, wanted: &mut &[u32], found: &mut Vec<String>) {
        while let Some((_, rest)) = wanted.split_first().filter(|(first, _)| **first == self.index)
        {
            found.push(path.to_owned());
            *wanted = rest;
        }
    }

    fn members_with_shadowed(self) -> impl Iterator<Item = Member<'t>> {
        let end = if self.kind() == Kind::Object { self.entry().next } else { self.index };
        let mut name = self.at(self.index + 1);
        std::iter::from_fn(move || {
            (name.index < end).then(|| {
                let member = Member { name, value: name.at(name.index + 1) };
                name = name.at(member.value.entry().next);
                member
            })
        })
    }
}

/// Adds one reference token to a JSON Pointer (RFC 6901).
pub fn push_token(pointer: &mut String, token: &str) {
    pointer.push('/');
    if memchr::memchr2(b'~', b'/', token.as_bytes()).is_none() {
        pointer.push_str(token);
        return;
    }
    for character in token.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

/// A member of an object.
#[derive(Clone, Copy, Debug)]
pub struct Member<'t> {
    /// The name, a string.
    pub name: Node<'t>,
    /// The value.
    pub value: Node<'t>,
}

/// The elements of an array, in order.
#[derive(Clone, Debug)]
pub struct Elements<'t> {
    node: Node<'t>,
    end: u32,
}

impl<'t> Iterator for Elements<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        (self.node.index < self.end).then(|| {
            let node = self.node;
            self.node = node.at(node.entry().next);
            node
        })
    }
}

/// The members of an object, in order.
#[derive(Clone, Debug)]
pub struct Members<'t> {
    node: Node<'t>,
    end: u32,
}

impl<'t> Iterator for Members<'t> {
    type Item = Member<'t>;

    fn next(&mut self) -> Option<Member<'t>> {
        while self.node.index < self.end {
            let name = self.node;
            let value = name.at(name.index + 1);
            self.node = name.at(value.entry().next);
            if !name.entry().shadowed {
                return Some(Member { name, value });
            }
        }
        None
    }
}

/// The string that the inside of a lexed string stands for.
pub fn unescape(inner: &str) -> String {
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let (character, length) = escaped_character(&rest[at..]);
        text.push(character);
        rest = &rest[at + length..];
    }
    text.push_str(rest);
    text
}

/// The character of the escape at the front of `text`, which was lexed before, and its length.
pub(crate) fn escaped_character(text: &str) -> (char, usize) {
    let unit = |at: usize| {
        text.get(at + 2..at + 6)
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .unwrap_or(0)
    };
    match text.as_bytes().get(1) {
        Some(b'b') => ('\u{8}', 2),
        Some(b'f') => ('\u{C}', 2),
        Some(b'n') => ('\n', 2),
        Some(b'r') => ('\r', 2),
        Some(b't') => ('\t', 2),
        Some(b'u') => {
            let first = unit(0);
            match char::from_u32(first) {
                Some(character) => (character, 6),
                None => {
                    let code = 0x1_0000 + ((first - 0xD800) << 10) + (unit(6).wrapping_sub(0xDC00));
                    (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
                }
            }
        }
        Some(&byte) => (char::from(byte), 2),
        None => ('\\', 1),
    }
}

#[cfg(test)]
mod tests;
