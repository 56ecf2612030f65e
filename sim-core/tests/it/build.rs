//! Models by hand, in a few words each: stations, clients, calls and steps, with times in seconds.

use serde_json::Value;
use sim_core::model::{
    Access, Arrivals, Balancer, Balancing, Cache, Call, Clients, Component, ComponentId, Demand, Description,
    Eviction, Fee, Freshness, KeySpace, Keys, Kind, Model, Network, Nodes, OpId, Parallel, Plan, Service,
    Station, Step, Storage, Strategy, WarmUp,
};
use sim_core::random::{Law, Popularity, StreamName};
use sim_core::time::SimDuration;

use crate::cases::number;

/// Nanoseconds of a second: laws draw nanoseconds.
pub const SECOND: f64 = 1e9;

/// What an Application Load Balancer of AWS costs for what passes through it: units at 0.008 USD an hour.
pub const ALB: Fee = Fee {
    unit: 8_000_000_000,
    new_per_s: 25.0,
    open: 3000.0,
    bytes_per_hour: 1e9,
    rules_per_s: 1000.0,
    free_rules: 10,
};

/// The share of a trial that is cut as warm-up, unless the test begins in the steady state.
const WARM_UP: f64 = 0.1;

pub fn exponential(mean: f64) -> Law {
    Law::exponential(mean * SECOND).expect("a mean")
}

pub fn constant(value: f64) -> Law {
    Law::constant(value * SECOND).expect("a value")
}

pub fn lognormal(mean: f64, scv: f64) -> Law {
    Law::lognormal_with_mean(mean * SECOND, scv).expect("a mean and a spread")
}

/// A law as the table of exact results writes it. `mean` stands in where it says none.
pub fn law(of: &Value, mean: f64) -> Law {
    let mean = of["mean"].as_f64().unwrap_or(mean);
    let name = of["law"].as_str().expect("a law");
    match name {
        "exponential" => exponential(mean),
        "deterministic" => constant(of["value"].as_f64().unwrap_or(mean)),
        "lognormal" => lognormal(mean, number(of, "scv")),
        "hyperexponential-2, balanced means" => {
            Law::hyperexponential(mean * SECOND, number(of, "scv")).expect("a hyperexponential")
        }
        "uniform" => {
            Law::uniform(number(of, "low") * SECOND, number(of, "high") * SECOND).expect("an interval")
        }
        "bounded Pareto" => Law::bounded_pareto(
            number(of, "low") * SECOND,
            number(of, "alpha"),
            number(of, "high") * SECOND,
        )
        .expect("a bounded Pareto"),
        "Erlang-2" => Law::erlang(2, mean * SECOND).expect("an Erlang"),
        "Erlang-4" => Law::erlang(4, mean * SECOND).expect("an Erlang"),
        "mixture of exponentials" => {
            let slow = number(of, "slow_fraction");
            Law::mixture(vec![
                (1.0 - slow, exponential(number(of, "fast_mean"))),
                (slow, exponential(number(of, "slow_mean"))),
            ])
            .expect("a mixture")
        }
        _ => panic!("no law is called {name}"),
    }
}

pub fn call(target: u16) -> Call {
    Call {
        target: ComponentId(target),
        access: Access::Same,
        timeout: None,
        retry: None,
    }
}

pub fn go(target: u16) -> Step {
    Step::Call(call(target))
}

pub fn work(law: Law) -> Step {
    Step::Work(Demand::of(law))
}

pub fn wait(law: Law) -> Step {
    Step::Wait(Demand::of(law))
}

pub fn plan(steps: Vec<Step>) -> Plan {
    Plan {
        name: StreamName::new("nested"),
        steps,
    }
}

pub fn choose(options: Vec<(f64, Vec<Step>)>) -> Step {
    Step::Choose(options.into_iter().map(|(w, steps)| (w, plan(steps))).collect())
}

pub fn parallel(branches: Vec<Vec<Step>>, need: u32) -> Step {
    Step::Parallel(Parallel {
        branches: branches.into_iter().map(plan).collect(),
        need,
        cancel: false,
    })
}

/// The same, and the branches that are left then are stopped.
pub fn race(branches: Vec<Vec<Step>>, need: u32) -> Step {
    Step::Parallel(Parallel {
        branches: branches.into_iter().map(plan).collect(),
        need,
        cancel: true,
    })
}

/// A station of this many workers with an unlimited queue.
pub fn workers(workers: u32) -> Station {
    Station {
        workers: Some(workers),
        ..unlimited()
    }
}

/// A station where nobody waits.
pub fn unlimited() -> Station {
    Station::default()
}

/// A station where everybody is served at once and one core is shared: processor sharing.
pub fn processor_sharing() -> Station {
    Station {
        cores: Some(1),
        ..unlimited()
    }
}

pub fn component(name: &str, kind: Kind) -> Component {
    Component {
        name: StreamName::new(name),
        zones: 1,
        first_zone: 0,
        failures: None,
        kind,
    }
}

/// A service with one plan for its only operation.
pub fn service(name: &str, instances: u32, station: Station, steps: Vec<Step>) -> Component {
    service_of(name, instances, station, vec![Some(steps)])
}

/// A service with a plan for some of the operations.
pub fn service_of(name: &str, instances: u32, station: Station, of: Vec<Option<Vec<Step>>>) -> Component {
    let base = StreamName::new(name);
    let mut plans = Vec::new();
    let mut plan_of = Vec::new();
    for (i, steps) in (0u64..).zip(of) {
        plan_of.push(steps.is_some().then_some(plans.len() as u16));
        plans.extend(steps.map(|steps| Plan {
            name: base.purpose("plan").index(i),
            steps,
        }));
    }
    let kind = Kind::Service(Service {
        instances,
        station,
        plans,
        plan_of,
        ..Service::default()
    });
    component(name, kind)
}

pub fn balancer(name: &str, forward: u16, policy: Balancing) -> Component {
    component(name, Kind::Balancer(Balancer::to(ComponentId(forward), policy)))
}

/// A cache of one node that answers at once and keeps what was asked for.
pub fn cache(name: &str, eviction: Eviction, capacity: Option<u64>, ttl: Option<f64>) -> Component {
    let kind = Kind::Cache(Cache {
        instances: 1,
        station: unlimited(),
        service_time: Demand::of(constant(0.0)),
        storage: Storage::Keys {
            eviction,
            capacity,
            sizes: None,
        },
        freshness: Freshness {
            ttl: ttl.map(SimDuration::from_secs_f64),
            ..Freshness::default()
        },
        strategy: Strategy::ReadThrough,
        origin: None,
        coalesce: None,
        nodes: Nodes::default(),
        inside: None,
    });
    component(name, kind)
}

pub fn clients(arrivals: Arrivals, call: Call) -> Clients {
    Clients {
        name: StreamName::new("clients"),
        call,
        arrivals,
        mix: vec![(OpId(0), 1.0)],
        keys: None,
        sources: None,
    }
}

pub fn renewal(gap: Law, target: u16) -> Clients {
    clients(Arrivals::Renewal { gap }, call(target))
}

pub fn poisson(rate: f64, target: u16) -> Clients {
    renewal(exponential(1.0 / rate), target)
}

pub fn closed(users: u32, think: Law, target: u16) -> Clients {
    clients(Arrivals::Closed { users, think }, call(target))
}

/// A description of one operation and no keys; the first tenth is cut.
pub fn description(seconds: f64, clients: Vec<Clients>, components: Vec<Component>) -> Description {
    Description {
        duration: SimDuration::from_secs_f64(seconds),
        warm_up: WarmUp::For(SimDuration::from_secs_f64(seconds * WARM_UP)),
        operations_that_write: vec![false],
        key_spaces: vec![],
        traces: vec![],
        clients,
        components,
        network: Network::default(),
        faults: vec![],
    }
}

pub fn model(seconds: f64, clients: Vec<Clients>, components: Vec<Component>) -> Model {
    checked(description(seconds, clients, components))
}

pub fn checked(description: Description) -> Model {
    Model::new(description).expect("a valid model")
}

/// Poisson clients that ask a cache for keys of Zipf popularity.
pub fn keyed(seconds: f64, rate: f64, keys: Keys, cache: Component) -> Description {
    let mut clients = poisson(rate, 0);
    clients.keys = Some(0);
    let mut d = description(seconds, vec![clients], vec![cache]);
    d.key_spaces = vec![KeySpace {
        name: StreamName::new("keys"),
        keys,
    }];
    d
}

pub fn zipf(keys: u64, exponent: f64) -> Keys {
    Keys::Drawn(Popularity::zipf(keys, exponent).expect("a popularity"))
}
