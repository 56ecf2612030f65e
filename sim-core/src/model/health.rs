//! How a balancer learns that an instance behind it is not well, and what it does about it.

use crate::time::SimDuration;

/// What an instance that fails does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailureMode {
    /// It is gone: calls at it are lost, new ones are refused at once.
    #[default]
    Crash,
    /// It takes calls and never answers; they are lost when it is repaired. Services only.
    Hang,
}

/// Active checks, from the balancer to every instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// From the beginning of a check of one instance to the next; a check that is not over by then delays it.
    pub interval: SimDuration,
    /// How long a check waits for an answer. Only an instance that hangs makes it wait.
    pub timeout: SimDuration,
    /// Failed checks in a row that take an instance out.
    pub fails: u32,
    /// Passed checks in a row that bring it back.
    pub passes: u32,
    /// Each interval is longer by a uniform part of this.
    pub jitter: SimDuration,
}

impl HealthCheck {
    /// Checks without jitter that wait for an answer as long as the interval.
    #[must_use]
    pub fn every(interval: SimDuration, fails: u32, passes: u32) -> Self {
        Self {
            interval,
            timeout: interval,
            fails,
            passes,
            jitter: SimDuration::ZERO,
        }
    }
}

/// When a balancer that knows too few healthy instances chooses from all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum FailOpen {
    /// When none is healthy.
    #[default]
    WhenNone,
    /// When less than this share is healthy.
    Below(f64),
    /// Never: with none, a call can't be forwarded.
    Never,
}

/// Passive checks as nginx makes them: `max_fails` and `fail_timeout`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassiveCheck {
    /// Failed calls that keep an instance out; at least 1.
    pub max_fails: u32,
    /// How long, in whole seconds: a part of one counts as one.
    pub fail_timeout: SimDuration,
}

/// Outlier detection as Envoy makes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutlierDetection {
    /// Errors in a row that eject an instance; none: they don't.
    pub consecutive_errors: Option<u32>,
    /// How often shares are looked at, and ejected instances let in again.
    pub interval: SimDuration,
    /// How long the first ejection lasts; the n-th lasts n times as long.
    pub base: SimDuration,
    /// How long any ejection lasts at most.
    pub longest: SimDuration,
    /// The share of the instances that may be ejected at once.
    pub most_ejected: f64,
    /// Whether one may be ejected even where that is more than this share.
    pub always_one: bool,
    /// Ejects by comparison; none: doesn't.
    pub success_rate: Option<SuccessRate>,
    /// Ejects by the share of failures; none: doesn't.
    pub failure_share: Option<FailureShare>,
}

/// Instances whose share of successes is this far below the mean are ejected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SuccessRate {
    /// In standard deviations.
    pub deviations: f64,
    /// As many instances must have had enough calls.
    pub hosts: u32,
    /// Calls of an interval that are enough.
    pub requests: u64,
}

/// Instances that fail this share of their calls are ejected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FailureShare {
    /// Of the calls of an interval.
    pub share: f64,
    /// As many instances must have had enough calls.
    pub hosts: u32,
    /// Calls of an interval that are enough.
    pub requests: u64,
}

/// How the weight of an instance that came back grows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlowStart {
    /// How long until it has all its weight.
    pub window: SimDuration,
    /// The curve.
    pub curve: SlowStartCurve,
}

/// The curve of a slow start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SlowStartCurve {
    /// In proportion to the time, as AWS's ALB and nginx say of theirs.
    Linear,
    /// In sixteenths, looked at every twentieth of the window, as HAProxy does.
    Sixteenths,
    /// `(t / window)^(1 / aggression)`, at least `least`, as Envoy does.
    Power {
        /// Above 1 the weight grows faster at first.
        aggression: f64,
        /// The share that it begins with.
        least: f64,
    },
}
