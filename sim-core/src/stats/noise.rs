//! Noise for the tests of the statistics: an autoregression of order 1, from zero and without end.
//!
//! Each step keeps `memory` of the last and adds the sum of four uniform numbers less two, which is nearly normal; the numbers are
//! those of Knuth's linear congruential generator (MMIX).

pub(super) fn autoregression(seed: u64, memory: f64) -> impl Iterator<Item = f64> {
    let (mut state, mut level) = (seed, 0.0);
    std::iter::repeat_with(move || {
        let mut uniform = 0.0;
        for _ in 0..4 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            uniform += (state >> 11) as f64 / (1u64 << 53) as f64;
        }
        level = memory * level + uniform - 2.0;
        level
    })
}
