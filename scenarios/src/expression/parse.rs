//! From an expression's text to its tree, by recursive descent; the first mistake of an expression ends it.

use std::ops::Range;

use super::family::{self, Argument, Family};
use super::lexer::{Token, TokenKind, tokens};
use super::{Amount, DEEPEST, Expression, Kind, Op};
use crate::diagnostic::{Diagnostic, did_you_mean, one_of};
use crate::quantity::{self, Decimal, Dimension};
use crate::source::Span;
use crate::tree::Node;

type Parsed<T> = Result<T, Diagnostic>;

/// Reads a whole text.
pub(super) fn text(node: &Node, text: &str, depth: usize) -> Parsed<Expression> {
    let mut parser = Parser {
        node,
        tokens: tokens(text),
        at: 0,
        depth,
    };
    let expression = parser.sum()?;
    parser.end()?;
    needs_unit(expression)
}

/// Reads `name` or `name(argument, ...)`, as policies are written; gives the name, its place, and the arguments.
pub(crate) fn named<'a>(node: &'a Node, text: &'a str) -> Parsed<(&'a str, Span, Vec<Argument<'a>>)> {
    let mut parser = Parser {
        node,
        tokens: tokens(text),
        at: 0,
        depth: 0,
    };
    let TokenKind::Name(name) = parser.peek() else {
        return Err(parser.wrong("expected a name"));
    };
    let span = parser.here();
    parser.advance();
    let mut arguments = Vec::new();
    if parser.eat('(') {
        arguments = parser.arguments()?;
        parser.expect(')', " or `,`")?;
    }
    parser.end()?;
    Ok((name, span, arguments))
}

/// Reads the inside of `ops(...)`, for the table form.
pub(super) fn ops(node: &Node, text: &str) -> Parsed<Vec<Op>> {
    let mut parser = Parser {
        node,
        tokens: tokens(text),
        at: 0,
        depth: 0,
    };
    let ops = parser.ops()?;
    parser.end()?;
    Ok(ops)
}

/// An expression that stands alone is a time: a bare number or a bare column is not.
fn needs_unit(expression: Expression) -> Parsed<Expression> {
    let at = &expression.span;
    match &expression.kind {
        Kind::Number(_) => {
            let help = Dimension::Duration.suggestion(at.text().trim_matches(['"', '\'']));
            Err(Diagnostic::error(at, "a time needs a unit")
                .label(Dimension::Duration.expected())
                .maybe_help(help))
        }
        Kind::Column(name) => {
            let help = did_you_mean(name, family::names()).unwrap_or_else(|| {
                format!("a column of the trace needs a time per unit: write \"1ms * {name}\"")
            });
            Err(
                Diagnostic::error(at, format!("\"{}\" is not a time", quantity::shorten(name)))
                    .label("expected a time such as \"250ms\" or \"exp(5ms)\"")
                    .help(help),
            )
        }
        _ => Ok(expression),
    }
}

struct Parser<'a> {
    node: &'a Node,
    tokens: Vec<Token<'a>>,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    /// The word here. The last one is always the end, and nobody goes past it.
    fn peek(&self) -> TokenKind<'a> {
        self.tokens[self.at].kind
    }

    fn range(&self) -> Range<usize> {
        self.tokens[self.at].range.clone()
    }

    fn span(&self, range: Range<usize>) -> Span {
        self.node.inside(range)
    }

    fn here(&self) -> Span {
        self.span(self.range())
    }

    fn advance(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    /// From the start of an earlier word to the end of the last one.
    fn since(&self, start: usize) -> Span {
        let end = self.tokens[self.at.saturating_sub(1)].range.end;
        self.span(start..end.max(start))
    }

    fn eat(&mut self, sign: char) -> bool {
        let found = self.peek() == TokenKind::Sign(sign);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, sign: char, also: &str) -> Parsed<()> {
        if self.eat(sign) {
            Ok(())
        } else {
            Err(self.wrong(&format!("expected `{sign}`{also}")))
        }
    }

    fn wrong(&self, expected: &str) -> Diagnostic {
        let message = match self.peek() {
            TokenKind::End => "this expression ends too early".to_owned(),
            TokenKind::Unknown('-') => "a time can't be negative, and expressions have no minus".to_owned(),
            TokenKind::Unknown('"' | '\'') => "this quote has no end".to_owned(),
            TokenKind::Unknown(c) => format!("an expression can't have {c:?}"),
            _ => "this expression can't be read".to_owned(),
        };
        Diagnostic::error(&self.here(), message).label(expected)
    }

    fn end(&self) -> Parsed<()> {
        match self.peek() {
            TokenKind::End => Ok(()),
            _ => Err(self.wrong("expected `+`, `*` or the end")),
        }
    }

    fn sum(&mut self) -> Parsed<Expression> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Diagnostic::error(
                &self.here(),
                "this expression is nested too deeply",
            ));
        }
        let start = self.range().start;
        let mut parts = vec![self.product()?];
        while self.eat('+') {
            parts.push(self.product()?);
        }
        self.depth -= 1;
        if parts.len() == 1 {
            return Ok(parts.remove(0));
        }
        let parts = parts.into_iter().map(needs_unit).collect::<Parsed<Vec<_>>>()?;
        Ok(Expression {
            span: self.since(start),
            kind: Kind::Sum(parts),
        })
    }

    fn product(&mut self) -> Parsed<Expression> {
        let start = self.range().start;
        let mut factors = vec![self.factor()?];
        while self.eat('*') {
            factors.push(self.factor()?);
        }
        if factors.len() == 1 {
            return Ok(factors.remove(0));
        }
        let is_time = |f: &&Expression| !matches!(f.kind, Kind::Number(_) | Kind::Column(_));
        let columns = factors
            .iter()
            .filter(|f| matches!(f.kind, Kind::Column(_)))
            .count();
        let span = self.since(start);
        let times = factors.iter().filter(is_time).count();
        if times != 1 || columns > 1 {
            let message = if times > 1 {
                "a time can't be multiplied by a time"
            } else {
                "this product is not a time"
            };
            let message = if columns > 1 {
                "a product can have one column of the trace"
            } else {
                message
            };
            return Err(
                Diagnostic::error(&span, message).label("expected one time, and numbers or one column")
            );
        }
        Ok(Expression {
            span,
            kind: Kind::Product(factors),
        })
    }

    fn factor(&mut self) -> Parsed<Expression> {
        let start = self.range().start;
        let kind = match self.peek() {
            TokenKind::Number(number, unit) => self.number(number, unit)?,
            TokenKind::Sign('(') => {
                self.advance();
                let inner = self.sum()?;
                self.expect(')', "")?;
                return Ok(inner);
            }
            TokenKind::Name(name) => {
                self.advance();
                if self.eat('(') {
                    self.call(name, start)?
                } else {
                    Kind::Column(name.to_owned())
                }
            }
            _ => return Err(self.wrong("expected a time such as \"250ms\" or \"exp(5ms)\"")),
        };
        Ok(Expression {
            span: self.since(start),
            kind,
        })
    }

    fn number(&mut self, number: &str, unit: &str) -> Parsed<Kind> {
        let start = self.range().start;
        let here = self.here();
        self.advance();
        let mut unit = unit;
        // `5 ms` with a space is what a person may write, too.
        if unit.is_empty()
            && let TokenKind::Name(name) = self.peek()
            && quantity::parse(&format!("1{name}"), Dimension::Duration).is_ok()
        {
            unit = name;
            self.advance();
        }
        if unit.is_empty() {
            let value = Decimal::parse(number)
                .map(|d| d.times(1.0))
                .filter(|v| v.is_finite());
            return value
                .map(Kind::Number)
                .ok_or_else(|| Diagnostic::error(&here, "this number can't be used"));
        }
        let value = quantity::parse(&format!("{number}{unit}"), Dimension::Duration).map_err(|e| {
            Diagnostic::error(&self.since(start), e.message)
                .label(Dimension::Duration.expected())
                .maybe_help(e.help)
        })?;
        Ok(Kind::Constant(value))
    }

    /// What follows `name(`, up to and with the closing parenthesis.
    fn call(&mut self, name: &str, start: usize) -> Parsed<Kind> {
        let kind = match name {
            "ops" => Kind::Ops(self.ops()?),
            "mix" => Kind::Mix(self.mix()?),
            _ => {
                let named = self.span(start..start + name.len());
                let known = Family::find(name);
                if known.is_none() && name != "empirical" {
                    let problem = Diagnostic::error(&named, format!("there is no distribution \"{name}\""));
                    let list = format!("expected {}", one_of(family::names()));
                    return Err(problem
                        .label(list)
                        .maybe_help(did_you_mean(name, family::names())));
                }
                let arguments = self.arguments()?;
                self.expect(')', " or `,`")?;
                let span = self.since(start);
                return match known {
                    Some(family) => {
                        let (form, values) = family.fill(&arguments, &span)?;
                        Ok(Kind::Law { family, form, values })
                    }
                    None => recorded(&arguments, &span),
                };
            }
        };
        self.expect(
            ')',
            if matches!(kind, Kind::Ops(_)) {
                " or `+`"
            } else {
                " or `,`"
            },
        )?;
        Ok(kind)
    }

    fn arguments(&mut self) -> Parsed<Vec<Argument<'a>>> {
        let mut arguments = Vec::new();
        if self.peek() == TokenKind::Sign(')') {
            return Ok(arguments);
        }
        loop {
            let mut name = None;
            if let TokenKind::Name(word) = self.peek() {
                name = Some((word, self.here()));
                self.advance();
                self.expect('=', " and the parameter's value")?;
            }
            let span = self.here();
            let text = match self.peek() {
                TokenKind::Number(number, unit) => format!("{number}{unit}"),
                TokenKind::Quoted(text) => text.to_owned(),
                _ => return Err(self.wrong("expected a value such as 5ms")),
            };
            self.advance();
            arguments.push(Argument { name, text, span });
            if !self.eat(',') {
                return Ok(arguments);
            }
        }
    }

    fn mix(&mut self) -> Parsed<Vec<(f64, Expression)>> {
        let mut parts = Vec::new();
        loop {
            let span = self.here();
            let TokenKind::Number(number, unit) = self.peek() else {
                return Err(self.wrong("expected a weight, as in mix(0.9: exp(1ms), 0.1: exp(10ms))"));
            };
            let weight = quantity::parse(&format!("{number}{unit}"), Dimension::Fraction)
                .map_err(|e| Diagnostic::error(&span, e.message).label("expected a weight such as 0.9"))?;
            self.advance();
            self.expect(':', " and what happens with this weight")?;
            parts.push((weight, needs_unit(self.sum()?)?));
            if !self.eat(',') {
                return Ok(parts);
            }
        }
    }

    fn ops(&mut self) -> Parsed<Vec<Op>> {
        let mut ops = Vec::new();
        loop {
            let start = self.range().start;
            let mut amount = Amount::Times(1.0);
            if let TokenKind::Number(number, unit) = self.peek() {
                let span = self.here();
                let dimension = if unit.is_empty() {
                    Dimension::Number
                } else {
                    Dimension::Bytes
                };
                let value = quantity::parse(&format!("{number}{unit}"), dimension).map_err(|e| {
                    Diagnostic::error(&span, e.message).label("expected a count or a size such as 64KiB")
                })?;
                amount = if unit.is_empty() {
                    Amount::Times(value)
                } else {
                    Amount::Bytes(value)
                };
                self.advance();
                self.eat('*');
            }
            let TokenKind::Name(name) = self.peek() else {
                return Err(self.wrong("expected an operation such as ssd-random-read"));
            };
            self.advance();
            ops.push(Op {
                span: self.since(start),
                name: name.to_owned(),
                amount,
            });
            if !self.eat('+') {
                return Ok(ops);
            }
        }
    }
}

/// `empirical("file", column="name", unit=1ms)`.
pub(super) fn recorded(arguments: &[Argument<'_>], span: &Span) -> Parsed<Kind> {
    let (mut file, mut column, mut unit) = (None, None, None);
    for argument in arguments {
        match argument.name.as_ref().map(|n| n.0) {
            None | Some("file") => file = Some(argument.text.clone()),
            Some("column") => column = Some(argument.text.clone()),
            Some("unit") => {
                let value = quantity::parse(&argument.text, Dimension::Duration).map_err(|e| {
                    Diagnostic::error(&argument.span, e.message)
                        .label("expected a time such as 1ms")
                        .maybe_help(e.help)
                })?;
                unit = Some(value);
            }
            Some(other) => {
                let problem =
                    Diagnostic::error(&argument.span, format!("empirical has no parameter \"{other}\""));
                return Err(problem.label("expected file, column or unit"));
            }
        }
    }
    match file {
        Some(file) => Ok(Kind::Recorded { file, column, unit }),
        None => {
            Err(Diagnostic::error(span, "empirical needs a file").label("expected empirical('file.csv')"))
        }
    }
}
