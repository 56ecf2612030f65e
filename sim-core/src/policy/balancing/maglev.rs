//! A table of prime size in which every instance has claimed its entries in turn: a look-up is one step, and few entries move
//! when an instance goes.
//!
//! D. E. Eisenbud and others, "Maglev: a fast and reliable software network load balancer", NSDI 2016, section 3.4, as Envoy
//! builds it (`source/extensions/load_balancing_policies/maglev/maglev_lb.cc`, main of July 2026): hosts take turns in the order of their
//! names, each along its own permutation of the table; a lighter host passes as often as its weight asks for.

use super::consistent_hash::{Host, xx};

#[derive(Clone, Debug)]
pub(super) struct Maglev {
    table: Vec<u32>,
}

/// No entry yet.
const EMPTY: u32 = u32::MAX;

impl Maglev {
    pub fn new(hosts: &[Host], size: u32) -> Self {
        let m = u64::from(size);
        let mut order: Vec<&Host> = hosts.iter().collect();
        order.sort_by(|a, b| a.name.cmp(&b.name));
        let heaviest = order.iter().map(|h| h.weight).fold(0.0, f64::max);
        struct Claim {
            at: u32,
            weight: f64,
            target: f64,
            place: u64,
            skip: u64,
        }
        let mut claims: Vec<Claim> = order
            .iter()
            .map(|h| Claim {
                at: h.at,
                weight: h.weight,
                target: 0.0,
                place: xx(&h.name) % m,
                skip: xxhash_rust::xxh64::xxh64(&h.name, 1) % (m - 1) + 1,
            })
            .collect();
        let mut table = vec![EMPTY; size as usize];
        let mut taken = 0;
        let mut turn = 0.0;
        while taken < table.len() && !claims.is_empty() {
            turn += 1.0;
            for claim in &mut claims {
                if taken == table.len() {
                    break;
                }
                if turn * claim.weight < claim.target {
                    continue;
                }
                claim.target += heaviest;
                while table[claim.place as usize] != EMPTY {
                    claim.place = (claim.place + claim.skip) % m;
                }
                table[claim.place as usize] = claim.at;
                claim.place = (claim.place + claim.skip) % m;
                taken += 1;
            }
        }
        Self { table }
    }

    /// The instance of a hash; a further attempt hashes elsewhere.
    pub fn at(&self, hash: u64, attempt: u32) -> u32 {
        let hash = if attempt > 0 {
            hash ^ u64::from(attempt).wrapping_neg()
        } else {
            hash
        };
        self.table[(hash % self.table.len() as u64) as usize]
    }

    #[cfg(test)]
    pub fn table(&self) -> &[u32] {
        &self.table
    }
}
