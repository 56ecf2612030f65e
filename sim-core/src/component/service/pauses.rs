//! Instances that stop for a while and then go on with what they have: collections of garbage, virtual machines that are frozen.
//!
//! Work stands still on the cores, and what it has received is kept; calls that come meanwhile are let in and wait. This is the
//! breakdown with resumption of H. White and L. S. Christie, Queuing with preemptive priorities or with breakdown, Operations
//! Research 6 (1958). A pause is no outage: nothing is lost or refused, and a health check is
//! answered when the instance goes on, if that is in time. Only work stands still: what an instance does without any, such as passing
//! on an answer, it does during a pause too.

use super::ServiceState;
use crate::engine::{Context, What};
use crate::model::Pauses;
use crate::random::{Stream, StreamName};

/// What makes an instance pause at present.
#[derive(Debug)]
pub(super) struct Pausing {
    /// Decides over its own pauses.
    stream: Stream,
    /// Whether one of its own goes on.
    is_on: bool,
    /// Those that go on, its own and faults.
    count: u16,
}

impl Pausing {
    pub fn new(seed: u64, trial: u64, name: StreamName) -> Self {
        Self {
            stream: Stream::open(seed, trial, name),
            is_on: false,
            count: 0,
        }
    }

    pub fn is_any(&self) -> bool {
        self.count > 0
    }
}

impl ServiceState {
    /// Schedules the first pause of every instance.
    pub fn begin_pauses(&mut self, ctx: &mut Context) {
        let Some(Pauses { every, .. }) = &self.rules.pauses else {
            return;
        };
        for (number, instance) in (self.first..).zip(&mut self.instances) {
            let first = ctx.now + every.sample_duration(&mut instance.pausing.stream.next());
            ctx.calendar.schedule(first, What::Pause, number);
        }
    }

    /// One of an instance's own pauses begins or ends.
    pub(super) fn turn(&mut self, ctx: &mut Context, instance: u32) {
        let Some(Pauses { every, lasts }) = &self.rules.pauses else {
            return;
        };
        let own = &mut self.instances[instance as usize].pausing;
        own.is_on = !own.is_on;
        let (begins, law) = (own.is_on, if own.is_on { lasts } else { every });
        let next = ctx.now + law.sample_duration(&mut own.stream.next());
        ctx.calendar.schedule(next, What::Pause, self.first + instance);
        self.pause(ctx, instance, begins);
    }

    /// An instance pauses for one reason, or no longer for that one.
    pub fn pause(&mut self, ctx: &mut Context, instance: u32, begins: bool) {
        let count = &mut self.instances[instance as usize].pausing.count;
        *count = if begins { *count + 1 } else { *count - 1 };
        let changes = *count == u16::from(begins);
        if !changes {
            return;
        }
        self.with_cores(ctx, instance, |cores, now| cores.pause(now, begins));
        if !begins {
            ctx.checks_end(self.number, instance, self.is_up(instance));
        }
    }
}
