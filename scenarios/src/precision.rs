//! How well figures must be known: trials are added until they are, or until there would be too many.
//!
//! After each round the trials are reckoned that the least precise figure takes ([`sim_core::stats::precision`]), and run. That
//! looks only at the trials' results, so the same trials are run wherever and however often the run was ended and went on.

use sim_core::stats::Estimate;
use sim_core::stats::precision::trials_needed;

use crate::results::{ClientFigures, ComponentFigures};

/// The most trials that are added up to, unless it is said.
pub const MOST_TRIALS: u32 = 100;

/// What must be known how well.
#[derive(Clone, Debug, PartialEq)]
pub struct Precision {
    /// Figures, and the half-width that their interval may have as a share of their value (0.05 for 5 %).
    pub wishes: Vec<(Figure, f64)>,
    /// No more trials than this.
    pub most_trials: u32,
}

/// A figure that can be wished for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Mean latency.
    Mean,
    /// Median latency.
    P50,
    /// 90th percentile of latency.
    P90,
    /// 95th percentile of latency.
    P95,
    /// 99th percentile of latency.
    P99,
    /// 99.9th percentile of latency.
    P99_9,
    /// The share of requests that end well.
    Availability,
    /// Requests that end well, per second.
    Goodput,
    /// Busy worker-time of a component over available worker-time.
    Utilization,
    /// Calls that wait at a component, averaged over time.
    QueueLength,
    /// The share of a cache's look-ups that find their value.
    HitRatio,
    /// The share of a component's reads that miss an earlier write.
    StaleReads,
    /// USD a month.
    Cost,
}

/// What is known of a point after some trials.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Populations of clients by name.
    pub clients: &'a [(&'a str, &'a ClientFigures)],
    /// Components by name.
    pub components: &'a [(&'a str, &'a ComponentFigures)],
    /// What a month costs, if anything has a price.
    pub usd_per_month: Option<&'a Estimate>,
}

impl<'a> Known<'a> {
    fn of_clients(&self, of: impl Fn(&'a ClientFigures) -> &'a Estimate) -> Vec<(&'a str, &'a Estimate)> {
        self.clients.iter().map(|(name, c)| (*name, of(c))).collect()
    }

    fn of_components(
        &self,
        of: impl Fn(&'a ComponentFigures) -> &'a Option<Estimate>,
    ) -> Vec<(&'a str, &'a Estimate)> {
        let all = self.components.iter();
        all.filter_map(|(name, c)| Some((*name, of(c).as_ref()?)))
            .collect()
    }
}

impl Figure {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Mean,
        Self::P50,
        Self::P90,
        Self::P95,
        Self::P99,
        Self::P99_9,
        Self::Availability,
        Self::Goodput,
        Self::Utilization,
        Self::QueueLength,
        Self::HitRatio,
        Self::StaleReads,
        Self::Cost,
    ];

    /// As a scenario writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::P99_9 => "p99.9",
            Self::Availability => "availability",
            Self::Goodput => "goodput",
            Self::Utilization => "utilization",
            Self::QueueLength => "queue-length",
            Self::HitRatio => "hit-ratio",
            Self::StaleReads => "stale-reads",
            Self::Cost => "cost",
        }
    }

    /// Whoever has such a figure, and what it is.
    fn of<'a>(self, known: &Known<'a>) -> Vec<(&'a str, &'a Estimate)> {
        match self {
            Self::Mean => known.of_clients(|c| &c.latency_s.mean),
            Self::P50 => known.of_clients(|c| &c.latency_s.p50),
            Self::P90 => known.of_clients(|c| &c.latency_s.p90),
            Self::P95 => known.of_clients(|c| &c.latency_s.p95),
            Self::P99 => known.of_clients(|c| &c.latency_s.p99),
            Self::P99_9 => known.of_clients(|c| &c.latency_s.p99_9),
            Self::Availability => known.of_clients(|c| &c.availability),
            Self::Goodput => known.of_clients(|c| &c.goodput_per_s),
            Self::Utilization => known.of_components(|c| &c.utilization),
            Self::QueueLength => known.of_components(|c| &c.queue_length),
            Self::HitRatio => known.of_components(|c| &c.hit_ratio),
            Self::StaleReads => known.of_components(|c| &c.stale_reads),
            Self::Cost => known.usd_per_month.map(|e| ("a month", e)).into_iter().collect(),
        }
    }
}

/// What is to be done about a wish.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// It is fulfilled, or nothing can be done about it.
    Enough,
    /// So many trials in all.
    Trials(u32),
    /// No more, because it would take too many, or nothing helps; the words say why.
    GiveUp(String),
}

impl Precision {
    /// Wishes for p99 alone.
    #[must_use]
    pub fn of_p99(relative: f64) -> Self {
        Self {
            wishes: vec![(Figure::P99, relative)],
            most_trials: MOST_TRIALS,
        }
    }

    /// What is to be done after so many trials, which gave these figures.
    #[must_use]
    pub fn next(&self, trials: u32, known: &Known<'_>) -> Next {
        let mut needed = Vec::new();
        for (figure, wish) in &self.wishes {
            let all = figure.of(known);
            if all.is_empty() {
                return Next::GiveUp(format!(
                    "nothing here has what run.precision asks for: {}",
                    figure.name()
                ));
            }
            let each = all.into_iter().filter_map(|(name, estimate)| {
                Some((trials_needed(estimate, trials, *wish)?, name, figure, wish))
            });
            needed.extend(each);
        }
        // The first of equals, so that nothing depends on how a maximum is found.
        let most = needed.into_iter().reduce(|a, b| if b.0 > a.0 { b } else { a });
        let Some((needed, name, figure, wish)) = most.filter(|m| m.0 > trials) else {
            return Next::Enough;
        };
        if trials < self.most_trials {
            return Next::Trials(needed.min(self.most_trials));
        }
        Next::GiveUp(format!(
            "{name}: {} is not known to {} % with {trials} trials; it would take about {needed} (see max-trials under run.precision)",
            figure.name(),
            // Shares are written with few digits; the product may have a rounding of its own.
            (wish * 100.0 * 1e6).round() / 1e6,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known<'a>(
        clients: &'a [(&'a str, &'a ClientFigures)],
        components: &'a [(&'a str, &'a ComponentFigures)],
    ) -> Known<'a> {
        Known {
            clients,
            components,
            usd_per_month: None,
        }
    }

    fn clients(half_width: f64) -> ClientFigures {
        let mut clients = ClientFigures::default();
        clients.latency_s.p99 = Estimate::between(16.0 - 16.0 * half_width, 16.0, 16.0 + 16.0 * half_width);
        clients.goodput_per_s = Estimate::between(63.0, 64.0, 65.0);
        clients
    }

    #[test]
    fn the_least_precise_figure_decides() {
        let (good, bad) = (clients(0.015625), clients(0.125));
        let mut precision = Precision::of_p99(0.0625);
        precision.wishes.push((Figure::Goodput, 0.0078125));
        let both = [("a", &good), ("b", &bad)];
        assert_eq!(precision.next(5, &known(&both, &[])), Next::Trials(20));
        assert_eq!(precision.next(5, &known(&both[..1], &[])), Next::Trials(20));
        precision.wishes.pop();
        assert_eq!(precision.next(5, &known(&both[..1], &[])), Next::Enough);
        assert_eq!(precision.next(60, &known(&both, &[])), Next::Trials(100));
    }

    #[test]
    fn components_that_have_a_figure_are_judged_by_it() {
        let cache = ComponentFigures {
            hit_ratio: Some(Estimate::between(0.875, 1.0, 1.125)),
            ..ComponentFigures::default()
        };
        let precision = Precision {
            wishes: vec![(Figure::HitRatio, 0.0625)],
            most_trials: 100,
        };
        let api = ComponentFigures::default();
        let all = [("api", &api), ("cache", &cache)];
        assert_eq!(precision.next(5, &known(&[], &all)), Next::Trials(20));
        let Next::GiveUp(words) = precision.next(5, &known(&[], &all[..1])) else {
            panic!("nobody has a hit ratio");
        };
        assert_eq!(words, "nothing here has what run.precision asks for: hit-ratio");
    }

    #[test]
    fn at_the_budget_it_is_said_what_it_would_take() {
        let bad = clients(0.125);
        let precision = Precision {
            most_trials: 50,
            ..Precision::of_p99(0.0625)
        };
        let Next::GiveUp(words) = precision.next(50, &known(&[("users", &bad)], &[])) else {
            panic!("50 trials are not enough");
        };
        assert_eq!(
            words,
            "users: p99 is not known to 6.25 % with 50 trials; it would take about 200 (see max-trials under run.precision)"
        );
    }

    #[test]
    fn every_figure_has_a_name_of_its_own() {
        for (place, figure) in Figure::ALL.into_iter().enumerate() {
            let same = |f: &Figure| f.name() == figure.name();
            assert_eq!(Figure::ALL.iter().position(same), Some(place));
        }
    }
}
