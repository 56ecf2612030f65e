//! What was written, as a tree with spans that no longer knows whether it was TOML or JSON.
//!
//! Overrides edit this tree and everything behind reads it, so that a swept value and a written one are the same.

mod json;
mod toml;

use crate::source::Span;

pub use self::toml::parse_value;
pub use {self::json::parse as parse_json, self::toml::parse as parse_toml};

/// Tables and arrays nested deeper than this are refused.
pub const DEEPEST: usize = 64;

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// A value as TOML and JSON know them.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Keys and values in the order of the file.
    Table(Vec<Entry>),
    /// A list.
    Array(Vec<Node>),
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction, or one too large to be whole.
    Float(f64),
    /// True or false.
    Flag(bool),
    /// A date or a time, which no key of the language takes.
    Date,
    /// What could not be read; its problem was reported already.
    Broken,
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub node: Node,
}

impl Node {
    /// The value of a key, if this is a table that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|e| e.key == key).map(|e| &e.node)
    }

    /// The entries of a table; none if it isn't one.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    /// What kind of value it is, for a message.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Table(_) => "a table",
            Value::Array(_) => "a list",
            Value::Text(_) => "text",
            Value::Integer(_) | Value::Float(_) => "a number",
            Value::Flag(_) => "true or false",
            Value::Date => "a date",
            Value::Broken => "nothing",
        }
    }

    /// The place of a range of bytes of a text's value. A text with escapes gives the whole text.
    #[must_use]
    pub fn inside(&self, range: std::ops::Range<usize>) -> Span {
        let Value::Text(text) = &self.value else {
            return self.span.clone();
        };
        let written = self.span.text();
        let start = self.span.range().start;
        // A text without quotes is the rest of an argument; basic and literal strings have one quote or three, and
        // after three a first line end is not part of the value.
        for offset in [0, 1, 3, 4, 5] {
            if written.get(offset..offset + text.len()) == Some(text)
                && written.len() <= text.len() + 2 * offset
            {
                return Span::new(
                    self.span.source(),
                    start + offset + range.start,
                    start + offset + range.end,
                );
            }
        }
        self.span.clone()
    }

    /// The value as a person would write it in an override; tables and lists as they stand in the source.
    #[must_use]
    pub fn display(&self) -> String {
        match &self.value {
            Value::Text(text) => text.clone(),
            Value::Integer(i) => i.to_string(),
            Value::Float(f) => f.to_string(),
            Value::Flag(b) => b.to_string(),
            _ => self.span.text().to_owned(),
        }
    }
}
