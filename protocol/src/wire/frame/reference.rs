//! join_ref and ref: whatever the client chose, given back as it came.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{FrameError, MAX_FIELD};

/// A join_ref or ref: a string, a number or null. A relay gives it back in the same form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ref<'a> {
    /// Not given. In a binary frame, an empty field.
    Null,
    /// A string, unescaped; all that a binary frame knows.
    Text(Cow<'a, str>),
    /// A number in the digits that it was written in.
    Number(Cow<'a, str>),
}

impl<'a> Ref<'a> {
    pub(super) fn from_json(raw: &'a RawValue) -> Result<Self, FrameError> {
        let json = raw.get();
        let reference = match json.as_bytes().first() {
            Some(b'n') => Self::Null,
            Some(b'"') => Self::Text(string(json)?),
            Some(b'-' | b'0'..=b'9') => Self::Number(json.into()),
            _ => return Err(FrameError::Text),
        };
        if reference.text().len() > MAX_FIELD {
            Err(FrameError::Text)
        } else {
            Ok(reference)
        }
    }

    pub(super) fn from_binary(field: &'a str) -> Self {
        if field.is_empty() {
            Self::Null
        } else {
            Self::Text(field.into())
        }
    }

    /// The characters of it: empty for null.
    pub fn text(&self) -> &str {
        match self {
            Self::Null => "",
            Self::Text(text) | Self::Number(text) => text,
        }
    }

    /// True when the client gave none.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The same, independent of the received buffer.
    pub fn into_owned(self) -> Ref<'static> {
        match self {
            Self::Null => Ref::Null,
            Self::Text(text) => Ref::Text(text.into_owned().into()),
            Self::Number(digits) => Ref::Number(digits.into_owned().into()),
        }
    }

    pub(super) fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Text(text) => write_string(out, text),
            Self::Number(digits) => out.extend_from_slice(digits.as_bytes()),
        }
    }
}

/// Reads a JSON string, borrowing where nothing in it is escaped.
pub(super) fn string(json: &str) -> Result<Cow<'_, str>, FrameError> {
    if !json.starts_with('"') {
        return Err(FrameError::Text);
    }
    match serde_json::from_str::<&str>(json) {
        Ok(text) => Ok(text.into()),
        Err(_) => serde_json::from_str::<String>(json)
            .map(Cow::Owned)
            .map_err(|_| FrameError::Text),
    }
}

/// Appends a JSON string.
pub(super) fn write_string(out: &mut Vec<u8>, text: &str) {
    // A `Vec` takes every byte and a string is always JSON: this cannot fail.
    let _ = serde_json::to_writer(out, text);
}
