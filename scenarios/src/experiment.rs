//! Points times trials on all threads: the only place where anything runs at the same time.
//!
//! Every trial is a job of its own, and what follows from all trials of a point (its figures, trials that are added for
//! precision, trials under failures) is done by the thread that finished the last of them, so that no thread ever waits
//! for another. Results are put where their number says: neither the number of threads nor the order in which jobs end
//! can be seen in them.

mod keeping;
#[cfg(test)]
mod stop_and_go;
#[cfg(test)]
pub(crate) mod systems;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::Scope;
use rayon::prelude::*;
use sim_core::measure::TrialResult;
use sim_core::model::Model;
use sim_core::simulation::{Budget, Condition, Outages, Simulation};

use crate::availability::loss::{self, Observation};
use crate::availability::script::{Case, Ordinary, STRETCHES, script};
use crate::availability::{Split, split};
use crate::figures::{self, Half};
use crate::precision::{Next, Precision};
use crate::results::{Axis, Point, Results};
use crate::scenario::Scenario;
use crate::store::Store;
use keeping::Keeping;

/// Events after which a trial hears of the wish to stop, and progress is told.
const CHUNK: u64 = 1 << 20;

/// A point to be run.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The variant's name, if there are variants.
    pub variant: Option<String>,
    /// What was set, path and value as they were written.
    pub set: Vec<(String, String)>,
    /// For every axis the value as a number in the axis's unit, where it is one.
    pub at: Vec<Option<f64>>,
    /// The scenario with the values set.
    pub scenario: Scenario,
}

/// How an experiment is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Instead of the scenario's seed.
    pub seed: Option<u64>,
    /// Instead of the scenario's trials; no trials are added for precision then.
    pub trials: Option<u32>,
    /// Threads; 0: as many as there are processors.
    pub threads: usize,
    /// Whether points keep their timelines, about half a megabyte each.
    pub timelines: bool,
}

/// How far an experiment is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Points that are done.
    pub points_done: usize,
    /// Of them, those for which nothing had to be simulated, since a store had it all.
    pub points_found: usize,
    /// Points in all.
    pub points: usize,
    /// Events handled so far.
    pub events: u64,
    /// The highest p99 of a point that is done, in seconds.
    pub worst_p99_s: Option<f64>,
}

/// Learns how far an experiment is; called from all its threads.
pub trait Watcher: Sync {
    /// Some more is done.
    fn progress(&self, progress: &Progress);
}

/// For who doesn't want to know.
impl Watcher for () {
    fn progress(&self, _: &Progress) {}
}

/// What an experiment found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The points that are done.
    pub results: Results,
    /// The places, among the points asked for, of those that are not because the experiment was stopped.
    pub missing: Vec<usize>,
    /// Why the experiment was stopped before its end: the store could not keep a point.
    pub unsaved: Option<String>,
}

/// Runs all trials of all points; `stop` ends it early, with the points that are done until then.
///
/// # Errors
/// When the threads can't be started, in the system's words.
pub fn run(
    points: &[Planned],
    axes: &[Axis],
    options: Options,
    watcher: &dyn Watcher,
    stop: &AtomicBool,
) -> Result<Found, String> {
    run_all(Budget::default(), None, points, axes, options, watcher, stop)
}

/// As [`run`], where a trial that takes more than `budget` counts as having run away.
///
/// # Errors
/// When the threads can't be started, in the system's words.
pub fn run_within(
    budget: Budget,
    points: &[Planned],
    axes: &[Axis],
    options: Options,
    watcher: &dyn Watcher,
    stop: &AtomicBool,
) -> Result<Found, String> {
    run_all(budget, None, points, axes, options, watcher, stop)
}

/// As [`run`], with a store: trials that it has are not run, and what is run is put into it, each point as soon as it is done.
///
/// # Errors
/// When the threads can't be started, in the system's words.
pub fn run_kept(
    store: &dyn Store,
    points: &[Planned],
    axes: &[Axis],
    options: Options,
    watcher: &dyn Watcher,
    stop: &AtomicBool,
) -> Result<Found, String> {
    run_all(
        Budget::default(),
        Some(store),
        points,
        axes,
        options,
        watcher,
        stop,
    )
}

fn run_all(
    budget: Budget,
    store: Option<&dyn Store>,
    points: &[Planned],
    axes: &[Axis],
    options: Options,
    watcher: &dyn Watcher,
    stop: &AtomicBool,
) -> Result<Found, String> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .build()
        .map_err(|e| e.to_string())?;
    let cells: Vec<Cell> = pool.install(|| {
        let points = points.par_iter();
        points.map(|p| Cell::new(p, options, store, budget)).collect()
    });
    if let Some(store) = store {
        let keys = cells.iter().filter_map(|c| c.keeping.as_ref());
        let keys: Vec<String> = keys.map(|k| k.key().to_owned()).collect();
        store.begin(&keys);
    }
    let shared = Shared {
        watcher,
        stop,
        budget,
        points: points.len(),
        done: AtomicUsize::new(0),
        found: AtomicUsize::new(0),
        events: AtomicU64::new(0),
        worst_p99_s: Mutex::new(None),
        unsaved: Mutex::new(None),
        is_unsaved: AtomicBool::new(false),
    };
    pool.scope(|scope| {
        for cell in &cells {
            cell.spawn_trials(scope, &shared, 0..cell.first_trials);
        }
    });
    // Of points in flight at least the trials that are done are kept.
    for cell in &cells {
        cell.save(&shared, false);
    }
    let done: Vec<Option<Point>> = cells.into_iter().map(|c| take(&c.done)).collect();
    let missing = (0..done.len()).filter(|i| done[*i].is_none()).collect();
    let results = figures::results(points, axes, options, done.into_iter().flatten().collect());
    Ok(Found {
        results,
        missing,
        unsaved: take(&shared.unsaved),
    })
}

/// What all jobs share.
struct Shared<'a> {
    watcher: &'a dyn Watcher,
    stop: &'a AtomicBool,
    budget: Budget,
    points: usize,
    done: AtomicUsize,
    found: AtomicUsize,
    events: AtomicU64,
    worst_p99_s: Mutex<Option<f64>>,
    unsaved: Mutex<Option<String>>,
    is_unsaved: AtomicBool,
}

impl Shared<'_> {
    /// Runs a trial to its end; none if it was stopped.
    fn simulate(&self, model: &Model, seed: u64, trial: u64, condition: &Condition) -> Option<TrialResult> {
        let mut simulation = Simulation::new(model, seed, trial, condition);
        let mut told = 0;
        loop {
            if self.is_stopped() {
                return None;
            }
            let goes_on = simulation.advance(CHUNK);
            let events = simulation.events();
            self.events.fetch_add(events - told, Ordering::Relaxed);
            told = events;
            self.tell();
            if !goes_on {
                return Some(simulation.finish());
            }
        }
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.is_unsaved.load(Ordering::Relaxed)
    }

    fn tell(&self) {
        self.watcher.progress(&Progress {
            points_done: self.done.load(Ordering::Relaxed),
            points_found: self.found.load(Ordering::Relaxed),
            points: self.points,
            events: self.events.load(Ordering::Relaxed),
            worst_p99_s: *self.worst_p99_s.lock().unwrap_or_else(PoisonError::into_inner),
        });
    }

    fn point_is_done(&self, point: &Point) {
        let p99 = point.clients.iter().filter_map(|(_, c)| c.latency_s.p99.value);
        let mut worst = self.worst_p99_s.lock().unwrap_or_else(PoisonError::into_inner);
        *worst = p99.chain(*worst).reduce(f64::max);
        drop(worst);
        self.done.fetch_add(1, Ordering::Relaxed);
        self.tell();
    }
}

/// Takes what is in a slot.
fn take<T: Default>(slot: &Mutex<T>) -> T {
    std::mem::take(&mut *slot.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Results of jobs, each at its number, and how many are still out.
struct Batch<T> {
    slots: Mutex<Vec<Option<T>>>,
    out: AtomicUsize,
}

impl<T> Batch<T> {
    fn new() -> Self {
        Self {
            slots: Mutex::new(Vec::new()),
            out: AtomicUsize::new(0),
        }
    }

    /// Expects jobs up to this number, so many of them yet to come.
    fn expect(&self, jobs: usize, out: usize) {
        self.slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .resize_with(jobs, || None);
        self.out.store(out, Ordering::Release);
    }

    /// Puts the result of a job; everything, to whoever puts the last one.
    fn put(&self, number: usize, result: T) -> Option<Vec<T>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots[number] = Some(result);
        let is_last = self.out.fetch_sub(1, Ordering::AcqRel) == 1;
        is_last.then(|| std::mem::take(&mut *slots).into_iter().flatten().collect())
    }
}

/// A point at work.
struct Cell<'p> {
    planned: &'p Planned,
    seed: u64,
    first_trials: u32,
    precision: Option<&'p Precision>,
    timelines: bool,
    split: Split,
    keeping: Option<Keeping<'p>>,
    trials: Batch<TrialResult>,
    observations: Batch<Observation>,
    half: Mutex<Option<Half>>,
    done: Mutex<Option<Point>>,
}

impl<'p> Cell<'p> {
    fn new(planned: &'p Planned, options: Options, store: Option<&'p dyn Store>, budget: Budget) -> Self {
        let scenario = &planned.scenario;
        let first_trials = options.trials.unwrap_or(scenario.trials).max(1);
        let seed = options.seed.unwrap_or(scenario.seed);
        let split = split(&scenario.model, first_trials);
        Self {
            planned,
            seed,
            first_trials,
            precision: scenario.precision.as_ref().filter(|_| options.trials.is_none()),
            timelines: options.timelines,
            keeping: store.map(|s| Keeping::new(s, planned, &split, seed, budget)),
            split,
            trials: Batch::new(),
            observations: Batch::new(),
            half: Mutex::new(None),
            done: Mutex::new(None),
        }
    }

    fn spawn_trials<'s>(&'s self, scope: &Scope<'s>, shared: &'s Shared<'s>, trials: std::ops::Range<u32>) {
        self.trials.expect(trials.end as usize, trials.len());
        for trial in trials {
            scope.spawn(move |scope| {
                let result = self.trial(shared, trial);
                if let Some(all) = result.and_then(|r| self.trials.put(trial as usize, r)) {
                    self.trials_are_done(scope, shared, all);
                }
            });
        }
    }

    /// An ordinary trial, kept or run; none if it was stopped.
    fn trial(&self, shared: &Shared, trial: u32) -> Option<TrialResult> {
        let kept = self.keeping.as_ref().and_then(|k| k.trial(trial));
        if kept.is_some() {
            return kept;
        }
        let condition = Condition {
            outages: self.split.outages.clone(),
            budget: shared.budget,
        };
        let result = shared.simulate(&self.split.model, self.seed, u64::from(trial), &condition)?;
        if let Some(keeping) = &self.keeping {
            keeping.keep_trial(trial, &result);
        }
        Some(result)
    }

    /// All trials asked for are done: adds some if they are not precise enough, or goes on to failures.
    fn trials_are_done<'s>(&'s self, scope: &Scope<'s>, shared: &'s Shared<'s>, trials: Vec<TrialResult>) {
        let mut half = figures::half(self.planned, &self.split, &trials);
        let count = u32::try_from(trials.len()).unwrap_or(u32::MAX);
        match self
            .precision
            .map_or(Next::Enough, |p| half.next(self.planned, p))
        {
            Next::Enough => {}
            Next::GiveUp(words) => half.warn(words),
            Next::Trials(more) => {
                let mut slots = self.trials.slots.lock().unwrap_or_else(PoisonError::into_inner);
                *slots = trials.into_iter().map(Some).collect();
                drop(slots);
                self.spawn_trials(scope, shared, count..more);
                return;
            }
        }
        if self.timelines {
            half.add_timeline(self.planned, &self.split, &trials);
        }
        drop(trials);
        let jobs = half.jobs();
        let ordinary = half.ordinary;
        let is_empty = jobs.is_empty();
        self.observations.expect(jobs.len(), jobs.len());
        *self.half.lock().unwrap_or_else(PoisonError::into_inner) = Some(half);
        if is_empty {
            self.finish(shared, Vec::new());
        }
        for (job, (case, number)) in jobs.into_iter().enumerate() {
            scope.spawn(move |_| {
                if let Some(all) = self
                    .observation(shared, &case, &ordinary, number)
                    .and_then(|o| self.observations.put(job, o))
                {
                    self.finish(shared, all);
                }
            });
        }
    }

    /// What a trial under failures shows, kept or run; none if it was stopped.
    fn observation(
        &self,
        shared: &Shared,
        case: &Case,
        ordinary: &Ordinary,
        number: u64,
    ) -> Option<Observation> {
        let Some(keeping) = &self.keeping else {
            return self.observe(shared, case, ordinary, number);
        };
        let tag = Keeping::tag(case, ordinary, number);
        let kept = keeping.observation(tag);
        if kept.is_some() {
            return kept;
        }
        let observation = self.observe(shared, case, ordinary, number)?;
        keeping.keep_observation(tag, &observation);
        Some(observation)
    }

    /// Runs one trial under failures, again and longer while the system has not settled; none if it was stopped.
    fn observe(&self, shared: &Shared, case: &Case, ordinary: &Ordinary, number: u64) -> Option<Observation> {
        let model = &self.planned.scenario.model;
        let mut last = Observation::default();
        for stretch in STRETCHES {
            let Some(script) = script(model, case, ordinary, self.seed, number, stretch) else {
                break;
            };
            let condition = Condition {
                budget: shared.budget,
                ..script.condition.clone()
            };
            let result = shared.simulate(&script.model, self.seed, script.trial, &condition)?;
            let events = last.events;
            last = loss::observe(case, ordinary, &script, &result);
            last.events += events;
            if last.has_settled() || last.ran_away {
                break;
            }
        }
        Some(last)
    }

    fn finish(&self, shared: &Shared, observations: Vec<Observation>) {
        let half = take(&self.half);
        if let Some(half) = half {
            let frequent = self.split.outages != Outages::None;
            let point = half.whole(self.planned, observations, frequent);
            // Kept before it is told to be done.
            if !self.save(shared, true) && self.keeping.is_some() {
                shared.found.fetch_add(1, Ordering::Relaxed);
            }
            shared.point_is_done(&point);
            *self.done.lock().unwrap_or_else(PoisonError::into_inner) = Some(point);
        }
    }

    /// Puts into the store what is new; whether there was anything. A store that fails stops the experiment.
    fn save(&self, shared: &Shared, is_done: bool) -> bool {
        match self.keeping.as_ref().map_or(Ok(false), |k| k.save(is_done)) {
            Ok(is_new) => is_new,
            Err(reason) => {
                let mut unsaved = shared.unsaved.lock().unwrap_or_else(PoisonError::into_inner);
                unsaved.get_or_insert(reason);
                shared.is_unsaved.store(true, Ordering::Relaxed);
                true
            }
        }
    }
}
