//! What a balancer believes of the instances behind it: who is kept out of the choice, why, and when that is looked at again.
//!
//! A member knows only what a real balancer knows: how its own checks ended, and how the calls that it forwarded did.

mod active;
mod max_fails;
mod outlier;
mod slow_start;

use active::{Active, Checked};
use max_fails::{Found, MaxFails};
use outlier::Outlier;
use slow_start::Warming;

use crate::engine::{Calendar, Outcome, What};
use crate::model::{Balancer, FailOpen};
use crate::policy::balancing::Backends;
use crate::random::{Stream, StreamName};
use crate::time::{SimDuration, SimTime};

/// How an instance answers a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Up,
    /// It refuses at once.
    Down,
    /// It never answers.
    Hangs,
}

/// Why an instance is kept out; several reasons may hold at once.
mod reason {
    /// Its checks fail.
    pub(super) const CHECKS: u8 = 1;
    /// Too many calls to it failed.
    pub(super) const FAILS: u8 = 2;
    /// It is an outlier.
    pub(super) const OUTLIER: u8 = 4;
    /// It isn't known here: nothing lets it in.
    pub(super) const UNKNOWN: u8 = 8;
}

/// What the members act through.
pub(crate) struct Surroundings<'a> {
    pub now: SimTime,
    pub calendar: &'a mut Calendar,
    pub backends: &'a mut Backends,
}

/// The health of the instances behind one balancer.
#[derive(Debug)]
pub(crate) struct Health {
    /// The component whose instances these are.
    pub forward: u16,
    /// The number of the first of these instances among all that any balancer watches.
    first: u32,
    active: Option<Active>,
    max_fails: Option<MaxFails>,
    outlier: Option<Outlier>,
    /// When the first comparison is, and how long until the next.
    comparisons: (SimTime, SimDuration),
    warming: Option<Warming>,
    /// For every instance why it is kept out.
    out: Vec<u8>,
    /// How many of them are known here.
    known: u32,
    /// How many are not kept out.
    healthy: u32,
    fail_open: FailOpen,
    /// Whether all are chosen from although some are kept out.
    is_open: bool,
}

impl Health {
    /// What the view of this name believes of the instances of the component at a place behind the balancer, as far as they are
    /// known there, the `members`. Nothing, where the balancer watches nobody.
    pub fn new(
        name: StreamName,
        balancer: &Balancer,
        (place, instances): (usize, u32),
        members: &[u32],
        first: u32,
        (seed, trial): (u64, u64),
    ) -> Option<Box<Self>> {
        if !balancer.watches() {
            return None;
        }
        let active = |rule| Active::new(rule, instances, seed, trial, name.purpose("health-check"));
        let interval = balancer
            .outlier_detection
            .map_or(SimDuration::ZERO, |o| o.interval);
        let phase = Stream::open(seed, trial, name.purpose("outlier-detection")).uniform();
        let known = u32::try_from(members.len()).unwrap_or(instances);
        // Groups of instances each look for themselves whether too few are healthy.
        let fail_open = match balancer.fail_open {
            FailOpen::Below(_) if balancer.routing.has_groups(place) => FailOpen::WhenNone,
            rule => rule,
        };
        let mut out = vec![reason::UNKNOWN; instances as usize];
        members.iter().for_each(|at| out[*at as usize] = 0);
        Some(Box::new(Self {
            forward: balancer.forward[place].0,
            first,
            active: balancer.health_check.map(active),
            max_fails: balancer
                .passive_check
                .map(|rule| MaxFails::new(rule, instances, known)),
            outlier: balancer
                .outlier_detection
                .map(|rule| Outlier::new(rule, instances, known)),
            comparisons: (SimTime::ZERO + interval.scaled(phase), interval),
            warming: balancer.slow_start.map(|rule| Warming::new(rule, instances)),
            out,
            known,
            healthy: known,
            fail_open,
            is_open: false,
        }))
    }

    /// Schedules what happens by itself.
    pub fn begin(&self, view: u32, calendar: &mut Calendar) {
        if self.outlier.is_some() {
            calendar.schedule(self.comparisons.0, What::OutlierInterval, view);
        }
        if let Some(active) = &self.active {
            for ((at, due), out) in (self.first..).zip(active.due()).zip(&self.out) {
                if *out & reason::UNKNOWN == 0 {
                    calendar.schedule(due, What::HealthCheck, at);
                }
            }
        }
    }

    /// Whether nobody may be chosen.
    pub fn has_nobody(&self) -> bool {
        self.healthy == 0 && self.fail_open == FailOpen::Never
    }

    /// An event of the checks of an instance.
    pub fn check(&mut self, at: u32, standing: Standing, s: &mut Surroundings<'_>) {
        let checked = self.active.as_mut().and_then(|a| a.look(at, s.now, standing));
        self.checked(at, checked, s);
    }

    /// An instance that was silent has answered, or was restarted.
    pub fn check_ends(&mut self, at: u32, has_answered: bool, s: &mut Surroundings<'_>) {
        let active = self.active.as_mut();
        let checked = active.and_then(|a| a.end_waiting(at, s.now, has_answered));
        self.checked(at, checked, s);
    }

    /// A call goes to an instance.
    pub fn sent(&mut self, at: u32, s: &mut Surroundings<'_>) {
        let found = self.max_fails.as_mut().map(|m| m.sent(at, s.now));
        self.found(at, found, s);
    }

    /// A call has come back from an instance.
    pub fn came_back(&mut self, at: u32, outcome: Outcome, s: &mut Surroundings<'_>) {
        if let Some(max_fails) = &mut self.max_fails {
            let found = max_fails.came_back(at, outcome, s.now);
            let lost = max_fails.takes(outcome, s.backends.weight(at));
            if lost > 0 {
                s.backends.lose(at, lost);
            }
            self.found(at, Some(found), s);
        }
        if self
            .outlier
            .as_mut()
            .is_some_and(|o| o.came_back(at, outcome, s.now))
        {
            self.keep_out(at, reason::OUTLIER, s);
        }
    }

    fn found(&mut self, at: u32, found: Option<Found>, s: &mut Surroundings<'_>) {
        match found {
            Some(Found::OutUntil(then)) => {
                s.calendar.schedule(then, What::TryAgain, self.first + at);
                self.keep_out(at, reason::FAILS, s);
            }
            Some(Found::Fine) => self.let_in(at, reason::FAILS, s),
            Some(Found::Nothing) | None => {}
        }
    }

    /// An instance that failed too many calls has had its pause, unless it failed again.
    pub fn try_again(&mut self, at: u32, s: &mut Surroundings<'_>) {
        if self.max_fails.as_ref().is_some_and(|m| m.may_be_tried(at, s.now)) {
            self.let_in(at, reason::FAILS, s);
        }
    }

    /// The instances are compared.
    pub fn compare(&mut self, view: usize, s: &mut Surroundings<'_>) {
        let Some(outlier) = &mut self.outlier else {
            return;
        };
        for (at, is_out) in outlier.interval(s.now) {
            if is_out {
                self.keep_out(at, reason::OUTLIER, s);
            } else {
                self.let_in(at, reason::OUTLIER, s);
            }
        }
        let next = s.now + self.comparisons.1;
        s.calendar.schedule(
            next,
            What::OutlierInterval,
            u32::try_from(view).unwrap_or(u32::MAX),
        );
    }

    /// An instance that came back gets more of its weight.
    pub fn warm(&mut self, at: u32, s: &mut Surroundings<'_>) {
        let Some((strength, next)) = self.warming.as_mut().and_then(|w| w.look(at, s.now)) else {
            return;
        };
        s.backends.set_strength(at, strength);
        if let Some(next) = next {
            s.calendar.schedule(next, What::SlowStart, self.first + at);
        }
    }

    fn checked(&mut self, at: u32, checked: Option<Checked>, s: &mut Surroundings<'_>) {
        let Some(checked) = checked else {
            return;
        };
        s.calendar
            .schedule(checked.next, What::HealthCheck, self.first + at);
        match checked.is_out {
            Some(true) => self.keep_out(at, reason::CHECKS, s),
            Some(false) => self.let_in(at, reason::CHECKS, s),
            None => {}
        }
    }

    fn keep_out(&mut self, at: u32, why: u8, s: &mut Surroundings<'_>) {
        let was = self.out[at as usize];
        self.out[at as usize] |= why;
        if was == 0 {
            self.healthy -= 1;
            if let Some(warming) = &mut self.warming {
                warming.stop(at);
                s.backends.set_strength(at, 1.0);
            }
            self.changed(at, s);
        }
    }

    fn let_in(&mut self, at: u32, why: u8, s: &mut Surroundings<'_>) {
        let was = self.out[at as usize];
        self.out[at as usize] &= !why;
        if was != 0 && self.out[at as usize] == 0 {
            self.healthy += 1;
            if let Some(warming) = &mut self.warming {
                let (strength, next) = warming.begin(at, s.now);
                s.backends.set_strength(at, strength);
                s.backends.starts_slowly(at, s.now, warming.window());
                s.calendar.schedule(next, What::SlowStart, self.first + at);
            }
            self.changed(at, s);
        }
    }

    /// Tells the balancer whom it may choose, after `at` has changed.
    fn changed(&mut self, at: u32, s: &mut Surroundings<'_>) {
        let share = f64::from(self.healthy) / f64::from(self.known);
        // With none eligible, the balancer chooses from all by itself.
        let is_open = matches!(self.fail_open, FailOpen::Below(least) if share < least);
        let was_open = std::mem::replace(&mut self.is_open, is_open);
        if is_open != was_open {
            let out = &self.out;
            s.backends.set_all_eligible(|i| is_open || out[i as usize] == 0);
        } else if !is_open {
            s.backends.set_eligible(at, self.out[at as usize] == 0);
        }
    }
}

#[cfg(test)]
mod member_tests;
#[cfg(test)]
mod tests;
