//! A saga: one change after the other is committed for everybody to see, and undone where a later one is refused.
//!
//! H. Garcia-Molina and K. Salem, "Sagas", SIGMOD 1987. Each change waits for its key's lock as any other does, and gives it back when
//! it is made. What was done is undone by further changes, the last first. Reads of a key between its first change and the end
//! of its saga are counted.

use super::ShardsState;
use super::transactions::{Coordinator, PAUSE, stage};
use crate::engine::{Ask, Context, Outcome, Then};
use crate::model::Protocol;

impl Coordinator {
    /// A saga has changed a key, or is over.
    pub(super) fn mark(&mut self, key: u64, is_open: bool) {
        let count = self.open.entry(key).or_insert(0);
        *count = if is_open {
            *count + 1
        } else {
            count.saturating_sub(1)
        };
        if *count == 0 {
            self.open.remove(&key);
        }
    }
}

impl ShardsState {
    /// Waits for the lock of a saga's next change, as any change of one key does.
    pub(super) fn lock_step(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let f = &mut ctx.frames[frame];
        let (waiter, at) = ((frame, f.life), f.instance as usize);
        f.stage = stage::STEP_LOCKS;
        let c = &mut self.coordinator;
        let t = &c.list[at];
        if !t.is_back && t.refused == t.next {
            return self.turn_back(ctx, frame);
        }
        let key = t.keys[t.next];
        if c.locks.take(key, false, waiter) {
            self.step(ctx, frame)
        } else {
            Then::Nothing
        }
    }

    /// Makes a saga's next change, or undoes its last.
    pub(super) fn step(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let t = self.transaction(ctx, frame);
        let key = t.keys[t.next];
        ctx.frames[frame].stage = stage::STEPS;
        self.ask(ctx, frame, self.placement.of(key), Ask::Write)
    }

    /// A saga's change was made, or undone, or failed.
    pub(super) fn stepped(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        let count = self.coordinator.count;
        let t = self.transaction(ctx, frame);
        let (key, is_back) = (t.keys[t.next], t.is_back);
        if outcome != Outcome::Ok {
            if !is_back {
                t.outcome = outcome;
            }
            self.hand_on(ctx, key);
            if is_back {
                ctx.frames[frame].stage = stage::PAUSES;
                return ctx.after(PAUSE, frame);
            }
            return self.turn_back(ctx, frame);
        }
        if is_back {
            if t.next == 0 {
                self.hand_on(ctx, key);
                return self.end_saga(ctx, frame, count);
            }
            t.next -= 1;
        } else {
            t.next += 1;
        }
        let is_done = t.next == count;
        if !is_back {
            self.coordinator.mark(key, true);
        }
        self.hand_on(ctx, key);
        if is_done {
            return self.end_saga(ctx, frame, count);
        }
        self.lock_step(ctx, frame)
    }

    /// A change was refused: what was done is undone, the last first.
    fn turn_back(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let t = self.transaction(ctx, frame);
        t.is_back = true;
        t.refused = t.next;
        if t.next == 0 {
            return self.end_saga(ctx, frame, 0);
        }
        t.next -= 1;
        self.lock_step(ctx, frame)
    }

    /// Nobody can see any more what a saga did in between: of all its keys, or of those that it had changed.
    fn end_saga(&mut self, ctx: &mut Context, frame: u32, changed: usize) -> Then {
        let at = ctx.frames[frame].instance as usize;
        let c = &mut self.coordinator;
        let t = c.list[at].clone();
        let changed = if t.is_back { t.refused } else { changed };
        t.keys[..changed].iter().for_each(|key| c.mark(*key, false));
        c.free.push(ctx.frames[frame].instance);
        ctx.answer(frame, t.outcome)
    }

    pub(super) fn is_saga(&self) -> bool {
        self.coordinator.protocol == Protocol::Saga
    }
}
