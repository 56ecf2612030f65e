//! Workers that are started on demand: what arithmetic says of regular arrivals, and what queues and crashes do to starts.

use sim_core::measure::TrialResult;
use sim_core::model::{Component, FailureMode, Failures, Kind, OnDemand, Station, WarmUp};
use sim_core::simulation::{Condition, Outages, simulate};
use sim_core::time::SimDuration;

use crate::build::{checked, constant, description, exponential, poisson, renewal, service, work, workers};

/// A server of this station whose workers take half a second to start and stay for so many seconds; a call takes 0.1 s.
fn server(station: Station, keep_alive: f64) -> Component {
    let mut server = service("server", 1, station, vec![work(constant(0.1))]);
    if let Kind::Service(s) = &mut server.kind {
        s.on_demand = Some(OnDemand {
            set_up: constant(0.5),
            keep_alive: SimDuration::from_secs_f64(keep_alive),
        });
    }
    server
}

/// A call a second, from the first second on.
fn each_second(seconds: f64, server: Component) -> TrialResult {
    let mut d = description(seconds, vec![renewal(constant(1.0), 0)], vec![server]);
    d.warm_up = WarmUp::Auto;
    simulate(&checked(d), 1, 0, &Condition::default())
}

/// Calls that waited, and all that were served.
fn waited(t: &TrialResult) -> (u64, u64) {
    let windows = t.components[0].windows.iter();
    windows.fold((0, 0), |(waited, all), w| {
        (waited + w.waiting.count_above(0), all + w.waiting.count())
    })
}

#[test]
fn idle_workers_stay_as_long_as_they_are_kept() {
    let of = |keep_alive: f64| waited(&each_second(100.9, server(workers(3), keep_alive)));
    assert_eq!(of(0.0), (100, 100));
    // From the end of a cold call, 0.6 s after its arrival, to the next call it is 0.4 s; from that of a warm one 0.9 s.
    assert_eq!(of(0.3), (100, 100));
    assert_eq!(of(0.5), (50, 100));
    assert_eq!(of(1.0), (1, 100));
}

#[test]
fn a_queue_without_room_refuses_only_when_all_workers_are_busy_or_being_started() {
    let station = |c| Station {
        queue: Some(0),
        ..workers(c)
    };
    let of = |c| {
        let mut d = description(1000.0, vec![poisson(10.0, 0)], vec![server(station(c), 0.0)]);
        d.warm_up = WarmUp::Auto;
        let result = simulate(&checked(d), 1, 0, &Condition::default());
        let whole = result.clients[0].whole;
        (whole.rejected as f64 / whole.offered as f64, whole.error)
    };
    assert_eq!(of(1000), (0.0, 0));
    let (one, _) = of(1);
    // A worker that is free serves nobody else before it goes: each call takes it for 0.6 s, Erlang's loss formula.
    assert!((one - 6.0 / 7.0).abs() < 0.01, "{one}");
}

#[test]
fn crashes_take_the_starts_with_them() {
    let mut failing = server(workers(4), 0.2);
    failing.failures = Some(Failures {
        mtbf: SimDuration::from_secs_f64(5.0),
        mttr: SimDuration::from_secs_f64(1.0),
        mode: FailureMode::Crash,
    });
    let mut d = description(3000.0, vec![renewal(exponential(0.2), 0)], vec![failing]);
    d.warm_up = WarmUp::Auto;
    let condition = Condition {
        outages: Outages::ByChance,
        ..Condition::default()
    };
    let whole = simulate(&checked(d), 1, 0, &condition).clients[0].whole;
    // Every request has its end, which the trial itself checks; a sixth finds nobody, and some are lost on the way.
    assert!(whole.unreachable * 8 > whole.offered && whole.unreachable * 5 < whole.offered);
    assert!(whole.error > 0 && whole.ok * 10 > whole.offered * 6);
}
