//! Redis's LFU: as its LRU, but the value leaves whose counter is lowest; the counter of eight bits grows the more rarely the higher it
//! is, and shrinks with every minute without a use.
//!
//! redis/redis src/evict.c, LFULogIncr and LFUDecrAndReturn, allkeys-lfu (4f8cdc2): a new key has 5, a use takes away what the idle
//! time costs and then adds one with probability 1 / (max(counter - 5, 0) * lfu-log-factor + 1).

use super::Order;
use super::redis_pool::Pool;
use super::shelf::Shelf;
use crate::random::Stream;
use crate::time::SimTime;

const MINUTE: u64 = 60_000_000_000;
/// What a new key counts.
const FIRST: u32 = 5;
const MOST: u32 = 255;
/// Minutes are kept in 16 bits.
const MINUTES: u64 = 65_535;

#[derive(Clone, Debug)]
pub(super) struct RedisLfu {
    pool: Pool,
    log_factor: u32,
    /// Minutes without a use that cost one; 0: nothing is lost.
    decay_time: u32,
}

fn minutes(now: SimTime) -> u32 {
    ((now.as_nanos() / MINUTE) & MINUTES) as u32
}

/// What a counter of so many uses is worth after this many minutes.
fn decayed(counter: u32, idle_minutes: u32, decay_time: u32) -> u32 {
    match decay_time {
        0 => counter,
        d => counter.saturating_sub(idle_minutes / d),
    }
}

/// Minutes since `then`; the clock may have come round once.
#[expect(clippy::cast_possible_truncation, reason = "16 bits")]
fn since(then: u32, now: u32) -> u32 {
    if now >= then {
        now - then
    } else {
        MINUTES as u32 - then + now
    }
}

/// The probability that a use is counted.
fn counts(counter: u32, log_factor: u32) -> f64 {
    1.0 / (f64::from(counter.saturating_sub(FIRST)) * f64::from(log_factor) + 1.0)
}

impl RedisLfu {
    pub fn new(samples: u32, log_factor: u32, decay_time: u32, draws: Stream) -> Self {
        Self {
            pool: Pool::new(samples, draws),
            log_factor,
            decay_time,
        }
    }

    fn counter(mark: u32, now: u32, decay_time: u32) -> u32 {
        decayed(mark & MOST, since(mark >> 8, now), decay_time)
    }
}

impl Order for RedisLfu {
    fn hit(&mut self, shelf: &mut Shelf, at: u32, now: SimTime) {
        let now = minutes(now);
        let mut counter = Self::counter(shelf[at].mark, now, self.decay_time);
        if counter < MOST && self.pool.chance() < counts(counter, self.log_factor) {
            counter += 1;
        }
        shelf[at].mark = now << 8 | counter;
    }

    fn admit(&mut self, shelf: &mut Shelf, key: u64, weight: u32, now: SimTime) -> Option<u32> {
        let (now, decay_time) = (minutes(now), self.decay_time);
        let worth = |s: &Shelf, at: u32| u64::from(MOST - Self::counter(s[at].mark, now, decay_time));
        while !shelf.has_room(weight) && self.pool.evict(shelf, worth) {}
        let at = shelf.add(key, weight);
        shelf[at].mark = now << 8 | FIRST;
        self.pool.values.join(shelf, at);
        Some(at)
    }

    fn unlink(&mut self, shelf: &mut Shelf, at: u32) {
        self.pool.values.leave(shelf, at);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::random::StreamName;

    fn recorded() -> Value {
        let text = include_str!("../../../tests/data/redis-lfu.json");
        serde_json::from_str(text).expect("recorded counters")
    }

    fn number(case: &Value, field: &str) -> u32 {
        case[field]
            .as_u64()
            .and_then(|n| u32::try_from(n).ok())
            .expect("a number")
    }

    #[test]
    fn counters_grow_as_documented() {
        let mut with_means = 0;
        for case in recorded()["counter_after_hits"].as_array().expect("cases") {
            let (factor, uses) = (number(case, "factor"), number(case, "hits"));
            let trials = (2_000_000 / uses).clamp(20, 4000);
            if uses > 1_000_000 {
                continue;
            }
            let draws = Stream::open(1, 0, StreamName::new("counters"));
            let mut lfu = RedisLfu::new(5, factor, 1, draws);
            let mut shelf = Shelf::new(1);
            let at = shelf.add(1, 1);
            let (mut sum, mut squares) = (0.0, 0.0);
            for _ in 0..trials {
                shelf[at].mark = FIRST;
                (0..uses).for_each(|_| lfu.hit(&mut shelf, at, SimTime::ZERO));
                let counter = f64::from(shelf[at].mark & MOST);
                sum += counter;
                squares += counter * counter;
            }
            let n = f64::from(trials);
            let mean = sum / n;
            let error = ((squares / n - mean * mean).max(0.0) / n).sqrt();
            // Redis's table is one run, so a few counts off.
            let documented = f64::from(number(case, "documented"));
            assert!((mean - documented).abs() <= 5.0, "{case}: {mean}");
            if let Some(exact) = case["exact_mean_from_init_5"].as_f64() {
                assert!(
                    (mean - exact).abs() <= 3.5 * error + 1e-4,
                    "{case}: {mean} +- {error}"
                );
                assert!(error < 0.1, "{case}: {error}");
                with_means += 1;
            }
        }
        assert_eq!(with_means, 6);
    }

    #[test]
    fn counters_shrink_as_documented() {
        for case in recorded()["decay"].as_array().expect("cases") {
            let idle = number(case, "minutes_idle");
            let mark = 7 << 8 | number(case, "counter");
            let counter = RedisLfu::counter(mark, 7 + idle, number(case, "decay_time"));
            assert_eq!(counter, number(case, "expect"), "{case}");
        }
        assert_eq!(since(65_530, 4), 9, "the clock has come round");
    }
}
