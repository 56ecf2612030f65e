//! Queues that are ordered by work: it is drawn when a call comes, not when its service begins.

use super::ServiceState;
use crate::component::program::Instruction;
use crate::engine::{Context, Outcome, Then};
use crate::station::Entered;

impl ServiceState {
    /// A call reaches a queue that is ordered by work: it is drawn here.
    #[inline(never)]
    pub(super) fn enter_by_size(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let f = &ctx.frames[frame];
        let size = match &self.program.code[f.pc as usize] {
            Instruction::Work(demand) => {
                Some(self.program.demands[usize::from(*demand)].next(f, &ctx.traces))
            }
            _ => None,
        };
        let pool = &mut self.instances[f.instance as usize].pool;
        match pool.enter_sized(ctx.now, frame, size, &mut ctx.frames, &mut self.meter) {
            Entered::Starts => match size {
                Some(work) => self.work(ctx, frame, work),
                None => self.run(ctx, frame, 0),
            },
            Entered::Waits => self.wait_patiently(ctx, frame),
            Entered::Refused => ctx.answer(frame, Outcome::Rejected),
        }
    }

    /// A call of an event loop that has waited needs a worker again: its work is drawn before it has one.
    #[inline(never)]
    pub(super) fn enter_by_size_again(&mut self, ctx: &mut Context, frame: u32, demand: usize) -> Then {
        let f = &ctx.frames[frame];
        let work = self.program.demands[demand].next(f, &ctx.traces);
        let pool = &mut self.instances[f.instance as usize].pool;
        match pool.enter_regardless(ctx.now, frame, Some(work), &mut ctx.frames, &mut self.meter) {
            Entered::Starts => self.work(ctx, frame, work),
            _ => Then::Nothing,
        }
    }
}
