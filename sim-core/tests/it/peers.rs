//! Instances that refuse calls behind a balancer as nginx is one: what a request tries until somebody serves it.
//!
//! `tests/data/vectors/nginx_lb.json` says from which version the choices were recorded, and how.

use std::sync::Arc;

use serde_json::Value;
use sim_core::measure::visits::{Place, Sample};
use sim_core::model::{
    Arrivals, Backoff, Balancer, Balancing, ComponentId, Jitter, Kind, Levels, PassiveCheck, Retry, Trace,
};
use sim_core::simulation::{Condition, Outage, Outages, Simulation};
use sim_core::time::{SimDuration, SimTime};

use crate::build::{call, checked, clients, component, constant, description, service, unlimited, work};
use crate::cases::number;

fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of[name].as_array().expect("a list")
}

/// The instances that each request of a recorded case tries.
fn tried(case: &Value) -> Vec<Vec<u32>> {
    let peers = list(case, "peers");
    let first = &peers[0];
    let max_fails = number(first, "max_fails") as u32;
    let edge = Balancer {
        weights: vec![peers.iter().map(|p| number(p, "weight") as u32).collect()],
        // Only the first ever fails: what the others allow doesn't matter.
        passive_check: (max_fails > 0).then(|| PassiveCheck {
            max_fails,
            fail_timeout: SimDuration::from_secs_f64(number(first, "fail_timeout_s")),
        }),
        retry: Some(Retry {
            attempts: peers.len() as u8,
            backoff: Backoff::Constant(SimDuration::ZERO),
            jitter: Jitter::None,
            budget: None,
        }),
        retries_elsewhere: true,
        ..Balancer::to(ComponentId(1), Balancing::WeightedRoundRobin)
    };
    let edge = match peers
        .iter()
        .map(|p| u16::from(p["backup"] == true))
        .collect::<Vec<_>>()
    {
        priorities if priorities.contains(&1) => Balancer {
            routing: sim_core::model::Routing {
                levels: vec![Levels {
                    priorities,
                    overprovisioning_percent: 100 * peers.len() as u32,
                    by_weight: false,
                }],
                ..edge.routing.clone()
            },
            ..edge
        },
        _ => edge,
    };
    let requests = list(case, "requests");
    let times = requests.iter().scan(0.0, |last, request| {
        // One after another, also those of one second.
        *last = number(request, "t_s").max(*last + 0.01);
        Some((*last * 1e9) as u64)
    });
    let instances = peers.len() as u32;
    let mut d = description(
        100.0,
        vec![clients(Arrivals::Trace(0), call(0))],
        vec![
            component("edge", Kind::Balancer(edge)),
            service("peers", instances, unlimited(), vec![work(constant(0.001))]),
        ],
    );
    d.traces.push(Trace {
        times: times.collect::<Vec<_>>().into(),
        columns: Vec::<Arc<[f64]>>::new(),
    });
    let down = (0u32..).zip(peers).filter(|p| p.1["refuses_connections"] == true);
    let down = down.map(|(instance, _)| Outage {
        component: ComponentId(1),
        instance,
        from: SimTime::ZERO,
        until: SimTime::ZERO + SimDuration::from_secs_f64(100.0),
    });
    let condition = Condition {
        outages: Outages::Given(down.collect()),
        ..Condition::default()
    };
    let all = Sample {
        share: 1.0,
        most: usize::MAX,
    };
    let mut simulation = Simulation::recorded(&checked(d), 1, 0, &condition, all);
    while simulation.advance(1 << 20) {}
    let visits = simulation.take_visits().expect("a trial that is recorded");
    let mut tried = vec![Vec::new(); requests.len()];
    for v in visits.visits.iter().filter(|v| v.place == Place::Component(1)) {
        tried[v.request as usize].push(v.instance);
    }
    tried
}

#[test]
fn a_request_tries_the_recorded_peers_until_one_serves_it() {
    let recorded: Value = serde_json::from_str(include_str!("../data/vectors/nginx_lb.json")).expect("JSON");
    let mut seen = Vec::new();
    for case in list(&recorded, "failures") {
        let expect: Vec<Vec<u32>> = list(case, "requests")
            .iter()
            .map(|r| {
                let peers = list(r, "expect_tried").iter();
                peers.map(|p| p.as_u64().expect("a peer") as u32).collect()
            })
            .collect();
        assert_eq!(tried(case), expect, "{}", case["id"]);
        seen.push(case["id"].as_str().expect("a name"));
    }
    let all = [
        "max_fails_1_weight_5",
        "max_fails_3_weight_5",
        "max_fails_0_weight_5",
        "backup",
    ];
    assert_eq!(seen, all);
}
