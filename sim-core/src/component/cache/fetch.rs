//! How a value comes from the origin: misses, those that wait for another's, renewals in the background, and fills.
//!
//! R. Nishtala and others, "Scaling Memcache at Facebook", NSDI 2013: the caller of a look-aside cache asks the origin itself and brings
//! the value; whoever else asks meanwhile goes too, or waits as in `fetching.rs`.

use super::{
    Ask, CacheState, Context, End, NO_KEY, NONE, Note, Outcome, SimDuration, SimTime, Then, detached, stage,
};
use crate::component::fetching::{Waiting, is_waiting, let_go};

impl CacheState {
    #[inline]
    pub(super) fn miss(&mut self, ctx: &mut Context, frame: u32, key: u64) -> Then {
        if self.origin.is_none() {
            // The caller learns that there is no value, and may put one. A replay counts on what it asked for being kept.
            self.insert(ctx, frame, ctx.now, SimDuration::ZERO);
            return ctx.answer(frame, Outcome::Ok);
        }
        if self.strategy.caller_reads() {
            // From here on it is the caller that asks the origin, or waits for who does.
            ctx.frames.note(frame, ctx.now, || Note::Leave(End::Ok));
        }
        if let Some(rule) = self.coalesce
            && key != NO_KEY
            && self.nodes[ctx.frames[frame].instance as usize]
                .in_flight
                .waits(ctx, frame, key, rule)
        {
            return Then::Nothing;
        }
        if !self.strategy.caller_reads() || self.inside.is_some() {
            return self.ask_origin(ctx, frame, stage::AT_ORIGIN);
        }
        let f = &ctx.frames[frame];
        let (from, parent, turn) = (f.zone, f.parent, f.parent_turn);
        let caller = (parent != NONE && ctx.frames[parent].turn == turn).then(|| &ctx.frames[parent]);
        let delay = match caller {
            Some(caller) if ctx.caller(frame).is_some() => {
                let to = caller.zone;
                ctx.frames[frame].zone = to;
                ctx.delay(self.number, from, to)
            }
            _ => SimDuration::ZERO,
        };
        if delay.is_zero() {
            self.ask_origin(ctx, frame, stage::AT_ORIGIN)
        } else {
            ctx.frames[frame].stage = stage::TO_CALLER;
            ctx.after(delay, frame)
        }
    }

    /// Calls the origin on behalf of the frame.
    pub(super) fn ask_origin(&mut self, ctx: &mut Context, frame: u32, stage: u8) -> Then {
        ctx.frames[frame].stage = stage;
        match self.origin {
            Some(site) => {
                ctx.frames[frame].arrived = ctx.now;
                ctx.begin_call(frame, site)
            }
            None => ctx.answer(frame, Outcome::Ok),
        }
    }

    /// The origin has answered.
    pub fn resume(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        let f = &ctx.frames[frame];
        match (f.stage, f.ask) {
            (stage::CHANGES, _) => self.changed_by_caller(ctx, frame, outcome),
            (stage::FLUSHES, _) => self.flushed(ctx, frame, outcome),
            (_, Ask::Put) => self.changed(ctx, frame, outcome),
            _ => self.fetched(ctx, frame, outcome),
        }
    }

    /// A value is there, or isn't.
    fn fetched(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        let f = &ctx.frames[frame];
        let (key, at, took) = (f.key, f.instance, ctx.now - f.arrived);
        let renews = f.stage == stage::RENEWS;
        let fills = renews || f.stage == stage::AT_ORIGIN;
        let node = &mut self.nodes[at as usize];
        let mut waiting = Waiting::new();
        if fills && (renews || self.coalesce.is_some()) {
            waiting = node.in_flight.end(key);
        }
        let mut outcome = outcome;
        if outcome == Outcome::Ok && fills {
            if self.strategy.caller_reads() {
                self.fill(ctx, frame, took);
            } else {
                self.insert(ctx, frame, ctx.now, took);
            }
        } else if outcome != Outcome::Ok {
            if self.old_value_will_do(ctx.now, at, key) {
                outcome = Outcome::Ok;
                let answered = u64::from(!renews) + waiting.len() as u64;
                self.meter.now.reads += answered;
                self.meter.now.stale_reads += answered;
            } else if self.coalesce.is_some_and(|c| c.in_turn) {
                let others = std::mem::take(&mut waiting);
                let next = self.nodes[at as usize].in_flight.next_tries(ctx, key, others);
                if let Some(next) = next {
                    let then = self.ask_origin(ctx, next, stage::AT_ORIGIN);
                    ctx.also(then);
                }
            }
        }
        for (follower, turn) in waiting {
            if is_waiting(ctx, follower, turn) {
                let_go(ctx, follower, outcome);
            }
        }
        ctx.answer(frame, outcome)
    }

    /// stale-if-error: whether a value is there that is old, but not too old for when the origin fails.
    fn old_value_will_do(&self, now: SimTime, at: u32, key: u64) -> bool {
        let store = self.nodes[at as usize].store.as_ref();
        let age = store.and_then(|s| s.age(key, now));
        age.is_some_and(|age| age < self.rules.if_error)
    }

    /// stale-while-revalidate: one call renews the value, and nobody waits for it.
    pub(super) fn refresh(&mut self, ctx: &mut Context, of: u32) {
        let f = ctx.frames[of].clone();
        let node = &mut self.nodes[f.instance as usize];
        if self.origin.is_none() || node.in_flight.is_fetched(f.key) {
            return;
        }
        node.in_flight.begin(f.key, ctx.now);
        let frame = detached(ctx, &f, Ask::Get, stage::RENEWS);
        ctx.frames.note(frame, ctx.now, || Note::Cause(of));
        let then = self.ask_origin(ctx, frame, stage::RENEWS);
        ctx.also(then);
    }

    /// The caller brings the value to the node, and doesn't wait for it.
    #[expect(clippy::cast_possible_truncation, reason = "cut off above")]
    fn fill(&mut self, ctx: &mut Context, of: u32, took: SimDuration) {
        if self.nodes[ctx.frames[of].instance as usize].store.is_none() {
            return;
        }
        let f = ctx.frames[of].clone();
        let fill = detached(ctx, &f, Ask::Fill, stage::AT_NODE);
        // What was read before a change is old, however late it comes.
        ctx.frames[fill].born = ctx.now;
        ctx.frames.note(fill, ctx.now, || Note::Cause(of));
        ctx.frames[fill].pc = (took.as_nanos() / 1000).min(u64::from(u32::MAX)) as u32;
        let zone = self.nodes[f.instance as usize].zone;
        let delay = if self.inside.is_some() {
            SimDuration::ZERO
        } else {
            ctx.delay(self.number, f.zone, zone)
        };
        ctx.frames[fill].has_event = true;
        ctx.calendar
            .schedule(ctx.now + delay, crate::engine::What::Reach, fill);
    }
}
