//! What a point did over simulated time: requests, latencies and levels by step and by window, all trials together.
//!
//! It shows what was simulated, the warm-up that the figures leave out included. A request counts at the time at which it arrived, whenever it ended. Intervals are across trials, for each moment by
//! itself (see [`sim_core::stats::across`]); a single trial has none.

mod course;
#[cfg(test)]
mod tests;

use sim_core::measure::{
    ClientResult, ClientStep, ClientWindow, ComponentResult, ComponentWindow, Histogram, STEPS,
    STEPS_PER_WINDOW, TrialResult, WARM_UP_STEPS,
};
use sim_core::model::{Component, ComponentId, FaultKind, Kind, Model, ScheduledFault};
use sim_core::stats::Estimate;
use sim_core::stats::across::Across;
use sim_core::stats::batch::Window;

pub use course::{Course, Moving, Subject, course};

use crate::scenario::Names;
use crate::steadiness::{Cut, windows};
use crate::summary::kind;

/// Seconds of a nanosecond.
const S: f64 = 1e-9;

/// The timeline of one point.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// The moments between which the steps lie, in simulated seconds from the start of a trial.
    pub step_edges_s: Vec<f64>,
    /// The moments between which the windows lie; a window is some steps.
    pub window_edges_s: Vec<f64>,
    /// When the longest trial ended, in seconds.
    pub end_s: f64,
    /// Up to here is warm-up, in seconds: the figures leave it out.
    pub warm_up_s: f64,
    /// Whether an end of the warm-up was found; if not, half is left out.
    pub warm_up_is_over: bool,
    /// What goes wrong at given times, in the order of the scenario.
    pub faults: Vec<Fault>,
    /// The clients, in the order of the scenario.
    pub clients: Vec<(String, ClientTimeline)>,
    /// The components, in the order of the scenario.
    pub components: Vec<(String, ComponentTimeline)>,
}

/// Something goes wrong for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// In a few words.
    pub what: String,
    /// When it strikes, in seconds.
    pub from_s: f64,
    /// When it is over, in seconds.
    pub to_s: f64,
}

/// A figure over time, finely and coarsely.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// For each step.
    pub steps: Vec<Estimate>,
    /// For each window.
    pub windows: Vec<Estimate>,
}

/// One population of clients over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientTimeline {
    /// Requests that arrived, per second.
    pub offered_per_s: Series,
    /// Of them, answered well in the end, per second.
    pub ok_per_s: Series,
    /// Of them, failed in the end, per second. What is neither was without an end when the trial ended.
    pub failed_per_s: Series,
    /// Mean latency of those that ended well, in seconds.
    pub latency_mean_s: Series,
    /// Their median latency in seconds, for each window.
    pub latency_p50_s: Vec<Estimate>,
    /// Their 99th percentile in seconds, for each window.
    pub latency_p99_s: Vec<Estimate>,
}

/// One component over time; what its kind doesn't have is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComponentTimeline {
    /// What it is: balancer, service, cache, database.
    pub kind: &'static str,
    /// Calls that wait or are served there.
    pub calls: Series,
    /// Busy worker-time over available worker-time, for each window.
    pub utilization: Option<Vec<Estimate>>,
    /// Busy core-time over available core-time where cores are shared, for each window.
    pub core_utilization: Option<Vec<Estimate>>,
    /// Instances that are up, for each window.
    pub instances: Option<Vec<Estimate>>,
    /// Look-ups that found their value, over all, for each window.
    pub hit_ratio: Option<Vec<Estimate>>,
    /// Reads that missed an earlier write, over all reads, for each window.
    pub stale_reads: Option<Vec<Estimate>>,
    /// From a write to its being seen on a replica, in seconds, mean over the writes of each window and over replicas.
    pub lag_s: Option<Vec<Estimate>>,
}

/// The timeline of a point from its trials.
#[must_use]
pub fn timeline(model: &Model, names: &Names, trials: &[TrialResult], cut: Cut) -> Timeline {
    let grid = Grid::of(trials);
    let of = Of {
        trials,
        grid: &grid,
        across: Across::new(trials.len()),
    };
    let components = &model.description().components;
    Timeline {
        warm_up_s: trials.first().map_or(0.0, |t| {
            (t.start.as_nanos() + t.window.as_nanos() * cut.windows as u64) as f64 * S
        }),
        warm_up_is_over: cut.is_found,
        faults: model
            .description()
            .faults
            .iter()
            .map(|f| fault(f, names))
            .collect(),
        end_s: trials.iter().map(|t| t.end.as_secs_f64()).fold(0.0, f64::max),
        clients: names
            .clients
            .iter()
            .enumerate()
            .map(|(c, name)| (name.clone(), of.client(c)))
            .collect(),
        components: names
            .components
            .iter()
            .zip(components)
            .enumerate()
            .map(|(c, (name, component))| (name.clone(), of.component(c, component)))
            .collect(),
        step_edges_s: grid.edges.iter().map(|ns| *ns as f64 * S).collect(),
        window_edges_s: grid
            .edges
            .iter()
            .step_by(STEPS_PER_WINDOW)
            .map(|ns| *ns as f64 * S)
            .collect(),
    }
}

fn fault(fault: &ScheduledFault, names: &Names) -> Fault {
    let of = |id: &ComponentId| names.components.get(id.index()).map_or("", String::as_str);
    Fault {
        what: match &fault.kind {
            FaultKind::RegionOutage(_) => "region down".to_owned(),
            FaultKind::ZoneOutage { .. } => "zone down".to_owned(),
            FaultKind::InstanceCrash { component, .. } => format!("crash of {}", of(component)),
            FaultKind::Drain { component, .. } => format!("{} drained", of(component)),
            FaultKind::Pause { component, .. } => format!("{} pauses", of(component)),
            FaultKind::Slow { component, .. } => format!("{} slow", of(component)),
            FaultKind::CoordinatorCrash(component) => format!("no coordinator of {}", of(component)),
            FaultKind::Reshard(component) => format!("resharding {}", of(component)),
            FaultKind::Partition(..) => "partition".to_owned(),
            FaultKind::Latency { .. } => "slow network".to_owned(),
        },
        from_s: fault.at.as_secs_f64(),
        to_s: (fault.at + fault.duration).as_secs_f64(),
    }
}

/// When the steps begin and end, the same for all trials of a point.
struct Grid {
    /// Steps of a fixed warm-up.
    before: usize,
    /// In nanoseconds, one more than steps.
    edges: Vec<u64>,
}

impl Grid {
    /// Up to the last window that any trial has reached.
    fn of(trials: &[TrialResult]) -> Self {
        let Some(first) = trials.first() else {
            return Self {
                before: 0,
                edges: Vec::new(),
            };
        };
        let start = first.start.as_nanos();
        let before = if start == 0 { 0 } else { WARM_UP_STEPS };
        let reached = trials.iter().map(windows).max().unwrap_or(0) * STEPS_PER_WINDOW;
        let step = first.window.as_nanos() / STEPS_PER_WINDOW as u64;
        let warm_up = (0..before as u128)
            .map(|i| u64::try_from(u128::from(start) * i / WARM_UP_STEPS as u128).unwrap_or(u64::MAX));
        let mut edges: Vec<u64> = warm_up
            .chain((0..=reached as u64).map(|i| start + step * i))
            .collect();
        // What is left of a division goes to the last step of all.
        if let Some(last) = edges.last_mut().filter(|_| reached == STEPS) {
            *last = trials.iter().map(|t| t.end.as_nanos()).fold(*last, u64::max);
        }
        Self { before, edges }
    }

    fn steps(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    fn windows(&self) -> usize {
        self.steps() / STEPS_PER_WINDOW
    }

    /// Seconds of a trial between two edges.
    fn seconds(&self, trial: &TrialResult, from: usize, to: usize) -> f64 {
        let end = trial.end.as_nanos();
        (self.edges[to].min(end) - self.edges[from].min(end)) as f64 * S
    }
}

/// What all figures of a timeline need.
struct Of<'a> {
    trials: &'a [TrialResult],
    grid: &'a Grid,
    across: Across,
}

impl Of<'_> {
    /// A ratio for each step, and for each window from the sums of its steps: the numerator and denominator of a trial's step.
    fn series(&self, of: impl Fn(&TrialResult, usize) -> Window) -> Series {
        let table: Vec<Vec<Window>> = self
            .trials
            .iter()
            .map(|t| (0..self.grid.steps()).map(|s| of(t, s)).collect())
            .collect();
        let mut column = Vec::with_capacity(self.trials.len());
        let mut over = |from: usize, to: usize| {
            column.clear();
            column.extend(
                table
                    .iter()
                    .map(|row| sim_core::stats::batch::total(&row[from..to])),
            );
            self.across.ratio(&column)
        };
        Series {
            steps: (0..self.grid.steps()).map(|s| over(s, s + 1)).collect(),
            windows: (0..self.grid.windows())
                .map(|w| over(w * STEPS_PER_WINDOW, (w + 1) * STEPS_PER_WINDOW))
                .collect(),
        }
    }

    fn client(&self, client: usize) -> ClientTimeline {
        let step = |t: &TrialResult, s: usize| client_step(&t.clients[client], s, self.grid.before);
        let per_s = |of: fn(&ClientStep) -> u32| {
            self.series(|t, s| (f64::from(of(&step(t, s))), self.grid.seconds(t, s, s + 1)))
        };
        let quantiles: Vec<[Estimate; 2]> = (0..self.grid.windows())
            .map(|w| {
                let of_trials: Vec<&Histogram> = self
                    .trials
                    .iter()
                    .filter_map(|t| client_window(&t.clients[client], w, self.grid.before))
                    .map(|w| &w.latency)
                    .collect();
                let mut all = Histogram::new();
                of_trials.iter().for_each(|h| all.merge(h));
                [0.5, 0.99].map(|p| self.across.quantile_of(&all, &of_trials, p).scaled(S))
            })
            .collect();
        ClientTimeline {
            offered_per_s: per_s(|s| s.offered),
            ok_per_s: per_s(|s| s.ok),
            failed_per_s: per_s(|s| s.failed),
            latency_mean_s: self.series(|t, s| {
                let step = step(t, s);
                (step.latency_ns as f64 * S, f64::from(step.ok))
            }),
            latency_p50_s: quantiles.iter().map(|q| q[0]).collect(),
            latency_p99_s: quantiles.iter().map(|q| q[1]).collect(),
        }
    }

    /// Whether anything of this was ever counted at a component.
    fn is_there(&self, number: usize, all: fn(&ComponentWindow) -> u64) -> bool {
        self.trials.iter().any(|t| {
            let component = &t.components[number];
            let all_windows = component.warm_up_windows.iter().chain(&component.windows);
            all_windows.map(all).any(|n| n > 0)
        })
    }

    fn component(&self, number: usize, of: &Component) -> ComponentTimeline {
        let shape = self.trials.first().map(|t| &t.components[number]);
        let (workers, cores) = shape.map_or((None, None), |c| (c.workers, c.cores));
        let by_window = |of: &dyn Fn(&ComponentWindow) -> Window, is_share: bool| -> Vec<Estimate> {
            let over = |w: usize| {
                let column: Vec<Window> = self
                    .trials
                    .iter()
                    .filter_map(|t| component_window(&t.components[number], w, self.grid.before))
                    .map(of)
                    .collect();
                if is_share {
                    self.across.share(&column)
                } else {
                    self.across.ratio(&column)
                }
            };
            (0..self.grid.windows()).map(over).collect()
        };
        let busy = |busy: fn(&ComponentWindow) -> u128, n: Option<u64>| {
            n.map(|n| by_window(&|w| (busy(w) as f64, n as f64 * w.time_ns as f64), true))
        };
        let share = |some: fn(&ComponentWindow) -> u64, all: fn(&ComponentWindow) -> u64| {
            self.is_there(number, all)
                .then(|| by_window(&|w| (some(w) as f64, all(w) as f64), true))
        };
        let is_balancer = matches!(of.kind, Kind::Balancer(_));
        ComponentTimeline {
            kind: kind(of),
            calls: self.series(|t, s| {
                let time = self.grid.seconds(t, s, s + 1);
                (level(&t.components[number], s, self.grid.before) * time, time)
            }),
            utilization: busy(|w| w.busy_ns, workers),
            core_utilization: busy(|w| w.core_busy_ns, cores),
            instances: (!is_balancer).then(|| {
                // As a share of all of them, so that no interval reaches beyond their number; where there are ever more
                // than those, they have no number to reach beyond.
                let n = shape.map_or(1.0, |c| f64::from(c.instances.max(1)));
                let of_all = |w: &ComponentWindow| (w.up_ns as f64, n * w.time_ns as f64);
                let is_within = self.trials.iter().all(|t| {
                    let c = &t.components[number];
                    c.windows.iter().map(of_all).all(|w| w.0 <= w.1)
                });
                let shares = by_window(&of_all, is_within);
                shares.into_iter().map(|e| e.scaled(n)).collect()
            }),
            hit_ratio: share(|w| w.hits, |w| w.hits + w.misses),
            stale_reads: share(|w| w.stale_reads, |w| w.reads),
            lag_s: self.is_there(number, |w| w.lag.count()).then(|| {
                let lag = |w: &ComponentWindow| (w.lag.sum() as f64 * S, w.lag.count() as f64);
                by_window(&lag, false)
            }),
        }
    }
}

/// Step `at` of all, of which the first `before` are of the warm-up.
fn client_step(of: &ClientResult, at: usize, before: usize) -> ClientStep {
    let step = match at.checked_sub(before) {
        Some(at) => of.steps.get(at),
        None => of.warm_up_steps.get(at),
    };
    step.copied().unwrap_or_default()
}

fn client_window(of: &ClientResult, at: usize, before: usize) -> Option<&ClientWindow> {
    match at.checked_sub(before / STEPS_PER_WINDOW) {
        Some(at) => of.windows.get(at),
        None => of.warm_up_windows.get(at),
    }
}

fn level(of: &ComponentResult, at: usize, before: usize) -> f64 {
    let level = match at.checked_sub(before) {
        Some(at) => of.steps.get(at),
        None => of.warm_up_steps.get(at),
    };
    level.map_or(0.0, |l| f64::from(*l))
}

fn component_window(of: &ComponentResult, at: usize, before: usize) -> Option<&ComponentWindow> {
    match at.checked_sub(before / STEPS_PER_WINDOW) {
        Some(at) => of.windows.get(at),
        None => of.warm_up_windows.get(at),
    }
}
