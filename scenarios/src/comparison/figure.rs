//! What can be compared: figures of clients, of components and of the whole system.

use sim_core::stats::paired::Wish;

use crate::results::{ClientTrial, ComponentTrial};

/// What a percentile is known to, as a share of it: histograms keep three significant digits.
const DIGITS: f64 = 1e-3;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Mean latency in seconds.
    Mean,
    /// Median latency in seconds.
    P50,
    /// 90th percentile of the latency in seconds.
    P90,
    /// 95th percentile of the latency in seconds.
    P95,
    /// 99th percentile of the latency in seconds.
    P99,
    /// 99.9th percentile of the latency in seconds.
    P99_9,
    /// Requests that ended well, per second.
    Goodput,
    /// The share of requests lost in the trials: overload, timeouts, failures that are seen in them.
    Lost,
    /// The share of requests lost because instances fail, where failures are too rare to be seen in the trials.
    LostToFailures,
    /// Busy worker-time of a component over available worker-time.
    Utilization,
    /// Calls that wait at a component, averaged over time.
    QueueLength,
    /// The share of a cache's look-ups that found their value.
    HitRatio,
    /// The share of a component's reads that missed an earlier write.
    StaleReads,
    /// Mean time from a write to its being seen on a replica, in seconds.
    ReplicaLag,
    /// USD a month.
    Cost,
}

/// A trial's value, and the grid on which the trial knows it, in the same unit: a request more or less, or a bucket of the histogram; 0 where
/// there is none.
pub(super) type Known = (f64, f64);

/// Where a figure is taken from.
pub(super) enum Source {
    /// Each trial has one for each population of clients.
    Clients(fn(&ClientTrial) -> Option<Known>),
    /// Each trial has one for each component that has such a figure.
    Components(fn(&ComponentTrial) -> Option<Known>),
    /// What clients lose to failures, which are not simulated in the same trials.
    Failures,
    /// What the whole system costs.
    Cost,
}

impl Figure {
    /// What is compared unless it is said.
    pub const USUAL: [Self; 7] = [
        Self::Mean,
        Self::P50,
        Self::P99,
        Self::Goodput,
        Self::Lost,
        Self::LostToFailures,
        Self::Cost,
    ];

    /// What may be asked for, and the figures that it means.
    pub const WORDS: [(&'static str, &'static [Self]); 14] = [
        ("mean", &[Self::Mean]),
        ("p50", &[Self::P50]),
        ("p90", &[Self::P90]),
        ("p95", &[Self::P95]),
        ("p99", &[Self::P99]),
        ("p99.9", &[Self::P99_9]),
        ("goodput", &[Self::Goodput]),
        ("availability", &[Self::Lost, Self::LostToFailures]),
        ("utilization", &[Self::Utilization]),
        ("queue-length", &[Self::QueueLength]),
        ("hit-ratio", &[Self::HitRatio]),
        ("stale-reads", &[Self::StaleReads]),
        ("replica-lag", &[Self::ReplicaLag]),
        ("cost", &[Self::Cost]),
    ];

    /// The figure's name in documents: the unit is its last word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "latency_mean_s",
            Self::P50 => "latency_p50_s",
            Self::P90 => "latency_p90_s",
            Self::P95 => "latency_p95_s",
            Self::P99 => "latency_p99_s",
            Self::P99_9 => "latency_p99_9_s",
            Self::Goodput => "goodput_per_s",
            Self::Lost => "lost_to_overload",
            Self::LostToFailures => "lost_to_failures",
            Self::Utilization => "utilization",
            Self::QueueLength => "queue_length",
            Self::HitRatio => "hit_ratio",
            Self::StaleReads => "stale_reads",
            Self::ReplicaLag => "lag_mean_s",
            Self::Cost => "usd_per_month",
        }
    }

    /// Which way is better.
    #[must_use]
    pub fn wish(self) -> Wish {
        match self {
            Self::Goodput | Self::HitRatio => Wish::More,
            _ => Wish::Less,
        }
    }

    /// Whether it means nothing without a steady state.
    pub(super) fn needs_a_steady_state(self) -> bool {
        use Figure::{Mean, P50, P90, P95, P99, P99_9, QueueLength, ReplicaLag};
        matches!(
            self,
            Mean | P50 | P90 | P95 | P99 | P99_9 | QueueLength | ReplicaLag
        )
    }

    pub(super) fn source(self) -> Source {
        match self {
            Self::Mean => Source::Clients(|t| Some((t.mean_s?, 0.0))),
            Self::P50 => Source::Clients(|t| percentile(t.p50_s)),
            Self::P90 => Source::Clients(|t| percentile(t.p90_s)),
            Self::P95 => Source::Clients(|t| percentile(t.p95_s)),
            Self::P99 => Source::Clients(|t| percentile(t.p99_s)),
            Self::P99_9 => Source::Clients(|t| percentile(t.p99_9_s)),
            Self::Goodput => Source::Clients(|t| Some((t.goodput_per_s?, 1.0 / t.time_s))),
            Self::Lost => Source::Clients(|t| share(t.lost, t.ended)),
            Self::LostToFailures => Source::Failures,
            Self::Utilization => Source::Components(|t| Some((t.utilization?, 0.0))),
            Self::QueueLength => Source::Components(|t| Some((t.queue_length?, 0.0))),
            Self::HitRatio => Source::Components(|t| share(t.hit_ratio, t.look_ups)),
            Self::StaleReads => Source::Components(|t| share(t.stale_reads, t.reads)),
            Self::ReplicaLag => Source::Components(|t| Some((t.lag_mean_s?, 0.0))),
            Self::Cost => Source::Cost,
        }
    }
}

fn percentile(value: Option<f64>) -> Option<Known> {
    value.map(|v| (v, v * DIGITS))
}

fn share(value: Option<f64>, all: u64) -> Option<Known> {
    value.map(|v| (v, 1.0 / all as f64))
}
