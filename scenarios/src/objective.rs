//! Whether an objective is met, intervals included: yes only where the whole interval is on the good side, no only where
//! the whole interval is on the bad one, and cannot tell in between.

use sim_core::stats::Estimate;

use crate::results::{ClientFigures, Cost, Latency, Objective, Point, State, Verdict};

/// The verdict on a point; every population of clients must be served as the objective says.
#[must_use]
pub fn verdict(objective: &Objective, point: &Point) -> Verdict {
    let has_no_steady_state = point.state != State::Steady;
    let mut verdicts = Vec::new();
    for (_, client) in &point.clients {
        for (which, bound) in &objective.latency {
            // Where nobody is answered, nobody is answered in time.
            let unanswered = client.offered > 0 && client.ok == 0;
            verdicts.push(if has_no_steady_state || unanswered {
                Verdict::No
            } else {
                latency(client, which).map_or(Verdict::CannotTell, |e| at_most(e, *bound))
            });
        }
        if let Some(bound) = objective.availability {
            verdicts.push(at_least(&client.availability, bound));
        }
    }
    if let Some(bound) = objective.cost_per_month {
        let cost = point.cost.as_ref().map(|c: &Cost| c.usd_per_month);
        verdicts.push(cost.map_or(Verdict::CannotTell, |e| at_most(&e, bound)));
    }
    all(&verdicts)
}

/// Yes if all say yes, no if one says no.
fn all(verdicts: &[Verdict]) -> Verdict {
    if verdicts.contains(&Verdict::No) {
        Verdict::No
    } else if verdicts.contains(&Verdict::CannotTell) {
        Verdict::CannotTell
    } else {
        Verdict::Yes
    }
}

/// The figure of the latency that an objective names.
pub(crate) fn latency<'a>(client: &'a ClientFigures, which: &str) -> Option<&'a Estimate> {
    let Latency {
        mean,
        p50,
        p90,
        p95,
        p99,
        p99_9,
    } = &client.latency_s;
    match which {
        "mean" => Some(mean),
        "p50" => Some(p50),
        "p90" => Some(p90),
        "p95" => Some(p95),
        "p99" => Some(p99),
        "p99.9" => Some(p99_9),
        _ => None,
    }
}

/// Whether a figure is at most a bound.
fn at_most(figure: &Estimate, bound: f64) -> Verdict {
    match (figure.value, figure.low, figure.high) {
        (Some(_), Some(_), Some(high)) if high <= bound => Verdict::Yes,
        (Some(_), Some(low), Some(_)) if low > bound => Verdict::No,
        _ => Verdict::CannotTell,
    }
}

/// Whether a figure is at least a bound.
fn at_least(figure: &Estimate, bound: f64) -> Verdict {
    match (figure.value, figure.low, figure.high) {
        (Some(_), Some(low), Some(_)) if low >= bound => Verdict::Yes,
        (Some(_), Some(_), Some(high)) if high < bound => Verdict::No,
        _ => Verdict::CannotTell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(p99: Estimate, availability: Estimate, state: State) -> Point {
        let client = ClientFigures {
            latency_s: Latency {
                p99,
                ..Latency::default()
            },
            availability,
            ..ClientFigures::default()
        };
        Point {
            variant: None,
            set: Vec::new(),
            at: Vec::new(),
            trials: 1,
            clients: vec![("users".to_owned(), client)],
            components: Vec::new(),
            cost: None,
            slo: None,
            state,
            warm_up_s: 0.0,
            warnings: Vec::new(),
            per_trial: Vec::new(),
            course: crate::timeline::Course::Steady,
            timeline: None,
            events: 0,
        }
    }

    #[test]
    fn a_bound_is_met_with_its_whole_interval_or_not_at_all() {
        let objective = Objective {
            latency: vec![("p99".to_owned(), 0.25)],
            availability: Some(0.999),
            cost_per_month: None,
        };
        let good = Estimate::between(0.9991, 0.9995, 0.9999);
        let check = |p99, availability, expect| {
            assert_eq!(
                verdict(&objective, &point(p99, availability, State::Steady)),
                expect
            );
        };
        check(Estimate::between(0.2, 0.22, 0.25), good, Verdict::Yes);
        check(Estimate::between(0.2, 0.22, 0.26), good, Verdict::CannotTell);
        check(Estimate::between(0.251, 0.26, 0.27), good, Verdict::No);
        check(
            Estimate::between(0.2, 0.22, 0.24),
            Estimate::between(0.99, 0.995, 0.9989),
            Verdict::No,
        );
        check(
            Estimate::between(0.2, 0.22, 0.24),
            Estimate::between(0.9989, 0.9992, 0.9999),
            Verdict::CannotTell,
        );
        check(Estimate::not_enough(3.0), good, Verdict::CannotTell);
    }

    #[test]
    fn an_overloaded_point_breaks_any_bound_on_latency() {
        let objective = Objective {
            latency: vec![("p50".to_owned(), 10.0)],
            availability: None,
            cost_per_month: None,
        };
        let overloaded = point(
            Estimate::default(),
            Estimate::default(),
            State::Overloaded { component: None },
        );
        assert_eq!(verdict(&objective, &overloaded), Verdict::No);
        let mut unanswered = point(Estimate::default(), Estimate::default(), State::Steady);
        unanswered.clients[0].1.offered = 10;
        assert_eq!(verdict(&objective, &unanswered), Verdict::No);
    }

    #[test]
    fn a_cost_without_prices_cannot_be_told() {
        let objective = Objective {
            latency: Vec::new(),
            availability: None,
            cost_per_month: Some(100.0),
        };
        let mut point = point(Estimate::default(), Estimate::default(), State::Steady);
        assert_eq!(verdict(&objective, &point), Verdict::CannotTell);
        let usd_per_month = Estimate::between(99.0, 99.0, 99.0);
        point.cost = Some(Cost {
            usd_per_month,
            usd_per_million_ok: Estimate::default(),
        });
        assert_eq!(verdict(&objective, &point), Verdict::Yes);
    }
}
