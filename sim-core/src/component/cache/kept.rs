//! What a node keeps: the keys in their store, and of each value until when it is good.

use crate::model::Eviction;
use crate::policy::eviction::Store;
use crate::random::{Law, Stream, StreamName};
use crate::time::SimTime;

/// The bytes of values: a key's are always the same, in every trial, for its sample is the one of its own number.
#[derive(Clone, Debug)]
pub(super) struct Sizes {
    law: Law,
    draws: Stream,
}

impl Sizes {
    pub fn new(law: &Law, seed: u64, name: StreamName) -> Self {
        Self {
            law: law.clone(),
            draws: Stream::open(seed, 0, name),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "cut off at both ends"
    )]
    pub fn of(&self, key: u64) -> u32 {
        let bytes = self.law.sample(&mut self.draws.clone().at(key).next());
        bytes.round().clamp(1.0, f64::from(u32::MAX)) as u32
    }
}

#[derive(Clone, Debug)]
pub(super) struct Kept {
    store: Store,
    /// By place: until when the value is good. Empty where values are good for ever.
    until: Vec<SimTime>,
}

impl Kept {
    pub fn new(eviction: Eviction, capacity: Option<u64>, has_sizes: bool, draws: Stream) -> Self {
        Self {
            store: Store::new(eviction, capacity, has_sizes, draws),
            until: Vec::new(),
        }
    }

    /// Whether the value is here and good.
    #[inline]
    pub fn look_up(&mut self, key: u64, now: SimTime) -> bool {
        let Some(at) = self.store.find(key) else {
            return false;
        };
        if self.until.get(at.index()).is_some_and(|until| *until <= now) {
            self.store.remove(key);
            return false;
        }
        self.store.hit(at, now);
        true
    }

    /// Keeps a value until it is evicted or `until` has come.
    pub fn insert(&mut self, key: u64, weight: u32, now: SimTime, until: Option<SimTime>) {
        let Some(at) = self.store.insert(key, weight, now) else {
            return;
        };
        if let Some(until) = until {
            if self.until.len() <= at.index() {
                self.until.resize(at.index() + 1, SimTime::MAX);
            }
            self.until[at.index()] = until;
        }
    }

    /// Forgets a value.
    pub fn remove(&mut self, key: u64) {
        self.store.remove(key);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.store.clear();
        self.until.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(eviction: Eviction, capacity: Option<u64>) -> Kept {
        Kept::new(
            eviction,
            capacity,
            false,
            Stream::open(1, 0, StreamName::new("kept")),
        )
    }

    #[test]
    fn a_value_is_good_until_its_time_and_not_at_it() {
        let mut kept = kept(Eviction::Lru, None);
        kept.insert(1, 1, SimTime::ZERO, Some(SimTime::from_nanos(10)));
        assert!(kept.look_up(1, SimTime::from_nanos(9)));
        assert!(!kept.look_up(1, SimTime::from_nanos(10)));
        assert!(!kept.look_up(1, SimTime::from_nanos(9)), "it was forgotten");
    }

    #[test]
    fn a_key_has_the_same_size_whenever_it_is_asked_for() {
        let law = Law::uniform(100.0, 200.0).expect("a law");
        let sizes = Sizes::new(&law, 1, StreamName::new("item-size"));
        let first: Vec<u32> = (0..1000).map(|k| sizes.of(k)).collect();
        let again: Vec<u32> = (0..1000).rev().map(|k| sizes.of(k)).collect();
        assert!(first.iter().eq(again.iter().rev()));
        let mean = first.iter().sum::<u32>() / 1000;
        assert!((145..155).contains(&mean) && first.iter().all(|s| (100..=200).contains(s)));
    }

    #[test]
    fn removed_and_cleared_values_are_gone_and_their_places_are_used_again() {
        let mut kept = kept(Eviction::Fifo, Some(2));
        for key in [1, 2] {
            kept.insert(key, 1, SimTime::ZERO, None);
        }
        kept.remove(1);
        kept.insert(3, 1, SimTime::ZERO, None);
        assert!(kept.look_up(2, SimTime::ZERO) && kept.look_up(3, SimTime::ZERO));
        assert_eq!(kept.store.find(3).map(|p| p.index()), Some(0));
        kept.clear();
        assert!(!kept.look_up(2, SimTime::ZERO));
    }
}
