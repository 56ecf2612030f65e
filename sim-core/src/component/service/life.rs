//! Instances that go down, start again, work slowly at first, take another one's place, and run out of memory.

use super::ServiceState;
use crate::engine::{Context, What};
use crate::model::{Cold, Memory, Pauses, Service};
use crate::random::{Law, Stream};
use crate::time::{SimDuration, SimTime};

/// What holds for all instances.
#[derive(Debug)]
pub(super) struct Rules {
    start_up: Option<(Law, Stream)>,
    pub cold: Option<Cold>,
    takeover: Option<SimDuration>,
    /// The instance that serves, where the others stand by.
    pub active: Option<u32>,
    /// When another one takes its place.
    takes_over: Option<SimTime>,
    pub memory: Option<Memory>,
    pub pauses: Option<Pauses>,
}

impl Rules {
    pub fn new(service: &Service, start_up: Stream) -> Self {
        Self {
            start_up: service.start_up.clone().map(|law| (law, start_up)),
            cold: service.cold,
            takeover: service.takeover,
            active: service.takeover.map(|_| 0),
            takes_over: None,
            memory: service.memory,
            pauses: service.pauses.clone(),
        }
    }
}

/// Where an instance is in its life.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Life {
    /// When it will be ready, while it starts.
    ready: Option<SimTime>,
    /// Until when it works slowly.
    warm: SimTime,
    /// Whether its end for want of memory is scheduled.
    is_doomed: bool,
}

impl ServiceState {
    /// How long a piece of work takes that an instance begins now.
    #[inline]
    pub(super) fn slowed(&self, now: SimTime, instance: u32, work: SimDuration) -> SimDuration {
        match self.rules.cold {
            Some(cold) if now < self.instances[instance as usize].life.warm => work.scaled(cold.slower),
            _ => work,
        }
    }

    /// Whether a call that comes fits into the memory of its instance.
    #[inline(never)]
    pub(super) fn fits(&mut self, ctx: &mut Context, frame: u32) -> bool {
        let at = ctx.frames[frame].instance;
        let Some(memory) = self.rules.memory else {
            return true;
        };
        let instance = &mut self.instances[at as usize];
        if instance.pool.present() < memory.calls {
            return true;
        }
        self.meter.now.rejected += 1;
        if memory.crashes.is_some() && !instance.life.is_doomed {
            instance.life.is_doomed = true;
            ctx.calendar.schedule(ctx.now, What::OutOfMemory, self.first + at);
        }
        false
    }

    /// Whether a call that comes finds its session, where instances keep them.
    #[inline(never)]
    pub(super) fn knows(&mut self, ctx: &Context, frame: u32) -> bool {
        let f = &ctx.frames[frame];
        let Some(sessions) = &mut self.sessions else {
            return true;
        };
        let finds = sessions.finds(f.source, f.instance, ctx.now);
        self.meter.now.rejected += u64::from(!finds);
        finds
    }

    /// An instance has run out of memory: it crashes, and is started again.
    fn run_out(&mut self, ctx: &mut Context, instance: u32) {
        self.instances[instance as usize].life.is_doomed = false;
        if !self.instances[instance as usize].is_up {
            return;
        }
        self.crash(ctx, instance);
        if let Some(restart) = self.rules.memory.and_then(|m| m.crashes) {
            self.ready_after(ctx, instance, restart);
        }
    }

    fn ready_after(&mut self, ctx: &mut Context, instance: u32, time: SimDuration) {
        let at = ctx.now + time;
        self.instances[instance as usize].life.ready = Some(at);
        ctx.calendar.schedule(at, What::Ready, self.first + instance);
    }

    /// An instance crashes: every call at it is lost.
    pub fn crash(&mut self, ctx: &mut Context, instance: u32) {
        self.goes_down(ctx, instance, false);
        self.lose_frozen(ctx, instance);
    }

    /// An instance hangs: it keeps every call at it, takes more, and answers none.
    pub fn hang(&mut self, ctx: &mut Context, instance: u32) {
        self.goes_down(ctx, instance, true);
    }

    /// An instance that hung does so no longer: the calls that it kept are lost.
    fn lose_frozen(&mut self, ctx: &mut Context, instance: u32) {
        if std::mem::take(&mut self.instances[instance as usize].hangs) {
            self.meter.now.lost += crate::component::lose_frozen_calls(ctx, self.number, instance);
        }
    }

    fn goes_down(&mut self, ctx: &mut Context, instance: u32, hangs: bool) {
        let state = &mut self.instances[instance as usize];
        state.life.ready = None;
        if !state.is_up {
            return;
        }
        state.is_up = false;
        if let Some(sessions) = &mut self.sessions {
            sessions.crash(instance);
        }
        if self.batch.is_some() {
            self.break_batches(ctx, instance);
        }
        self.meter.instances(ctx.now, -1);
        self.with_cores(ctx, instance, |cores, _| {
            cores.clear();
            None
        });
        self.instances[instance as usize].hangs = hangs;
        if hangs {
            crate::component::freeze_calls(ctx, self.number, instance, &mut self.meter);
        } else {
            self.meter.now.lost += crate::component::lose_calls(ctx, self.number, instance, &mut self.meter);
        }
        self.instances[instance as usize].pool.clear(&mut ctx.frames);
        self.instances[instance as usize].crew.clear();
        if let (Some(active), Some(takeover)) = (self.rules.active, self.rules.takeover)
            && active == instance
        {
            let at = ctx.now + takeover;
            self.rules.takes_over = Some(at);
            ctx.calendar.schedule(at, What::Ready, self.first + instance);
        }
    }

    /// A crashed instance is repaired: it starts, and is up again, empty.
    pub fn repair(&mut self, ctx: &mut Context, instance: u32) {
        self.lose_frozen(ctx, instance);
        if self.instances[instance as usize].is_up {
            return;
        }
        match &mut self.rules.start_up {
            Some((law, stream)) => {
                let time = law.sample_duration(&mut stream.next());
                self.ready_after(ctx, instance, time);
            }
            None => self.is_ready(ctx, instance),
        }
    }

    /// An event of an instance.
    #[inline(never)]
    pub fn happens(&mut self, ctx: &mut Context, instance: u32, what: What) {
        match what {
            What::Ready => self.ready(ctx, instance),
            What::OutOfMemory => self.run_out(ctx, instance),
            What::Batch => self.form_batches(ctx, instance),
            What::SetUp => self.set_up(ctx, instance),
            What::Pause => self.turn(ctx, instance),
            _ => self.give_up(ctx, instance),
        }
    }

    /// An instance may have started, and another one's place may have to be taken.
    fn ready(&mut self, ctx: &mut Context, instance: u32) {
        if self.instances[instance as usize].life.ready == Some(ctx.now) {
            self.is_ready(ctx, instance);
        }
        if self.rules.takes_over == Some(ctx.now) {
            self.rules.takes_over = None;
            self.take_over();
        }
    }

    fn is_ready(&mut self, ctx: &mut Context, instance: u32) {
        let state = &mut self.instances[instance as usize];
        state.life.ready = None;
        if state.is_up {
            return;
        }
        state.is_up = true;
        if let Some(cold) = self.rules.cold {
            state.life.warm = ctx.now + cold.lasts;
        }
        self.meter.instances(ctx.now, 1);
        // Whoever is back first serves, if nobody else is about to.
        if self.rules.active.is_some() && self.rules.takes_over.is_none() {
            self.take_over();
        }
    }

    /// The first instance that is up serves from now on, unless the one that did is.
    fn take_over(&mut self) {
        let Some(active) = self.rules.active else {
            return;
        };
        if self.instances[active as usize].is_up {
            return;
        }
        let up = (0u32..).zip(&self.instances).find(|i| i.1.is_up);
        if let Some((next, _)) = up {
            self.rules.active = Some(next);
        }
    }
}
