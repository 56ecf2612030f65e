//! Calls that leave a service before their plan is done, and instances that go down and come back.

use super::ServiceState;
use crate::component::demand::Factors;
use crate::engine::{Context, Frame, NONE, Note, Outcome, Role, What};
use crate::measure::visits::End;
use crate::time::{SimDuration, SimTime};

impl ServiceState {
    /// Looks at a call that waits when its patience will be over.
    #[inline(never)]
    pub(super) fn lose_patience(&mut self, ctx: &mut Context, frame: u32) {
        let Some((law, stream)) = &mut self.patience else {
            return;
        };
        let until = ctx.now + law.sample_duration(&mut stream.next());
        let at = ctx.frames[frame].instance;
        let patience = &mut self.instances[at as usize].patience;
        if let Some(look) = patience.begin(until, frame, &ctx.frames) {
            ctx.calendar.schedule(look, What::Impatient, self.first + at);
        }
    }

    /// A call is taken out while it waits or is served.
    pub fn abandon(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) {
        let f = &ctx.frames[frame];
        let at = f.instance;
        let is_served = f.at_station && !f.is_waiting;
        if self.batch.is_some() && f.role == Role::Call && is_served {
            self.leave_batch(ctx, frame, outcome);
            return;
        }
        self.with_cores(ctx, at, |cores, now| cores.remove(now, frame));
        let pool = &mut self.instances[at as usize].pool;
        let next = pool.abandon(ctx.now, frame, &mut ctx.frames, &mut self.meter);
        ctx.frames.note(frame, ctx.now, || Note::Leave(End::Cancelled));
        ctx.kill(frame, outcome);
        if let Some(next) = next {
            self.start(ctx, next);
        }
        self.spare(ctx.now, at, is_served && next.is_none());
    }

    pub fn slow(&mut self, factors: &Factors) {
        self.program.demands.iter_mut().for_each(|d| d.slow(factors));
    }

    /// Calls that have waited as long as they would leave the queue.
    pub(super) fn give_up(&mut self, ctx: &mut Context, instance: u32) {
        while let Some(frame) = self.instances[instance as usize]
            .patience
            .take(ctx.now, &ctx.frames)
        {
            self.search_deadlock(ctx, instance);
            let state = &mut self.instances[instance as usize];
            self.meter.now.rejected += 1;
            state
                .pool
                .give_up(ctx.now, frame, &mut ctx.frames, &mut self.meter);
            ctx.kill(frame, Outcome::Timeout);
            self.spare(ctx.now, instance, false);
        }
        let state = &mut self.instances[instance as usize];
        if let Some(look) = state.patience.look_again(ctx.now) {
            ctx.calendar
                .schedule(look, What::Impatient, self.first + instance);
        }
    }

    /// Whether all connections of a pool are held by calls that wait for another one of the same pool. Looks at most once a second,
    /// when a call has waited in vain.
    fn search_deadlock(&mut self, ctx: &Context, instance: u32) {
        let is_recent = self.last_search > SimTime::ZERO
            && ctx.now < self.last_search + SimDuration::from_nanos(1_000_000_000);
        if self.pool_of.is_none() || is_recent {
            return;
        }
        self.last_search = ctx.now;
        let is_here = |f: &Frame| {
            f.role == Role::Call && f.component == self.number && f.instance == instance && f.at_station
        };
        let holders = ctx
            .frames
            .iter()
            .filter(|(_, f)| is_here(f) && !f.is_waiting)
            .count();
        let mut stuck: Vec<u32> = Vec::new();
        for (_, waiting) in ctx.frames.iter().filter(|(_, f)| is_here(f) && f.is_waiting) {
            let (mut at, mut turn) = (waiting.parent, waiting.parent_turn);
            while at != NONE && ctx.frames[at].turn == turn {
                let f = &ctx.frames[at];
                if is_here(f) {
                    stuck.push(at);
                }
                (at, turn) = (f.parent, f.parent_turn);
            }
        }
        stuck.sort_unstable();
        stuck.dedup();
        self.meter.now.deadlocks += u64::from(holders > 0 && stuck.len() == holders);
    }
}
