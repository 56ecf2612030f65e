//! How well figures must be known: trials are added until they are, or until there would be too many.
//!
//! After each round the trials are reckoned that the least precise figure takes ([`sim_core::stats::precision`]), and run. That
//! looks only at the trials' results, so the same trials are run wherever and however often the run was ended and went on.

use sim_core::stats::Estimate;
use sim_core::stats::precision::trials_needed;

use crate::results::ClientFigures;

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

/// A figure of the clients.
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
}

impl Figure {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Mean,
        Self::P50,
        Self::P90,
        Self::P95,
        Self::P99,
        Self::P99_9,
        Self::Availability,
        Self::Goodput,
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
        }
    }

    /// What some clients have of it.
    #[must_use]
    pub fn of(self, clients: &ClientFigures) -> &Estimate {
        match self {
            Self::Mean => &clients.latency_s.mean,
            Self::P50 => &clients.latency_s.p50,
            Self::P90 => &clients.latency_s.p90,
            Self::P95 => &clients.latency_s.p95,
            Self::P99 => &clients.latency_s.p99,
            Self::P99_9 => &clients.latency_s.p99_9,
            Self::Availability => &clients.availability,
            Self::Goodput => &clients.goodput_per_s,
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
    /// No more, because it would take too many; the words say what, and how many.
    TooMany(String),
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
    pub fn next(&self, trials: u32, clients: &[(&str, &ClientFigures)]) -> Next {
        let all = self
            .wishes
            .iter()
            .flat_map(|(figure, wish)| clients.iter().map(move |(name, c)| (*name, *figure, *wish, *c)));
        let needed = all.filter_map(|(name, figure, wish, c)| {
            trials_needed(figure.of(c), trials, wish).map(|needed| (needed, name, figure, wish))
        });
        // The first of equals, so that nothing depends on how a maximum is found.
        let most = needed.reduce(|a, b| if b.0 > a.0 { b } else { a });
        let Some((needed, name, figure, wish)) = most.filter(|m| m.0 > trials) else {
            return Next::Enough;
        };
        if trials < self.most_trials {
            return Next::Trials(needed.min(self.most_trials));
        }
        Next::TooMany(format!(
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
        assert_eq!(precision.next(5, &both), Next::Trials(20));
        assert_eq!(precision.next(5, &both[..1]), Next::Trials(20));
        precision.wishes.pop();
        assert_eq!(precision.next(5, &both[..1]), Next::Enough);
        assert_eq!(precision.next(60, &both), Next::Trials(100));
        assert_eq!(precision.next(5, &[]), Next::Enough);
    }

    #[test]
    fn at_the_budget_it_is_said_what_it_would_take() {
        let bad = clients(0.125);
        let precision = Precision {
            most_trials: 50,
            ..Precision::of_p99(0.0625)
        };
        let Next::TooMany(words) = precision.next(50, &[("users", &bad)]) else {
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
