//! The places of a cache's entries and the lists that they are in, for the members to order.
//!
//! An entry is a value that is kept, or a ghost: a key that is remembered without its value. All are in one array and linked by
//! their places, so that an access allocates nothing.

use super::index::Index;

/// No place.
pub(super) const END: u32 = u32::MAX;
/// Lists from this number on are of ghosts.
pub(super) const GHOSTS: u8 = 0x80;
const FREE: u8 = u8::MAX;

/// One entry.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub key: u64,
    pub newer: u32,
    pub older: u32,
    /// What it takes of the capacity.
    pub weight: u32,
    /// What a member notes of it.
    pub mark: u32,
    /// The list that it is in.
    pub list: u8,
    /// Whether its value is nowhere else: losing it is told.
    pub is_dirty: bool,
}

/// All entries.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    index: Index,
    slots: Vec<Slot>,
    free: u32,
    /// What the values together may weigh.
    pub capacity: u64,
    /// What they weigh.
    pub used: u64,
    /// Values that are kept.
    pub kept: u64,
    /// Dirty values that were evicted.
    pub spilled: Vec<u64>,
}

impl Shelf {
    pub fn new(capacity: u64) -> Self {
        Self {
            index: Index::new(),
            slots: Vec::new(),
            free: END,
            capacity,
            used: 0,
            kept: 0,
            spilled: Vec::new(),
        }
    }

    /// The place of a key, be it a value or a ghost.
    #[inline]
    pub fn find(&self, key: u64) -> Option<u32> {
        let slots = &self.slots;
        self.index.find(key, |at| slots[at as usize].key)
    }

    /// The place of a key whose value is kept.
    #[inline]
    pub fn find_kept(&self, key: u64) -> Option<u32> {
        self.find(key).filter(|at| self.is_kept(*at))
    }

    #[inline]
    pub fn is_kept(&self, at: u32) -> bool {
        self.slots[at as usize].list < GHOSTS
    }

    /// Whether so much more fits in.
    #[inline]
    pub fn has_room(&self, weight: u32) -> bool {
        self.used + u64::from(weight) <= self.capacity
    }

    /// Takes a place for a value; it is in no list yet.
    #[expect(clippy::cast_possible_truncation, reason = "places are counted in 32 bits")]
    pub fn add(&mut self, key: u64, weight: u32) -> u32 {
        let slot = Slot {
            key,
            newer: END,
            older: END,
            weight,
            mark: 0,
            list: 0,
            is_dirty: false,
        };
        let at = self.free;
        let at = if at == END {
            self.slots.push(slot);
            self.slots.len() as u32 - 1
        } else {
            self.free = self.slots[at as usize].newer;
            self.slots[at as usize] = slot;
            at
        };
        let slots = &self.slots;
        self.index.add(key, at, |at| slots[at as usize].key);
        self.used += u64::from(weight);
        self.kept += 1;
        at
    }

    /// The value goes, its key stays as a ghost.
    pub fn forget_value(&mut self, at: u32) {
        let slot = &mut self.slots[at as usize];
        self.used -= u64::from(slot.weight);
        self.kept -= 1;
        if std::mem::take(&mut slot.is_dirty) {
            self.spilled.push(slot.key);
        }
    }

    /// The value of a ghost is kept again.
    pub fn revive(&mut self, at: u32, weight: u32) {
        let slot = &mut self.slots[at as usize];
        slot.weight = weight;
        slot.mark = 0;
        slot.list = 0;
        self.used += u64::from(weight);
        self.kept += 1;
    }

    /// Gives the place of a value back; it is in no list any more.
    pub fn evict(&mut self, at: u32) {
        self.forget_value(at);
        self.release(at);
    }

    /// Gives the place of a ghost back; it is in no list any more.
    pub fn release(&mut self, at: u32) {
        let key = self.slots[at as usize].key;
        let slots = &self.slots;
        self.index.remove(key, at, |at| slots[at as usize].key);
        let slot = &mut self.slots[at as usize];
        slot.list = FREE;
        slot.newer = self.free;
        self.free = at;
    }

    pub fn clear(&mut self) {
        *self = Self::new(self.capacity);
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        self.index.bytes() + self.slots.capacity() * size_of::<Slot>()
    }

    #[inline]
    pub fn key(&self, at: u32) -> u64 {
        self.slots[at as usize].key
    }
}

impl std::ops::Index<u32> for Shelf {
    type Output = Slot;
    #[inline]
    fn index(&self, at: u32) -> &Slot {
        &self.slots[at as usize]
    }
}

impl std::ops::IndexMut<u32> for Shelf {
    #[inline]
    fn index_mut(&mut self, at: u32) -> &mut Slot {
        &mut self.slots[at as usize]
    }
}

/// Entries in an order, from the newest to the oldest.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    /// Its number, which its entries carry.
    number: u8,
    pub newest: u32,
    pub oldest: u32,
    pub weight: u64,
}

impl List {
    pub const fn new(number: u8) -> Self {
        Self {
            number,
            newest: END,
            oldest: END,
            weight: 0,
        }
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.oldest == END
    }

    /// Whether the entry is in this list.
    #[inline]
    pub fn has(&self, shelf: &Shelf, at: u32) -> bool {
        shelf[at].list == self.number
    }

    /// Puts an entry that is in no list at the newest end.
    #[inline]
    pub fn push(&mut self, shelf: &mut Shelf, at: u32) {
        let was = std::mem::replace(&mut self.newest, at);
        let slot = &mut shelf[at];
        slot.newer = END;
        slot.older = was;
        slot.list = self.number;
        self.weight += u64::from(slot.weight);
        match was {
            END => self.oldest = at,
            w => shelf[w].newer = at,
        }
    }

    /// Takes an entry out.
    #[inline]
    pub fn unlink(&mut self, shelf: &mut Shelf, at: u32) {
        let Slot {
            newer, older, weight, ..
        } = shelf[at];
        self.weight -= u64::from(weight);
        match newer {
            END => self.newest = older,
            n => shelf[n].older = older,
        }
        match older {
            END => self.oldest = newer,
            o => shelf[o].newer = newer,
        }
    }

    /// Takes the oldest entry out.
    #[inline]
    pub fn pop(&mut self, shelf: &mut Shelf) -> Option<u32> {
        let at = self.oldest;
        if at == END {
            return None;
        }
        self.unlink(shelf, at);
        Some(at)
    }

    /// Makes an entry of it the newest.
    #[inline]
    pub fn renew(&mut self, shelf: &mut Shelf, at: u32) {
        if self.newest != at {
            self.unlink(shelf, at);
            self.push(shelf, at);
        }
    }

    /// Forgets the oldest ghosts until the others weigh at most so much.
    pub fn trim(&mut self, shelf: &mut Shelf, most: u64) {
        while self.weight > most {
            match self.pop(shelf) {
                Some(at) => shelf.release(at),
                None => return,
            }
        }
    }
}
