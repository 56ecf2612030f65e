//! One trial: a pure function of the model, the seed and the trial's number.

use crate::component::{Behind, ClientState, State, instances};
use crate::engine::{Address, Context, Engine, MOST_INDEX, OUTSIDE, Role, SiteTable, UpAndDown, What};
use crate::measure::{ComponentResult, STEPS, Stop, TrialResult, WINDOWS};
use crate::model::{ComponentId, Description, Kind, Model, Station, WarmUp};
use crate::policy::balancing::Backends;
use crate::random::{Law, Stream};
use crate::time::{SimDuration, SimTime};

/// Under which circumstances a trial runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// What fails, and when.
    pub outages: Outages,
    /// Bounds; none: [`Budget::default`].
    pub budget: Budget,
}

/// What fails, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Outages {
    /// Nothing.
    #[default]
    None,
    /// Instances fail by chance, as the model's failures say.
    ByChance,
    /// These, whatever the model says.
    Given(Vec<Outage>),
}

/// An instance is down for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// The component.
    pub component: ComponentId,
    /// Which of its instances, from 0.
    pub instance: u32,
    /// When it crashes.
    pub from: SimTime,
    /// When it is up again, empty.
    pub until: SimTime,
}

/// How much a trial may take before it counts as having run away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Calls in flight at once; about 120 bytes each.
    pub in_flight: u32,
    /// Events in all.
    pub events: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            in_flight: 4_000_000,
            events: u64::MAX,
        }
    }
}

/// A trial that is under way. It holds no reference to anything, so it can be sent to another thread.
#[derive(Debug)]
pub struct Simulation {
    engine: Engine,
    trial: u64,
    shapes: Vec<ComponentResult>,
}

/// Runs a trial to its end.
#[must_use]
pub fn simulate(model: &Model, seed: u64, trial: u64, condition: &Condition) -> TrialResult {
    let mut simulation = Simulation::new(model, seed, trial, condition);
    while simulation.advance(1 << 20) {}
    simulation.finish()
}

impl Simulation {
    /// A trial before its first event.
    #[must_use]
    pub fn new(model: &Model, seed: u64, trial: u64, condition: &Condition) -> Self {
        let d = model.description();
        let mut sites = SiteTable::new(seed, trial);
        let clients: Vec<ClientState> = (0u16..)
            .zip(&d.clients)
            .map(|(i, c)| ClientState::new(i, c, d, &mut sites))
            .collect();
        let mut addresses = Vec::new();
        let mut components = Vec::new();
        let mut backends = Vec::new();
        for (number, component) in (0u16..).zip(&d.components) {
            let first = u32::try_from(addresses.len()).unwrap_or(MOST_INDEX);
            addresses.extend((0..instances(component)).map(|instance| Address {
                component: number,
                instance,
            }));
            let behind = match &component.kind {
                Kind::Balancer(b) => {
                    let forward = &d.components[b.forward.index()];
                    let is_service = matches!(forward.kind, Kind::Service(_));
                    Behind {
                        instances: if is_service { instances(forward) } else { 1 },
                        is_service,
                    }
                }
                _ => Behind {
                    instances: 0,
                    is_service: false,
                },
            };
            backends.push(Backends::new(behind.instances));
            components.push(State::new(number, component, first, behind, &mut sites));
        }
        let message_streams = d.components.iter().map(|c| {
            [c.name.purpose("same-zone"), c.name.purpose("cross-zone")].map(|n| Stream::open(seed, trial, n))
        });
        let ctx = Context {
            now: SimTime::ZERO,
            calendar: crate::engine::Calendar::new(),
            frames: crate::engine::Frames::new(),
            rings: sites.rings,
            sites: sites.sites,
            actions: std::collections::VecDeque::with_capacity(64),
            network: [d.network.same_zone.clone(), d.network.cross_zone.clone()],
            has_network: d.network.same_zone.is_some() || d.network.cross_zone.is_some(),
            message_streams: message_streams.collect(),
            traces: d.traces.clone(),
            step: OUTSIDE,
            backends,
            passed: vec![0; d.components.len()],
            wasted: vec![0; d.components.len()],
        };
        let start = match d.warm_up {
            WarmUp::Auto => SimDuration::ZERO,
            WarmUp::For(t) => t,
        };
        let measured = d.duration - start;
        let mut engine = Engine {
            ctx,
            clients,
            components,
            failures: addresses.iter().map(|_| None).collect(),
            addresses,
            operations_that_write: d.operations_that_write.clone(),
            measured_from: SimTime::ZERO + start,
            step_length: SimDuration::from_nanos(measured.as_nanos() / STEPS as u64),
            duration: SimTime::ZERO + d.duration,
            events: 0,
            most_in_flight: condition.budget.in_flight.min(MOST_INDEX),
            most_events: condition.budget.events,
            stop: None,
        };
        begin(&mut engine, d, seed, trial, condition);
        Self {
            engine,
            trial,
            shapes: d.components.iter().map(shape).collect(),
        }
    }

    /// Handles up to `events` further events; whether there are more.
    pub fn advance(&mut self, events: u64) -> bool {
        self.engine.advance(events)
    }

    /// Events handled so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.engine.events
    }

    /// Simulated time so far.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.engine.ctx.now
    }

    /// Ends the trial where it is and hands out what was measured.
    ///
    /// # Panics
    /// When a conservation law is broken, which is a bug of the engine: requests that arrived are not those that ended and
    /// those in flight, or Little's law doesn't hold at a station.
    #[must_use]
    pub fn finish(self) -> TrialResult {
        let Self {
            engine,
            trial,
            shapes,
        } = self;
        let Engine {
            ctx,
            clients,
            components,
            ..
        } = engine;
        let now = ctx.now;
        let mut present = vec![0u128; components.len()];
        let mut in_flight = vec![0u64; clients.len()];
        for (_, f) in ctx.frames.iter() {
            if f.at_station && matches!(f.role, Role::Call | Role::Branch) {
                present[usize::from(f.component)] += u128::from((now - f.arrived).as_nanos());
            }
            if let Some(client) = ClientState::of_request(f) {
                in_flight[usize::from(client)] += 1;
            }
        }
        for (client, in_flight) in clients.iter().zip(&in_flight) {
            let whole = client.result.whole;
            assert_eq!(
                whole.offered,
                whole.ok + whole.failed() + in_flight,
                "requests were lost or made up: arrived, but neither ended nor in flight"
            );
        }
        TrialResult {
            trial,
            start: engine.measured_from,
            window: engine.step_length * (STEPS / WINDOWS) as u64,
            end: now,
            stop: engine.stop.unwrap_or(Stop::Interrupted),
            events: engine.events,
            most_in_flight: u64::from(ctx.frames.most()),
            clients: clients.into_iter().map(|c| c.result).collect(),
            components: components
                .into_iter()
                .zip(shapes)
                .zip(present)
                .map(|((c, shape), present)| c.into_meter().finish(now, present, shape))
                .collect(),
        }
    }
}

/// Schedules everything that happens by itself.
fn begin(engine: &mut Engine, d: &Description, seed: u64, trial: u64, condition: &Condition) {
    let Engine {
        ctx,
        clients,
        components,
        addresses,
        failures,
        ..
    } = engine;
    for client in clients {
        client.begin(ctx);
    }
    for (component, of) in components.iter().zip(&d.components) {
        if let State::Balancer(b) = component
            && let Some(rule) = b.health_check
        {
            // Checks don't begin when the trial does: the phase is part of what chance decides.
            let mut stream = Stream::open(seed, trial, of.name.purpose("health-check"));
            b.schedule_check(ctx, rule.interval.scaled(stream.uniform()));
        }
    }
    match &condition.outages {
        Outages::None => {}
        Outages::ByChance => {
            for ((number, address), failure) in (0u32..).zip(addresses).zip(failures) {
                let of = &d.components[usize::from(address.component)];
                let Some(law) = of.failures else {
                    continue;
                };
                let name = of.name.purpose("failures").index(u64::from(address.instance));
                let mut stream = Stream::open(seed, trial, name);
                if let (Ok(up), Ok(down)) = (mean(law.mtbf), mean(law.mttr)) {
                    let first = up.sample_duration(&mut stream.next());
                    ctx.calendar.schedule(SimTime::ZERO + first, What::Crash, number);
                    *failure = Some(UpAndDown { up, down, stream });
                }
            }
        }
        Outages::Given(outages) => {
            for outage in outages {
                let at = addresses
                    .iter()
                    .position(|a| a.component == outage.component.0 && a.instance == outage.instance);
                if let Some(number) = at.and_then(|n| u32::try_from(n).ok()) {
                    ctx.calendar.schedule(outage.from, What::Crash, number);
                    ctx.calendar.schedule(outage.until, What::Repair, number);
                }
            }
        }
    }
    ctx.calendar.schedule(engine.measured_from, What::Measure, 0);
}

/// An exponential law with this mean; a constant zero for none.
fn mean(time: SimDuration) -> Result<Law, crate::random::LawError> {
    if time.is_zero() {
        Law::constant(0.0)
    } else {
        Law::exponential(time.as_f64_nanos())
    }
}

/// What of a component's result is known beforehand.
fn shape(of: &crate::model::Component) -> ComponentResult {
    let instances = instances(of);
    let station: Option<&Station> = match &of.kind {
        Kind::Balancer(_) => None,
        Kind::Service(s) => Some(&s.station),
        Kind::Cache(c) => Some(&c.station),
        Kind::Database(d) => Some(&d.station),
    };
    let all = |n: u32| u64::from(n) * u64::from(instances);
    let workers = match (&of.kind, station) {
        (Kind::Balancer(b), _) => b.capacity.map(|_| 1),
        (_, station) => station.and_then(|s| s.workers).map(all),
    };
    let shares =
        |s: &&Station| s.contention.is_some() || s.cores.is_some_and(|c| s.workers.is_none_or(|w| c < w));
    let cores = match &of.kind {
        Kind::Service(_) => station
            .filter(shares)
            .and_then(|s| s.cores.or(s.workers))
            .map(all),
        _ => None,
    };
    ComponentResult {
        instances,
        workers,
        cores,
        ..ComponentResult::default()
    }
}
