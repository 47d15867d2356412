//! The quick way from bytes to fields: it reads the bytes once, and takes only what leaves no question.

use std::mem;

use crate::{
    canonical::{GUID_LENGTH, INSTANT_LENGTH, InstantReader},
    event::{EventType, Guid},
    fault::Fault,
    field::Field,
    json::{Extra, Json, Text},
    lexer::{Lexer, closing_quote},
    timestamp::Timestamp,
};

/// Something is not as it should be, or not as it usually is. The slow way reads it and decides.
///
/// So whatever the quick way takes must be what the slow way makes of it; errors come from the slow
/// way alone.
#[derive(Debug)]
pub(crate) struct Unsure;

impl From<Fault> for Unsure {
    fn from(_: Fault) -> Self {
        Self
    }
}

/// How deep arrays and objects may be nested in a member that is not known: far below the limit of
/// depth, which the slow way holds.
const DEPTH: usize = 64;

/// Objects with more members that are not known are left to the slow way, which finds repeated names
/// with a hash set.
const FEW_MEMBERS: usize = 24;

/// A value, or its beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Token<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    /// The inside of a string without escapes.
    Plain(&'a str),
    /// The inside of a string with escapes.
    Escaped(&'a str),
    /// An array, by the offset behind its opening bracket.
    Array(usize),
    /// An object, by the offset behind its opening bracket.
    Object(usize),
}

/// How many clues to the types of events are kept: several times as many as the documented names give.
const CLUES: usize = 64;

/// Reads values in the order of the text.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    instants: InstantReader,
    /// Names of members, each with the type of the last event for which the guess by it was wrong.
    clues: Vec<(&'a str, EventType)>,
}

/// Reads bytes that are one value and nothing else.
pub(crate) fn read_whole<'a, F: Field<'a>>(bytes: &'a [u8]) -> Result<F, Unsure> {
    let text = simdutf8::basic::from_utf8(bytes).map_err(|_| Unsure)?;
    let mut reader = Reader {
        text,
        lexer: Lexer::new(bytes),
        instants: InstantReader::default(),
        clues: Vec::new(),
    };
    let value = F::lex_ahead(&mut reader)?;
    match reader.lexer.peek() {
        None => Ok(value),
        Some(_) => Err(Unsure),
    }
}

impl<'a> Reader<'a> {
    /// The type that an event with a member of this name probably has, by what was read before.
    #[inline]
    pub(crate) fn guess(&self, name: &str) -> Option<EventType> {
        self.clues.iter().find(|(known, _)| *known == name).map(|(_, event_type)| *event_type)
    }

    /// Notes the type of which [`guess`](Self::guess) has to speak from now on.
    pub(crate) fn learn(&mut self, name: &'a str, event_type: EventType) {
        if let Some(clue) = self.clues.iter_mut().find(|(known, _)| *known == name) {
            clue.1 = event_type;
        } else if self.clues.len() < CLUES {
            self.clues.push((name, event_type));
        }
    }

    /// Goes into an array, or gives up if it is none.
    pub(crate) fn array(&mut self, token: Token<'a>) -> Result<Inside, Unsure> {
        match token {
            Token::Array(start) => Ok(self.inside(start, b']')),
            _ => Err(Unsure),
        }
    }

    /// Goes into an object, or gives up if it is none.
    pub(crate) fn object(&mut self, token: Token<'a>) -> Result<Inside, Unsure> {
        match token {
            Token::Object(start) => Ok(self.inside(start, b'}')),
            _ => Err(Unsure),
        }
    }

    fn inside(&mut self, start: usize, end: u8) -> Inside {
        self.go_to(start);
        Inside { end, is_first: true }
    }

    /// The name of the next member of the object; the reader then stands before its value.
    #[inline(always)]
    pub(crate) fn name(&mut self, inside: &mut Inside) -> Result<Option<&'a str>, Unsure> {
        match self.usual_name(inside) {
            Some(name) => Ok(Some(name)),
            None => self.other_name(inside),
        }
    }

    /// The same of a short name in text without white space.
    #[inline(always)]
    fn usual_name(&mut self, inside: &mut Inside) -> Option<&'a str> {
        let bytes = self.text.as_bytes();
        let at = self.lexer.at();
        let start = at + usize::from(!inside.is_first);
        if !inside.is_first && bytes.get(at) != Some(&b',') {
            return None;
        }
        let (name, end) = self.usual_string(start)?;
        if bytes.get(end) != Some(&b':') {
            return None;
        }
        inside.is_first = false;
        self.lexer.move_to(end + 1);
        Some(name)
    }

    /// Not inlined, so that the usual way stays short.
    #[inline(never)]
    fn other_name(&mut self, inside: &mut Inside) -> Result<Option<&'a str>, Unsure> {
        if !self.goes_on(inside)? {
            return Ok(None);
        }
        let Some(b'"') = self.lexer.peek() else { return Err(Unsure) };
        let Token::Plain(name) = self.string()? else { return Err(Unsure) };
        let Some(b':') = self.lexer.peek() else { return Err(Unsure) };
        self.lexer.bump();
        Ok(Some(name))
    }

    /// The string before which the reader stands.
    #[inline(always)]
    pub(crate) fn text(&mut self) -> Result<Text<'a>, Unsure> {
        match self.usual_string(self.lexer.at()) {
            Some((text, end)) => {
                self.lexer.move_to(end);
                Ok(text.into())
            }
            None => self.other_text(),
        }
    }

    /// Not inlined, so that the usual way stays short.
    #[inline(never)]
    fn other_text(&mut self) -> Result<Text<'a>, Unsure> {
        let token = self.token()?;
        Text::lex(token, self)
    }

    /// The inside of the string that begins at `start`, and the offset behind the string, if it is short
    /// and nothing in it is escaped.
    #[inline(always)]
    fn usual_string(&self, start: usize) -> Option<(&'a str, usize)> {
        let length = closing_quote(self.text.as_bytes().get(start..)?.first_chunk()?)?;
        Some((self.text.get(start + 1..start + length)?, start + length + 1))
    }

    /// Whether another element or member follows.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "a token is returned in registers only so; a tenth faster"
    )]
    pub(crate) fn goes_on(&mut self, inside: &mut Inside) -> Result<bool, Unsure> {
        let is_first = mem::take(&mut inside.is_first);
        match self.lexer.peek() {
            Some(b',') if !is_first => {
                self.lexer.bump();
                Ok(true)
            }
            Some(byte) if byte == inside.end => {
                self.lexer.bump();
                Ok(false)
            }
            Some(_) if is_first => Ok(true),
            _ => Err(Unsure),
        }
    }

    /// The identifier before which the reader stands, if it is written without escapes.
    #[inline(always)]
    pub(crate) fn guid(&mut self) -> Option<Guid<'a>> {
        let start = self.lexer.at() + 1;
        let end = start + GUID_LENGTH;
        let bytes = self.text.as_bytes();
        let (b'"', b'"') = (*bytes.get(start - 1)?, *bytes.get(end)?) else { return None };
        let id = Guid::new(self.text.get(start..end)?.into())?;
        self.lexer.move_to(end + 1);
        Some(id)
    }

    /// The instant before which the reader stands, if it is a whole second in the usual form.
    #[inline]
    pub(crate) fn instant(&mut self) -> Option<Timestamp> {
        let rest = self.text.as_bytes().get(self.lexer.at()..)?;
        let [b'"', inner @ .., b'"'] = rest.first_chunk::<{ INSTANT_LENGTH + 2 }>()? else {
            return None;
        };
        let seconds = self.instants.read(inner)?;
        self.lexer.skip(INSTANT_LENGTH + 2);
        Some(Timestamp::whole(seconds))
    }

    /// The value before which the reader stands, or its beginning: of an array or object, the reader
    /// then stands inside.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "a token is returned in registers only so; a tenth faster"
    )]
    pub(crate) fn token(&mut self) -> Result<Token<'a>, Unsure> {
        match self.lexer.peek() {
            Some(b'"') => self.string(),
            Some(b'[') => {
                self.lexer.bump();
                Ok(Token::Array(self.lexer.at()))
            }
            Some(b'{') => {
                self.lexer.bump();
                Ok(Token::Object(self.lexer.at()))
            }
            Some(byte) => self.number_or_literal(byte),
            None => Err(Unsure),
        }
    }

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "a token is returned in registers only so; a tenth faster"
    )]
    fn string(&mut self) -> Result<Token<'a>, Unsure> {
        let start = self.lexer.at();
        let is_escaped = self.lexer.string()?;
        let inner = self.text.get(start + 1..self.lexer.at() - 1).ok_or(Unsure)?;
        Ok(if is_escaped { Token::Escaped(inner) } else { Token::Plain(inner) })
    }

    fn number_or_literal(&mut self, first: u8) -> Result<Token<'a>, Unsure> {
        let start = self.lexer.at();
        match first {
            b'-' | b'0'..=b'9' => {
                self.lexer.number()?;
                self.text.get(start..self.lexer.at()).map(Token::Number).ok_or(Unsure)
            }
            b't' => self.literal("true", Token::Bool(true)),
            b'f' => self.literal("false", Token::Bool(false)),
            _ => self.literal("null", Token::Null),
        }
    }

    fn literal(&mut self, text: &str, token: Token<'a>) -> Result<Token<'a>, Unsure> {
        self.lexer.literal(text.as_bytes())?;
        Ok(token)
    }

    /// Passes over this text, if it is what comes next.
    #[inline(always)]
    pub(crate) fn skip(&mut self, text: &str) -> Option<()> {
        let is_next = self.lexer.rest().starts_with(text.as_bytes());
        is_next.then(|| self.lexer.skip(text.len()))
    }

    /// How many bytes are not read yet.
    pub(crate) fn left(&self) -> usize {
        self.lexer.rest().len()
    }

    /// Where the reader stands.
    pub(crate) fn at(&self) -> usize {
        self.lexer.at()
    }

    /// Goes to an offset where it stood before.
    #[inline]
    pub(crate) fn go_to(&mut self, at: usize) {
        self.lexer.move_to(at);
    }

    /// Passes over the rest of a value. What is in it is looked at when it is read; if that succeeds,
    /// it ends where this says, because brackets are balanced in what is JSON.
    #[inline]
    pub(crate) fn pass_over(&mut self, token: Token<'a>) -> Result<(), Unsure> {
        if !matches!(token, Token::Array(_) | Token::Object(_)) {
            return Ok(());
        }
        let mut open = 1_usize;
        while 0 < open {
            match self.lexer.peek().ok_or(Unsure)? {
                b'"' => {
                    self.lexer.string()?;
                    continue;
                }
                b'[' | b'{' => open += 1,
                b']' | b'}' => open -= 1,
                _ => {}
            }
            self.lexer.bump();
        }
        Ok(())
    }

    /// Any value.
    pub(crate) fn json(&mut self) -> Result<Json<'a>, Unsure> {
        let token = self.token()?;
        self.json_within(token, DEPTH)
    }

    fn json_within(&mut self, token: Token<'a>, depth: usize) -> Result<Json<'a>, Unsure> {
        let depth = depth.checked_sub(1).ok_or(Unsure)?;
        Ok(match token {
            Token::Null => Json::Null,
            Token::Bool(value) => Json::Bool(value),
            Token::Number(text) => Json::Number(text.into()),
            Token::Plain(_) | Token::Escaped(_) => Json::String(Field::lex(token, self)?),
            Token::Array(_) => {
                let mut inside = self.array(token)?;
                let mut elements = Vec::new();
                while self.goes_on(&mut inside)? {
                    let element = self.token()?;
                    elements.push(self.json_within(element, depth)?);
                }
                Json::Array(elements)
            }
            Token::Object(_) => {
                let mut inside = self.object(token)?;
                let mut members = Extra::new();
                while let Some(name) = self.name(&mut inside)? {
                    let value = self.token()?;
                    members.push((name.into(), self.json_within(value, depth)?));
                }
                Json::Object(distinct(members)?)
            }
        })
    }
}

/// An array or object that is being read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inside {
    end: u8,
    is_first: bool,
}

/// The members of an object that is read into a type.
pub(crate) trait Members<'a> {
    /// The name of the next member that is left to the type; the reader then stands before its value.
    fn next(&mut self, reader: &mut Reader<'a>) -> Result<Option<&'a str>, Unsure>;

    /// Takes note of a name that the type does not have; gives up if that makes the type doubtful.
    fn meet_unknown(&mut self, name: &'a str) -> Result<(), Unsure>;
}

impl<'a> Members<'a> for Inside {
    #[inline(always)]
    fn next(&mut self, reader: &mut Reader<'a>) -> Result<Option<&'a str>, Unsure> {
        reader.name(self)
    }

    fn meet_unknown(&mut self, _: &'a str) -> Result<(), Unsure> {
        Ok(())
    }
}

/// Members no two of which have the same name.
#[inline]
pub(crate) fn distinct(members: Extra<'_>) -> Result<Extra<'_>, Unsure> {
    let is_repeated = |at: usize| members[..at].iter().any(|(name, _)| *name == members[at].0);
    if FEW_MEMBERS < members.len() || (1..members.len()).any(is_repeated) {
        return Err(Unsure);
    }
    Ok(members)
}

/// Reads the value of a member that has not been there before.
#[inline]
pub(crate) fn fill<'a, F: Field<'a>>(
    slot: &mut Option<F>,
    reader: &mut Reader<'a>,
) -> Result<(), Unsure> {
    if slot.is_some() {
        return Err(Unsure);
    }
    *slot = Some(F::lex_ahead(reader)?);
    Ok(())
}

/// The same, where a value of another type is kept among the members that are not known.
#[inline]
#[expect(clippy::option_option, reason = "not seen yet, of another type, or there")]
pub(crate) fn fill_or_keep<'a, F: Field<'a>>(
    slot: &mut Option<Option<F>>,
    extra: &mut Extra<'a>,
    name: &'a str,
    reader: &mut Reader<'a>,
) -> Result<(), Unsure> {
    if slot.is_some() {
        return Err(Unsure);
    }
    let token = reader.token()?;
    let value = F::lex(token, reader).ok();
    if value.is_none() {
        extra.push((name.into(), reader.json_within(token, DEPTH)?));
    }
    *slot = Some(value);
    Ok(())
}

/// The value of a member after all were seen.
#[inline]
pub(crate) fn found<'a, F: Field<'a>>(slot: Option<F>) -> Result<F, Unsure> {
    slot.or_else(F::absent).ok_or(Unsure)
}
