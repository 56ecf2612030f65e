//! A CDN: an edge near its callers, perhaps one more cache behind all edges, and the origin.
//!
//! A caller uses the edge of its region, or the nearest that is up. What may be kept is answered there by the hit ratio; a
//! miss asks the shield, which answers by a ratio of its own or asks the origin; what may not be kept goes from the edge to
//! the origin straight, as CloudFront's dynamic requests pass by its regional caches. While the shield is down, edges ask the
//! origin themselves (CloudFront's Origin Shield is replaced by another one then). An edge has no queue: its capacity is not
//! what a customer sizes.

use crate::engine::{Context, NONE, Note, Outcome, Role, SiteTable, Then, edge_in, region_of};
use crate::measure::Meter;
use crate::model::{Access, Call, Cdn, Component, ComponentId};
use crate::random::Stream;

#[derive(Debug)]
struct Edge {
    place: u16,
    is_up: bool,
}

#[derive(Debug)]
pub(crate) struct CdnState {
    number: u16,
    /// The edges, then the shield.
    edges: Vec<Edge>,
    shield: Option<u32>,
    cacheable: Vec<bool>,
    request_price: u64,
    /// At an edge, at the shield: the share of hits and its stream.
    hits: [(f64, Stream); 2],
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
        let edge = |region: &crate::model::RegionId| Edge {
            place: edge_in(region.0),
            is_up: true,
        };
        let to_shield = Call {
            target: ComponentId(number),
            access: Access::Same,
            timeout: None,
            retry: None,
        };
        let stream = |purpose: &str| Stream::open(seed, trial, of.name.purpose(purpose));
        Self {
            number,
            edges: cdn.edges.iter().chain(&cdn.shield).map(edge).collect(),
            shield: cdn.shield.map(|_| cdn.edges.len() as u32),
            cacheable: cdn.cacheable.clone(),
            request_price: cdn.request_price,
            hits: [
                (cdn.hit_ratio, stream("hit")),
                (cdn.shield_hit_ratio, stream("shield-hit")),
            ],
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
    pub fn send(&mut self, ctx: &mut Context, frame: u32) -> Then {
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
        let (at, op) = (f.instance, usize::from(f.op));
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
        if !self.cacheable[op] {
            return ctx.begin_call(frame, self.to_origin);
        }
        let (ratio, stream) = &mut self.hits[usize::from(at_shield)];
        if stream.uniform() < *ratio {
            self.meter.now.hits += u64::from(!at_shield);
            return self.answer(ctx, frame, Outcome::Ok);
        }
        self.meter.now.misses += u64::from(!at_shield);
        let asks_shield = !at_shield && self.shield.is_some_and(|s| self.edges[s as usize].is_up);
        ctx.begin_call(
            frame,
            if asks_shield {
                self.to_shield
            } else {
                self.to_origin
            },
        )
    }

    /// The shield, or the origin, has answered.
    pub fn resume(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
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
