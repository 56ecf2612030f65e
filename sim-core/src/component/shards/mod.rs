//! The way to a sharded database: a call with the shard key goes to the shard that has its key, one without it to all of them.
//!
//! Whoever calls knows where keys are, as drivers and routers beside the caller do, so the way itself takes no time. A call
//! that asks every shard at once waits for the slowest of them, and fails with the first that fails (scatter and gather: A. S.
//! Tanenbaum and M. van Steen, "Distributed Systems", 3rd edition, section 1.3; the order statistics are in
//! `theory/fanout.rs`).

use super::branches::fork;
use crate::engine::{Context, Frame, NO_KEY, NONE, Note, Outcome, SiteTable, Then};
use crate::measure::Meter;
use crate::model::{Access, Call, Component, KeySpace, Shards};
use crate::policy::sharding::Placement;

#[derive(Debug)]
pub(crate) struct ShardsState {
    /// The components that have a part of the keys each.
    shards: Vec<u16>,
    placement: Placement,
    /// For every operation whether its calls ask every shard.
    scatters: Vec<bool>,
    /// From where a call that asks every shard asks each of them.
    site: u16,
    pub meter: Meter,
}

impl ShardsState {
    pub fn new(of: &Component, shards: &Shards, spaces: &[KeySpace], sites: &mut SiteTable) -> Self {
        let count = u32::try_from(shards.shards.len()).unwrap_or(u32::MAX);
        let keys = shards.keys.and_then(|k| spaces.get(k));
        let each = Call {
            target: shards.shards[0],
            access: Access::Same,
            timeout: None,
            retry: None,
        };
        Self {
            shards: shards.shards.iter().map(|s| s.0).collect(),
            placement: Placement::new(&shards.sharding, count, keys),
            scatters: shards.scatters.clone(),
            site: sites.add(&each, sites.seed, sites.trial, of.name.purpose("scatter")),
            meter: Meter::new(1),
        }
    }

    /// Sends a call on to its shard, or to all of them.
    #[inline]
    pub fn send(&mut self, ctx: &mut Context, frame: u32) -> Then {
        self.meter.now.arrived += 1;
        let f = &mut ctx.frames[frame];
        let way = f.component;
        if f.key == NO_KEY || self.scatters[usize::from(f.op)] {
            ctx.frames.note(frame, ctx.now, || Note::Arrival);
            ctx.frames.note(frame, ctx.now, || Note::Start);
            fork(ctx, frame, (0u32..).take(self.shards.len()));
            return Then::Nothing;
        }
        f.component = self.shards[self.placement.of(f.key) as usize];
        ctx.frames.note(frame, ctx.now, || Note::Resolve(way));
        Then::Send(frame)
    }

    /// A branch asks its shard.
    pub fn begin(&mut self, ctx: &mut Context, branch: u32) -> Then {
        let then = ctx.begin_call(branch, self.site);
        let Frame { pc, ask, child, .. } = ctx.frames[branch];
        let call = &mut ctx.frames[child];
        call.component = self.shards[pc as usize];
        // What is asked of a shard is what was asked of all.
        call.ask = ask;
        then
    }

    /// A shard has answered a branch.
    pub fn resume(&mut self, ctx: &mut Context, branch: u32, outcome: Outcome) -> Then {
        ctx.answer(branch, outcome)
    }

    /// A branch of `frame` has ended: all is over with the last of them, or with the first failure.
    pub fn join(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        let f = &mut ctx.frames[frame];
        f.joined += u16::from(outcome == Outcome::Ok);
        if outcome == Outcome::Ok && usize::from(f.joined) < self.shards.len() {
            return Then::Nothing;
        }
        f.turn = f.turn.wrapping_add(1);
        let fork = std::mem::replace(&mut f.fork, NONE);
        if fork != NONE {
            ctx.forks.give_back(fork);
        }
        self.meter.now.served += 1;
        ctx.answer(frame, outcome)
    }
}
