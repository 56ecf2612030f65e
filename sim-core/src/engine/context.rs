//! What a component acts through: the clock, the calendar, the calls in flight and the ways between components.
//!
//! No component refers to another. A component sends a call, answers one, or has an event scheduled; whatever takes no time
//! is handed back to the loop as a [`Then`], or put off with [`Context::also`] where there is more than one, and happens
//! before the next event.

use super::Watched;
use super::calendar::{Calendar, What};
use super::deadlines::Ring;
use super::forks::Forks;
use super::frames::{Ask, DIRECT, Frames, NO_CLIENT, NONE, Outcome, Role};
use super::freight::Cargo;
use super::recorder::Note;
use super::site::Site;
use super::then::{Actions, Then};
use super::ways::{GIVES_UP, NOWHERE, Ways};
use crate::component::Health;
use crate::model::Trace;
use crate::policy::balancing::{Answer, Backends};
use crate::station::Sharing;
use crate::time::{SimDuration, SimTime};

#[derive(Debug)]
pub(crate) struct Context {
    pub now: SimTime,
    pub calendar: Calendar,
    pub frames: Frames,
    pub rings: Vec<Ring>,
    pub sites: Vec<Site>,
    pub actions: Actions,
    /// The branches of parallel steps, where any of them may have to be stopped.
    pub forks: Forks,
    pub is_cancelling: bool,
    /// For every component whether it is where its caller is, and answers on the spot.
    pub is_beside_caller: Vec<bool>,
    pub ways: Ways,
    /// Whether messages may take time, or be lost.
    pub has_network: bool,
    pub traces: Vec<Trace>,
    /// The step of the measurement that is now; those of a fixed warm-up come first.
    pub step: u16,
    /// For every view what is known of the instances in it. The first views are those of the components, in their order, and
    /// empty for those that aren't balancers.
    pub backends: Vec<Backends>,
    /// The balancers of all further views.
    pub owners: Vec<u16>,
    /// For every population of clients whose requests are single calls the ring of their timeouts.
    pub request_rings: Vec<Option<u16>>,
    /// The links between regions, by pair.
    pub links: Vec<Sharing>,
    /// What components caused to be paid by the piece since the last look, in 10^-12 USD.
    pub usage: Vec<u64>,
    /// For every view what is believed of their health; none where nobody is watched.
    pub health: Vec<Option<Box<Health>>>,
    /// The instances that are watched.
    pub watched: Vec<Watched>,
    /// Calls that passed through a balancer and came back, by view, since the last look.
    pub passed: Vec<u64>,
    /// Answers that nobody waits for any more, by component, since the last look.
    pub wasted: Vec<u64>,
}

impl Context {
    /// Puts something off until what the handler hands back is done.
    #[inline]
    pub fn also(&mut self, then: Then) {
        self.actions.put_off(then, &self.frames);
    }

    /// Schedules the end of the frame's own step.
    #[inline(always)]
    pub fn after(&mut self, delay: SimDuration, frame: u32) -> Then {
        self.frames[frame].has_event = true;
        self.calendar.schedule(self.now + delay, What::StepDone, frame);
        Then::Nothing
    }

    /// Begins a call at a site of the frame: its first attempt.
    #[inline(always)]
    pub fn begin_call(&mut self, frame: u32, site: u16) -> Then {
        self.sites[usize::from(site)].note_call(self.now);
        self.make_attempt(frame, site, 1)
    }

    /// Makes another attempt of the call that the frame is at.
    pub fn attempt(&mut self, caller: u32) -> Then {
        let f = &self.frames[caller];
        self.make_attempt(caller, f.site, f.attempt.saturating_add(1))
    }

    #[inline(always)]
    fn make_attempt(&mut self, caller: u32, site: u16, attempt: u8) -> Then {
        let call = self.frames.take(Role::Call);
        let f = &mut self.frames[caller];
        f.site = site;
        f.attempt = attempt;
        f.child = call;
        let site = &self.sites[usize::from(site)];
        let (key, row, trace, turn, step, zone) = (f.key, f.row, f.trace, f.turn, f.step, f.zone);
        let source = f.source;
        let op = site.op.unwrap_or(f.op);
        let asked = f.ask;
        let c = &mut self.frames[call];
        c.parent = caller;
        c.parent_turn = turn;
        c.key = key;
        c.row = row;
        c.source = source;
        c.trace = trace;
        c.op = op;
        c.step = step;
        // Until an instance is chosen, the call is still where its caller is.
        c.zone = zone;
        c.component = site.target;
        // What a cache asks of its origin follows from what it was asked itself.
        c.ask = match (site.ask, asked) {
            (Ask::Op, Ask::Get) => Ask::Read,
            (Ask::Op, Ask::Put) => Ask::Write,
            (ask, _) => ask,
        };
        if let Some(ring) = site.ring {
            self.rings[usize::from(ring)].begin(self.now, caller, turn, &mut self.calendar);
        }
        self.frames.note(call, self.now, || Note::Cause(caller));
        if site.chooser.is_some() {
            return Then::Forward(call);
        }
        Then::Send(call)
    }

    /// Moves a frame to `zone`: whether it is there at once. Otherwise it will reach it, or is lost.
    #[inline(always)]
    pub fn travel(&mut self, frame: u32, instance: u32, zone: u16) -> bool {
        let f = &mut self.frames[frame];
        let from = f.zone;
        f.zone = zone;
        f.instance = instance;
        if self.has_network && self.is_on_its_way(frame, from, zone) {
            return false;
        }
        self.frames.note(frame, self.now, || Note::Arrival);
        true
    }

    /// Whether a message takes time, or is lost: then it will reach its zone, or never will.
    #[inline(always)]
    fn is_on_its_way(&mut self, frame: u32, from: u16, zone: u16) -> bool {
        let Some(sender) = self.caller(frame) else {
            return false;
        };
        let set_up = match self.ways.set_up(sender, from, zone) {
            Some(time) => time,
            None => GIVES_UP,
        };
        match self.ways.delay(sender, from, zone).map(|delay| set_up + delay) {
            Some(delay) if delay.is_zero() => false,
            Some(delay) => {
                self.frames[frame].has_event = true;
                self.calendar.schedule(self.now + delay, What::Reach, frame);
                true
            }
            None => {
                self.lose(frame);
                true
            }
        }
    }

    /// Puts an answer on the link that it must pass, if there is one: whether it is there.
    #[inline(never)]
    fn is_loaded(&mut self, frame: u32, from: u16, to: u16) -> bool {
        if self.has_no_body(frame) {
            return false;
        }
        let f = &mut self.frames[frame];
        let (parent, component) = (f.parent, f.component);
        let cargo = Cargo {
            is_op: f.ask == Ask::Op,
            op: f.op,
            component,
            to: match parent {
                NONE => None,
                parent => {
                    let p = &self.frames[parent];
                    (p.role != Role::Client).then_some(p.component)
                }
            },
        };
        let (cost, link) = self.ways.load(cargo, from, to);
        self.usage[usize::from(component)] += cost;
        let Some((link, time)) = link else {
            return false;
        };
        let op = self.frames[frame].op;
        self.frames[frame].has_event = true;
        let look = self.links[link as usize].add(self.now, frame, op, time);
        if let Some(at) = look {
            self.calendar.schedule(at, What::Transfer, link);
        }
        true
    }

    /// Whether who asked has the answer already, so that it needn't be sent (RFC 9110, "HTTP Semantics", 15.4.5, 304 Not Modified).
    pub fn has_no_body(&self, frame: u32) -> bool {
        let parent = self.frames[frame].parent;
        parent != NONE && self.frames[parent].has_same
    }

    /// A link may have carried an answer over, which then has its way to go.
    #[inline(never)]
    pub fn transferred(&mut self, link: u32) {
        let sharing = &mut self.links[link as usize];
        let Some(frame) = sharing.take_ended(self.now) else {
            return;
        };
        if let Some(at) = sharing.look_again(self.now) {
            self.calendar.schedule(at, What::Transfer, link);
        }
        let f = &self.frames[frame];
        let (parent, client, component, from) = (f.parent, f.client, f.component, f.zone);
        let to = match parent {
            // Whoever asked may have given up: nobody is where the answer goes.
            NONE => self.ways.homes.get(usize::from(client)).copied().unwrap_or(from),
            parent => self.frames[parent].zone,
        };
        match self.ways.delay(usize::from(component), from, to) {
            Some(delay) => self.calendar.schedule(self.now + delay, What::Answer, frame),
            None => self.lose(frame),
        }
    }

    /// Who sent a call, by its number among all senders; none: clients beside the network, or nobody any more.
    #[inline]
    pub fn caller(&self, frame: u32) -> Option<usize> {
        let f = &self.frames[frame];
        if f.parent == NONE {
            return self.clients_of(f.client);
        }
        let parent = &self.frames[f.parent];
        if parent.role == Role::Client {
            self.clients_of(parent.component)
        } else {
            Some(usize::from(parent.component))
        }
    }

    #[inline]
    fn clients_of(&self, client: u16) -> Option<usize> {
        let home = self.ways.homes.get(usize::from(client));
        home.is_some_and(|h| *h != NOWHERE).then(|| self.sender(client))
    }

    /// The number of clients among all senders: components come first.
    pub fn sender(&self, client: u16) -> usize {
        self.wasted.len() + usize::from(client)
    }

    /// The delay of a message that `sender` sends between two zones.
    #[inline]
    pub fn delay(&mut self, sender: u16, from: u16, to: u16) -> SimDuration {
        if !self.has_network {
            return SimDuration::ZERO;
        }
        self.ways.delay(usize::from(sender), from, to).unwrap_or(GIVES_UP)
    }

    #[inline]
    fn request_ring(&self, client: u16) -> Option<u16> {
        self.request_rings.get(usize::from(client)).copied().flatten()
    }

    /// Whether the clients of a request that is a single call have waited for longer than they do.
    pub fn is_late(&self, frame: u32) -> bool {
        let f = &self.frames[frame];
        let ring = self.request_ring(f.client);
        ring.is_some_and(|r| self.now - f.born > self.rings[usize::from(r)].length)
    }

    /// A message about this call is lost: who waits for it learns so when nothing has come for long enough.
    #[cold]
    fn lose(&mut self, frame: u32) {
        let f = &mut self.frames[frame];
        f.outcome = Outcome::Unreachable;
        let (parent, client, born) = (f.parent, f.client, f.born);
        // Who waits less long than that has given up by then: just after it, what is lost can be forgotten.
        let (ring, since) = match parent {
            NONE => (self.request_ring(client), born),
            parent => {
                let site = self.frames[parent].site;
                (self.sites[usize::from(site)].ring, self.now)
            }
        };
        let patience = ring.map(|r| since + self.rings[usize::from(r)].length + SimDuration::from_nanos(1));
        let gives_up = self.now + GIVES_UP;
        let until = patience.map_or(gives_up, |p| p.min(gives_up).max(self.now));
        self.frames[frame].has_event = true;
        self.calendar.schedule(until, What::Answer, frame);
    }

    /// Sends an answer on its way from one place to another: whether it is on its way, or lost. Otherwise it is there.
    #[inline]
    fn sends_back(&mut self, frame: u32, sender: u16, from: u16, to: u16) -> bool {
        if self.ways.has_freight() && self.is_loaded(frame, from, to) {
            return true;
        }
        match self.ways.delay(usize::from(sender), from, to) {
            Some(delay) if delay.is_zero() => return false,
            Some(delay) => {
                self.frames[frame].has_event = true;
                self.calendar.schedule(self.now + delay, What::Answer, frame);
            }
            None => self.lose(frame),
        }
        true
    }

    /// A call is over: the answer goes back to its caller, if that one still waits.
    #[inline(always)]
    pub fn answer(&mut self, frame: u32, outcome: Outcome) -> Then {
        let Self {
            frames,
            backends,
            passed,
            now,
            ..
        } = self;
        frames.note(frame, *now, || Note::Answer(outcome));
        let f = &mut frames[frame];
        f.outcome = outcome;
        let (parent, turn, from, component, role) = (f.parent, f.parent_turn, f.zone, f.component, f.role);
        let (client, is_forsaken) = (f.client, f.is_forsaken);
        if f.via != DIRECT {
            let backends = &mut backends[usize::from(f.via)];
            backends.came_back(f.instance, *now);
            backends.note(|| Answer {
                at: f.instance,
                when: *now,
                latency: *now - f.arrived,
                is_ok: outcome == Outcome::Ok,
            });
            passed[usize::from(f.via)] += 1;
            if self.health[usize::from(f.via)].is_some() {
                let (via, at) = (f.via, f.instance);
                self.learn(usize::from(via), at, outcome);
            }
        }
        if parent == NONE {
            if client != NO_CLIENT {
                if self.has_network
                    && !self.is_beside_caller[usize::from(component)]
                    && let Some(home) = self
                        .ways
                        .homes
                        .get(usize::from(client))
                        .copied()
                        .filter(|h| *h != NOWHERE)
                    && self.sends_back(frame, component, from, home)
                {
                    return Then::Nothing;
                }
                return Then::Over(frame, outcome);
            }
            if is_forsaken && outcome == Outcome::Ok {
                self.wasted[usize::from(component)] += 1;
            }
            self.frames.release(frame);
            return Then::Nothing;
        }
        if self.frames[parent].turn != turn {
            self.note_waste(component, outcome, role);
            self.frames.release(frame);
            return Then::Nothing;
        }
        if role == Role::Branch {
            return Then::Answer(frame);
        }
        if self.has_network && !self.is_beside_caller[usize::from(component)] && self.caller(frame).is_some()
        {
            let to = self.frames[parent].zone;
            if self.sends_back(frame, component, from, to) {
                return Then::Nothing;
            }
        }
        self.frames.release(frame);
        self.frames[parent].turn = turn.wrapping_add(1);
        Then::Settle(parent, outcome)
    }

    /// Somebody did work for a caller that had given up. (What a balancer hands on isn't its own work.)
    pub fn note_waste(&mut self, component: u16, outcome: Outcome, role: Role) {
        let is_balancer = !self.backends[usize::from(component)].is_empty();
        if outcome == Outcome::Ok && role == Role::Call && !is_balancer {
            self.wasted[usize::from(component)] += 1;
        }
    }

    /// A call is back from the instance that a balancer sent it to.
    #[inline]
    pub fn came_back(&mut self, view: usize, instance: u32, sent: SimTime, outcome: Outcome) {
        let backends = &mut self.backends[view];
        backends.came_back(instance, self.now);
        backends.note(|| Answer {
            at: instance,
            when: self.now,
            latency: self.now - sent,
            is_ok: outcome == Outcome::Ok,
        });
        self.passed[view] += 1;
    }

    /// Counts what passed through the further views of balancers to the balancers themselves.
    pub fn add_up_views(&mut self) {
        let (own, further) = self.passed.split_at_mut(self.wasted.len());
        for (passed, owner) in further.iter_mut().zip(&self.owners) {
            own[usize::from(*owner)] += std::mem::take(passed);
        }
    }

    /// Takes a frame out of the simulation at once; its caller, if it waits, learns of `outcome`.
    pub fn kill(&mut self, frame: u32, outcome: Outcome) {
        self.frames.note(frame, self.now, || Note::Answer(outcome));
        self.frames.note(frame, self.now, || Note::Orphan);
        let f = &mut self.frames[frame];
        let (via, instance) = (std::mem::replace(&mut f.via, DIRECT), f.instance);
        let (parent, turn, component, zone, role) = (f.parent, f.parent_turn, f.component, f.zone, f.role);
        let (client, is_forsaken) = (std::mem::replace(&mut f.client, NO_CLIENT), f.is_forsaken);
        let (born, step, op, sent) = (f.born, f.step, f.op, f.arrived);
        f.turn = f.turn.wrapping_add(1);
        let fork = std::mem::replace(&mut f.fork, NONE);
        if fork != NONE {
            self.forks.give_back(fork);
        }
        self.frames.retire(frame);
        if via != DIRECT {
            self.came_back(usize::from(via), instance, sent, outcome);
            // A caller that gave up says nothing about the instance.
            if outcome != Outcome::Timeout {
                self.learn(usize::from(via), instance, outcome);
            }
        }
        let has_caller = parent != NONE && self.frames[parent].turn == turn;
        if has_caller || client != NO_CLIENT {
            let message = self.frames.take(role);
            self.frames.note(message, self.now, || Note::Heir);
            let m = &mut self.frames[message];
            m.parent = if has_caller { parent } else { NONE };
            m.parent_turn = turn;
            m.component = component;
            // It is on its way, where no crash reaches it.
            m.instance = NONE;
            m.zone = zone;
            m.client = client;
            m.is_forsaken = is_forsaken;
            m.born = born;
            m.step = step;
            m.op = op;
            m.attempt = 1;
            m.key = super::frames::NO_KEY;
            m.row = super::frames::NO_ROW;
            m.ask = Ask::Op;
            let answer = self.answer(message, outcome);
            self.also(answer);
        }
    }
}
