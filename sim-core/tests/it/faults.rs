//! Faults that strike some instances, and several at once.

use sim_core::measure::TrialResult;
use sim_core::model::{ComponentId, Description, FaultKind, ScheduledFault};
use sim_core::simulation::{Condition, simulate};
use sim_core::time::SimTime;

use crate::build::{checked, constant, description, go, renewal, service, unlimited, work};
use crate::health::seconds;
use crate::identities;

/// What becomes of a hundred requests a second for 100 s when this happens from 20 s to 60 s.
fn struck(mut d: Description, kinds: &[FaultKind]) -> TrialResult {
    d.faults = kinds
        .iter()
        .map(|kind| ScheduledFault {
            at: SimTime::ZERO + seconds(20.0),
            duration: seconds(40.0),
            kind: kind.clone(),
        })
        .collect();
    let model = checked(d);
    let result = simulate(&model, 1, 0, &Condition::default());
    identities::hold(&model, &result);
    result
}

#[test]
fn one_slow_instance_is_slow_alone() {
    let slow = |instances, factor| FaultKind::Slow {
        component: ComponentId(0),
        instances,
        factor,
    };
    let mean = |kinds: &[FaultKind]| {
        let pair = service("pair", 2, unlimited(), vec![work(constant(0.005))]);
        let result = struck(
            description(100.0, vec![renewal(constant(0.01), 0)], vec![pair]),
            kinds,
        );
        let windows = result.clients[0].windows.iter();
        let (sum, ok) = windows.fold((0, 0), |(sum, ok), w| (sum + w.latency.sum(), ok + w.counts.ok));
        sum as f64 / ok as f64 / 1e6
    };
    // Four ninths of what is measured: calls are dealt out in turn, so that half of those are slow.
    let share = 40.0 / 90.0;
    for (kinds, expected) in [
        (vec![slow(vec![1], 4.0)], 5.0 + share * 0.5 * 15.0),
        (vec![slow(vec![0, 1], 4.0)], 5.0 + share * 15.0),
        (
            vec![slow(vec![], 4.0), slow(vec![0], 2.0)],
            5.0 + share * (15.0 + 0.5 * 20.0),
        ),
    ] {
        assert!(
            (mean(&kinds) - expected).abs() < 0.01,
            "{} ms, not {expected}",
            mean(&kinds)
        );
    }
}

/// Callers go down in the same instant as those that they call, whose last word finds nobody.
#[test]
fn a_zone_takes_callers_and_whom_they_call() {
    let pair = |name, step| {
        let mut pair = service(name, 2, unlimited(), vec![step]);
        pair.zones = 2;
        pair
    };
    let d = description(
        100.0,
        vec![renewal(constant(0.01), 1)],
        vec![pair("database", work(constant(0.05))), pair("api", go(0))],
    );
    let zone = FaultKind::ZoneOutage {
        region: None,
        zone: 0,
    };
    let failed = struck(d, &[zone]).clients[0].whole.failed();
    // Every other request meets an API instance that is down, and half of the rest a database; five were on their way.
    assert!((3000..=3005).contains(&failed), "{failed}");
}
