//! Timers and answers that come when what they were about is gone, made one by one.

use sim_core::model::{Arrivals, ComponentId, Kind, Network, Trace, WarmUp};
use sim_core::simulation::{Condition, Outage, Outages, simulate};
use sim_core::time::{SimDuration, SimTime};

use crate::build::{call, checked, clients, constant, description, go, service, unlimited, work};

const MS: u64 = 1_000_000;

/// A caller's timeout must not stop another request's call that has taken the slot of its own.
///
/// The site's call is lost in a crash at 8 ms, but the news is on its way until 11 ms. At 10 ms the site gives up, and by then a
/// request of other clients, which arrived at 9.7 ms, may have the slot that the call had.
#[test]
fn a_timeout_stops_nobody_elses_work() {
    let cancelling = |name: &str, seconds: f64| {
        let mut service = service(name, 1, unlimited(), vec![work(constant(seconds))]);
        if let Kind::Service(s) = &mut service.kind {
            s.cancel_on_timeout = true;
        }
        service
    };
    let mut step = go(0);
    if let sim_core::model::Step::Call(call) = &mut step {
        call.timeout = Some(SimDuration::from_nanos(10 * MS));
    }
    let components = vec![
        cancelling("crashes", 0.0065),
        cancelling("other", 0.005),
        service("site", 1, unlimited(), vec![step]),
    ];
    let of = |trace, target| clients(Arrivals::Trace(trace), call(target));
    let mut d = description(0.1, vec![of(0, 2), of(1, 1)], components);
    d.clients[1].name = d.clients[1].name.index(1);
    d.warm_up = WarmUp::Auto;
    d.network = Network {
        same_zone: Some(constant(0.003)),
        cross_zone: None,
        ..Network::default()
    };
    d.traces = [0, 9_700_000]
        .map(|at| Trace {
            times: [at].into(),
            columns: vec![],
        })
        .into();
    let condition = Condition {
        outages: Outages::Given(vec![Outage {
            component: ComponentId(0),
            instance: 0,
            from: SimTime::from_nanos(8 * MS),
            until: SimTime::from_nanos(50 * MS),
        }]),
        ..Condition::default()
    };
    let t = simulate(&checked(d), 1, 0, &condition);
    assert_eq!(t.clients[0].whole.timeout, 1);
    assert_eq!(t.clients[1].whole.ok, 1, "{:?}", t.clients[1].whole);
}
