//! The instance with the fewest calls out for its weight, the first on a tie.
//!
//! The least_conn of nginx with equal weights differs in its tie rule: it goes round among the tied.

use super::Candidates;

#[derive(Clone, Debug)]
pub(crate) struct LeastOutstanding;

impl LeastOutstanding {
    #[inline]
    pub fn next(&self, candidates: Candidates<'_>) -> u32 {
        match candidates.first_of_least() {
            Some(at) => at,
            None => first_of_least(candidates),
        }
    }
}

/// The same by looking at each candidate: where some are left out, there are many, or their weights differ.
fn first_of_least(candidates: Candidates<'_>) -> u32 {
    let mut least = candidates.list[0];
    for at in &candidates.list[1..] {
        if candidates.is_less_loaded(*at, least) {
            least = *at;
        }
    }
    least
}
