//! A name: leads each caller to one of several components, by an answer that its resolver keeps for a while.
//!
//! Not the request but the resolver asks: the callers of a population in a region share a number of resolvers, each keeps
//! its answer for the TTL, dead or not, and asks again when a call comes after that (RFC 1034, section 5; RFC 2308 for
//! what a cached answer is worth). So under round robin a component's share of the load is its share of the resolvers, and
//! after a failure a resolver follows by the rest of its TTL after the checks have noticed. As in Amazon's Route 53, which
//! counts an endpoint healthy while more than 18 % of its checkers do, the answers come from all components when none is
//! healthy; the checkers here are one, who stands beside the network. The same machine without a cache and with a time until
//! routers agree is anycast.

use std::collections::VecDeque;

use crate::engine::{Context, NONE, Role, SiteTable, What, region_of};
use crate::measure::Meter;
use crate::model::{Answers, Component, Dns, EndpointCheck};
use crate::policy::eviction::hash;
use crate::random::{Stream, StreamName};
use crate::time::{SimDuration, SimTime};

/// What a check of a component finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// An instance answers.
    Up,
    /// No instance is up, and the check is refused at once.
    Down,
    /// Nothing answers.
    Silent,
}

/// An answer that a resolver keeps.
#[derive(Clone, Copy, Debug)]
struct Kept {
    endpoint: u16,
    until: SimTime,
}

/// The resolvers of one population in one region; empty until its first call.
#[derive(Debug, Default)]
struct Population {
    resolvers: Vec<Kept>,
    choice: Option<Stream>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Checked {
    fails: u32,
    passes: u32,
}

#[derive(Debug)]
pub(crate) struct DnsState {
    number: u16,
    name: StreamName,
    seed: u64,
    trial: u64,
    pub forward: Vec<u16>,
    /// The regions of the components, in the order of [`Self::forward`].
    regions: Vec<u16>,
    policy: Answers,
    ttl: SimDuration,
    resolvers: u32,
    check: Option<EndpointCheck>,
    convergence: SimDuration,
    checked: Vec<Checked>,
    is_healthy: Vec<bool>,
    /// Verdicts that are not acted on yet, in the order in which they will be.
    verdicts: VecDeque<(SimTime, u16, bool)>,
    turn: usize,
    weights: Stream,
    /// By sender and region.
    populations: Vec<Population>,
    pub meter: Meter,
}

impl DnsState {
    pub fn new(number: u16, of: &Component, dns: &Dns, sites: &SiteTable) -> Self {
        let count = dns.forward.len();
        Self {
            number,
            name: of.name,
            seed: sites.seed,
            trial: sites.trial,
            forward: dns.forward.iter().map(|f| f.0).collect(),
            regions: dns.forward.iter().map(|f| sites.region(f.0)).collect(),
            policy: dns.policy.clone(),
            ttl: dns.ttl,
            resolvers: dns.resolvers,
            check: dns.check,
            convergence: dns.convergence,
            checked: vec![Checked::default(); count],
            is_healthy: vec![true; count],
            verdicts: VecDeque::new(),
            turn: 0,
            weights: Stream::open(sites.seed, sites.trial, of.name.purpose("weighted")),
            populations: Vec::new(),
            meter: Meter::new(1),
        }
    }

    /// The component that a call goes to.
    #[inline(never)]
    pub fn resolve(&mut self, ctx: &Context, frame: u32) -> u16 {
        self.meter.now.arrived += 1;
        self.meter.now.served += 1;
        let f = &ctx.frames[frame];
        let region = ctx.caller(frame).map(|_| region_of(f.zone));
        let (sender, chance) = match f.parent {
            NONE => (ctx.sender(f.client), Some(f.born)),
            parent => {
                let p = &ctx.frames[parent];
                match p.role {
                    Role::Client => (ctx.sender(p.component), Some(p.born)),
                    _ => (usize::from(p.component), None),
                }
            }
        };
        if self.ttl.is_zero() {
            let endpoint = self.answer(ctx, region);
            return self.forward[endpoint];
        }
        let at = sender * (ctx.ways.regions() + 1) + region.map_or(0, |r| usize::from(r) + 1);
        if self.populations.len() <= at {
            self.populations.resize_with(at + 1, Population::default);
        }
        if self.populations[at].resolvers.is_empty() {
            let name = self.name.purpose("resolver");
            let name = ctx.ways.name(name, sender, region);
            self.populate(ctx, at, name, region);
        }
        // A request stays with its resolver, however often it is tried again.
        let of = u64::from(self.resolvers);
        let population = &mut self.populations[at];
        let resolver = match (chance, &mut population.choice) {
            (Some(born), _) => hash(born.as_nanos()) % of,
            (None, Some(stream)) => stream.below(of),
            (None, None) => 0,
        } as usize;
        let kept = population.resolvers[resolver];
        if ctx.now < kept.until {
            return self.forward[usize::from(kept.endpoint)];
        }
        let endpoint = self.answer(ctx, region);
        self.populations[at].resolvers[resolver] = Kept {
            endpoint: endpoint as u16,
            until: ctx.now + self.ttl,
        };
        self.forward[endpoint]
    }

    /// Fills the resolvers of a population at its first call. Their answers have an age already, each its own: the world
    /// did not begin with the trial.
    fn populate(&mut self, ctx: &Context, at: usize, name: StreamName, region: Option<u16>) {
        let mut ages = Stream::open(self.seed, self.trial, name.purpose("age"));
        let mut resolvers = Vec::with_capacity(self.resolvers as usize);
        for _ in 0..self.resolvers {
            let endpoint = self.answer(ctx, region) as u16;
            resolvers.push(Kept {
                endpoint,
                until: ctx.now + self.ttl.scaled(ages.uniform()),
            });
        }
        let choice = Stream::open(self.seed, self.trial, name.purpose("choice"));
        self.populations[at] = Population {
            resolvers,
            choice: Some(choice),
        };
    }

    /// A fresh answer to a question from this region, by place in [`Self::forward`].
    fn answer(&mut self, ctx: &Context, region: Option<u16>) -> usize {
        // With none healthy, all are.
        let is_open = !self.is_healthy.contains(&true);
        let count = self.forward.len();
        let may = |i: &usize| is_open || self.is_healthy[*i];
        match &self.policy {
            Answers::Failover => (0..count).find(may).unwrap_or(0),
            Answers::RoundRobin => {
                let at = (0..count).map(|i| (self.turn + i) % count).find(may).unwrap_or(0);
                self.turn = (at + 1) % count;
                at
            }
            Answers::Weighted(weights) => {
                let total: f64 = (0..count).filter(may).map(|i| weights[i]).sum();
                let mut left = self.weights.uniform() * total;
                let mut last = (0..count).find(may).unwrap_or(0);
                for i in (0..count).filter(may).filter(|i| weights[*i] > 0.0) {
                    last = i;
                    left -= weights[i];
                    if left <= 0.0 {
                        break;
                    }
                }
                last
            }
            Answers::Nearest => self.nearest(may, |to| ctx.ways.distance(region?, to)),
            Answers::Latency => self.nearest(may, |to| ctx.ways.distance_now(region?, to)),
        }
    }

    /// The first of the least distant; who has no region takes the first.
    fn nearest(&self, may: impl Fn(&usize) -> bool, distance: impl Fn(u16) -> Option<f64>) -> usize {
        let mut best: Option<(f64, usize)> = None;
        for i in (0..self.forward.len()).filter(may) {
            let far = distance(self.regions[i]).unwrap_or(f64::INFINITY);
            if best.is_none_or(|b| far < b.0) {
                best = Some((far, i));
            }
        }
        best.map_or(0, |b| b.1)
    }

    /// Schedules the first checks: at a time of their own, not when the trial begins.
    pub fn begin(&self, ctx: &mut Context) {
        if let Some(check) = self.check {
            let mut stream = Stream::open(self.seed, self.trial, self.name.purpose("health-check"));
            self.schedule(ctx, check.interval.scaled(stream.uniform()), false);
        }
    }

    fn schedule(&self, ctx: &mut Context, delay: SimDuration, is_verdict: bool) {
        let index = u32::from(self.number) << 1 | u32::from(is_verdict);
        ctx.calendar.schedule(ctx.now + delay, What::EndpointCheck, index);
    }

    /// One round of checks, or the time to act on what an earlier one found.
    pub fn checked(&mut self, ctx: &mut Context, is_verdict: bool, looks: &[Look]) {
        let Some(rule) = self.check else {
            return;
        };
        if is_verdict {
            while let Some((at, endpoint, is_healthy)) = self.verdicts.front().copied() {
                if at > ctx.now {
                    break;
                }
                self.verdicts.pop_front();
                self.is_healthy[usize::from(endpoint)] = is_healthy;
            }
            return;
        }
        for (i, look) in looks.iter().enumerate() {
            let checked = &mut self.checked[i];
            let (verdict, delay) = if *look == Look::Up {
                checked.fails = 0;
                checked.passes = checked.passes.saturating_add(1);
                (checked.passes == rule.passes, SimDuration::ZERO)
            } else {
                checked.passes = 0;
                checked.fails = checked.fails.saturating_add(1);
                let waits = if *look == Look::Silent {
                    rule.timeout
                } else {
                    SimDuration::ZERO
                };
                (checked.fails == rule.fails, waits)
            };
            if verdict {
                let delay = delay + self.convergence;
                let at = ctx.now + delay;
                let place = self.verdicts.partition_point(|v| v.0 <= at);
                self.verdicts.insert(place, (at, i as u16, *look == Look::Up));
                self.schedule(ctx, delay, true);
            }
        }
        self.schedule(ctx, rule.interval, false);
    }
}
