//! In turn, whatever the load; an instance that may not be chosen is passed over.
//!
//! Where the instances have unequal weights, or one has only a part of its weight for now, turns are taken as by
//! [`WeightedRoundRobin`], which is what nginx always does.

use super::{Candidates, WeightedRoundRobin};

#[derive(Clone, Debug, Default)]
pub(crate) struct RoundRobin {
    next: u32,
    uneven: WeightedRoundRobin,
}

impl RoundRobin {
    #[inline]
    pub fn next(&mut self, candidates: Candidates<'_>) -> u32 {
        if !candidates.is_even {
            return self.uneven.next(candidates);
        }
        let list = candidates.list;
        // The candidates are in order: the first that isn't before the turn has it.
        let at = match list.get(self.next as usize) {
            // Nobody is left out: the turn is the place.
            Some(at) if *at == self.next => *at,
            _ => {
                let place = list.partition_point(|c| *c < self.next);
                list.get(place).or(list.first()).copied().unwrap_or(0)
            }
        };
        self.next = at + 1;
        at
    }
}
