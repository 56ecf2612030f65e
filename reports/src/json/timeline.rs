//! The course of a point, and its timeline by windows; the table of the timeline has every step.
//!
//! `course`: its `word` (steady, growing, drifting, cycling, faults, unknown), `what` moves (load, calls, latency) `of` whom, by which part of its mean from
//! beginning to end (`change`), or once in how many seconds (`period_s`). `timeline` is there where it was asked for: `warm_up_s` up to where the
//! figures leave it out, and in `windows` from when to when, and the figures of clients and components as they are in the point.

use scenarios::results::Point;
use scenarios::timeline::{Course, Fault, Moving, Timeline};
use serde_json::{Map, Value, json};

use super::{estimate, insert, number};
use crate::moments::{Moment, of_clients, of_component};

/// Adds what a point has of them.
pub fn add(tree: &mut Map<String, Value>, point: &Point) {
    tree.insert("course".to_owned(), course(&point.course));
    if let Some(line) = &point.timeline {
        tree.insert("timeline".to_owned(), timeline(line));
    }
}

fn course(course: &Course) -> Value {
    let what = course.what();
    let (change, period_s) = match course {
        Course::Drifting { change, .. } => (Some(*change), None),
        Course::Cycling { period_s, .. } => (None, Some(*period_s)),
        Course::Steady | Course::Growing(_) | Course::Faults | Course::Unknown => (None, None),
    };
    json!({
        "word": course.word(),
        "what": what.map(|w| match w.moving {
            Moving::Load => "load",
            Moving::Calls => "calls",
            Moving::Latency => "latency",
        }),
        "of": what.map(|w| w.name.as_str()),
        "change": number(change),
        "period_s": number(period_s),
    })
}

fn timeline(timeline: &Timeline) -> Value {
    let windows: Vec<Value> = timeline
        .window_edges_s
        .windows(2)
        .enumerate()
        .map(|(number, edges)| window(timeline, number, edges[0], edges[1]))
        .collect();
    json!({
        "warm_up_s": number(Some(timeline.warm_up_s)),
        "end_s": number(Some(timeline.end_s)),
        "faults": timeline.faults.iter().map(fault).collect::<Vec<_>>(),
        "windows": windows,
    })
}

fn fault(fault: &Fault) -> Value {
    json!({
        "what": fault.what,
        "from_s": number(Some(fault.from_s)),
        "to_s": number(Some(fault.to_s)),
    })
}

fn window(timeline: &Timeline, window: usize, from: f64, to: f64) -> Value {
    let at = Moment::Window(window);
    let tree_of = |figures: &[(&'static str, sim_core::stats::Estimate)]| {
        let mut tree = Map::new();
        for (name, figure) in figures {
            insert(&mut tree, name, estimate(*figure));
        }
        Value::Object(tree)
    };
    let clients: Map<String, Value> = timeline
        .clients
        .iter()
        .map(|(name, c)| (name.clone(), tree_of(&of_clients(c, at))))
        .collect();
    let components: Map<String, Value> = timeline
        .components
        .iter()
        .map(|(name, c)| (name.clone(), tree_of(&of_component(c, at))))
        .collect();
    json!({
        "from_s": number(Some(from)),
        "to_s": number(Some(to)),
        "warm_up": f64::midpoint(from, to) < timeline.warm_up_s,
        "clients": clients,
        "components": components,
    })
}

#[cfg(test)]
mod tests {
    use crate::fixture;

    #[test]
    fn a_point_has_its_windows_where_it_was_asked_for() {
        let without = super::super::tree(&fixture::run());
        assert!(without["points"][0].get("timeline").is_none());
        assert_eq!(without["points"][0]["course"]["word"], "steady");
        let with = super::super::tree(&fixture::with_timeline(3));
        let timeline = &with["points"][0]["timeline"];
        assert_eq!(timeline["windows"].as_array().map(Vec::len), Some(32));
        let window = &timeline["windows"][31];
        assert_eq!(window["to_s"], timeline["end_s"]);
        assert_eq!(
            (&timeline["windows"][0]["warm_up"], &window["warm_up"]),
            (&true.into(), &false.into())
        );
        let users = &window["clients"]["users"];
        assert!(users["offered_per_s"]["value"].is_number());
        assert!(users["latency_s"]["p99"]["low"].is_number());
        assert!(window["components"]["api"]["utilization"]["high"].is_number());
    }
}
