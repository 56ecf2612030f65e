//! A token bucket: tokens come at a rate, so many fit, and each call takes one or is refused.
//!
//! J. Turner, "New directions in communications", IEEE Communications Magazine 24(10), 1986. Tokens are counted in billionths, so that
//! a whole number of them a second comes out exact at every nanosecond.

use crate::model::RateLimit;
use crate::time::SimTime;

/// Parts of a token.
const TOKEN: f64 = 1e9;

#[derive(Clone, Debug)]
pub(crate) struct TokenBucket {
    rate: f64,
    room: f64,
    level: f64,
    /// When the level was that.
    at: SimTime,
}

impl TokenBucket {
    /// A full one.
    pub fn new(limit: RateLimit) -> Self {
        let room = limit.burst * TOKEN;
        Self {
            rate: limit.rate,
            room,
            level: room,
            at: SimTime::ZERO,
        }
    }

    /// Takes a token, if there is one.
    pub fn take(&mut self, now: SimTime) -> bool {
        let come = (now - self.at).as_f64_nanos() * self.rate;
        self.at = now;
        self.level = (self.level + come).min(self.room);
        let has_one = self.level >= TOKEN;
        if has_one {
            self.level -= TOKEN;
        }
        has_one
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_pass_at_once_and_then_one_whenever_a_token_is_whole() {
        let mut bucket = TokenBucket::new(RateLimit {
            rate: 3.0,
            burst: 2.0,
        });
        let mut take = |nanos| bucket.take(SimTime::from_nanos(nanos));
        assert_eq!([0, 0, 0].map(&mut take), [true, true, false]);
        // A third of a second is no whole number of nanoseconds.
        assert_eq!([333_333_333, 333_333_334].map(&mut take), [false, true]);
        // However long nobody comes, no more than two are saved.
        assert_eq!([9_000_000_000; 3].map(&mut take), [true, true, false]);
    }
}
