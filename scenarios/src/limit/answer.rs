//! What the search found, put into words and figures.

use std::sync::atomic::Ordering;

use sim_core::stats::Estimate;

use super::crossing::{Crossing, earliest};
use super::reading::Reading;
use super::search::{Search, load};
use super::{Answer, Busiest, Limit};
use crate::experiment::Options;
use crate::figures;
use crate::objective::{Bound, all};
use crate::results::{ComponentFigures, Objective, Point, Results, State, Verdict};

impl Search<'_> {
    /// The answer.
    pub(super) fn answer(self, objective: Objective) -> Limit {
        let crossings = self.crossings();
        let met = |only: Option<&Bound>| {
            let holds = |p: &Point| match only {
                Some(bound) => Reading::of(bound, load(p), p).verdict,
                None => all(self.bounds.iter().map(|b| Reading::of(b, load(p), p).verdict)),
            };
            stretches(&self.points, holds)
        };
        let mut bounds: Vec<(Bound, Answer, Crossing)> = self
            .bounds
            .iter()
            .zip(&crossings)
            .map(|(b, c)| (b.clone(), self.of_crossing(c, || met(Some(b))), *c))
            .collect();
        // What breaks nowhere comes last, what is broken everywhere first.
        let rank = |c: &Crossing| {
            c.value
                .or(c.high)
                .unwrap_or(if c.low.is_some() { f64::INFINITY } else { 0.0 })
        };
        bounds.sort_by(|a, b| rank(&a.2).total_cmp(&rank(&b.2)));
        let answer = self.of_crossing(&earliest(&crossings), || met(None));
        let stands_at = self.loads.stands_at();
        let limit = answer.limit();
        let headroom = limit.zip(stands_at.filter(|at| *at > 0.0)).map(|(limit, at)| {
            let share = |load: Option<f64>| load.map(|load| load / at - 1.0);
            Estimate {
                value: share(limit.value),
                low: share(limit.low),
                high: share(limit.high),
                need: None,
            }
        });
        let advice = self.advice(&answer, &bounds[0].0);
        Limit {
            axis: self.loads.axis.clone(),
            range: (self.loads.low, self.loads.high),
            objective,
            bounds: bounds.into_iter().map(|(b, a, _)| (b, a)).collect(),
            busiest: limit.and_then(|l| l.value).and_then(|value| self.busiest(value)),
            answer,
            stands_at,
            headroom,
            advice,
            curve: self.results(),
        }
    }

    fn of_crossing(&self, found: &Crossing, met: impl Fn() -> Vec<(f64, f64)>) -> Answer {
        let (least, most) = (
            self.points.first().map_or(0.0, load),
            self.points.last().map_or(0.0, load),
        );
        match *found {
            Crossing { returns: true, .. } => Answer::NotMonotone(met()),
            Crossing {
                low: Some(low),
                value: Some(value),
                high: Some(high),
                ..
            } => Answer::UpTo(self.whole(low, value, high)),
            Crossing {
                low: Some(low),
                high: None,
                ..
            } if low >= most => Answer::Throughout,
            Crossing {
                low: None,
                high: Some(high),
                ..
            } if high <= least => Answer::Nowhere,
            Crossing { low, high, .. } => Answer::Undecided { low, high },
        }
    }

    /// Where loads are whole numbers, the limit is the last at which all holds.
    fn whole(&self, low: f64, value: f64, high: f64) -> Estimate {
        if !self.loads.is_whole() {
            return Estimate::between(low, value, high);
        }
        let (low, high) = (low.floor(), (high.ceil() - 1.0).max(low.floor()));
        Estimate::between(low, value.floor().clamp(low, high), high)
    }

    /// What is busiest at the steady point closest to a load.
    fn busiest(&self, limit: f64) -> Option<Busiest> {
        let steady = self.points.iter().filter(|p| p.state == State::Steady);
        let point = steady.min_by(|a, b| (load(a) - limit).abs().total_cmp(&(load(b) - limit).abs()))?;
        let utilization = |c: &ComponentFigures| {
            let of = |e: Option<Estimate>| e.and_then(|e| e.value);
            of(c.utilization)
                .into_iter()
                .chain(of(c.core_utilization))
                .reduce(f64::max)
        };
        let all = point
            .components
            .iter()
            .filter_map(|(name, c)| Some((name, utilization(c)?)));
        let (name, utilization) = all.max_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(Busiest {
            component: name.clone(),
            utilization,
            load: load(point),
        })
    }

    fn advice(&self, answer: &Answer, first: &Bound) -> Vec<String> {
        let mut advice = Vec::new();
        if self.stop.load(Ordering::Relaxed) {
            advice.push("the search was stopped: the interval is wider than it had to be".to_owned());
        }
        let ends = match answer {
            Answer::UpTo(limit) => (limit.low, limit.high),
            Answer::Undecided { low, high } => (*low, *high),
            _ => return advice,
        };
        let (low, high) = (
            ends.0.unwrap_or(self.loads.low),
            ends.1.unwrap_or(self.loads.high),
        );
        let near = || self.points.iter().filter(|p| (low..=high).contains(&load(p)));
        let need = near()
            .map(|p| Reading::of(first, load(p), p))
            .filter_map(|r| r.need)
            .fold(0.0, f64::max);
        let half = (high - low) / (high + low);
        if need > 1.0 {
            advice.push(format!(
                "near the limit there is too little data for the {}: about {:.0} times as much should do, best by a longer run.duration",
                first.name(),
                need.ceil()
            ));
        } else if half > 0.0 && !self.loads.is_whole() {
            let trials = near().map(|p| p.trials).max().unwrap_or(1);
            advice.push(format!(
                "the interval is ±{:.1}% with {trials} trials; 4 times as many, or as long ones, would halve it",
                half * 100.0
            ));
        }
        advice
    }

    fn results(mut self) -> Results {
        // The theory's warnings at loads far beyond the limit say nothing of the scenario: kept is what holds at every load.
        let common: Vec<String> = self
            .planned
            .first()
            .map_or(Vec::new(), |p| p.scenario.warnings.clone());
        let is_common = |w: &String| self.planned.iter().all(|p| p.scenario.warnings.contains(w));
        let common: Vec<String> = common.into_iter().filter(is_common).collect();
        let options = Options {
            seed: self.effort.seed,
            trials: self.points.iter().map(|p| p.trials).max(),
            threads: self.effort.threads,
            ..Options::default()
        };
        // Among points of many trials, those of few only look like noise; the one where the scenario stands is of interest by itself.
        let stands_at = self.loads.stands_at();
        let all = std::mem::take(&mut self.points);
        let is_among = |p: &Point| {
            let better = || all.iter().filter(|b| b.trials > p.trials);
            better().any(|b| load(b) < load(p)) && better().any(|b| load(b) > load(p))
        };
        let points = all
            .iter()
            .filter(|p| Some(load(p)) == stands_at || !is_among(p))
            .cloned()
            .collect();
        let mut results = figures::results(&self.planned, &[self.loads.axis.clone()], options, points);
        results.warnings = common;
        results
    }
}

/// From which to which load something holds, without interruption.
fn stretches(points: &[Point], holds: impl Fn(&Point) -> Verdict) -> Vec<(f64, f64)> {
    let mut all: Vec<(f64, f64)> = Vec::new();
    let mut is_open = false;
    for point in points {
        let is_met = holds(point) == Verdict::Yes;
        match all.last_mut() {
            Some(last) if is_met && is_open => last.1 = load(point),
            _ if is_met => all.push((load(point), load(point))),
            _ => {}
        }
        is_open = is_met;
    }
    all
}
