//! Crashes of instances, and who takes a primary's place.

use super::DatabaseState;
use crate::engine::{Context, What};

impl DatabaseState {
    /// An instance crashes: every call at it is lost.
    pub fn crash(&mut self, ctx: &mut Context, instance: u32) {
        let state = &mut self.instances[instance as usize];
        if !state.is_up {
            return;
        }
        state.is_up = false;
        state.crashed = ctx.now;
        self.meter.instances(ctx.now, -1);
        self.meter.now.lost += super::super::lose_calls(ctx, self.number, instance, &mut self.meter);
        self.instances[instance as usize].pool.clear(&mut ctx.frames);
        let is_primary = self.is_primary(instance);
        if let Some(copies) = &mut self.copies {
            copies.crash(ctx.now, instance, is_primary);
        }
        if let Some(failover) = self.failover {
            let noticed = ctx.now + failover.detect;
            ctx.calendar
                .schedule(noticed, What::Failover, self.first + instance);
            ctx.calendar
                .schedule(noticed + failover.promote, What::Failover, self.first + instance);
        }
    }

    fn is_primary(&self, instance: u32) -> bool {
        self.primaries[(instance / self.per_shard) as usize] == instance % self.per_shard
    }

    /// A crash is noticed, or the time to promote a replica is over.
    pub fn failover(&mut self, ctx: &mut Context, instance: u32) {
        let (Some(failover), state) = (self.failover, &mut self.instances[instance as usize]) else {
            return;
        };
        let noticed = state.crashed + failover.detect;
        if state.is_up || ctx.now < noticed {
            return;
        }
        state.is_avoided = true;
        if ctx.now >= noticed + failover.promote && self.is_primary(instance) {
            self.promote(ctx, instance);
        }
    }

    /// The replica that lacks least of what a lost primary had takes its place, once it has applied what it has.
    fn promote(&mut self, ctx: &mut Context, lost: u32) {
        let shard = lost / self.per_shard;
        let first = shard * self.per_shard;
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
        if primary == instance {
            self.resume_replicas(ctx, instance);
        } else if self.instances[primary as usize].is_up {
            self.resume_replica(ctx, instance);
            self.look_for_copies(ctx, primary);
        }
    }
}
