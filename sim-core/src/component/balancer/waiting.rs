//! Calls that wait at a balancer until an instance behind it has room for one more.
//!
//! As in HAProxy (`src/backend.c`, assign_server_and_queue, and `src/queue.c`): a call that may go anywhere waits in one line for
//! whichever instance has room first, one that a hash or a bond leads to an instance waits in that one's own line, and of both
//! the older goes first. When instances are kept out, those in their lines are led to others. A call that has waited for
//! as long as is allowed is rejected (HAProxy answers 503), as is one for which there is no room in its line.

use super::BalancerState;
use super::through::stage;
use super::tried::Tried;
use super::view::View;
use crate::engine::{Context, NO_SOURCE, NONE, Note, Outcome, Then, What};
use crate::model::{CallLimit, Station};
use crate::policy::balancing::Asked;
use crate::station::Pool;

/// The lines of a view.
#[derive(Debug)]
pub(super) struct Waiting {
    limit: CallLimit,
    /// Whether every call is for a certain instance.
    is_bound: bool,
    /// Those that may go to any instance.
    common: Pool,
    /// For every instance those that may go only there.
    own: Vec<Pool>,
    /// Calls in all lines.
    count: u32,
    /// The candidates that the lines were last sorted for.
    version: u32,
}

impl Waiting {
    pub fn new(limit: CallLimit, is_bound: bool) -> Self {
        Self {
            limit,
            is_bound,
            common: line(limit),
            own: Vec::new(),
            count: 0,
            version: 0,
        }
    }

    /// The line of an instance; [`NONE`]: that of calls for any.
    fn line(&mut self, instance: u32) -> &mut Pool {
        let at = instance as usize;
        if instance != NONE && self.own.len() <= at {
            let limit = self.limit;
            self.own.resize_with(at + 1, || line(limit));
        }
        self.own.get_mut(at).unwrap_or(&mut self.common)
    }
}

fn line(limit: CallLimit) -> Pool {
    Pool::new(&Station {
        workers: Some(0),
        queue: limit.queue,
        ..Station::default()
    })
}

/// The instances that earlier attempts of a call went to, where a further one goes elsewhere.
fn tried(all: &mut Option<Tried>, call: u32, is_retry: bool) -> &[u32] {
    all.as_mut().map_or(&[], |t| t.of(call, !is_retry))
}

/// Where a call goes.
enum Place {
    /// To this instance, which has room.
    To(u32),
    /// Into its line, or with [`NONE`] into that of calls for any.
    Line(u32),
}

impl View {
    /// Where a call that the balancer has goes.
    fn place(&mut self, ctx: &mut Context, frame: u32, (is_retry, tried): (bool, &[u32])) -> Place {
        let Some(waiting) = &self.waiting else {
            return Place::Line(NONE);
        };
        let at_balancer = waiting.count + 1;
        let is_bound = waiting.is_bound || self.sticky.is_some() && ctx.frames[frame].source != NO_SOURCE;
        let is_first = waiting.common.waiting() == 0;
        let has_room = ctx.backends[usize::from(self.number)].look_for_room(at_balancer, ctx.now);
        let may_go = is_first && has_room;
        if !is_bound && !may_go {
            return Place::Line(NONE);
        }
        let at = self.pick(ctx, frame, (is_retry, tried));
        let backends = &ctx.backends[usize::from(self.number)];
        let in_line = self.waiting.as_ref().and_then(|w| w.own.get(at as usize));
        if !is_bound
            || in_line.is_none_or(|l| l.waiting() == 0) && backends.has_room(at, at_balancer, ctx.now)
        {
            Place::To(at)
        } else {
            Place::Line(at)
        }
    }

    /// Chooses for a call that the balancer itself has, from those that have room if any has, and for a further try from
    /// those that it hasn't `tried`.
    fn pick(&mut self, ctx: &mut Context, frame: u32, (is_retry, tried): (bool, &[u32])) -> u32 {
        let Context {
            backends,
            frames,
            now,
            ..
        } = ctx;
        let backends = &mut backends[usize::from(self.number)];
        self.router.hear(backends, *now);
        let f = &frames[frame];
        let has_caller = f.parent != NONE && frames[f.parent].turn == f.parent_turn;
        let asked = Asked {
            key: f.key,
            source: f.source,
            zone: if has_caller { frames[f.parent].zone } else { f.zone },
            choices: 0,
        };
        let is_bound = self.waiting.as_ref().is_some_and(|w| w.is_bound);
        let router = &mut self.router;
        let mut choose = || match is_bound {
            true => router.next(backends, *now, tried, || asked),
            false => router.next_with_room(backends, *now, tried, asked),
        };
        match &mut self.sticky {
            Some(sticky) if f.source != NO_SOURCE => {
                sticky.next((f.source, is_retry), *now, backends, choose)
            }
            _ => choose(),
        }
    }

    /// The line whose first call goes next: that of an instance that has room, or of calls for any.
    fn next_line(&mut self, ctx: &mut Context) -> Option<u32> {
        let waiting = self.waiting.as_mut()?;
        let backends = &mut ctx.backends[usize::from(self.number)];
        let has_room = backends.look_for_room(waiting.count, ctx.now);
        let mut oldest = waiting
            .common
            .first_since(&mut ctx.frames)
            .filter(|_| has_room)
            .map(|since| (since, NONE));
        for (at, line) in (0u32..).zip(&mut waiting.own) {
            if line.waiting() > 0
                && backends.has_room(at, waiting.count, ctx.now)
                && let Some(since) = line.first_since(&mut ctx.frames)
                && oldest.is_none_or(|o| since < o.0)
            {
                oldest = Some((since, at));
            }
        }
        oldest.map(|o| o.1)
    }
}

impl BalancerState {
    /// Whether calls wait in a view.
    pub fn has_waiting(&self, view: u16) -> bool {
        let waiting = self.views[usize::from(view)].waiting.as_ref();
        waiting.is_some_and(|w| w.count > 0)
    }

    /// Makes the balancer's own call for one that it has, or tries it again, as soon as there is room for it.
    pub(super) fn send_or_wait(
        &mut self,
        ctx: &mut Context,
        frame: u32,
        view: usize,
        is_retry: bool,
    ) -> Then {
        if self.is_strict && ctx.has_nobody(self.views[view].number) {
            ctx.frames.note(frame, ctx.now, || Note::Start);
            return self.answer(ctx, frame, Outcome::Unreachable);
        }
        let tried = tried(&mut self.tried, frame, is_retry);
        match self.views[view].place(ctx, frame, (is_retry, tried)) {
            Place::To(at) => {
                self.meter.now.waiting.record(0);
                self.go(ctx, frame, view, at, is_retry)
            }
            Place::Line(instance) => self.line_up(ctx, frame, view, instance, is_retry),
        }
    }

    /// Tries a call again, after the pause.
    pub fn try_again(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let site = usize::from(ctx.frames[frame].site);
        match ctx.sites[site].chooser {
            Some(chooser) => self.send_or_wait(ctx, frame, usize::from(chooser.place), true),
            None => ctx.attempt(frame),
        }
    }

    /// Makes the balancer's own call to an instance.
    fn go(&mut self, ctx: &mut Context, frame: u32, view: usize, at: u32, is_retry: bool) -> Then {
        let f = &mut ctx.frames[frame];
        f.pc = at;
        f.stage = stage::SENT;
        if is_retry {
            ctx.attempt(frame)
        } else {
            ctx.frames.note(frame, ctx.now, || Note::Start);
            ctx.begin_call(frame, self.views[view].site)
        }
    }

    fn line_up(&mut self, ctx: &mut Context, frame: u32, view: usize, instance: u32, is_retry: bool) -> Then {
        let View { waiting, site, .. } = &mut self.views[view];
        let Some(waiting) = waiting else {
            return Then::Nothing;
        };
        let f = &mut ctx.frames[frame];
        let door = f.instance;
        f.pc = instance;
        f.site = *site;
        f.stage = if is_retry {
            stage::WAITS_AGAIN
        } else {
            stage::WAITS
        };
        let line = waiting.line(instance);
        if !line.line_up(ctx.now, frame, 0, &mut ctx.frames, &mut self.meter) {
            return self.answer(ctx, frame, Outcome::Rejected);
        }
        waiting.count += 1;
        if let Some(timeout) = waiting.limit.timeout {
            let patience = &mut self.instances[door as usize].patience;
            if let Some(look) = patience.begin(ctx.now + timeout, frame, &ctx.frames) {
                ctx.calendar.schedule(look, What::Impatient, self.first + door);
            }
        }
        // Where the limit grows with those who wait, one of them may have room now.
        if waiting.limit.least < waiting.limit.most {
            return Then::Dispatch(self.number, view as u16);
        }
        Then::Nothing
    }

    /// Sends the call on whose turn it is, if there is room for any.
    pub fn dispatch(&mut self, ctx: &mut Context, view: u16) -> Then {
        let place = usize::from(view);
        if !self.has_waiting(view) || self.is_strict && ctx.has_nobody(self.views[place].number) {
            return Then::Nothing;
        }
        self.sort_lines(ctx, place);
        let Some(instance) = self.views[place].next_line(ctx) else {
            return Then::Nothing;
        };
        let Some(frame) = self.leave_line(ctx, place, instance) else {
            return Then::Nothing;
        };
        let is_retry = ctx.frames[frame].stage == stage::WAITS_AGAIN;
        let at = match instance {
            NONE => {
                let tried = tried(&mut self.tried, frame, is_retry);
                self.views[place].pick(ctx, frame, (is_retry, tried))
            }
            at => at,
        };
        if self.has_waiting(view) {
            ctx.also(Then::Dispatch(self.number, view));
        }
        self.go(ctx, frame, place, at, is_retry)
    }

    /// Takes the first out of a line.
    fn leave_line(&mut self, ctx: &mut Context, view: usize, instance: u32) -> Option<u32> {
        let waiting = self.views[view].waiting.as_mut()?;
        let line = waiting.line(instance);
        let frame = line.let_through(ctx.now, &mut ctx.frames, &mut self.meter)?;
        waiting.count -= 1;
        Some(frame)
    }

    /// Leads those who wait for instances that may not be chosen any more to others.
    fn sort_lines(&mut self, ctx: &mut Context, view: usize) {
        let View { waiting, number, .. } = &mut self.views[view];
        let candidates = ctx.backends[usize::from(*number)].candidates();
        let Some(waiting) = waiting.as_mut().filter(|w| w.version != candidates.version) else {
            return;
        };
        waiting.version = candidates.version;
        let moved: Vec<(u32, u32)> = (0u32..)
            .zip(&waiting.own)
            .map(|(at, line)| (at, line.waiting()))
            .filter(|(at, count)| *count > 0 && !candidates.contains(*at))
            .collect();
        for (from, count) in moved {
            for _ in 0..count {
                let Some(frame) = self.leave_line(ctx, view, from) else {
                    break;
                };
                let is_retry = ctx.frames[frame].stage == stage::WAITS_AGAIN;
                let tried = tried(&mut self.tried, frame, is_retry);
                let to = self.views[view].pick(ctx, frame, (is_retry, tried));
                let then = self.line_up(ctx, frame, view, to, is_retry);
                ctx.also(then);
            }
        }
    }

    /// Calls that have waited for as long as they may are rejected.
    pub fn give_up(&mut self, ctx: &mut Context, instance: u32) {
        while let Some(frame) = self.instances[instance as usize]
            .patience
            .take(ctx.now, &ctx.frames)
        {
            self.meter.now.rejected += 1;
            self.stops_waiting(ctx, frame);
            self.ends(ctx, frame, 0);
            ctx.kill(frame, Outcome::Rejected);
        }
        if let Some(look) = self.instances[instance as usize].patience.look_again(ctx.now) {
            ctx.calendar
                .schedule(look, What::Impatient, self.first + instance);
        }
    }

    /// A call leaves its line before its turn.
    pub(super) fn stops_waiting(&mut self, ctx: &mut Context, frame: u32) {
        let f = &ctx.frames[frame];
        let (instance, chooser) = (f.pc, ctx.sites[usize::from(f.site)].chooser);
        let view = chooser.map_or(0, |c| usize::from(c.place));
        if let Some(waiting) = &mut self.views[view].waiting {
            waiting.count -= 1;
            waiting
                .line(instance)
                .give_up(ctx.now, frame, &mut ctx.frames, &mut self.meter);
        }
    }

    /// An instance of the balancer crashed: those who waited at it have been killed.
    pub(super) fn clear_lines(&mut self, ctx: &mut Context, instance: usize) {
        for view in &mut self.views[instance * self.behind..][..self.behind] {
            if let Some(waiting) = &mut view.waiting {
                waiting.common.clear(&mut ctx.frames);
                waiting.own.iter_mut().for_each(|l| l.clear(&mut ctx.frames));
                waiting.count = 0;
            }
        }
    }
}
