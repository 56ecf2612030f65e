//! Keys that were written lately: who reads one must be shown what was written.
//!
//! Reading one's own writes at the leader (M. Kleppmann, "Designing Data-Intensive Applications", 2017, chapter 5). A key stands for
//! what a user works on, so that whoever reads it is taken for the one who wrote it.

use std::collections::{HashMap, VecDeque};

use crate::engine::NO_KEY;
use crate::policy::eviction::HashOfKey;
use crate::time::{SimDuration, SimTime};

#[derive(Debug)]
pub(super) struct Recent {
    lasts: SimDuration,
    until: HashMap<u64, SimTime, HashOfKey>,
    /// In the order of the writes, to forget them; empty where nothing is ever forgotten.
    order: VecDeque<(SimTime, u64)>,
}

impl Recent {
    pub fn new(lasts: SimDuration) -> Self {
        Self {
            lasts,
            until: HashMap::default(),
            order: VecDeque::new(),
        }
    }

    #[inline]
    pub fn has(&self, key: u64, now: SimTime) -> bool {
        self.until.get(&key).is_some_and(|until| *until > now)
    }

    /// A key was written.
    pub fn note(&mut self, key: u64, now: SimTime) {
        if key == NO_KEY {
            return;
        }
        // Times saturate: what lasts for ever ends at the end of time.
        let until = now + self.lasts;
        self.until.insert(key, until);
        if until == SimTime::MAX {
            return;
        }
        self.order.push_back((until, key));
        while let Some(&(until, key)) = self.order.front().filter(|w| w.0 <= now) {
            self.order.pop_front();
            if self.until.get(&key) == Some(&until) {
                self.until.remove(&key);
            }
        }
    }
}
