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
mod range;
mod ring;
#[cfg(test)]
mod tests;

use crate::model::{KeySpace, Keys, Sharding};
use crate::random::Popularity;
use directory::Directory;
use modulo::Modulo;
use range::Range;
use ring::Ring;

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
        let popularity = keys.and_then(|k| match &k.keys {
            Keys::Drawn(popularity) => Some(popularity),
            Keys::Recorded(_) => None,
        });
        Self::among(rule, shards, popularity)
    }

    fn among(rule: &Sharding, shards: u32, popularity: Option<&Popularity>) -> Self {
        match rule {
            Sharding::Modulo => Self::Modulo(Modulo::new(shards)),
            Sharding::Range { splits } => Self::Range(Range::new(splits)),
            Sharding::Directory => Self::Directory(Directory::new(shards, popularity)),
            Sharding::Ring { points } => Self::Ring(Ring::new(shards, *points)),
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
