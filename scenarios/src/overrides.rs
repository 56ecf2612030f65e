//! `path = value`: what `--set`, a variant and a sweep axis have in common. The tree is edited, then read as ever.
//!
//! A path names the place of a value: `service.api.instances`, `service.api.on.read.0.work`. Components must exist; below
//! them, a key that is missing is made. A part with a dot in it is quoted: `prices."c7g.xlarge"`.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean, one_of};
use crate::quantity::shorten;
use crate::source::{Source, Span};
use crate::spec::{NAMED, TOP};
use crate::tree::{Entry, Node, Value, parse_value};

/// The parts of a path, each with its place.
pub type Parts = Vec<(String, Span)>;

/// Paths with more parts than this are refused.
const MOST_PARTS: usize = 32;

/// One change of the tree.
#[derive(Clone, Debug)]
pub struct Override {
    /// The path as it was written.
    pub path: String,
    /// Its parts, each with its place.
    pub parts: Parts,
    /// What is put there.
    pub value: Node,
}

impl Override {
    /// Whether both change the same place.
    #[must_use]
    pub fn same_place(&self, other: &Self) -> bool {
        self.parts
            .iter()
            .map(|p| &p.0)
            .eq(other.parts.iter().map(|p| &p.0))
    }
}

/// Splits a path at its dots; `span_of` gives the place of a range of the text.
fn parts(text: &str, whole: &Span, span_of: impl Fn(usize, usize) -> Span) -> Result<Parts, Diagnostic> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut quote = None;
    for (i, c) in text.char_indices().chain([(text.len(), '.')]) {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            (None, '.') => {
                let part = text[start..i].trim();
                let bare = part.trim_matches(['"', '\'']);
                if bare.is_empty() {
                    let problem = Diagnostic::error(whole, format!("\"{}\" is not a path", shorten(text)));
                    return Err(problem.label("expected, for example, service.api.instances"));
                }
                parts.push((bare.to_owned(), span_of(start, i)));
                start = i + 1;
            }
            _ => {}
        }
    }
    if quote.is_some() || parts.len() > MOST_PARTS || start <= text.len() {
        let problem = Diagnostic::error(whole, format!("\"{}\" is not a path", shorten(text)));
        return Err(problem.label("expected, for example, service.api.instances"));
    }
    Ok(parts)
}

/// Splits `path=value` at the first equals sign outside of quotes; gives the path's parts and where the value begins.
pub(crate) fn split_argument(
    source: &Arc<Source>,
    example: &str,
) -> Result<(String, Parts, usize), Diagnostic> {
    let text = source.text();
    let mut quoted = false;
    let equals = text.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == '=' && !quoted
    });
    let Some((at, _)) = equals else {
        let problem = Diagnostic::error(&Span::whole(source), "this is not `path=value`");
        return Err(problem.label(format!("expected, for example, {example}")));
    };
    let path = &text[..at];
    let parts = parts(path, &Span::new(source, 0, at), |start, end| {
        Span::new(source, start, end)
    })?;
    Ok((path.trim().to_owned(), parts, at + 1))
}

/// Reads the words of one `--set`.
///
/// # Errors
/// What is wrong with them.
pub fn of_argument(words: &str) -> Result<Override, Diagnostic> {
    let source = Source::new("--set", words);
    let (path, parts, start) = split_argument(&source, "--set service.api.instances=8")?;
    let value = parse_value(&source, start);
    if value.display().is_empty() {
        let problem = Diagnostic::error(&Span::whole(&source), "there is no value");
        return Err(problem.label("expected one after the equals sign"));
    }
    Ok(Override { path, parts, value })
}

/// The path of a key in a variant or a sweep.
///
/// # Errors
/// Why it is not a path.
pub fn of_key(entry: &Entry, value: Node) -> Result<Override, Diagnostic> {
    let parts = parts(&entry.key, &entry.key_span, |start, end| {
        // The key stands in quotes, if it has a dot at all.
        let offset = usize::from(entry.key_span.text().starts_with(['"', '\'']));
        let begin = entry.key_span.range().start + offset;
        Span::new(entry.key_span.source(), begin + start, begin + end)
    })?;
    Ok(Override {
        path: entry.key.clone(),
        parts,
        value,
    })
}

/// The changes of a table of paths. A table under a key without dots is a part of a longer path, so that
/// `service.api.instances = 2` means the same with and without quotes.
pub fn of_table(node: &Node, out: &mut Diagnostics) -> Vec<Override> {
    let mut all = Vec::new();
    let mut stack: Vec<(Parts, &Node)> = vec![(Vec::new(), node)];
    while let Some((above, node)) = stack.pop() {
        // Last in, first out: pushed backwards, the tables below come in the order of the file.
        let mut below = Vec::new();
        for entry in node.entries() {
            let change = match of_key(entry, entry.node.clone()) {
                Ok(change) => change,
                Err(problem) => {
                    out.push(problem);
                    continue;
                }
            };
            let parts: Vec<_> = above.iter().cloned().chain(change.parts).collect();
            let nested =
                matches!(entry.node.value, Value::Table(_)) && (parts.len() < 3 || !above.is_empty());
            if nested && !entry.node.entries().is_empty() && parts.len() <= MOST_PARTS {
                below.push((parts, &entry.node));
                continue;
            }
            let path = parts.iter().map(|p| p.0.as_str()).collect::<Vec<_>>().join(".");
            all.push(Override {
                path,
                parts,
                value: change.value,
            });
        }
        stack.extend(below.into_iter().rev());
    }
    all
}

/// Makes a change. What can't be changed is reported, and the tree stays as it was there.
pub fn apply(root: &mut Node, change: &Override, out: &mut Diagnostics) {
    if let Err(problem) = edit(root, change) {
        out.push(problem);
    }
}

fn edit(root: &mut Node, change: &Override) -> Result<(), Diagnostic> {
    let parts = &change.parts;
    let Some((first, first_span)) = parts.first() else {
        return Ok(());
    };
    let single = TOP.iter().any(|t| t.0 == first) && !NAMED.contains(&first.as_str());
    let least = if NAMED.contains(&first.as_str()) { 3 } else { 1 };
    if matches!(first.as_str(), "variant" | "sweep") || (!single && !NAMED.contains(&first.as_str())) {
        let names = || {
            TOP.iter()
                .map(|t| t.0)
                .filter(|n| !matches!(*n, "variant" | "sweep"))
        };
        let problem = Diagnostic::error(first_span, format!("no path begins with \"{}\"", shorten(first)));
        return Err(problem
            .label(format!("expected {}", one_of(names())))
            .maybe_help(did_you_mean(first, names())));
    }
    if parts.len() < least {
        let problem = Diagnostic::error(
            first_span,
            format!("the path \"{}\" is too short", shorten(&change.path)),
        );
        return Err(problem.label(format!("expected, for example, {first}.NAME.KEY")));
    }
    let mut node = root;
    for (i, (part, span)) in parts.iter().enumerate() {
        let here = parts[..i]
            .iter()
            .map(|p| p.0.as_str())
            .collect::<Vec<_>>()
            .join(".");
        let last = i + 1 == parts.len();
        let kind = node.kind();
        node = match &mut node.value {
            Value::Table(entries) => {
                let place = entries.iter().position(|e| e.key == *part);
                let make = i >= 2 || (i == 0 && single) || (i == 1 && single);
                match place {
                    Some(place) => &mut entries[place].node,
                    None if make => {
                        let value = Value::Table(Vec::new());
                        let node = Node {
                            span: change.value.span.clone(),
                            value,
                        };
                        entries.push(Entry {
                            key: part.clone(),
                            key_span: span.clone(),
                            node,
                        });
                        let end = entries.len() - 1;
                        &mut entries[end].node
                    }
                    None => {
                        let names: Vec<&str> = entries.iter().map(|e| e.key.as_str()).collect();
                        let message = if i == 0 {
                            format!("the scenario has no [{part}.NAME]")
                        } else {
                            format!("there is no {here}.{}", shorten(part))
                        };
                        let list = if i == 0 {
                            String::new()
                        } else {
                            format!("expected {}", one_of(names.iter().copied()))
                        };
                        let help = if i == 0 { None } else { did_you_mean(part, names) };
                        return Err(Diagnostic::error(span, message).label(list).maybe_help(help));
                    }
                }
            }
            Value::Array(items) => {
                let count = items.len();
                match part.parse::<usize>().ok().and_then(|i| items.get_mut(i)) {
                    Some(item) => item,
                    None => {
                        let problem =
                            Diagnostic::error(span, format!("{here} has no item \"{}\"", shorten(part)));
                        let label = match count {
                            0 => "the list is empty".to_owned(),
                            n => format!("expected a number from 0 to {}", n - 1),
                        };
                        return Err(problem.label(label));
                    }
                }
            }
            _ => {
                let problem = Diagnostic::error(
                    span,
                    format!("{here} is {kind} and has no part \"{}\"", shorten(part)),
                );
                let help = format!("set {here} as a whole, or write it as a table in the scenario");
                return Err(problem.label("expected the end of the path").help(help));
            }
        };
        if last {
            *node = change.value.clone();
        }
    }
    Ok(())
}
