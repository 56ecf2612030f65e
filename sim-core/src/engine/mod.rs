//! The engine: the calendar, the calls in flight, and the loop that hands events to components.
//!
//! An event is handled by the component it concerns; what that causes at the same instant (a call sent without delay, an
//! answer) is done before the next event, in the order in which it was caused.

mod at_arrival;
mod attempts;
mod calendar;
mod context;
mod deadlines;
mod faults;
mod forks;
mod frames;
mod freight;
mod recorder;
mod site;
mod stopping;
mod table;
mod then;
mod watching;
mod ways;

pub(crate) use at_arrival::AtArrival;
pub(crate) use calendar::{Calendar, Event, MOST_INDEX, What};
pub(crate) use context::Context;
pub(crate) use forks::Forks;
pub(crate) use frames::{
    Ask, DIRECT, Frame, Frames, NO_CLIENT, NO_KEY, NO_ROW, NO_SOURCE, NONE, Outcome, Role,
};
pub(crate) use freight::links;
pub(crate) use recorder::{Note, Recorder};
pub(crate) use table::SiteTable;
pub(crate) use then::{Actions, Then};
pub(crate) use ways::{NOWHERE, Ways, edge_in, part_in_reach, region_of};

use crate::component::{ClientState, State};
use crate::fault::Faults;
use crate::measure::{Steps, Stop};
use crate::random::{Law, Stream};

/// An instance, by its number over all components.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address {
    pub component: u16,
    pub instance: u32,
}

/// An instance that a balancer watches, and the view that it does so by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched {
    pub view: u16,
    pub instance: u32,
}

/// How an instance goes up and down by chance.
#[derive(Debug)]
pub(crate) struct UpAndDown {
    pub up: Law,
    pub down: Law,
    pub stream: Stream,
}

#[derive(Debug)]
pub(crate) struct Engine {
    pub ctx: Context,
    pub clients: Vec<ClientState>,
    pub components: Vec<State>,
    pub addresses: Vec<Address>,
    /// For every instance its failures, where they happen by chance.
    pub failures: Vec<Option<UpAndDown>>,
    /// For every component whether its instances hang when they fail.
    pub hangs: Vec<bool>,
    pub operations_that_write: Vec<bool>,
    /// What goes wrong by the scenario's word.
    pub faults: Faults,
    /// When the measurement looks.
    pub steps: Steps,
    pub events: u64,
    pub most_in_flight: u32,
    pub most_events: u64,
    pub stop: Option<Stop>,
    /// Calls and branches that are to be stopped, while that is done.
    pub stopping: Vec<u32>,
}

impl Engine {
    /// Handles up to `events` events; whether there are more.
    ///
    /// What ordinary requests go through is inlined here; what few of them do is not, wherever it is written: with all of it the loop
    /// would be three times as large as the cache of instructions, and 4 % slower.
    pub fn advance(&mut self, events: u64) -> bool {
        let until = self.events.saturating_add(events);
        while self.events < until {
            if self.stop.is_some() {
                return false;
            }
            let Some(event) = self.ctx.calendar.next() else {
                self.stop = Some(Stop::Finished);
                return false;
            };
            self.events += 1;
            self.ctx.now = event.at;
            let mut then = self.handle(event);
            loop {
                then = match then {
                    Then::Send(frame) => self.send(frame, None),
                    Then::Forward(frame) => self.forward(frame),
                    Then::Answer(frame) => self.answer(frame),
                    Then::Settle(frame, outcome) => self.settle(frame, outcome),
                    Then::Over(frame, outcome) => {
                        self.over(frame, outcome);
                        Then::Nothing
                    }
                    Then::Start(frame) => self.start(frame),
                    Then::Losers(fork) => {
                        self.stop_losers(fork);
                        Then::Nothing
                    }
                    Then::Dispatch(balancer, view) => self.dispatch(balancer, view),
                    Then::Nothing => match self.ctx.actions.next(&self.ctx.frames) {
                        Then::Nothing => break,
                        then => then,
                    },
                };
            }
        }
        if self.ctx.frames.most() > self.most_in_flight
            || self.events > self.most_events
            || self.ctx.calendar.is_exhausted()
        {
            self.stop = Some(Stop::Budget);
        }
        self.stop.is_none()
    }

    #[inline(always)]
    fn handle(&mut self, event: Event) -> Then {
        let at = event.index;
        match event.what {
            What::Arrival => return self.clients[at as usize].arrive(&mut self.ctx),
            What::StepDone => return self.step_done(at),
            What::Reach if self.is_alive(at) => return self.reach(at),
            What::Answer if self.is_alive(at) => return self.answer(at),
            What::Thought if self.is_alive(at) => {
                let client = usize::from(self.ctx.frames[at].component);
                return self.clients[client].thought(&mut self.ctx, at);
            }
            What::Retry if self.is_alive(at) => return self.try_again(at),
            What::Reach | What::Answer | What::Thought | What::Retry => {}
            What::Deadline => return self.deadline(at),
            What::Shared => {
                let Address { component, instance } = self.addresses[at as usize];
                if let State::Service(s) = &mut self.components[usize::from(component)] {
                    return s.shared(&mut self.ctx, instance);
                }
            }
            What::Ready | What::OutOfMemory | What::Batch | What::SetUp | What::Impatient | What::Pause => {
                let Address { component, instance } = self.addresses[at as usize];
                match &mut self.components[usize::from(component)] {
                    State::Service(s) => s.happens(&mut self.ctx, instance, event.what),
                    State::Balancer(b) => b.give_up(&mut self.ctx, instance),
                    _ => {}
                }
            }
            What::Crash | What::Repair => self.up_or_down(at, event.what == What::Repair),
            What::Failover | What::Copies => {
                let Address { component, instance } = self.addresses[at as usize];
                if let State::Database(d) = &mut self.components[usize::from(component)] {
                    if event.what == What::Failover {
                        d.failover(&mut self.ctx, instance);
                    } else {
                        d.look_for_copies(&mut self.ctx);
                    }
                }
            }
            What::HealthCheck => self.health_check(at as usize),
            What::EndpointCheck => self.endpoint_check(at),
            What::Fault => self.fault(at),
            What::Transfer => self.ctx.transferred(at),
            What::TryAgain | What::SlowStart => self.ctx.watched_event(at, event.what),
            What::OutlierInterval => self.ctx.outlier_interval(at as usize),
            What::Measure => self.measure(),
        }
        Then::Nothing
    }

    /// The frame's event has come: whether the frame still matters. Otherwise its slot is free now.
    #[inline]
    fn is_alive(&mut self, frame: u32) -> bool {
        let f = &mut self.ctx.frames[frame];
        f.has_event = false;
        if f.role.is_void() {
            self.ctx.void_event(frame);
            return false;
        }
        true
    }

    /// A balancer sends a call on to the instance that it chooses.
    #[inline(never)]
    fn forward(&mut self, frame: u32) -> Then {
        let ctx = &mut self.ctx;
        let parent = ctx.frames[frame].parent;
        let chooser = ctx.sites[usize::from(ctx.frames[parent].site)].chooser;
        let Some(chooser) = chooser else {
            return Then::Send(frame);
        };
        let State::Balancer(b) = &mut self.components[usize::from(chooser.component)] else {
            return Then::Send(frame);
        };
        let chosen = b.choose(ctx, frame, usize::from(chooser.place));
        let p = &mut ctx.frames[parent];
        p.pc = chosen.unwrap_or(NONE);
        p.arrived = ctx.now;
        if chosen.is_none() {
            return ctx.answer(frame, Outcome::Unreachable);
        }
        self.send(frame, chosen)
    }

    /// Sends a call to its component: to the instance that was chosen, if one was.
    #[inline(always)]
    fn send(&mut self, frame: u32, mut chosen: Option<u32>) -> Then {
        let f = &self.ctx.frames[frame];
        let (mut target, op) = (usize::from(f.component), usize::from(f.op));
        let ctx = &mut self.ctx;
        let mut door = 0;
        if let State::Balancer(b) = &mut self.components[target] {
            door = b.door(ctx, frame, chosen);
            // A balancer that adds nothing but its choice needs no call of its own.
            if let Some(at) = b.pass(ctx, frame, door) {
                target = usize::from(ctx.frames[frame].component);
                chosen = Some(at);
            }
        }
        match &mut self.components[target] {
            State::Service(s) => s.send(ctx, frame, chosen),
            State::Balancer(b) => b.send(ctx, frame, door),
            State::Cache(c) => c.send(ctx, frame, self.operations_that_write[op]),
            State::Database(d) => d.send(ctx, frame, self.operations_that_write[op]),
            State::Cdn(c) => c.send(ctx, frame, self.operations_that_write[op]),
            State::Shards(s) => s.send(ctx, frame, self.operations_that_write[op]),
            State::External(s) => s.send(ctx, frame, self.operations_that_write[op]),
            State::Dns(d) => {
                let name = ctx.frames[frame].component;
                ctx.frames[frame].component = d.resolve(ctx, frame);
                ctx.frames.note(frame, ctx.now, || Note::Resolve(name));
                Then::Send(frame)
            }
        }
    }

    #[inline(never)]
    fn reach(&mut self, frame: u32) -> Then {
        let ctx = &mut self.ctx;
        ctx.frames.note(frame, ctx.now, || Note::Arrival);
        let f = &ctx.frames[frame];
        match &mut self.components[usize::from(f.component)] {
            State::Service(s) => s.reach(ctx, frame),
            State::Balancer(b) => b.reach(ctx, frame),
            State::Cache(c) => c.reach(ctx, frame),
            State::Database(d) => d.reach(ctx, frame),
            State::Cdn(c) => c.reach(ctx, frame),
            State::External(s) => s.reach(ctx, frame),
            State::Dns(_) | State::Shards(_) => Then::Nothing,
        }
    }

    fn start(&mut self, frame: u32) -> Then {
        if !self.is_alive(frame) {
            return Then::Nothing;
        }
        match &mut self.components[usize::from(self.ctx.frames[frame].component)] {
            State::Service(s) => s.begin(&mut self.ctx, frame),
            State::Shards(s) => s.begin(&mut self.ctx, frame),
            _ => Then::Nothing,
        }
    }

    #[inline(always)]
    fn step_done(&mut self, frame: u32) -> Then {
        let ctx = &mut self.ctx;
        let f = &mut ctx.frames[frame];
        f.has_event = false;
        if f.role.is_void() {
            ctx.void_event(frame);
            return Then::Nothing;
        }
        match &mut self.components[usize::from(f.component)] {
            State::Service(s) => s.step_done(ctx, frame),
            State::Balancer(b) => b.step_done(ctx, frame),
            State::Cache(c) => c.step_done(ctx, frame),
            State::Database(d) => d.step_done(ctx, frame),
            State::Shards(s) => s.step_done(ctx, frame),
            State::External(s) => s.step_done(ctx, frame),
            State::Cdn(c) => c.step_done(ctx, frame),
            State::Dns(_) => Then::Nothing,
        }
    }

    /// An answer is with the caller.
    #[inline]
    fn answer(&mut self, frame: u32) -> Then {
        let f = &self.ctx.frames[frame];
        let (parent, turn, outcome, role) = (f.parent, f.parent_turn, f.outcome, f.role);
        let (component, seen) = (f.component, f.pc);
        if parent == NONE {
            // The answer of a request that is a single call is with its clients.
            if f.client != NO_CLIENT {
                // A message that stands for a call that was lost in a crash has no timer of its own.
                let is_late = self.ctx.is_late(frame);
                self.over(frame, if is_late { Outcome::Timeout } else { outcome });
            } else {
                let is_waste = f.is_forsaken && outcome == Outcome::Ok;
                self.ctx.wasted[usize::from(component)] += u64::from(is_waste);
                self.ctx.frames.release(frame);
            }
            return Then::Nothing;
        }
        self.ctx.frames.release(frame);
        let p = &mut self.ctx.frames[parent];
        if p.turn != turn {
            self.ctx.note_waste(component, outcome, role);
            return Then::Nothing;
        }
        if role == Role::Branch {
            let at = usize::from(p.component);
            return match &mut self.components[at] {
                State::Service(s) => s.join(&mut self.ctx, parent, outcome),
                State::Database(d) => d.join(&mut self.ctx, parent, outcome, seen),
                State::Shards(s) => s.join(&mut self.ctx, parent, outcome),
                _ => Then::Nothing,
            };
        }
        p.turn = turn.wrapping_add(1);
        self.settle(parent, outcome)
    }

    /// An attempt has ended: another one follows, or the call is over.
    #[inline(always)]
    fn settle(&mut self, frame: u32, outcome: Outcome) -> Then {
        if outcome != Outcome::Ok && self.tries_again(frame, outcome) {
            return Then::Nothing;
        }
        self.resume(frame, outcome)
    }

    /// A request that is a single call is over.
    #[inline(always)]
    fn over(&mut self, frame: u32, outcome: Outcome) {
        let Context { frames, now, .. } = &mut self.ctx;
        frames.note(frame, *now, || Note::Over(outcome));
        let f = &frames[frame];
        self.clients[usize::from(f.client)].record(*now, f, outcome);
        frames.release(frame);
    }

    #[inline(always)]
    fn resume(&mut self, frame: u32, outcome: Outcome) -> Then {
        let ctx = &mut self.ctx;
        let f = &ctx.frames[frame];
        let at = usize::from(f.component);
        if f.role == Role::Client {
            ctx.frames.note(frame, ctx.now, || Note::TryEnd(outcome));
            self.clients[at].resume(ctx, frame, outcome);
            return Then::Nothing;
        }
        match &mut self.components[at] {
            State::Service(s) => s.resume(ctx, frame, outcome),
            State::Balancer(b) => {
                let backend = f.pc;
                b.resume(ctx, frame, outcome, backend)
            }
            State::Cache(c) => c.resume(ctx, frame, outcome),
            State::Cdn(c) => c.resume(ctx, frame, outcome),
            State::Shards(s) => s.resume(ctx, frame, outcome),
            State::Database(_) | State::Dns(_) | State::External(_) => Then::Nothing,
        }
    }

    fn deadline(&mut self, ring: u32) -> Then {
        let Context {
            rings,
            calendar,
            frames,
            ..
        } = &mut self.ctx;
        let ring = &mut rings[ring as usize];
        let is_for_requests = ring.is_for_requests;
        let due = ring.fire(calendar, |frame, number| {
            let f = &frames[frame];
            if is_for_requests {
                f.life == number && f.client != NO_CLIENT
            } else {
                f.turn == number
            }
        });
        let Some((frame, turn)) = due else {
            return Then::Nothing;
        };
        let now = self.ctx.now;
        if is_for_requests {
            let frames = &mut self.ctx.frames;
            frames.note(frame, now, || Note::Over(Outcome::Timeout));
            let f = &mut frames[frame];
            self.clients[usize::from(f.client)].record(now, f, Outcome::Timeout);
            f.client = NO_CLIENT;
            f.is_forsaken = true;
            self.cancel(frame);
            return Then::Nothing;
        }
        let call = self.call_of(frame);
        self.ctx.frames[frame].turn = turn.wrapping_add(1);
        self.cancel(call);
        self.settle(frame, Outcome::Timeout)
    }

    /// The call that the frame waits for. It may be gone, its answer on the way and its slot another call's by now.
    fn call_of(&self, frame: u32) -> u32 {
        let f = &self.ctx.frames[frame];
        let is_its = |call: u32| {
            let c = &self.ctx.frames[call];
            c.parent == frame && c.parent_turn == f.turn
        };
        if f.child != NONE && is_its(f.child) {
            f.child
        } else {
            NONE
        }
    }

    /// Schedules the first look of the measurement. What happens at time zero is in its first step.
    pub fn begin_measuring(&mut self) {
        self.schedule_measure();
    }

    /// Schedules the end of the step that is now.
    fn schedule_measure(&mut self) {
        let end = self.steps.end_of(usize::from(self.ctx.step));
        self.ctx.calendar.schedule(end, What::Measure, 0);
    }

    /// A step of the measurement is over.
    #[inline(never)]
    fn measure(&mut self) {
        let now = self.ctx.now;
        self.ctx.add_up_views();
        let counted = self
            .ctx
            .wasted
            .iter_mut()
            .zip(&mut self.ctx.passed)
            .zip(&mut self.ctx.usage);
        for (component, ((wasted, passed), usage)) in self.components.iter_mut().zip(counted) {
            if let State::Balancer(b) = component {
                b.bill(now);
            }
            let meter = component.meter();
            meter.now.wasted += std::mem::take(wasted);
            meter.now.served += std::mem::take(passed);
            meter.now.usage_pusd += std::mem::take(usage);
            meter.end_step(now);
        }
        self.ctx.step += 1;
        let (done, before) = (usize::from(self.ctx.step), self.steps.before());
        if done == self.steps.count() {
            self.stop = Some(Stop::Duration);
            return;
        }
        if done < before {
            // Looks at a warm-up are for the eye: they are no part of how much was simulated.
            self.events -= 1;
        } else if done > before && self.clients.iter().all(|c| c.is_over) && self.ctx.frames.live() == 0 {
            self.stop = Some(Stop::Finished);
            return;
        }
        self.schedule_measure();
    }
}
