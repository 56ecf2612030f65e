//! The table of call sites and timeout rings, filled while the components are set up.

use super::deadlines::Ring;
use super::site::{Chooser, Site};
use crate::model::{Access, Balancer, Call, Component, RegionId};
use crate::random::StreamName;
use crate::time::SimDuration;

#[derive(Debug)]
pub(crate) struct SiteTable {
    pub sites: Vec<Site>,
    pub rings: Vec<Ring>,
    pub seed: u64,
    pub trial: u64,
    /// For every component its region; what is missing is in the first.
    homes: Vec<RegionId>,
}

impl SiteTable {
    pub fn new(seed: u64, trial: u64, homes: Vec<RegionId>) -> Self {
        Self {
            sites: Vec::new(),
            rings: Vec::new(),
            seed,
            trial,
            homes,
        }
    }

    /// The region of a component.
    pub fn region(&self, component: u16) -> u16 {
        self.homes.get(usize::from(component)).map_or(0, |r| r.0)
    }

    /// The place of an instance of a component, which has the number `component`.
    pub fn place(&self, component: u16, of: &Component, instance: u32) -> u16 {
        super::ways::place(self.region(component), of.zone(instance))
    }

    /// Adds a call site; its number.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the number of steps of a model was checked"
    )]
    pub fn add(&mut self, call: &Call, seed: u64, trial: u64, name: StreamName) -> u16 {
        let ring = call.timeout.map(|t| self.ring(t, false));
        self.sites.push(Site::new(call, ring, seed, trial, name));
        self.sites.len() as u16 - 1
    }

    /// Adds the site from which clients make requests that need no frame of their own.
    pub fn add_for_requests(&mut self, call: &Call, name: StreamName) -> u16 {
        let site = self.add(
            &Call {
                timeout: None,
                ..call.clone()
            },
            self.seed,
            self.trial,
            name,
        );
        self.sites[usize::from(site)].ring = call.timeout.map(|t| self.ring(t, true));
        site
    }

    /// Adds the site from which the balancer that is being set up calls what is behind a view: `at` is the view's place among
    /// the balancer's own, `place` that of the component among those behind it.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the number of views of a balancer was checked"
    )]
    pub fn add_forward(
        &mut self,
        (component, view): (u16, u16),
        (at, place): (usize, usize),
        balancer: &Balancer,
        name: StreamName,
    ) -> u16 {
        let call = Call {
            target: balancer.forward[place],
            access: Access::Same,
            timeout: balancer.timeout,
            retry: balancer.retry.clone(),
        };
        let site = self.add(&call, self.seed, self.trial, name);
        self.sites[usize::from(site)].chooser = Some(Chooser {
            component,
            view,
            place: at as u16,
        });
        site
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "there are no more rings than sites"
    )]
    fn ring(&mut self, length: SimDuration, is_for_requests: bool) -> u16 {
        let at = self
            .rings
            .iter()
            .position(|r| r.length == length && r.is_for_requests == is_for_requests)
            .unwrap_or_else(|| {
                self.rings
                    .push(Ring::new(length, is_for_requests, self.rings.len() as u32));
                self.rings.len() - 1
            });
        at as u16
    }
}
