//! Text that a person wrote, and places in it.
//!
//! A span carries its source, so that a problem can be shown wherever it ends up: a scenario file, a trace, and the
//! words of a `--set` are all sources.

use std::fmt;
use std::sync::Arc;

/// A named text: a scenario file, or the words of one argument.
#[derive(PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
}

impl Source {
    /// A text under the name that diagnostics show.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            text: text.into(),
        })
    }

    /// The file's name, or the argument's.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line and the column of a byte offset, both counted from 1; columns count characters.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..self.floor(offset)];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        (
            before.matches('\n').count() + 1,
            before[line_start..].chars().count() + 1,
        )
    }

    /// The last character boundary at or before an offset.
    fn floor(&self, offset: usize) -> usize {
        let mut at = offset.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({:?}, {} bytes)", self.name, self.text.len())
    }
}

/// A range of bytes in a source.
#[derive(Clone, PartialEq, Eq)]
pub struct Span {
    source: Arc<Source>,
    // Sources are far smaller than 4 GiB, and half the size keeps a diagnostic cheap to return.
    start: u32,
    end: u32,
}

impl Span {
    /// The range `start..end` in bytes, cut to the text and to its characters.
    #[must_use]
    pub fn new(source: &Arc<Source>, start: usize, end: usize) -> Self {
        let place = |offset: usize| u32::try_from(source.floor(offset)).unwrap_or(u32::MAX);
        let start = place(start);
        Self {
            source: Arc::clone(source),
            start,
            end: place(end).max(start),
        }
    }

    /// All of a source.
    #[must_use]
    pub fn whole(source: &Arc<Source>) -> Self {
        Self::new(source, 0, source.text.len())
    }

    /// Where the text is from.
    #[must_use]
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The range in bytes; both ends are character boundaries of the source.
    #[must_use]
    pub fn range(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// What stands there.
    #[must_use]
    pub fn text(&self) -> &str {
        self.source.text.get(self.range()).unwrap_or_default()
    }

    /// The line and the column where it begins, counted from 1.
    #[must_use]
    pub fn line_column(&self) -> (usize, usize) {
        self.source.line_column(self.start as usize)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}..{}", self.source.name, self.start, self.end)
    }
}

/// A value with the place where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<T> {
    /// What was read.
    pub value: T,
    /// Where.
    pub span: Span,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_and_columns_count_characters() {
        let source = Source::new("a.toml", "aé\nb\n");
        assert_eq!(source.line_column(0), (1, 1));
        assert_eq!(source.line_column(3), (1, 3));
        assert_eq!(source.line_column(4), (2, 1));
        assert_eq!(source.line_column(99), (3, 1));
    }

    #[test]
    fn a_span_never_cuts_a_character() {
        let source = Source::new("a.toml", "aéb");
        assert_eq!(Span::new(&source, 2, 99).text(), "éb");
    }
}
