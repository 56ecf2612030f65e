//! `[network]`: one-way delays, within a region and between regions.

use super::key::{Key, SHARE, Shape, key, required};
use super::reader::Reader;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::expression::{self, Expression};
use crate::quantity::{Dimension, shorten};
use crate::source::Spanned;
use crate::tree::{Entry, Node, Value};

/// The keys of `[network]`, beside its pairs of regions.
pub static NETWORK: &[Key] = &[
    key(
        "same-zone",
        Shape::Expression,
        "One-way delay between two instances in one zone.",
    ),
    key(
        "cross-zone",
        Shape::Expression,
        "One-way delay between two instances in different zones.",
    ),
];

/// What a pair of regions may say in its table form.
pub static WAY: &[Key] = &[
    required(
        "latency",
        Shape::Expression,
        "One-way delay of a message between two regions.",
    ),
    key(
        "bandwidth",
        Shape::Quantity(Dimension::Bandwidth),
        "What passes each way, shared evenly by the answers that have a size; no limit unless said.",
    ),
    key(
        "loss",
        SHARE,
        "The share of messages that are lost and sent again; 0 unless said.",
    ),
    key(
        "price",
        Shape::Quantity(Dimension::PricePerByte),
        "What a gigabyte costs; the catalogue's price unless said.",
    ),
];

/// The most that may be lost.
const MOST_LOSS: f64 = 0.9;

/// What marks a pair of regions.
pub const ARROW: &str = "->";

/// Delays as they were written.
#[derive(Clone, Debug, Default)]
pub struct NetworkSpec {
    /// Within a zone.
    pub same_zone: Option<Expression>,
    /// Between zones.
    pub cross_zone: Option<Expression>,
    /// Between regions.
    pub ways: Vec<WaySpec>,
}

/// `"us <-> eu" = ...`, or `"us -> eu" = ...` for one direction.
#[derive(Clone, Debug)]
pub struct WaySpec {
    /// Where messages are sent.
    pub from: Spanned<String>,
    /// Where they arrive.
    pub to: Spanned<String>,
    /// Whether it is the way back too.
    pub is_both: bool,
    /// How long a message takes.
    pub delay: Option<Expression>,
    /// Bytes per second.
    pub bandwidth: Option<f64>,
    /// The share of messages that are lost.
    pub loss: f64,
    /// USD per byte.
    pub price: Option<f64>,
}

/// Whether a key names a pair of regions, `"us <-> eu"`.
pub fn is_way(key: &str) -> bool {
    key.contains(ARROW)
}

/// Takes the pairs of regions out of the table, for they have keys of their own.
pub fn ways(node: &Node, out: &mut Diagnostics) -> (Node, Vec<WaySpec>) {
    let mut rest = node.clone();
    let mut ways: Vec<WaySpec> = Vec::new();
    if let Value::Table(entries) = &mut rest.value {
        for entry in entries.iter().filter(|e| is_way(&e.key)) {
            let Some(way) = way(entry, out) else {
                continue;
            };
            let is_same = |w: &&WaySpec| {
                let same = w.from.value == way.from.value && w.to.value == way.to.value;
                let turned = w.from.value == way.to.value && w.to.value == way.from.value;
                same || turned && (w.is_both || way.is_both)
            };
            if let Some(first) = ways.iter().find(is_same) {
                let (line, _) = first.from.span.line_column();
                let message = format!(
                    "the way from {} to {} is given twice",
                    way.from.value, way.to.value
                );
                let problem = Diagnostic::error(&entry.key_span, message);
                out.push(problem.label(format!("it is in line {line} too")));
                continue;
            }
            ways.push(way);
        }
        entries.retain(|e| !is_way(&e.key));
    }
    (rest, ways)
}

fn way(entry: &Entry, out: &mut Diagnostics) -> Option<WaySpec> {
    let (arrow, is_both) = if entry.key.contains("<->") {
        ("<->", true)
    } else {
        (ARROW, false)
    };
    let name = |text: &str| Spanned {
        value: text.trim().to_owned(),
        span: entry.key_span.clone(),
    };
    let plain = |text: &str| {
        let text = text.trim();
        !text.is_empty() && text.len() <= 64 && !text.contains([' ', '<', '>'])
    };
    let Some((from, to)) = entry.key.split_once(arrow).filter(|(a, b)| plain(a) && plain(b)) else {
        let message = format!("\"{}\" doesn't name two regions", shorten(&entry.key));
        let problem = Diagnostic::error(&entry.key_span, message);
        out.push(problem.label("expected, for example, \"us <-> eu\", or \"us -> eu\" for one direction"));
        return None;
    };
    let (mut bandwidth, mut loss, mut price) = (None, 0.0, None);
    let delay = if entry.node.get("latency").is_some() {
        let what = format!("network: {}", entry.key);
        let mut r = Reader::open(&entry.node, &entry.key_span, what, WAY, out)?;
        let delay = r.expression("latency");
        bandwidth = r.quantity("bandwidth", Dimension::Bandwidth);
        if let Some(none) = bandwidth.as_ref().filter(|b| b.value <= 0.0) {
            let problem = Diagnostic::error(&none.span, format!("{}: nothing passes", entry.key));
            r.out.push(problem.label("expected a bandwidth above 0"));
        }
        if let Some(lost) = r.share("loss") {
            loss = lost.value;
            if loss > MOST_LOSS {
                let problem = Diagnostic::error(&lost.span, format!("{}: too much is lost", entry.key));
                r.out.push(
                    problem.label("expected at most 90%; a fault of kind \"partition\" lets nothing pass"),
                );
            }
        }
        price = r.quantity("price", Dimension::PricePerByte).map(|p| p.value);
        r.finish();
        delay
    } else {
        expression::read(&entry.node, out)
    };
    Some(WaySpec {
        from: name(from),
        to: name(to),
        is_both,
        delay,
        bandwidth: bandwidth.map(|b| b.value),
        loss,
        price,
    })
}

/// Reads `[network]` without its pairs of regions.
pub fn read(mut r: Reader<'_, '_>, ways: Vec<WaySpec>) -> NetworkSpec {
    let spec = NetworkSpec {
        same_zone: r.expression("same-zone"),
        cross_zone: r.expression("cross-zone"),
        ways,
    };
    r.finish();
    spec
}
