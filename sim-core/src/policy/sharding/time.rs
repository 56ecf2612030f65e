//! By time: writes go to the newest partition, and so do most reads; the older, the fewer.
//!
//! Partitions of a log, a time series or an event table (declarative partitioning by range of a timestamp, PostgreSQL documentation,
//! 5.12; semantics of hot tails: partitioning by time does that by construction). A read asks the newest partition with a given
//! probability, and otherwise the one before it with the same, and so on; the last one takes the rest. With a period the next
//! shard in turn becomes the newest, and its old data are dropped.

use crate::random::Stream;
use crate::time::{SimDuration, SimTime};

#[derive(Clone, Debug)]
pub(crate) struct Time {
    shards: u64,
    newest: f64,
    every: Option<SimDuration>,
    ages: Stream,
}

impl Time {
    pub fn new(shards: u32, newest: f64, every: Option<SimDuration>, ages: Stream) -> Self {
        Self {
            shards: u64::from(shards.max(1)),
            newest,
            every,
            ages,
        }
    }

    /// The shard of a write, or of a read of some age.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a remainder below a 32-bit number"
    )]
    pub fn of(&mut self, is_write: bool, now: SimTime) -> u32 {
        let period = self
            .every
            .map_or(0, |every| now.as_nanos() / every.as_nanos().max(1));
        let mut age = 0;
        if !is_write {
            // One draw a read: how often it would go on to an older partition.
            let mut left = self.ages.uniform();
            let mut older = 1.0 - self.newest;
            while age + 1 < self.shards && left < older {
                left /= older.max(f64::MIN_POSITIVE);
                age += 1;
                older = 1.0 - self.newest;
            }
        }
        // Before the first period is over, the last shard is the newest.
        ((period + self.shards - 1 - age % self.shards) % self.shards) as u32
    }
}
