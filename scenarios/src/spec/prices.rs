//! `[prices]`: what instances cost, over and beside the catalogue.
//!
//! `"c7g.xlarge" = "$0.12/h"` overrides a price; `big = { price = "$1/h", vcpu = 16, memory = "64GiB" }` makes a type.

use super::key::{Key, Shape, key, required};
use super::reader::{Reader, quantity_of};
use crate::diagnostic::Diagnostics;
use crate::quantity::Dimension;
use crate::source::Span;
use crate::tree::{Node, Value};

/// The keys of a type of instance.
pub static PRICE: &[Key] = &[
    required(
        "price",
        Shape::Quantity(Dimension::Price),
        "USD on demand, such as \"$0.17/h\".",
    ),
    key("vcpu", Shape::Count, "Its cores."),
    key("memory", Shape::Quantity(Dimension::Bytes), "Its memory."),
];

/// A type of instance as it was written.
#[derive(Clone, Debug)]
pub struct PriceSpec {
    /// The type's name.
    pub name: String,
    /// USD per hour.
    pub usd_per_hour: f64,
    /// Its cores, if they were given.
    pub vcpu: Option<u32>,
}

/// Reads `[prices]`.
pub fn read(node: &Node, at: &Span, out: &mut Diagnostics) -> Vec<PriceSpec> {
    let mut prices = Vec::new();
    if !matches!(node.value, Value::Table(_)) {
        Reader::open(node, at, "prices", &[], out);
    }
    for entry in node.entries() {
        let name = entry.key.clone();
        let what = format!("prices.{name}");
        if !matches!(entry.node.value, Value::Table(_)) {
            let price = quantity_of(&entry.node, Dimension::Price, &what, out);
            prices.extend(price.map(|p| PriceSpec {
                name,
                usd_per_hour: p.value,
                vcpu: None,
            }));
            continue;
        }
        let Some(mut r) = Reader::open(&entry.node, &entry.key_span, what, PRICE, out) else {
            continue;
        };
        let price = r.quantity("price", Dimension::Price);
        let vcpu = r.count("vcpu", 1, 10_000).map(|v| v.value);
        r.quantity("memory", Dimension::Bytes);
        r.finish();
        prices.extend(price.map(|p| PriceSpec {
            name,
            usd_per_hour: p.value,
            vcpu,
        }));
    }
    prices
}
