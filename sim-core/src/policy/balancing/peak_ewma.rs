//! The less costly of two distinct instances drawn at random, where a cost is the recent latency times the calls out: it
//! jumps up with every slow answer and decays slowly.
//!
//! Finagle's peak EWMA (`finagle-core/src/main/scala/com/twitter/finagle/loadbalancer/PeakEwma.scala`; linkerd 2 has the same):
//! an answer above the average replaces it, one below moves it by 1 - exp(-time since the last look / decay), and merely
//! looking decays it as an answer of no latency would. The cost is the average times (calls out + 1); an instance of which
//! nothing is known yet is free, and shunned while its first call is out.

use super::{Answer, Candidates};
use crate::math::exp;
use crate::random::Stream;
use crate::time::{SimDuration, SimTime};

/// The cost of an instance that hasn't answered yet and has calls out.
const UNKNOWN: f64 = 1e150;

#[derive(Clone, Debug)]
pub(crate) struct PeakEwma {
    decay: f64,
    /// For every instance its average latency in nanoseconds, and when that was.
    averages: Vec<(f64, SimTime)>,
    stream: Stream,
}

impl PeakEwma {
    pub fn new(decay: SimDuration, stream: Stream) -> Self {
        Self {
            decay: decay.as_f64_nanos(),
            averages: Vec::new(),
            stream,
        }
    }

    /// Learns from an answer.
    pub fn note(&mut self, answer: Answer) {
        self.observe(answer.at, answer.when, answer.latency.as_f64_nanos());
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "drawn below the number of candidates"
    )]
    pub fn next(&mut self, candidates: Candidates<'_>, now: SimTime) -> u32 {
        let list = candidates.list;
        let mut draw = self.stream.next();
        let first = draw.below(list.len() as u64) as usize;
        if list.len() == 1 {
            return list[0];
        }
        let other = draw.below(list.len() as u64 - 1) as usize;
        let second = other + usize::from(other >= first);
        let (first, second) = (list[first], list[second]);
        if self.cost(first, candidates, now) <= self.cost(second, candidates, now) {
            first
        } else {
            second
        }
    }

    fn cost(&mut self, at: u32, candidates: Candidates<'_>, now: SimTime) -> f64 {
        let average = self.observe(at, now, 0.0);
        let calls = f64::from(candidates.load(at));
        let cost = if average == 0.0 && calls > 0.0 {
            UNKNOWN + calls
        } else {
            average * (calls + 1.0)
        };
        cost / candidates.of.share(at)
    }

    fn observe(&mut self, at: u32, now: SimTime, latency: f64) -> f64 {
        let at = at as usize;
        if self.averages.len() <= at {
            self.averages.resize(at + 1, (0.0, SimTime::ZERO));
        }
        let (average, when) = &mut self.averages[at];
        if latency > *average {
            *average = latency;
        } else {
            let kept = exp(-(now - *when).as_f64_nanos() / self.decay);
            *average = *average * kept + latency * (1.0 - kept);
        }
        *when = now;
        *average
    }
}
