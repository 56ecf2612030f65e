//! A balancer: chooses an instance for every call, from what it sent, what came back, and what its checks found.
//!
//! Of each component behind it, each of its instances has a view of its own, and knows nothing of what the others sent: the
//! numbers of [`Context::backends`] and [`Context::health`] are those of views. The first view of a balancer has the balancer's
//! own number.

mod instance;
mod routes;
mod sticky;
mod through;
mod traffic;
mod tried;
mod view;
mod waiting;

use instance::{Doors, Instance};
use routes::Routes;
use sticky::Sticky;
use tried::Tried;
use view::{View, views};

use crate::engine::{Context, SiteTable};
use crate::measure::Meter;
use crate::model::{Balancer, Component, FailOpen, Route};
use crate::policy::balancing::{Asked, Backends};
use crate::random::{Law, Stream};
use crate::time::SimTime;

/// What a balancer has a view of, and who calls it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Behind {
    /// The numbers of its views, one for each component behind it, and so for each of its instances.
    pub views: Vec<u16>,
    /// Whether all of them are services.
    pub are_services: bool,
    /// How many may call from each place.
    pub callers: Vec<(u16, u32)>,
}

#[derive(Debug)]
pub(crate) struct BalancerState {
    number: u16,
    /// Those of the first instance, then those of the next.
    views: Vec<View>,
    /// How many components are behind it.
    behind: usize,
    /// Where in their turns its instances begin, if they take turns.
    starts: Option<Stream>,
    /// Which view is for which call, where there are several.
    routes: Option<Routes>,
    /// Whether its checks need to know of calls as they are sent.
    tells_of_calls: bool,
    /// Where attempts went, if a further one goes elsewhere.
    tried: Option<Tried>,
    /// Whether calls are turned away when nobody is healthy.
    is_strict: bool,
    /// Whether calls may have to wait for room at the instances behind it.
    has_limit: bool,
    instances: Vec<Instance>,
    /// The number of the first instance over all components.
    first: u32,
    doors: Doors,
    /// How long a worker has to do with a call.
    handling: Option<(Law, Stream)>,
    latency: Option<(Law, Stream)>,
    /// Whether it counts the calls that are under way.
    counts: bool,
    /// Whether it is only a choice: no delay, no workers, services behind it.
    is_transparent: bool,
    pub meter: Meter,
}

impl BalancerState {
    pub fn new(
        number: u16,
        of: &Component,
        balancer: &Balancer,
        (first, behind): (u32, Behind),
        sites: &mut SiteTable,
    ) -> Self {
        let (seed, trial) = (sites.seed, sites.trial);
        let machine = &balancer.machine;
        let open = |purpose| Stream::open(seed, trial, of.name.purpose(purpose));
        let is_strict = balancer.fail_open == FailOpen::Never && balancer.watches();
        // A call that has nowhere to go comes to the balancer after all, and must not look for its route a second time.
        let has_way =
            balancer.routes.is_empty() || !is_strict && balancer.routes.iter().any(Route::takes_everything);
        let counts = machine.most_calls.is_some() || machine.fee.is_some();
        let with_law = |law: &Law, purpose| (law.clone(), open(purpose));
        Self {
            number,
            views: views(number, of, balancer, &behind, sites),
            behind: balancer.forward.len(),
            starts: balancer.policy.takes_turns().then(|| open("start")),
            routes: (!balancer.routes.is_empty())
                .then(|| Routes::new(balancer.routes.clone(), open("route"))),
            tried: (balancer.retries_elsewhere && balancer.retry.is_some()).then(Tried::default),
            is_strict,
            has_limit: balancer.limit.is_some(),
            first,
            instances: (0..machine.instances)
                .map(|i| Instance::new(sites.place(number, of, i), machine, balancer.routes.len()))
                .collect(),
            doors: Doors::new(machine, open("door")),
            handling: machine.handling.as_ref().map(|h| with_law(&h.time, "work")),
            latency: balancer.latency.as_ref().map(|law| with_law(law, "latency")),
            is_transparent: behind.are_services
                && has_way
                && balancer.latency.is_none()
                && machine.handling.is_none()
                && !counts
                && balancer.limit.is_none()
                && balancer.timeout.is_none()
                && balancer.retry.is_none(),
            counts,
            tells_of_calls: balancer.passive_check.is_some(),
            meter: Meter::new(machine.instances),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the number of instances was checked"
    )]
    pub fn count(&self) -> u32 {
        self.instances.len() as u32
    }

    /// Lets all instances but the first begin somewhere in their turns, as if they had served for a while: otherwise all of them
    /// would choose the same at first, and go on in step for long.
    pub fn stagger(&mut self, backends: &[Backends]) {
        let Some(starts) = &mut self.starts else {
            return;
        };
        for view in self.views.iter_mut().skip(self.behind) {
            let backends = &backends[usize::from(view.number)];
            let nobody = Asked {
                key: 0,
                source: 0,
                zone: self.instances[0].zone,
                choices: 0,
            };
            for _ in 0..starts.next().below(backends.count() as u64) {
                view.router.next(backends, SimTime::ZERO, &[], || nobody);
            }
        }
    }

    /// The numbers of its views, where its policy learns from answers.
    pub fn learners(&self) -> impl Iterator<Item = u16> {
        let learners = self.views.iter().filter(|v| v.router.learns());
        learners.map(|v| v.number)
    }

    /// The numbers of its views of a component.
    pub fn views_of(&self, component: u16) -> impl Iterator<Item = u16> {
        let views = self.views.iter().filter(move |v| v.forward == component);
        views.map(|v| v.number)
    }

    /// The components behind it.
    pub fn forward(&self) -> impl Iterator<Item = u16> {
        self.views.iter().map(|v| v.forward)
    }

    /// The instance that a call comes to: the one that a balancer in front chose, or the one that its caller uses.
    #[inline(always)]
    pub fn door(&mut self, ctx: &Context, frame: u32, chosen: Option<u32>) -> u32 {
        match (self.instances.len(), chosen) {
            (1, _) => 0,
            (_, Some(at)) => at,
            (_, None) => self.doors.find(&ctx.frames, frame, &self.instances, ctx.now),
        }
    }

    /// Whether calls may have to wait for room at the instances behind it.
    pub fn has_limit(&self) -> bool {
        self.has_limit
    }

    /// Books what is owed for what passed through since the last look.
    pub fn bill(&mut self, now: SimTime) {
        if self.counts {
            let due: u64 = self.instances.iter_mut().map(|i| i.traffic.bill(now)).sum();
            self.meter.now.usage_pusd += due;
        }
    }

    /// An instance of the balancer itself crashes, or is repaired.
    pub fn set_up(&mut self, ctx: &mut Context, instance: u32, is_up: bool) {
        let at = instance as usize;
        if !self.doors.turn(&mut self.instances[at], is_up, ctx.now) {
            return;
        }
        self.meter.instances(ctx.now, if is_up { 1 } else { -1 });
        if !is_up {
            for frame in super::calls_at(ctx, self.number, instance, true) {
                self.ends(ctx, frame, 0);
            }
            let lost = super::lose_calls_at_station(ctx, self.number, instance, &mut self.meter);
            self.meter.now.lost += lost;
            if let Some(pool) = &mut self.instances[at].pool {
                pool.clear(&mut ctx.frames);
            }
            self.clear_lines(ctx, at);
            let views = self.views[at * self.behind..][..self.behind].iter_mut();
            views.filter_map(|v| v.sticky.as_mut()).for_each(Sticky::crash);
        }
    }

    pub fn is_up(&self, instance: u32) -> bool {
        self.instances[instance as usize].is_up()
    }
}
