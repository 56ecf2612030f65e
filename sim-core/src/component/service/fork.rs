//! Parallel steps: branches that start together, and what ends the step.
//!
//! Branches that nobody waits for any more go on and are wasted, unless the step cancels them (J. Dean and L. A. Barroso,
//! "The tail at scale", CACM 56(2), 2013, on hedged and tied requests).

use super::ServiceState;
use crate::component::program::Instruction;
use crate::engine::{Context, NONE, Outcome, Then};

impl ServiceState {
    /// A branch of `frame` has ended.
    #[inline(never)]
    pub fn join(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        let f = &mut ctx.frames[frame];
        let Instruction::Fork {
            branches,
            need,
            cancels,
        } = &self.program.code[f.pc as usize]
        else {
            return Then::Nothing;
        };
        if outcome == Outcome::Ok {
            f.joined += 1;
        } else {
            f.spoilt += 1;
        }
        let is_done = f.joined >= *need;
        if !is_done && usize::from(f.spoilt) + usize::from(*need) <= branches.len() {
            return Then::Nothing;
        }
        f.turn = f.turn.wrapping_add(1);
        let fork = std::mem::replace(&mut f.fork, NONE);
        if fork != NONE {
            if *cancels {
                ctx.also(Then::Losers(fork));
            } else {
                ctx.forks.give_back(fork);
            }
        }
        self.resume(ctx, frame, if is_done { Outcome::Ok } else { outcome })
    }
}
