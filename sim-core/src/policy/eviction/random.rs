//! RANDOM: any value leaves, all with the same probability.
//!
//! L. A. Belady, "A study of replacement algorithms for a virtual-storage computer", IBM Systems Journal 5(2), 1966. Under
//! independent references its hit ratio is FIFO's (E. Gelenbe, IEEE Transactions on Computers 22(6), 1973).

use super::Order;
use super::shelf::Shelf;
use crate::random::Stream;
use crate::time::SimTime;

/// All values in any order, to draw from; the mark of a value is its place in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Crowd(Vec<u32>);

impl Crowd {
    #[expect(clippy::cast_possible_truncation, reason = "at most as many as places")]
    pub fn join(&mut self, shelf: &mut Shelf, at: u32) {
        shelf[at].older = self.0.len() as u32;
        shelf[at].list = 0;
        self.0.push(at);
    }

    pub fn leave(&mut self, shelf: &mut Shelf, at: u32) {
        let place = shelf[at].older;
        self.0.swap_remove(place as usize);
        if let Some(moved) = self.0.get(place as usize) {
            shelf[*moved].older = place;
        }
    }

    /// One of them, if there is one.
    #[expect(clippy::cast_possible_truncation, reason = "drawn below a length")]
    pub fn draw(&self, stream: &mut Stream) -> Option<u32> {
        match self.0.len() as u64 {
            0 => None,
            n => Some(self.0[stream.below(n) as usize]),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Random {
    values: Crowd,
    draws: Stream,
}

impl Random {
    pub fn new(draws: Stream) -> Self {
        Self {
            values: Crowd::default(),
            draws,
        }
    }
}

impl Order for Random {
    #[inline]
    fn hit(&mut self, _shelf: &mut Shelf, _at: u32, _now: SimTime) {}

    fn admit(&mut self, shelf: &mut Shelf, key: u64, weight: u32, _now: SimTime) -> Option<u32> {
        while !shelf.has_room(weight)
            && let Some(victim) = self.values.draw(&mut self.draws)
        {
            self.values.leave(shelf, victim);
            shelf.evict(victim);
        }
        let at = shelf.add(key, weight);
        self.values.join(shelf, at);
        Some(at)
    }

    fn unlink(&mut self, shelf: &mut Shelf, at: u32) {
        self.values.leave(shelf, at);
    }
}
