//! Workers that are started when a call needs one and go when they are idle: serverless functions, and all that scales to zero.
//!
//! A call that finds no idle worker has one started, unless there are as many as there may be; it is served by whoever is free
//! first, and starts that nobody waits for any more are called off (P. D. Welch, On a generalized M/G/1 queuing process in which the
//! first customer of each busy period receives exceptional service, Operations Research 12, 1964; A. Gandhi, S. Doroudi, M.
//! Harchol-Balter, A. Scheller-Wolf, Exact analysis of the M/M/k/setup class of Markov chains, SIGMETRICS 2013).

use std::collections::VecDeque;

use super::ServiceState;
use crate::engine::{Context, Outcome, Then, What};
use crate::random::{Law, Stream};
use crate::time::{SimDuration, SimTime};

/// How workers are started, and how long they stay.
#[derive(Debug)]
pub(super) struct Starter {
    pub set_up: Law,
    pub stream: Stream,
    pub keep_alive: SimDuration,
}

/// The workers of one instance that serve nobody.
#[derive(Debug, Default)]
pub(super) struct Crew {
    /// When those that are being started will be ready, in the order in which they were begun.
    starting: Vec<SimTime>,
    /// Until when the idle ones stay, the one that goes first first.
    idle: VecDeque<SimTime>,
}

impl Crew {
    /// Takes the idle worker that would stay longest: whether there is one.
    fn take_idle(&mut self, now: SimTime) -> bool {
        if self.idle.back().is_some_and(|until| *until > now) {
            self.idle.pop_back();
            return true;
        }
        self.idle.clear();
        false
    }

    /// The instance crashed.
    pub fn clear(&mut self) {
        self.starting.clear();
        self.idle.clear();
    }
}

impl ServiceState {
    /// A call comes to the station.
    #[inline(never)]
    pub(super) fn enter_on_demand(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let at = ctx.frames[frame].instance;
        let state = &mut self.instances[at as usize];
        let Some(starter) = self.starter.as_mut().filter(|_| !state.crew.take_idle(ctx.now)) else {
            return self.queue_up(ctx, frame, at);
        };
        // Who waits for a worker that is being started takes no room in the queue.
        let starting = state.crew.starting.len() as u32;
        let starts = state.pool.has_room_for_worker(starting);
        let room = starting + u32::from(starts);
        if !state
            .pool
            .line_up(ctx.now, frame, room, &mut ctx.frames, &mut self.meter)
        {
            return ctx.answer(frame, Outcome::Rejected);
        }
        if starts {
            let ready = ctx.now + starter.set_up.sample_duration(&mut starter.stream.next());
            state.crew.starting.push(ready);
            ctx.calendar.schedule(ready, What::SetUp, self.first + at);
        }
        self.wait_patiently(ctx, frame)
    }

    /// A worker that was started may be ready.
    pub(super) fn set_up(&mut self, ctx: &mut Context, instance: u32) {
        let state = &mut self.instances[instance as usize];
        let starting = &mut state.crew.starting;
        let Some(place) = starting.iter().position(|ready| *ready == ctx.now) else {
            return;
        };
        starting.remove(place);
        let next = state.pool.start_next(ctx.now, &mut ctx.frames, &mut self.meter);
        if let Some(next) = next {
            self.start(ctx, next);
        }
        self.spare(ctx.now, instance, next.is_none());
    }

    /// A worker that is free stays for a while, and starts that nobody waits for are called off, the newest first:
    /// nobody knows which of them would be ready first.
    #[inline(never)]
    pub(super) fn spare(&mut self, now: SimTime, instance: u32, is_free: bool) {
        let (Some(starter), state) = (&self.starter, &mut self.instances[instance as usize]) else {
            return;
        };
        let crew = &mut state.crew;
        crew.starting.truncate(state.pool.waiting() as usize);
        if is_free && !starter.keep_alive.is_zero() {
            while crew.idle.front().is_some_and(|until| *until <= now) {
                crew.idle.pop_front();
            }
            crew.idle.push_back(now + starter.keep_alive);
        }
    }
}
