//! A range of keys each: neighbours stay together, and so do popular keys where they are neighbours.
//!
//! As in Bigtable's tablets (F. Chang and others, "Bigtable: a distributed storage system for structured data", OSDI 2006,
//! section 5.1) and HBase's regions. Keys are known by their rank, the most popular first, as identifiers are that grow with
//! time and whose newest are asked for most: ranges of equal numbers of keys put all those on one shard.

#[derive(Clone, Debug)]
pub(crate) struct Range {
    /// The first key of every shard but the first.
    splits: Vec<u64>,
}

impl Range {
    pub fn new(splits: &[u64]) -> Self {
        Self {
            splits: splits.to_vec(),
        }
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the number of shards was checked")]
    pub fn of(&self, key: u64) -> u32 {
        self.splits.partition_point(|first| *first <= key) as u32
    }
}
