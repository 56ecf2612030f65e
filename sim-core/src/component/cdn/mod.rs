//! A CDN: an edge near its callers, perhaps one more cache behind all edges, and the origin.
//!
//! A caller uses the edge of its region, or the nearest that is up. What may be kept is answered there by the hit ratio, or if the edge
//! keeps it; a miss asks the shield, which answers in the same way or asks the origin; what may not be kept goes from the edge to
//! the origin straight, as CloudFront's dynamic requests pass by its regional caches. While the shield is down, edges ask the
//! origin themselves (CloudFront's Origin Shield is replaced by another one then). An edge has no queue: its capacity is not
//! what a customer sizes. What it keeps outlives an outage: it is on disks.

mod edge;

use crate::engine::{Context, NONE, Note, Outcome, Role, SiteTable, Then, edge_in, region_of};
use crate::measure::Meter;
use crate::model::{Access, Call, Cdn, Component, ComponentId, RegionId};
use crate::random::Stream;
use edge::{Edge, Found, Rules};

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
    pub fn send(&mut self, ctx: &mut Context, frame: u32, is_write: bool) -> Then {
        ctx.frames[frame].stage = if is_write { stage::CHANGES } else { stage::PASSES };
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
    pub fn reach(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let f = &ctx.frames[frame];
        let (at, op, key) = (f.instance, f.op, f.key);
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
        let found = self.rules.look_up(edge, at_shield, op, key, ctx.now);
        if found != Found::Nothing {
            if !at_shield {
                self.meter.now.hits += 1;
                self.count_read(at, found == Found::Outdated);
            }
            return self.answer(ctx, frame, Outcome::Ok);
        }
        self.meter.now.misses += u64::from(!at_shield);
        let asks_shield = !at_shield && self.shield.is_some_and(|s| self.edges[s as usize].is_up);
        let f = &mut ctx.frames[frame];
        f.arrived = ctx.now;
        let (stage, site) = if asks_shield {
            (stage::AT_SHIELD, self.to_shield)
        } else {
            (stage::AT_ORIGIN, self.to_origin)
        };
        f.stage = stage;
        ctx.begin_call(frame, site)
    }

    /// An answer out of what is kept, which may be older than a change.
    fn count_read(&mut self, edge: u32, is_outdated: bool) {
        if self.edges[edge as usize].keeps_keys() {
            self.meter.now.reads += u64::from(self.rules.knows_changes());
            self.meter.now.stale_reads += u64::from(is_outdated);
        }
    }

    /// The shield, or the origin, has answered.
    pub fn resume(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        let f = &ctx.frames[frame];
        let (at, op, key, asked) = (f.instance, f.op, f.key, f.arrived);
        let (stage, is_ok) = (f.stage, outcome == Outcome::Ok);
        if stage == stage::PASSES || stage == stage::CHANGES {
            if is_ok && stage == stage::CHANGES && self.edges[at as usize].keeps_keys() {
                self.rules.note_change(key, ctx.now);
            }
            return self.answer(ctx, frame, outcome);
        }
        if is_ok {
            let at_shield = (stage == stage::AT_SHIELD)
                .then(|| self.shield.map(|s| &self.edges[s as usize]))
                .flatten();
            let (read, until) = match at_shield.and_then(|s| s.span(&self.rules, op, key)) {
                Some((read, until)) => (read, Some(until)),
                None => (asked, None),
            };
            if until.is_some() {
                self.count_read(at, self.rules.is_outdated(key, read));
            }
            let edge = &mut self.edges[at as usize];
            self.rules.keep(edge, op, key, ctx.now, (read, until));
        } else if self
            .rules
            .old_one_will_do(&self.edges[at as usize], op, key, ctx.now)
        {
            let is_edge = self.shield != Some(at);
            self.meter.now.reads += u64::from(is_edge);
            self.meter.now.stale_reads += u64::from(is_edge);
            return self.answer(ctx, frame, Outcome::Ok);
        }
        self.answer(ctx, frame, outcome)
    }

    fn answer(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        let f = &mut ctx.frames[frame];
        f.is_inside = false;
        self.meter.now.served += u64::from(self.shield != Some(f.instance));
        ctx.answer(frame, outcome)
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
