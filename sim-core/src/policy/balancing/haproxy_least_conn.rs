//! The instance with the smallest key of calls out and weight; one of the tied at random.
//!
//! HAProxy's `leastconn` (3.5-dev, `src/lb_fwlc.c`): the key of an idle server is 0, else (calls + 1) * 4096 / (16 * weight), in whole
//! numbers, so that servers with few calls for their weight may tie. The order inside a key isn't specified: recent
//! versions insert at a random place.

use super::Candidates;
use super::random::tied;
use crate::random::Stream;

/// HAProxy multiplies a weight with this, so that slow start has steps.
const WEIGHT_SCALE: f64 = 16.0;
const KEY_SCALE: u64 = 4096;

#[derive(Clone, Debug)]
pub(crate) struct HaproxyLeastConn {
    stream: Stream,
}

impl HaproxyLeastConn {
    pub fn new(stream: Stream) -> Self {
        Self { stream }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a weight is at most a million"
    )]
    pub fn next(&mut self, candidates: Candidates<'_>) -> u32 {
        let keys = candidates.list.iter().map(|at| {
            let effective = candidates.of.share(*at) * WEIGHT_SCALE;
            key(candidates.load(*at), (effective as u32).max(1))
        });
        tied(candidates.list, keys, &mut self.stream)
    }
}

/// The key by which servers are ordered.
pub(super) fn key(calls: u32, effective_weight: u32) -> u64 {
    match calls {
        0 => 0,
        calls => (u64::from(calls) + 1) * KEY_SCALE / u64::from(effective_weight.max(1)),
    }
}
