//! A change of the shards while they serve: what moves is copied piece by piece, and then everybody turns to the new shards.
//!
//! Each shard sends what leaves it at its bandwidth, a piece after the other: a read here and a write there, that wait in the same
//! queues as everybody's. Meanwhile reads go where they went, and a change of a key that moves is made on both sides before it is
//! answered, so that nothing is lost at the end (the double writes of Vitess' and of Stripe's migrations: J. Evans, "Online migrations
//! at scale", Stripe engineering blog, 2017). When the last piece is there, reads and writes turn at once.

use super::ShardsState;
use crate::engine::{Ask, Context, Outcome, Then};
use crate::model::Reshard;
use crate::policy::sharding::{Moves, Placement};
use crate::time::{SimDuration, SimTime};

/// Where a mover is with its piece.
mod stage {
    pub(super) const READS: u8 = 1;
    pub(super) const WRITES: u8 = 2;
    pub(super) const RESTS: u8 = 3;
}

/// A change that was planned, or is under way.
#[derive(Debug)]
pub(super) struct Change {
    next: Placement,
    to: u32,
    gap: SimDuration,
    /// One for each shard that keys leave; a frame knows its own by its place.
    movers: Vec<Mover>,
    is_on: bool,
}

/// Sends what leaves a shard.
#[derive(Debug)]
struct Mover {
    from: u32,
    targets: Vec<u32>,
    left: u64,
    /// When the piece under way was begun.
    began: SimTime,
}

impl Change {
    pub fn new(of: &Reshard, used: u32, before: &Placement, next: Placement, keys: Option<u64>) -> Self {
        let moves = Moves::new(before, &next, used, keys);
        let pieces: Vec<u64> = moves
            .shares()
            .map(|s| (s * of.pieces as f64).ceil() as u64)
            .collect();
        let movers = (0u32..)
            .zip(moves.into_targets())
            .zip(pieces)
            .filter(|(_, pieces)| *pieces > 0);
        Self {
            next,
            to: of.to,
            gap: of.gap,
            movers: movers
                .map(|((from, targets), left)| Mover {
                    from,
                    targets,
                    left,
                    began: SimTime::ZERO,
                })
                .collect(),
            is_on: false,
        }
    }

    /// Where a change of a key is to be made as well, now that it is on this shard.
    pub fn double(&self, key: u64, at: u32) -> Option<u32> {
        if !self.is_on {
            return None;
        }
        let next = self.next.of(key);
        (next != at).then_some(next)
    }
}

impl ShardsState {
    /// The change begins.
    pub fn reshard(&mut self, ctx: &mut Context) {
        let Some(change) = &mut self.change else {
            return;
        };
        change.is_on = true;
        let movers = change.movers.len() as u32;
        for number in 0..movers {
            let mover = ctx.frames.take_unasked(self.number, self.zone);
            ctx.frames[mover].pc = number;
            ctx.frames[mover].step = ctx.step;
            let begins = self.next_piece(ctx, mover);
            ctx.also(begins);
        }
        if movers == 0 {
            self.cut_over();
        }
    }

    /// A mover goes on with its next piece.
    pub fn next_piece(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let Some(change) = &mut self.change else {
            return Then::Nothing;
        };
        let mover = &mut change.movers[ctx.frames[frame].pc as usize];
        mover.began = ctx.now;
        let from = mover.from;
        ctx.frames[frame].stage = stage::READS;
        self.ask(ctx, frame, from, Ask::Read)
    }

    /// A shard has answered a mover.
    pub(super) fn moved(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        let Some(change) = &mut self.change else {
            return Then::Nothing;
        };
        let gap = change.gap;
        let mover = &mut change.movers[ctx.frames[frame].pc as usize];
        match (ctx.frames[frame].stage, outcome) {
            (stage::READS, Outcome::Ok) => {
                let to = mover.targets[(mover.left % mover.targets.len() as u64) as usize];
                ctx.frames[frame].stage = stage::WRITES;
                return self.ask(ctx, frame, to, Ask::Write);
            }
            (stage::WRITES, Outcome::Ok) => mover.left -= 1,
            // The piece is tried again.
            _ => {}
        }
        if mover.left > 0 {
            let rests = (mover.began + gap).saturating_since(ctx.now);
            ctx.frames[frame].stage = stage::RESTS;
            return ctx.after(rests, frame);
        }
        ctx.frames.release(frame);
        if change.movers.iter().all(|m| m.left == 0) {
            self.cut_over();
        }
        Then::Nothing
    }

    /// All is there: everybody turns to the new shards.
    fn cut_over(&mut self) {
        if let Some(change) = self.change.take() {
            self.placement = change.next;
            self.used = change.to;
        }
    }
}
