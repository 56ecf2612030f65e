//! Redis's LRU: of a few values that are drawn, and of those left over from earlier draws, the one that was used longest ago leaves.
//!
//! redis/redis src/evict.c, allkeys-lru (4f8cdc2). Redis's clock has seconds: values that were used within one are all alike to it.

use super::Order;
use super::redis_pool::Pool;
use super::shelf::Shelf;
use crate::random::Stream;
use crate::time::SimTime;

const SECOND: u64 = 1_000_000_000;
/// The clock has 24 bits.
const CLOCK: u64 = (1 << 24) - 1;

#[derive(Clone, Debug)]
pub(super) struct RedisLru(Pool);

fn clock(now: SimTime) -> u32 {
    ((now.as_nanos() / SECOND) & CLOCK) as u32
}

impl RedisLru {
    pub fn new(samples: u32, draws: Stream) -> Self {
        Self(Pool::new(samples, draws))
    }
}

/// Seconds since the last use; the clock may have come round once.
fn idle(clock: u32, used: u32) -> u64 {
    let (clock, used) = (u64::from(clock), u64::from(used));
    if clock >= used {
        clock - used
    } else {
        clock + CLOCK - used
    }
}

impl Order for RedisLru {
    #[inline]
    fn hit(&mut self, shelf: &mut Shelf, at: u32, now: SimTime) {
        shelf[at].mark = clock(now);
    }

    fn admit(&mut self, shelf: &mut Shelf, key: u64, weight: u32, now: SimTime) -> Option<u32> {
        let clock = clock(now);
        while !shelf.has_room(weight) && self.0.evict(shelf, |s, at| idle(clock, s[at].mark)) {}
        let at = shelf.add(key, weight);
        shelf[at].mark = clock;
        self.0.values.join(shelf, at);
        Some(at)
    }

    fn unlink(&mut self, shelf: &mut Shelf, at: u32) {
        self.0.values.leave(shelf, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_has_seconds_and_comes_round() {
        assert_eq!(clock(SimTime::from_nanos(1_999_999_999)), 1);
        assert_eq!(idle(10, 3), 7);
        assert_eq!(idle(2, CLOCK as u32), 2);
    }
}
