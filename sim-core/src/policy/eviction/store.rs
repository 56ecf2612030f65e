//! One node's store: which keys are kept, in as much as they fit, under one rule of eviction.

use super::Order;
use super::arc::Arc;
use super::clock::Clock;
use super::fifo::Fifo;
use super::lfu::Lfu;
use super::lirs::Lirs;
use super::lru::Lru;
use super::memcached::Memcached;
use super::perfect_lfu::PerfectLfu;
use super::random::Random;
use super::redis_lfu::RedisLfu;
use super::redis_lru::RedisLru;
use super::s3_fifo::S3Fifo;
use super::shelf::{END, Shelf};
use super::sieve::Sieve;
use super::slru::Slru;
use super::two_q::TwoQ;
use super::w_tiny_lfu::WTinyLfu;
use crate::model::Eviction;
use crate::random::Stream;
use crate::time::SimTime;

/// The rule with its lists.
#[derive(Clone, Debug)]
enum Member {
    Lru(Lru),
    Fifo(Fifo),
    Clock(Clock),
    Lfu(Lfu),
    PerfectLfu(PerfectLfu),
    Random(Random),
    Slru(Slru),
    TwoQ(TwoQ),
    Arc(Arc),
    Lirs(Lirs),
    Sieve(Sieve),
    S3Fifo(S3Fifo),
    WTinyLfu(Box<WTinyLfu>),
    RedisLru(RedisLru),
    RedisLfu(RedisLfu),
    Memcached(Memcached),
}

impl Member {
    fn new(eviction: Eviction, capacity: u64, has_sizes: bool, draws: Stream) -> Self {
        match eviction {
            Eviction::Lru => Self::Lru(Lru::new()),
            Eviction::Fifo => Self::Fifo(Fifo::new()),
            Eviction::Clock => Self::Clock(Clock::new()),
            Eviction::Lfu => Self::Lfu(Lfu::new()),
            Eviction::PerfectLfu => Self::PerfectLfu(PerfectLfu::new()),
            Eviction::Random => Self::Random(Random::new(draws)),
            Eviction::Slru { segments } => Self::Slru(Slru::new(segments, capacity)),
            Eviction::TwoQ { recent, remembered } => Self::TwoQ(TwoQ::new(recent, remembered, capacity)),
            Eviction::Arc => Self::Arc(Arc::new()),
            Eviction::Lirs { recent } => Self::Lirs(Lirs::new(recent, capacity)),
            Eviction::Sieve => Self::Sieve(Sieve::new()),
            Eviction::S3Fifo { small, ghosts } => Self::S3Fifo(S3Fifo::new(small, ghosts, capacity)),
            Eviction::WTinyLfu { window } => {
                Self::WTinyLfu(Box::new(WTinyLfu::new(window, capacity, has_sizes, draws)))
            }
            Eviction::RedisLru { samples } => Self::RedisLru(RedisLru::new(samples, draws)),
            Eviction::RedisLfu {
                samples,
                log_factor,
                decay_time,
            } => Self::RedisLfu(RedisLfu::new(samples, log_factor, decay_time, draws)),
            Eviction::Memcached { hot, warm } => Self::Memcached(Memcached::new(hot, warm)),
        }
    }

    fn as_order(&mut self) -> &mut dyn Order {
        match self {
            Self::Lru(m) => m,
            Self::Fifo(m) => m,
            Self::Clock(m) => m,
            Self::Lfu(m) => m,
            Self::PerfectLfu(m) => m,
            Self::Random(m) => m,
            Self::Slru(m) => m,
            Self::TwoQ(m) => m,
            Self::Arc(m) => m,
            Self::Lirs(m) => m,
            Self::Sieve(m) => m,
            Self::S3Fifo(m) => m,
            Self::WTinyLfu(m) => &mut **m,
            Self::RedisLru(m) => m,
            Self::RedisLfu(m) => m,
            Self::Memcached(m) => m,
        }
    }
}

/// Where a kept value is, until it leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(u32);

impl Place {
    /// A number below the most values that were ever there at once, for what belongs to a value.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The keys that a node keeps.
#[derive(Clone, Debug)]
pub struct Store {
    member: Member,
    shelf: Shelf,
    /// To begin anew.
    empty: (Eviction, bool, Stream),
}

impl Store {
    /// An empty store. The capacity is in whatever values weigh; none: no limit. `draws` is for rules that draw.
    #[must_use]
    pub fn new(eviction: Eviction, capacity: Option<u64>, has_sizes: bool, draws: Stream) -> Self {
        // Places are 32-bit numbers.
        let most = if has_sizes {
            u64::MAX / 4
        } else {
            u64::from(END) - 1
        };
        let limit = capacity.unwrap_or(most).min(most);
        // Where nothing is ever evicted, no order has to be kept.
        let eviction = if capacity.is_none() {
            Eviction::Fifo
        } else {
            eviction
        };
        Self {
            member: Member::new(eviction, limit, has_sizes, draws.clone()),
            shelf: Shelf::new(limit),
            empty: (eviction, has_sizes, draws),
        }
    }

    /// Where the value of a key is, if it is kept.
    #[inline]
    #[must_use]
    pub fn find(&self, key: u64) -> Option<Place> {
        self.shelf.find_kept(key).map(Place)
    }

    /// A value is used.
    #[inline]
    pub fn hit(&mut self, at: Place, now: SimTime) {
        match &mut self.member {
            Member::Lru(m) => m.hit(&mut self.shelf, at.0, now),
            Member::Fifo(_) => {}
            other => other.as_order().hit(&mut self.shelf, at.0, now),
        }
    }

    /// Takes a value in, evicting others for it, or uses it if it is there. None: it isn't let in.
    pub fn insert(&mut self, key: u64, weight: u32, now: SimTime) -> Option<Place> {
        if let Some(at) = self.find(key) {
            self.hit(at, now);
            return self.find(key);
        }
        if u64::from(weight) > self.shelf.capacity {
            return None;
        }
        let admitted = match &mut self.member {
            Member::Lru(m) => m.admit(&mut self.shelf, key, weight, now),
            other => other.as_order().admit(&mut self.shelf, key, weight, now),
        };
        admitted.map(Place)
    }

    /// Asks for a key and takes it in if it isn't there: whether it was.
    #[inline]
    pub fn access(&mut self, key: u64, weight: u32, now: SimTime) -> bool {
        match self.find(key) {
            Some(at) => {
                self.hit(at, now);
                true
            }
            None => {
                self.insert(key, weight, now);
                false
            }
        }
    }

    /// Forgets a value.
    pub fn remove(&mut self, key: u64) {
        if let Some(at) = self.shelf.find_kept(key) {
            self.member.as_order().unlink(&mut self.shelf, at);
            self.shelf[at].is_dirty = false;
            self.shelf.evict(at);
        }
    }

    /// Forgets a value as if it were evicted.
    pub fn expire(&mut self, key: u64) {
        if let Some(at) = self.shelf.find_kept(key) {
            self.member.as_order().unlink(&mut self.shelf, at);
            self.shelf.evict(at);
        }
    }

    /// Notes that a value is nowhere else; whether that is new.
    pub fn mark_dirty(&mut self, at: Place) -> bool {
        !std::mem::replace(&mut self.shelf[at.0].is_dirty, true)
    }

    /// Whether a value is nowhere else.
    #[must_use]
    pub fn is_dirty(&self, at: Place) -> bool {
        self.shelf[at.0].is_dirty
    }

    /// Notes that a value is elsewhere too; whether it wasn't.
    pub fn clean(&mut self, key: u64) -> bool {
        let at = self.shelf.find_kept(key);
        at.is_some_and(|at| std::mem::take(&mut self.shelf[at].is_dirty))
    }

    /// The key of a value that was nowhere else and had to go.
    pub fn next_spilled(&mut self) -> Option<u64> {
        self.shelf.spilled.pop()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        let (eviction, has_sizes, draws) = self.empty.clone();
        self.member = Member::new(eviction, self.shelf.capacity, has_sizes, draws);
        self.shelf.clear();
    }

    /// How many values are kept.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.shelf.kept
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shelf.kept == 0
    }

    /// What the values weigh together.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.shelf.used
    }

    /// The memory that it takes, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let more = match &self.member {
            Member::WTinyLfu(m) => m.bytes(),
            Member::PerfectLfu(m) => m.bytes(),
            _ => 0,
        };
        self.shelf.bytes() + more
    }
}
