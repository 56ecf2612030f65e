//! One instance of a balancer: where it stands, its workers, and which one of several a call comes to.

use super::traffic::Traffic;
use crate::engine::{Frame, Frames, NO_SOURCE, NONE, Role};
use crate::model::{Machine, Station};
use crate::policy::eviction::hash;
use crate::random::Stream;
use crate::station::{Patience, Pool};
use crate::time::{SimDuration, SimTime};

#[derive(Debug)]
pub(super) struct Instance {
    pub zone: u16,
    is_up: bool,
    /// Since when it is, or isn't.
    since: SimTime,
    /// What callers believed when that began.
    was_believed_up: bool,
    /// Its workers, where letting a call through takes any.
    pub pool: Option<Pool>,
    pub traffic: Traffic,
    /// When those who wait for room behind it give up.
    pub patience: Patience,
}

impl Instance {
    pub fn new(zone: u16, machine: &Machine, routes: usize) -> Self {
        let station = |workers, queue| Station {
            workers: Some(workers),
            queue,
            ..Station::default()
        };
        let handling = machine.handling.as_ref();
        Self {
            zone,
            is_up: true,
            since: SimTime::ZERO,
            was_believed_up: true,
            pool: handling.map(|h| Pool::new(&station(h.workers, h.queue))),
            traffic: Traffic::new(machine, routes),
            patience: Patience::default(),
        }
    }

    pub fn is_up(&self) -> bool {
        self.is_up
    }

    /// It goes down or comes up, which callers notice after a while: whether that is a change.
    fn turns(&mut self, is_up: bool, now: SimTime, convergence: Option<SimDuration>) -> bool {
        if self.is_up == is_up {
            return false;
        }
        self.was_believed_up = self.is_believed_up(now, convergence);
        self.since = now;
        self.is_up = is_up;
        true
    }

    /// Whether callers go on coming to it.
    fn is_believed_up(&self, now: SimTime, convergence: Option<SimDuration>) -> bool {
        let is_known = convergence.is_some_and(|c| now - self.since >= c);
        if is_known {
            self.is_up
        } else {
            self.was_believed_up
        }
    }
}

/// How callers find one of several instances.
#[derive(Debug)]
pub(super) struct Doors {
    /// Until they have noticed which ones are down; none: they never do.
    convergence: Option<SimDuration>,
    /// For calls that come to any of them.
    draws: Stream,
}

impl Doors {
    pub fn new(machine: &Machine, draws: Stream) -> Self {
        Self {
            convergence: machine.convergence,
            draws,
        }
    }

    /// Takes an instance down or brings it up: whether that is a change.
    pub fn turn(&self, instance: &mut Instance, is_up: bool, now: SimTime) -> bool {
        instance.turns(is_up, now, self.convergence)
    }

    /// Which instance a call comes to, where no other balancer chose one.
    ///
    /// Callers keep their connections: an instance of a service uses the balancer of its own number, round and round, as one
    /// with a balancer beside it does; a request that comes from somewhere goes where the hash of its source leads, as by
    /// equal-cost paths; any other one comes to anyone, as by a name with several addresses. Who tries again asks the next one.
    /// Whoever would come to one that is known to be down is led to one of the others, and nobody else is, as by paths
    /// with resilient hashing.
    #[cold]
    #[expect(clippy::cast_possible_truncation, reason = "below the number of instances")]
    pub fn find(&mut self, frames: &Frames, frame: u32, instances: &[Instance], now: SimTime) -> u32 {
        let count = instances.len() as u64;
        let f = &frames[frame];
        let caller: Option<&Frame> = (f.parent != NONE).then(|| &frames[f.parent]);
        let tries = caller.map_or(0, |c| u64::from(c.attempt).saturating_sub(1));
        let (first, other) = match caller {
            Some(c) if c.role != Role::Client => (u64::from(c.instance), u64::from(c.instance) / count),
            _ if f.source != NO_SOURCE => {
                let hash = hash(u64::from(f.source));
                (hash, hash / count)
            }
            _ => {
                let mut draw = self.draws.next();
                (draw.below(count), draw.bits())
            }
        };
        let at = first.wrapping_add(tries) % count;
        let is_open = |i: &Instance| i.is_believed_up(now, self.convergence);
        if is_open(&instances[at as usize]) {
            return at as u32;
        }
        let open = instances.iter().filter(|i| is_open(i)).count() as u64;
        let nth = |n| (0u32..).zip(instances).filter(|i| is_open(i.1)).nth(n);
        let other = (open > 0).then(|| nth((other.wrapping_add(tries) % open) as usize));
        other.flatten().map_or(at as u32, |other| other.0)
    }
}
