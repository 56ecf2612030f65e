//! The differences of two points: trial by trial where both saw the same requests, and of independent figures where they didn't.

use sim_core::stats::paired::{Paired, Verdict, paired};
use sim_core::stats::{CONFIDENCE, Estimate, student};

use super::figure::{Known, Source};
use super::{Figure, Measure, Subject};
use crate::results::{OfTrial, Point, State};

/// The difference of each of these figures, population by population and component by component of those that both have.
pub(super) fn measures(a: &Point, b: &Point, figures: &[Figure]) -> Vec<Measure> {
    let is_steady = a.state == State::Steady && b.state == State::Steady;
    let trials = a.trials.min(b.trials);
    let mut measures = Vec::new();
    let of_clients = |figure: &&Figure| matches!(figure.source(), Source::Clients(_) | Source::Failures);
    for (i, (name, of_a)) in a.clients.iter().enumerate() {
        let Some((j, (_, of_b))) = b.clients.iter().enumerate().find(|(_, c)| c.0 == *name) else {
            continue;
        };
        for &figure in figures.iter().filter(of_clients) {
            let both = match figure.source() {
                Source::Clients(of) => {
                    let known = |p: &Point, at: usize| each(p, |t| t.clients.get(at).and_then(of));
                    together(figure, is_steady, known(a, i), known(b, j))
                }
                _ => {
                    let (a_fails, b_fails) = (&of_a.lost_to_failures, &of_b.lost_to_failures);
                    // Without a steady state nobody looked at failures that are rare.
                    let may_fail = a_fails.value != Some(0.0) || b_fails.value != Some(0.0);
                    if !is_steady || !may_fail {
                        continue;
                    }
                    apart(a_fails, b_fails, trials)
                }
            };
            measures.push(measure(Subject::Clients(name.clone()), figure, both));
        }
    }
    for &figure in figures {
        let Source::Components(of) = figure.source() else {
            continue;
        };
        for (i, (name, _)) in a.components.iter().enumerate() {
            let known = |p: &Point, at: usize| each(p, |t| t.components.get(at).and_then(of));
            let found = b.components.iter().position(|c| c.0 == *name);
            // Most kinds of components have no such figure.
            let in_both = found.map(|j| (known(a, i), known(b, j)));
            if let Some((in_a, in_b)) = in_both.filter(|(in_a, in_b)| in_a.is_some() || in_b.is_some()) {
                let both = together(figure, is_steady, in_a, in_b);
                measures.push(measure(Subject::Component(name.clone()), figure, both));
            }
        }
    }
    if let (Some(a_cost), Some(b_cost)) = (&a.cost, &b.cost)
        && figures.contains(&Figure::Cost)
    {
        let both = apart(&a_cost.usd_per_month, &b_cost.usd_per_month, trials.max(2));
        measures.push(measure(Subject::System, Figure::Cost, both));
    }
    measures
}

/// The value of every trial of a point; none where one has none.
fn each(point: &Point, of: impl Fn(&OfTrial) -> Option<Known>) -> Option<Vec<Known>> {
    point.per_trial.iter().map(of).collect()
}

/// The paired difference, on the coarsest grid of all trials of both.
fn together(figure: Figure, is_steady: bool, a: Option<Vec<Known>>, b: Option<Vec<Known>>) -> Option<Paired> {
    let (a, b) = a.zip(b).filter(|_| is_steady || !figure.needs_a_steady_state())?;
    let values = |all: &[Known]| -> Vec<f64> { all.iter().map(|k| k.0).collect() };
    let step = a.iter().chain(&b).map(|k| k.1).fold(0.0, f64::max);
    paired(&values(&a), &values(&b), step)
}

fn measure(of: Subject, figure: Figure, paired: Option<Paired>) -> Measure {
    let verdict = Verdict::CannotTell { trials: None };
    Measure {
        of,
        figure,
        paired,
        verdict,
    }
}

/// The difference of two independent figures: half-widths add up as the squares of deviations do. The wider side of an
/// interval counts as its half-width: the other may have been cut off where a share ends.
pub(super) fn apart(a: &Estimate, b: &Estimate, trials: u32) -> Option<Paired> {
    let half = |e: &Estimate| Some((e.high? - e.value?).max(e.value? - e.low?));
    let (value_a, value_b) = (a.value?, b.value?);
    let (half_a, half_b) = (half(a)?, half(b)?);
    // What is the same to the last bit comes from the same draws and the same system.
    let width = if a == b {
        0.0
    } else {
        (half_a * half_a + half_b * half_b).sqrt()
    };
    let difference = value_b - value_a;
    let degrees = trials.max(2) - 1;
    let error = width / student::critical(CONFIDENCE, degrees);
    let p_value = match error > 0.0 {
        true => student::two_sided_tail(difference / error, degrees),
        false if difference == 0.0 => 1.0,
        false => 0.0,
    };
    Some(Paired {
        difference: Estimate::between(difference - width, difference, difference + width),
        a: value_a,
        b: value_b,
        trials: trials.max(2),
        error,
        p_value,
        variance_saved: None,
    })
}
