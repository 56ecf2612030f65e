//! Prints the supermarket model's table for a hundred queues beside the published one.
//!
//! M. Mitzenmacher, "The power of two choices in randomized load balancing", IEEE TPDS 12(10), 2001. `cargo run --release -p sim-core
//! --example supermarket -- 30`: with so many trials, 30 unless said. A trial of the rows at a load of 0.99 is ten times as long as the
//! others'.
//!
//! With 30 trials all 18 of the paper's simulated means lie within the 95 % half-widths found here, and within 0.35 % of the means:
//!
//! | load | two choices, paper | here | three, paper | here | five, paper | here |
//! |---|---|---|---|---|---|---|
//! | 0.90 | 2.6454 | 2.6431 ± 0.0117 | 2.0614 | 2.0623 ± 0.0081 | 1.6714 | 1.6715 ± 0.0058 |
//! | 0.95 | 3.4610 | 3.4582 ± 0.0264 | 2.6137 | 2.6179 ± 0.0183 | 2.0730 | 2.0747 ± 0.0140 |
//! | 0.99 | 5.9275 | 5.9254 ± 0.0776 | 4.4080 | 4.3926 ± 0.0667 | 3.4728 | 3.4769 ± 0.0596 |

use serde_json::Value;
use sim_core::measure::TrialResult;
use sim_core::model::{
    Access, Arrivals, Balancer, Balancing, Call, Clients, Component, ComponentId, Demand, Description, Kind,
    Model, Network, OpId, Plan, Service, Station, Step, WarmUp,
};
use sim_core::random::{Law, StreamName};
use sim_core::simulation::{Condition, simulate};
use sim_core::stats::student;
use sim_core::time::SimDuration;

/// Queues of mean service one second at this load, each request joining the shortest of `choices` drawn at random.
fn queues(count: u32, choices: u32, load: f64, requests: f64) -> Model {
    let rate = load * f64::from(count);
    let duration = SimDuration::from_secs_f64(requests / rate);
    let exponential = |mean: f64| Law::exponential(mean * 1e9).expect("a mean");
    let component = |name: &str, kind| Component {
        name: StreamName::new(name),
        zones: 1,
        first_zone: 0,
        failures: None,
        kind,
    };
    let balancer = Balancer::to(ComponentId(1), Balancing::PowerOfD { choices });
    let service = Service {
        instances: count,
        station: Station {
            workers: Some(1),
            ..Station::default()
        },
        plans: vec![Plan {
            name: StreamName::new("queues").purpose("default"),
            steps: vec![Step::Work(Demand::of(exponential(1.0)))],
        }],
        plan_of: vec![Some(0)],
        ..Service::default()
    };
    let clients = Clients {
        name: StreamName::new("clients"),
        call: Call {
            target: ComponentId(0),
            access: Access::Same,
            timeout: None,
            retry: None,
        },
        arrivals: Arrivals::Renewal {
            gap: exponential(1.0 / rate),
        },
        mix: vec![(OpId(0), 1.0)],
        keys: None,
        sources: None,
    };
    Model::new(Description {
        duration,
        warm_up: WarmUp::For(duration.scaled(0.2)),
        operations_that_write: vec![false],
        key_spaces: vec![],
        traces: vec![],
        clients: vec![clients],
        components: vec![
            component("balancer", Kind::Balancer(balancer)),
            component("queues", Kind::Service(service)),
        ],
        network: Network::default(),
        faults: vec![],
    })
    .expect("a valid model")
}

/// The mean time in the system in a trial, in seconds.
fn mean(result: &TrialResult) -> f64 {
    let steps = result.clients[0].steps.iter();
    let (ok, ns) = steps.fold((0, 0), |(ok, ns), s| (ok + s.ok, ns + s.latency_ns));
    ns as f64 / ok as f64 / 1e9
}

fn main() {
    let trials: u32 = std::env::args()
        .nth(1)
        .and_then(|a| a.parse().ok())
        .unwrap_or(30)
        .max(2);
    let table: Value = serde_json::from_str(include_str!("../tests/data/supermarket.json")).expect("a table");
    let count = table["queues"].as_u64().expect("a count") as u32;
    println!(" d   lam   paper    limit   reference          here, {trials} trials     off");
    for row in table["rows"].as_array().expect("rows") {
        let number = |name: &str| row[name].as_f64().expect("a number");
        let (d, load) = (number("d") as u32, number("lam"));
        let requests = if load > 0.98 { 4e6 } else { 4e5 };
        let model = queues(count, d, load, requests);
        let means: Vec<f64> = (0..trials)
            .map(|trial| mean(&simulate(&model, 2001, u64::from(trial), &Condition::default())))
            .collect();
        let n = f64::from(trials);
        let average = means.iter().sum::<f64>() / n;
        let variance = means.iter().map(|m| (m - average).powi(2)).sum::<f64>() / (n - 1.0);
        let half_width = student::critical(0.95, trials - 1) * (variance / n).sqrt();
        let (theirs, their_width) = (number("mean"), number("half_width"));
        println!(
            "{d:2}  {load:.2}  {:.4}  {:.4}  {theirs:.4} +- {their_width:.4}  {average:.4} +- {half_width:.4}  {}",
            number("paper"),
            number("limit"),
            if (average - theirs).abs() <= half_width + their_width {
                "within both half-widths"
            } else {
                "outside"
            },
        );
    }
}
