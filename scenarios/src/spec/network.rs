//! `[network]`: one-way delays.

use super::key::{Key, Shape, key};
use super::reader::{Reader, not_supported};
use crate::expression::Expression;
use crate::tree::Node;

/// The keys of `[network]`.
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

/// Delays as they were written.
#[derive(Clone, Debug, Default)]
pub struct NetworkSpec {
    /// Within a zone.
    pub same_zone: Option<Expression>,
    /// Between zones.
    pub cross_zone: Option<Expression>,
}

/// Whether a key names a pair of regions, `"us <-> eu"`.
pub fn is_link(key: &str) -> bool {
    key.contains("<->") || key.contains("->")
}

/// The table without its pairs of regions, which are reported as not supported yet.
pub fn without_links(node: &Node, out: &mut crate::diagnostic::Diagnostics) -> Node {
    let mut node = node.clone();
    if let crate::tree::Value::Table(entries) = &mut node.value {
        for entry in entries.iter().filter(|e| is_link(&e.key)) {
            out.push(not_supported(
                &entry.key_span,
                "network: a delay between regions",
                "regions are not simulated",
            ));
        }
        entries.retain(|e| !is_link(&e.key));
    }
    node
}

/// Reads `[network]`.
pub fn read(mut r: Reader<'_, '_>) -> NetworkSpec {
    let spec = NetworkSpec {
        same_zone: r.expression("same-zone"),
        cross_zone: r.expression("cross-zone"),
    };
    r.finish();
    spec
}
