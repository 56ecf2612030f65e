//! The figures of one point from its trials: counts, latencies, levels and shares after the warm-up, with intervals.
//!
//! Intervals come from [`sim_core::stats`], over the windows of all trials. Durations are nanoseconds in a trial and
//! seconds here.

use sim_core::measure::{ClientWindow, ComponentWindow, Counts, Histogram, TrialResult};
use sim_core::model::{Component, Kind, Model};
use sim_core::stats::batch::Window;
use sim_core::stats::{Estimate, proportion, quantile, quantiles, ratio};

use crate::families::wholes;
use crate::results::{ClientFigures, ComponentFigures, Latency, State};
use crate::steadiness::{Cut, windows};

/// Seconds of a nanosecond.
const S: f64 = 1e-9;

/// What the trials of a point say by themselves, without failures that are too rare to be seen in them.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Per population of clients, in the model's order.
    pub clients: Vec<ClientFigures>,
    /// Per component, in the model's order.
    pub components: Vec<ComponentFigures>,
    /// USD per hour that was paid by the piece: bytes and requests.
    pub usage_usd_per_hour: Estimate,
    /// Simulated seconds of all trials after the warm-up.
    pub measured_s: f64,
    /// The warm-up of each trial, in seconds.
    pub warm_up_s: f64,
}

/// Sums up the trials of a point. Latencies have a value only in a steady state.
#[must_use]
pub fn summarise(model: &Model, trials: &[TrialResult], cut: Cut, state: &State) -> Summary {
    let components = &model.description().components;
    let first = trials.first();
    Summary {
        clients: (0..first.map_or(0, |t| t.clients.len()))
            .map(|c| client(trials, cut, c, state))
            .collect(),
        components: components
            .iter()
            .enumerate()
            .zip(wholes(components))
            .map(|((i, c), shard_of)| ComponentFigures {
                shard_of,
                ..component(trials, cut, i, c, state)
            })
            .collect(),
        usage_usd_per_hour: usage(trials, cut),
        measured_s: trials.iter().map(|t| seconds(t, cut)).sum(),
        warm_up_s: first.map_or(0.0, |t| {
            t.start.as_secs_f64() + t.window.as_secs_f64() * cut.windows as f64
        }),
    }
}

/// What was paid by the piece, over all components.
fn usage(trials: &[TrialResult], cut: Cut) -> Estimate {
    let count = trials.first().map_or(0, |t| t.components.len());
    let series: Vec<Vec<Window>> = trials
        .iter()
        .map(|t| {
            let mut windows: Vec<Window> = Vec::new();
            for c in 0..count {
                for (i, w) in of_component(t, cut, c).iter().enumerate() {
                    if windows.len() <= i {
                        windows.push((0.0, w.time_ns as f64 * S / 3600.0));
                    }
                    windows[i].0 += w.usage_pusd as f64 * 1e-12;
                }
            }
            windows
        })
        .collect();
    let (paid, hours) = series
        .iter()
        .flatten()
        .fold((0.0, 0.0), |a, w| (a.0 + w.0, a.1 + w.1));
    if paid == 0.0 || hours <= 0.0 {
        return Estimate::between(0.0, 0.0, 0.0);
    }
    let found = ratio(&series);
    Estimate {
        value: Some(paid / hours),
        need: None,
        ..found
    }
}

/// Simulated seconds of a trial after the cut.
pub(crate) fn seconds(trial: &TrialResult, cut: Cut) -> f64 {
    let from = trial.start.as_secs_f64() + trial.window.as_secs_f64() * cut.windows as f64;
    (trial.end.as_secs_f64() - from).max(0.0)
}

/// The windows of one population, after the cut.
pub(crate) fn of_client(trial: &TrialResult, cut: Cut, client: usize) -> &[ClientWindow] {
    let to = windows(trial);
    &trial.clients[client].windows[cut.windows.min(to)..to]
}

/// The windows of one component, after the cut.
pub(crate) fn of_component(trial: &TrialResult, cut: Cut, component: usize) -> &[ComponentWindow] {
    let to = windows(trial);
    &trial.components[component].windows[cut.windows.min(to)..to]
}

/// A numerator and a denominator per window.
fn client_series(
    trials: &[TrialResult],
    cut: Cut,
    client: usize,
    of: impl Fn(&ClientWindow) -> (f64, f64),
) -> Vec<Vec<Window>> {
    trials
        .iter()
        .map(|t| of_client(t, cut, client).iter().map(&of).collect())
        .collect()
}

fn client(trials: &[TrialResult], cut: Cut, client: usize, state: &State) -> ClientFigures {
    let mut counts = Counts::default();
    for window in trials.iter().flat_map(|t| of_client(t, cut, client)) {
        counts.add(&window.counts);
    }
    let series = |of: fn(&ClientWindow) -> (f64, f64)| client_series(trials, cut, client, of);
    let mut lost = proportion(&series(|w| (w.counts.failed() as f64, ended(&w.counts) as f64)));
    if counts.failed() > 0 {
        lost = lost.unless(cut.need);
    }
    ClientFigures {
        offered: counts.offered,
        ok: counts.ok,
        timeout: counts.timeout,
        rejected: counts.rejected,
        error: counts.error,
        unreachable: counts.unreachable,
        in_flight: counts.in_flight(),
        latency_s: if *state == State::Steady {
            latency(trials, cut, client)
        } else {
            Latency::default()
        },
        goodput_per_s: goodput(trials, cut, client),
        availability: complement(&lost),
        lost_to_overload: lost,
        lost_to_failures: Estimate::between(0.0, 0.0, 0.0),
        attempts_per_request: ratio(&series(|w| (w.attempts as f64, ended(&w.counts) as f64))),
    }
}

/// Requests that had an end, which are the valid ones: what is still in flight is neither kept nor lost.
fn ended(counts: &Counts) -> u64 {
    counts.ok + counts.failed()
}

/// One less a share.
#[must_use]
pub fn complement(share: &Estimate) -> Estimate {
    Estimate {
        value: share.value.map(|v| 1.0 - v),
        low: share.high.map(|v| 1.0 - v),
        high: share.low.map(|v| 1.0 - v),
        need: share.need,
    }
}

/// Ok answers per second of each window, by when their requests arrived.
fn goodput(trials: &[TrialResult], cut: Cut, client: usize) -> Estimate {
    let windows: Vec<Vec<Window>> = trials
        .iter()
        .map(|t| {
            let length = t.window.as_secs_f64();
            let end = (t.end.as_secs_f64() - t.start.as_secs_f64()) / length;
            // The last window of a trial that ended early is shorter than the others.
            let time = |i: usize| length * (end - (i + cut.windows) as f64).clamp(0.0, 1.0);
            of_client(t, cut, client)
                .iter()
                .enumerate()
                .map(|(i, w)| (w.counts.ok as f64, time(i)))
                .collect()
        })
        .collect();
    ratio(&windows)
}

fn latency(trials: &[TrialResult], cut: Cut, client: usize) -> Latency {
    let mean = ratio(&client_series(trials, cut, client, |w| {
        (w.latency.sum() as f64, w.latency.count() as f64)
    }));
    let histograms: Vec<Vec<&Histogram>> = trials
        .iter()
        .map(|t| of_client(t, cut, client).iter().map(|w| &w.latency).collect())
        .collect();
    let [p50, p90, p95, p99, p99_9] = [0.5, 0.9, 0.95, 0.99, 0.999];
    let found = quantiles(&histograms, &[p50, p90, p95, p99, p99_9]);
    let at = |i: usize| {
        found
            .get(i)
            .copied()
            .unwrap_or_default()
            .unless(cut.need)
            .scaled(S)
    };
    Latency {
        mean: mean.unless(cut.need).scaled(S),
        p50: at(0),
        p90: at(1),
        p95: at(2),
        p99: at(3),
        p99_9: at(4),
    }
}

/// The word for a component's kind.
#[must_use]
pub fn kind(component: &Component) -> &'static str {
    match component.kind {
        Kind::Balancer(_) | Kind::Dns(_) => "balancer",
        // Who needs a connection gives up in the end; who needs the disk waits for as long as it takes.
        Kind::Service(ref s) if s.pool_of.is_some() && s.patience.is_none() => "disk",
        Kind::Service(ref s) if s.pool_of.is_some() => "pool",
        Kind::Service(_) => "service",
        Kind::Cache(_) => "cache",
        Kind::Database(_) => "database",
        Kind::Cdn(_) => "cdn",
        Kind::Shards(_) => "shards",
        Kind::External(ref e) if e.is_store => "object-store",
        Kind::External(_) => "external",
    }
}

fn component(
    trials: &[TrialResult],
    cut: Cut,
    number: usize,
    of: &Component,
    state: &State,
) -> ComponentFigures {
    let Some(shape) = trials.first().map(|t| &t.components[number]) else {
        return ComponentFigures {
            kind: kind(of),
            ..ComponentFigures::default()
        };
    };
    let series = |of: &dyn Fn(&ComponentWindow) -> (f64, f64)| -> Vec<Vec<Window>> {
        trials
            .iter()
            .map(|t| of_component(t, cut, number).iter().map(of).collect())
            .collect()
    };
    let total = |of: fn(&ComponentWindow) -> u64| -> u64 {
        trials
            .iter()
            .flat_map(|t| of_component(t, cut, number))
            .map(of)
            .sum()
    };
    let share = |some: fn(&ComponentWindow) -> u64, all: fn(&ComponentWindow) -> u64| {
        (total(all) > 0).then(|| proportion(&series(&|w| (some(w) as f64, all(w) as f64))))
    };
    let steady = *state == State::Steady;
    let waits = total(|w| w.waiting.count()) > 0;
    // A balancer without capacity and a station without workers have no queue.
    let queues = shape.workers.is_some();
    let utilization = |busy: fn(&ComponentWindow) -> u128, n: Option<u64>| {
        // No worker is busy longer than all the time.
        n.map(|n| ratio(&series(&|w| (busy(w) as f64, n as f64 * w.time_ns as f64))).at_most(1.0))
    };
    let waiting = |of: &dyn Fn() -> Estimate| {
        (queues && waits).then(|| {
            if steady {
                of().unless(cut.need)
            } else {
                Estimate::default()
            }
        })
    };
    let p99 = |of: fn(&ComponentWindow) -> &Histogram| {
        let histograms: Vec<Vec<&Histogram>> = trials
            .iter()
            .map(|t| of_component(t, cut, number).iter().map(of).collect())
            .collect();
        quantile(&histograms, 0.99).scaled(S)
    };
    let lag = |of: &dyn Fn() -> Estimate| (total(|w| w.lag.count()) > 0).then(|| of().unless(cut.need));
    let lock_wait =
        |of: &dyn Fn() -> Estimate| (total(|w| w.lock_wait.count()) > 0).then(|| of().unless(cut.need));
    let is_balancer = matches!(of.kind, Kind::Balancer(_) | Kind::Dns(_));
    ComponentFigures {
        kind: kind(of),
        shard_of: None,
        utilization: utilization(|w| w.busy_ns, shape.workers),
        core_utilization: utilization(|w| w.core_busy_ns, shape.cores),
        queue_length: queues.then(|| {
            if steady {
                ratio(&series(&|w| (w.queue_ns as f64, w.time_ns as f64))).unless(cut.need)
            } else {
                Estimate::default()
            }
        }),
        waiting_mean_s: waiting(&|| {
            ratio(&series(&|w| (w.waiting.sum() as f64, w.waiting.count() as f64))).scaled(S)
        }),
        waiting_p99_s: waiting(&|| p99(|w| &w.waiting)),
        instances: (!is_balancer).then(|| ratio(&series(&|w| (w.up_ns as f64, w.time_ns as f64)))),
        hit_ratio: share(|w| w.hits, |w| w.hits + w.misses),
        stale_reads: share(|w| w.stale_reads, |w| w.reads),
        lag_mean_s: lag(&|| ratio(&series(&|w| (w.lag.sum() as f64, w.lag.count() as f64))).scaled(S)),
        lag_p99_s: lag(&|| p99(|w| &w.lag)),
        lock_wait_mean_s: lock_wait(&|| {
            ratio(&series(&|w| {
                (w.lock_wait.sum() as f64, w.lock_wait.count() as f64)
            }))
            .scaled(S)
        }),
        lock_wait_p99_s: lock_wait(&|| p99(|w| &w.lock_wait)),
        open_reads: share(|w| w.open_reads, |w| w.reads)
            .filter(|_| matches!(&of.kind, Kind::Shards(s) if s.transactions.is_some())),
        lost_writes: share(|w| w.lost_writes, |w| w.writes),
        conflicts: share(|w| w.conflicts, |w| w.writes).filter(|_| total(|w| w.conflicts) > 0),
        rejected: if is_balancer && !queues {
            share(|w| w.rejected, |w| w.arrived)
        } else {
            // Whatever was not refused came to be served, at once or after waiting.
            share(|w| w.rejected, |w| w.rejected + w.waiting.count())
        },
        wasted: share(|w| w.wasted, |w| w.served.max(w.wasted)).filter(|_| !is_balancer),
    }
}
