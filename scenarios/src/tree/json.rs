//! JSON to tree, with the place of every value (RFC 8259), which `serde_json` does not keep.

use std::sync::Arc;

use super::{DEEPEST, Entry, Node, Value};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Source, Span};

/// Reads a JSON file whose top is an object. Stops at the first mistake: JSON gives nothing to recover at.
pub fn parse(source: &Arc<Source>, out: &mut Diagnostics) -> Node {
    let mut reader = Json { source, at: 0, out };
    let node = reader.value(0).filter(|_| {
        reader.space();
        reader.at == source.text().len() || reader.wrong::<()>("expected the end of the file").is_some()
    });
    match node {
        Some(node) if matches!(node.value, Value::Table(_)) => node,
        Some(node) => {
            let diagnostic = Diagnostic::error(&node.span, "a scenario is an object");
            reader.out.push(diagnostic.label("expected `{`"));
            Node {
                value: Value::Broken,
                ..node
            }
        }
        None => Node {
            span: Span::whole(source),
            value: Value::Broken,
        },
    }
}

struct Json<'a> {
    source: &'a Arc<Source>,
    at: usize,
    out: &'a mut Diagnostics,
}

impl Json<'_> {
    fn rest(&self) -> &str {
        &self.source.text()[self.at..]
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    /// Reports a mistake here.
    fn wrong<T>(&mut self, expected: &str) -> Option<T> {
        let width = self.rest().chars().next().map_or(0, char::len_utf8);
        let span = Span::new(self.source, self.at, self.at + width);
        self.out
            .push(Diagnostic::error(&span, "this is not JSON").label(expected));
        None
    }

    fn eat(&mut self, c: char) -> bool {
        self.space();
        let found = self.rest().starts_with(c);
        self.at += if found { c.len_utf8() } else { 0 };
        found
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        self.space();
        if depth > DEEPEST {
            return self.wrong("nested too deeply");
        }
        let start = self.at;
        let value = match self.rest().chars().next() {
            Some('{') => self.object(depth)?,
            Some('[') => self.array(depth)?,
            Some('"') => Value::Text(self.string()?),
            Some('-' | '0'..='9') => self.number()?,
            _ => self.word()?,
        };
        Some(Node {
            span: Span::new(self.source, start, self.at),
            value,
        })
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        self.eat('{');
        let mut entries: Vec<Entry> = Vec::new();
        if self.eat('}') {
            return Some(Value::Table(entries));
        }
        loop {
            self.space();
            let start = self.at;
            if !self.rest().starts_with('"') {
                return self.wrong("expected a key in double quotes");
            }
            let key = self.string()?;
            let key_span = Span::new(self.source, start, self.at);
            if !self.eat(':') {
                return self.wrong("expected `:`");
            }
            let node = self.value(depth + 1)?;
            if entries.iter().any(|e| e.key == key) {
                self.out
                    .push(Diagnostic::error(&key_span, format!("\"{key}\" is given twice")));
            } else {
                entries.push(Entry { key, key_span, node });
            }
            if self.eat('}') {
                return Some(Value::Table(entries));
            }
            if !self.eat(',') {
                return self.wrong("expected `,` or `}`");
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<Value> {
        self.eat('[');
        let mut items = Vec::new();
        if self.eat(']') {
            return Some(Value::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.eat(']') {
                return Some(Value::Array(items));
            }
            if !self.eat(',') {
                return self.wrong("expected `,` or `]`");
            }
        }
    }

    /// A string; serde_json undoes its escapes once its end is known.
    fn string(&mut self) -> Option<String> {
        let mut escaped = false;
        let length = self.rest().char_indices().skip(1).find_map(|(i, c)| {
            let end = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            end.then_some(i + 1)
        });
        let Some(length) = length else {
            return self.wrong("this string has no end");
        };
        match serde_json::from_str::<String>(&self.rest()[..length]) {
            Ok(text) => {
                self.at += length;
                Some(text)
            }
            Err(_) => self.wrong("this string has an escape or a control character that JSON does not know"),
        }
    }

    fn number(&mut self) -> Option<Value> {
        let rest = self.rest();
        let length = rest.len()
            - rest
                .trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "+-.".contains(c))
                .len();
        let text = &rest[..length];
        let value = match (text.parse::<i64>(), serde_json::from_str::<f64>(text)) {
            (Ok(i), Ok(_)) => Value::Integer(i),
            (Err(_), Ok(f)) => Value::Float(f),
            _ => return self.wrong("expected a number"),
        };
        self.at += length;
        Some(value)
    }

    fn word(&mut self) -> Option<Value> {
        for (word, value) in [("true", Value::Flag(true)), ("false", Value::Flag(false))] {
            if self.rest().starts_with(word) {
                self.at += word.len();
                return Some(value);
            }
        }
        self.wrong("expected a value")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_places() {
        let source = Source::new("a.json", "{ \"a\": { \"b\\n\": [1, 2.5, true, \"x\"] } }");
        let mut out = Diagnostics::default();
        let node = parse(&source, &mut out);
        assert_eq!(out.errors(), 0);
        let list = node
            .get("a")
            .and_then(|a| a.get("b\n"))
            .expect("the list is there");
        let Value::Array(items) = &list.value else {
            panic!("a list")
        };
        assert_eq!(
            items.iter().map(|i| i.span.text()).collect::<Vec<_>>(),
            ["1", "2.5", "true", "\"x\""]
        );
    }

    #[test]
    fn mistakes_are_reported_where_they_are() {
        for (text, at) in [
            ("", 0),
            ("{", 1),
            ("{\"a\" 1}", 5),
            ("[1,]", 3),
            ("{\"a\": nul}", 6),
            ("{} x", 3),
            ("[]", 0),
        ] {
            let mut out = Diagnostics::default();
            assert_eq!(
                parse(&Source::new("a.json", text), &mut out).value,
                Value::Broken,
                "{text}"
            );
            assert_eq!(out.into_list()[0].primary.range().start, at, "{text}");
        }
        let deep = "[".repeat(100_000);
        parse(&Source::new("a.json", deep), &mut Diagnostics::default());
    }
}
