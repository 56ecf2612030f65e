//! Memcached's segmented LRU: new values are HOT; at the end of HOT or WARM those that were hit twice stay or become WARM and the others
//! COLD, and who leaves is the oldest of the COLD ones. Nothing moves on a hit but a COLD value that was hit twice.
//!
//! memcached/memcached items.c, lru_pull_tail, do_item_bump and lru_maintainer_juggle (1.6): hot_lru_pct 20, warm_lru_pct 40, and
//! no older than 0.2 and 2.0 times the oldest COLD value. The maintainer's work is done here when a value comes in, at most so many steps.

use super::Order;
use super::share;
use super::shelf::{List, Shelf};
use crate::time::SimTime;

const HOT: u8 = 0;
const WARM: u8 = 1;
const COLD: u8 = 2;
/// Marks: hit once, hit twice; below them the second of the last change of place.
const FETCHED: u32 = 1 << 30;
const ACTIVE: u32 = 1 << 31;
const TIME: u32 = FETCHED - 1;
const SECOND: u64 = 1_000_000_000;
/// hot_max_factor and warm_max_factor.
const HOT_AGE: f64 = 0.2;
const WARM_AGE: f64 = 2.0;
/// Steps of the maintainer at a time.
const MOST_STEPS: u32 = 500;

#[derive(Clone, Debug)]
pub(super) struct Memcached {
    lists: [List; 3],
    hot: f64,
    warm: f64,
}

#[expect(clippy::cast_possible_truncation, reason = "30 bits of seconds")]
fn clock(now: SimTime) -> u32 {
    (now.as_nanos() / SECOND) as u32 & TIME
}

impl Memcached {
    pub fn new(hot: f64, warm: f64) -> Self {
        Self {
            lists: [List::new(HOT), List::new(WARM), List::new(COLD)],
            hot,
            warm,
        }
    }

    fn of(&mut self, list: u8) -> &mut List {
        &mut self.lists[usize::from(list)]
    }

    fn move_to(&mut self, shelf: &mut Shelf, at: u32, to: u8) {
        self.of(shelf[at].list).unlink(shelf, at);
        self.of(to).push(shelf, at);
    }

    /// Looks at the oldest of HOT or WARM: whether it moved.
    fn pull(&mut self, shelf: &mut Shelf, from: u8, most: u64, age: f64, now: u32) -> bool {
        let list = *self.of(from);
        if list.is_empty() {
            return false;
        }
        let at = list.oldest;
        let mark = shelf[at].mark;
        if mark & ACTIVE != 0 {
            shelf[at].mark = mark & !(ACTIVE | TIME) | now;
            self.move_to(shelf, at, WARM);
            return true;
        }
        let is_old = f64::from(now.saturating_sub(mark & TIME)) > age;
        if list.weight > most || is_old {
            self.move_to(shelf, at, COLD);
            return true;
        }
        false
    }

    fn juggle(&mut self, shelf: &mut Shelf, now: u32) {
        let cold = *self.of(COLD);
        let cold_age = if cold.is_empty() {
            0.0
        } else {
            f64::from(now.saturating_sub(shelf[cold.oldest].mark & TIME))
        };
        let (hot, warm) = (share(shelf.used, self.hot), share(shelf.used, self.warm));
        for _ in 0..MOST_STEPS {
            let moved = self.pull(shelf, HOT, hot, cold_age * HOT_AGE, now)
                || self.pull(shelf, WARM, warm, cold_age * WARM_AGE, now);
            if !moved {
                return;
            }
        }
    }

    /// Evicts one; whether there was one.
    fn evict(&mut self, shelf: &mut Shelf, now: u32) -> bool {
        if self.of(COLD).is_empty() {
            // As much is taken from the end of HOT as is needed, whatever its share.
            self.pull(shelf, HOT, 0, 0.0, now);
        }
        let oldest = [COLD, WARM, HOT].iter().find_map(|l| self.of(*l).pop(shelf));
        oldest.map(|at| shelf.evict(at)).is_some()
    }
}

impl Order for Memcached {
    #[inline]
    fn hit(&mut self, shelf: &mut Shelf, at: u32, now: SimTime) {
        let mark = shelf[at].mark;
        if mark & ACTIVE != 0 {
            return;
        }
        if mark & FETCHED == 0 {
            shelf[at].mark = mark | FETCHED;
        } else if shelf[at].list == COLD {
            shelf[at].mark = FETCHED | clock(now);
            self.move_to(shelf, at, WARM);
        } else {
            shelf[at].mark = ACTIVE | FETCHED | clock(now);
        }
    }

    fn admit(&mut self, shelf: &mut Shelf, key: u64, weight: u32, now: SimTime) -> Option<u32> {
        let now = clock(now);
        while !shelf.has_room(weight) && self.evict(shelf, now) {}
        let at = shelf.add(key, weight);
        shelf[at].mark = now;
        self.of(HOT).push(shelf, at);
        self.juggle(shelf, now);
        Some(at)
    }

    fn unlink(&mut self, shelf: &mut Shelf, at: u32) {
        self.of(shelf[at].list).unlink(shelf, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of a list, the newest first.
    fn keys(of: &Memcached, shelf: &Shelf, list: u8) -> Vec<u64> {
        let mut at = of.lists[usize::from(list)].newest;
        let mut keys = Vec::new();
        while at != super::super::shelf::END {
            keys.push(shelf.key(at));
            at = shelf[at].older;
        }
        keys
    }

    #[test]
    fn values_move_as_documented() {
        let mut shelf = Shelf::new(10);
        let mut order = Memcached::new(0.2, 0.4);
        let now = SimTime::ZERO;
        let put = |order: &mut Memcached, shelf: &mut Shelf, key| {
            order.admit(shelf, key, 1, now).expect("it is let in")
        };
        let hit = |order: &mut Memcached, shelf: &mut Shelf, key| {
            let at = shelf.find(key).expect("it is there");
            order.hit(shelf, at, now);
        };
        (0..10).for_each(|k| {
            put(&mut order, &mut shelf, k);
        });
        // A fifth is HOT, what came before went COLD, for nothing was used twice.
        assert_eq!(keys(&order, &shelf, HOT), [9, 8]);
        assert_eq!(keys(&order, &shelf, COLD), [7, 6, 5, 4, 3, 2, 1, 0]);
        // One use changes nothing; the second takes a COLD value to WARM and marks a HOT one.
        [0, 0, 1, 8, 8]
            .into_iter()
            .for_each(|k| hit(&mut order, &mut shelf, k));
        assert_eq!(keys(&order, &shelf, WARM), [0]);
        assert_eq!(keys(&order, &shelf, HOT), [9, 8]);
        // The next new value evicts the oldest COLD one, used once or not, and 8 goes to WARM for its two uses.
        put(&mut order, &mut shelf, 10);
        assert_eq!(shelf.find(1), None);
        assert_eq!(keys(&order, &shelf, WARM), [8, 0]);
        assert_eq!(keys(&order, &shelf, HOT), [10, 9]);
        // WARM has two fifths: with more of them used twice, the oldest goes COLD.
        for key in [7, 6, 5] {
            [key, key]
                .into_iter()
                .for_each(|k| hit(&mut order, &mut shelf, k));
        }
        assert_eq!(keys(&order, &shelf, WARM), [5, 6, 7, 8, 0]);
        put(&mut order, &mut shelf, 11);
        assert_eq!(keys(&order, &shelf, WARM), [5, 6, 7, 8]);
        assert_eq!(keys(&order, &shelf, COLD), [0, 9, 4, 3]);
    }
}
