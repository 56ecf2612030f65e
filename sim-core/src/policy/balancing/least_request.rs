//! Envoy's least request: a few instances drawn with replacement while all weigh the same, a schedule that calls out make
//! slower where they don't.
//!
//! Envoy, `source/extensions/load_balancing_policies/least_request` (main of July 2026). With equal weights the later of the
//! drawn wins only if it has strictly fewer calls out; a full scan takes the least of all, one of the tied at random. With
//! unequal ones it is [`Edf`] with weight / (calls out + 1)^bias, as it is when an instance enters the schedule again.

use super::random::tied;
use super::{Candidates, Edf};
use crate::math::pow;
use crate::model::LeastRequest as Rule;
use crate::random::Stream;

#[derive(Clone, Debug)]
pub(crate) struct LeastRequest {
    rule: Rule,
    stream: Stream,
    uneven: Edf,
}

impl LeastRequest {
    pub fn new(rule: Rule, stream: Stream) -> Self {
        Self {
            rule,
            uneven: Edf::new(stream.clone()),
            stream,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "drawn below the number of candidates"
    )]
    pub fn next(&mut self, candidates: Candidates<'_>) -> u32 {
        if !candidates.is_even {
            let bias = self.rule.bias;
            return self.uneven.weighed(candidates, |at| {
                weight(candidates.of.share(at), candidates.load(at), bias)
            });
        }
        if self.rule.is_full_scan {
            let loads = candidates.list.iter().map(|at| u64::from(candidates.load(*at)));
            return tied(candidates.list, loads, &mut self.stream);
        }
        let mut draw = self.stream.next();
        let n = candidates.list.len() as u64;
        least_of(candidates, self.rule.choices, || draw.below(n) as usize)
    }
}

/// The least loaded of so many drawn, with replacement; the first of the tied.
pub(super) fn least_of(candidates: Candidates<'_>, choices: u32, mut draw: impl FnMut() -> usize) -> u32 {
    let mut least = candidates.list[draw()];
    for _ in 1..choices {
        let at = candidates.list[draw()];
        if candidates.load(at) < candidates.load(least) {
            least = at;
        }
    }
    least
}

/// What an instance weighs with so many calls out.
pub(super) fn weight(share: f64, calls: u32, bias: f64) -> f64 {
    let busy = f64::from(calls) + 1.0;
    if bias == 1.0 {
        share / busy
    } else if bias == 0.0 {
        share
    } else {
        share / pow(busy, bias)
    }
}
