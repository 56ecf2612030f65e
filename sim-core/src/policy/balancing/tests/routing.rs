//! Levels, zones and old news, as the router and the policies meet them.

use super::super::{Router, zones};
use super::{T, choose, even, new, weighted};
use crate::model::{Balancer, Balancing, ComponentId, FailOpen, Levels, Routing, Stale, ZoneAware};
use crate::policy::balancing::{Asked, Backends};
use crate::random::StreamName;
use crate::time::{SimDuration, SimTime};

fn shares(router: &mut Router, backends: &Backends, zone: u16) -> Vec<u32> {
    let mut counts = vec![0; backends.count()];
    for key in 0..10_000 {
        let asked = || Asked {
            key,
            source: 0,
            zone,
            choices: 0,
        };
        counts[router.next(backends, T, &[], asked) as usize] += 1;
    }
    counts
}

fn router(routing: &Routing, callers: &[u32]) -> Router {
    let callers = (0u16..).zip(callers.iter().copied()).collect();
    let balancer = Balancer {
        routing: routing.clone(),
        fail_open: FailOpen::Below(0.5),
        ..Balancer::to(ComponentId(0), Balancing::RoundRobin)
    };
    Router::new(&balancer, 0, callers, StreamName::new("edge"), 1, 0)
}

fn near(found: &[u32], expect: &[u32]) {
    let is_near = found.iter().zip(expect).all(|(f, e)| f.abs_diff(*e) < 200);
    assert!(is_near && found.len() == expect.len(), "{found:?} for {expect:?}");
}

#[test]
fn calls_spill_over_to_the_next_level_as_instances_go() {
    let levels = vec![Levels {
        priorities: vec![0, 0, 0, 0, 1, 1],
        overprovisioning_percent: 140,
        by_weight: false,
    }];
    let routing = Routing {
        levels,
        ..Routing::default()
    };
    let mut backends = even(6);
    let mut router = router(&routing, &[1]);
    near(
        &shares(&mut router, &backends, 0),
        &[2500, 2500, 2500, 2500, 0, 0],
    );
    // Three of four are as good as all, two of four are 70 %.
    backends.set_eligible(0, false);
    near(&shares(&mut router, &backends, 0), &[0, 3333, 3333, 3333, 0, 0]);
    backends.set_eligible(1, false);
    near(
        &shares(&mut router, &backends, 0),
        &[0, 0, 3500, 3500, 1500, 1500],
    );
    // A second level of one of two is 70 % too: together they are still whole.
    backends.set_eligible(5, false);
    near(&shares(&mut router, &backends, 0), &[0, 0, 3500, 3500, 3000, 0]);
    // One of four and none of two: both panic, and all are chosen from, by numbers.
    backends.set_eligible(2, false);
    backends.set_eligible(4, false);
    near(
        &shares(&mut router, &backends, 0),
        &[1700, 1700, 1700, 1700, 1600, 1600],
    );
}

#[test]
fn who_is_drained_is_missed_by_nobody() {
    let with = |by_weight| Routing {
        levels: vec![Levels {
            priorities: vec![0, 0, 0, 0, 1, 1],
            overprovisioning_percent: 140,
            by_weight,
        }],
        ..Routing::default()
    };
    let mut backends = even(6);
    backends.set_draining(|at| at < 2);
    let mut by_number = router(&with(false), &[1]);
    near(&shares(&mut by_number, &backends, 0), &[0, 0, 5000, 5000, 0, 0]);
    // Of the two that are left one is a half, 70 %: the rest spills over.
    backends.set_eligible(2, false);
    near(
        &shares(&mut by_number, &backends, 0),
        &[0, 0, 0, 7000, 1500, 1500],
    );
    // By weight it is a quarter, 35 %.
    let mut backends = weighted(&[1, 1, 3, 1, 1, 1]);
    backends.set_draining(|at| at < 2);
    backends.set_eligible(2, false);
    let mut by_weight = router(&with(true), &[1]);
    near(
        &shares(&mut by_weight, &backends, 0),
        &[0, 0, 0, 3500, 3250, 3250],
    );
}

#[test]
fn calls_stay_in_their_zone_as_far_as_its_instances_go() {
    let routing = Routing {
        zone_aware: Some(ZoneAware { least_instances: 6 }),
        ..Routing::default()
    };
    let mut backends = Backends::new(vec![0, 1, 2, 0, 1, 2], &[]);
    let mut even = router(&routing, &[2, 2, 2]);
    near(&shares(&mut even, &backends, 1), &[0, 5000, 0, 0, 5000, 0]);
    // Half of the callers are in the first zone, a third of the instances: a third of its calls go elsewhere.
    let mut uneven = router(&routing, &[2, 1, 1]);
    near(
        &shares(&mut uneven, &backends, 0),
        &[3333, 833, 833, 3333, 833, 833],
    );
    near(&shares(&mut uneven, &backends, 2), &[0, 0, 5000, 0, 0, 5000]);
    // Too few instances for zones to matter.
    backends.set_eligible(3, false);
    near(
        &shares(&mut even, &backends, 1),
        &[2000, 2000, 2000, 0, 2000, 2000],
    );
}

#[test]
fn a_zone_without_instances_and_one_with_all_of_them_know_no_zones() {
    let draw = |n: u64| n - 1;
    assert_eq!(zones::zone(&[0, 6], &[1, 1], 0, draw), None);
    assert_eq!(zones::zone(&[6, 0], &[1, 1], 0, draw), None);
    assert_eq!(zones::zone(&[3, 3], &[1, 1], 1, draw), Some(1));
}

fn millis(ms: u64) -> SimTime {
    SimTime::from_nanos(ms * 1_000_000)
}

#[test]
fn news_is_as_old_as_was_asked_for() {
    let loads = |backends: &Backends| -> Vec<u32> {
        let candidates = backends.candidates();
        candidates.list.iter().map(|at| candidates.load(*at)).collect()
    };
    let time = |ms: u64| SimDuration::from_nanos(ms * 1_000_000);
    for (rule, at_150, at_201) in [
        (Stale::Continuous { age: time(100) }, [2, 0], [1, 1]),
        (Stale::Periodic { every: time(100) }, [2, 1], [1, 1]),
    ] {
        let mut backends = even(2);
        backends.set_stale(rule);
        backends.sent(0, millis(10));
        backends.sent(0, millis(20));
        backends.sent(1, millis(60));
        backends.learn(millis(90));
        assert_eq!(loads(&backends), [0, 0], "{rule:?}");
        backends.came_back(0, millis(100));
        backends.learn(millis(150));
        assert_eq!(loads(&backends), at_150, "{rule:?}");
        backends.learn(millis(201));
        assert_eq!(loads(&backends), at_201, "{rule:?}");
        // The least loaded is found by the old loads too.
        backends.sent(1, millis(210));
        backends.learn(millis(400));
        let mut choice = new(Balancing::LeastOutstanding);
        assert_eq!(
            (loads(&backends), choose(&mut choice, &backends)),
            (vec![1, 2], 0)
        );
    }
}

#[test]
fn a_zone_keeps_no_calls_of_callers_that_nothing_is_known_of() {
    assert_eq!(zones::zone(&[3, 3], &[], 0, |n| n - 1), None);
}
