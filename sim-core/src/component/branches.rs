//! Branches of a call: what it does in several places at once, each with a frame of its own.

use crate::engine::{Context, DIRECT, Frame, NO_CLIENT, NONE, Note, Role, Then};

/// Starts a branch of a call at each of these places.
#[cold]
pub(super) fn fork(ctx: &mut Context, frame: u32, places: impl Iterator<Item = u32>) {
    let fork = if ctx.is_cancelling { ctx.forks.take() } else { NONE };
    let f = &mut ctx.frames[frame];
    f.joined = 0;
    f.spoilt = 0;
    f.fork = fork;
    let f = f.clone();
    for place in places {
        let branch = branch_of(ctx, frame, &f);
        let b = &mut ctx.frames[branch];
        b.pc = place;
        b.at_station = false;
        // Until it starts, the list of what is to be done refers to it.
        b.has_event = true;
        let life = b.life;
        if fork != NONE {
            ctx.forks.add(fork, branch, life);
        }
        ctx.also(Then::Start(branch));
    }
}

/// A branch of the call at `frame`, whose frame looks like this.
pub(super) fn branch_of(ctx: &mut Context, frame: u32, f: &Frame) -> u32 {
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
        role: Role::Branch,
        // The request, and the way back through a balancer, are the call's own affair.
        client: NO_CLIENT,
        via: DIRECT,
        is_forsaken: false,
        is_inside: false,
        ..f.clone()
    };
    ctx.frames.note(branch, ctx.now, || Note::Cause(frame));
    branch
}
