//! W-TinyLFU: a new value waits in a small LRU window, and when it leaves that it stays only if its key was asked for more often than
//! the key of the value that would leave for it; hits move values up in a main part of two segments.
//!
//! G. Einziger, R. Friedman and B. Manes, "TinyLFU", ACM Transactions on Storage 13(4), 2017, as in Caffeine 3.2: window 1 %, four fifths of
//! the rest protected, ties for the one that is there, one in 128 of the warm ones let in all the same, and a hill climber that
//! moves the border of the window by up to 6.25 % of the capacity after every sample.

use super::Order;
use super::share;
use super::shelf::{List, Shelf};
use super::sketch::Sketch;
use crate::random::Stream;
use crate::time::SimTime;

/// The protected share of what isn't the window.
const PROTECTED: f64 = 0.8;
/// Who was asked for so often may be let in by chance, so that no one can be kept out by made-up collisions.
const WARM: u64 = 6;
const ONE_IN: u64 = 128;
/// The hill climber's first step, as a share of the capacity, how it shrinks, and what change of the hit ratio starts it anew.
const STEP: f64 = 0.0625;
const SHRINKS: f64 = 0.98;
const RESTARTS: f64 = 0.05;

#[derive(Clone, Debug)]
pub(super) struct WTinyLfu {
    window: List,
    probation: List,
    protected: List,
    most_window: u64,
    most_protected: u64,
    sketch: Sketch,
    draws: Stream,
    /// Whether values have sizes, so that it isn't known how many will fit.
    has_sizes: bool,
    climber: Climber,
}

/// Looks for the size of the window by going on while it gets better and turning round when it gets worse.
#[derive(Clone, Debug)]
struct Climber {
    hits: u64,
    misses: u64,
    last_ratio: f64,
    step: f64,
}

impl WTinyLfu {
    pub fn new(window: f64, capacity: u64, has_sizes: bool, draws: Stream) -> Self {
        let most_window = capacity - share(capacity, 1.0 - window);
        let mut sketch = Sketch::new();
        if !has_sizes {
            sketch.ensure(capacity);
        }
        Self {
            window: List::new(0),
            probation: List::new(1),
            protected: List::new(2),
            most_window,
            most_protected: share(capacity - most_window, PROTECTED),
            sketch,
            draws,
            has_sizes,
            climber: Climber {
                hits: 0,
                misses: 0,
                last_ratio: 0.0,
                step: -STEP * capacity as f64,
            },
        }
    }

    /// Whether the key of `candidate` deserves the place of `victim`.
    fn prefers(&mut self, shelf: &Shelf, candidate: u32, victim: u32) -> bool {
        let (theirs, its) = (shelf.key(victim), shelf.key(candidate));
        let (theirs, its) = (self.sketch.uses_of(theirs), self.sketch.uses_of(its));
        its > theirs || its >= WARM && self.draws.below(ONE_IN) == 0
    }

    /// Moves what is too much for the window to the main part, and evicts what is too much for all.
    fn evict(&mut self, shelf: &mut Shelf) {
        while self.window.weight > self.most_window
            && let Some(at) = self.window.pop(shelf)
        {
            self.probation.push(shelf, at);
            if shelf.used > shelf.capacity {
                self.duel(shelf, at);
            }
        }
        while shelf.used > shelf.capacity {
            let oldest = [&mut self.probation, &mut self.protected, &mut self.window]
                .into_iter()
                .find_map(|list| list.pop(shelf));
            match oldest {
                Some(at) => shelf.evict(at),
                None => return,
            }
        }
    }

    /// The one that comes from the window against the oldest of the main part, until one has to go.
    fn duel(&mut self, shelf: &mut Shelf, candidate: u32) {
        while shelf.used > shelf.capacity {
            let victim = self.probation.oldest;
            let loser = if victim == candidate || !self.prefers(shelf, candidate, victim) {
                candidate
            } else {
                victim
            };
            self.probation.unlink(shelf, loser);
            shelf.evict(loser);
            if loser == candidate {
                return;
            }
        }
    }

    fn demote(&mut self, shelf: &mut Shelf) {
        while self.protected.weight > self.most_protected
            && let Some(at) = self.protected.pop(shelf)
        {
            self.probation.push(shelf, at);
        }
    }

    /// After a sample: moves the border between the window and the main part.
    fn climb(&mut self, shelf: &mut Shelf) {
        let c = &mut self.climber;
        let asked = c.hits + c.misses;
        if asked < self.sketch.sample() {
            return;
        }
        let ratio = c.hits as f64 / asked as f64;
        let change = ratio - c.last_ratio;
        let amount = if change >= 0.0 { c.step } else { -c.step };
        let restart = (STEP * shelf.capacity as f64).copysign(amount);
        *c = Climber {
            hits: 0,
            misses: 0,
            last_ratio: ratio,
            step: if change.abs() >= RESTARTS {
                restart
            } else {
                SHRINKS * amount
            },
        };
        if amount >= 0.0 {
            self.widen(shelf, amount);
        } else {
            self.narrow(shelf, -amount);
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of the capacity"
    )]
    fn widen(&mut self, shelf: &mut Shelf, amount: f64) {
        let mut quota = (amount as u64).min(self.most_protected);
        self.most_protected -= quota;
        self.most_window += quota;
        self.demote(shelf);
        while !self.probation.is_empty() && u64::from(shelf[self.probation.oldest].weight) <= quota {
            let Some(at) = self.probation.pop(shelf) else {
                return;
            };
            quota -= u64::from(shelf[at].weight);
            self.window.push(shelf, at);
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of the capacity"
    )]
    fn narrow(&mut self, shelf: &mut Shelf, amount: f64) {
        let quota = (amount as u64).min(self.most_window.saturating_sub(1));
        self.most_window -= quota;
        self.most_protected += quota;
        self.evict(shelf);
    }

    pub fn bytes(&self) -> usize {
        self.sketch.bytes()
    }
}

impl Order for WTinyLfu {
    fn hit(&mut self, shelf: &mut Shelf, at: u32, _now: SimTime) {
        self.sketch.add(shelf.key(at));
        if self.window.has(shelf, at) {
            self.window.renew(shelf, at);
        } else if self.protected.has(shelf, at) {
            self.protected.renew(shelf, at);
        } else {
            self.probation.unlink(shelf, at);
            self.protected.push(shelf, at);
            self.demote(shelf);
        }
        self.climber.hits += 1;
        self.climb(shelf);
    }

    fn admit(&mut self, shelf: &mut Shelf, key: u64, weight: u32, _now: SimTime) -> Option<u32> {
        let at = shelf.add(key, weight);
        if self.has_sizes {
            self.sketch.ensure(shelf.kept);
        }
        self.sketch.add(key);
        self.window.push(shelf, at);
        self.climber.misses += 1;
        self.evict(shelf);
        self.climb(shelf);
        shelf.find(key)
    }

    fn unlink(&mut self, shelf: &mut Shelf, at: u32) {
        match shelf[at].list {
            0 => self.window.unlink(shelf, at),
            1 => self.probation.unlink(shelf, at),
            _ => self.protected.unlink(shelf, at),
        }
    }
}
