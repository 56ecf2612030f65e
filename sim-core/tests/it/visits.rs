//! Requests that are followed: what was seen of them adds up to what was measured, and following them changes nothing.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sim_core::measure::visits::{End, Place, Sample, Visit, Visits};
use sim_core::measure::{Stop, TrialResult};
use sim_core::model::{
    Backoff, Clients, Component, ComponentId, Description, Jitter, Kind, Model, Retry, WarmUp,
};
use sim_core::simulation::{Budget, Condition, Outages, Simulation, simulate};
use sim_core::time::{SimDuration, SimTime};

use crate::build::{
    balancer, checked, constant, description, exponential, go, parallel, poisson, service, work, workers,
};
use crate::random_models::model_of;

const ALL: Sample = Sample {
    share: 1.0,
    most: usize::MAX,
};

fn followed(model: &Model, seed: u64, condition: &Condition, sample: Sample) -> (TrialResult, Visits) {
    let mut simulation = Simulation::recorded(model, seed, 3, condition, sample);
    while simulation.advance(1 << 20) {}
    let visits = simulation.take_visits().expect("a trial that is recorded");
    (simulation.finish(), visits)
}

fn has_not_begun(v: &Visit) -> bool {
    v.started.is_none() && matches!(v.ended, Some((_, End::Unreachable)))
}

/// What has to hold for the visits of any trial.
fn check_each(visits: &Visits, end: SimTime) {
    for v in &visits.visits {
        let ended = v.ended.map_or(end, |e| e.0);
        let started = v.started.unwrap_or(ended);
        assert!(v.arrived <= started && started <= ended && ended <= end, "{v:?}");
        if let Some((_, End::Ok)) = v.ended {
            assert!(v.started.is_some(), "served by nobody: {v:?}");
        }
        match (v.place, v.within.map(|w| &visits.visits[w as usize])) {
            (Place::Clients(c), None) => assert_eq!(c, visits.requests[v.request as usize].client),
            (Place::Component(_), Some(outer)) => {
                assert_eq!(outer.request, v.request);
                assert!(
                    outer.arrived <= v.arrived && outer.attempt <= v.attempt,
                    "{v:?} {outer:?}"
                );
            }
            other => panic!("{other:?}"),
        }
    }
    let order = |v: &Visit| (v.arrived, v.request);
    assert!(visits.visits.is_sorted_by_key(order));
}

/// The visits of all requests add up to what was measured.
fn check_sums(model: &Model, visits: &Visits, t: &TrialResult) {
    for (number, component) in (0u16..).zip(&t.components) {
        let place = Place::Component(number);
        // A call that is coordinated at a quorum arrives only where its replicas are asked, on visits within its own.
        let kind = &model.description().components[usize::from(number)].kind;
        let has_quorum = matches!(kind, Kind::Database(d) if d.quorum.is_some());
        let is_inner = |v: &Visit| v.within.is_some_and(|w| visits.visits[w as usize].place == place);
        // What an edge asks of the shield has arrived at its CDN before.
        let is_cdn = matches!(kind, Kind::Cdn(_));
        let counts = |v: &Visit| (!has_quorum || is_inner(v)) && !(is_cdn && is_inner(v));
        let here = |v: &&Visit| v.place == place && !has_not_begun(v) && counts(v);
        let seen = visits.visits.iter().filter(here).count() as u64;
        let measured: u64 = component.windows.iter().map(|w| w.arrived).sum();
        // Keys that move between shards are read and written for no request.
        let moves = |kind: &Kind| matches!(kind, Kind::Shards(s) if s.reshard.is_some() && s.shards.contains(&ComponentId(number)));
        if model.description().components.iter().any(|c| moves(&c.kind)) {
            assert!(
                seen <= measured,
                "arrived at component {number}: {seen}, {measured}"
            );
        } else {
            assert_eq!(seen, measured, "arrived at component {number}");
        }
    }
    let mut tries: BTreeMap<u32, Vec<&Visit>> = BTreeMap::new();
    for v in visits
        .visits
        .iter()
        .filter(|v| matches!(v.place, Place::Clients(_)))
    {
        tries.entry(v.request).or_default().push(v);
    }
    assert_eq!(tries.len(), visits.requests.len());
    for (number, client) in (0u16..).zip(&t.clients) {
        let own = tries
            .iter()
            .filter(|r| visits.requests[*r.0 as usize].client == number);
        let (mut offered, mut ok, mut latency) = (0, 0, 0u128);
        for (_, tries) in own {
            offered += 1;
            assert!(tries.iter().map(|v| usize::from(v.attempt)).eq(1..=tries.len()));
            if let Some((at, End::Ok)) = tries[tries.len() - 1].ended {
                ok += 1;
                latency += u128::from((at - tries[0].arrived).as_nanos());
            }
        }
        let measured: u128 = client.windows.iter().map(|w| w.latency.sum()).sum();
        assert_eq!((offered, ok), (client.whole.offered, client.whole.ok));
        assert_eq!(latency, measured, "from the arrival to the answer");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn following_requests_changes_nothing_and_adds_up(
        bytes in prop::collection::vec(any::<u8>(), 0..160),
        seed in 0u64..4,
        most in 0usize..300,
    ) {
        let model = model_of(&bytes);
        let budget = Budget { in_flight: 50_000, events: 100_000 };
        let condition = Condition { outages: Outages::ByChance, budget };
        let plain = simulate(&model, seed, 3, &condition);
        let (result, all) = followed(&model, seed, &condition, ALL);
        prop_assert_eq!(&plain, &result);
        prop_assert_eq!(all.left_out, 0);
        check_each(&all, result.end);
        if model.description().warm_up == WarmUp::Auto {
            check_sums(&model, &all, &result);
        }
        let (result, few) = followed(&model, seed, &condition, Sample { most, ..ALL });
        prop_assert_eq!(&plain, &result);
        prop_assert_eq!(few.visits.len(), most.min(all.visits.len()));
        prop_assert_eq!(few.left_out, (all.visits.len() - few.visits.len()) as u64);
        let (result, some) = followed(&model, seed, &condition, Sample { share: 0.3, ..ALL });
        prop_assert_eq!(&plain, &result);
        let is_chosen = |v: &&Visit| some.requests.contains(&all.requests[v.request as usize]);
        let bare = |v: &Visit| Visit { request: 0, within: None, ..*v };
        prop_assert!(all.visits.iter().filter(is_chosen).map(bare).eq(some.visits.iter().map(bare)));
    }
}

/// Measured from its first instant.
fn model(seconds: f64, clients: Vec<Clients>, components: Vec<Component>) -> Model {
    checked(Description {
        warm_up: WarmUp::Auto,
        ..description(seconds, clients, components)
    })
}

/// A request that goes through a balancer to an instance, which asks two others at once.
fn nested(rate: f64) -> Model {
    let leaf = |name| service(name, 1, workers(1), vec![work(exponential(0.001))]);
    let steps = vec![
        work(constant(0.001)),
        parallel(vec![vec![go(2)], vec![go(3)]], 2),
        go(2),
    ];
    model(
        60.0,
        vec![poisson(rate, 0)],
        vec![
            balancer("edge", 1, sim_core::model::Balancing::RoundRobin),
            service("api", 2, workers(4), steps),
            leaf("left"),
            leaf("right"),
        ],
    )
}

#[test]
fn the_visits_of_a_patient_request_nest() {
    let m = nested(100.0);
    let (result, visits) = followed(&m, 1, &Condition::default(), ALL);
    check_each(&visits, result.end);
    check_sums(&m, &visits, &result);
    let at = |place| move |v: &&Visit| v.place == place;
    let count = |place| visits.visits.iter().filter(at(place)).count();
    let requests = visits.requests.len();
    assert!(requests > 5_000);
    assert!(count(Place::Component(2)) > 2 * requests - 20);
    for v in &visits.visits {
        let outer = v.within.map(|w| &visits.visits[w as usize]);
        let is_inside =
            |o: &Visit| o.ended.is_none() || v.ended.is_some_and(|e| Some(e.0) <= o.ended.map(|o| o.0));
        assert!(outer.is_none_or(is_inside), "{v:?} in {outer:?}");
        let places = (v.place, outer.map(|o| o.place));
        let expected = match v.place {
            Place::Clients(_) => None,
            Place::Component(0) => Some(Place::Clients(0)),
            Place::Component(1) => Some(Place::Component(0)),
            Place::Component(_) => Some(Place::Component(1)),
        };
        assert_eq!(places.1, expected);
    }
}

#[test]
fn a_retry_raises_the_attempt_of_everything_below_it() {
    let mut users = poisson(50.0, 0);
    users.call.timeout = Some(SimDuration::from_secs_f64(0.01));
    users.call.retry = Some(Retry {
        attempts: 3,
        backoff: Backoff::Constant(SimDuration::from_secs_f64(0.001)),
        jitter: Jitter::None,
        budget: None,
    });
    let m = model(
        20.0,
        vec![users],
        vec![
            service("api", 1, workers(100), vec![go(1)]),
            service("slow", 1, workers(100), vec![work(constant(0.02))]),
        ],
    );
    let (_, visits) = followed(&m, 1, &Condition::default(), ALL);
    let first: Vec<(Place, u16, Option<End>)> = visits
        .visits
        .iter()
        .filter(|v| v.request == 0)
        .map(|v| (v.place, v.attempt, v.ended.map(|e| e.1)))
        .collect();
    let (users, api, slow) = (Place::Clients(0), Place::Component(0), Place::Component(1));
    let expected: Vec<_> = (1..=3)
        .flat_map(|n| {
            [
                (users, n, Some(End::Timeout)),
                (api, n, Some(End::Ok)),
                (slow, n, Some(End::Ok)),
            ]
        })
        .collect();
    assert_eq!(first, expected);
}

#[test]
fn a_trial_that_could_be_computed_without_events_is_the_same_when_it_is_followed() {
    let m = model(
        200.0,
        vec![poisson(80.0, 0)],
        vec![service("queue", 1, workers(1), vec![work(exponential(0.01))])],
    );
    let plain = simulate(&m, 1, 3, &Condition::default());
    assert_eq!(plain.stop, Stop::Duration);
    let (result, visits) = followed(&m, 1, &Condition::default(), ALL);
    assert_eq!(plain, result);
    check_sums(&m, &visits, &result);
    // A tenth of the requests is followed, by lot: within five standard deviations.
    let (result, tenth) = followed(&m, 1, &Condition::default(), Sample { share: 0.1, ..ALL });
    assert_eq!(plain, result);
    let n = visits.requests.len() as f64;
    let off = tenth.requests.len() as f64 - 0.1 * n;
    assert!(off.abs() < 5.0 * (n * 0.09).sqrt(), "{off}");
}
