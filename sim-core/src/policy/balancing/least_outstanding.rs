//! The instance with the fewest calls out, the first on a tie.
//!
//! The least_conn of nginx with equal weights differs in its tie rule: it goes round among the tied.

use super::Backends;

#[derive(Clone, Debug)]
pub(crate) struct LeastOutstanding;

impl LeastOutstanding {
    #[inline]
    pub fn next(&self, backends: &Backends) -> u32 {
        let mut least = u32::MAX;
        let mut at = 0;
        if backends.candidates.len() == backends.outstanding.len() {
            for (i, out) in (0u32..).zip(&backends.outstanding) {
                if *out < least {
                    least = *out;
                    at = i;
                }
            }
        } else {
            for i in &backends.candidates {
                let out = backends.outstanding[*i as usize];
                if out < least {
                    least = out;
                    at = *i;
                }
            }
        }
        at
    }
}
