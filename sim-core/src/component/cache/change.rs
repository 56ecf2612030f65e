//! How a change gets to the origin, and what becomes of the value that is kept.
//!
//! | strategy | a change | and the value kept |
//! |---|---|---|
//! | cache-aside | the caller writes it to the origin | then deletes the key at its node |
//! | read-through | goes through the node to the origin | is the new one once the origin has it |
//! | write-through | goes through the node to the origin | is the new one before the origin has it |
//! | write-around | the caller writes it to the origin | is forgotten at that |
//! | write-back | is answered by the node | is the new one, and written to the origin later |
//!
//! Every one has its races: a value that was read before a change and comes to the node after the delete stays there, two changes
//! overtake each other, a crash takes what wasn't written yet. They happen here as they do there. A hit on a value that was read before
//! the last change that went through this cache is counted as stale; a change that the origin gets from elsewhere isn't known here.

use super::{
    Ask, CacheState, Context, Frame, NO_KEY, Note, Outcome, SimDuration, SimTime, Strategy, Then, detached,
    stage,
};

impl CacheState {
    /// Whether the value kept was read before the last change.
    pub(super) fn is_outdated(&self, at: u32, key: u64) -> bool {
        let store = self.nodes[at as usize].store.as_ref();
        match (self.changes.get(&key), store) {
            (Some(changed), Some(store)) => store.read(key) < *changed,
            _ => false,
        }
    }

    fn note_change(&mut self, at: u32, key: u64, now: SimTime) {
        if key != NO_KEY && self.nodes[at as usize].store.is_some() {
            self.changes.insert(key, now);
        }
    }

    /// A change is at its node.
    pub(super) fn change_here(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let f = &ctx.frames[frame];
        let (key, at) = (f.key, f.instance);
        let has_keys = self.nodes[at as usize].store.is_some();
        if self.origin.is_none() {
            // Nothing stands behind this cache: it is where the value lives.
            self.insert(ctx, frame, ctx.now, SimDuration::ZERO);
            return ctx.answer(frame, Outcome::Ok);
        }
        match self.strategy {
            Strategy::ReadThrough => self.ask_origin(ctx, frame, stage::AT_ORIGIN),
            Strategy::WriteThrough => {
                if has_keys {
                    self.changes.entry(key).or_insert(SimTime::ZERO);
                    self.insert(ctx, frame, ctx.now, SimDuration::ZERO);
                }
                self.ask_origin(ctx, frame, stage::AT_ORIGIN)
            }
            Strategy::WriteBack { .. } if has_keys => self.keep_for_later(ctx, frame),
            Strategy::WriteBack { .. } => self.ask_origin(ctx, frame, stage::AT_ORIGIN),
            Strategy::CacheAside | Strategy::WriteAround => {
                // The value has changed at the origin: what is kept here is old.
                if let Some(store) = &mut self.nodes[at as usize].store {
                    store.remove(key);
                }
                ctx.answer(frame, Outcome::Ok)
            }
        }
    }

    /// A change that its caller wrote to the origin has ended there.
    pub(super) fn changed_by_caller(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        let f = &ctx.frames[frame];
        let (key, at) = (f.key, f.instance);
        if outcome == Outcome::Ok {
            self.note_change(at, key, ctx.now);
        }
        let node = &mut self.nodes[at as usize];
        if outcome != Outcome::Ok || !node.is_up {
            return ctx.answer(frame, outcome);
        }
        if self.strategy == Strategy::WriteAround {
            if let Some(store) = &mut node.store {
                store.remove(key);
            }
            return ctx.answer(frame, Outcome::Ok);
        }
        let zone = node.zone;
        ctx.frames[frame].stage = stage::AT_NODE;
        if self.inside.is_some() || ctx.travel(frame, at, zone) {
            self.reach(ctx, frame)
        } else {
            Then::Nothing
        }
    }

    /// A change that went through the node has ended at the origin.
    pub(super) fn changed(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        let f = &ctx.frames[frame];
        let (key, at, sent) = (f.key, f.instance, f.arrived);
        let through = f.stage == stage::AT_ORIGIN;
        if outcome == Outcome::Ok {
            self.note_change(at, key, ctx.now);
        }
        match (self.strategy, outcome) {
            (Strategy::ReadThrough, Outcome::Ok) if through => {
                self.insert(ctx, frame, ctx.now, SimDuration::ZERO);
            }
            (Strategy::WriteThrough, _) if through => {
                let store = self.nodes[at as usize].store.as_mut();
                // Unless another change has come in between, the value kept is this one.
                if let Some(store) = store.filter(|s| s.read(key) == sent) {
                    match outcome {
                        Outcome::Ok => store.confirm(key, ctx.now),
                        _ => store.remove(key),
                    }
                }
            }
            _ => {}
        }
        ctx.answer(frame, outcome)
    }

    /// write-back: the change is kept and answered, and written when its time has come.
    fn keep_for_later(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let f = ctx.frames[frame].clone();
        self.meter.now.writes += 1;
        self.changes.insert(f.key, ctx.now);
        let is_in = self.insert(ctx, frame, ctx.now, SimDuration::ZERO);
        let at = f.instance as usize;
        if !is_in {
            return self.ask_origin(ctx, frame, stage::AT_ORIGIN);
        }
        if let Some(store) = &mut self.nodes[at].store {
            store.mark_dirty(f.key);
        }
        self.set_flush_timer(ctx, &f, frame);
        self.writer = Some(f);
        ctx.answer(frame, Outcome::Ok)
    }

    fn set_flush_timer(&mut self, ctx: &mut Context, of: &Frame, cause: u32) {
        let node = &mut self.nodes[of.instance as usize];
        if let Strategy::WriteBack { flush } = self.strategy
            && !node.flush_is_due
        {
            node.flush_is_due = true;
            let timer = detached(ctx, of, Ask::Put, stage::FLUSH_DUE);
            ctx.frames.note(timer, ctx.now, || Note::Cause(cause));
            let _ = ctx.after(flush, timer);
        }
    }

    /// write-back: it is time to write what wasn't yet.
    pub(super) fn flush_all(&mut self, ctx: &mut Context, timer: u32) -> Then {
        let (at, cause) = (ctx.frames[timer].instance, timer);
        self.nodes[at as usize].flush_is_due = false;
        while let Some(key) = self.nodes[at as usize]
            .store
            .as_mut()
            .and_then(|s| s.next_dirty())
        {
            self.flush(ctx, at, key, cause);
        }
        ctx.frames.release(timer);
        Then::Nothing
    }

    /// write-back: writes what was evicted before its time.
    pub(super) fn flush_spilled(&mut self, ctx: &mut Context, at: u32, cause: u32) {
        while let Some(key) = self.nodes[at as usize]
            .store
            .as_mut()
            .and_then(|s| s.next_spilled())
        {
            self.flush(ctx, at, key, cause);
        }
    }

    fn flush(&mut self, ctx: &mut Context, at: u32, key: u64, cause: u32) {
        let Some(mut of) = self.writer.clone() else {
            return;
        };
        (of.key, of.instance) = (key, at);
        let frame = detached(ctx, &of, Ask::Put, stage::FLUSHES);
        ctx.frames.note(frame, ctx.now, || Note::Cause(cause));
        let then = self.ask_origin(ctx, frame, stage::FLUSHES);
        ctx.also(then);
    }

    /// write-back: a change has been written, or not.
    pub(super) fn flushed(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        let f = &ctx.frames[frame];
        let (key, at, sent) = (f.key, f.instance, f.arrived);
        if outcome == Outcome::Ok {
            // Whoever read it meanwhile at the origin has the old value; what is kept since before is the new one.
            self.note_change(at, key, ctx.now);
            if let Some(store) = &mut self.nodes[at as usize].store
                && (store.is_dirty(key) || store.read(key) <= sent)
            {
                store.confirm(key, ctx.now);
            }
        } else {
            let store = self.nodes[at as usize].store.as_mut();
            let is_kept = store.is_some_and(|s| s.mark_dirty(key));
            self.meter.now.lost_writes += u64::from(!is_kept);
            if is_kept {
                let f = ctx.frames[frame].clone();
                self.set_flush_timer(ctx, &f, frame);
            }
        }
        ctx.answer(frame, outcome)
    }
}
