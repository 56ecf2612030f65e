//! Decision rules, one folder per family, one file per member.

pub(crate) mod admission;
pub(crate) mod balancing;
pub mod eviction;
pub(crate) mod sharding;
