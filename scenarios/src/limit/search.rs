//! The search: a coarse look at the whole range, a closer one around the crossing, and a last one with enough trials.

use std::sync::atomic::{AtomicBool, Ordering};

use super::crossing::{Crossing, crossing, earliest};
use super::range::{Loads, spread};
use super::reading::Reading;
use super::{Effort, Limit, NoLimit};
use crate::experiment::{self, Options, Planned, Progress, Watcher};
use crate::objective::{Bound, bounds};
use crate::results::Point;

/// Loads of the first look.
const FIRST_LOOK: usize = 9;
/// Trials of the first look at most: it only has to find the neighbourhood.
const FIRST_TRIALS: u32 = 2;
/// Loads that are put between two in a closer look.
const CLOSER_LOOK: usize = 4;
/// Loads that are nearer to each other than this share need no closer look.
const CLOSE: f64 = 0.02;
/// Loads that are nearer to each other than this share aren't worth being told apart.
const FINE: f64 = 0.0025;
/// Closer looks at most.
const CLOSER_LOOKS: usize = 6;
/// By how much trials grow from look to look at most, before the last.
const STEP: u32 = 5;
/// Such looks at most.
const STEPS: usize = 3;
/// Loads of such a look.
const STEP_LOOK: usize = 5;
/// Loads of the last look.
const LAST_LOOK: usize = 9;
/// Looks at most that bring the interval's ends into reach.
const END_LOOKS: usize = 4;
/// Trials of a load at most, unless they are given.
const MOST_TRIALS: u32 = 50;
/// Trials that are kept in memory at once, where loads can be simulated one after the other: each has its histograms.
const TRIALS_AT_ONCE: u32 = 60;

/// Searches the limit; `stop` ends it early, with what can be said until then.
///
/// # Errors
/// When there is nothing to look for, or the scenario is wrong.
pub fn find(
    loads: &Loads<'_, '_>,
    effort: Effort,
    watcher: &dyn Watcher,
    stop: &AtomicBool,
) -> Result<Limit, NoLimit> {
    let first = loads.plan(&[loads.low]).map_err(NoLimit::Wrong)?;
    let scenario = first.first().map(|p| &p.scenario).ok_or(NoLimit::Stopped)?;
    let objective = scenario.slo.clone().ok_or(NoLimit::NoObjective)?;
    let mut search = Search {
        loads,
        effort,
        watcher,
        stop,
        bounds: bounds(&objective, &scenario.names.clients),
        own_trials: scenario.trials.max(1),
        planned: Vec::new(),
        points: Vec::new(),
        done: Progress::default(),
    };
    let trials = effort.trials.unwrap_or(search.own_trials);
    let mut look = spread(loads.low, loads.high, FIRST_LOOK);
    look.extend(
        loads
            .stands_at()
            .filter(|at| (loads.low..=loads.high).contains(at)),
    );
    search.look(&look, trials.min(FIRST_TRIALS))?;
    search.look_closer(trials.min(FIRST_TRIALS))?;
    search.look_last()?;
    if search.points.is_empty() {
        return Err(NoLimit::Stopped);
    }
    Ok(search.answer(objective))
}

pub(super) struct Search<'a> {
    pub(super) loads: &'a Loads<'a, 'a>,
    pub(super) effort: Effort,
    pub(super) watcher: &'a dyn Watcher,
    pub(super) stop: &'a AtomicBool,
    pub(super) bounds: Vec<Bound>,
    pub(super) own_trials: u32,
    pub(super) planned: Vec<Planned>,
    pub(super) points: Vec<Point>,
    pub(super) done: Progress,
}

/// Adds what earlier looks did.
struct Beyond<'a> {
    watcher: &'a dyn Watcher,
    before: Progress,
}

impl Watcher for Beyond<'_> {
    fn progress(&self, progress: &Progress) {
        self.watcher.progress(&Progress {
            points_done: self.before.points_done + progress.points_done,
            points: self.before.points + progress.points,
            events: self.before.events + progress.events,
            points_found: self.before.points_found + progress.points_found,
            worst_p99_s: self
                .before
                .worst_p99_s
                .into_iter()
                .chain(progress.worst_p99_s)
                .reduce(f64::max),
        });
    }
}

/// The load of a point.
pub(super) fn load(point: &Point) -> f64 {
    point.at.first().copied().flatten().unwrap_or(0.0)
}

impl Search<'_> {
    /// Simulates these loads, those that weren't yet with as many trials.
    fn look(&mut self, at: &[f64], trials: u32) -> Result<(), NoLimit> {
        if self.stop.load(Ordering::Relaxed) || at.is_empty() {
            return Ok(());
        }
        let mut at = at.to_vec();
        at.sort_by(f64::total_cmp);
        let mut planned = self.loads.plan(&at).map_err(NoLimit::Wrong)?;
        let known = |p: &Planned| self.points.iter().any(|k| k.at == p.at && k.trials >= trials);
        planned.retain(|p| !known(p));
        let at_once = (TRIALS_AT_ONCE / trials.max(1)).max(1) as usize;
        for some in planned.chunks(at_once) {
            self.simulate(some, trials)?;
        }
        self.planned.append(&mut planned);
        self.points.sort_by(|a, b| load(a).total_cmp(&load(b)));
        Ok(())
    }

    /// Simulates some loads at once.
    fn simulate(&mut self, planned: &[Planned], trials: u32) -> Result<(), NoLimit> {
        let options = Options {
            seed: self.effort.seed,
            trials: Some(trials),
            threads: self.effort.threads,
            ..Options::default()
        };
        let beyond = Beyond {
            watcher: self.watcher,
            before: self.done,
        };
        let axes = [self.loads.axis.clone()];
        let found =
            experiment::run(planned, &axes, options, &beyond, self.stop).map_err(NoLimit::NoThreads)?;
        let points = found.results.points;
        self.done.points_done += points.len();
        self.done.points += points.len();
        self.done.events += points.iter().map(|p| p.events).sum::<u64>();
        let worst = points
            .iter()
            .flat_map(|p| &p.clients)
            .filter_map(|c| c.1.latency_s.p99.value);
        self.done.worst_p99_s = worst.chain(self.done.worst_p99_s).reduce(f64::max);
        for point in points {
            self.points.retain(|k| k.at != point.at);
            self.points.push(point);
        }
        Ok(())
    }

    pub(super) fn readings(&self, bound: &Bound) -> Vec<Reading> {
        self.points
            .iter()
            .map(|p| Reading::of(bound, load(p), p))
            .collect()
    }

    pub(super) fn crossings(&self) -> Vec<Crossing> {
        self.bounds.iter().map(|b| crossing(&self.readings(b))).collect()
    }

    /// The crossing of whichever bound breaks first.
    fn first_crossing(&self) -> Crossing {
        earliest(&self.crossings())
    }

    /// Looks between the last load at which all holds and the first at which something is broken, until they are close or
    /// what is between them can't be told with so few trials.
    fn look_closer(&mut self, trials: u32) -> Result<(), NoLimit> {
        for _ in 0..CLOSER_LOOKS {
            let found = self.first_crossing();
            if found.returns {
                return Ok(());
            }
            let gaps = self.open_gaps(&found);
            if gaps.is_empty() {
                return Ok(());
            }
            let look: Vec<f64> = gaps.iter().flat_map(|gap| inside(*gap, CLOSER_LOOK)).collect();
            self.look(&look, trials)?;
        }
        Ok(())
    }

    /// Gaps in which an end of the interval lies, if nothing is known in between because both lie in the same, or because
    /// there is no figure at one of the gap's ends.
    fn open_gaps(&self, found: &Crossing) -> Vec<(f64, f64)> {
        let (Some(low), Some(high)) = (found.around_low, found.around_high) else {
            return Vec::new();
        };
        let at = |load_of: f64| self.points.iter().filter(move |p| load(p) == load_of);
        let is_blank =
            |x: f64| at(x).any(|p| self.bounds.iter().any(|b| Reading::of(b, x, p).excess.is_none()));
        if low == high {
            return [low].into_iter().filter(|gap| self.is_wide(*gap)).collect();
        }
        let is_open = |gap: &(f64, f64)| self.is_wide(*gap) && (is_blank(gap.0) || is_blank(gap.1));
        [low, high].into_iter().filter(is_open).collect()
    }

    fn is_wide(&self, gap: (f64, f64)) -> bool {
        gap.1 - gap.0 > CLOSE * gap.0 && !self.is_next_whole(gap)
    }

    fn is_next_whole(&self, gap: (f64, f64)) -> bool {
        self.loads.is_whole() && gap.1 - gap.0 <= 1.0
    }

    /// Looks at the neighbourhood of the crossing with as many trials as the budget allows.
    fn look_last(&mut self) -> Result<(), NoLimit> {
        let found = self.first_crossing();
        let (range_low, range_high) = (self.loads.low, self.loads.high);
        let nothing_crosses = found.high.is_none() && found.low.is_none_or(|low| low >= range_high);
        let surely_broken = found.low.is_none() && found.high.is_some_and(|high| high <= range_low);
        if found.returns || nothing_crosses && found.low.is_some() || surely_broken {
            return Ok(());
        }
        let (mut trials, mut half) = self.enough(&found);
        // Two trials may leave a wide interval: in steps it comes down to a neighbourhood that is worth many of them.
        for _ in 0..STEPS {
            let found = self.first_crossing();
            let (low, high) = self.ends(&found);
            let (so_far, is_told) = (self.trials_near(&found), self.effort.trials.is_some());
            (trials, half) = self.enough(&found);
            if is_told || found.returns || trials <= so_far.saturating_mul(STEP) {
                break;
            }
            let more = so_far.saturating_mul(STEP);
            self.look(&spread(low, high, STEP_LOOK), more)?;
            self.look_closer(more)?;
        }
        let (low, high) = self.ends(&self.first_crossing());
        let look = spread(
            (low - half).max(range_low),
            (high + half).min(range_high),
            LAST_LOOK,
        );
        self.look(&look, trials)?;
        for _ in 0..END_LOOKS {
            let found = self.first_crossing();
            if found.returns {
                return Ok(());
            }
            let more = self.beyond_ends(&found, trials);
            if more.is_empty() {
                return Ok(());
            }
            self.look(&more, trials)?;
        }
        Ok(())
    }

    /// The ends of the interval, or of the range where an end is open. In a gap that is wide the curve may bend too much for a
    /// straight line to say where, so there the whole gap counts.
    fn ends(&self, found: &Crossing) -> (f64, f64) {
        let wide = |gap: Option<(f64, f64)>| gap.filter(|gap| self.is_wide(*gap));
        let low = wide(found.around_low).map(|gap| gap.0).or(found.low);
        let high = wide(found.around_high).map(|gap| gap.1).or(found.high);
        (low.unwrap_or(self.loads.low), high.unwrap_or(self.loads.high))
    }

    /// The points from the last at which all holds to the first at which something is broken.
    fn near(&self, found: &Crossing) -> impl Iterator<Item = &Point> {
        let (low, high) = self.ends(found);
        let from = found.around_low.map_or(low, |gap| gap.0);
        let to = found.around_high.map_or(high, |gap| gap.1);
        self.points.iter().filter(move |p| (from..=to).contains(&load(p)))
    }

    fn trials_near(&self, found: &Crossing) -> u32 {
        self.near(found)
            .map(|p| p.trials)
            .max()
            .unwrap_or(FIRST_TRIALS)
            .max(1)
    }

    /// The trials of the last look, as many as the budget of events allows, and the half-width that they should lead to. How
    /// narrow the interval was so far has no say in it: bursts are rare, and who stops as soon as an interval is narrow
    /// stops where there were none.
    fn enough(&self, found: &Crossing) -> (u32, f64) {
        let (low, high) = self.ends(found);
        let events = self
            .near(found)
            .map(|p| p.events / u64::from(p.trials.max(1)))
            .max();
        let affordable = self.effort.events / (events.unwrap_or(1).max(1) * LAST_LOOK as u64);
        let affordable = u32::try_from(affordable).unwrap_or(u32::MAX).min(MOST_TRIALS);
        let trials = self.effort.trials.unwrap_or(affordable.max(self.own_trials));
        let ratio = f64::from(self.trials_near(found)) / f64::from(trials);
        let half = (high - low) / 2.0 * ratio.sqrt().min(1.0);
        (trials, half.max(FINE * low))
    }

    /// Loads that bring the ends of the interval into reach, where they aren't yet between two loads with figures, near enough to
    /// each other for a straight line between them.
    fn beyond_ends(&self, found: &Crossing, trials: u32) -> Vec<f64> {
        let low = found.low.unwrap_or(self.loads.low);
        let width = found.high.unwrap_or(self.loads.high) - low;
        let near = (width / 2.0).max(FINE * low);
        let has_enough = |at: f64| self.points.iter().any(|p| load(p) == at && p.trials >= trials);
        let mut more = Vec::new();
        for around in [found.around_low, found.around_high].into_iter().flatten() {
            let (a, b) = around;
            if self.is_next_whole(around) || has_enough(a) && has_enough(b) && b - a <= near {
                continue;
            }
            more.extend(inside(around, 3));
            more.extend([a, b]);
        }
        more
    }
}

/// Loads inside of a gap, evenly.
fn inside(gap: (f64, f64), count: usize) -> Vec<f64> {
    let step = (gap.1 - gap.0) / (count + 1) as f64;
    (1..=count).map(|i| gap.0 + step * i as f64).collect()
}
