//! Stickiness: calls from one source go to the instance that its first call went to, as long as that one may be chosen.
//!
//! Remembered by the balancer, a bond ends when nothing has come from the source for long enough (HAProxy's `stick on src`
//! with `expire`, nginx's `sticky learn` with `timeout`). Remembered by the caller, it ends so long after the cookie was set
//! (nginx's `sticky cookie` with `expires`, the duration of AWS's load balancers). If the instance can't serve a call, another
//! one is chosen "as if the client has not been bound yet" (nginx, ngx_http_upstream_module, `sticky`), and the source stays
//! with that one. A drained instance keeps whoever is bound to it in nginx (`drain`) and HAProxy, and loses them at once in AWS.

use std::collections::HashMap;

use crate::model::{Sticky as Rule, StickyBy};
use crate::policy::balancing::Backends;
use crate::policy::eviction::HashOfKey;
use crate::time::SimTime;

#[derive(Debug)]
pub(super) struct Sticky {
    rule: Rule,
    /// By source.
    bonds: HashMap<u64, Bond, HashOfKey>,
}

/// To which instance a source is bound.
#[derive(Clone, Copy, Debug)]
struct Bond {
    at: u32,
    until: SimTime,
}

impl Sticky {
    pub fn new(rule: Rule) -> Self {
        Self {
            rule,
            bonds: HashMap::default(),
        }
    }

    /// The instance for a call: the one that its source is bound to, or the one that is chosen. `is_retry`: it has failed at
    /// the instance that it was sent to.
    pub fn next(
        &mut self,
        (source, is_retry): (u32, bool),
        now: SimTime,
        backends: &Backends,
        choose: impl FnOnce() -> u32,
    ) -> u32 {
        let until = now + self.rule.lasts;
        if let Some(bond) = self.bonds.get_mut(&u64::from(source))
            && !is_retry
            && now < bond.until
            && (backends.candidates().contains(bond.at)
                || self.rule.while_draining && backends.is_draining(bond.at))
        {
            if self.rule.by == StickyBy::Source {
                bond.until = until;
            }
            return bond.at;
        }
        let at = choose();
        self.bonds.insert(u64::from(source), Bond { at, until });
        at
    }

    /// The balancer crashes: what it remembers is lost.
    pub fn crash(&mut self) {
        if self.rule.by == StickyBy::Source {
            self.bonds.clear();
        }
    }
}
