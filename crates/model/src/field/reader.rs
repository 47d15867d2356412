//! The quick way from bytes to fields: it reads the bytes once, and takes only what leaves no question.

use std::mem;

use crate::{
    fault::Fault,
    field::Field,
    json::{Extra, Json},
    lexer::Lexer,
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

/// A member's name, and its value or the beginning of it; nothing if the reader stands before it.
pub(crate) type Member<'a> = (&'a str, Option<Token<'a>>);

/// Reads values in the order of the text.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    /// Members of an event whose type is not seen yet; here, so that their memory is used again.
    kept: Vec<(&'a str, Token<'a>)>,
}

/// Reads bytes that are one value and nothing else.
pub(crate) fn read_whole<'a, F: Field<'a>>(bytes: &'a [u8]) -> Result<F, Unsure> {
    let text = std::str::from_utf8(bytes).map_err(|_| Unsure)?;
    let mut reader = Reader { text, lexer: Lexer::new(bytes), kept: Vec::new() };
    let value = F::lex_ahead(&mut reader)?;
    match reader.lexer.peek() {
        None => Ok(value),
        Some(_) => Err(Unsure),
    }
}

impl<'a> Reader<'a> {
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
    #[expect(
        clippy::inline_always,
        reason = "a token is returned in registers only so; a tenth faster"
    )]
    pub(crate) fn name(&mut self, inside: &mut Inside) -> Result<Option<&'a str>, Unsure> {
        if !self.goes_on(inside)? {
            return Ok(None);
        }
        let Some(b'"') = self.lexer.peek() else { return Err(Unsure) };
        let Token::Plain(name) = self.string()? else { return Err(Unsure) };
        let Some(b':') = self.lexer.peek() else { return Err(Unsure) };
        self.lexer.bump();
        Ok(Some(name))
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

    /// The string of so many bytes before which the reader stands, if it is one and `read` makes something
    /// of its bytes, which then are no quotes and no escapes.
    #[inline]
    pub(crate) fn short<T>(
        &mut self,
        length: usize,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Option<T> {
        let start = self.lexer.at();
        let (b'"', b'"') =
            (*self.text.as_bytes().get(start)?, *self.text.as_bytes().get(start + length + 1)?)
        else {
            return None;
        };
        let value = read(self.text.get(start + 1..start + 1 + length)?)?;
        self.lexer.skip(length + 2);
        Some(value)
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

    /// Where the reader stands.
    pub(crate) fn at(&self) -> usize {
        self.lexer.at()
    }

    /// Goes to an offset where it stood before.
    #[inline]
    pub(crate) fn go_to(&mut self, at: usize) {
        if at != self.lexer.at() {
            self.lexer = Lexer::new(self.text.as_bytes());
            self.lexer.skip(at);
        }
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

    /// An empty list for members, with the memory of the last one.
    pub(crate) fn lend(&mut self) -> Vec<(&'a str, Token<'a>)> {
        mem::take(&mut self.kept)
    }

    /// Takes back a list that was lent.
    pub(crate) fn take_back(&mut self, mut kept: Vec<(&'a str, Token<'a>)>) {
        kept.clear();
        self.kept = kept;
    }

    /// Any value.
    pub(crate) fn json(&mut self, token: Option<Token<'a>>) -> Result<Json<'a>, Unsure> {
        let token = token.map_or_else(|| self.token(), Ok)?;
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
#[derive(Debug)]
pub(crate) struct Inside {
    end: u8,
    is_first: bool,
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
    token: Option<Token<'a>>,
    reader: &mut Reader<'a>,
) -> Result<(), Unsure> {
    if slot.is_some() {
        return Err(Unsure);
    }
    *slot = Some(match token {
        Some(token) => F::lex(token, reader)?,
        None => F::lex_ahead(reader)?,
    });
    Ok(())
}

/// The same, where a value of another type is kept among the members that are not known.
#[inline]
#[expect(clippy::option_option, reason = "not seen yet, of another type, or there")]
pub(crate) fn fill_or_keep<'a, F: Field<'a>>(
    slot: &mut Option<Option<F>>,
    extra: &mut Extra<'a>,
    (name, token): Member<'a>,
    reader: &mut Reader<'a>,
) -> Result<(), Unsure> {
    if slot.is_some() {
        return Err(Unsure);
    }
    let token = token.map_or_else(|| reader.token(), Ok)?;
    let value = F::lex(token, reader).ok();
    if value.is_none() {
        extra.push((name.into(), reader.json(Some(token))?));
    }
    *slot = Some(value);
    Ok(())
}

/// The value of a member after all were seen.
#[inline]
pub(crate) fn found<'a, F: Field<'a>>(slot: Option<F>) -> Result<F, Unsure> {
    slot.or_else(F::absent).ok_or(Unsure)
}
