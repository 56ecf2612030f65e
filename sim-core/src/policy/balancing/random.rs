//! Uniformly, whatever the load.

use super::Backends;
use crate::random::Stream;

#[derive(Clone, Debug)]
pub(crate) struct Random {
    stream: Stream,
}

impl Random {
    pub fn new(stream: Stream) -> Self {
        Self { stream }
    }

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "drawn below the number of candidates"
    )]
    pub fn next(&mut self, backends: &Backends) -> u32 {
        backends.candidates[self.stream.below(backends.candidates.len() as u64) as usize]
    }
}
