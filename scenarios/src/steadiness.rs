//! Whether trials reached a steady state: how much of their start to cut, and whether a queue grew without end.
//!
//! The warm-up is found by MSER-5 over the latency of each population of clients, all trials pooled (see
//! [`sim_core::stats::warm_up`]); the longest counts for all, and what remembers longest decides whether trials are long enough. A point is overloaded when the calls at a component show a
//! trend upward and the work offered there is at least what its workers can do: growth alone may be a cache that fills, and
//! full workers alone may be a busy system in balance (Kleinrock 1975, "Queueing Systems" volume 1: a single queue has a
//! steady state if and only if its utilization is below 1).

use sim_core::measure::{ClientStep, ComponentResult, STEPS, STEPS_PER_WINDOW, Stop, TrialResult, WINDOWS};
use sim_core::model::WarmUp;
use sim_core::stats::batch::Window;
use sim_core::stats::trend::{Trend, trend};
use sim_core::stats::warm_up::decide;

use crate::results::State;

/// The windows at the start of each trial to be cut, and whether the rest is long enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// How many windows.
    pub windows: usize,
    /// Whether the transient was seen to end in the first half of the trials.
    pub is_found: bool,
    /// If the trials are too short beside the memory of the system: how many times as long they should be.
    pub need: Option<f64>,
    /// What remembers longest.
    pub slowest: Option<Slowest>,
}

impl Cut {
    /// Nothing is cut.
    pub const NONE: Self = Self {
        windows: 0,
        is_found: true,
        need: None,
        slowest: None,
    };
}

/// What remembers longest, by its number in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slowest {
    /// The latency of these clients.
    Clients(usize),
    /// The calls at this component.
    Component(usize),
}

/// What to cut from these trials of one point.
///
/// A fixed warm-up isn't part of the windows in the first place. Where MSER-5 sees no end of the transient, half is cut.
#[must_use]
pub fn cut(warm_up: WarmUp, trials: &[TrialResult]) -> Cut {
    cut_within(warm_up, trials, WINDOWS)
}

/// As [`cut`], where the transient is looked for in the first windows only.
#[must_use]
pub fn cut_within(warm_up: WarmUp, trials: &[TrialResult], most: usize) -> Cut {
    let most = most * STEPS_PER_WINDOW;
    let clients = trials.first().map_or(0, |t| t.clients.len());
    let components = trials.first().map_or(0, |t| t.components.len());
    let latencies: Vec<(usize, Vec<Vec<Window>>)> = (0..clients)
        .map(|client| (client, latency_steps(trials, client, most)))
        .filter(|(_, series)| series.iter().flatten().any(|s| s.1 > 0.0))
        .collect();
    let levels: Vec<Vec<Vec<Window>>> = (0..components).map(|c| level_steps(trials, c, most)).collect();
    let (of, latencies): (Vec<usize>, Vec<_>) = latencies.into_iter().unzip();
    let is_fixed = matches!(warm_up, WarmUp::For(_));
    let found = decide(&latencies, &levels, STEPS_PER_WINDOW, is_fixed);
    Cut {
        windows: found.windows,
        is_found: found.is_found,
        need: found.longest.and_then(|l| l.need),
        slowest: found.longest.map(|l| match of.get(l.series) {
            Some(client) => Slowest::Clients(*client),
            None => Slowest::Component(l.series - of.len()),
        }),
    }
}

/// The latency of a population in each of the first steps, as (sum, count).
fn latency_steps(trials: &[TrialResult], client: usize, most: usize) -> Vec<Vec<Window>> {
    let step = |s: &ClientStep| (s.latency_ns as f64, f64::from(s.ok));
    let of = |t: &TrialResult| {
        t.clients[client].steps[..steps(t).min(most)]
            .iter()
            .map(step)
            .collect()
    };
    trials.iter().map(of).collect()
}

/// The calls at a component in each of the first steps.
fn level_steps(trials: &[TrialResult], component: usize, most: usize) -> Vec<Vec<Window>> {
    let step = |s: &f32| (f64::from(*s), 1.0);
    let of = |t: &TrialResult| {
        t.components[component].steps[..steps(t).min(most)]
            .iter()
            .map(step)
            .collect()
    };
    trials.iter().map(of).collect()
}

/// How the latency of a population moves after the cut.
#[must_use]
pub fn movement(trials: &[TrialResult], cut: Cut, client: usize) -> Trend {
    let from = |trial: Vec<Window>| trial.into_iter().skip(cut.windows * STEPS_PER_WINDOW).collect();
    trend(
        &latency_steps(trials, client, STEPS)
            .into_iter()
            .map(from)
            .collect::<Vec<_>>(),
    )
}

/// How many steps of the trial were simulated to their end.
fn steps(trial: &TrialResult) -> usize {
    windows(trial) * STEPS_PER_WINDOW
}

/// How many windows of the trial were simulated, the last perhaps in part; at least one.
#[must_use]
pub fn windows(trial: &TrialResult) -> usize {
    if trial.stop == Stop::Duration {
        return WINDOWS;
    }
    let time = trial.end.saturating_since(trial.start).as_nanos();
    let window = trial.window.as_nanos().max(1);
    usize::try_from(time.div_ceil(window)).map_or(WINDOWS, |n| n.clamp(1, WINDOWS))
}

/// Whether the point has a steady state; `names` are the components' names.
#[must_use]
pub fn state(trials: &[TrialResult], names: &[String]) -> State {
    if trials.iter().any(|t| t.stop == Stop::Budget) {
        return State::RanAway;
    }
    let components = trials.first().map_or(0, |t| t.components.len());
    let cannot_keep_up = |c: &usize| grows(trials, *c) && offered_work(trials, *c) >= 1.0;
    if !(0..components).any(|c| cannot_keep_up(&c)) {
        return State::Steady;
    }
    let mut worst: Option<(f64, usize)> = None;
    for c in 0..components {
        let growth = growth(trials, c, |w| w.0);
        if growth > 0.0 && worst.is_none_or(|(most, _)| growth > most) {
            worst = Some((growth, c));
        }
    }
    State::Overloaded {
        component: worst.and_then(|(_, c)| names.get(c).cloned()),
    }
}

/// Whether the calls at a component go up through the trials.
fn grows(trials: &[TrialResult], component: usize) -> bool {
    match trend(&level_steps(trials, component, STEPS)) {
        Trend::Growing { .. } => true,
        Trend::Drifting { rise } => rise > 0.0,
        Trend::Steady | Trend::Cycling { .. } | Trend::Unknown => false,
    }
}

/// The work offered to a component in the second half of the trials, as a share of what its workers, or its cores, can do:
/// their utilization, and in proportion to the services that started the calls that came to wait beside them.
fn offered_work(trials: &[TrialResult], component: usize) -> f64 {
    let (mut busy, mut core_busy, mut time, mut started) = (0.0, 0.0, 0.0, 0.0);
    for w in trials.iter().flat_map(|t| second_half(t, component)) {
        busy += w.busy_ns as f64;
        core_busy += w.core_busy_ns as f64;
        time += w.time_ns as f64;
        started += w.waiting.count() as f64;
    }
    let Some(ComponentResult { workers, cores, .. }) = trials.first().map(|t| &t.components[component])
    else {
        return 0.0;
    };
    if time <= 0.0 || started <= 0.0 {
        return 0.0;
    }
    let share = |busy: f64, of: &Option<u64>| of.map_or(0.0, |n| busy / (n as f64 * time));
    let utilization = share(busy, workers).max(share(core_busy, cores));
    let piled = growth(trials, component, |w| w.0 + w.1) / (started / time * 1e9);
    // Workers that are never idle are full, whatever a last digit says.
    utilization * (1.0 + piled.max(0.0)) * (1.0 + 1e-9)
}

fn second_half(trial: &TrialResult, component: usize) -> &[sim_core::measure::ComponentWindow] {
    let windows = windows(trial);
    &trial.components[component].windows[windows / 2..windows]
}

/// By how much a level grows, per second: its mean over the last quarter less that over the third, over all trials.
/// `level` gets the mean queue and the mean number of busy workers.
fn growth(trials: &[TrialResult], component: usize, level: impl Fn((f64, f64)) -> f64) -> f64 {
    let mean = |windows: &[sim_core::measure::ComponentWindow]| {
        let time: f64 = windows.iter().map(|w| w.time_ns as f64).sum();
        let of = |area: f64| if time > 0.0 { area / time } else { 0.0 };
        let queue = of(windows.iter().map(|w| w.queue_ns as f64).sum());
        (
            level((queue, of(windows.iter().map(|w| w.busy_ns as f64).sum()))),
            time,
        )
    };
    let (mut rise, mut time) = (0.0, 0.0);
    for trial in trials {
        let half = second_half(trial, component);
        let (first, second) = half.split_at(half.len() / 2);
        let (before, after) = (mean(first), mean(second));
        rise += after.0 - before.0;
        time += (before.1 + after.1) / 2.0;
    }
    if time > 0.0 { rise / time * 1e9 } else { 0.0 }
}
