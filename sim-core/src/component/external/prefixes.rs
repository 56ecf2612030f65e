//! The prefixes of a store: the parts of its keys that limits hold for, which are split where they are asked for too often.
//!
//! AWS, "Best practices design patterns: optimizing Amazon S3 performance": limits hold for a partitioned prefix, and S3 scales to a
//! higher rate of requests gradually, with 503 "Slow Down" meanwhile. How it decides isn't published. Here a prefix that goes on
//! refusing calls is split in two by its keys' hashes, each half with all limits of its own: gets and puts both gain, and a
//! single key that is asked for too often gains nothing.

use crate::engine::NO_KEY;
use crate::model::RateLimit;
use crate::policy::admission::TokenBucket;
use crate::policy::eviction::hash;
use crate::time::{SimDuration, SimTime};

/// A prefix that has refused nothing for so long has had enough: a minute.
const CALM: SimDuration = SimDuration::from_nanos(60_000_000_000);
/// The most parts of a prefix.
const MOST_PARTS: usize = 1024;

/// The limit of one kind of calls, for each part of each prefix.
#[derive(Debug)]
pub(super) struct Buckets {
    /// For every prefix those of its parts: 1, 2, 4, ...
    prefixes: Vec<Vec<TokenBucket>>,
    /// Calls without a key so far: nothing is known of them, and they are taken to be spread evenly.
    keyless: usize,
    limit: RateLimit,
}

impl Buckets {
    pub(super) fn new(limit: RateLimit, prefixes: u32) -> Self {
        Self {
            prefixes: vec![vec![TokenBucket::new(limit)]; prefixes as usize],
            keyless: 0,
            limit,
        }
    }

    /// Lets a call in, or names the prefix that refuses it.
    #[expect(clippy::cast_possible_truncation, reason = "remainders are below a length")]
    pub(super) fn take(&mut self, key: u64, now: SimTime) -> Result<(), usize> {
        let count = self.prefixes.len();
        let (prefix, rest) = if key == NO_KEY {
            self.keyless += 1;
            (self.keyless % count, (self.keyless / count) as u64)
        } else {
            let hash = hash(key);
            ((hash % count as u64) as usize, hash / count as u64)
        };
        let parts = &mut self.prefixes[prefix];
        let part = (rest % parts.len() as u64) as usize;
        if parts[part].take(now) {
            Ok(())
        } else {
            Err(prefix)
        }
    }

    /// Each part of a prefix becomes two, the new ones full.
    pub(super) fn split(&mut self, prefix: usize) {
        let parts = &mut self.prefixes[prefix];
        let count = (2 * parts.len()).min(MOST_PARTS);
        parts.resize(count, TokenBucket::new(self.limit));
    }
}

/// When prefixes are split.
#[derive(Debug)]
pub(super) struct Splitting {
    after: SimDuration,
    /// For every prefix since when it has refused calls, and when it did so last.
    hot: Vec<Option<(SimTime, SimTime)>>,
}

impl Splitting {
    pub(super) fn new(after: SimDuration, prefixes: u32) -> Self {
        Self {
            after,
            hot: vec![None; prefixes as usize],
        }
    }

    /// A call was refused: whether its prefix has had too many for long enough. After a split all begins anew.
    pub(super) fn is_due(&mut self, prefix: usize, now: SimTime) -> bool {
        let hot = &mut self.hot[prefix];
        let since = match *hot {
            Some((since, last)) if now - last < CALM => since,
            _ => now,
        };
        let is_due = now - since >= self.after;
        *hot = (!is_due).then_some((since, now));
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs_f64(seconds)
    }

    #[test]
    fn a_prefix_is_split_once_it_has_refused_for_long_enough_and_not_after_a_calm() {
        let mut splitting = Splitting::new(SimDuration::from_secs_f64(100.0), 2);
        let mut due = |seconds| splitting.is_due(0, at(seconds));
        assert_eq!(
            [0.0, 50.0, 99.0, 100.0].map(&mut due),
            [false, false, false, true]
        );
        // It begins anew, and a calm minute makes it begin once more.
        assert_eq!([101.0, 150.0, 210.0, 260.0, 300.0].map(&mut due), [false; 5]);
        assert!(due(310.0));
    }

    #[test]
    fn a_split_doubles_what_many_keys_may_have_and_not_what_one_has() {
        let limit = RateLimit {
            rate: 1.0,
            burst: 1.0,
        };
        let mut buckets = Buckets::new(limit, 1);
        let mut passes = |keys: std::ops::Range<u64>, seconds| {
            keys.filter(|k| buckets.take(*k, at(seconds)).is_ok()).count()
        };
        assert_eq!(passes(0..50, 0.0), 1);
        let mut buckets = Buckets::new(limit, 1);
        buckets.split(0);
        buckets.split(0);
        let many = (0..50).filter(|k| buckets.take(*k, at(0.0)).is_ok()).count();
        let one = (0..50).filter(|_| buckets.take(7, at(9.0)).is_ok()).count();
        assert_eq!((many, one), (4, 1));
    }
}
