//! Batches: a worker serves several calls at once, by the plan of the first of them.
//!
//! A free worker takes what waits, up to the size of a batch; where a batch may wait for more, only once it is full or its first
//! call has waited long enough (N. T. J. Bailey, On queueing processes with bulk service, 1954; the delay is that of the dynamic
//! batching of inference servers such as Triton). The first call does the work, the others are chained to it.

use super::ServiceState;
use crate::component::program::Instruction;
use crate::engine::{Context, Frame, NONE, Note, Outcome, Role, Then, What};
use crate::measure::visits::End;
use crate::time::SimDuration;

/// The stage of the call that does the work of a batch.
const LEADS: u8 = 1;

impl ServiceState {
    pub fn has_batches(&self) -> bool {
        self.batch.is_some()
    }

    /// A call arrives.
    #[inline(never)]
    pub(super) fn enter_batch(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let at = ctx.frames[frame].instance;
        let pool = &mut self.instances[at as usize].pool;
        if !pool.line_up(ctx.now, frame, 0, &mut ctx.frames, &mut self.meter) {
            return ctx.answer(frame, Outcome::Rejected);
        }
        self.form_batches(ctx, at);
        if ctx.frames[frame].is_waiting {
            return self.wait_patiently(ctx, frame);
        }
        Then::Nothing
    }

    /// Free workers take batches that are due.
    pub(super) fn form_batches(&mut self, ctx: &mut Context, instance: u32) {
        let Some(batch) = self.batch else {
            return;
        };
        loop {
            let state = &mut self.instances[instance as usize];
            let Some(waiting) = state.pool.ready() else {
                return;
            };
            let Some(since) = state.pool.first_since(&mut ctx.frames) else {
                return;
            };
            let due = since + batch.wait;
            if waiting < batch.size && ctx.now < due {
                if state.batch_due != Some(due) {
                    state.batch_due = Some(due);
                    ctx.calendar.schedule(due, What::Batch, self.first + instance);
                }
                return;
            }
            let Some(leader) = state.pool.take_first(ctx.now, &mut ctx.frames, &mut self.meter) else {
                return;
            };
            let (mut last, mut further) = (leader, 0);
            while further + 1 < batch.size
                && let Some(next) = state.pool.take_first(ctx.now, &mut ctx.frames, &mut self.meter)
            {
                // The chain refers to the slot, so it must stay even if the call is killed.
                ctx.frames[next].has_event = true;
                ctx.frames[last].next = next;
                last = next;
                further += 1;
            }
            ctx.frames[last].next = NONE;
            ctx.frames[leader].stage = LEADS;
            state.pool.set_busy(state.pool.busy() + 1);
            self.meter.cores(ctx.now, 1);
            self.lead(ctx, leader, further);
        }
    }

    /// The first call of a batch begins its plan.
    fn lead(&mut self, ctx: &mut Context, leader: u32, further: u32) {
        let f = &ctx.frames[leader];
        match (&self.program.code[f.pc as usize], self.batch) {
            (Instruction::Work(demand), Some(batch)) => {
                let work = self.program.demands[usize::from(*demand)].next(f, &ctx.traces);
                let more = SimDuration::from_nanos(batch.each.as_nanos().saturating_mul(u64::from(further)));
                let _ = self.work(ctx, leader, work + more);
            }
            _ => {
                ctx.frames[leader].has_event = true;
                ctx.also(Then::Start(leader));
            }
        }
    }

    /// A batch is done, and all its calls end alike.
    #[inline(never)]
    pub(super) fn end_batch(&mut self, ctx: &mut Context, leader: u32, outcome: Outcome) -> Then {
        let instance = ctx.frames[leader].instance;
        let mut next = std::mem::replace(&mut ctx.frames[leader].next, NONE);
        while next != NONE {
            let call = next;
            let f = &mut ctx.frames[call];
            next = std::mem::replace(&mut f.next, NONE);
            f.has_event = false;
            if f.role == Role::Dead {
                ctx.frames.release(call);
                continue;
            }
            f.at_station = false;
            f.is_inside = false;
            self.meter.leaves(ctx.now, f.arrived);
            self.meter.now.served += 1;
            let answer = ctx.answer(call, outcome);
            ctx.also(answer);
        }
        let f = &mut ctx.frames[leader];
        f.at_station = false;
        f.is_inside = false;
        f.stage = 0;
        self.meter.leaves(ctx.now, f.arrived);
        self.meter.now.served += 1;
        self.meter.cores(ctx.now, -1);
        let pool = &mut self.instances[instance as usize].pool;
        pool.set_busy(pool.busy() - 1);
        self.form_batches(ctx, instance);
        ctx.answer(leader, outcome)
    }

    /// A call is taken out of a batch in service, which goes on; with its first call there is nothing to be taken out.
    pub(super) fn leave_batch(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) {
        let f = &mut ctx.frames[frame];
        if f.stage != LEADS {
            f.at_station = false;
            self.meter.leaves(ctx.now, f.arrived);
            ctx.frames.note(frame, ctx.now, || Note::Leave(End::Cancelled));
            ctx.kill(frame, outcome);
        }
    }

    /// The instance crashes: its batches are no more than calls again.
    pub(super) fn break_batches(&mut self, ctx: &mut Context, instance: u32) {
        let number = self.number;
        let leads = |(at, f): (u32, &Frame)| {
            let is_here = f.component == number && f.instance == instance && f.role == Role::Call;
            (is_here && f.at_station && f.stage == LEADS).then_some(at)
        };
        let leaders: Vec<u32> = ctx.frames.iter().filter_map(leads).collect();
        for leader in leaders {
            let mut next = std::mem::replace(&mut ctx.frames[leader].next, NONE);
            while next != NONE {
                let call = next;
                let f = &mut ctx.frames[call];
                next = std::mem::replace(&mut f.next, NONE);
                f.has_event = false;
                if f.role == Role::Dead {
                    ctx.frames.release(call);
                }
            }
        }
        let state = &mut self.instances[instance as usize];
        self.meter.cores(ctx.now, -i64::from(state.pool.busy()));
        state.batch_due = None;
    }
}
