//! In turn, whatever the load; an instance that may not be chosen is passed over.

use super::Backends;

#[derive(Clone, Debug, Default)]
pub(crate) struct RoundRobin {
    next: u32,
}

impl RoundRobin {
    #[inline]
    pub fn next(&mut self, backends: &Backends) -> u32 {
        // The candidates are in order: the first that isn't before the turn has it.
        let at = match backends.candidates.get(self.next as usize) {
            // Nobody is left out: the turn is the place.
            Some(at) if *at == self.next => *at,
            _ => {
                let place = backends.candidates.partition_point(|c| *c < self.next);
                backends
                    .candidates
                    .get(place)
                    .or(backends.candidates.first())
                    .copied()
                    .unwrap_or(0)
            }
        };
        self.next = at + 1;
        at
    }
}
