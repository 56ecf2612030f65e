//! A call's way through a balancer: past it where nothing holds it up, or to an instance, through its workers and its delay
//! to where it is sent, and back.

use super::BalancerState;
use crate::engine::{Ask, Context, NONE, Note, Outcome, Then};
use crate::measure::visits::End;
use crate::station::Entered;

/// Where a call at a balancer is in its life.
pub(super) mod stage {
    /// Waits for, or uses, one of its workers.
    pub(super) const AT_POOL: u8 = 0;
    /// On its way through.
    pub(super) const DELAYED: u8 = 1;
    /// Waits for room at an instance, before its first try or a further one.
    pub(in crate::component::balancer) const WAITS: u8 = 2;
    pub(in crate::component::balancer) const WAITS_AGAIN: u8 = 3;
    /// On its way to an instance that has room, or there.
    pub(in crate::component::balancer) const SENT: u8 = 4;
}

impl BalancerState {
    /// Lets a call pass straight through to the instance that is chosen for it, where nothing holds it up here and no
    /// message takes time; the call remembers the way. Otherwise the balancer makes a call of its own for it.
    #[inline(always)]
    pub fn pass(&mut self, ctx: &mut Context, frame: u32, door: u32) -> Option<u32> {
        if !self.is_transparent || ctx.has_network || !self.instances[door as usize].is_up() {
            return None;
        }
        let view = self.view_for(ctx, frame, door)?;
        // Where nobody may be chosen, the balancer itself says so.
        let at = self.choose(ctx, frame, view)?;
        let view = &self.views[view];
        self.meter.now.arrived += 1;
        ctx.frames.note(frame, ctx.now, || Note::Passage(self.number));
        let f = &mut ctx.frames[frame];
        f.arrived = ctx.now;
        f.via = view.number;
        f.component = view.forward;
        Some(at)
    }

    /// Sends a call to an instance of the balancer.
    #[inline(never)]
    pub fn send(&mut self, ctx: &mut Context, frame: u32, door: u32) -> Then {
        if ctx.travel(frame, door, self.instances[door as usize].zone) {
            self.reach(ctx, frame)
        } else {
            Then::Nothing
        }
    }

    /// A call reaches its instance of the balancer.
    #[inline(never)]
    pub fn reach(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let f = &mut ctx.frames[frame];
        let here = &mut self.instances[f.instance as usize];
        if !here.is_up() {
            self.meter.now.lost += 1;
            return ctx.answer(frame, Outcome::Unreachable);
        }
        self.meter.now.arrived += 1;
        if self.counts {
            if !here.traffic.begins(ctx.now, f.source) {
                self.meter.now.rejected += 1;
                return ctx.answer(frame, Outcome::Rejected);
            }
            f.is_inside = true;
        }
        let Some(pool) = &mut here.pool else {
            if !self.has_limit {
                ctx.frames.note(frame, ctx.now, || Note::Start);
            }
            return self.delay(ctx, frame);
        };
        match pool.enter(ctx.now, frame, &mut ctx.frames, &mut self.meter) {
            Entered::Starts => self.handle(ctx, frame),
            Entered::Waits => Then::Nothing,
            Entered::Refused => self.answer(ctx, frame, Outcome::Rejected),
        }
    }

    /// A worker has a call in hand.
    fn handle(&mut self, ctx: &mut Context, frame: u32) -> Then {
        match &mut self.handling {
            None => self.delay(ctx, frame),
            Some((law, stream)) => ctx.after(law.sample_duration(&mut stream.next()), frame),
        }
    }

    #[inline]
    fn delay(&mut self, ctx: &mut Context, frame: u32) -> Then {
        match &mut self.latency {
            None => self.call(ctx, frame),
            Some((law, stream)) => {
                ctx.frames[frame].stage = stage::DELAYED;
                let time = law.sample_duration(&mut stream.next());
                ctx.after(time, frame)
            }
        }
    }

    /// A worker is done with the call, or the delay is over.
    #[inline(never)]
    pub fn step_done(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let f = &ctx.frames[frame];
        if f.stage == stage::AT_POOL && self.handling.is_some() {
            self.let_go(ctx, frame);
            return self.delay(ctx, frame);
        }
        self.call(ctx, frame)
    }

    /// A call leaves its worker, who takes the next one.
    fn let_go(&mut self, ctx: &mut Context, frame: u32) {
        let at = ctx.frames[frame].instance as usize;
        if let Some(pool) = &mut self.instances[at].pool
            && let Some(next) = pool.leave(ctx.now, frame, &mut ctx.frames, &mut self.meter)
        {
            let _ = self.handle(ctx, next);
        }
    }

    /// Makes the balancer's own call to where the call is to go.
    #[inline]
    fn call(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let door = ctx.frames[frame].instance;
        match self.view_for(ctx, frame, door) {
            Some(view) if self.has_limit => self.send_or_wait(ctx, frame, view, false),
            Some(view) => ctx.begin_call(frame, self.views[view].site),
            None => self.answer(ctx, frame, Outcome::Error),
        }
    }

    /// The view of an instance that is for a call; none where no route takes it.
    #[inline(always)]
    fn view_for(&mut self, ctx: &Context, frame: u32, door: u32) -> Option<usize> {
        let first = door as usize * self.behind;
        match &mut self.routes {
            None => Some(first),
            Some(routes) => routes.of(&ctx.frames[frame]).map(|place| first + place),
        }
    }

    /// Chooses an instance, in one of the views, for a call that the balancer makes; none where nobody may be chosen.
    #[inline(always)]
    pub fn choose(&mut self, ctx: &mut Context, frame: u32, view: usize) -> Option<u32> {
        let view = &mut self.views[view];
        if self.is_strict && ctx.has_nobody(view.number) {
            return None;
        }
        let at = match &mut self.tried {
            None if self.has_limit => view.chosen(ctx, frame),
            None => view.choose(ctx, frame, self.number, &[]),
            Some(tried) => {
                let tried = tried.before(&ctx.frames, frame);
                let at = if self.has_limit {
                    view.chosen(ctx, frame)
                } else {
                    view.choose(ctx, frame, self.number, tried)
                };
                tried.push(at);
                at
            }
        };
        if self.tells_of_calls {
            ctx.sent_to(view.number, at);
        }
        Some(at)
    }

    /// Nobody waits for a call any more that is still on its way through: it stops.
    pub fn abandon(&mut self, ctx: &mut Context, frame: u32) {
        let f = &ctx.frames[frame];
        if f.is_waiting && matches!(f.stage, stage::WAITS | stage::WAITS_AGAIN) {
            self.stops_waiting(ctx, frame);
        } else if f.at_station && f.is_waiting {
            if let Some(pool) = &mut self.instances[f.instance as usize].pool {
                pool.give_up(ctx.now, frame, &mut ctx.frames, &mut self.meter);
            }
        } else if f.at_station {
            self.let_go(ctx, frame);
        }
        self.ends(ctx, frame, 0);
        ctx.frames.note(frame, ctx.now, || Note::Leave(End::Cancelled));
        ctx.kill(frame, Outcome::Timeout);
    }

    /// A call has come back from an instance.
    #[inline(never)]
    pub fn resume(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome, backend: u32) -> Then {
        let f = &ctx.frames[frame];
        let sent = f.arrived;
        if backend != NONE
            && let Some(chooser) = ctx.sites[usize::from(f.site)].chooser
        {
            let view = usize::from(chooser.view);
            ctx.came_back(view, backend, sent, outcome);
            ctx.learn(view, backend, outcome);
            if self.has_limit && self.has_waiting(chooser.place) {
                ctx.also(Then::Dispatch(self.number, chooser.place));
            }
        }
        if self.counts && outcome == Outcome::Ok {
            let bytes = self.bytes(ctx, frame);
            self.ends(ctx, frame, bytes);
        }
        self.answer(ctx, frame, outcome)
    }

    /// The size of the answer that came back for a call, where it is paid for.
    #[cold]
    fn bytes(&self, ctx: &Context, frame: u32) -> u64 {
        let f = &ctx.frames[frame];
        if !self.instances[f.instance as usize].traffic.is_billed() {
            return 0;
        }
        ctx.ways
            .bytes(f.ask == Ask::Op, f.op, ctx.sites[usize::from(f.site)].target)
    }

    /// The balancer itself answers a call.
    #[inline]
    pub(super) fn answer(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        self.ends(ctx, frame, 0);
        ctx.answer(frame, outcome)
    }

    /// A call is no longer under way, if it was.
    #[inline]
    pub(super) fn ends(&mut self, ctx: &mut Context, frame: u32, bytes: u64) {
        if self.counts {
            let f = &mut ctx.frames[frame];
            if std::mem::take(&mut f.is_inside) {
                self.instances[f.instance as usize]
                    .traffic
                    .ends(ctx.now, f.source, bytes);
            }
        }
    }
}
