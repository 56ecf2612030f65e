//! The way of single requests as a file: rows for a data frame, or a picture for a trace viewer.
//!
//! Both are written as they are made, since they can be large. A request is known by its clients and its number among theirs,
//! from 0: request 7 of `shoppers` is the same in each variant, and in each trial it has the same place. A row, or a bar of the
//! picture, is one visit of a component by one call of the request. The first of each attempt is the clients' own: its component
//! is the clients' name, its instance 0 (in a closed loop, which user), and it lasts as long as they wait. A balancer is visited
//! while a call is passed on through it; a cache is left at a miss, unless it is the one to call the origin.

mod chrome;
mod csv;
#[cfg(test)]
mod tests;

pub use chrome::write as chrome;
pub use csv::{COLUMNS, write as csv};

use scenarios::recording::Recording;
use scenarios::scenario::Names;
use sim_core::measure::visits::{End, Followed, Place, Visit};
use sim_core::time::SimTime;

/// A recording with the names of what is in it.
#[derive(Clone, Copy, Debug)]
pub struct Trace<'a> {
    /// What the scenario is called.
    pub scenario: &'a str,
    /// What its parts are called.
    pub names: &'a Names,
    /// What was seen.
    pub recording: &'a Recording,
}

impl<'a> Trace<'a> {
    fn visits(&self) -> &'a [Visit] {
        &self.recording.visits.visits
    }

    fn request(&self, visit: &Visit) -> &'a Followed {
        &self.recording.visits.requests[visit.request as usize]
    }

    fn client(&self, visit: &Visit) -> &'a str {
        name(&self.names.clients, self.request(visit).client)
    }

    fn op(&self, visit: &Visit) -> &'a str {
        name(&self.names.operations, visit.op)
    }

    fn component(&self, place: Place) -> &'a str {
        match place {
            Place::Clients(c) => name(&self.names.clients, c),
            Place::Component(c) => name(&self.names.components, c),
        }
    }
}

fn name(names: &[String], place: u16) -> &str {
    names.get(usize::from(place)).map_or("", String::as_str)
}

fn outcome(end: End) -> &'static str {
    match end {
        End::Ok => "ok",
        End::Timeout => "timeout",
        End::Rejected => "rejected",
        End::Error => "error",
        End::Unreachable => "unreachable",
        End::Cancelled => "cancelled",
    }
}

/// A time in seconds, exactly.
fn seconds(at: SimTime) -> String {
    let nanos = at.as_nanos();
    format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000)
}

/// So many nanoseconds in microseconds, exactly.
fn micros(nanos: u64) -> String {
    format!("{}.{:03}", nanos / 1000, nanos % 1000)
}
