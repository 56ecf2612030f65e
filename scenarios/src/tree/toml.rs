//! TOML to tree. The parser recovers from errors, so that all of them are found at once.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{DEEPEST, Entry, Node, Value};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Source, Span};

/// A key with more parts than this is refused before the parser sees it: it builds and drops nested tables by recursion.
const MOST_DOTS: usize = 100;

/// Reads a TOML file. What could not be read is [`Value::Broken`], and its problem is in `out`.
pub fn parse(source: &Arc<Source>, out: &mut Diagnostics) -> Node {
    if let Some(span) = too_dotted(source) {
        out.push(Diagnostic::error(&span, "this line nests too deeply").label("too many dots in one key"));
        return Node {
            span: Span::whole(source),
            value: Value::Broken,
        };
    }
    let (table, errors) = DeTable::parse_recoverable(source.text());
    for error in errors {
        let range = error.span().unwrap_or(0..0);
        let span = Span::new(source, range.start, range.end);
        let message = error
            .message()
            .lines()
            .next()
            .unwrap_or("this is not TOML")
            .to_owned();
        let unquoted = message.contains("must be quoted") && !span.text().trim().is_empty();
        let help = unquoted.then(|| format!("write \"{}\"", span.text().trim()));
        out.push(
            Diagnostic::error(&span, message)
                .label("this is not TOML")
                .maybe_help(help),
        );
    }
    let entries = entries(source, table.get_ref(), 0, out);
    Node {
        span: Span::new(source, 0, 0),
        value: Value::Table(entries),
    }
}

/// Reads the value of an override. What is no TOML value is text: `500/s` needs no quotes.
pub fn parse_value(source: &Arc<Source>, start: usize) -> Node {
    let text = source.text().get(start..).unwrap_or("");
    let lead = text.len() - text.trim_start().len();
    let (start, text) = (start + lead, text.trim());
    let whole = Span::new(source, start, start + text.len());
    let dots = text.matches('.').count();
    if dots <= MOST_DOTS
        && let Ok(value) = DeValue::parse(text)
    {
        let value = convert_at(source, start, &value, 0, &mut Diagnostics::default());
        if !matches!(value.value, Value::Broken | Value::Date) {
            return value;
        }
    }
    Node {
        span: whole,
        value: Value::Text(text.to_owned()),
    }
}

/// The first line with more dots than any honest key has.
fn too_dotted(source: &Arc<Source>) -> Option<Span> {
    let mut start = 0;
    for line in source.text().split_inclusive('\n') {
        // Only the dots up to the first quote-free `=` can be a key's, but a count of all of them is enough to refuse
        // a line that is hostile, and lines of text with a hundred dots before their `=` don't occur.
        let key = line.split('=').next().unwrap_or("");
        if key.matches('.').count() > MOST_DOTS && !key.trim_start().starts_with('#') {
            return Some(Span::new(source, start, start + line.len().min(80)));
        }
        start += line.len();
    }
    None
}

fn entries(source: &Arc<Source>, table: &DeTable<'_>, depth: usize, out: &mut Diagnostics) -> Vec<Entry> {
    entries_at(source, 0, table, depth, out)
}

fn entries_at(
    source: &Arc<Source>,
    base: usize,
    table: &DeTable<'_>,
    depth: usize,
    out: &mut Diagnostics,
) -> Vec<Entry> {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_span: Span::new(source, base + key.span().start, base + key.span().end),
            node: convert_at(source, base, value, depth + 1, out),
        })
        .collect();
    // The parser sorts by name; the order of the file is what a person means by "the first variant".
    entries.sort_by_key(|e| e.key_span.range().start);
    entries
}

fn convert_at(
    source: &Arc<Source>,
    base: usize,
    value: &Spanned<DeValue<'_>>,
    depth: usize,
    out: &mut Diagnostics,
) -> Node {
    let span = Span::new(source, base + value.span().start, base + value.span().end);
    if depth > DEEPEST {
        out.push(
            Diagnostic::error(&span, "this is nested too deeply").label(format!("deeper than {DEEPEST}")),
        );
        return Node {
            span,
            value: Value::Broken,
        };
    }
    let value = match value.get_ref() {
        // Where quotes are missing, the parser recovers with a text; its problem is enough.
        DeValue::String(_) if !span.text().starts_with(['"', '\'']) => Value::Broken,
        DeValue::String(s) => Value::Text(s.to_string()),
        DeValue::Integer(i) => match i64::from_str_radix(i.as_str(), i.radix()) {
            Ok(i) => Value::Integer(i),
            Err(_) => {
                out.push(
                    Diagnostic::error(&span, "this number is too large").label("expected at most 2^63 - 1"),
                );
                Value::Broken
            }
        },
        DeValue::Float(f) => match f.as_str().parse::<f64>() {
            Ok(f) => Value::Float(f),
            Err(_) => Value::Broken,
        },
        DeValue::Boolean(b) => Value::Flag(*b),
        DeValue::Datetime(_) => Value::Date,
        DeValue::Array(items) => Value::Array(
            items
                .iter()
                .map(|v| convert_at(source, base, v, depth + 1, out))
                .collect(),
        ),
        DeValue::Table(table) => Value::Table(entries_at(source, base, table, depth, out)),
    };
    Node { span, value }
}
