//! Parallel steps: branches that start together, and what ends the step.
//!
//! Branches that nobody waits for any more go on and are wasted, unless the step cancels them (J. Dean and L. A. Barroso,
//! "The tail at scale", CACM 56(2), 2013, on hedged and tied requests).

use super::ServiceState;
use crate::component::program::Instruction;
use crate::engine::{Context, DIRECT, Frame, NO_CLIENT, NONE, Note, Outcome, Role, Then};

impl ServiceState {
    /// A branch of `frame` has ended.
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

/// Starts the branches of a parallel step.
#[cold]
pub(super) fn fork(ctx: &mut Context, frame: u32, branches: &[u32]) {
    let fork = if ctx.is_cancelling { ctx.forks.take() } else { NONE };
    let f = &mut ctx.frames[frame];
    f.joined = 0;
    f.spoilt = 0;
    f.fork = fork;
    let f = f.clone();
    for place in branches {
        let branch = ctx.frames.take(Role::Branch);
        let Frame { turn, life, .. } = ctx.frames[branch];
        ctx.frames[branch] = Frame {
            parent: frame,
            parent_turn: f.turn,
            turn,
            life,
            child: NONE,
            next: NONE,
            fork: NONE,
            pc: *place,
            role: Role::Branch,
            at_station: false,
            // The request, and the way back through a balancer, are the call's own affair.
            client: NO_CLIENT,
            via: DIRECT,
            is_forsaken: false,
            is_inside: false,
            // Until it starts, the list of what is to be done refers to it.
            has_event: true,
            ..f.clone()
        };
        if fork != NONE {
            ctx.forks.add(fork, branch, life);
        }
        ctx.frames.note(branch, ctx.now, || Note::Cause(frame));
        ctx.also(Then::Start(branch));
    }
}
