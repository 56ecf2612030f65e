//! One instance of a balancer: where it stands, its workers, and which one of several a call comes to.

use super::traffic::Traffic;
use crate::engine::{Frame, Frames, NO_SOURCE, NONE, Role};
use crate::model::{Machine, Station};
use crate::policy::eviction::hash;
use crate::random::Stream;
use crate::station::Pool;

#[derive(Debug)]
pub(super) struct Instance {
    pub zone: u16,
    pub is_up: bool,
    /// Its workers, where letting a call through takes any.
    pub pool: Option<Pool>,
    pub traffic: Traffic,
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
            pool: handling.map(|h| Pool::new(&station(h.workers, h.queue))),
            traffic: Traffic::new(machine, routes),
        }
    }
}

/// Which of several instances a call comes to, where no other balancer chose one.
///
/// Callers keep their connections: an instance of a service uses the balancer of its own number, round and round, as one
/// with a balancer beside it does; a request that comes from somewhere goes where the hash of its source leads, as by
/// equal-cost paths; any other one comes to anyone, as by a name with several addresses. Who tries again asks the next one.
#[cold]
#[expect(clippy::cast_possible_truncation, reason = "below the number of instances")]
pub(super) fn door(frames: &Frames, frame: u32, count: usize, draws: &mut Stream) -> u32 {
    let count = count as u64;
    let f = &frames[frame];
    let caller: Option<&Frame> = (f.parent != NONE).then(|| &frames[f.parent]);
    let tries = caller.map_or(0, |c| u64::from(c.attempt).saturating_sub(1));
    let first = match caller {
        Some(c) if c.role != Role::Client => u64::from(c.instance),
        _ if f.source != NO_SOURCE => hash(u64::from(f.source)),
        _ => return draws.next().below(count) as u32,
    };
    (first.wrapping_add(tries) % count) as u32
}
