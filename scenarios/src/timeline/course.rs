//! How a point goes on after its warm-up: steady, or a transient that never ends, and in what it shows.
//!
//! Each of the load, the calls at each component and the latency is looked at by itself ([`sim_core::stats::trend`]). A cause is named
//! before its effects: the load, then the calls, then the latency. Noise that remembers long may come back by chance as a cycle does; what is
//! no chance is the same in every trial, so a cycle must be seen in the first half of the trials and in the second.

use sim_core::measure::{STEPS_PER_WINDOW, TrialResult};
use sim_core::stats::batch::Window;
use sim_core::stats::trend::{Trend, trend};

use crate::results::State;
use crate::scenario::Names;
use crate::steadiness::{Cut, windows};

/// By which part two periods may differ and still be the same cycle.
const SAME_PERIOD: f64 = 0.15;

/// How a point goes on after its warm-up.
#[derive(Clone, Debug, PartialEq)]
pub enum Course {
    /// Everything wanders about its mean.
    Steady,
    /// Something grows as long as the trial lasts.
    Growing(Subject),
    /// Something moves slowly in one direction.
    Drifting {
        /// What.
        what: Subject,
        /// From the beginning to the end, in parts of its mean; negative downward.
        change: f64,
    },
    /// Something comes back again and again.
    Cycling {
        /// What.
        what: Subject,
        /// After how many seconds.
        period_s: f64,
    },
    /// It has faults at given times: it tells a story and has no steady state.
    Faults,
    /// Too short to tell.
    Unknown,
}

/// What of a point moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Which of its figures.
    pub moving: Moving,
    /// The clients or the component.
    pub name: String,
}

/// A figure that may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moving {
    /// Requests that arrive at the clients.
    Load,
    /// Calls that wait or are served at a component.
    Calls,
    /// Latency of the clients' requests.
    Latency,
}

impl Course {
    /// The word for it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Growing(_) => "growing",
            Self::Drifting { .. } => "drifting",
            Self::Cycling { .. } => "cycling",
            Self::Faults => "faults",
            Self::Unknown => "unknown",
        }
    }

    /// What it shows in, if it is a movement.
    #[must_use]
    pub fn what(&self) -> Option<&Subject> {
        match self {
            Self::Growing(what) | Self::Drifting { what, .. } | Self::Cycling { what, .. } => Some(what),
            Self::Steady | Self::Faults | Self::Unknown => None,
        }
    }
}

/// Names the course of these trials. Where no end of the warm-up was found, all of a trial counts.
#[must_use]
pub fn course(names: &Names, trials: &[TrialResult], cut: Cut, state: &State) -> Course {
    let from = if cut.is_found {
        cut.windows * STEPS_PER_WINDOW
    } else {
        0
    };
    let span = |t: &TrialResult| from.min(windows(t) * STEPS_PER_WINDOW)..windows(t) * STEPS_PER_WINDOW;
    let of_clients = |c: usize, is_load: bool| -> Vec<Vec<Window>> {
        let figure = |s: &sim_core::measure::ClientStep| {
            if is_load {
                (f64::from(s.offered), 1.0)
            } else {
                (s.latency_ns as f64, f64::from(s.ok))
            }
        };
        let trial = |t: &TrialResult| t.clients[c].steps[span(t)].iter().map(figure).collect();
        trials.iter().map(trial).collect()
    };
    let of_component = |c: usize| -> Vec<Vec<Window>> {
        let trial = |t: &TrialResult| {
            let steps = &t.components[c].steps[span(t)];
            steps.iter().map(|level| (f64::from(*level), 1.0)).collect()
        };
        trials.iter().map(trial).collect()
    };
    let subjects = (names.clients.iter().enumerate())
        .map(|(c, name)| (Moving::Load, name, of_clients(c, true)))
        .chain((names.components.iter().enumerate()).map(|(c, name)| (Moving::Calls, name, of_component(c))))
        .chain(
            (names.clients.iter().enumerate()).map(|(c, name)| (Moving::Latency, name, of_clients(c, false))),
        );
    let step_s = trials
        .first()
        .map_or(0.0, |t| t.window.as_secs_f64() / STEPS_PER_WINDOW as f64);
    let mut found = Course::Unknown;
    for (moving, name, series) in subjects {
        let what = || Subject {
            moving,
            name: name.clone(),
        };
        let course = match trend(&series) {
            Trend::Growing { .. } => Course::Growing(what()),
            Trend::Drifting { rise } => Course::Drifting {
                what: what(),
                change: rise,
            },
            Trend::Cycling { period } if is_everywhere(&series, period) => Course::Cycling {
                what: what(),
                period_s: period as f64 * step_s,
            },
            Trend::Steady | Trend::Cycling { .. } => Course::Steady,
            Trend::Unknown => Course::Unknown,
        };
        if is_worse(&course, &found) {
            found = course;
        }
    }
    // Which component can't keep up is known better from the work that it is offered.
    if let State::Overloaded { component } = state {
        let what = component.as_ref().map(|name| Subject {
            moving: Moving::Calls,
            name: name.clone(),
        });
        return what.map_or(found, Course::Growing);
    }
    found
}

/// What is worse is named instead of what is less bad, and of effects of one kind the largest.
fn is_worse(course: &Course, found: &Course) -> bool {
    if let (
        Course::Drifting { what, change },
        Course::Drifting {
            what: than,
            change: by,
        },
    ) = (course, found)
    {
        return what.moving == than.moving && change.abs() > by.abs();
    }
    rank(course) > rank(found)
}

/// How bad it is.
fn rank(course: &Course) -> u8 {
    match course {
        Course::Unknown => 0,
        Course::Steady | Course::Faults => 1,
        Course::Drifting { .. } => 2,
        Course::Cycling { .. } => 3,
        Course::Growing(_) => 4,
    }
}

/// Whether a cycle of about this period is seen in both halves of the trials; one trial has no halves.
fn is_everywhere(trials: &[Vec<Window>], period: usize) -> bool {
    if trials.len() < 2 {
        return true;
    }
    let (first, second) = trials.split_at(trials.len() / 2);
    [first, second].into_iter().all(|half| match trend(half) {
        Trend::Cycling { period: of_half } => {
            of_half.abs_diff(period) as f64 <= SAME_PERIOD * period as f64 + 1.0
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use sim_core::random::{Stream, StreamName};

    use super::*;

    /// Noise that remembers for about `memory` steps, and a triangle of this height that comes back after 80 of 640 steps.
    fn series(seed: u64, memory: f64, height: f64) -> Vec<Window> {
        let mut draws = Stream::open(seed, 0, StreamName::new("noise"));
        let (mut noise, keep) = (0.0, 1.0 - 1.0 / memory);
        let step = |i: u32| {
            let uniforms: f64 = (0..4).map(|_| draws.uniform()).sum();
            noise = keep * noise + uniforms - 2.0;
            let triangle = (f64::from(i % 80) - 40.0).abs() / 40.0;
            (50.0 + noise + height * triangle, 1.0)
        };
        (0..640).map(step).collect()
    }

    #[test]
    fn a_cycle_by_chance_is_not_the_same_in_every_trial() {
        let mut by_chance = 0;
        for seed in 0..300 {
            let trials: Vec<_> = (0..4).map(|t| series(seed * 10 + t, 60.0, 0.0)).collect();
            if let Trend::Cycling { period } = trend(&trials) {
                by_chance += usize::from(is_everywhere(&trials, period));
            }
        }
        assert!(by_chance <= 3, "{by_chance} of 300");
        let real: Vec<_> = (0..4).map(|t| series(t, 10.0, 12.0)).collect();
        let Trend::Cycling { period } = trend(&real) else {
            panic!("a cycle: {:?}", trend(&real))
        };
        assert!(
            period.abs_diff(80) <= 4 && is_everywhere(&real, period),
            "{period}"
        );
    }
}
