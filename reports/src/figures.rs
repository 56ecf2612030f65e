//! The figures of clients and components as lists with names, in one order for every document.
//!
//! A name is the figure's path inside its component in the JSON document, with dots.

use scenarios::results::{ClientFigures, ComponentFigures, Cost, Point, State};
use sim_core::stats::Estimate;

use crate::quantity::{Unit, without_interval};

/// A figure with its name and unit.
pub type Named<'a> = (&'static str, Unit, &'a Estimate);

/// What was counted for the clients, over all trials after the warm-up.
#[must_use]
pub fn counts_of_clients(clients: &ClientFigures) -> [(&'static str, u64); 7] {
    [
        ("offered", clients.offered),
        ("ok", clients.ok),
        ("failed.timeout", clients.timeout),
        ("failed.rejected", clients.rejected),
        ("failed.error", clients.error),
        ("failed.unreachable", clients.unreachable),
        ("in_flight", clients.in_flight),
    ]
}

/// The latencies of the clients, in seconds.
#[must_use]
pub fn latencies(clients: &ClientFigures) -> [Named<'_>; 6] {
    let latency = &clients.latency_s;
    [
        ("latency_s.mean", Unit::Seconds, &latency.mean),
        ("latency_s.p50", Unit::Seconds, &latency.p50),
        ("latency_s.p90", Unit::Seconds, &latency.p90),
        ("latency_s.p95", Unit::Seconds, &latency.p95),
        ("latency_s.p99", Unit::Seconds, &latency.p99),
        ("latency_s.p99.9", Unit::Seconds, &latency.p99_9),
    ]
}

/// The other figures of the clients.
#[must_use]
pub fn rates_of_clients(clients: &ClientFigures) -> [Named<'_>; 5] {
    [
        ("goodput_per_s", Unit::PerSecond, &clients.goodput_per_s),
        ("availability", Unit::Availability, &clients.availability),
        ("lost_to_overload", Unit::Share, &clients.lost_to_overload),
        ("lost_to_failures", Unit::Share, &clients.lost_to_failures),
        ("attempts_per_request", Unit::Plain, &clients.attempts_per_request),
    ]
}

/// The figures that a component of this kind has.
#[must_use]
pub fn of_component(component: &ComponentFigures) -> Vec<Named<'_>> {
    [
        ("utilization", Unit::Share, &component.utilization),
        ("core_utilization", Unit::Share, &component.core_utilization),
        ("queue_length", Unit::Plain, &component.queue_length),
        ("waiting_s.mean", Unit::Seconds, &component.waiting_mean_s),
        ("waiting_s.p99", Unit::Seconds, &component.waiting_p99_s),
        ("instances", Unit::Plain, &component.instances),
        ("hit_ratio", Unit::Share, &component.hit_ratio),
        ("stale_reads", Unit::Share, &component.stale_reads),
        ("lag_s.mean", Unit::Seconds, &component.lag_mean_s),
        ("lag_s.p99", Unit::Seconds, &component.lag_p99_s),
        ("lock_wait_s.mean", Unit::Seconds, &component.lock_wait_mean_s),
        ("lock_wait_s.p99", Unit::Seconds, &component.lock_wait_p99_s),
        ("open_reads", Unit::Share, &component.open_reads),
        ("lost_writes", Unit::Share, &component.lost_writes),
        ("conflicts", Unit::Share, &component.conflicts),
        ("rejected", Unit::Share, &component.rejected),
        ("wasted", Unit::Share, &component.wasted),
    ]
    .into_iter()
    .filter_map(|(name, unit, figure)| Some((name, unit, figure.as_ref()?)))
    .collect()
}

/// What a point costs.
#[must_use]
pub fn of_cost(cost: &Cost) -> [Named<'_>; 2] {
    [
        ("usd_per_month", Unit::Usd, &cost.usd_per_month),
        ("usd_per_million_ok", Unit::Usd, &cost.usd_per_million_ok),
    ]
}

/// The component that works hardest, cores counted where they are shared, with its utilization.
#[must_use]
pub fn busiest(point: &Point) -> Option<(&str, Estimate)> {
    point
        .components
        .iter()
        .flat_map(|(name, figures)| {
            [figures.core_utilization, figures.utilization]
                .into_iter()
                .flatten()
                .map(move |f| (name.as_str(), f))
        })
        .filter(|(_, figure)| figure.value.is_some_and(f64::is_finite))
        // The first of equals, so that the answer does not depend on anything but the order of the scenario.
        .reduce(|best, next| if next.1.value > best.1.value { next } else { best })
}

/// Whether the latencies of a point describe anything, which they don't when its queue grows without end.
#[must_use]
pub fn has_latency(point: &Point) -> bool {
    point.state == State::Steady
}

/// Why a point is not in a steady state: `overloaded (api)`, `ran away`; none when it is.
#[must_use]
pub fn trouble(point: &Point) -> Option<String> {
    match &point.state {
        State::Steady => None,
        State::Overloaded {
            component: Some(component),
        } => Some(format!("overloaded ({component})")),
        State::Overloaded { component: None } => Some("overloaded".to_owned()),
        State::RanAway => Some("ran away".to_owned()),
    }
}

/// Everything that a point can't say and why, one sentence for each reason.
#[must_use]
pub fn missing(point: &Point) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(trouble) = trouble(point) {
        sentences.push(format!(
            "no latency: {trouble}, so it would only measure how long the run was"
        ));
    }
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    let mut note = |owner: &str, (name, _, figure): Named<'_>| {
        if let Some(reason) = without_interval(figure) {
            let what = if figure.value.is_some_and(f64::is_finite) {
                "no interval"
            } else {
                "no value"
            };
            let reason = format!("{what}: {reason}");
            let figure = format!("{owner}.{name}");
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, figures)) => figures.push(figure),
                None => reasons.push((reason, vec![figure])),
            }
        }
    };
    for (name, clients) in &point.clients {
        if has_latency(point) {
            latencies(clients)
                .into_iter()
                .for_each(|figure| note(name, figure));
        }
        rates_of_clients(clients)
            .into_iter()
            .for_each(|figure| note(name, figure));
    }
    for (name, component) in &point.components {
        of_component(component)
            .into_iter()
            .for_each(|figure| note(name, figure));
    }
    if let Some(cost) = &point.cost {
        of_cost(cost).into_iter().for_each(|figure| note("cost", figure));
    }
    sentences.extend(
        reasons
            .into_iter()
            .map(|(reason, figures)| format!("{}: {reason}", figures.join(", "))),
    );
    sentences
}
