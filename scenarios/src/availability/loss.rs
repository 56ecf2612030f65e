//! What is lost because instances fail: from scripted trials to shares of all requests, with intervals.
//!
//! With p the probability of a state, l the share of requests lost in it once it is noticed and settled, b the share lost
//! while everything is up, c the rate of crashes that lead into it and r the mean time to repair, a state costs
//!
//! ```text
//!     p (l - b)  +  c / rate * ( integral of (lost(t) - l requests(t)) exp(-t/r) dt  +  exp(-notice/r) * lost after the repair )
//! ```
//!
//! The first term is the steady state of a Markov chain that has time to settle; the integral is what the time until the crash
//! is noticed costs beyond it, for repairs that last exponentially long, so that a repair that comes before the crash is
//! noticed counts as that. A trial gives one value, the interval comes from the spread between trials, and the cases are
//! added with the degrees of freedom of F. E. Satterthwaite (Biometrics Bulletin 2, 1946). Where not one request is lost, up to 3/n
//! of them may be (Hanley and Lippman-Hand, JAMA 249, 1983).

pub mod kept;

use sim_core::math;
use sim_core::measure::{ClientStep, STEPS, Stop, TrialResult};
use sim_core::model::{Arrivals, Description};
use sim_core::stats::{CONFIDENCE, Estimate, student};

use super::script::{Case, Ordinary, Script};
use crate::results::ClientFigures;
use crate::summary::complement;

/// The normal quantile that half an interval of 95 % is wide, in deviations.
const TWO_SIDED: f64 = 1.96;
/// Degrees of freedom of the loss while everything is up: its interval comes from about twenty batches.
const BASE_DEGREES: f64 = 15.0;

/// What one scripted trial showed of one population of clients.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seen {
    /// Before the crash.
    before: Share,
    /// While the instances are down, noticed and settled.
    degraded: Share,
    /// Requests lost per crash beyond the degraded state's share, weighted with the probability of still being down.
    until_noticed: f64,
    /// From the repair on.
    after_repair: Share,
    /// How many times as much is lost from the repair on as was simulated.
    after_repair_times: f64,
    /// Whether as much was lost early in the degraded phase as late.
    is_even: bool,
    /// Whether no more was lost at the end than before the crash.
    recovers: bool,
    /// How often a repair comes after the crash was noticed.
    noticed: f64,
    /// Seconds that the degraded phase took.
    degraded_s: f64,
}

/// Requests of a phase.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Share {
    lost: f64,
    ended: f64,
}

impl Share {
    fn of(steps: &[ClientStep]) -> Self {
        let mut sum = Self::default();
        for s in steps {
            sum.lost += f64::from(s.failed);
            sum.ended += f64::from(s.ok) + f64::from(s.failed);
        }
        sum
    }

    fn share(self) -> f64 {
        if self.ended > 0.0 {
            self.lost / self.ended
        } else {
            0.0
        }
    }

    fn add(self, other: Self) -> Self {
        Self {
            lost: self.lost + other.lost,
            ended: self.ended + other.ended,
        }
    }
}

/// What a scripted trial showed, per population of clients, and whether it ran to its end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    /// Per population of clients.
    pub clients: Vec<Seen>,
    /// Whether the trial hit its budget.
    pub ran_away: bool,
    /// Whether more and more calls were in the system while the instances were down.
    pub grows: bool,
    /// Whether the share of lost requests was even while they were down.
    pub is_even: bool,
    /// Whether it was back to what it had been by the end.
    pub recovers: bool,
    /// Events handled.
    pub events: u64,
}

impl Observation {
    /// Whether the phases were long enough for the system to settle in them.
    #[must_use]
    pub fn has_settled(&self) -> bool {
        !self.grows && self.is_even && self.recovers
    }
}

/// Shares of lost requests that differ by less are alike.
const ALIKE: f64 = 0.02;

/// Reads what a scripted trial showed.
#[must_use]
pub fn observe(case: &Case, ordinary: &Ordinary, script: &Script, trial: &TrialResult) -> Observation {
    let half = script.settled.midpoint(script.repair);
    let see = |steps: &[ClientStep]| {
        let degraded = Share::of(&steps[script.settled..script.repair]);
        let before = Share::of(&steps[..script.exposed]);
        let still_down = |step: usize| {
            let r = case.rare.mttr_s / script.step_s;
            // The mean of exp(-t/r) over the step.
            let at = |step: f64| math::exp(-step / r);
            let t = (step - script.crash) as f64;
            if r > 0.0 { (at(t) - at(t + 1.0)) * r } else { 0.0 }
        };
        let beyond = |range: std::ops::Range<usize>, share: f64, weight: &dyn Fn(usize) -> f64| -> f64 {
            let of = |i: usize| (f64::from(steps[i].failed), f64::from(steps[i].ok));
            range
                .map(|i| (of(i).0 - share * (of(i).0 + of(i).1)) * weight(i))
                .sum()
        };
        Seen {
            before,
            degraded,
            until_noticed: beyond(script.exposed..script.crash, before.share(), &|_| 1.0)
                + beyond(script.crash..script.settled, degraded.share(), &still_down),
            after_repair: Share::of(&steps[script.repair..STEPS]),
            after_repair_times: 1.0,
            is_even: (Share::of(&steps[script.settled..half]).share()
                - Share::of(&steps[half..script.repair]).share())
            .abs()
                < ALIKE,
            recovers: script.repair == STEPS
                || Share::of(&steps[script.repair + (STEPS - script.repair) * 3 / 4..STEPS]).share()
                    < before.share().max(ordinary.lost) + ALIKE,
            noticed: if case.rare.mttr_s > 0.0 {
                math::exp(-script.notice_s / case.rare.mttr_s)
            } else {
                0.0
            },
            degraded_s: (script.repair - script.settled) as f64 * script.step_s,
        }
    };
    let present = |from: usize, to: usize| -> f64 {
        let mean = |s: &[f32]| s.iter().copied().map(f64::from).sum::<f64>() / s.len().max(1) as f64;
        trial.components.iter().map(|c| mean(&c.steps[from..to])).sum()
    };
    let piles_up = present(half, script.repair) > 1.5 * present(script.settled, half) + 10.0;
    let mut clients: Vec<Seen> = trial.clients.iter().map(|c| see(&c.steps)).collect();
    if piles_up {
        // What has piled up is in proportion to the time down, and so is what is lost until it is worked off.
        let down_s = (script.repair - script.crash) as f64 * script.step_s;
        clients
            .iter_mut()
            .for_each(|c| c.after_repair_times = case.rare.mttr_s / down_s);
    }
    Observation {
        ran_away: trial.stop == Stop::Budget,
        events: trial.events,
        grows: piles_up,
        is_even: clients.iter().all(|c| c.is_even),
        recovers: clients.iter().all(|c| c.recovers),
        clients,
    }
}

/// What failures cost, for one population of clients.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sum {
    /// How much less is lost for every unit that the loss while everything is up is greater.
    slope: f64,
    value: f64,
    variance: f64,
    /// The sum of variance^2 / degrees, of Satterthwaite's formula.
    weighted: f64,
    /// What may be lost although nothing was seen to be.
    unseen: f64,
    /// By how much less is asked for because of the failures, as a share.
    missing: f64,
}

/// Adds what failures cost to the figures of the clients.
///
/// `cases` with the observations of their trials; `unseen` is the probability of states that were not simulated; `frequent`
/// says whether the ordinary trials show other failures, so that what is lost while everything is up must be taken from
/// the scripted trials.
pub fn add(
    d: &Description,
    clients: &mut [ClientFigures],
    measured_s: f64,
    cases: &[(Case, Vec<Observation>)],
    unseen: f64,
    frequent: bool,
) {
    for (place, figures) in clients.iter_mut().enumerate() {
        let ended = (figures.offered - figures.in_flight) as f64;
        if ended <= 0.0 || measured_s <= 0.0 {
            continue;
        }
        let is_closed = matches!(d.clients[place].arrivals, Arrivals::Closed { .. });
        let rate = ended / measured_s;
        let share = (ended - figures.ok as f64) / ended;
        let mut sum = Sum {
            value: unseen,
            variance: 0.0,
            weighted: 0.0,
            unseen: 0.0,
            missing: 0.0,
            slope: 0.0,
        };
        for (case, trials) in cases {
            let seen: Vec<Seen> = trials.iter().map(|o| o.clients[place]).collect();
            let before = seen.iter().fold(Share::default(), |sum, s| sum.add(s.before));
            let base = if frequent { before.share() } else { share };
            add_case(&mut sum, case, &seen, base, rate, is_closed);
        }
        // All cases are held against the same loss while everything is up, which is itself only known within its interval.
        if let (Some(low), Some(high)) = (figures.lost_to_overload.low, figures.lost_to_overload.high) {
            let error = sum.slope * (high - low) / (2.0 * TWO_SIDED);
            sum.variance += error * error;
            sum.weighted += error.powi(4) / BASE_DEGREES;
        }
        let asked = 1.0 - sum.missing;
        let lost = interval(&sum, unseen, asked);
        figures.lost_to_failures = lost;
        figures.availability = complement(&plus(&figures.lost_to_overload, &lost));
    }
}

fn add_case(sum: &mut Sum, case: &Case, seen: &[Seen], base: f64, rate: f64, is_closed: bool) {
    let n = seen.len() as f64;
    let mut all = Share::default();
    let values: Vec<f64> = seen
        .iter()
        .map(|s| {
            all = all.add(s.degraded);
            // Whoever waits for an answer before asking again asks more or less while instances are down.
            let asked = if is_closed && s.degraded_s > 0.0 {
                s.degraded.ended / s.degraded_s / rate
            } else {
                1.0
            };
            sum.missing += case.state.probability * (1.0 - asked) / n;
            let follows = if case.state.down == 1 { s.noticed } else { 0.0 };
            let after = follows * (s.after_repair.lost - base * s.after_repair.ended);
            sum.slope += (case.state.probability * asked
                + case.state.crashes_per_s / rate * follows * s.after_repair.ended)
                / n;
            case.state.probability * asked * (s.degraded.share() - base)
                + case.state.crashes_per_s / rate * (s.until_noticed + after)
        })
        .collect();
    let mean = values.iter().sum::<f64>() / n;
    sum.value += mean;
    if values.len() > 1 {
        let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0) / n;
        sum.variance += variance;
        sum.weighted += variance * variance / (n - 1.0);
    }
    if all.lost == 0.0 && all.ended > 0.0 {
        sum.unseen += case.state.probability * (3.0 / all.ended).min(1.0);
    }
}

/// The interval of a sum of cases; `unlikely` of it is assumed to be lost, and may not be.
fn interval(sum: &Sum, unlikely: f64, asked: f64) -> Estimate {
    let degrees = if sum.weighted > 0.0 {
        sum.variance * sum.variance / sum.weighted
    } else {
        1.0
    };
    let half = student::critical(CONFIDENCE, (degrees as u32).max(1)) * sum.variance.sqrt();
    // Failures can't make a system better in the long run: a value below zero is noise.
    let [low, value, high] = [
        sum.value - unlikely - half,
        sum.value,
        sum.value + half + sum.unseen,
    ]
    .map(|v| (v / asked).clamp(0.0, 1.0));
    Estimate::between(low, value, high)
}

/// The sum of two independent figures: each side of the interval is the root of the sum of the squares of both.
#[must_use]
pub fn plus(a: &Estimate, b: &Estimate) -> Estimate {
    let side = |of: fn(&Estimate) -> Option<f64>| -> Option<f64> {
        let (x, y) = (of(a)? - a.value?, of(b)? - b.value?);
        Some((x * x + y * y).sqrt())
    };
    let value = a.value.zip(b.value).map(|(a, b)| (a + b).min(1.0));
    let end = |by: Option<f64>, sign: f64| value.zip(by).map(|(v, by)| (v + sign * by).clamp(0.0, 1.0));
    Estimate {
        value,
        low: end(side(|e| e.low), -1.0),
        high: end(side(|e| e.high), 1.0),
        need: a.need.or(b.need),
    }
}
