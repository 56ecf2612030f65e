//! Trials that were run, kept for a later call: a sweep that was ended goes on, and trials are added to those there are.
//!
//! What is kept of a point is a list of its trials, under a key made of everything that they depend on: the system, the seed,
//! the program's version and source, and this format. So a changed scenario, seed or program finds nothing, and
//! nothing is ever mixed; and since a trial depends on nothing else (neither on how many there are, nor on prices, names or
//! objectives), figures made from kept trials have the same bytes as those made at once.
//!
//! This crate touches no files: where the bytes go is up to the [`Store`].

pub mod bytes;
pub mod fingerprint;
#[cfg(test)]
mod tests;
pub mod trial;

use std::collections::BTreeMap;

use flate2::Crc;

use bytes::{Reader, Writer};

/// The first bytes of everything that is kept; the number is the format's.
const MAGIC: &[u8] = b"plimsoll point 3\n";
/// The program that made it, down to its source.
pub const PROGRAM: &str = concat!(env!("CARGO_PKG_VERSION"), " ", env!("PLIMSOLL_SOURCE"));
/// No text in a header is longer.
const MOST_TEXT: usize = 1000;

/// Where points are kept; used by many threads at once.
pub trait Store: Sync {
    /// Told the keys of all points before anything is done.
    fn begin(&self, _keys: &[String]) {}

    /// What is kept under a key.
    fn load(&self, key: &str) -> Option<Vec<u8>>;

    /// Keeps bytes under a key, instead of those that were there: whole, or not at all.
    ///
    /// # Errors
    /// Why it can't be kept, in words for a person.
    fn save(&self, key: &str, bytes: &[u8]) -> Result<(), String>;
}

/// What a kept point belongs to, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct About {
    /// The program's version, and the hash of its source.
    pub program: String,
    /// The seed of its trials.
    pub seed: u64,
    /// The scenario's name.
    pub scenario: String,
}

/// Everything that is kept of a point. Trials and observations are as they were written, and read only when they are used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// What it belongs to.
    pub about: About,
    /// Ordinary trials by their number.
    pub trials: BTreeMap<u32, Vec<u8>>,
    /// What trials under failures showed, by the hash of all that such a trial depends on beside the key.
    pub observations: BTreeMap<u128, Vec<u8>>,
}

impl Kept {
    /// The bytes to be kept under a key.
    #[must_use]
    pub fn encode(&self, key: &str) -> Vec<u8> {
        let mut w = Writer::default();
        w.bytes.extend_from_slice(MAGIC);
        let About {
            program,
            seed,
            scenario,
        } = &self.about;
        w.block(program.as_bytes());
        w.whole(*seed);
        w.block(
            scenario
                .chars()
                .take(MOST_TEXT / 4)
                .collect::<String>()
                .as_bytes(),
        );
        w.block(key.as_bytes());
        w.size(self.trials.len());
        for (number, trial) in &self.trials {
            w.whole(*number);
            w.block(trial);
        }
        w.size(self.observations.len());
        for (tag, observation) in &self.observations {
            w.bytes.extend_from_slice(&tag.to_le_bytes());
            w.block(observation);
        }
        let sum = crc(&w.bytes);
        w.bytes.extend_from_slice(&sum);
        w.bytes
    }

    /// What was kept under a key; `None` where anything about the bytes is wrong.
    #[must_use]
    pub fn decode(bytes: &[u8], key: &str) -> Option<Self> {
        let (bytes, sum) = bytes.split_last_chunk()?;
        if *sum != crc(bytes) {
            return None;
        }
        let mut r = Reader::new(bytes);
        let about = header(&mut r)?;
        if r.block()? != key.as_bytes() {
            return None;
        }
        let mut kept = Self {
            about,
            ..Self::default()
        };
        for _ in 0..r.count(2)? {
            let number = r.whole()?;
            kept.trials.insert(number, r.block()?.to_vec());
        }
        for _ in 0..r.count(17)? {
            let tag = u128::from_le_bytes(r.array()?);
            kept.observations.insert(tag, r.block()?.to_vec());
        }
        r.end()?;
        Some(kept)
    }
}

fn crc(bytes: &[u8]) -> [u8; 4] {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum().to_le_bytes()
}

fn header(r: &mut Reader<'_>) -> Option<About> {
    if r.take(MAGIC.len())? != MAGIC {
        return None;
    }
    let text = |r: &mut Reader<'_>| {
        let text = r.block().filter(|b| b.len() <= MOST_TEXT)?;
        String::from_utf8(text.to_vec()).ok()
    };
    let (program, seed) = (text(r)?, r.whole()?);
    let scenario = text(r)?;
    Some(About {
        program,
        seed,
        scenario,
    })
}

/// What a kept point belongs to, from its first bytes (4096 are enough); `None` if they are something else.
#[must_use]
pub fn about(bytes: &[u8]) -> Option<About> {
    header(&mut Reader::new(bytes))
}
