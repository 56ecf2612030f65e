//! By a table that somebody keeps: every popular key is placed by itself, where the least load is, and all others in slots.
//!
//! The slots are Redis Cluster's (its specification: 16384 hash slots, moved one by one), the placement by load is the greedy rule of R. L.
//! Graham ("Bounds on multiprocessing timing anomalies", SIAM J. Appl. Math. 17, 1969). No placement helps a key that alone
//! asks for more than a shard can do.

use crate::policy::eviction::hash;
use crate::random::Popularity;

/// Slots for the keys that aren't placed by themselves.
const SLOTS: u64 = 16_384;
/// Keys that are placed by themselves, at most.
const MOST_PLACED: u64 = 4_096;

#[derive(Clone, Debug)]
pub(crate) struct Directory {
    /// The shards of the most popular keys, by rank.
    placed: Vec<u32>,
    /// The shards of the slots.
    slots: Vec<u32>,
}

impl Directory {
    pub fn new(shards: u32, popularity: Option<&Popularity>) -> Self {
        let count = popularity.map_or(0, |p| p.keys().min(MOST_PLACED));
        let share = |rank| popularity.map_or(0.0, |p| p.probability(rank));
        let rest = 1.0 - popularity.map_or(0.0, |p| p.share_of_top(count));
        let mut loads = vec![0.0_f64; shards as usize];
        // The lightest shard gets the next piece; the heaviest pieces come first.
        let mut place = |weight: f64| {
            let mut at = 0;
            for (i, load) in loads.iter().enumerate() {
                if *load < loads[at] {
                    at = i;
                }
            }
            loads[at] += weight;
            u32::try_from(at).unwrap_or(0)
        };
        let placed = (0..count).map(|rank| place(share(rank))).collect();
        // A slot weighs something even where no load is known, so that slots are dealt evenly.
        let slot = rest.max(1e-12) / SLOTS as f64;
        let slots = (0..SLOTS).map(|_| place(slot)).collect();
        Self { placed, slots }
    }

    #[inline]
    pub fn of(&self, key: u64) -> u32 {
        match self.placed.get(usize::try_from(key).unwrap_or(usize::MAX)) {
            Some(shard) => *shard,
            None => self.slots[(hash(key) % SLOTS) as usize],
        }
    }
}
