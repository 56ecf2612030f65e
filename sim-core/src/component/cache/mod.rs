//! A cache: nodes that keep values by key, a key always on the same node.
//!
//! A miss goes to the origin: from the caller in a cache-aside or write-around cache, which then fills the cache without waiting for it;
//! from the cache itself otherwise. A change (put) goes to the origin as the strategy says, see `change.rs`. A node that is down is
//! passed by: its keys go to the origin, or to the nodes that are left. A cache inside a service has a node in every instance.
//!
//! A node costs what it keeps: 50 bytes a key at a million keys and 67 at ten million (tables grow by doubling), under rules that
//! remember keys which have left up to 84, and 24 more where values get too old or change. An access to ten million keys takes some 230 ns
//! under LRU instead of 170, and at most 840 under any rule, as memory is farther away than what a processor keeps near itself
//! (`sim-core/examples/evictions.rs`, November 2026).

mod change;
mod fetch;
mod nodes;

use std::collections::HashMap;

use super::demand::{Drawn, Factors};
use super::fetching::{Fetches, detached};
use super::kept::{Kept, Seen, Sizes, Value};
use crate::engine::{Ask, Context, Frame, NO_KEY, NONE, Note, Outcome, SiteTable, Then};
use crate::measure::Meter;
use crate::measure::visits::End;
use crate::model::{Cache, Coalesce, Component, Freshness, Storage, Strategy};
use crate::policy::eviction::HashOfKey;
use crate::random::{Stream, StreamName};
use crate::station::{Entered, Pool};
use crate::time::{SimDuration, SimTime};
use nodes::Ring;

/// Where a call at a cache is in its life.
mod stage {
    /// At the node's station, a look-up or a change.
    pub(super) const AT_NODE: u8 = 0;
    /// A miss, or a change, is at the origin.
    pub(super) const AT_ORIGIN: u8 = 1;
    /// The same, for a call that fills nothing when it ends (the node is down, or it waited too long for another).
    pub(super) const AT_ORIGIN_ONLY: u8 = 2;
    /// Waits for another call's miss of the same key.
    pub(super) const AT_LEADER: u8 = super::super::fetching::AT_LEADER;
    /// The news of the miss is on its way to the caller.
    pub(super) const TO_CALLER: u8 = 4;
    /// A caller's change is at the origin, the key is forgotten afterwards.
    pub(super) const CHANGES: u8 = 5;
    /// Nobody waits for it: an old value is renewed.
    pub(super) const RENEWS: u8 = 6;
    /// Nobody waits for it: a change is written that the cache answered long ago.
    pub(super) const FLUSHES: u8 = 7;
    /// It is time to write the changes.
    pub(super) const FLUSH_DUE: u8 = 8;
}

#[derive(Debug)]
struct Node {
    pool: Pool,
    store: Option<Kept>,
    zone: u16,
    is_up: bool,
    /// Keys that are being fetched.
    in_flight: Fetches,
    /// Whether the time of the next flush is known.
    flush_is_due: bool,
}

#[derive(Debug)]
pub(crate) struct CacheState {
    number: u16,
    nodes: Vec<Node>,
    ring: Ring,
    /// Instances of which component the nodes are in.
    inside: Option<u16>,
    /// What nodes are made of, for those that come later.
    blank: Box<Blank>,
    service_time: Drawn,
    hit_ratio: f64,
    sizes: Option<Box<Sizes>>,
    luck: Stream,
    rules: Freshness,
    /// Whether values are answered that are too old.
    serves_old: bool,
    ttl_stream: Stream,
    early_stream: Stream,
    strategy: Strategy,
    origin: Option<u16>,
    coalesce: Option<Coalesce>,
    /// When keys last changed at the origin, as far as it went through here.
    changes: HashMap<u64, SimTime, HashOfKey>,
    /// A call that changed something, for those that write it later.
    writer: Option<Frame>,
    next: u32,
    pub meter: Meter,
}

/// What a new node is made of.
#[derive(Debug)]
struct Blank {
    of: Cache,
    seed: u64,
    trial: u64,
    draws: StreamName,
}

impl Blank {
    fn node(&self, number: u32, zone: u16) -> Node {
        let store = match &self.of.storage {
            Storage::HitRatio(_) => None,
            Storage::Keys {
                eviction,
                capacity,
                sizes,
            } => {
                let draws = Stream::open(self.seed, self.trial, self.draws.index(u64::from(number)));
                Some(Kept::new(*eviction, *capacity, sizes.is_some(), draws))
            }
        };
        Node {
            pool: Pool::new(&self.of.station),
            store,
            zone,
            is_up: true,
            in_flight: Fetches::default(),
            flush_is_due: false,
        }
    }
}

impl CacheState {
    pub fn new(number: u16, of: &Component, cache: &Cache, sites: &mut SiteTable) -> Self {
        let (seed, trial) = (sites.seed, sites.trial);
        let open = |purpose| Stream::open(seed, trial, of.name.purpose(purpose));
        let blank = Blank {
            of: cache.clone(),
            seed,
            trial,
            draws: of.name.purpose("eviction"),
        };
        Self {
            number,
            nodes: (0..cache.instances)
                .map(|i| blank.node(i, sites.place(number, of, i)))
                .collect(),
            ring: Ring::new(&cache.nodes, cache.instances),
            inside: cache.inside.map(|c| c.0),
            service_time: Drawn::new(&cache.service_time, seed, trial, of.name.purpose("service-time")),
            hit_ratio: match cache.storage {
                Storage::HitRatio(p) => p,
                Storage::Keys { .. } => 0.0,
            },
            sizes: match &cache.storage {
                Storage::Keys { sizes: Some(law), .. } => {
                    Some(Box::new(Sizes::new(law, seed, of.name.purpose("item-size"))))
                }
                _ => None,
            },
            luck: open("hit"),
            rules: cache.freshness,
            serves_old: !cache.freshness.revalidate.is_zero() || !cache.freshness.if_error.is_zero(),
            ttl_stream: open("ttl"),
            early_stream: open("early"),
            strategy: cache.strategy,
            origin: cache
                .origin
                .as_ref()
                .map(|c| sites.add(c, seed, trial, of.name.purpose("origin"))),
            coalesce: cache.coalesce,
            changes: HashMap::default(),
            writer: None,
            next: 0,
            meter: Meter::new(cache.instances),
            blank: Box::new(blank),
        }
    }

    /// Chooses the node of a call's key; in turn for a request without one.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "nodes are counted in 32 bits")]
    fn node_of(&mut self, ctx: &Context, frame: u32) -> u32 {
        if self.inside.is_some() {
            return self.node_inside(ctx, frame);
        }
        let n = self.nodes.len();
        if n == 1 {
            return 0;
        }
        let key = ctx.frames[frame].key;
        if key == NO_KEY {
            self.next = (self.next + 1) % n as u32;
            return self.next;
        }
        self.ring.node(key)
    }

    /// The node in the instance that calls.
    fn node_inside(&mut self, ctx: &Context, frame: u32) -> u32 {
        let parent = ctx.frames[frame].parent;
        let at = match parent {
            NONE => 0,
            p => ctx.frames[p].instance,
        };
        while self.nodes.len() <= at as usize {
            let number = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
            self.nodes.push(self.blank.node(number, 0));
        }
        at
    }

    /// Sends a call to its node, or keeps it where its caller is.
    #[inline(always)]
    pub fn send(&mut self, ctx: &mut Context, frame: u32, is_write: bool) -> Then {
        let f = &mut ctx.frames[frame];
        f.ask = match f.ask {
            Ask::Op if is_write => Ask::Put,
            Ask::Op | Ask::Read => Ask::Get,
            // A cache in front of this one changes a value.
            Ask::Write => Ask::Put,
            ask => ask,
        };
        let ask = f.ask;
        let at = self.node_of(ctx, frame);
        ctx.frames[frame].instance = at;
        let node = &self.nodes[at as usize];
        if ask == Ask::Put && self.strategy.caller_writes() && self.origin.is_some() {
            self.ask_origin(ctx, frame, stage::CHANGES)
        } else if !node.is_up {
            match ask {
                Ask::Fill => {
                    ctx.frames.release(frame);
                    Then::Nothing
                }
                _ if self.origin.is_some() => self.ask_origin(ctx, frame, stage::AT_ORIGIN_ONLY),
                _ => {
                    self.meter.now.lost += 1;
                    ctx.answer(frame, Outcome::Unreachable)
                }
            }
        } else {
            let zone = node.zone;
            ctx.frames[frame].stage = stage::AT_NODE;
            // Nothing travels within a process.
            if self.inside.is_some() || ctx.travel(frame, at, zone) {
                self.reach(ctx, frame)
            } else {
                Then::Nothing
            }
        }
    }

    /// A call reaches its node.
    #[inline(always)]
    pub fn reach(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let node = &mut self.nodes[ctx.frames[frame].instance as usize];
        if !node.is_up {
            self.meter.now.lost += 1;
            return Self::fail(ctx, frame, Outcome::Unreachable);
        }
        self.meter.now.arrived += 1;
        match node.pool.enter(ctx.now, frame, &mut ctx.frames, &mut self.meter) {
            Entered::Starts => self.serve(ctx, frame),
            Entered::Waits => Then::Nothing,
            Entered::Refused => Self::fail(ctx, frame, Outcome::Rejected),
        }
    }

    fn fail(ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        if ctx.frames[frame].ask == Ask::Fill {
            ctx.frames.note(frame, ctx.now, || Note::Leave(outcome.into()));
            ctx.frames.release(frame);
            Then::Nothing
        } else {
            ctx.answer(frame, outcome)
        }
    }

    #[inline(always)]
    fn serve(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let time = self.service_time.next(&ctx.frames[frame], &ctx.traces);
        ctx.after(time, frame)
    }

    /// The call's service, its way to the caller, or what else it waits for, is over.
    #[inline]
    pub fn step_done(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let f = &ctx.frames[frame];
        let (key, ask, at) = (f.key, f.ask, f.instance);
        match f.stage {
            stage::AT_NODE => {}
            stage::TO_CALLER => return self.ask_origin(ctx, frame, stage::AT_ORIGIN),
            stage::AT_LEADER => return self.ask_origin(ctx, frame, stage::AT_ORIGIN_ONLY),
            _ => return self.flush_all(ctx, frame),
        }
        let node = &mut self.nodes[at as usize];
        self.meter.now.served += 1;
        let next = node.pool.leave(ctx.now, frame, &mut ctx.frames, &mut self.meter);
        if let Some(next) = next {
            let _ = self.serve(ctx, next);
        }
        match ask {
            Ask::Fill => {
                let f = &ctx.frames[frame];
                let (read, took) = (f.born, SimDuration::from_nanos(u64::from(f.pc) * 1000));
                self.insert(ctx, frame, read, took);
                ctx.frames.note(frame, ctx.now, || Note::Leave(End::Ok));
                ctx.frames.release(frame);
                Then::Nothing
            }
            Ask::Put => self.change_here(ctx, frame),
            _ => self.look_up(ctx, frame, key),
        }
    }

    #[inline]
    fn look_up(&mut self, ctx: &mut Context, frame: u32, key: u64) -> Then {
        let node = &mut self.nodes[ctx.frames[frame].instance as usize];
        let Some(store) = &mut node.store else {
            if self.luck.uniform() < self.hit_ratio {
                self.meter.now.hits += 1;
                return ctx.answer(frame, Outcome::Ok);
            }
            self.meter.now.misses += 1;
            return self.miss(ctx, frame, key);
        };
        let mut seen = store.look_up(key, ctx.now, &self.rules, &mut self.early_stream);
        let can_be_stale = !self.changes.is_empty() || self.serves_old;
        if seen == Seen::Early && self.coalesce.is_some() && node.in_flight.is_fetched(key) {
            // Somebody else renews it already.
            seen = Seen::Good;
        }
        match seen {
            Seen::Good => {
                self.meter.now.hits += 1;
                self.meter.now.reads += u64::from(can_be_stale);
                if !self.changes.is_empty() && self.is_outdated(ctx.frames[frame].instance, key) {
                    self.meter.now.stale_reads += 1;
                }
                if self.rules.renews {
                    self.renew(ctx, frame);
                }
                ctx.answer(frame, Outcome::Ok)
            }
            Seen::Stale => {
                self.meter.now.hits += 1;
                self.meter.now.reads += 1;
                self.meter.now.stale_reads += 1;
                self.refresh(ctx, frame);
                ctx.answer(frame, Outcome::Ok)
            }
            Seen::Early | Seen::Nothing => {
                self.meter.now.misses += 1;
                self.miss(ctx, frame, key)
            }
        }
    }

    fn renew(&mut self, ctx: &Context, frame: u32) {
        let until = Kept::end(&self.rules, ctx.now, &mut self.ttl_stream);
        let f = &ctx.frames[frame];
        if let Some(store) = &mut self.nodes[f.instance as usize].store {
            store.renew(f.key, until);
        }
    }

    /// Keeps the value of the frame's key, which was read then; whether it was let in.
    fn insert(&mut self, ctx: &mut Context, frame: u32, read: SimTime, took: SimDuration) -> bool {
        let f = &ctx.frames[frame];
        let (key, at) = (f.key, f.instance);
        if self.nodes[at as usize].store.is_none() {
            return false;
        }
        let value = Value {
            until: Kept::end(&self.rules, ctx.now, &mut self.ttl_stream),
            // As long as nothing changes, it doesn't matter when a value was read.
            read: if self.changes.is_empty() {
                SimTime::ZERO
            } else {
                read
            },
            took: if self.rules.early.is_some() {
                took
            } else {
                SimDuration::ZERO
            },
        };
        let weight = self.sizes.as_ref().map_or(1, |s| s.of(key));
        let store = self.nodes[at as usize].store.as_mut();
        let is_in = store.is_some_and(|s| s.insert(key, weight, ctx.now, value));
        if self.strategy.writes_later() {
            self.flush_spilled(ctx, at, frame);
        }
        is_in
    }

    /// A node crashes: its calls and its values are lost.
    pub fn crash(&mut self, ctx: &mut Context, instance: u32) {
        let Some(node) = self.nodes.get_mut(instance as usize).filter(|n| n.is_up) else {
            return;
        };
        node.is_up = false;
        self.meter.now.lost_writes += node.store.as_mut().map_or(0, Kept::clear);
        self.ring.set_up(instance, false);
        self.meter.instances(ctx.now, -1);
        let lost = super::lose_calls_at_station(ctx, self.number, instance, &mut self.meter);
        self.meter.now.lost += lost;
        self.nodes[instance as usize].pool.clear(&mut ctx.frames);
    }

    /// A crashed node is up again, empty.
    pub fn repair(&mut self, ctx: &mut Context, instance: u32) {
        if let Some(node) = self.nodes.get_mut(instance as usize).filter(|n| !n.is_up) {
            node.is_up = true;
            self.ring.set_up(instance, true);
            self.meter.instances(ctx.now, 1);
        }
    }

    pub fn slow(&mut self, factors: &Factors) {
        self.service_time.slow(factors);
    }

    #[expect(clippy::cast_possible_truncation, reason = "the number of nodes was checked")]
    pub fn count(&self) -> u32 {
        self.nodes.len() as u32
    }

    /// Whether the nodes are in the instances of that component.
    pub fn is_inside(&self, component: u16) -> bool {
        self.inside == Some(component)
    }

    pub fn is_up(&self, instance: u32) -> bool {
        self.nodes.get(instance as usize).is_some_and(|n| n.is_up)
    }
}
