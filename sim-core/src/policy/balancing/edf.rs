//! In turn by weight, by the earliest deadline: with weights 5, 1, 1 the turns are 0 0 0 0 1 2 0, unlike nginx's.
//!
//! Envoy's weighted round robin (`source/common/upstream/edf_scheduler.h`, main of July 2026): an instance's deadline lies
//! 1/weight after its last, the earliest is chosen, ties go by the order in which they were put in. When the schedule is
//! built every weight is a trifle larger, which decides exact ties, and it is turned on by a random number of turns, so
//! that not every balancer begins with the same instance. It is built anew whenever other instances may be chosen.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Candidates;
use crate::random::Stream;

/// What is added to every weight when the schedule is built.
const TRIFLE: f64 = 1e-13;

#[derive(Clone, Debug)]
pub(crate) struct Edf {
    schedule: Schedule,
    stream: Stream,
    version: Option<u32>,
}

impl Edf {
    pub fn new(stream: Stream) -> Self {
        Self {
            schedule: Schedule::default(),
            stream,
            version: None,
        }
    }

    pub fn next(&mut self, candidates: Candidates<'_>) -> u32 {
        self.weighed(candidates, |at| candidates.of.share(at))
    }

    /// A turn where instances weigh this much.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "drawn below the number of candidates"
    )]
    pub fn weighed(&mut self, candidates: Candidates<'_>, weight: impl Fn(u32) -> f64) -> u32 {
        if self.version != Some(candidates.version) {
            self.version = Some(candidates.version);
            self.schedule.build(candidates.list, &weight);
            let turns = self.stream.below(candidates.list.len() as u64) as u32;
            for _ in 0..turns {
                self.schedule.turn(&weight);
            }
        }
        self.schedule.turn(&weight)
    }
}

/// Instances by deadline.
#[derive(Clone, Debug, Default)]
pub(super) struct Schedule {
    /// The bits of the deadline, which are ordered as it is because it is positive; the order of entry; the instance.
    due: BinaryHeap<Reverse<(u64, u64, u32)>>,
    now: f64,
    entered: u64,
}

impl Schedule {
    /// A schedule of these instances, before the first turn.
    pub fn build(&mut self, list: &[u32], weight: impl Fn(u32) -> f64) {
        self.due.clear();
        self.now = 0.0;
        self.entered = 0;
        for at in list {
            self.enter(*at, weight(*at) + TRIFLE);
        }
    }

    /// The next instance; it enters again with the weight that it has now.
    pub fn turn(&mut self, weight: impl Fn(u32) -> f64) -> u32 {
        let Some(Reverse((due, _, at))) = self.due.pop() else {
            return 0;
        };
        self.now = f64::from_bits(due);
        self.enter(at, weight(at));
        at
    }

    fn enter(&mut self, at: u32, weight: f64) {
        let due = self.now + 1.0 / weight.max(f64::MIN_POSITIVE);
        self.due.push(Reverse((due.to_bits(), self.entered, at)));
        self.entered += 1;
    }
}
