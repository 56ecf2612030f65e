//! Slow start: an instance that came back gets little at first and its full share when the window is over.
//!
//! HAProxy (server.c, server_recalc_eweight): sixteenths of the weight, `(16 t + S) div S` of them, looked at every
//! `max(1 s, S / 20)`. Envoy (load_balancer_impl.cc): `max((max(1 ms, t) / S)^(1 / aggression), least)`. AWS's ALB and nginx
//! say that theirs grows linearly. At the start of a trial nobody is slow: HAProxy says so of its own start.

use crate::model::{SlowStart, SlowStartCurve};
use crate::time::{SimDuration, SimTime};

/// The least strength of a linear start: nobody can have no share of a choice.
const LEAST: f64 = 0.01;
/// Steps in which the smooth curves are followed.
const STEPS: u64 = 100;

#[derive(Clone, Debug)]
pub(crate) struct Warming {
    rule: SlowStart,
    /// For every instance since when it is back, and when it is looked at next, while it is slow.
    slow: Vec<Option<(SimTime, SimTime)>>,
}

impl Warming {
    pub fn new(rule: SlowStart, instances: u32) -> Self {
        Self {
            rule,
            slow: vec![None; instances as usize],
        }
    }

    /// An instance is back: its strength, and when that is looked at again.
    pub fn begin(&mut self, at: u32, now: SimTime) -> (f64, SimTime) {
        let next = now + self.step();
        self.slow[at as usize] = Some((now, next));
        (strength(&self.rule, SimDuration::ZERO), next)
    }

    /// How long a slow start lasts.
    pub fn window(&self) -> SimDuration {
        self.rule.window
    }

    /// An instance is kept out again.
    pub fn stop(&mut self, at: u32) {
        self.slow[at as usize] = None;
    }

    fn step(&self) -> SimDuration {
        let window = self.rule.window.as_nanos();
        SimDuration::from_nanos(match self.rule.curve {
            SlowStartCurve::Sixteenths => (window / 20).max(1_000_000_000),
            SlowStartCurve::Linear | SlowStartCurve::Power { .. } => (window / STEPS).max(1_000_000),
        })
    }

    /// An instance's strength now, and when that is looked at again; none where it isn't slow (any more).
    pub fn look(&mut self, at: u32, now: SimTime) -> Option<(f64, Option<SimTime>)> {
        // An event of an earlier start is not due.
        let (since, _) = self.slow[at as usize].filter(|s| s.1 == now)?;
        let passed = now - since;
        let next = (passed < self.rule.window).then(|| now + self.step());
        self.slow[at as usize] = next.map(|next| (since, next));
        Some((strength(&self.rule, passed), next))
    }
}

/// The share of its weight that an instance has so long after it came back.
pub(super) fn strength(rule: &SlowStart, passed: SimDuration) -> f64 {
    if passed >= rule.window {
        return 1.0;
    }
    let share = passed.as_f64_nanos() / rule.window.as_f64_nanos();
    match rule.curve {
        SlowStartCurve::Linear => share.max(LEAST),
        SlowStartCurve::Sixteenths => {
            let (t, window) = (whole_seconds(passed), whole_seconds(rule.window).max(1));
            ((16 * t + window) / window).min(16) as f64 / 16.0
        }
        SlowStartCurve::Power { aggression, least } => {
            let share = share.max(1e6 / rule.window.as_f64_nanos()).min(1.0);
            crate::math::pow(share, 1.0 / aggression).max(least)
        }
    }
}

fn whole_seconds(t: SimDuration) -> u64 {
    t.as_nanos() / 1_000_000_000
}
