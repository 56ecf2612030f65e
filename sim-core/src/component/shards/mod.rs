//! The way to a sharded database: a call with the shard key goes to the shard that has its key, one without it to all of them.
//!
//! Whoever calls knows where keys are, as drivers and routers beside the caller do, so the way itself takes no time. A call
//! that asks every shard at once waits for the slowest of them, and fails with the first that fails (scatter and gather: A. S.
//! Tanenbaum and M. van Steen, "Distributed Systems", 3rd edition, section 1.3; the order statistics are in
//! `theory/fanout.rs`).

mod locks;
mod reshard;
mod saga;
mod transactions;

use super::branches::fork;
use crate::engine::{Ask, Context, Frame, NO_KEY, NONE, Note, Outcome, Role, SiteTable, Then};
use crate::measure::Meter;
use crate::model::{Access, Call, Component, KeySpace, Sharding, Shards};
use crate::policy::sharding::{Placement, Time};
use crate::random::Stream;
use reshard::Change;
use transactions::{Coordinator, is_coordinated};

#[derive(Debug)]
pub(crate) struct ShardsState {
    number: u16,
    /// The components that have a part of the keys each.
    shards: Vec<u16>,
    /// How many of them are in use.
    used: u32,
    placement: Placement,
    /// Where calls go by age instead.
    by_time: Option<Time>,
    /// For every operation whether its calls ask every shard.
    scatters: Vec<bool>,
    /// Another number of shards, or another rule, that is to come.
    change: Option<Box<Change>>,
    /// Who sees to transactions, and to locks for their sake.
    coordinator: Box<Coordinator>,
    /// From where calls that this component makes itself go to a shard.
    site: u16,
    zone: u16,
    pub meter: Meter,
}

impl ShardsState {
    pub fn new(
        number: u16,
        of: &Component,
        shards: &Shards,
        spaces: &[KeySpace],
        sites: &mut SiteTable,
    ) -> Self {
        let keys = shards.keys.and_then(|k| spaces.get(k));
        let each = Call {
            target: shards.shards[0],
            access: Access::Same,
            timeout: None,
            retry: None,
        };
        let placement = Placement::new(&shards.sharding, shards.used, keys);
        let change = shards.reshard.as_ref().map(|reshard| {
            let next = placement.changed(&reshard.sharding, reshard.to, keys);
            let count = keys.map(KeySpace::count);
            Box::new(Change::new(reshard, shards.used, &placement, next, count))
        });
        let by_time = match shards.sharding {
            Sharding::Time { newest, every } => {
                let ages = Stream::open(sites.seed, sites.trial, of.name.purpose("age"));
                Some(Time::new(shards.used, newest, every, ages))
            }
            _ => None,
        };
        Self {
            number,
            shards: shards.shards.iter().map(|s| s.0).collect(),
            used: shards.used,
            placement,
            by_time,
            scatters: shards.scatters.clone(),
            change,
            coordinator: Box::new(Coordinator::new(of, shards, keys, sites)),
            site: sites.add(&each, sites.seed, sites.trial, of.name.purpose("shard")),
            zone: sites.place(number, of, 0),
            meter: Meter::new(1),
        }
    }

    /// Sends a call on to its shard, or to several.
    #[inline(never)]
    pub fn send(&mut self, ctx: &mut Context, frame: u32, writes: bool) -> Then {
        self.meter.now.arrived += 1;
        let f = &ctx.frames[frame];
        let key = f.key;
        let is_write = f.ask == Ask::Write || f.ask == Ask::Op && writes;
        if self.scatters[usize::from(f.op)] {
            return self.ask_several(ctx, frame, 0..self.used);
        }
        if let Some(then) = self.coordinate(ctx, frame, is_write) {
            return then;
        }
        let at = if let Some(by_time) = &mut self.by_time {
            by_time.of(is_write, ctx.now)
        } else if key == NO_KEY {
            return self.ask_several(ctx, frame, 0..self.used);
        } else {
            self.placement.of(key)
        };
        if is_write && let Some(next) = self.change.as_ref().and_then(|c| c.double(key, at)) {
            return self.ask_several(ctx, frame, [at, next].into_iter());
        }
        self.pass(ctx, frame, at)
    }

    /// Sends a call on to a shard, which answers it.
    #[inline]
    fn pass(&self, ctx: &mut Context, frame: u32, shard: u32) -> Then {
        ctx.frames.note(frame, ctx.now, || Note::Resolve(self.number));
        self.lead(ctx, frame, shard)
    }

    /// The same for a call whose time here is known.
    #[inline]
    fn lead(&self, ctx: &mut Context, frame: u32, shard: u32) -> Then {
        ctx.frames[frame].component = self.shards[shard as usize];
        Then::Send(frame)
    }

    /// Asks several shards at once for a call, which waits for all of them.
    #[cold]
    fn ask_several(
        &mut self,
        ctx: &mut Context,
        frame: u32,
        shards: impl ExactSizeIterator<Item = u32>,
    ) -> Then {
        ctx.frames.note(frame, ctx.now, || Note::Arrival);
        ctx.frames.note(frame, ctx.now, || Note::Start);
        ctx.frames[frame].pc = u32::try_from(shards.len()).unwrap_or(u32::MAX);
        fork(ctx, frame, shards);
        Then::Nothing
    }

    /// A branch asks its shard, or a call has what it waited for.
    #[inline(never)]
    pub fn begin(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let Frame {
            pc, ask, role, stage, ..
        } = ctx.frames[frame];
        match (role == Role::Branch, is_coordinated(stage)) {
            // What is asked of a shard is what was asked of all.
            (true, false) => self.ask(ctx, frame, pc, ask),
            (true, true) => self.begin_part(ctx, frame),
            (false, _) => self.go_on(ctx, frame),
        }
    }

    /// A pause of a call, or of a mover, is over.
    #[inline(never)]
    pub fn step_done(&mut self, ctx: &mut Context, frame: u32) -> Then {
        if is_coordinated(ctx.frames[frame].stage) {
            self.go_on(ctx, frame)
        } else {
            self.next_piece(ctx, frame)
        }
    }

    /// Whether a call may be stopped that nobody waits for.
    pub fn lets_go(&self, f: &Frame) -> bool {
        !is_coordinated(f.stage)
    }

    /// Asks a shard for a frame that waits here.
    fn ask(&mut self, ctx: &mut Context, frame: u32, shard: u32, ask: Ask) -> Then {
        let then = ctx.begin_call(frame, self.site);
        let child = ctx.frames[frame].child;
        let call = &mut ctx.frames[child];
        call.component = self.shards[shard as usize];
        call.ask = ask;
        then
    }

    /// A shard has answered.
    #[inline(never)]
    pub fn resume(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        if ctx.frames[frame].role == Role::Branch {
            ctx.answer(frame, outcome)
        } else if is_coordinated(ctx.frames[frame].stage) {
            self.answered(ctx, frame, outcome)
        } else {
            self.moved(ctx, frame, outcome)
        }
    }

    /// A branch of `frame` has ended: all is over with the last of them, or with the first failure.
    #[inline(never)]
    pub fn join(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        let f = &mut ctx.frames[frame];
        f.joined += u16::from(outcome == Outcome::Ok);
        if outcome == Outcome::Ok && u32::from(f.joined) < f.pc {
            return Then::Nothing;
        }
        f.turn = f.turn.wrapping_add(1);
        let fork = std::mem::replace(&mut f.fork, NONE);
        if fork != NONE {
            ctx.forks.give_back(fork);
        }
        if is_coordinated(ctx.frames[frame].stage) {
            return self.answered(ctx, frame, outcome);
        }
        self.meter.now.served += 1;
        ctx.answer(frame, outcome)
    }
}
