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
        let weights = Weights::of(popularity);
        let mut loads = vec![0.0; shards as usize];
        // The lightest shard gets the next piece; the heaviest pieces come first.
        let mut place = |weight| {
            let at = lightest(&loads);
            loads[at as usize] += weight;
            at
        };
        let placed = weights.placed.iter().map(|w| place(*w)).collect();
        let slots = (0..SLOTS).map(|_| place(weights.slot)).collect();
        Self { placed, slots }
    }

    /// The same table for another number of shards: only what is too much for its shard, or has none any more, moves.
    pub fn changed(&self, shards: u32, popularity: Option<&Popularity>) -> Self {
        let weights = Weights::of(popularity);
        let mut table = self.clone();
        let all = || {
            weights
                .placed
                .iter()
                .copied()
                .chain(std::iter::repeat(weights.slot))
        };
        let most = self.placed.iter().chain(&self.slots).copied().max().unwrap_or(0) + 1;
        let mut loads = vec![0.0; most.max(shards) as usize];
        let entries = || self.placed.iter().chain(&self.slots);
        entries()
            .zip(all())
            .for_each(|(shard, weight)| loads[*shard as usize] += weight);
        let even = loads.iter().sum::<f64>() / f64::from(shards);
        for (shard, weight) in table.placed.iter_mut().chain(&mut table.slots).zip(all()) {
            let is_gone = *shard >= shards;
            let to = lightest(&loads[..shards as usize]);
            let fits = loads[*shard as usize] > even && loads[to as usize] + weight <= even;
            if is_gone || fits {
                loads[*shard as usize] -= weight;
                loads[to as usize] += weight;
                *shard = to;
            }
        }
        table
    }

    #[inline]
    pub fn of(&self, key: u64) -> u32 {
        match self.placed.get(usize::try_from(key).unwrap_or(usize::MAX)) {
            Some(shard) => *shard,
            None => self.slots[(hash(key) % SLOTS) as usize],
        }
    }
}

/// What the pieces of the table weigh.
struct Weights {
    placed: Vec<f64>,
    slot: f64,
}

impl Weights {
    fn of(popularity: Option<&Popularity>) -> Self {
        let count = popularity.map_or(0, |p| p.keys().min(MOST_PLACED));
        let share = |rank| popularity.map_or(0.0, |p| p.probability(rank));
        let rest = 1.0 - popularity.map_or(0.0, |p| p.share_of_top(count));
        Self {
            placed: (0..count).map(share).collect(),
            // A slot weighs something even where no load is known, so that slots are dealt evenly.
            slot: rest.max(1e-12) / SLOTS as f64,
        }
    }
}

/// The shard with the least load, the first of equals.
fn lightest(loads: &[f64]) -> u32 {
    let mut at = 0;
    for (i, load) in loads.iter().enumerate() {
        if *load < loads[at] {
            at = i;
        }
    }
    u32::try_from(at).unwrap_or(0)
}
