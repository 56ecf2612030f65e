//! In turn by weight, passing over instances that failed lately: nginx's `max_fails` and `fail_timeout`.
//!
//! nginx 1.31.5-dev (`src/http/ngx_http_upstream_round_robin.c`), in whole seconds: a failure counts, sets the time of the last look to
//! now and takes weight / max_fails from the effective weight, which grows back by one a turn; an instance with max_fails
//! failures is passed over until more than fail_timeout has gone by since the last look. Then it is tried again, which is
//! the next look, and a success after it forgets the failures. A sole instance is never passed over. Where all are, nginx
//! answers 502 at once; here, as always, all are chosen from. A failure is any answer that isn't Ok.

use super::{Answer, Candidates, WeightedRoundRobin};
use crate::time::{SimDuration, SimTime};

#[derive(Clone, Debug)]
pub(crate) struct NginxPeers {
    turns: WeightedRoundRobin,
    max_fails: u32,
    fail_timeout: u64,
    peers: Vec<Peer>,
    usable: Vec<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Peer {
    fails: u32,
    /// Seconds of the last failure and of the last look.
    accessed: u64,
    checked: u64,
    /// What failures are to take from the effective weight, which the turns keep.
    owed: u32,
}

impl NginxPeers {
    pub fn new(max_fails: u32, fail_timeout: SimDuration) -> Self {
        Self {
            turns: WeightedRoundRobin::default(),
            max_fails,
            fail_timeout: seconds(SimTime::ZERO + fail_timeout),
            peers: Vec::new(),
            usable: Vec::new(),
        }
    }

    pub fn next(&mut self, candidates: Candidates<'_>, now: SimTime) -> u32 {
        self.among(candidates, candidates.list, now)
    }

    /// A turn among some of the instances: a request that was refused by one isn't sent there again.
    pub fn among(&mut self, candidates: Candidates<'_>, some: &[u32], now: SimTime) -> u32 {
        let now = seconds(now);
        self.peers.resize(candidates.of.count(), Peer::default());
        let Self {
            turns,
            max_fails,
            fail_timeout,
            peers,
            usable,
        } = self;
        for (at, peer) in (0u32..).zip(peers.iter_mut()) {
            let failures = std::mem::take(&mut peer.owed);
            turns.lower(candidates, at, failures * (candidates.of.weight(at) / *max_fails));
        }
        usable.clear();
        usable.extend(some.iter().copied().filter(|at| {
            let peer = &peers[*at as usize];
            peer.fails < *max_fails || now - peer.checked > *fail_timeout
        }));
        let at = match usable.as_slice() {
            [] => turns.among(candidates, some),
            usable => turns.among(candidates, usable),
        };
        let peer = &mut peers[at as usize];
        if now - peer.checked > *fail_timeout {
            peer.checked = now;
        }
        at
    }

    /// Learns from an answer.
    pub fn note(&mut self, answer: Answer) {
        let (count, now) = (self.peers.len(), seconds(answer.when));
        let Some(peer) = self.peers.get_mut(answer.at as usize) else {
            return;
        };
        if !answer.is_ok && count > 1 {
            peer.fails += 1;
            peer.accessed = now;
            peer.checked = now;
            peer.owed += 1;
        } else if peer.accessed < peer.checked {
            peer.fails = 0;
        }
    }
}

/// Whole seconds, as nginx's clock has them.
fn seconds(time: SimTime) -> u64 {
    time.as_nanos() / 1_000_000_000
}
