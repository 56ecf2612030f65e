//! What a point is known by in a store: 128 bits of everything that its trials depend on.
//!
//! The hash is FNV-1a with 128 bits (G. Fowler, L. C. Noll, K.-P. Vo, D. Eastlake, "The FNV Non-Cryptographic Hash Algorithm",
//! IETF draft): a change by accident is noticed but for one in 2^128 cases, and nobody gains from making one on purpose in
//! a folder of their own.

use std::fmt::{self, Debug, Write};

use sim_core::model::Description;

const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// A hash under way.
#[derive(Clone, Copy, Debug)]
pub struct Fingerprint(u128);

impl Default for Fingerprint {
    fn default() -> Self {
        Self(OFFSET)
    }
}

impl Fingerprint {
    /// Takes in bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(PRIME);
        }
    }

    /// Takes in a value as it is written for a programmer, which leaves out nothing: floats with all their digits.
    pub fn value(&mut self, value: &dyn Debug) {
        // Nothing can go wrong in writing to a hash. The end is marked, so that no two lists of values look alike.
        let _ = write!(self, "{value:?}\0");
    }

    /// Takes in a whole system.
    pub fn system(&mut self, d: &Description) {
        let Description {
            duration,
            warm_up,
            operations_that_write,
            key_spaces,
            traces,
            clients,
            components,
            network,
            faults,
        } = d;
        self.value(&(duration, warm_up, operations_that_write, key_spaces));
        self.value(&(clients, components, network, faults));
        // Recorded requests may be millions: their bits are faster than their digits.
        for trace in traces {
            self.value(&(trace.times.len(), trace.columns.len()));
            trace.times.iter().for_each(|t| self.bytes(&t.to_le_bytes()));
            let cells = trace.columns.iter().flat_map(|c| c.iter());
            cells.for_each(|x| self.bytes(&x.to_bits().to_le_bytes()));
        }
    }

    /// The hash of all that was taken in.
    #[must_use]
    pub fn finish(self) -> u128 {
        self.0
    }
}

impl Write for Fingerprint {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.bytes(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::systems::mm1;

    #[test]
    fn the_authors_own_vectors() {
        for (text, expect) in [
            ("", 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d),
            ("a", 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964),
            ("foobar", 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18_u128),
        ] {
            let mut f = Fingerprint::default();
            f.bytes(text.as_bytes());
            assert_eq!(f.finish(), expect, "{text}");
        }
    }

    #[test]
    fn the_least_change_of_a_system_is_noticed() {
        let of = |utilization: f64, duration_s: f64| {
            let mut f = Fingerprint::default();
            f.system(mm1(utilization, duration_s).model().description());
            f.finish()
        };
        assert_eq!(of(0.5, 3.0), of(0.5, 3.0));
        assert_ne!(of(0.5, 3.0), of(0.5 * (1.0 + f64::EPSILON), 3.0));
        assert_ne!(of(0.5, 3.0), of(0.5, 3.000_000_001));
    }
}
