//! One trial: a pure function of the model, the seed and the trial's number.

mod recorded;
#[cfg(test)]
mod tests;
mod views;

use views::Views;

use crate::component::{ClientState, State, cancels, instances, is_beside_caller};
use crate::engine::{
    Actions, Address, AtArrival, Context, Engine, MOST_INDEX, Role, SiteTable, UpAndDown, Ways, What,
};
use crate::fault::Faults;
use crate::measure::{ComponentResult, STEPS_PER_WINDOW, Steps, Stop, TrialResult};
use crate::model::{ComponentId, Description, FailureMode, Kind, Model, Station};
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
    way: Way,
    trial: u64,
    shapes: Vec<ComponentResult>,
}

/// How a trial is computed. Both ways give the same bits where both are possible.
#[derive(Debug)]
enum Way {
    /// Event by event.
    Events(Box<Engine>),
    /// Call by call, where the model is simple enough for it.
    AtArrival(Box<AtArrival>),
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
        let nothing_fails = match &condition.outages {
            Outages::None => true,
            Outages::ByChance => d.components.iter().all(|c| c.failures.is_none()),
            Outages::Given(outages) => outages.is_empty(),
        };
        let at_arrival = AtArrival::of(d, seed, trial);
        match at_arrival.filter(|_| nothing_fails && condition.budget.events == u64::MAX) {
            Some(way) => {
                let shapes = d.components.iter().map(shape).collect();
                Self {
                    way: Way::AtArrival(Box::new(way)),
                    trial,
                    shapes,
                }
            }
            None => Self::by_events(model, seed, trial, condition),
        }
    }

    /// A trial that is computed event by event even where there is a shorter way: for the comparison of the two.
    #[must_use]
    pub fn by_events(model: &Model, seed: u64, trial: u64, condition: &Condition) -> Self {
        let d = model.description();
        let mut sites = SiteTable::new(seed, trial, d.network.homes.clone());
        let clients: Vec<ClientState> = (0u16..)
            .zip(&d.clients)
            .map(|(i, c)| ClientState::new(i, c, d, &mut sites))
            .collect();
        let mut addresses = Vec::new();
        let mut components = Vec::new();
        let (mut views, behind) = Views::of(d, &sites);
        for ((number, component), behind) in (0u16..).zip(&d.components).zip(behind) {
            let first = u32::try_from(addresses.len()).unwrap_or(MOST_INDEX);
            addresses.extend((0..instances(component)).map(|instance| Address {
                component: number,
                instance,
            }));
            let mut state = State::new(number, d, first, behind, &mut sites);
            if let State::Balancer(b) = &mut state {
                b.stagger(&views.backends);
                b.learners()
                    .for_each(|view| views.backends[usize::from(view)].listen());
            }
            components.push(state);
        }
        let faults = Faults::new(d, seed, trial);
        let request_rings = clients.iter().map(|c| c.ring(&sites)).collect();
        let ctx = Context {
            now: SimTime::ZERO,
            calendar: crate::engine::Calendar::new(),
            frames: crate::engine::Frames::new(),
            rings: sites.rings,
            sites: sites.sites,
            actions: Actions::new(),
            forks: crate::engine::Forks::default(),
            is_cancelling: d.components.iter().any(cancels),
            is_beside_caller: d.components.iter().map(is_beside_caller).collect(),
            ways: Ways::new(d, seed, trial),
            has_network: !d.network.is_ideal() || faults.touch_ways(),
            request_rings,
            traces: d.traces.clone(),
            step: 0,
            passed: vec![0; views.backends.len()],
            backends: views.backends,
            health: views.health,
            owners: views.owners,
            watched: views.watched,
            wasted: vec![0; d.components.len()],
            usage: vec![0; d.components.len()],
            links: crate::engine::links(d),
        };
        let mut engine = Engine {
            ctx,
            clients,
            components,
            failures: addresses.iter().map(|_| None).collect(),
            addresses,
            hangs: d
                .components
                .iter()
                .map(|c| c.failures.is_some_and(|f| f.mode == FailureMode::Hang))
                .collect(),
            operations_that_write: d.operations_that_write.clone(),
            faults,
            steps: Steps::of(d),
            events: 0,
            most_in_flight: condition.budget.in_flight.min(MOST_INDEX),
            most_events: condition.budget.events,
            stop: None,
            stopping: Vec::new(),
        };
        begin(&mut engine, d, seed, trial, condition);
        let shapes = d.components.iter().map(shape).collect();
        Self {
            way: Way::Events(Box::new(engine)),
            trial,
            shapes,
        }
    }

    /// Handles up to `events` further events; whether there are more.
    pub fn advance(&mut self, events: u64) -> bool {
        match &mut self.way {
            Way::Events(engine) => engine.advance(events),
            Way::AtArrival(way) => way.advance(events / 2 + 1),
        }
    }

    /// Events handled so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        match &self.way {
            Way::Events(engine) => engine.events,
            Way::AtArrival(way) => way.events(),
        }
    }

    /// Simulated time so far.
    #[must_use]
    pub fn now(&self) -> SimTime {
        match &self.way {
            Way::Events(engine) => engine.ctx.now,
            Way::AtArrival(way) => way.now(),
        }
    }

    /// Ends the trial where it is and hands out what was measured.
    ///
    /// # Panics
    /// When a conservation law is broken, which is a bug of the engine: requests that arrived are not those that ended and
    /// those in flight, or Little's law doesn't hold at a station.
    #[must_use]
    pub fn finish(self) -> TrialResult {
        let Self { way, trial, shapes } = self;
        let engine = match way {
            Way::Events(engine) => *engine,
            Way::AtArrival(way) => return way.finish(trial, shapes.into_iter().next().unwrap_or_default()),
        };
        let Engine {
            ctx,
            clients,
            components,
            ..
        } = engine;
        let (now, before) = (ctx.now, engine.steps.before());
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
        let clients: Vec<_> = clients.into_iter().map(|c| c.result.finish(before)).collect();
        for (client, in_flight) in clients.iter().zip(&in_flight) {
            let whole = client.whole;
            assert_eq!(
                whole.offered,
                whole.ok + whole.failed() + in_flight,
                "requests were lost or made up: arrived, but neither ended nor in flight"
            );
        }
        TrialResult {
            trial,
            start: engine.steps.start,
            window: engine.steps.length * STEPS_PER_WINDOW as u64,
            end: now,
            stop: engine.stop.unwrap_or(Stop::Interrupted),
            events: engine.events,
            clients,
            components: components
                .into_iter()
                .zip(shapes)
                .zip(present)
                .map(|((c, shape), present)| {
                    let has_batches = c.has_batches();
                    let result = c.into_meter().finish(now, present, before, shape);
                    if has_batches {
                        result.with_batches()
                    } else {
                        result
                    }
                })
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
    for (view, health) in (0u32..).zip(&ctx.health) {
        if let Some(health) = health {
            health.begin(view, &mut ctx.calendar);
        }
    }
    for component in components.iter_mut() {
        match component {
            State::Dns(dns) => dns.begin(ctx),
            State::Service(service) => service.begin_pauses(ctx),
            _ => {}
        }
    }
    engine.faults.begin(&mut ctx.calendar);
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
    engine.begin_measuring();
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
    // Of an active and its standbys only one works at a time.
    let working = match &of.kind {
        Kind::Service(s) if s.takeover.is_some() => 1,
        _ => instances,
    };
    let station: Option<&Station> = match &of.kind {
        Kind::Balancer(_) | Kind::Dns(_) | Kind::Cdn(_) | Kind::Shards(_) | Kind::External(_) => None,
        Kind::Service(s) => Some(&s.station),
        Kind::Cache(c) => Some(&c.station),
        Kind::Database(d) => Some(&d.station),
    };
    let all = |n: u32| u64::from(n) * u64::from(working);
    let workers = match (&of.kind, station) {
        (Kind::Balancer(b), _) => b.machine.handling.as_ref().map(|h| all(h.workers)),
        (_, station) => station.and_then(|s| s.workers).map(all),
    };
    let cores = match &of.kind {
        Kind::Service(_) => station
            .filter(|s| s.shares_cores())
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
