//! The document `plimsoll.comparison/1`: every variant against the first one, with differences and verdicts.
//!
//! As in the document of results, times are in seconds, money in USD and ratios are fractions. Every interval is the 95 % one of a
//! figure alone, while the verdicts hold for all figures together. `relative` is the difference as a share of the baseline's
//! value. A figure without a value on either side has nulls and the verdict `cannot tell`.

use scenarios::comparison::{Comparison, Measure, Subject};
use serde_json::{Value, json};
use sim_core::stats::CONFIDENCE;
use sim_core::stats::paired::Verdict;

use super::{estimate, number};

/// The name of the document's shape.
pub const COMPARISON_SCHEMA: &str = "plimsoll.comparison/1";

/// The whole document, indented, with a newline at its end; the same comparison gives the same bytes.
#[must_use]
pub fn comparison(comparison: &Comparison) -> String {
    let pairs: Vec<Value> = comparison
        .pairs
        .iter()
        .map(|pair| {
            let measures: Vec<Value> = pair.measures.iter().map(measure).collect();
            json!({ "variant": pair.variant, "measures": measures })
        })
        .collect();
    let document = json!({
        "schema": COMPARISON_SCHEMA,
        "scenario": comparison.scenario,
        "question": comparison.question,
        "seed": comparison.seed,
        "version": comparison.version,
        "confidence": CONFIDENCE,
        "judged_together": json!({ "figures": comparison.judged(), "method": "Holm 1979" }),
        "tolerance": number(Some(comparison.tolerance)),
        "warnings": comparison.warnings,
        "baseline": comparison.baseline,
        "pairs": pairs,
    });
    format!("{document:#}\n")
}

fn measure(measure: &Measure) -> Value {
    let paired = measure.paired.as_ref();
    let (verdict, trials_needed) = match measure.verdict {
        Verdict::Better => ("better", None),
        Verdict::Worse => ("worse", None),
        Verdict::Same => ("same", None),
        Verdict::CannotTell { trials } => ("cannot tell", trials),
    };
    let (clients, component) = match &measure.of {
        Subject::Clients(name) => (Some(name), None),
        Subject::Component(name) => (None, Some(name)),
        Subject::System => (None, None),
    };
    json!({
        "clients": clients,
        "component": component,
        "figure": measure.figure.name(),
        "baseline": number(paired.map(|p| p.a)),
        "variant": number(paired.map(|p| p.b)),
        "difference": estimate(paired.map(|p| p.difference).unwrap_or_default()),
        "relative": estimate(measure.relative().unwrap_or_default()),
        "verdict": verdict,
        "trials": paired.map(|p| p.trials),
        "trials_needed": trials_needed,
        "p_value": number(paired.map(|p| p.p_value)),
        "variance_saved": number(paired.and_then(|p| p.variance_saved)),
    })
}
