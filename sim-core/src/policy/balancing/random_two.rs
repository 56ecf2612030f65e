//! The less loaded for its weight of two distinct instances drawn by weight, the later one on a tie.
//!
//! nginx's `random two least_conn` (1.31.5-dev, `src/http/modules/ngx_http_upstream_random_module.c`).

use super::Candidates;
use super::random::Ranges;
use crate::random::Stream;

/// Drawing the first instance again is given up after as many tries as nginx makes.
const MOST_TRIES: u32 = 20;

#[derive(Clone, Debug)]
pub(crate) struct RandomTwo {
    stream: Stream,
    ranges: Ranges,
}

impl RandomTwo {
    pub fn new(stream: Stream) -> Self {
        Self {
            stream,
            ranges: Ranges::default(),
        }
    }

    pub fn next(&mut self, candidates: Candidates<'_>) -> u32 {
        let mut draw = self.stream.next();
        let first = self.ranges.pick(candidates, draw.uniform());
        for _ in 0..MOST_TRIES {
            let second = self.ranges.pick(candidates, draw.uniform());
            if second != first {
                return if candidates.is_less_loaded(first, second) {
                    first
                } else {
                    second
                };
            }
        }
        first
    }
}
