//! Further attempts of a call that failed, and calls of balancers that wait for room at an instance.

use super::Engine;
use super::calendar::What;
use super::frames::{Outcome, Role};
use super::recorder::Note;
use super::then::Then;
use crate::component::State;

impl Engine {
    /// Whether another attempt follows the one that failed.
    #[inline(never)]
    pub(super) fn tries_again(&mut self, frame: u32, outcome: Outcome) -> bool {
        let ctx = &mut self.ctx;
        let chooser = ctx.sites[usize::from(ctx.frames[frame].site)].chooser;
        if let Some(chooser) = chooser {
            let is_awaited = ctx.attempt_failed(chooser.view, frame, outcome);
            if let State::Balancer(b) = &self.components[usize::from(chooser.component)]
                && b.has_waiting(chooser.place)
            {
                ctx.also(Then::Dispatch(chooser.component, chooser.place));
            }
            if !is_awaited {
                return false;
            }
        }
        let f = &ctx.frames[frame];
        let Some(pause) = ctx.sites[usize::from(f.site)].next_pause(ctx.now, f.attempt) else {
            return false;
        };
        ctx.frames.note(frame, ctx.now, || Note::TryEnd(outcome));
        ctx.frames[frame].has_event = true;
        ctx.calendar.schedule(ctx.now + pause, What::Retry, frame);
        true
    }

    /// A balancer sends a call on that waited for room, if there is any.
    #[inline(never)]
    pub(super) fn dispatch(&mut self, balancer: u16, view: u16) -> Then {
        match &mut self.components[usize::from(balancer)] {
            State::Balancer(b) => b.dispatch(&mut self.ctx, view),
            _ => Then::Nothing,
        }
    }

    /// The pause before another attempt is over.
    #[inline(never)]
    pub(super) fn try_again(&mut self, frame: u32) -> Then {
        let f = &self.ctx.frames[frame];
        match &mut self.components.get_mut(usize::from(f.component)) {
            Some(State::Balancer(b)) if f.role != Role::Client && b.has_limit() => {
                b.try_again(&mut self.ctx, frame)
            }
            _ => self.ctx.attempt(frame),
        }
    }
}
