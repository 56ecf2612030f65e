//! Passive checks by counting: an instance that failed so many calls gets none for a while, then a single one.
//!
//! As nginx does (ngx_http_upstream_round_robin.c, read at 1.31.5-dev): `max_fails` failures keep a peer out until more than
//! `fail_timeout` whole seconds have passed since it was last tried; it is tried with one call then, whose success clears it.
//! A failure is a call that was refused, broke off or was waited for too long; an answer that turns the call away
//! (HTTP 503) is none. Each takes weight / `max_fails` from the weight by which peers take turns. A peer that has no siblings
//! is never kept out and loses nothing.

use crate::engine::Outcome;
use crate::model::PassiveCheck;
use crate::time::{SimDuration, SimTime};

const SECOND: u64 = 1_000_000_000;

#[derive(Clone, Copy, Debug, Default)]
struct Peer {
    fails: u32,
    /// Whole seconds: the last failure, and the last failure or trial.
    accessed: u64,
    checked: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct MaxFails {
    most: u32,
    /// In whole seconds, as nginx has them.
    patience: u64,
    peers: Vec<Peer>,
}

/// What a call led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    /// The instance is fine.
    Fine,
    /// The instance is to be kept out until then.
    OutUntil(SimTime),
}

impl MaxFails {
    /// Of so many instances, of which so many are known.
    pub fn new(rule: PassiveCheck, instances: u32, known: u32) -> Self {
        let is_alone = known < 2;
        Self {
            most: if is_alone { u32::MAX } else { rule.max_fails },
            patience: rule.fail_timeout.as_nanos().div_ceil(SECOND),
            peers: vec![Peer::default(); instances as usize],
        }
    }

    fn until(&self, peer: Peer) -> Found {
        let seconds = peer.checked.saturating_add(self.patience).saturating_add(1);
        Found::OutUntil(SimTime::ZERO + SimDuration::from_nanos(seconds.saturating_mul(SECOND)))
    }

    /// A call goes to an instance: one that was kept out gets only this one.
    pub fn sent(&mut self, at: u32, now: SimTime) -> Found {
        let now = now.as_nanos() / SECOND;
        let peer = &mut self.peers[at as usize];
        if now - peer.checked > self.patience {
            peer.checked = now;
        }
        let peer = *peer;
        if peer.fails >= self.most {
            self.until(peer)
        } else {
            Found::Nothing
        }
    }

    /// A call has come back from an instance.
    pub fn came_back(&mut self, at: u32, outcome: Outcome, now: SimTime) -> Found {
        let now = now.as_nanos() / SECOND;
        let peer = &mut self.peers[at as usize];
        if is_failure(outcome) {
            peer.fails = peer.fails.saturating_add(1);
            peer.accessed = now;
            peer.checked = now;
            let peer = *peer;
            return if peer.fails >= self.most {
                self.until(peer)
            } else {
                Found::Nothing
            };
        }
        let was_out = peer.fails >= self.most;
        if peer.accessed < peer.checked {
            peer.fails = 0;
        }
        if was_out && peer.fails == 0 {
            Found::Fine
        } else {
            Found::Nothing
        }
    }

    /// What an answer takes from a weight.
    pub fn takes(&self, outcome: Outcome, weight: u32) -> u32 {
        if is_failure(outcome) {
            weight / self.most
        } else {
            0
        }
    }

    /// Whether an instance that was kept out may be tried.
    pub fn may_be_tried(&self, at: u32, now: SimTime) -> bool {
        let peer = &self.peers[at as usize];
        peer.fails < self.most || now.as_nanos() / SECOND - peer.checked > self.patience
    }
}

/// Whether a call failed at the instance: an answer that turns it away is an answer.
fn is_failure(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Ok | Outcome::Rejected => false,
        Outcome::Timeout | Outcome::Error | Outcome::Unreachable => true,
    }
}
