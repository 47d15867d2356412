//! Why bytes are no event or batch.

use std::fmt;

use crate::{
    fault::Fault,
    tree::{Kind, push_token},
};

/// Decoding failed: the bytes are not JSON, or their shape is not that of the wanted type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    kind: Box<DecodeErrorKind>,
    /// Names and indices that lead to the place, the last one first.
    path: Vec<String>,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes are not JSON.
    NotJson(Fault),
    /// More than white space follows the value.
    TrailingBytes,
    /// A member is missing.
    Missing(&'static str),
    /// A value is of another type.
    WrongType {
        /// The type that it must have, with its article.
        want: &'static str,
        /// The type that it has.
        got: Kind,
    },
    /// A value of the right type has the wrong form.
    BadFormat {
        /// The form that it must have.
        want: &'static str,
    },
}

impl DecodeError {
    /// What is wrong.
    pub fn kind(&self) -> &DecodeErrorKind {
        &self.kind
    }

    /// The JSON Pointer (RFC 6901) to the value that is wrong, or that lacks a member.
    pub fn pointer(&self) -> String {
        let mut pointer = String::new();
        for token in self.path.iter().rev() {
            push_token(&mut pointer, token);
        }
        pointer
    }

    pub(crate) fn within(mut self, token: &str) -> Self {
        self.path.push(token.to_owned());
        self
    }
}

impl From<DecodeErrorKind> for DecodeError {
    #[cold]
    fn from(kind: DecodeErrorKind) -> Self {
        Self { kind: Box::new(kind), path: Vec::new() }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.kind {
            DecodeErrorKind::NotJson(fault) => {
                return write!(formatter, "not JSON at byte {}: {}", fault.offset, fault.kind);
            }
            DecodeErrorKind::TrailingBytes => {
                return formatter.write_str("more than one value: bytes follow the first");
            }
            DecodeErrorKind::Missing(name) => write!(formatter, "member `{name}` is missing")?,
            DecodeErrorKind::WrongType { want, got } => {
                write!(formatter, "want {want}, got {}", got.with_article())?;
            }
            DecodeErrorKind::BadFormat { want } => write!(formatter, "want {want}")?,
        }
        match self.pointer().as_str() {
            "" => Ok(()),
            pointer => write!(formatter, " at {pointer}"),
        }
    }
}

impl std::error::Error for DecodeError {}
