//! A service that somebody else runs, or a store of objects: no queue, no workers, but terms.
//!
//! A call that comes too often is refused at once, as by S3's 503 "Slow Down" (AWS, "Best practices design patterns: optimizing
//! Amazon S3 performance") and by the 429 of those who follow RFC 6585, section 4. Any other call is answered after its latency and,
//! where an answer has a size, the time that its bytes take over one connection. A share of the answers are errors.
//! A store is in all zones of its region: a caller uses what is in its own. Its prefixes may be split in time, see [`prefixes`].

mod prefixes;

use super::demand::{Drawn, Factors};
use crate::engine::{Ask, Context, Note, Outcome, SiteTable, Then, part_in_reach};
use crate::measure::Meter;
use crate::model::{Component, External, Station, Terms};
use crate::random::Stream;
use crate::station::Pool;
use crate::time::{SimDuration, SimTime};
use prefixes::{Buckets, Splitting};

/// What a call wants on its way here, and then how it will end.
mod stage {
    pub(super) const ASKS: u8 = 0;
    pub(super) const CHANGES: u8 = 1;
    pub(super) const ENDS_WELL: u8 = 2;
    pub(super) const FAILS: u8 = 3;
}

/// What holds for calls of one kind.
#[derive(Debug)]
struct Class {
    latency: Drawn,
    /// None: no limit.
    buckets: Option<Buckets>,
    price: u64,
}

impl Class {
    fn new(of: &Component, terms: &Terms, purpose: &str, prefixes: u32, sites: &SiteTable) -> Self {
        Self {
            latency: Drawn::new(&terms.latency, sites.seed, sites.trial, of.name.purpose(purpose)),
            buckets: terms.limit.map(|limit| Buckets::new(limit, prefixes)),
            price: terms.price,
        }
    }
}

#[derive(Debug)]
pub(crate) struct ExternalState {
    number: u16,
    /// Where a store is; none: beside its callers.
    home: Option<u16>,
    calls: Class,
    /// None: changes are calls like others.
    changes: Option<Class>,
    /// None: prefixes are never split.
    splitting: Option<Splitting>,
    throughput: Option<f64>,
    availability: f64,
    luck: Stream,
    /// Everybody is served at once: it counts who is.
    present: Pool,
    is_up: bool,
    pub meter: Meter,
}

impl ExternalState {
    pub fn new(number: u16, of: &Component, external: &External, sites: &SiteTable) -> Self {
        let class = |terms: &Terms, purpose| Class::new(of, terms, purpose, external.prefixes, sites);
        Self {
            number,
            home: external.is_store.then(|| sites.place(number, of, 0)),
            calls: class(&external.calls, "latency"),
            changes: external.changes.as_ref().map(|c| class(c, "put-latency")),
            splitting: external
                .split_after
                .map(|after| Splitting::new(after, external.prefixes)),
            throughput: external.throughput,
            availability: external.availability,
            luck: Stream::open(sites.seed, sites.trial, of.name.purpose("availability")),
            present: Pool::new(&Station::default()),
            is_up: true,
            meter: Meter::new(1),
        }
    }

    /// Sends a call on its way.
    #[inline(never)]
    pub fn send(&mut self, ctx: &mut Context, frame: u32, is_write: bool) -> Then {
        let f = &mut ctx.frames[frame];
        let is_change = match f.ask {
            Ask::Op => is_write,
            ask => matches!(ask, Ask::Put | Ask::Write),
        };
        f.stage = if is_change { stage::CHANGES } else { stage::ASKS };
        let there = match self.home {
            Some(home) => {
                let place = part_in_reach(f.zone, home);
                ctx.travel(frame, 0, place)
            }
            None => {
                f.instance = 0;
                ctx.frames.note(frame, ctx.now, || Note::Arrival);
                true
            }
        };
        if there {
            self.reach(ctx, frame)
        } else {
            Then::Nothing
        }
    }

    /// A call is there.
    #[inline(never)]
    pub fn reach(&mut self, ctx: &mut Context, frame: u32) -> Then {
        if !self.is_up {
            self.meter.now.lost += 1;
            return ctx.answer(frame, Outcome::Unreachable);
        }
        self.meter.now.arrived += 1;
        let f = &ctx.frames[frame];
        let class = match &mut self.changes {
            Some(changes) if f.stage == stage::CHANGES => changes,
            _ => &mut self.calls,
        };
        if let Some(buckets) = &mut class.buckets
            && let Err(prefix) = buckets.take(f.key, ctx.now)
        {
            self.meter.now.rejected += 1;
            self.refused(prefix, ctx.now);
            return ctx.answer(frame, Outcome::Rejected);
        }
        self.meter.now.usage_pusd += class.price;
        let bytes = if ctx.has_no_body(frame) {
            0
        } else {
            ctx.ways.bytes(f.ask == Ask::Op, f.op, self.number)
        };
        let transfer = self
            .throughput
            .map_or(0.0, |per_second| bytes as f64 / per_second);
        let time = class.latency.next(f, &ctx.traces) + SimDuration::from_secs_f64(transfer);
        let fails = self.availability < 1.0 && self.luck.uniform() >= self.availability;
        ctx.frames[frame].stage = if fails { stage::FAILS } else { stage::ENDS_WELL };
        let _ = self
            .present
            .enter(ctx.now, frame, &mut ctx.frames, &mut self.meter);
        ctx.after(time, frame)
    }

    /// A prefix has refused a call, which may be one too many.
    fn refused(&mut self, prefix: usize, now: SimTime) {
        if let Some(splitting) = &mut self.splitting
            && splitting.is_due(prefix, now)
        {
            let classes = std::iter::once(&mut self.calls).chain(&mut self.changes);
            classes
                .filter_map(|c| c.buckets.as_mut())
                .for_each(|b| b.split(prefix));
        }
    }

    /// A call's answer is complete.
    #[inline(never)]
    pub fn step_done(&mut self, ctx: &mut Context, frame: u32) -> Then {
        self.meter.now.served += 1;
        let _ = self
            .present
            .leave(ctx.now, frame, &mut ctx.frames, &mut self.meter);
        let fails = ctx.frames[frame].stage == stage::FAILS;
        ctx.answer(frame, if fails { Outcome::Error } else { Outcome::Ok })
    }

    /// All of it goes down, or comes up.
    pub fn set_up(&mut self, ctx: &mut Context, is_up: bool) {
        if self.is_up == is_up {
            return;
        }
        self.is_up = is_up;
        self.meter.instances(ctx.now, if is_up { 1 } else { -1 });
        if !is_up {
            let lost = super::lose_calls_at_station(ctx, self.number, 0, &mut self.meter);
            self.meter.now.lost += lost;
            self.present.clear(&mut ctx.frames);
        }
    }

    pub fn is_up(&self) -> bool {
        self.is_up
    }

    pub fn slow(&mut self, factors: &Factors) {
        self.calls.latency.slow(factors);
        self.changes.iter_mut().for_each(|c| c.latency.slow(factors));
    }
}
