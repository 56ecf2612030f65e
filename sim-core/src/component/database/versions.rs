//! Which replica of a quorum has which version of a key, for the keys that not all replicas have alike.

use std::collections::HashMap;

use crate::engine::NO_KEY;
use crate::policy::eviction::HashOfKey;

/// A replica that has everything has this version of a key that nothing is known of.
pub(super) const ALL: u32 = u32::MAX;

/// What is known of a key.
#[derive(Debug)]
struct Known {
    /// Where its replicas' versions are.
    place: u32,
    newest: u32,
    /// The newest one that was answered.
    answered: u32,
}

#[derive(Debug)]
pub(super) struct Versions {
    /// Replicas of a key.
    n: u32,
    keys: HashMap<u64, Known, HashOfKey>,
    /// The versions that the replicas have, `n` for every place.
    have: Vec<u32>,
    free: Vec<u32>,
    /// The version of the last write. Versions are counted over all keys.
    last: u32,
}

impl Versions {
    pub fn new(n: u32) -> Self {
        Self {
            n,
            keys: HashMap::default(),
            have: Vec::new(),
            free: Vec::new(),
            last: 0,
        }
    }

    fn at(&self, place: u32, replica: u32) -> usize {
        place as usize * self.n as usize + replica as usize
    }

    /// The newest version that was answered: what a read that begins now must see.
    pub fn answered(&self, key: u64) -> u32 {
        self.keys.get(&key).map_or(0, |k| k.answered)
    }

    /// A write begins: its version.
    pub fn begin(&mut self, key: u64) -> u32 {
        let before = self.last;
        self.last += 1;
        if key == NO_KEY {
            return self.last;
        }
        if let Some(known) = self.keys.get_mut(&key) {
            known.newest = self.last;
            return self.last;
        }
        let place = self.free.pop().unwrap_or_else(|| {
            let place = self.have.len() / self.n as usize;
            self.have.resize(self.have.len() + self.n as usize, 0);
            u32::try_from(place).unwrap_or(u32::MAX)
        });
        let first = self.at(place, 0);
        // So far all have everything.
        self.have[first..first + self.n as usize].fill(before);
        let known = Known {
            place,
            newest: self.last,
            answered: 0,
        };
        self.keys.insert(key, known);
        self.last
    }

    /// The version of a key that a replica has.
    pub fn of(&self, key: u64, replica: u32) -> u32 {
        let known = self.keys.get(&key);
        known.map_or(ALL, |k| self.have[self.at(k.place, replica)])
    }

    /// A replica has a version now; an older one changes nothing (the last writer wins).
    pub fn put(&mut self, key: u64, replica: u32, version: u32) {
        if let Some(place) = self.keys.get(&key).map(|k| k.place) {
            let at = self.at(place, replica);
            self.have[at] = self.have[at].max(version);
            self.forget(key);
        }
    }

    /// A write was answered.
    pub fn answer(&mut self, key: u64, version: u32) {
        if let Some(known) = self.keys.get_mut(&key) {
            known.answered = known.answered.max(version);
            self.forget(key);
        }
    }

    /// A replica that was down is told what it missed: the others kept it for it (hinted handoff).
    pub fn hand_off(&mut self, replica: u32) {
        for known in self.keys.values() {
            let first = known.place as usize * self.n as usize;
            let have = &mut self.have[first..first + self.n as usize];
            have[replica as usize] = have.iter().copied().max().unwrap_or(0);
        }
        let keys: Vec<u64> = self.keys.keys().copied().collect();
        keys.into_iter().for_each(|key| self.forget(key));
    }

    /// Forgets a key that all replicas have alike.
    fn forget(&mut self, key: u64) {
        let Some(known) = self.keys.get(&key) else {
            return;
        };
        let first = self.at(known.place, 0);
        let have = &self.have[first..first + self.n as usize];
        if known.answered == known.newest && have.iter().all(|v| *v == known.newest) {
            self.free.push(known.place);
            self.keys.remove(&key);
        }
    }
}
