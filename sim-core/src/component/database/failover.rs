//! Crashes of instances, and who takes a primary's place.

use super::DatabaseState;
use crate::engine::{Context, What};
use crate::model::{Component, Detect, Failover};
use crate::random::{Law, Stream};
use crate::time::{SimDuration, SimTime};

/// A failover with the streams that its times are drawn from.
#[derive(Debug)]
pub(super) struct Rule {
    of: Failover,
    detect: Stream,
    elect: Stream,
    promote: Stream,
    /// Until when no failover follows.
    blocked: SimTime,
}

impl Rule {
    pub fn new(failover: &Failover, of: &Component, (seed, trial): (u64, u64)) -> Self {
        let open = |purpose| Stream::open(seed, trial, of.name.purpose(purpose));
        Self {
            of: failover.clone(),
            detect: open("detect"),
            elect: open("elect"),
            promote: open("promote"),
            blocked: SimTime::ZERO,
        }
    }

    /// How long after a crash it is noticed, and how long after that a replica is promoted. `others` are up.
    fn times(&mut self, others: u32) -> (SimDuration, SimDuration) {
        let detect = &mut self.detect;
        let mut notices = |law: &Law| law.sample_duration(&mut detect.next());
        let noticed = match &self.of.detect {
            Detect::After(law) => notices(law),
            Detect::First(law) => (0..others.max(1))
                .map(|_| notices(law))
                .min()
                .unwrap_or(SimDuration::ZERO),
        };
        let elect = self.of.elect.as_ref();
        let elected = elect.map_or(SimDuration::ZERO, |law| {
            law.sample_duration(&mut self.elect.next())
        });
        let promoted = self.of.promote.sample_duration(&mut self.promote.next());
        (noticed, elected + promoted)
    }
}

impl DatabaseState {
    /// An instance crashes: every call at it is lost.
    pub fn crash(&mut self, ctx: &mut Context, instance: u32) {
        let state = &mut self.instances[instance as usize];
        if !state.is_up {
            return;
        }
        state.is_up = false;
        // Whoever coordinates a quorum's calls, or is one of several primaries, is known to be down at once.
        state.is_avoided |= self.quorums.is_some() || self.multi.is_some();
        self.meter.instances(ctx.now, -1);
        self.lose_primary(ctx, instance);
        self.meter.now.lost += super::super::lose_calls(ctx, self.number, instance, &mut self.meter);
        self.instances[instance as usize].pool.clear(&mut ctx.frames);
        if let Some(locks) = self.locks.get_mut(instance as usize) {
            locks.clear(&mut ctx.frames);
        }
        let is_primary = self.primary == instance && self.multi.is_none();
        if let Some(copies) = &mut self.copies {
            copies.crash(ctx.now, instance, is_primary);
        }
        let others = self.count_up();
        if let Some(failover) = &mut self.failover {
            let (detect, promote) = failover.times(others);
            let state = &mut self.instances[instance as usize];
            state.noticed = ctx.now + detect;
            state.replaced = state.noticed + promote;
            for at in [state.noticed, state.replaced] {
                ctx.calendar.schedule(at, What::Failover, self.first + instance);
            }
        }
    }

    pub(super) fn count_up(&self) -> u32 {
        self.instances.iter().map(|i| u32::from(i.is_up)).sum()
    }

    /// A crash is noticed, or the time to promote a replica is over.
    #[inline(never)]
    pub fn failover(&mut self, ctx: &mut Context, instance: u32) {
        let state = &mut self.instances[instance as usize];
        if state.is_up || ctx.now < state.noticed {
            return;
        }
        state.is_avoided = true;
        if ctx.now >= state.replaced && self.primary == instance {
            self.promote(ctx, instance);
        }
    }

    /// The replica that lacks least of what a lost primary had takes its place, once it has applied what it has.
    fn promote(&mut self, ctx: &mut Context, lost: u32) {
        let is_majority = 2 * self.count_up() > self.count();
        let Some(rule) = &mut self.failover else {
            return;
        };
        if ctx.now < rule.blocked || rule.of.needs_majority && !is_majority {
            return;
        }
        let up = (0..).zip(&self.instances).filter(|i| i.1.is_up).map(|i| i.0);
        let lacks = |i: &u32| self.copies.as_deref().map_or(0, |c| c.lacks(*i));
        let Some(heir) = up.min_by_key(lacks) else {
            return;
        };
        if let Some(copies) = &mut self.copies {
            let through = copies.is_through(heir);
            if through > ctx.now {
                ctx.calendar.schedule(through, What::Failover, self.first + lost);
                return;
            }
            self.meter.now.lost_writes += copies.promote(ctx.now, heir);
        }
        rule.blocked = ctx.now + rule.of.block.unwrap_or(SimDuration::ZERO);
        self.primary = heir;
        self.resume_replicas(ctx);
    }

    /// The primary is there: its replicas get what they lack.
    fn resume_replicas(&mut self, ctx: &mut Context) {
        let primary = self.primary;
        for i in (0..self.count()).filter(|i| *i != primary) {
            self.resume_replica(ctx, i);
        }
        self.look_for_copies(ctx);
    }

    fn resume_replica(&mut self, ctx: &Context, replica: u32) {
        if let Some(copies) = &mut self.copies
            && self.instances[replica as usize].is_up
        {
            copies.resume(ctx.now, replica, &mut self.meter);
        }
    }

    /// A crashed instance is up again.
    pub fn repair(&mut self, ctx: &mut Context, instance: u32) {
        let state = &mut self.instances[instance as usize];
        if state.is_up {
            return;
        }
        state.is_up = true;
        state.is_avoided = false;
        self.meter.instances(ctx.now, 1);
        let primary = self.primary;
        self.hand_off(instance);
        let up = self.count_up();
        if let Some(multi) = &mut self.multi {
            multi.set_up(ctx.now, up, false);
            self.resume_replica(ctx, instance);
        } else if primary == instance {
            self.resume_replicas(ctx);
        } else if self.instances[primary as usize].is_up {
            self.resume_replica(ctx, instance);
            self.look_for_copies(ctx);
        } else if self.failover.is_some() {
            // Perhaps this is whom all wait for to have a primary again.
            let at = self.instances[primary as usize].replaced.max(ctx.now);
            ctx.calendar.schedule(at, What::Failover, self.first + primary);
        }
    }
}
