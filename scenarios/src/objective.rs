//! Whether an objective is met, intervals included: yes only where the whole interval is on the good side, no only where
//! the whole interval is on the bad one, and cannot tell in between.

use sim_core::stats::Estimate;

use crate::results::{ClientFigures, Latency, Objective, Point, State, Verdict};

/// One bound of an objective.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// The clients' latency at a percentile, in seconds at most.
    Latency {
        /// Which clients.
        clients: String,
        /// Such as `p99`.
        percentile: String,
        /// Seconds at most.
        most_s: f64,
    },
    /// The clients' share of requests that end well, at least.
    Availability {
        /// Which clients.
        clients: String,
        /// At least.
        least: f64,
    },
    /// USD a month at most.
    Cost {
        /// At most.
        most_usd: f64,
    },
}

/// All bounds of an objective, for every population of clients.
#[must_use]
pub fn bounds(objective: &Objective, clients: &[String]) -> Vec<Bound> {
    let mut all = Vec::new();
    for client in clients {
        all.extend(
            objective
                .latency
                .iter()
                .map(|(percentile, most_s)| Bound::Latency {
                    clients: client.clone(),
                    percentile: percentile.clone(),
                    most_s: *most_s,
                }),
        );
        all.extend(objective.availability.map(|least| Bound::Availability {
            clients: client.clone(),
            least,
        }));
    }
    all.extend(objective.cost_per_month.map(|most_usd| Bound::Cost { most_usd }));
    all
}

impl Bound {
    /// What is bounded, such as `p99 of shoppers`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Latency {
                clients, percentile, ..
            } => format!("{percentile} of {clients}"),
            Self::Availability { clients, .. } => format!("availability of {clients}"),
            Self::Cost { .. } => "cost".to_owned(),
        }
    }

    /// The figure that is bounded, at a point.
    #[must_use]
    pub fn figure(&self, point: &Point) -> Option<Estimate> {
        let of = |name: &str| point.clients.iter().find(|(n, _)| n == name).map(|(_, c)| c);
        match self {
            Self::Latency {
                clients, percentile, ..
            } => of(clients).and_then(|c| latency(c, percentile)).copied(),
            Self::Availability { clients, .. } => of(clients).map(|c| c.availability),
            Self::Cost { .. } => point.cost.as_ref().map(|c| c.usd_per_month),
        }
    }

    /// Whether it holds at a point.
    #[must_use]
    pub fn verdict(&self, point: &Point) -> Verdict {
        let figure = self.figure(point);
        match self {
            Self::Latency { clients, most_s, .. } => {
                let of = point.clients.iter().find(|(name, _)| name == clients);
                // Where nobody is answered, nobody is answered in time.
                let is_unanswered = of.is_some_and(|(_, c)| c.offered > 0 && c.ok == 0);
                if point.state != State::Steady || is_unanswered {
                    Verdict::No
                } else {
                    figure.map_or(Verdict::CannotTell, |e| at_most(&e, *most_s))
                }
            }
            Self::Availability { least, .. } => figure.map_or(Verdict::CannotTell, |e| at_least(&e, *least)),
            Self::Cost { most_usd } => figure.map_or(Verdict::CannotTell, |e| at_most(&e, *most_usd)),
        }
    }
}

/// The verdict on a point; every population of clients must be served as the objective says.
#[must_use]
pub fn verdict(objective: &Objective, point: &Point) -> Verdict {
    all(bounds_at(objective, point)
        .iter()
        .map(|bound| bound.verdict(point)))
}

/// All bounds of an objective, for every population of clients of a point.
#[must_use]
pub fn bounds_at(objective: &Objective, point: &Point) -> Vec<Bound> {
    let clients: Vec<String> = point.clients.iter().map(|(name, _)| name.clone()).collect();
    bounds(objective, &clients)
}

/// Yes if all say yes, no if one says no.
pub fn all(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    verdicts.into_iter().fold(Verdict::Yes, |sum, v| match (sum, v) {
        (Verdict::No, _) | (_, Verdict::No) => Verdict::No,
        (Verdict::CannotTell, _) | (_, Verdict::CannotTell) => Verdict::CannotTell,
        _ => Verdict::Yes,
    })
}

/// The figure of the latency that an objective names.
fn latency<'a>(client: &'a ClientFigures, which: &str) -> Option<&'a Estimate> {
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
    use crate::results::Cost;

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
