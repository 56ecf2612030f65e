//! The three standard workloads as models, so that benchmarks and examples measure the same thing.
//!
//! W1 is M/M/1 at utilization 0.8, W2 is M/M/64 at 0.9, W3 the four-stage web system: a balancer to the node with the fewest
//! calls out, 16 nodes of 8 workers, a cache with 90 % hits, three replicas behind it, and a timeout of a second.

pub mod bare;

use sim_core::model::{
    Access, Arrivals, Balancer, Balancing, Cache, Call, Clients, Component, ComponentId, Database, Demand,
    Description, Freshness, Kind, Model, Network, Nodes, OpId, Plan, ReadsFrom, Service, Station, Step,
    Storage, Strategy, WarmUp,
};
use sim_core::random::{Law, StreamName};
use sim_core::time::SimDuration;

const SECOND: f64 = 1e9;

fn call(target: u16, access: Access) -> Call {
    Call {
        target: ComponentId(target),
        access,
        timeout: None,
        retry: None,
    }
}

fn clients(gap: Law, call: Call) -> Clients {
    let arrivals = Arrivals::Renewal { gap };
    Clients {
        name: StreamName::new("clients"),
        call,
        arrivals,
        mix: vec![(OpId(0), 1.0)],
        keys: None,
        sources: None,
    }
}

fn component(name: &str, kind: Kind) -> Component {
    Component {
        name: StreamName::new(name),
        zones: 1,
        first_zone: 0,
        failures: None,
        kind,
    }
}

fn station(workers: Option<u32>) -> Station {
    Station {
        workers,
        ..Station::default()
    }
}

fn service(name: &str, instances: u32, workers: Option<u32>, steps: Vec<Step>) -> Component {
    let plan = Plan {
        name: StreamName::new(name).purpose("default"),
        steps,
    };
    let kind = Kind::Service(Service {
        instances,
        station: station(workers),
        plans: vec![plan],
        plan_of: vec![Some(0)],
        is_event_loop: true,
        ..Service::default()
    });
    component(name, kind)
}

fn model(requests: f64, rate: f64, clients: Clients, components: Vec<Component>) -> Model {
    Model::new(Description {
        duration: SimDuration::from_f64_nanos(requests / rate * SECOND),
        warm_up: WarmUp::Auto,
        operations_that_write: vec![false],
        key_spaces: vec![],
        traces: vec![],
        clients: vec![clients],
        components,
        network: Network::default(),
        faults: vec![],
    })
    .expect("a workload is a valid model")
}

/// M/M/c with mean service 1 ms.
pub fn mmc(requests: f64, workers: u32, utilization: f64) -> Model {
    let rate = utilization * f64::from(workers) * 1000.0;
    let gap = Law::exponential(SECOND / rate).expect("a rate");
    let work = Step::Work(Demand::of(Law::exponential(1e6).expect("a mean")));
    let server = service("server", 1, Some(workers), vec![work]);
    model(requests, rate, clients(gap, call(0, Access::Same)), vec![server])
}

/// The lognormal law of W3 with this mean in milliseconds and sigma 1.
fn lognormal(mean_ms: f64) -> Law {
    Law::lognormal_with_mean(mean_ms * 1e6, std::f64::consts::E - 1.0).expect("a mean")
}

/// The four-stage web system.
pub fn web(requests: f64) -> Model {
    let rate = 5120.0;
    let mut users = clients(
        Law::exponential(SECOND / rate).expect("a rate"),
        call(0, Access::Same),
    );
    users.call.timeout = Some(SimDuration::from_secs_f64(1.0));
    let balancer = Balancer::to(ComponentId(1), Balancing::LeastOutstanding);
    // An event loop: a node's worker is free while its request is at the cache.
    let node = vec![
        Step::Work(Demand::of(lognormal(20.0))),
        Step::Call(call(2, Access::Get)),
    ];
    let cache = Cache {
        instances: 1,
        station: station(None),
        service_time: Demand::of(Law::constant(0.5e6).expect("a time")),
        storage: Storage::HitRatio(0.9),
        freshness: Freshness::default(),
        strategy: Strategy::CacheAside,
        origin: Some(call(3, Access::Read)),
        coalesce: None,
        nodes: Nodes::default(),
        inside: None,
    };
    let database = Database {
        replicas: 3,
        station: station(Some(16)),
        reads_from: ReadsFrom::Replicas,
        ..Database::of(Demand::of(lognormal(75.0)), Demand::of(lognormal(75.0)))
    };
    let components = vec![
        component("balancer", Kind::Balancer(balancer)),
        service("nodes", 16, Some(8), node),
        component("cache", Kind::Cache(cache)),
        component("database", Kind::Database(database)),
    ];
    model(requests, rate, users, components)
}
