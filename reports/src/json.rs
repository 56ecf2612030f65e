//! The document `plimsoll.results/1`, which scripts read: times in seconds, money in USD, ratios as fractions.
//!
//! Every figure is `{ "value", "low", "high" }` with its 95 % interval. A bound is null where there is no interval, a value
//! is null where the data can't support one, and a warning says why. Keys may be added to the document, never changed. Beside
//! the contract stand: `question`, `slo` (the objective), `axes`, and in each point `at`, `trials`, `state`, `warm_up_s`,
//! `events`, `warnings`, `course` and, where it was asked for, `timeline`; a figure without interval may have `need`, how many times the data would give one.

mod comparison;
mod limit;
mod timeline;

use scenarios::results::{Axis, ClientFigures, ComponentFigures, Objective, Point, Results, State};
use serde_json::{Map, Number, Value, json};
use sim_core::stats::Estimate;

use crate::figures::{self, Named};

pub use comparison::{COMPARISON_SCHEMA, comparison};
pub use limit::{LIMIT_SCHEMA, limit};

/// The name of the document's shape.
pub const SCHEMA: &str = "plimsoll.results/1";

/// The whole document, indented, with a newline at its end; the same results give the same bytes.
#[must_use]
pub fn document(results: &Results) -> String {
    // The alternate form of a JSON value is its indented text, and can't fail.
    format!("{:#}\n", tree(results))
}

/// The document as a tree.
#[must_use]
pub fn tree(results: &Results) -> Value {
    let points: Vec<Value> = results.points.iter().map(point).collect();
    json!({
        "schema": SCHEMA,
        "scenario": results.scenario,
        "question": results.question,
        "seed": results.seed,
        "trials": results.trials,
        "version": results.version,
        "assumptions": results.assumptions,
        "warnings": warnings(results),
        "slo": results.slo.as_ref().map(objective),
        "axes": results.axes.iter().map(axis).collect::<Vec<_>>(),
        "points": points,
    })
}

/// The warnings of the results, and one that counts the points with figures missing.
fn warnings(results: &Results) -> Vec<String> {
    let mut warnings = results.warnings.clone();
    let count = |has: &dyn Fn(&Point) -> bool| results.points.iter().filter(|point| has(point)).count();
    let all = results.points.len();
    let troubled = count(&|point| !figures::has_latency(point));
    if troubled > 0 {
        warnings.push(format!(
            "{troubled} of {all} points have no steady state: their latencies are null"
        ));
    }
    let short = count(&|point| figures::missing(point).len() > usize::from(!figures::has_latency(point)));
    if short > 0 {
        warnings.push(format!(
            "at {short} of {all} points some figures lack data: the points' own warnings name them"
        ));
    }
    warnings
}

fn axis(axis: &Axis) -> Value {
    json!({ "path": axis.path, "unit": axis.unit })
}

fn objective(objective: &Objective) -> Value {
    let latency: Map<String, Value> = objective
        .latency
        .iter()
        .map(|(percentile, most)| (percentile.clone(), number(Some(*most))))
        .collect();
    json!({
        "latency_s": latency,
        "availability": number(objective.availability),
        "usd_per_month": number(objective.cost_per_month),
    })
}

fn point(point: &Point) -> Value {
    let set: Map<String, Value> = point
        .set
        .iter()
        .map(|(path, value)| (path.clone(), json!(value)))
        .collect();
    let steady = figures::has_latency(point);
    let clients: Map<String, Value> = point
        .clients
        .iter()
        .map(|(name, figures)| (name.clone(), clients(figures, steady)))
        .collect();
    let components: Map<String, Value> = point
        .components
        .iter()
        .map(|(name, figures)| (name.clone(), component(figures)))
        .collect();
    let mut warnings = point.warnings.clone();
    warnings.extend(figures::missing(point));
    let (state, culprit) = match &point.state {
        State::Steady => ("steady", None),
        State::Overloaded { component } => ("overloaded", component.as_deref()),
        State::RanAway => ("ran away", None),
    };
    let mut tree = json!({
        "variant": point.variant,
        "set": set,
        "clients": clients,
        "components": components,
        "cost": point.cost.as_ref().map(|cost| nested(&figures::of_cost(cost), true)),
        "slo": point.slo.map(|verdict| json!({ "met": verdict.word() })),
        "at": point.at.iter().map(|at| number(*at)).collect::<Vec<_>>(),
        "trials": point.trials,
        "state": state,
        "overloaded_component": culprit,
        "warm_up_s": number(Some(point.warm_up_s)),
        "events": point.events,
        "warnings": warnings,
    });
    if let Value::Object(tree) = &mut tree {
        timeline::add(tree, point);
    }
    tree
}

fn clients(clients: &ClientFigures, steady: bool) -> Value {
    let mut tree = Map::new();
    for (name, count) in figures::counts_of_clients(clients) {
        insert(&mut tree, name, json!(count));
    }
    for (name, value) in nested(&figures::latencies(clients), steady) {
        tree.insert(name, value);
    }
    for (name, value) in nested(&figures::rates_of_clients(clients), true) {
        tree.insert(name, value);
    }
    Value::Object(tree)
}

fn component(component: &ComponentFigures) -> Value {
    let mut tree = Map::new();
    tree.insert("kind".to_owned(), json!(component.kind));
    tree.extend(nested(&figures::of_component(component), true));
    Value::Object(tree)
}

/// Figures under their names; a figure that describes nothing (`meaningful` is false) is all null.
fn nested(figures: &[Named<'_>], meaningful: bool) -> Map<String, Value> {
    let mut tree = Map::new();
    for (name, _, figure) in figures {
        insert(
            &mut tree,
            name,
            estimate(if meaningful { **figure } else { Estimate::default() }),
        );
    }
    tree
}

/// Puts `a.b` under `a`, at its first dot only: the percentile 99.9 has a dot of its own.
fn insert(tree: &mut Map<String, Value>, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            tree.insert(name.to_owned(), value);
        }
        Some((outer, inner)) => {
            let entry = tree.entry(outer).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(tree) = entry {
                tree.insert(inner.to_owned(), value);
            }
        }
    }
}

fn estimate(figure: Estimate) -> Value {
    let mut tree = Map::new();
    tree.insert("value".to_owned(), number(figure.value));
    tree.insert("low".to_owned(), number(figure.low));
    tree.insert("high".to_owned(), number(figure.high));
    if let Some(need) = figure.need.and_then(Number::from_f64) {
        tree.insert("need".to_owned(), Value::Number(need));
    }
    Value::Object(tree)
}

/// JSON has no infinity and no NaN, so they are null.
fn number(value: Option<f64>) -> Value {
    value
        .and_then(Number::from_f64)
        .map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn keys(value: &Value) -> Vec<&str> {
        value
            .as_object()
            .map(|tree| tree.keys().map(String::as_str).collect())
            .unwrap_or_default()
    }

    /// The contract's keys come first and in its order; what was added follows or stands between, and has a name here.
    #[test]
    fn the_contract_holds() {
        let tree = tree(&fixture::sweep());
        assert_eq!(tree["schema"], "plimsoll.results/1");
        assert_eq!(
            keys(&tree),
            [
                "schema",
                "scenario",
                "question",
                "seed",
                "trials",
                "version",
                "assumptions",
                "warnings",
                "slo",
                "axes",
                "points"
            ]
        );
        let point = &tree["points"][0];
        assert_eq!(
            keys(point)[..6],
            ["variant", "set", "clients", "components", "cost", "slo"]
        );
        assert_eq!(point["set"]["clients.users.rate"], "500/s");
        let users = &point["clients"]["users"];
        assert_eq!(
            keys(users)[..6],
            [
                "offered",
                "ok",
                "failed",
                "in_flight",
                "latency_s",
                "goodput_per_s"
            ],
        );
        assert_eq!(
            keys(&users["failed"]),
            ["timeout", "rejected", "error", "unreachable"]
        );
        assert_eq!(
            keys(&users["latency_s"]),
            ["mean", "p50", "p90", "p95", "p99", "p99.9"]
        );
        assert_eq!(keys(&users["availability"])[..3], ["value", "low", "high"]);
        let api = &point["components"]["api"];
        for figure in ["utilization", "queue_length", "instances"] {
            assert_eq!(keys(&api[figure]), ["value", "low", "high"], "{figure}");
        }
        assert_eq!(keys(&api["waiting_s"]), ["mean", "p99"]);
        assert_eq!(keys(&point["components"]["products"]), ["kind", "hit_ratio"]);
        assert_eq!(keys(&point["cost"]), ["usd_per_month", "usd_per_million_ok"]);
        assert_eq!(point["slo"]["met"], "yes");
    }

    #[test]
    fn an_overloaded_point_has_no_latency_and_says_so() {
        let results = fixture::sweep();
        let at = results
            .points
            .iter()
            .position(|p| !figures::has_latency(p))
            .unwrap_or_default();
        let tree = tree(&results);
        let point = &tree["points"][at];
        assert_eq!(point["state"], "overloaded");
        assert_eq!(point["overloaded_component"], "api");
        assert_eq!(
            point["clients"]["users"]["latency_s"]["p99"],
            json!({ "value": null, "low": null, "high": null })
        );
        assert!(
            point["warnings"][0]
                .as_str()
                .is_some_and(|w| w.starts_with("no latency: overloaded (api)"))
        );
    }

    #[test]
    fn what_is_missing_is_null_and_has_a_warning() {
        let mut results = fixture::sweep();
        results.points.truncate(1);
        let latency = &mut results.points[0].clients[0].1.latency_s;
        latency.p99_9 = Estimate {
            value: Some(f64::NAN),
            low: None,
            high: Some(f64::INFINITY),
            need: Some(3.5),
        };
        let tree = tree(&results);
        let point = &tree["points"][0];
        assert_eq!(
            point["clients"]["users"]["latency_s"]["p99.9"],
            json!({ "value": null, "low": null, "high": null, "need": 3.5 })
        );
        assert_eq!(
            point["warnings"],
            json!(["users.latency_s.p99.9: no value: not enough data; 4x the run would do"])
        );
        assert_eq!(
            tree["warnings"].as_array().and_then(|w| w.last()?.as_str()),
            Some("at 1 of 1 points some figures lack data: the points' own warnings name them")
        );
    }

    #[test]
    fn the_document_of_one_point() {
        insta::assert_snapshot!(document(&fixture::run()));
    }

    #[test]
    fn the_same_results_give_the_same_bytes() {
        assert_eq!(document(&fixture::sweep()), document(&fixture::sweep()));
    }
}
