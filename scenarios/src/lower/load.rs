//! Warnings from theory, before anything runs: more load than a station can serve has no steady state.
//!
//! Mean rates flow from the clients through mixes and plans. Everything is a lower bound (no retries, the best possible
//! cache, no waiting), so a warning is never wrong; a scenario without one may still be overloaded.

mod flow;
mod refused;
mod time;

use sim_core::model::{Component, Description, Keys, Kind, Station, Storage};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::quantity::rounded;
use crate::spec::ScenarioSpec;
use flow::Flow;

/// Warns of components that are offered as much as they can serve, or more.
pub(super) fn check(spec: &ScenarioSpec, d: &Description, out: &mut Diagnostics) {
    let mut flow = Flow::new(d);
    for id in flow.callers_first() {
        let offered = flow.offered(id);
        if offered <= 0.0 {
            continue;
        }
        let (utilization, refuses) = flow.utilization(id);
        if utilization >= 1.0 - 1e-9 {
            let component = &spec.components[id.index()];
            let message = format!(
                "{} is offered {} calls/s and can serve {} at most (utilization {})",
                component.path(),
                rounded(offered, 3),
                rounded(offered / utilization, 3),
                rounded(utilization, 3)
            );
            let note = if splits(&d.components[id.index()].kind) {
                "calls are refused until its prefixes are split"
            } else if refuses {
                "calls are refused as long as this lasts"
            } else {
                "its queue grows as long as the run lasts: there is no steady state"
            };
            out.push(
                Diagnostic::warning(&component.name.span, message)
                    .label("overloaded")
                    .note(note),
            );
        }
        refused::check(spec, &flow, id, out);
        if let Some(applying) = flow.applying(id).filter(|u| *u >= 1.0 - 1e-9) {
            let component = &spec.components[id.index()];
            let message = format!(
                "the replicas of {} get more writes than they can apply (utilization {})",
                component.path(),
                rounded(applying, 3)
            );
            out.push(
                Diagnostic::warning(&component.name.span, message)
                    .label("they fall behind")
                    .note("their lag grows as long as the run lasts"),
            );
        }
        if let Some(locking) = flow.locking(id).filter(|u| *u >= 1.0 - 1e-9) {
            let component = &spec.components[id.index()];
            let message = format!(
                "the most popular row of {} is changed more often than it can be (utilization {})",
                component.path(),
                rounded(locking, 3)
            );
            out.push(
                Diagnostic::warning(&component.name.span, message)
                    .label("one change after the other has its lock")
                    .note("its writes wait longer and longer, each with a worker, as long as the run lasts"),
            );
        }
        // What can't be served does not go on.
        flow.pass_on(id, 1.0 / utilization.max(1.0));
    }
}

/// Whether it lets in more calls once it has refused some for long enough.
fn splits(kind: &Kind) -> bool {
    matches!(kind, Kind::External(e) if e.split_after.is_some())
}

/// The larger one of the utilization of workers and that of cores, given busy seconds per second.
fn busiest(station: &Station, held: f64, worked: f64, instances: f64) -> f64 {
    let workers = station.workers.map_or(0.0, |w| held / (f64::from(w) * instances));
    let cores = station
        .cores
        .or(station.workers)
        .map_or(0.0, |c| worked / (speed(station, c) * instances));
    workers.max(cores)
}

/// The most work that so many cores do at once; more busy cores can be slower (Universal Scalability Law: N. J. Gunther,
/// "Guerrilla Capacity Planning", 2007, chapter 4).
fn speed(station: &Station, cores: u32) -> f64 {
    let Some(contention) = station.contention else {
        return f64::from(cores);
    };
    let most = station.workers.map_or(cores, |w| w.min(cores));
    let at = |n: u32| {
        let n = f64::from(n);
        n / (1.0 + contention.sigma * (n - 1.0) + contention.kappa * n * (n - 1.0))
    };
    // The curve has one top; its place is sqrt((1 - sigma) / kappa), or the end.
    let top = ((1.0 - contention.sigma).max(0.0) / contention.kappa).sqrt();
    let top = if top.is_finite() {
        top.clamp(1.0, f64::from(most)) as u32
    } else {
        most
    };
    at(top).max(at((top + 1).min(most)))
}

/// The least share of look-ups that any cache of this size misses: it would hold the most popular keys.
fn least_misses(d: &Description, component: &Component) -> f64 {
    let (storage, nodes) = match &component.kind {
        Kind::Cache(cache) => (&cache.storage, cache.instances),
        // An edge and the shield.
        Kind::Cdn(cdn) => (&cdn.storage, 2),
        _ => return 0.0,
    };
    match storage {
        Storage::HitRatio(ratio) => 1.0 - ratio,
        Storage::Keys { capacity: None, .. } => 0.0,
        Storage::Keys {
            capacity: Some(room),
            sizes,
            ..
        } => {
            // No value is smaller than the law allows.
            let least = sizes.as_ref().map_or(1.0, |law| law.min_value().max(1.0));
            let items = (*room as f64 / least) as u64;
            let items = items.saturating_mul(u64::from(nodes));
            let shares = d.key_spaces.iter().map(|k| match &k.keys {
                Keys::Drawn(popularity) => 1.0 - popularity.share_of_top(items),
                Keys::Recorded(_) => 0.0,
            });
            shares.fold(1.0, f64::min)
        }
    }
}
