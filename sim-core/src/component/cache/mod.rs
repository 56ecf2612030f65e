//! A cache: nodes that keep values by key, a key always on the same node.
//!
//! A miss goes to the origin: from the caller in a cache-aside cache, which then fills the cache without waiting for it;
//! from the cache itself in a read-through one. A change (put) goes to the origin first; a cache-aside caller then deletes
//! the key, a read-through cache keeps the new value. A node that is down is passed by: its keys go to the origin.

use std::collections::HashMap;

mod kept;

use super::demand::Drawn;
use crate::engine::{
    Ask, Context, DIRECT, Frame, NO_CLIENT, NO_KEY, NONE, Note, Outcome, Role, SiteTable, Then,
};
use crate::measure::Meter;
use crate::measure::visits::End;
use crate::model::{Cache, Component, Storage, Strategy};
use crate::policy::eviction::HashOfKey;
use crate::random::Stream;
use crate::station::{Entered, Pool};
use crate::time::{SimDuration, SimTime};
use kept::{Kept, Sizes};

/// Where a call at a cache is in its life.
mod stage {
    /// At the node's station, a look-up or a change.
    pub(super) const AT_NODE: u8 = 0;
    /// A miss, or a change, is at the origin.
    pub(super) const AT_ORIGIN: u8 = 1;
    /// The same, for a call that fills nothing when it ends (the node is down).
    pub(super) const AT_ORIGIN_ONLY: u8 = 2;
    /// Waits for another call's miss of the same key.
    pub(super) const AT_LEADER: u8 = 3;
    /// The news of the miss is on its way to the caller.
    pub(super) const TO_CALLER: u8 = 4;
    /// A caller's change is at the origin, the key is deleted afterwards.
    pub(super) const CHANGES: u8 = 5;
}

#[derive(Debug)]
struct Node {
    pool: Pool,
    store: Option<Kept>,
    zone: u16,
    is_up: bool,
}

#[derive(Debug)]
pub(crate) struct CacheState {
    number: u16,
    nodes: Vec<Node>,
    service_time: Drawn,
    hit_ratio: f64,
    sizes: Option<Sizes>,
    luck: Stream,
    ttl: Option<SimDuration>,
    ttl_jitter: f64,
    ttl_stream: Stream,
    strategy: Strategy,
    origin: Option<u16>,
    coalesce: bool,
    /// For every key that is being fetched: the calls that wait for it.
    in_flight: HashMap<u64, Vec<u32>, HashOfKey>,
    next: u32,
    pub meter: Meter,
}

impl CacheState {
    pub fn new(number: u16, of: &Component, cache: &Cache, sites: &mut SiteTable) -> Self {
        let (seed, trial) = (sites.seed, sites.trial);
        let store = |i: u32| match &cache.storage {
            Storage::HitRatio(_) => None,
            Storage::Keys {
                eviction,
                capacity,
                sizes,
            } => {
                let draws = Stream::open(seed, trial, of.name.purpose("eviction").index(u64::from(i)));
                Some(Kept::new(*eviction, *capacity, sizes.is_some(), draws))
            }
        };
        Self {
            number,
            nodes: (0..cache.instances)
                .map(|i| Node {
                    pool: Pool::new(&cache.station),
                    store: store(i),
                    zone: sites.place(number, i, of.zones),
                    is_up: true,
                })
                .collect(),
            service_time: Drawn::new(&cache.service_time, seed, trial, of.name.purpose("service-time")),
            hit_ratio: match cache.storage {
                Storage::HitRatio(p) => p,
                Storage::Keys { .. } => 0.0,
            },
            sizes: match &cache.storage {
                Storage::Keys { sizes: Some(law), .. } => {
                    Some(Sizes::new(law, seed, of.name.purpose("item-size")))
                }
                _ => None,
            },
            luck: Stream::open(seed, trial, of.name.purpose("hit")),
            ttl: cache.ttl,
            ttl_jitter: cache.ttl_jitter,
            ttl_stream: Stream::open(seed, trial, of.name.purpose("ttl")),
            strategy: cache.strategy,
            origin: cache
                .origin
                .as_ref()
                .map(|c| sites.add(c, seed, trial, of.name.purpose("origin"))),
            coalesce: cache.coalesce,
            in_flight: HashMap::default(),
            next: 0,
            meter: Meter::new(cache.instances),
        }
    }

    /// Chooses the node of a key; in turn for a request without one.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a remainder below the number of nodes"
    )]
    fn node_of(&mut self, key: u64) -> u32 {
        let n = self.nodes.len() as u64;
        if n == 1 {
            return 0;
        }
        if key == NO_KEY {
            self.next = (self.next + 1) % n as u32;
            return self.next;
        }
        (crate::policy::eviction::hash(key) % n) as u32
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
        let (key, ask) = (f.key, f.ask);
        let at = self.node_of(key);
        ctx.frames[frame].instance = at;
        let node = &self.nodes[at as usize];
        if ask == Ask::Put && self.strategy == Strategy::CacheAside && self.origin.is_some() {
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
            if ctx.travel(frame, at, zone) {
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

    /// The call's service, or its way to the caller, is over.
    #[inline]
    pub fn step_done(&mut self, ctx: &mut Context, frame: u32) -> Then {
        if ctx.frames[frame].stage == stage::TO_CALLER {
            return self.ask_origin(ctx, frame, stage::AT_ORIGIN);
        }
        let f = &ctx.frames[frame];
        let (key, ask) = (f.key, f.ask);
        let node = &mut self.nodes[f.instance as usize];
        self.meter.now.served += 1;
        let next = node.pool.leave(ctx.now, frame, &mut ctx.frames, &mut self.meter);
        if let Some(next) = next {
            let _ = self.serve(ctx, next);
        }
        match ask {
            Ask::Fill => {
                self.insert(ctx, frame);
                ctx.frames.note(frame, ctx.now, || Note::Leave(End::Ok));
                ctx.frames.release(frame);
                Then::Nothing
            }
            Ask::Put if self.origin.is_some() && self.strategy == Strategy::ReadThrough => {
                self.ask_origin(ctx, frame, stage::AT_ORIGIN)
            }
            Ask::Put => {
                let at = ctx.frames[frame].instance as usize;
                match (&mut self.nodes[at].store, self.origin) {
                    // The value has changed at the origin: what is kept here is old.
                    (Some(store), Some(_)) => store.remove(key),
                    // Nothing stands behind this cache: it is where the value lives.
                    (Some(_), None) => self.insert(ctx, frame),
                    (None, _) => {}
                }
                ctx.answer(frame, Outcome::Ok)
            }
            _ if self.look_up(ctx.now, &ctx.frames[frame]) => {
                self.meter.now.hits += 1;
                ctx.answer(frame, Outcome::Ok)
            }
            _ => {
                self.meter.now.misses += 1;
                self.miss(ctx, frame, key)
            }
        }
    }

    #[inline]
    fn look_up(&mut self, now: SimTime, f: &Frame) -> bool {
        match &mut self.nodes[f.instance as usize].store {
            None => self.luck.uniform() < self.hit_ratio,
            Some(store) => store.look_up(f.key, now),
        }
    }

    /// Keeps the value of the frame's key.
    fn insert(&mut self, ctx: &Context, frame: u32) {
        let f = &ctx.frames[frame];
        let Some(store) = &mut self.nodes[f.instance as usize].store else {
            return;
        };
        let until = self.ttl.map(|ttl| {
            let spread = if self.ttl_jitter > 0.0 {
                1.0 + self.ttl_jitter * (2.0 * self.ttl_stream.uniform() - 1.0)
            } else {
                1.0
            };
            ctx.now + ttl.scaled(spread)
        });
        let weight = self.sizes.as_ref().map_or(1, |s| s.of(f.key));
        store.insert(f.key, weight, ctx.now, until);
    }

    fn miss(&mut self, ctx: &mut Context, frame: u32, key: u64) -> Then {
        if self.origin.is_none() {
            // The caller learns that there is no value, and may put one. A replay counts on what it asked for being kept.
            self.insert(ctx, frame);
            return ctx.answer(frame, Outcome::Ok);
        }
        if self.strategy == Strategy::CacheAside {
            // From here on it is the caller that asks the origin, or waits for who does.
            ctx.frames.note(frame, ctx.now, || Note::Leave(End::Ok));
        }
        if self.coalesce && key != NO_KEY {
            if let Some(waiting) = self.in_flight.get_mut(&key) {
                waiting.push(frame);
                ctx.frames[frame].stage = stage::AT_LEADER;
                // The list refers to the slot, so it must stay even if the call is killed.
                ctx.frames[frame].has_event = true;
                return Then::Nothing;
            }
            self.in_flight.insert(key, Vec::new());
        }
        if self.strategy == Strategy::ReadThrough {
            return self.ask_origin(ctx, frame, stage::AT_ORIGIN);
        }
        let f = &ctx.frames[frame];
        let (from, parent, turn) = (f.zone, f.parent, f.parent_turn);
        let caller = (parent != NONE && ctx.frames[parent].turn == turn).then(|| &ctx.frames[parent]);
        let delay = match caller {
            Some(caller) if ctx.caller(frame).is_some() => {
                let to = caller.zone;
                ctx.frames[frame].zone = to;
                ctx.delay(self.number, from, to)
            }
            _ => SimDuration::ZERO,
        };
        if delay.is_zero() {
            self.ask_origin(ctx, frame, stage::AT_ORIGIN)
        } else {
            ctx.frames[frame].stage = stage::TO_CALLER;
            ctx.after(delay, frame)
        }
    }

    /// Calls the origin on behalf of the frame.
    fn ask_origin(&mut self, ctx: &mut Context, frame: u32, stage: u8) -> Then {
        ctx.frames[frame].stage = stage;
        match self.origin {
            Some(site) => ctx.begin_call(frame, site),
            None => ctx.answer(frame, Outcome::Ok),
        }
    }

    /// The origin has answered.
    pub fn resume(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        let f = &ctx.frames[frame];
        let (stage, key, ask, at) = (f.stage, f.key, f.ask, f.instance);
        if stage == stage::CHANGES {
            let zone = self.nodes[at as usize].zone;
            if outcome == Outcome::Ok && self.nodes[at as usize].is_up {
                ctx.frames[frame].stage = stage::AT_NODE;
                return if ctx.travel(frame, at, zone) {
                    self.reach(ctx, frame)
                } else {
                    Then::Nothing
                };
            }
            return ctx.answer(frame, outcome);
        }
        let waiting = if ask == Ask::Get && stage == stage::AT_ORIGIN && self.coalesce {
            self.in_flight.remove(&key).unwrap_or_default()
        } else {
            Vec::new()
        };
        if outcome == Outcome::Ok && stage == stage::AT_ORIGIN {
            if self.strategy == Strategy::ReadThrough {
                self.insert(ctx, frame);
            } else {
                self.fill(ctx, frame);
            }
        }
        for follower in waiting {
            ctx.frames[follower].has_event = false;
            if ctx.frames[follower].role == Role::Dead {
                ctx.frames.release(follower);
            } else {
                let answer = ctx.answer(follower, outcome);
                ctx.also(answer);
            }
        }
        ctx.answer(frame, outcome)
    }

    /// The caller brings the value to the node, and doesn't wait for it.
    fn fill(&mut self, ctx: &mut Context, of: u32) {
        if self.nodes[ctx.frames[of].instance as usize].store.is_none() {
            return;
        }
        let fill = ctx.frames.take(Role::Call);
        let Frame { turn, life, .. } = ctx.frames[fill];
        let f = ctx.frames[of].clone();
        let zone = self.nodes[f.instance as usize].zone;
        ctx.frames[fill] = Frame {
            parent: NONE,
            turn,
            life,
            child: NONE,
            next: NONE,
            role: Role::Call,
            ask: Ask::Fill,
            stage: stage::AT_NODE,
            has_event: false,
            at_station: false,
            // Nobody waits for a fill.
            client: NO_CLIENT,
            via: DIRECT,
            is_forsaken: false,
            ..f
        };
        ctx.frames.note(fill, ctx.now, || Note::Cause(of));
        let delay = ctx.delay(self.number, f.zone, zone);
        ctx.frames[fill].has_event = true;
        ctx.calendar
            .schedule(ctx.now + delay, crate::engine::What::Reach, fill);
    }

    pub fn slow(&mut self, factor: f64) {
        self.service_time.factor = factor;
    }

    /// A node crashes: its calls and its values are lost.
    pub fn crash(&mut self, ctx: &mut Context, instance: u32) {
        let node = &mut self.nodes[instance as usize];
        if !node.is_up {
            return;
        }
        node.is_up = false;
        if let Some(store) = &mut node.store {
            store.clear();
        }
        self.meter.instances(ctx.now, -1);
        let lost = super::lose_calls_at_station(ctx, self.number, instance, &mut self.meter);
        self.meter.now.lost += lost;
        self.nodes[instance as usize].pool.clear(&mut ctx.frames);
    }

    /// A crashed node is up again, empty.
    pub fn repair(&mut self, ctx: &mut Context, instance: u32) {
        let node = &mut self.nodes[instance as usize];
        if !node.is_up {
            node.is_up = true;
            self.meter.instances(ctx.now, 1);
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the number of nodes was checked")]
    pub fn count(&self) -> u32 {
        self.nodes.len() as u32
    }

    pub fn is_up(&self, instance: u32) -> bool {
        self.nodes[instance as usize].is_up
    }
}
