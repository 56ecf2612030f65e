//! What a balancer learns of its instances, and what becomes of calls at an instance that hangs.

use super::Watched;
use super::calendar::What;
use super::context::Context;
use super::frames::{DIRECT, NO_CLIENT, NONE, Outcome, Role};
use super::recorder::Note;
use crate::component::{Health, Standing, Surroundings};
use crate::measure::visits::End;

impl Context {
    /// A balancer's call to an instance failed: it knows at once. Whether somebody still waits for the answer.
    #[cold]
    pub fn attempt_failed(&mut self, view: u16, frame: u32, outcome: Outcome) -> bool {
        let f = &mut self.frames[frame];
        let (at, sent) = (std::mem::replace(&mut f.pc, NONE), f.arrived);
        let (parent, turn, client) = (f.parent, f.parent_turn, f.client);
        if at != NONE {
            self.came_back(usize::from(view), at, sent, outcome);
            self.learn(usize::from(view), at, outcome);
        }
        client != NO_CLIENT || parent != NONE && self.frames[parent].turn == turn
    }

    /// A balancer that watches its instances learns how a call ended.
    pub fn learn(&mut self, view: usize, instance: u32, outcome: Outcome) {
        if let Some((health, mut surroundings)) = self.watch(view) {
            health.came_back(instance, outcome, &mut surroundings);
        }
    }

    /// A balancer that watches its instances sends one of them a call.
    #[cold]
    pub fn sent_to(&mut self, view: u16, instance: u32) {
        if let Some((health, mut surroundings)) = self.watch(usize::from(view)) {
            health.sent(instance, &mut surroundings);
        }
    }

    /// An event about a watched instance.
    #[inline(never)]
    pub fn watched_event(&mut self, number: u32, what: What) {
        let Watched { view, instance } = self.watched[number as usize];
        if let Some((health, mut surroundings)) = self.watch(usize::from(view)) {
            if what == What::SlowStart {
                health.warm(instance, &mut surroundings);
            } else {
                health.try_again(instance, &mut surroundings);
            }
            self.look_for_room(usize::from(view));
        }
    }

    /// A balancer compares its instances.
    #[inline(never)]
    pub fn outlier_interval(&mut self, view: usize) {
        if let Some((health, mut surroundings)) = self.watch(view) {
            health.compare(view, &mut surroundings);
            self.look_for_room(view);
        }
    }

    /// The event of a frame that nobody goes on with has come: the slot of a dead one is free now.
    #[cold]
    pub fn void_event(&mut self, frame: u32) {
        if self.frames[frame].role == Role::Dead {
            self.frames.release(frame);
        }
    }

    /// The instance that a call is at hangs: the call stays there, and whatever it waits for comes to nothing.
    pub fn freeze(&mut self, frame: u32) {
        let f = &mut self.frames[frame];
        f.turn = f.turn.wrapping_add(1);
        f.is_inside = true;
        let fork = std::mem::replace(&mut f.fork, NONE);
        if fork != NONE {
            self.forks.give_back(fork);
        }
        let f = &mut self.frames[frame];
        if f.role == Role::Call {
            f.role = Role::Frozen;
            return;
        }
        self.frames.note(frame, self.now, || Note::Leave(End::Cancelled));
        self.frames.retire(frame);
    }

    /// The caller of a call that a hanging instance holds has given up: nothing is left of the call.
    pub fn forget(&mut self, frame: u32) {
        self.frames.note(frame, self.now, || Note::Leave(End::Cancelled));
        let f = &mut self.frames[frame];
        let (via, instance, sent) = (std::mem::replace(&mut f.via, DIRECT), f.instance, f.arrived);
        f.turn = f.turn.wrapping_add(1);
        self.frames.retire(frame);
        if via != DIRECT {
            self.came_back(usize::from(via), instance, sent, Outcome::Timeout);
        }
    }

    /// Whether nobody in a view may be chosen.
    #[cold]
    pub fn has_nobody(&self, view: u16) -> bool {
        let health = self.health[usize::from(view)].as_ref();
        health.is_some_and(|h| h.has_nobody())
    }

    /// The health in a view, with what it acts through.
    fn watch(&mut self, view: usize) -> Option<(&mut Health, Surroundings<'_>)> {
        let health = self.health[view].as_mut()?;
        let surroundings = Surroundings {
            now: self.now,
            calendar: &mut self.calendar,
            backends: &mut self.backends[view],
        };
        Some((health, surroundings))
    }

    /// An event of a balancer's checks of an instance.
    #[inline(never)]
    pub fn health_check(&mut self, view: usize, instance: u32, standing: Standing) {
        if let Some((health, mut surroundings)) = self.watch(view) {
            health.check(instance, standing, &mut surroundings);
            self.look_for_room(view);
        }
    }

    /// Whoever may be chosen now may have room for a call that waits.
    fn look_for_room(&mut self, view: usize) {
        let line = self.backends[view].room().map(|r| r.line());
        if let Some((balancer, view)) = line {
            self.also(super::then::Then::Dispatch(balancer, view));
        }
    }

    /// An instance of a component is no longer silent: checks that waited for it have their answer, or none as it was restarted.
    pub fn checks_end(&mut self, component: u16, instance: u32, has_answered: bool) {
        for view in 0..self.health.len() {
            if let Some((health, mut surroundings)) = self.watch(view)
                && health.forward == component
            {
                health.check_ends(instance, has_answered, &mut surroundings);
            }
        }
    }
}
