//! Active checks: the balancer asks every instance by itself, each at its own times.
//!
//! An instance that is down refuses the check at once, one that hangs fails it when the timeout has passed, and one that is
//! up passes it. So the crash of an instance is noticed between (n - 1) and n intervals later, and a hang a timeout after
//! that, n being the failed checks in a row that it takes; that is what the manuals of nginx, HAProxy, Kubernetes, AWS and
//! Envoy describe. The next check begins an interval after the last one began, or when that one is over.

use super::Standing;
use crate::model::HealthCheck;
use crate::random::{Stream, StreamName};
use crate::time::SimTime;

/// What is known of one instance.
#[derive(Clone, Debug)]
struct Probe {
    /// When its next event is: a check begins, or has waited long enough.
    due: SimTime,
    begun: SimTime,
    waits: bool,
    is_out: bool,
    fails: u32,
    passes: u32,
    jitter: Stream,
}

#[derive(Clone, Debug)]
pub(crate) struct Active {
    rule: HealthCheck,
    probes: Vec<Probe>,
}

/// What an event of a check led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checked {
    /// Whether the instance is to be left out from now on; none: as before.
    pub is_out: Option<bool>,
    /// When the next event is.
    pub next: SimTime,
}

impl Active {
    /// Checks don't begin when the trial does: the phase of each instance is part of what chance decides.
    pub fn new(rule: HealthCheck, instances: u32, seed: u64, trial: u64, name: StreamName) -> Self {
        let probe = |i: u32| {
            let mut stream = Stream::open(seed, trial, name.index(u64::from(i)));
            let due = SimTime::ZERO + rule.interval.scaled(stream.uniform());
            Probe {
                due,
                begun: due,
                waits: false,
                is_out: false,
                fails: 0,
                passes: 0,
                jitter: stream,
            }
        };
        Self {
            rule,
            probes: (0..instances).map(probe).collect(),
        }
    }

    /// When each instance's next event is.
    pub fn due(&self) -> impl Iterator<Item = SimTime> {
        self.probes.iter().map(|p| p.due)
    }

    /// An event of an instance's checks has come; none if it is void.
    pub fn look(&mut self, at: u32, now: SimTime, standing: Standing) -> Option<Checked> {
        let probe = &mut self.probes[at as usize];
        if probe.due != now {
            return None;
        }
        if !probe.waits && standing == Standing::Hangs {
            probe.begun = now;
            probe.waits = true;
            probe.due = now + self.rule.timeout;
            return Some(Checked {
                is_out: None,
                next: probe.due,
            });
        }
        if !probe.waits {
            probe.begun = now;
        }
        let has_passed = standing == Standing::Up && !probe.waits;
        Some(self.end(at, now, has_passed))
    }

    /// An instance that was silent has answered, or was restarted: a check that waits for it ends now. None if no check waits.
    pub fn end_waiting(&mut self, at: u32, now: SimTime, has_answered: bool) -> Option<Checked> {
        let waits = self.probes[at as usize].waits;
        waits.then(|| self.end(at, now, has_answered))
    }

    fn end(&mut self, at: u32, now: SimTime, has_passed: bool) -> Checked {
        let rule = &self.rule;
        let probe = &mut self.probes[at as usize];
        let was_out = probe.is_out;
        if has_passed {
            probe.fails = 0;
            probe.passes = probe.passes.saturating_add(1);
            probe.is_out &= probe.passes < rule.passes;
        } else {
            probe.passes = 0;
            probe.fails = probe.fails.saturating_add(1);
            probe.is_out |= probe.fails >= rule.fails;
        }
        probe.waits = false;
        let mut next = probe.begun + rule.interval;
        if !rule.jitter.is_zero() {
            next += rule.jitter.scaled(probe.jitter.uniform());
        }
        probe.due = next.max(now);
        Checked {
            is_out: (probe.is_out != was_out).then_some(probe.is_out),
            next: probe.due,
        }
    }
}
