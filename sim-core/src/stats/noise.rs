//! Noise for the tests of the statistics: an autoregression of order 1, from zero and without end.
//!
//! Each step keeps `memory` of the last and adds the sum of four uniform numbers less two, which is nearly normal.

use crate::random::{Stream, StreamName};

pub(super) fn autoregression(seed: u64, memory: f64) -> impl Iterator<Item = f64> {
    let (mut draws, mut level) = (Stream::open(seed, 0, StreamName::new("noise")), 0.0);
    std::iter::repeat_with(move || {
        let uniforms: f64 = (0..4).map(|_| draws.uniform()).sum();
        level = memory * level + uniforms - 2.0;
        level
    })
}
