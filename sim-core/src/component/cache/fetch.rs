//! How a value comes from the origin: misses, those that wait for another's, renewals in the background, and fills.
//!
//! Waiting for another's miss as nginx's proxy_cache_lock, Varnish's waiting list and CloudFront's request collapsing do it: one call for
//! a key is at the origin and the others wait; one that waits too long goes by itself and keeps nothing, and when the first is out
//! for too long another one goes after it. If it fails the others fail with it, or the next one of them tries.

use std::collections::VecDeque;

use super::{
    Ask, CacheState, Coalesce, Context, End, NO_KEY, NONE, Note, Outcome, Role, SimDuration, SimTime, Then,
    stage,
};

/// A key that is being fetched.
#[derive(Debug)]
pub(super) struct Fetch {
    since: SimTime,
    /// The calls that wait, with their turns: one whose turn has changed is another call.
    waiting: VecDeque<(u32, u32)>,
}

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
            && self.waits(ctx, frame, key, rule)
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

    /// Whether the call waits for another's miss of the same key; otherwise it is the one that goes.
    fn waits(&mut self, ctx: &mut Context, frame: u32, key: u64, rule: Coalesce) -> bool {
        let node = &mut self.nodes[ctx.frames[frame].instance as usize];
        let fetch = node.in_flight.entry(key).or_insert(Fetch {
            since: SimTime::MAX,
            waiting: VecDeque::new(),
        });
        let is_first = fetch.since == SimTime::MAX;
        if is_first || rule.age.is_some_and(|age| fetch.since + age <= ctx.now) {
            fetch.since = ctx.now;
            return false;
        }
        fetch.waiting.push_back((frame, ctx.frames[frame].turn));
        ctx.frames[frame].stage = stage::AT_LEADER;
        if let Some(timeout) = rule.timeout {
            let _ = ctx.after(timeout, frame);
        }
        true
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
        let mut waiting = VecDeque::new();
        if fills
            && (renews || self.coalesce.is_some())
            && let Some(fetch) = node.in_flight.remove(&key)
        {
            waiting = fetch.waiting;
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
                self.next_tries(ctx, at, key, std::mem::take(&mut waiting));
            }
        }
        for (follower, turn) in waiting {
            if Self::is_waiting(ctx, follower, turn) {
                self.let_go(ctx, follower, outcome);
            }
        }
        ctx.answer(frame, outcome)
    }

    fn is_waiting(ctx: &Context, frame: u32, turn: u32) -> bool {
        let f = &ctx.frames[frame];
        f.turn == turn && f.role == Role::Call && f.stage == stage::AT_LEADER
    }

    /// Answers a call that waited.
    fn let_go(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) {
        if ctx.frames[frame].has_event {
            // Its patience is still in the calendar, so its slot has to outlast it.
            ctx.kill(frame, outcome);
        } else {
            let answer = ctx.answer(frame, outcome);
            ctx.also(answer);
        }
    }

    /// stale-if-error: whether a value is there that is old, but not too old for when the origin fails.
    fn old_value_will_do(&self, now: SimTime, at: u32, key: u64) -> bool {
        let store = self.nodes[at as usize].store.as_ref();
        let age = store.and_then(|s| s.age(key, now));
        age.is_some_and(|age| age < self.rules.if_error)
    }

    /// After a failure the next of those that wait goes to the origin.
    fn next_tries(&mut self, ctx: &mut Context, at: u32, key: u64, mut waiting: VecDeque<(u32, u32)>) {
        while let Some((frame, turn)) = waiting.pop_front() {
            // One whose patience is in the calendar will go by itself.
            if Self::is_waiting(ctx, frame, turn) && !ctx.frames[frame].has_event {
                let since = ctx.now;
                self.nodes[at as usize]
                    .in_flight
                    .insert(key, Fetch { since, waiting });
                let then = self.ask_origin(ctx, frame, stage::AT_ORIGIN);
                ctx.also(then);
                return;
            }
        }
    }

    /// stale-while-revalidate: one call renews the value, and nobody waits for it.
    pub(super) fn refresh(&mut self, ctx: &mut Context, of: u32) {
        let f = ctx.frames[of].clone();
        let node = &mut self.nodes[f.instance as usize];
        if self.origin.is_none() || node.in_flight.contains_key(&f.key) {
            return;
        }
        let fetch = Fetch {
            since: ctx.now,
            waiting: VecDeque::new(),
        };
        node.in_flight.insert(f.key, fetch);
        let frame = Self::detached(ctx, &f, Ask::Get, stage::RENEWS);
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
        let fill = Self::detached(ctx, &f, Ask::Fill, stage::AT_NODE);
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
