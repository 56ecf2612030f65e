//! A CDN: an edge near its callers, perhaps one more cache behind all edges, and the origin.
//!
//! A caller uses the edge of its region, or the nearest that is up. What may be kept is answered there by the hit ratio, or if the edge
//! keeps it; a miss asks the shield, which answers in the same way or asks the origin; what may not be kept goes from the edge to
//! the origin straight, as CloudFront's dynamic requests pass by its regional caches. While the shield is down, edges ask the
//! origin themselves (CloudFront's Origin Shield is replaced by another one then). An edge has no queue: its capacity is not
//! what a customer sizes. What it keeps outlives an outage: it is on disks.
//!
//! Of the calls that miss the same answer at an edge one may go for all (`fetching.rs`); an old answer may do while one call fetches it
//! again (RFC 5861, 3, stale-while-revalidate) or where the origin fails (4, stale-if-error); and one that hasn't changed may come without
//! its body (RFC 9110, "HTTP Semantics", 15.4.5).
//!
//! A private one (RFC 9111, 1: a browser's cache) is with its callers instead, and each source finds only what it has asked for itself.

mod edge;

use super::fetching::{Waiting, detached, is_waiting, let_go};
use crate::engine::{Context, NONE, Note, Outcome, Role, SiteTable, Then, edge_in, region_of};
use crate::measure::Meter;
use crate::model::{Access, Call, Cdn, Coalesce, Component, ComponentId, RegionId};
use crate::random::Stream;
use edge::{Asked, Edge, Found, Rules};

/// Where a call at an edge is in its life.
mod stage {
    /// It asks the origin.
    pub(super) const AT_ORIGIN: u8 = 0;
    /// It asks the shield.
    pub(super) const AT_SHIELD: u8 = 1;
    /// It passes through.
    pub(super) const PASSES: u8 = 2;
    /// It passes through, to change something.
    pub(super) const CHANGES: u8 = 3;
    /// It waited too long for another's call, and asks by itself.
    pub(super) const ALONE: u8 = 4;
    /// With one of the first two: nobody waits for it, an old answer is fetched again.
    pub(super) const RENEWS: u8 = 8;
}

#[derive(Debug)]
pub(crate) struct CdnState {
    number: u16,
    /// The edges, then the shield.
    edges: Vec<Edge>,
    shield: Option<u32>,
    cacheable: Vec<bool>,
    request_price: u64,
    rules: Rules,
    /// Whether every source has a cache of its own, with it.
    is_private: bool,
    coalesce: Option<Coalesce>,
    to_shield: u16,
    to_origin: u16,
    pub meter: Meter,
}

impl CdnState {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "there are no more edges than regions"
    )]
    pub fn new(number: u16, of: &Component, cdn: &Cdn, sites: &mut SiteTable) -> Self {
        let (seed, trial) = (sites.seed, sites.trial);
        let draws = of.name.purpose("eviction");
        let edge = |(at, region): (usize, &RegionId)| {
            let draws = Stream::open(seed, trial, draws.index(at as u64));
            Edge::new(edge_in(region.0), cdn, draws)
        };
        let to_shield = Call {
            target: ComponentId(number),
            access: Access::Same,
            timeout: None,
            retry: None,
        };
        Self {
            number,
            edges: cdn
                .edges
                .iter()
                .chain(&cdn.shield)
                .enumerate()
                .map(edge)
                .collect(),
            shield: cdn.shield.map(|_| cdn.edges.len() as u32),
            cacheable: cdn.cacheable.clone(),
            request_price: cdn.request_price,
            rules: Rules::new(of, cdn, seed, trial),
            is_private: cdn.is_private,
            coalesce: cdn.coalesce,
            to_shield: sites.add(&to_shield, seed, trial, of.name.purpose("shield")),
            to_origin: sites.add(&cdn.origin, seed, trial, of.name.purpose("origin")),
            meter: Meter::new(of.instances() as u32),
        }
    }

    /// Whether a call comes from an edge of this CDN, on its way to the shield.
    fn is_for_shield(&self, ctx: &Context, frame: u32) -> bool {
        let parent = ctx.frames[frame].parent;
        parent != NONE && {
            let p = &ctx.frames[parent];
            p.role == Role::Call && p.component == self.number
        }
    }

    /// Sends a call to the caller's edge, or to the shield.
    #[inline(never)]
    pub fn send(&mut self, ctx: &mut Context, frame: u32, is_write: bool) -> Then {
        ctx.frames[frame].stage = if is_write { stage::CHANGES } else { stage::PASSES };
        if self.is_private {
            ctx.frames[frame].instance = 0;
            ctx.frames.note(frame, ctx.now, || Note::Arrival);
            return self.reach(ctx, frame);
        }
        let at = match self.shield {
            Some(shield) if self.is_for_shield(ctx, frame) => shield,
            _ => self.nearest(ctx, frame),
        };
        let place = self.edges[at as usize].place;
        if ctx.travel(frame, at, place) {
            self.reach(ctx, frame)
        } else {
            Then::Nothing
        }
    }

    /// The nearest edge that is up, the first of equals; the first where the caller is nowhere.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "there are no more edges than regions"
    )]
    fn nearest(&self, ctx: &Context, frame: u32) -> u32 {
        let region = ctx.caller(frame).map(|_| region_of(ctx.frames[frame].zone));
        let count = self.shield.map_or(self.edges.len(), |s| s as usize);
        let mut best = (f64::INFINITY, 0);
        for (i, edge) in self.edges[..count].iter().enumerate() {
            let far = match region {
                None => Some(0.0),
                Some(from) => ctx.ways.distance(from, region_of(edge.place)),
            };
            if let Some(far) = far.filter(|f| edge.is_up && *f < best.0) {
                best = (far, i);
            }
        }
        best.1 as u32
    }

    /// A call reaches its edge, or the shield.
    #[inline(never)]
    pub fn reach(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let f = &ctx.frames[frame];
        let (at, op, asked) = (f.instance, f.op, Asked::of(f));
        if !self.edges[at as usize].is_up {
            self.meter.now.lost += 1;
            return ctx.answer(frame, Outcome::Unreachable);
        }
        let at_shield = self.shield == Some(at);
        ctx.frames[frame].is_inside = true;
        ctx.frames.note(frame, ctx.now, || Note::Start);
        if !at_shield {
            self.meter.now.arrived += 1;
            self.meter.now.usage_pusd += self.request_price;
        }
        if !self.cacheable[usize::from(op)] {
            return ctx.begin_call(frame, self.to_origin);
        }
        let edge = &mut self.edges[at as usize];
        let found = self.rules.look_up(edge, at_shield, asked, ctx.now);
        if found != Found::Nothing {
            if !at_shield {
                self.meter.now.hits += 1;
                self.count_read(at, found != Found::Fresh, 1);
            }
            if found == Found::Stale {
                self.renew(ctx, frame);
            }
            return self.answer(ctx, frame, Outcome::Ok);
        }
        self.meter.now.misses += u64::from(!at_shield);
        if let Some((object, rule)) = self.rules.object(asked).zip(self.coalesce)
            && edge.fetches.waits(ctx, frame, object, rule)
        {
            return Then::Nothing;
        }
        self.fetch(ctx, frame, 0)
    }

    /// Asks the shield, or the origin, for an answer that will be kept; `renews`: nothing, or [`stage::RENEWS`].
    fn fetch(&mut self, ctx: &mut Context, frame: u32, renews: u8) -> Then {
        let f = &mut ctx.frames[frame];
        let at = f.instance;
        let asks_shield = self
            .shield
            .is_some_and(|s| s != at && self.edges[s as usize].is_up);
        f.arrived = ctx.now;
        f.stage = renews
            | if asks_shield {
                stage::AT_SHIELD
            } else {
                stage::AT_ORIGIN
            };
        let edge = &self.edges[at as usize];
        f.has_same = self.rules.will_be_confirmed(edge, Asked::of(f), ctx.now);
        let site = if asks_shield {
            self.to_shield
        } else {
            self.to_origin
        };
        ctx.begin_call(frame, site)
    }

    /// A call has waited for another's for as long as it does: it asks the origin, and nobody keeps what it gets.
    pub fn step_done(&mut self, ctx: &mut Context, frame: u32) -> Then {
        ctx.frames[frame].stage = stage::ALONE;
        ctx.begin_call(frame, self.to_origin)
    }

    /// stale-while-revalidate: one call fetches an answer again, and nobody waits for it.
    fn renew(&mut self, ctx: &mut Context, of: u32) {
        let f = ctx.frames[of].clone();
        let fetches = &mut self.edges[f.instance as usize].fetches;
        let Some(object) = self.rules.object(Asked::of(&f)) else {
            return;
        };
        if fetches.is_fetched(object) {
            return;
        }
        fetches.begin(object, ctx.now);
        let frame = detached(ctx, &f, f.ask, stage::RENEWS);
        ctx.frames.note(frame, ctx.now, || Note::Cause(of));
        let then = self.fetch(ctx, frame, stage::RENEWS);
        ctx.also(then);
    }

    /// An answer out of what is kept, which may be older than a change.
    fn count_read(&mut self, edge: u32, is_old: bool, readers: u64) {
        if self.edges[edge as usize].keeps_keys() {
            self.meter.now.reads += if self.rules.can_be_old() { readers } else { 0 };
            self.meter.now.stale_reads += if is_old { readers } else { 0 };
        }
    }

    /// The shield, or the origin, has answered.
    #[inline(never)]
    pub fn resume(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        let f = &ctx.frames[frame];
        let (at, key, asked) = (f.instance, f.key, Asked::of(f));
        match f.stage & !stage::RENEWS {
            stage::AT_ORIGIN | stage::AT_SHIELD => self.fetched(ctx, frame, outcome),
            stage::CHANGES if outcome == Outcome::Ok && self.edges[at as usize].keeps_keys() => {
                self.rules.note_change(key, ctx.now);
                self.answer(ctx, frame, outcome)
            }
            stage::ALONE if outcome != Outcome::Ok && self.old_one_will_do(ctx, at, asked, 1) => {
                self.answer(ctx, frame, Outcome::Ok)
            }
            _ => self.answer(ctx, frame, outcome),
        }
    }

    /// An answer is there, or isn't, for who fetched it and for all who waited.
    fn fetched(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        let f = &ctx.frames[frame];
        let (at, key, asked, since) = (f.instance, f.key, Asked::of(f), f.arrived);
        let is_renewal = f.stage & stage::RENEWS != 0;
        let is_at_shield = f.stage & !stage::RENEWS == stage::AT_SHIELD;
        let object = self.rules.object(asked);
        let mut waiting = match object {
            Some(object) if is_renewal || self.coalesce.is_some() => {
                self.edges[at as usize].fetches.end(object)
            }
            _ => Waiting::new(),
        };
        waiting.retain(|(follower, turn)| is_waiting(ctx, *follower, *turn));
        let readers = u64::from(!is_renewal) + waiting.len() as u64;
        let mut outcome = outcome;
        if outcome == Outcome::Ok {
            let shield = self
                .shield
                .filter(|_| is_at_shield)
                .map(|s| &self.edges[s as usize]);
            let (read, until) = match shield.and_then(|s| s.span(&self.rules, asked)) {
                Some((read, until)) => (read, Some(until)),
                None => (since, None),
            };
            if until.is_some() {
                self.count_read(at, self.rules.is_outdated(key, read), readers);
            }
            let edge = &mut self.edges[at as usize];
            self.rules.keep(edge, asked, ctx.now, (read, until));
        } else if self.old_one_will_do(ctx, at, asked, readers) {
            outcome = Outcome::Ok;
        } else if let Some(object) = object.filter(|_| self.coalesce.is_some_and(|c| c.in_turn)) {
            let others = std::mem::take(&mut waiting);
            let next = self.edges[at as usize].fetches.next_tries(ctx, object, others);
            if let Some(next) = next {
                let then = self.fetch(ctx, next, 0);
                ctx.also(then);
            }
        }
        for (follower, _) in waiting {
            self.leaves(ctx, follower);
            let_go(ctx, follower, outcome);
        }
        if is_renewal {
            return ctx.answer(frame, outcome);
        }
        self.answer(ctx, frame, outcome)
    }

    /// stale-if-error: whether an old answer does for so many readers.
    fn old_one_will_do(&mut self, ctx: &Context, at: u32, asked: Asked, readers: u64) -> bool {
        let will_do = self
            .rules
            .old_one_will_do(&self.edges[at as usize], asked, ctx.now);
        if will_do && self.shield != Some(at) {
            self.count_read(at, true, readers);
        }
        will_do
    }

    fn answer(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        self.leaves(ctx, frame);
        ctx.answer(frame, outcome)
    }

    /// A call's time at its edge, or at the shield, is over.
    fn leaves(&mut self, ctx: &mut Context, frame: u32) {
        let f = &mut ctx.frames[frame];
        f.is_inside = false;
        self.meter.now.served += u64::from(self.shield != Some(f.instance));
    }

    /// An edge, or the shield, goes down with all that is there, or comes up.
    pub fn set_up(&mut self, ctx: &mut Context, instance: u32, is_up: bool) {
        let edge = &mut self.edges[instance as usize];
        if edge.is_up == is_up {
            return;
        }
        edge.is_up = is_up;
        self.meter.instances(ctx.now, if is_up { 1 } else { -1 });
        if !is_up {
            edge.fetches.clear();
            self.meter.now.lost += super::lose_calls(ctx, self.number, instance, &mut self.meter);
        }
    }

    pub fn is_up(&self, instance: u32) -> bool {
        self.edges[instance as usize].is_up
    }

    pub fn count(&self) -> usize {
        self.edges.len()
    }
}
