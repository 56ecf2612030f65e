//! The instance with the fewest calls out, the first on a tie.
//!
//! The least_conn of nginx with equal weights differs in its tie rule: it goes round among the tied.

use super::Backends;

#[derive(Clone, Debug)]
pub(crate) struct LeastOutstanding;

impl LeastOutstanding {
    #[inline]
    pub fn next(&self, backends: &Backends) -> u32 {
        let all = backends.candidates.len() == backends.outstanding.len();
        match backends.with_load.get(backends.least) {
            Some(bits) if all => bits.trailing_zeros(),
            _ => first_of_least(backends),
        }
    }
}

/// The same by looking at each candidate: where some are left out, or there are many.
fn first_of_least(backends: &Backends) -> u32 {
    backends
        .candidates
        .iter()
        .copied()
        .min_by_key(|i| backends.outstanding[*i as usize])
        .unwrap_or(0)
}
