//! Sharding: which shard a key is on.
//!
//! To add a member, write it in a file of its own as a type with `of(key)`, and name it in [`Placement`]; the compiler
//! asks for the rest. The smallest is [`Modulo`]:
//!
//! ```text
//! pub fn of(&self, key: u64) -> u32 {
//!     (hash(key) % u64::from(self.shards)) as u32
//! }
//! ```

mod directory;
mod modulo;
mod moves;
mod range;
mod ring;
#[cfg(test)]
mod tests;
mod time;

use crate::model::{KeySpace, Keys, Sharding};
use crate::random::Popularity;
use directory::Directory;
use modulo::Modulo;
pub(crate) use moves::Moves;
use range::Range;
use ring::Ring;
pub(crate) use time::Time;

/// Where all keys are.
#[derive(Clone, Debug)]
pub(crate) enum Placement {
    Modulo(Modulo),
    Range(Range),
    Directory(Directory),
    Ring(Ring),
}

impl Placement {
    /// The placement of keys of a space over a number of shards.
    pub fn new(rule: &Sharding, shards: u32, keys: Option<&KeySpace>) -> Self {
        Self::among(rule, shards, drawn(keys))
    }

    /// The placement that follows this one when the shards change: a table is changed as little as can be.
    pub fn changed(&self, rule: &Sharding, shards: u32, keys: Option<&KeySpace>) -> Self {
        match (self, rule) {
            (Self::Directory(now), Sharding::Directory) => Self::Directory(now.changed(shards, drawn(keys))),
            _ => Self::new(rule, shards, keys),
        }
    }

    fn among(rule: &Sharding, shards: u32, popularity: Option<&Popularity>) -> Self {
        match rule {
            Sharding::Modulo => Self::Modulo(Modulo::new(shards)),
            Sharding::Range { splits } => Self::Range(Range::new(splits)),
            Sharding::Directory => Self::Directory(Directory::new(shards, popularity)),
            Sharding::Ring { points } => Self::Ring(Ring::new(shards, *points)),
            // By age and not by key: see [`Time`].
            Sharding::Time { .. } => Self::Modulo(Modulo::new(shards)),
        }
    }

    /// The shard of a key.
    #[inline]
    pub fn of(&self, key: u64) -> u32 {
        match self {
            Self::Modulo(p) => p.of(key),
            Self::Range(p) => p.of(key),
            Self::Directory(p) => p.of(key),
            Self::Ring(p) => p.of(key),
        }
    }
}

/// How popular the keys of a space are, where that is known.
fn drawn(keys: Option<&KeySpace>) -> Option<&Popularity> {
    match &keys?.keys {
        Keys::Drawn(popularity) => Some(popularity),
        Keys::Recorded(_) => None,
    }
}
