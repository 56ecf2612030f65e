//! One instance serves while the others stand by.

use sim_core::model::{Arrivals, Component, ComponentId, Description, Kind};
use sim_core::simulation::{Condition, Outage, Outages, simulate};
use sim_core::time::{SimDuration, SimTime};

use crate::build::{call, checked, clients, constant, description, go, service, unlimited, work};

fn seconds(s: f64) -> SimDuration {
    SimDuration::from_secs_f64(s)
}

/// Two instances that take 10 ms for a call; the second serves so long after the crash of the first.
fn pair(takeover: Option<f64>) -> Component {
    let mut pair = service("pair", 2, unlimited(), vec![work(constant(0.01))]);
    if let Kind::Service(s) = &mut pair.kind {
        s.takeover = takeover.map(seconds);
    }
    pair
}

/// Requests that fail, of a hundred a second for 200 s, when the first instance of the last component is down from 100 s on for so long.
fn failed(components: Vec<Component>, lasts: f64, change: impl FnOnce(&mut Description)) -> u64 {
    let component = ComponentId(components.len() as u16 - 1);
    let users = clients(Arrivals::Renewal { gap: constant(0.01) }, call(0));
    let mut d = description(200.0, vec![users], components);
    change(&mut d);
    let condition = Condition {
        outages: Outages::Given(vec![Outage {
            component,
            instance: 0,
            from: SimTime::ZERO + seconds(100.0),
            until: SimTime::ZERO + seconds(100.0 + lasts),
        }]),
        ..Condition::default()
    };
    simulate(&checked(d), 1, 0, &condition).clients[0].whole.failed()
}

#[test]
fn what_comes_before_another_one_serves_is_lost_and_nothing_later() {
    let lost = |takeover, lasts| failed(vec![pair(takeover)], lasts, |_| {});
    assert!((500..=502).contains(&lost(Some(5.0), 50.0)));
    // The first is back before another one would have taken its place.
    assert!((200..=202).contains(&lost(Some(5.0), 2.0)));
    // Where both serve, every other call goes to the one that is down.
    assert!((2499..=2502).contains(&lost(None, 50.0)));
}

#[test]
fn calls_that_were_sent_to_one_that_now_stands_by_are_refused() {
    let front = service("front", 1, unlimited(), vec![go(1)]);
    let lost = failed(vec![front, pair(Some(0.5))], 1.0, |d| {
        d.network.same_zone = Some(constant(2.0));
    });
    // Sent from two seconds before the crash until the other one serves.
    assert!((249..=252).contains(&lost), "{lost}");
}
