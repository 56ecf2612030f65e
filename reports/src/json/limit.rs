//! The document `plimsoll.limit/1`: up to which load the objective holds.

use scenarios::limit::{Answer, Limit};
use serde_json::{Value, json};

use super::{axis, estimate, objective, tree};

/// The name of the document's shape.
pub const LIMIT_SCHEMA: &str = "plimsoll.limit/1";

/// The whole document, indented, with a newline at its end; the same search gives the same bytes.
#[must_use]
pub fn limit(found: &Limit) -> String {
    let bounds: Vec<Value> = found
        .bounds
        .iter()
        .map(|(bound, holds)| json!({ "bound": bound.name(), "holds": answer(holds) }))
        .collect();
    let busiest = found
        .busiest
        .as_ref()
        .map(|b| json!({ "component": b.component, "utilization": b.utilization, "load": b.load }));
    let document = json!({
        "schema": LIMIT_SCHEMA,
        "scenario": found.curve.scenario,
        "seed": found.curve.seed,
        "version": found.curve.version,
        "axis": axis(&found.axis),
        "range": [found.range.0, found.range.1],
        "objective": objective(&found.objective),
        "confidence": 0.95,
        "limit": answer(&found.answer),
        "bounds": bounds,
        "busiest": busiest,
        "stands_at": found.stands_at,
        "headroom": found.headroom.map(estimate),
        "advice": found.advice,
        "curve": tree(&found.curve),
    });
    format!("{document:#}\n")
}

/// What was found of one bound, or of all: a word, and the load where there is one.
fn answer(answer: &Answer) -> Value {
    match answer {
        Answer::UpTo(load) => json!({ "answer": "up to", "load": estimate(*load) }),
        Answer::Throughout => json!({ "answer": "throughout" }),
        Answer::Nowhere => json!({ "answer": "nowhere" }),
        Answer::NotMonotone(pairs) => json!({ "answer": "not monotone", "holds_between": pairs }),
        Answer::Undecided { low, high } => {
            json!({ "answer": "cannot tell", "holds_to": low, "broken_from": high })
        }
    }
}
