//! Sessions in the memory of instances: a caller that comes to another one, or after a crash, has lost its session.
//!
//! A caller whose session is elsewhere is turned away, as to a page to log in, and has a session there from then on: one
//! request fails. One that has none any more, or never had one, is let in. Servlet containers keep sessions like that, and time them
//! out by idle time (Jakarta Servlet 6.0, section 7.5).

use std::collections::HashMap;

use crate::model::Service;
use crate::policy::eviction::HashOfKey;
use crate::time::{SimDuration, SimTime};

#[derive(Debug)]
pub(super) struct Sessions {
    lasts: SimDuration,
    /// By source.
    kept: HashMap<u64, Session, HashOfKey>,
    /// For every instance how often it has crashed.
    crashes: Vec<u32>,
}

/// Where a session is.
#[derive(Clone, Copy, Debug)]
struct Session {
    instance: u32,
    /// How often the instance had crashed when the session began.
    crashes: u32,
    until: SimTime,
}

impl Sessions {
    /// None where they are kept elsewhere.
    pub fn of(service: &Service) -> Option<Self> {
        service.sessions.map(|lasts| Self {
            lasts,
            kept: HashMap::default(),
            crashes: vec![0; service.instances as usize],
        })
    }

    /// A call from a source comes to an instance: whether it finds the session that it counts on. From now on it has one there.
    pub fn finds(&mut self, source: u32, instance: u32, now: SimTime) -> bool {
        let crashes = self.crashes[instance as usize];
        let here = Session {
            instance,
            crashes,
            until: now + self.lasts,
        };
        let before = self.kept.insert(u64::from(source), here);
        before.is_none_or(|s| now >= s.until || (s.instance, s.crashes) == (instance, crashes))
    }

    /// An instance crashes: the sessions in it are lost.
    pub fn crash(&mut self, instance: u32) {
        self.crashes[instance as usize] += 1;
    }
}
