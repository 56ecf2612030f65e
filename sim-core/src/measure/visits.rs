//! The way of requests through the system, one visit of a component after the other, for a trial that is recorded.
//!
//! Everything here is a number; whoever knows the names makes text of it.

use crate::time::SimTime;

/// Which requests are followed, and how much is kept of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// The share of the requests, from 0 to 1.
    pub share: f64,
    /// Visits that are kept at most, 64 bytes each; those that begin later are counted only.
    pub most: usize,
}

/// A request that was followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Followed {
    /// Its clients, by their place in the model.
    pub client: u16,
    /// Its place among the requests of its clients, in the order of their arrival, from 0.
    pub number: u64,
    /// Its key, if it has one.
    pub key: Option<u64>,
}

/// Where a visit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// At the clients themselves: one attempt of the request, as they see it.
    Clients(u16),
    /// At a component, by its place in the model.
    Component(u16),
}

/// How a visit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With an answer.
    Ok,
    /// Its caller waited in vain: for clients, or for what a balancer handed on.
    Timeout,
    /// There was no room.
    Rejected,
    /// It failed, or the instance crashed under it.
    Error,
    /// The instance was down, or what was behind it.
    Unreachable,
    /// It was stopped because its caller gave up.
    Cancelled,
}

/// One visit of a component by a call, or one attempt as its clients see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The request, by its place in [`Visits::requests`].
    pub request: u32,
    /// The visit that caused this one, by its place in [`Visits::visits`]; none for the clients' own, and where that one was
    /// not kept.
    pub within: Option<u32>,
    /// Where.
    pub place: Place,
    /// At which instance; at clients of a closed loop, which user.
    pub instance: u32,
    /// The operation that was asked for, by its number in the model.
    pub op: u16,
    /// 1, and one more for every retry on the way here, the client's or that of a caller in between.
    pub attempt: u16,
    /// When the call reached the component; for a client's first attempt, when the request arrived.
    pub arrived: SimTime,
    /// When a worker took it, or where there are no workers when it arrived; none if that never happened.
    pub started: Option<SimTime>,
    /// When and how it left; none if it was still there at the end of the trial.
    pub ended: Option<(SimTime, End)>,
}

/// What was seen of the requests that were followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visits {
    /// The requests, in the order of their arrival.
    pub requests: Vec<Followed>,
    /// Their visits: by arrival; at one instant by request; for one request in the order in which they were caused.
    pub visits: Vec<Visit>,
    /// Visits that were not kept, because there were more than [`Sample::most`].
    pub left_out: u64,
}
