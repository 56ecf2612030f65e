//! An expression's text as words, each with its range of bytes.

use std::ops::Range;

use crate::quantity;

/// A word of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token<'a> {
    pub kind: TokenKind<'a>,
    pub range: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TokenKind<'a> {
    /// A number and the unit that follows it without a space; the unit may be empty.
    Number(&'a str, &'a str),
    /// The name of a family, a parameter, an operation or a column.
    Name(&'a str),
    /// What stands between quotes.
    Quoted(&'a str),
    /// One of `( ) , = : + *`.
    Sign(char),
    /// A character that no expression has, or a quote without an end.
    Unknown(char),
    /// The end of the text.
    End,
}

/// All words, the last one an [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, length) = match c {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '0'..='9' => {
                let (number, _) = quantity::split(rest);
                let after = &rest[number.len()..];
                let unit = after.len()
                    - after
                        .trim_start_matches(|c: char| c.is_alphabetic() || c == '%' || c == '/')
                        .len();
                (TokenKind::Number(number, &after[..unit]), number.len() + unit)
            }
            '(' | ')' | ',' | '=' | ':' | '+' | '*' => (TokenKind::Sign(c), 1),
            '\'' | '"' => match rest[1..].find(c) {
                Some(length) => (TokenKind::Quoted(&rest[1..=length]), length + 2),
                None => (TokenKind::Unknown(c), 1),
            },
            c if c.is_alphabetic() || c == '_' => {
                let name = rest.trim_start_matches(|c: char| c.is_alphanumeric() || "_-.".contains(c));
                let length = rest.len() - name.len();
                (TokenKind::Name(&rest[..length]), length)
            }
            c => (TokenKind::Unknown(c), c.len_utf8()),
        };
        out.push(Token {
            kind,
            range: at..at + length,
        });
        at += length;
    }
    out.push(Token {
        kind: TokenKind::End,
        range: text.len()..text.len(),
    });
    out
}
