//! The document `plimsoll.limit/1`: up to which load the objective holds.

use scenarios::limit::{Answer, Limit};
use serde_json::{Value, json};

use super::{axis, estimate, number, objective, tree};
use crate::chart::knee_of_limit;

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
    let knee = knee_of_limit(found)
        .map(|(load, latency)| json!({ "load": number(Some(load)), "latency_s": number(Some(latency)) }));
    let breaks = found
        .bounds
        .first()
        .filter(|(_, holds)| *holds != Answer::Throughout);
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
        "breaks": breaks.map(|(bound, _)| bound.name()),
        "bounds": bounds,
        "busiest": busiest,
        "stands_at": found.stands_at,
        "headroom": found.headroom.map(estimate),
        "knee": knee,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn the_contract_is_kept() {
        let tree: Value = serde_json::from_str(&limit(&fixture::limit())).expect("JSON");
        assert_eq!(tree["schema"], "plimsoll.limit/1");
        assert_eq!(
            tree["axis"],
            json!({ "path": "clients.users.rate", "unit": "1/s" })
        );
        assert_eq!(
            (&tree["limit"]["answer"], &tree["breaks"]),
            (&json!("up to"), &json!("p99 of users"))
        );
        assert_eq!(
            tree["limit"]["load"],
            json!({ "value": 5020.0, "low": 4960.0, "high": 5080.0 })
        );
        assert_eq!(tree["bounds"][1]["holds"]["answer"], "throughout");
        assert_eq!(
            (&tree["stands_at"], &tree["busiest"]["component"]),
            (&json!(2000.0), &json!("api"))
        );
        assert!(tree["knee"]["load"].is_number());
        assert_eq!(tree["curve"]["points"].as_array().map(Vec::len), Some(14));
    }

    #[test]
    fn every_answer_has_its_word() {
        let none = Answer::Undecided {
            low: Some(1.0),
            high: None,
        };
        for (found, word) in [
            (Answer::Throughout, "throughout"),
            (Answer::Nowhere, "nowhere"),
            (Answer::NotMonotone(vec![(1.0, 2.0)]), "not monotone"),
            (none, "cannot tell"),
        ] {
            assert_eq!(answer(&found)["answer"], word);
        }
    }
}
