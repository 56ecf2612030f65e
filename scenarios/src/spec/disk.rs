//! `disk`: the disk of every instance of a service, and the step that uses it.
//!
//! What an operation takes comes from the table of latency numbers, in the year that the scenario asks for: a random read is a seek,
//! or an SSD's random read, and then the bytes at the speed of a sequential read.

use super::key::{Key, Shape, key, required};
use super::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::expression::{Amount, Expression, Kind as Form, Op};
use crate::quantity::Dimension;
use crate::source::{Span, Spanned};
use crate::tree::Value;

const KINDS: &[&str] = &["ssd", "hdd"];
const ACCESSES: &[&str] = &["random-read", "sequential-read", "durable-write"];
const MOST_AT_ONCE: u32 = 100_000;

static TABLE: &[Key] = &[
    required(
        "kind",
        Shape::Word(KINDS),
        "\"ssd\", or \"hdd\" for a spinning disk.",
    ),
    key(
        "at-once",
        Shape::Count,
        "Operations that it does at a time, each at full speed; 1 unless said.",
    ),
];

const WHICH: &[Shape] = &[Shape::Word(KINDS), Shape::Table(TABLE)];
const WHAT: &[Shape] = &[Shape::Word(ACCESSES), Shape::Expression];

/// The key of a service.
pub const DISK: Key = key(
    "disk",
    Shape::Any(WHICH),
    "The disk that each instance has, where steps `disk` wait for each other: \"ssd\", \"hdd\" or { kind = \"ssd\", at-once = 8 }; none \
     unless said.",
);

/// The key of a step.
pub const STEP: Key = key(
    "disk",
    Shape::Any(WHAT),
    "Uses the instance's disk, without a core: for a \"random-read\", a \"sequential-read\" or a \"durable-write\" of `size`, as long as \
     the table of latency numbers says, or for a time or a distribution.",
);

/// How much is read or written.
pub const SIZE: Key = key(
    "size",
    Shape::Quantity(Dimension::Bytes),
    "With `disk`: how much is read or written.",
);

/// What a disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Without moving parts.
    Ssd,
    /// With a head that seeks.
    Hdd,
}

/// The disk of each instance.
#[derive(Clone, Debug, PartialEq)]
pub struct DiskSpec {
    /// What it is.
    pub kind: Kind,
    /// How many operations it does at a time.
    pub at_once: Option<u32>,
    /// Where it is said.
    pub span: Span,
}

/// What is done with it.
#[derive(Clone, Debug, PartialEq)]
pub enum UseSpec {
    /// Something for so long.
    For(Expression),
    /// A random read of so many bytes.
    RandomRead(f64, Span),
    /// Bytes that follow those that were read last.
    SequentialRead(f64, Span),
    /// A write that is on the disk when it is done.
    DurableWrite(f64, Span),
}

impl UseSpec {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> &Span {
        match self {
            Self::For(time) => &time.span,
            Self::RandomRead(_, span) | Self::SequentialRead(_, span) | Self::DurableWrite(_, span) => span,
        }
    }

    /// How long it takes.
    #[must_use]
    pub fn time(&self, kind: Kind) -> Expression {
        let op = |name: &str, amount: Amount, span: &Span| Op {
            span: span.clone(),
            name: name.to_owned(),
            amount,
        };
        let is_ssd = kind == Kind::Ssd;
        let read = if is_ssd {
            "ssd-sequential-read"
        } else {
            "disk-sequential-read"
        };
        let (first, bytes, each, span) = match self {
            Self::For(time) => return time.clone(),
            Self::SequentialRead(bytes, span) => (None, *bytes, read, span),
            Self::RandomRead(bytes, span) => {
                let first = if is_ssd { "ssd-random-read" } else { "disk-seek" };
                (Some(first), *bytes, read, span)
            }
            Self::DurableWrite(bytes, span) => {
                // A platter passes under the head as fast for a write as for a read.
                let (first, each) = if is_ssd {
                    ("ssd-fsync", "ssd-sequential-write")
                } else {
                    ("disk-fsync", read)
                };
                (Some(first), *bytes, each, span)
            }
        };
        let first = first.map(|first| op(first, Amount::Times(1.0), span));
        let ops = first.into_iter().chain([op(each, Amount::Bytes(bytes), span)]);
        Expression {
            span: span.clone(),
            kind: Form::Ops(ops.collect()),
        }
    }
}

/// Reads the key of a service. What is wrong was reported, and taken for an SSD, so that the steps are not found wrong as well.
pub fn read(r: &mut Reader<'_, '_>) -> Option<DiskSpec> {
    let is_table = matches!(r.node.get("disk")?.value, Value::Table(_));
    let span = r.key_span("disk");
    let (kind, at_once) = if is_table {
        let mut table = r.table("disk", TABLE)?;
        let read = (table.word("kind"), table.count("at-once", 1, MOST_AT_ONCE));
        table.finish();
        read
    } else {
        (r.word("disk"), None)
    };
    Some(DiskSpec {
        kind: match kind.as_ref().map(|k| KINDS[k.value]) {
            Some("hdd") => Kind::Hdd,
            _ => Kind::Ssd,
        },
        at_once: at_once.map(|n| n.value),
        span: kind.map_or(span, |k| k.span),
    })
}

/// Reads a step.
pub fn step(r: &mut Reader<'_, '_>) -> Option<UseSpec> {
    let is_word = |text: &str| text.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
    let named = matches!(&r.node.get("disk")?.value, Value::Text(text) if is_word(text));
    let size = r.quantity("size", Dimension::Bytes);
    if !named {
        if let Some(Spanned { span, .. }) = size {
            let problem = Diagnostic::error(&span, format!("{}: size has no effect", r.what));
            r.out
                .push(problem.label("the time of this use of the disk is given"));
        }
        return r.expression("disk").map(UseSpec::For);
    }
    let access = r.word("disk")?;
    let Some(size) = size else {
        let problem = Diagnostic::error(&access.span, format!("{} needs a size", r.what));
        let example = format!("{{ disk = \"{}\", size = \"8KiB\" }}", ACCESSES[access.value]);
        r.out.push(problem.label(format!("expected {example}")));
        return None;
    };
    Some(match access.value {
        0 => UseSpec::RandomRead(size.value, access.span),
        1 => UseSpec::SequentialRead(size.value, access.span),
        _ => UseSpec::DurableWrite(size.value, access.span),
    })
}
