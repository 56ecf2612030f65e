//! Work that stops because nobody waits for it: of a caller that gave up, and of the losers of a parallel step.
//!
//! A caller that gave up stops what asks to be stopped then, and what those calls did in their turn; a parallel step that cancels
//! stops its losers with all that they called. What can't be taken back goes on: a look-up in a cache, a write that has begun.

use super::Engine;
use super::context::Context;
use super::frames::{NONE, Outcome, Role};
use crate::component::State;

impl Engine {
    /// Stops the branches of a parallel step that are left.
    pub(super) fn stop_losers(&mut self, fork: u32) {
        let Context { forks, frames, .. } = &mut self.ctx;
        for (frame, life) in forks.branches(fork) {
            let f = &frames[*frame];
            if f.life == *life && f.role == Role::Branch {
                self.stopping.push(*frame);
            }
        }
        forks.give_back(fork);
        self.stop_all(true);
    }

    /// The caller of this call gave up.
    pub(super) fn cancel(&mut self, call: u32) {
        if call != NONE {
            self.stopping.push(call);
            self.stop_all(false);
        }
    }

    /// The branches of a call are to be stopped, where there is a list of them.
    fn stop_branches(&mut self, frame: u32) {
        let Context { forks, frames, .. } = &mut self.ctx;
        let fork = std::mem::replace(&mut frames[frame].fork, NONE);
        if fork != NONE {
            let branches = forks.branches(fork).iter();
            let living = branches.filter(|(b, life)| frames[*b].life == *life);
            self.stopping.extend(living.map(|b| b.0));
            forks.give_back(fork);
        }
    }

    /// Stops the calls and branches in the list and whatever they wait for. `is_forced`: whether they like it or not.
    fn stop_all(&mut self, is_forced: bool) {
        while let Some(frame) = self.stopping.pop() {
            let call = self.call_of(frame);
            let ctx = &mut self.ctx;
            let f = &mut ctx.frames[frame];
            let at = usize::from(f.component);
            // The last word of a call that was lost is at no instance, and finds by itself that nobody waits for it.
            if f.instance == NONE {
                continue;
            }
            if f.role == Role::Frozen {
                ctx.forget(frame);
                continue;
            }
            match (f.role, &mut self.components[at]) {
                (Role::Call, State::Balancer(b)) => {
                    if call == NONE {
                        b.abandon(ctx, frame);
                    } else {
                        self.stopping.push(call);
                    }
                }
                (Role::Call | Role::Branch, State::Service(s)) => {
                    let is_willing = s.cancel_on_timeout && f.is_inside;
                    if f.role == Role::Call && !is_forced && !is_willing {
                        continue;
                    }
                    if call != NONE {
                        self.stopping.push(call);
                    }
                    self.stop_branches(frame);
                    if let State::Service(s) = &mut self.components[at] {
                        s.abandon(&mut self.ctx, frame, Outcome::Timeout);
                    }
                }
                // What a coordinator has begun it ends.
                (Role::Call | Role::Branch, State::Shards(s))
                    if is_forced && s.lets_go(&ctx.frames[frame]) =>
                {
                    if call != NONE {
                        self.stopping.push(call);
                    }
                    self.stop_branches(frame);
                    self.ctx.kill(frame, Outcome::Timeout);
                }
                (Role::Call, State::Database(d)) if is_forced => d.abandon(ctx, frame),
                _ => {}
            }
        }
    }
}
