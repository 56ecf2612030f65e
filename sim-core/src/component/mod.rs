//! The components as they run: each has its state in a file of its own and acts through the context alone.

mod balancer;
mod branches;
mod cache;
mod cdn;
mod clients;
mod database;
mod demand;
mod dns;
mod external;
mod fetching;
mod health;
mod kept;
mod program;
mod service;
mod shards;

pub(crate) use balancer::{BalancerState, Behind};
pub(crate) use cache::CacheState;
pub(crate) use cdn::CdnState;
pub(crate) use clients::ClientState;
pub(crate) use database::DatabaseState;
pub(crate) use dns::{DnsState, Look};
pub(crate) use external::ExternalState;
pub(crate) use health::{Health, Standing, Surroundings};
pub(crate) use service::ServiceState;
pub(crate) use shards::ShardsState;

use crate::engine::{Context, Frame, Outcome, Role, SiteTable};
use crate::measure::Meter;
use crate::model::{Component, Description, Kind, Plan, Step};
use demand::Factors;

/// The state of one component. (With a tag of its own, rather than in a niche of a field, a branch on it is one look.)
#[derive(Debug)]
#[repr(u8)]
pub(crate) enum State {
    Balancer(BalancerState),
    Service(ServiceState),
    Cache(CacheState),
    Database(DatabaseState),
    Dns(DnsState),
    Cdn(CdnState),
    Shards(ShardsState),
    External(ExternalState),
}

impl State {
    /// The state of a component before the first event. `first` is the number of its first instance over all components, `behind`
    /// what a balancer forwards to.
    pub fn new(number: u16, d: &Description, first: u32, behind: Behind, sites: &mut SiteTable) -> Self {
        let of = &d.components[usize::from(number)];
        match &of.kind {
            Kind::Balancer(b) => Self::Balancer(BalancerState::new(number, of, b, (first, behind), sites)),
            Kind::Service(s) => Self::Service(ServiceState::new(number, d, s, first, sites)),
            Kind::Cache(c) => Self::Cache(CacheState::new(number, of, c, sites)),
            Kind::Database(d) => Self::Database(DatabaseState::new(number, of, d, first, sites)),
            Kind::Dns(d) => Self::Dns(DnsState::new(number, of, d, sites)),
            Kind::Cdn(c) => Self::Cdn(CdnState::new(number, of, c, sites)),
            Kind::Shards(s) => Self::Shards(ShardsState::new(number, of, s, &d.key_spaces, sites)),
            Kind::External(s) => Self::External(ExternalState::new(number, of, s, sites)),
        }
    }

    #[inline]
    pub fn meter(&mut self) -> &mut Meter {
        match self {
            Self::Balancer(s) => &mut s.meter,
            Self::Service(s) => &mut s.meter,
            Self::Cache(s) => &mut s.meter,
            Self::Database(s) => &mut s.meter,
            Self::Dns(s) => &mut s.meter,
            Self::Cdn(s) => &mut s.meter,
            Self::Shards(s) => &mut s.meter,
            Self::External(s) => &mut s.meter,
        }
    }

    pub fn into_meter(self) -> Meter {
        match self {
            Self::Balancer(s) => s.meter,
            Self::Service(s) => s.meter,
            Self::Cache(s) => s.meter,
            Self::Database(s) => s.meter,
            Self::Dns(s) => s.meter,
            Self::Cdn(s) => s.meter,
            Self::Shards(s) => s.meter,
            Self::External(s) => s.meter,
        }
    }

    pub fn is_up(&self, instance: u32) -> bool {
        match self {
            Self::Balancer(s) => s.is_up(instance),
            Self::Service(s) => s.is_up(instance),
            Self::Cache(s) => s.is_up(instance),
            Self::Database(s) => s.is_up(instance),
            Self::Dns(_) | Self::Shards(_) => true,
            Self::Cdn(s) => s.is_up(instance),
            Self::External(s) => s.is_up(),
        }
    }

    /// How many instances it has.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the number of instances was checked"
    )]
    pub fn count(&self) -> u32 {
        match self {
            Self::Dns(_) | Self::Shards(_) | Self::External(_) => 1,
            Self::Balancer(s) => s.count(),
            Self::Service(s) => s.count(),
            Self::Cache(s) => s.count(),
            Self::Database(s) => s.count(),
            Self::Cdn(s) => s.count() as u32,
        }
    }

    /// Whether its workers serve several calls at once.
    pub fn has_batches(&self) -> bool {
        matches!(self, Self::Service(s) if s.has_batches())
    }

    /// From now on what an instance does by itself takes so many times as long as the model says.
    pub fn slow(&mut self, factor: impl Fn(u32) -> f64) {
        let factors: Factors = (0..self.count()).map(factor).collect();
        match self {
            Self::Service(s) => s.slow(&factors),
            Self::Cache(s) => s.slow(&factors),
            Self::Database(s) => s.slow(&factors),
            Self::External(s) => s.slow(&factors),
            Self::Balancer(_) | Self::Dns(_) | Self::Cdn(_) | Self::Shards(_) => {}
        }
    }

    /// How an instance answers a health check.
    pub fn standing(&self, instance: u32) -> Standing {
        match self {
            Self::Service(s) if s.is_silent(instance) => Standing::Hangs,
            _ if self.is_up(instance) => Standing::Up,
            _ => Standing::Down,
        }
    }

    /// An instance hangs: it takes calls and never answers. Only services do; others crash.
    pub fn hang(&mut self, ctx: &mut Context, instance: u32) {
        match self {
            Self::Service(s) => s.hang(ctx, instance),
            _ => self.crash(ctx, instance),
        }
    }

    pub fn crash(&mut self, ctx: &mut Context, instance: u32) {
        match self {
            Self::Balancer(s) => s.set_up(ctx, instance, false),
            Self::Service(s) => s.crash(ctx, instance),
            Self::Cache(s) => s.crash(ctx, instance),
            Self::Database(s) => s.crash(ctx, instance),
            Self::Dns(_) | Self::Shards(_) => {}
            Self::Cdn(s) => s.set_up(ctx, instance, false),
            Self::External(s) => s.set_up(ctx, false),
        }
    }

    pub fn repair(&mut self, ctx: &mut Context, instance: u32) {
        match self {
            Self::Balancer(s) => s.set_up(ctx, instance, true),
            Self::Service(s) => s.repair(ctx, instance),
            Self::Cache(s) => s.repair(ctx, instance),
            Self::Database(s) => s.repair(ctx, instance),
            Self::Dns(_) | Self::Shards(_) => {}
            Self::Cdn(s) => s.set_up(ctx, instance, true),
            Self::External(s) => s.set_up(ctx, true),
        }
    }
}

/// How many instances a component has.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the number of instances was checked"
)]
pub(crate) fn instances(of: &Component) -> u32 {
    of.instances() as u32
}

/// Whether calls or branches may be stopped for nobody waits for them, by this component's wish.
pub(crate) fn cancels(of: &Component) -> bool {
    fn plan_cancels(plan: &Plan) -> bool {
        plan.steps.iter().any(|step| match step {
            Step::Parallel(p) => p.cancel || p.branches.iter().any(plan_cancels),
            Step::Choose(options) => options.iter().any(|o| plan_cancels(&o.1)),
            _ => false,
        })
    }
    match &of.kind {
        Kind::Service(s) => s.cancel_on_timeout || s.plans.iter().any(plan_cancels),
        _ => false,
    }
}

/// Whether it is where its caller is, so that no message goes there and back: a pool of connections, the way to shards, a private cache, or an
/// external service, whose latency has the way in it.
pub(crate) fn is_beside_caller(of: &Component) -> bool {
    match &of.kind {
        Kind::Service(s) => s.pool_of.is_some(),
        Kind::Shards(_) => true,
        Kind::External(s) => !s.is_store,
        Kind::Cdn(s) => s.is_private,
        _ => false,
    }
}

/// Takes every call of a crashed instance out; their callers learn of an error. Returns how many there were.
fn lose_calls(ctx: &mut Context, component: u16, instance: u32, meter: &mut Meter) -> u64 {
    lose(ctx, component, instance, meter, false)
}

/// As [`lose_calls`], but only those in the queue or in service.
fn lose_calls_at_station(ctx: &mut Context, component: u16, instance: u32, meter: &mut Meter) -> u64 {
    lose(ctx, component, instance, meter, true)
}

fn lose(ctx: &mut Context, component: u16, instance: u32, meter: &mut Meter, only_at_station: bool) -> u64 {
    let mut lost = 0;
    for frame in calls_at(ctx, component, instance, only_at_station) {
        lost += u64::from(ctx.frames[frame].role == Role::Call);
        leave_station(ctx, frame, meter);
        ctx.kill(frame, Outcome::Error);
    }
    lost
}

/// The calls at an instance, and their branches.
fn calls_at(ctx: &Context, component: u16, instance: u32, only_at_station: bool) -> Vec<u32> {
    let is_there = |f: &Frame| {
        let is_call = f.role == Role::Call && (f.at_station || f.is_inside && !only_at_station);
        let is_branch = f.role == Role::Branch && !only_at_station;
        f.component == component && f.instance == instance && (is_call || is_branch)
    };
    ctx.frames.iter().filter(|f| is_there(f.1)).map(|f| f.0).collect()
}

fn leave_station(ctx: &mut Context, frame: u32, meter: &mut Meter) {
    let f = &mut ctx.frames[frame];
    if f.at_station {
        f.at_station = false;
        if f.is_waiting {
            meter.gives_up(ctx.now, f.arrived);
        } else {
            meter.leaves(ctx.now, f.arrived);
        }
    }
}

/// An instance hangs: it keeps every call that it has, and does nothing with it.
fn freeze_calls(ctx: &mut Context, component: u16, instance: u32, meter: &mut Meter) {
    for frame in calls_at(ctx, component, instance, false) {
        leave_station(ctx, frame, meter);
        ctx.freeze(frame);
    }
}

/// A hanging instance is restarted: the calls that it kept are lost. Returns how many there were.
fn lose_frozen_calls(ctx: &mut Context, component: u16, instance: u32) -> u64 {
    let is_there = |f: &Frame| f.role == Role::Frozen && f.component == component && f.instance == instance;
    let there: Vec<u32> = ctx.frames.iter().filter(|f| is_there(f.1)).map(|f| f.0).collect();
    let mut lost = 0;
    for frame in there {
        lost += 1;
        ctx.frames[frame].role = Role::Call;
        ctx.kill(frame, Outcome::Error);
    }
    lost
}
