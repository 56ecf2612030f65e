//! Redis's pool of candidates: the 16 keys that looked most worth evicting among those that were drawn, kept from one eviction to the
//! next, so that a few draws do nearly as well as a look at all.
//!
//! redis/redis src/evict.c, evictionPoolPopulate and performEvictions (4f8cdc2); maxmemory-samples is 5 unless set. Redis draws keys
//! that are neighbours in its table, which is as good as independent; here they are independent.

use super::random::Crowd;
use super::shelf::Shelf;
use crate::random::Stream;

const POOL: usize = 16;
/// Redis allows no more draws than this.
const MOST_SAMPLES: u32 = 64;

#[derive(Clone, Debug)]
pub(super) struct Pool {
    pub values: Crowd,
    /// Worth of eviction and key, the least worth first.
    best: Vec<(u64, u64)>,
    samples: u32,
    draws: Stream,
}

impl Pool {
    pub fn new(samples: u32, draws: Stream) -> Self {
        Self {
            values: Crowd::default(),
            best: Vec::with_capacity(POOL + 1),
            samples: samples.clamp(1, MOST_SAMPLES),
            draws,
        }
    }

    /// A number between 0 and 1.
    pub fn chance(&mut self) -> f64 {
        self.draws.uniform()
    }

    /// Evicts the best of the pool that is still there, after new candidates have come in; whether there was one.
    pub fn evict(&mut self, shelf: &mut Shelf, worth: impl Fn(&Shelf, u32) -> u64) -> bool {
        loop {
            for _ in 0..self.samples {
                let Some(at) = self.values.draw(&mut self.draws) else {
                    return false;
                };
                self.note(worth(shelf, at), shelf.key(at));
            }
            while let Some((_, key)) = self.best.pop() {
                if let Some(at) = shelf.find_kept(key) {
                    self.values.leave(shelf, at);
                    shelf.evict(at);
                    return true;
                }
            }
        }
    }

    fn note(&mut self, worth: u64, key: u64) {
        let place = self.best.iter().take_while(|b| b.0 < worth).count();
        if self.best.len() < POOL {
            self.best.insert(place, (worth, key));
        } else if place > 0 {
            self.best.insert(place, (worth, key));
            self.best.remove(0);
        }
    }
}
