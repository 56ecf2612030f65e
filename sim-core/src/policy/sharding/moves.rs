//! What moves from where to where when the rule or the number of shards changes.

use super::Placement;

/// Keys that are looked at; with more of them, so many at even distances stand for all.
const MOST_SAMPLED: u64 = 20_000;
/// Keys that are looked at where nobody says how many there are.
const UNKNOWN: u64 = 1 << 20;

/// The keys that leave each shard.
#[derive(Clone, Debug)]
pub(crate) struct Moves {
    /// For every shard where a sample of what leaves it goes.
    targets: Vec<Vec<u32>>,
    sampled: u64,
}

impl Moves {
    pub fn new(before: &Placement, after: &Placement, shards: u32, keys: Option<u64>) -> Self {
        let keys = keys.unwrap_or(UNKNOWN).max(1);
        let sampled = keys.min(MOST_SAMPLED);
        let mut targets = vec![Vec::new(); shards as usize];
        for i in 0..sampled {
            let key = (u128::from(i) * u128::from(keys) / u128::from(sampled)) as u64;
            let (from, to) = (before.of(key), after.of(key));
            if from != to {
                targets[from as usize].push(to);
            }
        }
        Self { targets, sampled }
    }

    /// The share of all keys that leaves each shard.
    pub fn shares(&self) -> impl Iterator<Item = f64> {
        let all = self.sampled as f64;
        self.targets.iter().map(move |t| t.len() as f64 / all)
    }

    /// Where the pieces of what leaves each shard go, again and again in this order.
    pub fn into_targets(self) -> Vec<Vec<u32>> {
        self.targets
    }
}
