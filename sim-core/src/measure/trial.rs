//! What one trial measured: counts, histograms and time-weighted levels, per time window.
//!
//! The measured part of a trial is divided into [`WINDOWS`] windows of equal length, and each window into
//! [`STEPS_PER_WINDOW`] steps. Windows carry everything, so that any whole number of them can be cut as warm-up afterwards
//! and the rest serves as batches; steps carry only what the search for the warm-up and a timeline need.
//! A request belongs to the window and step in which it arrived, whenever it ends, so that in every window
//! offered = ok + each kind of failure + in flight.
//!
//! What comes before the measured part, a fixed warm-up, is measured in the same way and kept apart: no figure uses it, a timeline
//! shows it.

use super::histogram::Histogram;
use crate::time::{SimDuration, SimTime};

/// Windows of a trial.
pub const WINDOWS: usize = 32;
/// Steps of a window.
pub const STEPS_PER_WINDOW: usize = 20;
/// Steps of a trial.
pub const STEPS: usize = WINDOWS * STEPS_PER_WINDOW;

/// Windows into which a fixed warm-up is divided.
pub const WARM_UP_WINDOWS: usize = 8;
/// Steps of a fixed warm-up.
pub const WARM_UP_STEPS: usize = WARM_UP_WINDOWS * STEPS_PER_WINDOW;

/// The measurements of one trial.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialResult {
    /// Which trial it was.
    pub trial: u64,
    /// Where the first window starts: the end of a fixed warm-up, or zero.
    pub start: SimTime,
    /// The length of a window.
    pub window: SimDuration,
    /// When the trial ended.
    pub end: SimTime,
    /// Why it ended.
    pub stop: Stop,
    /// Events handled.
    pub events: u64,
    /// Per population of clients, in the model's order.
    pub clients: Vec<ClientResult>,
    /// Per component, in the model's order.
    pub components: Vec<ComponentResult>,
}

/// Why a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Its simulated time was over.
    Duration,
    /// Nothing was left to happen: the traces had ended and every call too.
    Finished,
    /// More calls were in flight at once, or more events were handled, than the budget allows.
    Budget,
    /// Whoever ran it asked it to stop.
    Interrupted,
}

/// What became of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that arrived.
    pub offered: u64,
    /// Answered well.
    pub ok: u64,
    /// The client stopped waiting.
    pub timeout: u64,
    /// Refused for want of room.
    pub rejected: u64,
    /// Lost by a crash, or answered with an error.
    pub error: u64,
    /// The instance was down.
    pub unreachable: u64,
}

impl Counts {
    /// Requests without an end yet.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.offered - self.ok - self.failed()
    }

    /// Requests that failed, in whichever way.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.timeout + self.rejected + self.error + self.unreachable
    }

    /// Adds the counts of another window.
    pub fn add(&mut self, other: &Self) {
        self.offered += other.offered;
        self.ok += other.ok;
        self.timeout += other.timeout;
        self.rejected += other.rejected;
        self.error += other.error;
        self.unreachable += other.unreachable;
    }
}

/// One population of clients.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientResult {
    /// The whole trial, the warm-up included.
    pub whole: Counts,
    /// [`WINDOWS`] windows.
    pub windows: Vec<ClientWindow>,
    /// [`STEPS`] steps.
    pub steps: Vec<ClientStep>,
    /// [`WARM_UP_WINDOWS`] windows of a fixed warm-up, empty without one.
    pub warm_up_windows: Vec<ClientWindow>,
    /// [`WARM_UP_STEPS`] steps of a fixed warm-up, empty without one.
    pub warm_up_steps: Vec<ClientStep>,
}

impl ClientResult {
    /// Room for so many steps, and their windows.
    pub(crate) fn with_room(steps: usize) -> Self {
        Self {
            windows: vec![ClientWindow::default(); steps / STEPS_PER_WINDOW],
            steps: vec![ClientStep::default(); steps],
            ..Self::default()
        }
    }

    /// Ends the trial: what was counted by steps alone, the requests that arrived and those that ended well, is added up for the
    /// windows and for the whole. The first `before` steps and their windows, which are still those of the measured part, are put to
    /// the warm-up.
    pub(crate) fn finish(mut self, before: usize) -> Self {
        for (window, steps) in self.windows.iter_mut().zip(self.steps.chunks(STEPS_PER_WINDOW)) {
            window.counts.offered = steps.iter().map(|s| u64::from(s.offered)).sum();
            window.counts.ok = steps.iter().map(|s| u64::from(s.ok)).sum();
            self.whole.offered += window.counts.offered;
            self.whole.ok += window.counts.ok;
        }
        let steps = self.steps.split_off(before);
        let windows = self.windows.split_off(before / STEPS_PER_WINDOW);
        self.warm_up_steps = std::mem::replace(&mut self.steps, steps);
        self.warm_up_windows = std::mem::replace(&mut self.windows, windows);
        self
    }
}

/// One window of a population.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientWindow {
    /// What became of the requests that arrived in it.
    pub counts: Counts,
    /// Attempts made for them, the first ones included.
    pub attempts: u64,
    /// Latency in nanoseconds of those that ended well, from the intended arrival.
    pub latency: Histogram,
}

impl ClientWindow {
    /// Adds another window.
    pub fn add(&mut self, other: &Self) {
        let Self {
            counts,
            attempts,
            latency,
        } = self;
        counts.add(&other.counts);
        *attempts += other.attempts;
        latency.merge(&other.latency);
    }
}

/// One step of a population.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientStep {
    /// Requests that arrived.
    pub offered: u32,
    /// Of them, answered well.
    pub ok: u32,
    /// Of them, failed.
    pub failed: u32,
    /// The sum of the latencies of those that ended well, in nanoseconds.
    pub latency_ns: u64,
}

/// One component.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComponentResult {
    /// Its instances.
    pub instances: u32,
    /// Workers of all its instances together; none: no limit.
    pub workers: Option<u64>,
    /// Cores of all its instances together; none: work never shares cores here.
    pub cores: Option<u64>,
    /// [`WINDOWS`] windows.
    pub windows: Vec<ComponentWindow>,
    /// [`STEPS`] steps: the mean number of calls in the queue or in service.
    pub steps: Vec<f32>,
    /// [`WARM_UP_WINDOWS`] windows of a fixed warm-up, empty without one.
    pub warm_up_windows: Vec<ComponentWindow>,
    /// [`WARM_UP_STEPS`] steps of a fixed warm-up, empty without one.
    pub warm_up_steps: Vec<f32>,
}

impl ComponentResult {
    /// Puts the first `before` steps and their windows, which are still those of the measured part, to the warm-up.
    pub(crate) fn split(mut self, before: usize) -> Self {
        let steps = self.steps.split_off(before);
        let windows = self.windows.split_off(before / STEPS_PER_WINDOW);
        self.warm_up_steps = std::mem::replace(&mut self.steps, steps);
        self.warm_up_windows = std::mem::replace(&mut self.windows, windows);
        self
    }
}

impl ComponentResult {
    /// With batches the calls in service are more than the busy workers, which are counted as cores while the trial goes on.
    pub(crate) fn with_batches(mut self) -> Self {
        for window in self.warm_up_windows.iter_mut().chain(&mut self.windows) {
            std::mem::swap(&mut window.busy_ns, &mut window.core_busy_ns);
        }
        self
    }

    /// Several components of one trial as if they were one.
    #[must_use]
    pub fn together<'a>(parts: impl Iterator<Item = &'a Self>) -> Self {
        let mut parts = parts;
        let mut all = parts.next().cloned().unwrap_or_default();
        let add = |a: Option<u64>, b: Option<u64>| a.zip(b).map(|(a, b)| a + b);
        let add_windows = |all: &mut [ComponentWindow], more: &[ComponentWindow]| {
            for (all, more) in all.iter_mut().zip(more) {
                // The same time has passed for all of them.
                let time_ns = all.time_ns.max(more.time_ns);
                all.add(more);
                all.time_ns = time_ns;
            }
        };
        let add_steps =
            |all: &mut [f32], more: &[f32]| all.iter_mut().zip(more).for_each(|(all, more)| *all += more);
        for part in parts {
            all.instances += part.instances;
            all.workers = add(all.workers, part.workers);
            all.cores = add(all.cores, part.cores);
            add_windows(&mut all.windows, &part.windows);
            add_windows(&mut all.warm_up_windows, &part.warm_up_windows);
            add_steps(&mut all.steps, &part.steps);
            add_steps(&mut all.warm_up_steps, &part.warm_up_steps);
        }
        all
    }
}

/// One window of a component.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComponentWindow {
    /// How much of the window was simulated.
    pub time_ns: u64,
    /// Calls that arrived.
    pub arrived: u64,
    /// Calls that left, served.
    pub served: u64,
    /// Calls that were refused for want of room, or that left the queue unserved.
    pub rejected: u64,
    /// Calls lost by a crash, or that found the instance down.
    pub lost: u64,
    /// Calls that were served for a caller that had given up.
    pub wasted: u64,
    /// How often all connections of a pool were found held by calls that waited for another one of it.
    pub deadlocks: u64,
    /// Integral of busy workers over time.
    pub busy_ns: u128,
    /// Integral of busy cores over time, where cores are shared; with batches, of the calls in service.
    pub core_busy_ns: u128,
    /// Integral of waiting calls over time.
    pub queue_ns: u128,
    /// Integral of instances that were up over time.
    pub up_ns: u128,
    /// Waiting times in nanoseconds of the calls whose service started.
    pub waiting: Histogram,
    /// Look-ups in a cache that found their value.
    pub hits: u64,
    /// Look-ups that didn't.
    pub misses: u64,
    /// Reads of a database; answers of a cache out of what it keeps, where that can be old.
    pub reads: u64,
    /// Of them, those that were answered with a value older than an earlier write, or than it should be.
    pub stale_reads: u64,
    /// Reads of a key that a transaction under way had changed already, and may undo.
    pub open_reads: u64,
    /// What it caused to be paid by the piece (bytes, requests), in 10^-12 USD.
    pub usage_pusd: u64,
    /// Changes that a cache answered before its origin had them; writes that a database answered, where a failover can lose them.
    pub writes: u64,
    /// Of them, those that the origin, or the new primary, never got.
    pub lost_writes: u64,
    /// Of the writes of a database whose instances all take them, those that were refused for another one was first.
    pub conflicts: u64,
    /// From a write at the primary to its being seen on a replica, in nanoseconds: for every replica, in the window of the write, or
    /// in that of the repair where the replica was down.
    pub lag: Histogram,
    /// How long each write of a database waited for the lock of its key, in nanoseconds.
    pub lock_wait: Histogram,
}

impl ComponentWindow {
    /// Adds another window.
    pub fn add(&mut self, other: &Self) {
        let Self {
            time_ns,
            arrived,
            served,
            rejected,
            lost,
            wasted,
            deadlocks,
            busy_ns,
            core_busy_ns,
            queue_ns,
            up_ns,
            waiting,
            hits,
            misses,
            reads,
            stale_reads,
            open_reads,
            usage_pusd,
            writes,
            lost_writes,
            conflicts,
            lag,
            lock_wait,
        } = self;
        *time_ns += other.time_ns;
        *arrived += other.arrived;
        *served += other.served;
        *rejected += other.rejected;
        *lost += other.lost;
        *wasted += other.wasted;
        *deadlocks += other.deadlocks;
        *busy_ns += other.busy_ns;
        *core_busy_ns += other.core_busy_ns;
        *queue_ns += other.queue_ns;
        *up_ns += other.up_ns;
        waiting.merge(&other.waiting);
        *hits += other.hits;
        *misses += other.misses;
        *reads += other.reads;
        *stale_reads += other.stale_reads;
        *open_reads += other.open_reads;
        *usage_pusd = usage_pusd.saturating_add(other.usage_pusd);
        *writes += other.writes;
        *lost_writes += other.lost_writes;
        *conflicts += other.conflicts;
        lag.merge(&other.lag);
        lock_wait.merge(&other.lock_wait);
    }
}
