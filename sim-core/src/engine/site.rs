//! Call sites: the places in the model from which calls are made, with their patience and their retries.

use super::frames::Ask;
use crate::model::{Access, Backoff, Call, Jitter, Retry};
use crate::random::{Stream, StreamName};
use crate::time::{SimDuration, SimTime};

/// Seconds for which a retry budget looks back.
const BUDGET_SECONDS: u64 = 10;
const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Who chooses an instance for calls from a site: a balancer, by one of its views.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chooser {
    /// The balancer.
    pub component: u16,
    /// The view's number among those of all balancers.
    pub view: u16,
    /// The view's place among the balancer's own.
    pub place: u16,
}

#[derive(Debug)]
pub(crate) struct Site {
    pub target: u16,
    pub ask: Ask,
    /// The operation, where it isn't the caller's own.
    pub op: Option<u16>,
    /// The plan that is asked of a pool of connections.
    pub part: u16,
    /// The ring of its timeout.
    pub ring: Option<u16>,
    /// Who chooses an instance for calls from here, where these are a balancer's.
    pub chooser: Option<Chooser>,
    retry: Option<Retry>,
    budget: Option<Budget>,
    pauses: Stream,
}

impl Site {
    pub fn new(call: &Call, ring: Option<u16>, seed: u64, trial: u64, name: StreamName) -> Self {
        let (ask, op) = match call.access {
            Access::Same => (Ask::Op, None),
            Access::Op(op) => (Ask::Op, Some(op.0)),
            Access::Part(_) => (Ask::Op, None),
            Access::Get => (Ask::Get, None),
            Access::Put => (Ask::Put, None),
            Access::Read => (Ask::Read, None),
            Access::Write => (Ask::Write, None),
        };
        Self {
            target: call.target.0,
            ask,
            op,
            part: if let Access::Part(part) = call.access {
                part
            } else {
                0
            },
            ring,
            chooser: None,
            retry: call.retry.clone(),
            budget: call.retry.as_ref().and_then(|r| r.budget).map(Budget::new),
            pauses: Stream::open(seed, trial, name.purpose("backoff")),
        }
    }

    /// A call begins here: it adds to what the budget allows.
    #[inline]
    pub fn note_call(&mut self, now: SimTime) {
        if let Some(budget) = &mut self.budget {
            budget.add(now, budget.share);
        }
    }

    /// The pause before another try, after `attempts` that failed; none: no further try.
    pub fn next_pause(&mut self, now: SimTime, attempts: u8) -> Option<SimDuration> {
        let retry = self.retry.as_ref()?;
        if attempts >= retry.attempts {
            return None;
        }
        if let Some(budget) = &mut self.budget
            && !budget.take(now)
        {
            return None;
        }
        let pause = match retry.backoff {
            Backoff::Constant(t) => t,
            Backoff::Exponential { base, max } => {
                let doubled = base
                    .as_nanos()
                    .saturating_mul(1 << u32::from(attempts.saturating_sub(1)).min(62));
                SimDuration::from_nanos(doubled.min(max.as_nanos()))
            }
        };
        let mut draw = self.pauses.next();
        Some(match retry.jitter {
            Jitter::None => pause,
            Jitter::Full => pause.scaled(draw.uniform()),
            Jitter::Equal => pause.scaled(0.5 + 0.5 * draw.uniform()),
        })
    }
}

/// Retries as a share of the calls of the last ten seconds, as in Finagle's RetryBudget (without its minimum per second).
#[derive(Debug)]
struct Budget {
    share: f64,
    /// What is left of each of the last seconds.
    left: [f64; BUDGET_SECONDS as usize],
    second: u64,
}

impl Budget {
    fn new(share: f64) -> Self {
        Self {
            share,
            left: [0.0; BUDGET_SECONDS as usize],
            second: 0,
        }
    }

    /// Forgets what is older than ten seconds.
    fn turn_to(&mut self, now: SimTime) -> usize {
        let second = now.as_nanos() / NANOS_PER_SECOND;
        let passed = (second - self.second).min(BUDGET_SECONDS);
        for s in 0..passed {
            self.left[((second - s) % BUDGET_SECONDS) as usize] = 0.0;
        }
        self.second = second;
        (second % BUDGET_SECONDS) as usize
    }

    #[inline(never)]
    fn add(&mut self, now: SimTime, amount: f64) {
        let at = self.turn_to(now);
        self.left[at] += amount;
    }

    /// Takes one retry out of the budget, the oldest first.
    fn take(&mut self, now: SimTime) -> bool {
        let at = self.turn_to(now);
        if self.left.iter().sum::<f64>() < 1.0 {
            return false;
        }
        let mut owed = 1.0;
        for s in 1..=self.left.len() {
            let left = &mut self.left[(at + s) % BUDGET_SECONDS as usize];
            let paid = left.min(owed);
            *left -= paid;
            owed -= paid;
        }
        true
    }
}
