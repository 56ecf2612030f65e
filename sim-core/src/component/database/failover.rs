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
    /// For every shard until when no failover follows.
    blocked: Vec<SimTime>,
}

impl Rule {
    pub fn new(failover: &Failover, of: &Component, shards: u32, (seed, trial): (u64, u64)) -> Self {
        let open = |purpose| Stream::open(seed, trial, of.name.purpose(purpose));
        Self {
            of: failover.clone(),
            detect: open("detect"),
            elect: open("elect"),
            promote: open("promote"),
            blocked: vec![SimTime::ZERO; shards as usize],
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
        // Whoever coordinates a quorum's calls is known to be down at once.
        state.is_avoided |= self.quorums.is_some();
        self.meter.instances(ctx.now, -1);
        self.meter.now.lost += super::super::lose_calls(ctx, self.number, instance, &mut self.meter);
        self.instances[instance as usize].pool.clear(&mut ctx.frames);
        let is_primary = self.is_primary(instance);
        if let Some(copies) = &mut self.copies {
            copies.crash(ctx.now, instance, is_primary);
        }
        let others = self.up_in_shard(instance);
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

    fn is_primary(&self, instance: u32) -> bool {
        self.primaries[(instance / self.per_shard) as usize] == instance % self.per_shard
    }

    /// Instances of the shard that are up.
    fn up_in_shard(&self, instance: u32) -> u32 {
        let shard = super::within(self.per_shard, (instance / self.per_shard) as usize);
        self.instances[shard].iter().map(|i| u32::from(i.is_up)).sum()
    }

    /// A crash is noticed, or the time to promote a replica is over.
    #[inline(never)]
    pub fn failover(&mut self, ctx: &mut Context, instance: u32) {
        let state = &mut self.instances[instance as usize];
        if state.is_up || ctx.now < state.noticed {
            return;
        }
        state.is_avoided = true;
        if ctx.now >= state.replaced && self.is_primary(instance) {
            self.promote(ctx, instance);
        }
    }

    /// The replica that lacks least of what a lost primary had takes its place, once it has applied what it has.
    fn promote(&mut self, ctx: &mut Context, lost: u32) {
        let shard = lost / self.per_shard;
        let first = shard * self.per_shard;
        let is_majority = 2 * self.up_in_shard(lost) > self.per_shard;
        let Some(rule) = &mut self.failover else {
            return;
        };
        let blocked = &mut rule.blocked[shard as usize];
        if ctx.now < *blocked || rule.of.needs_majority && !is_majority {
            return;
        }
        let up = (first..first + self.per_shard).filter(|i| self.instances[*i as usize].is_up);
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
        *blocked = ctx.now + rule.of.block.unwrap_or(SimDuration::ZERO);
        self.primaries[shard as usize] = heir - first;
        self.resume_replicas(ctx, heir);
    }

    /// The primary is there: its replicas get what they lack.
    fn resume_replicas(&mut self, ctx: &mut Context, primary: u32) {
        let first = primary / self.per_shard * self.per_shard;
        for i in (first..first + self.per_shard).filter(|i| *i != primary) {
            self.resume_replica(ctx, i);
        }
        self.look_for_copies(ctx, primary);
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
        let shard = instance / self.per_shard;
        let primary = shard * self.per_shard + self.primaries[shard as usize];
        self.hand_off(instance);
        if primary == instance {
            self.resume_replicas(ctx, instance);
        } else if self.instances[primary as usize].is_up {
            self.resume_replica(ctx, instance);
            self.look_for_copies(ctx, primary);
        } else if self.failover.is_some() {
            // Perhaps this is whom the shard waits for to have a primary again.
            let at = self.instances[primary as usize].replaced.max(ctx.now);
            ctx.calendar.schedule(at, What::Failover, self.first + primary);
        }
    }
}
