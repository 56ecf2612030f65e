//! What edges answer by themselves: by a hit ratio, or out of what each of them keeps.
//!
//! An answer is kept by operation and key, as by a URL. Its age counts from when the origin answered it, on the way through
//! the shield too (RFC 9111, "HTTP Caching", 4.2.3 and 5.1, the Age header). It is not forgotten when it changes at the origin: readers see the old
//! one until it is too old, which is counted for changes that pass through here.

use std::collections::HashMap;

use crate::component::fetching::Fetches;
use crate::component::kept::{Kept, Seen, Sizes, Value};
use crate::engine::{Frame, NO_KEY};
use crate::model::{Cdn, Component, Freshness, MOST_SOURCES, Storage};
use crate::policy::eviction::HashOfKey;
use crate::random::Stream;
use crate::time::{SimDuration, SimTime};

/// An edge, or the shield.
#[derive(Debug)]
pub(super) struct Edge {
    pub place: u16,
    pub is_up: bool,
    /// Answers that are being fetched.
    pub fetches: Fetches,
    kept: Option<Kept>,
}

/// What is asked for, and by whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    op: u16,
    key: u64,
    source: u32,
}

impl Asked {
    pub fn of(f: &Frame) -> Self {
        Self {
            op: f.op,
            key: f.key,
            source: f.source,
        }
    }
}

/// What a look-up comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// An answer.
    Fresh,
    /// An answer that a later change isn't in.
    Outdated,
    /// An answer that is too old, and does while another one is fetched.
    Stale,
    /// None.
    Nothing,
}

/// The rules of all edges.
#[derive(Debug)]
pub(super) struct Rules {
    /// At an edge, at the shield: the share of hits and its stream, where no keys are kept.
    hits: [(f64, Stream); 2],
    /// Whether each source has answers of its own.
    is_private: bool,
    freshness: Freshness,
    ttl: Stream,
    early: Stream,
    sizes: Option<Box<Sizes>>,
    /// The number of every operation among those that may be kept.
    kinds: Vec<u64>,
    /// When keys last changed at the origin, as far as it went through here.
    changes: HashMap<u64, SimTime, HashOfKey>,
}

impl Edge {
    pub fn new(place: u16, cdn: &Cdn, draws: Stream) -> Self {
        let kept = match &cdn.storage {
            Storage::HitRatio(_) => None,
            Storage::Keys {
                eviction,
                capacity,
                sizes,
            } => Some(Kept::new(*eviction, *capacity, sizes.is_some(), draws)),
        };
        Self {
            place,
            is_up: true,
            fetches: Fetches::default(),
            kept,
        }
    }

    pub fn keeps_keys(&self) -> bool {
        self.kept.is_some()
    }

    /// When an answer that is kept was read from the origin, and until when it is good.
    pub fn span(&self, rules: &Rules, asked: Asked) -> Option<(SimTime, SimTime)> {
        self.kept.as_ref()?.span(rules.object(asked)?)
    }
}

impl Rules {
    pub fn new(of: &Component, cdn: &Cdn, seed: u64, trial: u64) -> Self {
        let stream = |purpose: &str| Stream::open(seed, trial, of.name.purpose(purpose));
        let (hit_ratio, sizes) = match &cdn.storage {
            Storage::HitRatio(ratio) => (*ratio, None),
            Storage::Keys { sizes, .. } => (0.0, sizes.as_ref()),
        };
        let mut kinds = 0;
        let number = |is_kept: &bool| {
            kinds += u64::from(*is_kept);
            kinds.saturating_sub(1)
        };
        Self {
            hits: [
                (hit_ratio, stream("hit")),
                (cdn.shield_hit_ratio, stream("shield-hit")),
            ],
            is_private: cdn.is_private,
            freshness: cdn.freshness,
            ttl: stream("ttl"),
            early: stream("early"),
            sizes: sizes.map(|law| Box::new(Sizes::new(law, seed, of.name.purpose("item-size")))),
            kinds: cdn.cacheable.iter().map(number).collect(),
            changes: HashMap::default(),
        }
    }

    /// The name of an answer: its operation and key, and whose it is; none where no key is known.
    pub fn object(&self, asked: Asked) -> Option<u64> {
        let answer = self.answer(asked)?;
        if !self.is_private {
            return Some(answer);
        }
        let sources = u64::from(MOST_SOURCES);
        Some(answer.wrapping_mul(sources).wrapping_add(u64::from(asked.source)))
    }

    /// An answer by its operation and key, whosever it is.
    fn answer(&self, asked: Asked) -> Option<u64> {
        let last = self.kinds.last().map_or(1, |k| k + 1);
        let kind = self.kinds[usize::from(asked.op)];
        (asked.key != NO_KEY).then(|| asked.key.wrapping_mul(last).wrapping_add(kind))
    }

    /// Looks an answer up at an edge, or at the shield.
    pub fn look_up(&mut self, edge: &mut Edge, is_shield: bool, asked: Asked, now: SimTime) -> Found {
        let object = self.object(asked);
        let Some(kept) = &mut edge.kept else {
            let (ratio, stream) = &mut self.hits[usize::from(is_shield)];
            return if stream.uniform() < *ratio {
                Found::Fresh
            } else {
                Found::Nothing
            };
        };
        let Some(object) = object else {
            return Found::Nothing;
        };
        match kept.look_up(object, now, &self.freshness, &mut self.early) {
            Seen::Good if self.is_outdated(asked.key, kept.read(object)) => Found::Outdated,
            Seen::Good => Found::Fresh,
            Seen::Stale => Found::Stale,
            Seen::Early | Seen::Nothing => Found::Nothing,
        }
    }

    /// Whether the key changed after it was read.
    pub fn is_outdated(&self, key: u64, read: SimTime) -> bool {
        self.changes.get(&key).is_some_and(|changed| *changed > read)
    }

    /// Whether an answer could be old at all: a later change missed, or its time over.
    pub fn can_be_old(&self) -> bool {
        let freshness = &self.freshness;
        !self.changes.is_empty() || !freshness.revalidate.is_zero() || !freshness.if_error.is_zero()
    }

    /// A key changed at the origin.
    pub fn note_change(&mut self, key: u64, now: SimTime) {
        if key != NO_KEY {
            self.changes.insert(key, now);
        }
    }

    /// stale-if-error: whether an answer is there that is too old, but will do where the origin fails.
    pub fn old_one_will_do(&self, edge: &Edge, asked: Asked, now: SimTime) -> bool {
        let object = self.object(asked).zip(edge.kept.as_ref());
        let age = object.and_then(|(object, kept)| kept.age(object, now));
        age.is_some_and(|age| age < self.freshness.if_error)
    }

    /// Whether an answer is there that is too old, and the origin will say that it is still the same.
    pub fn will_be_confirmed(&self, edge: &Edge, asked: Asked, now: SimTime) -> bool {
        let object = self.object(asked).zip(edge.kept.as_ref());
        self.freshness.confirms
            && object.is_some_and(|(object, kept)| {
                kept.age(object, now).is_some() && !self.is_outdated(asked.key, kept.read(object))
            })
    }

    /// Keeps an answer, which was read then; `until`: how long it is good, where the shield knows it.
    pub fn keep(
        &mut self,
        edge: &mut Edge,
        asked: Asked,
        now: SimTime,
        (read, until): (SimTime, Option<SimTime>),
    ) {
        let object = self.object(asked);
        let Some((object, kept)) = object.zip(edge.kept.as_mut()) else {
            return;
        };
        let until = until.unwrap_or_else(|| Kept::end(&self.freshness, now, &mut self.ttl));
        let answer = self.answer(asked).unwrap_or(object);
        let weight = self.sizes.as_ref().map_or(1, |s| s.of(answer));
        let value = Value {
            until,
            read,
            took: SimDuration::ZERO,
        };
        kept.insert(object, weight, now, value);
    }
}
