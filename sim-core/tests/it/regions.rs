//! Regions, the ways between them, names that lead to them, and faults that strike them, against what arithmetic says.

use sim_core::measure::{STEPS, TrialResult};
use sim_core::model::{
    Answers, Cdn, Component, ComponentId, Description, Dns, EndpointCheck, FaultKind, Freshness, Kind,
    Network, RegionId, ScheduledFault, Storage, WarmUp, Way,
};
use sim_core::random::StreamName;
use sim_core::simulation::{Condition, simulate};
use sim_core::time::{SimDuration, SimTime};

use crate::build::{
    balancer, call, checked, clients, component, constant, description, poisson, renewal, service, unlimited,
    work,
};

const A: RegionId = RegionId(0);
const B: RegionId = RegionId(1);
pub const USERS: RegionId = RegionId(2);

pub fn secs(s: f64) -> SimDuration {
    SimDuration::from_secs_f64(s)
}

fn at(s: f64) -> SimTime {
    SimTime::ZERO + secs(s)
}

fn name(kind: Dns) -> Component {
    component("www", Kind::Dns(kind))
}

fn dns(policy: Answers, ttl: f64, resolvers: u32) -> Dns {
    Dns {
        forward: vec![ComponentId(0), ComponentId(1)],
        policy,
        ttl: secs(ttl),
        resolvers,
        check: Some(EndpointCheck {
            interval: secs(2.0),
            fails: 3,
            passes: 2,
            timeout: secs(1.0),
        }),
        convergence: SimDuration::ZERO,
    }
}

/// Two regions with a service each, and users who are 10 ms from the first and 30 ms from the second.
pub fn two_regions(seconds: f64, calls: u16, rate: f64, more: Vec<Component>) -> Description {
    let web = |name: &str| service(name, 2, unlimited(), vec![work(constant(0.005))]);
    let mut components = vec![web("web-a"), web("web-b")];
    components.extend(more);
    let way = |from, to, delay: f64| Way {
        from,
        to,
        delay: constant(delay),
        bandwidth: None,
        loss: 0.0,
        price: 0,
    };
    let mut d = description(seconds, vec![poisson(rate, calls)], components);
    d.warm_up = WarmUp::For(secs(0.0));
    d.network = Network {
        regions: ["a", "b", "users"].map(StreamName::new).into(),
        homes: vec![A, B],
        client_homes: vec![Some(USERS)],
        ways: vec![
            way(USERS, A, 0.010),
            way(A, USERS, 0.012),
            way(USERS, B, 0.030),
            way(B, USERS, 0.030),
            way(A, B, 0.040),
            way(B, A, 0.040),
        ],
        ..Network::default()
    };
    d
}

fn fault(from: f64, duration: f64, kind: FaultKind) -> ScheduledFault {
    ScheduledFault {
        at: at(from),
        duration: secs(duration),
        kind,
    }
}

pub fn run(d: &Description, trial: u64) -> TrialResult {
    simulate(&checked(d.clone()), 7, trial, &Condition::default())
}

/// All latencies in nanoseconds, the least and the greatest.
pub fn latencies(t: &TrialResult) -> (u64, u64) {
    let all = t.clients[0].windows.iter();
    let least = all.clone().filter_map(|w| w.latency.min()).min();
    (
        least.unwrap_or(0),
        all.filter_map(|w| w.latency.max()).max().unwrap_or(0),
    )
}

pub fn served(t: &TrialResult, component: usize) -> u64 {
    t.components[component].windows.iter().map(|w| w.served).sum()
}

#[test]
fn a_latency_is_the_sum_of_its_ways_to_the_nanosecond() {
    for (calls, expect) in [(0, 27_000_000), (1, 65_000_000)] {
        let t = run(&two_regions(20.0, calls, 50.0, vec![]), 0);
        assert_eq!(latencies(&t), (expect, expect));
        assert!(t.clients[0].whole.ok > 900);
    }
    // A service in one region that calls one in the other, for users within the first.
    let caller = service("front", 1, unlimited(), vec![crate::build::go(1)]);
    let mut d = two_regions(20.0, 2, 50.0, vec![caller]);
    d.network.cross_zone = Some(constant(0.001));
    d.network.client_homes = vec![Some(A)];
    let t = run(&d, 0);
    // Two times 1 ms within the region, two times 40 ms between them, 5 ms of work.
    assert_eq!(latencies(&t), (87_000_000, 87_000_000));
    // A way from the region to itself stands instead of the delay between its zones.
    d.network.ways.push(Way {
        from: A,
        to: A,
        delay: constant(0.003),
        bandwidth: None,
        loss: 0.0,
        price: 0,
    });
    assert_eq!(latencies(&run(&d, 0)), (91_000_000, 91_000_000));
}

#[test]
fn who_has_no_region_is_beside_the_network() {
    let mut d = two_regions(20.0, 1, 50.0, vec![]);
    d.network.client_homes = vec![None];
    assert_eq!(latencies(&run(&d, 0)), (5_000_000, 5_000_000));
}

#[test]
fn a_call_without_a_way_is_refused_by_the_model() {
    let mut d = two_regions(20.0, 1, 50.0, vec![]);
    d.network.ways.retain(|w| w.to != USERS);
    let problems = sim_core::model::Model::new(d).expect_err("there is no way back");
    assert_eq!(problems.len(), 1, "{problems:?}");
}

#[test]
fn under_round_robin_a_share_is_a_share_of_resolvers() {
    // Three resolvers whose answers outlive the run: two of them name the first component.
    let mut d = two_regions(200.0, 2, 100.0, vec![name(dns(Answers::RoundRobin, 1e6, 3))]);
    let t = run(&d, 0);
    let share = |t: &TrialResult| served(t, 0) as f64 / (served(t, 0) + served(t, 1)) as f64;
    // 20,000 requests: four standard errors of a binomial share.
    assert!(
        (share(&t) - 2.0 / 3.0).abs() < 4.0 * (2.0f64 / 9.0 / 20_000.0).sqrt(),
        "{}",
        share(&t)
    );
    // With one resolver everybody goes to one component, until the TTL is over; then to the other.
    let Kind::Dns(dns) = &mut d.components[2].kind else {
        panic!("a name");
    };
    (dns.resolvers, dns.ttl) = (1, secs(10.0));
    let t = run(&d, 0);
    assert!((share(&t) - 0.5).abs() < 0.06, "{}", share(&t));
    let windows = || (0..32).map(|w| t.components[0].windows[w].served);
    assert!(
        windows().any(|n| n == 0) && windows().any(|n| n > 400),
        "{:?}",
        windows().collect::<Vec<_>>()
    );
}

#[test]
fn no_two_policies_answer_alike() {
    // The way to the nearer region is made longer by a fault for all of the run, and the order of forward is turned.
    let mut shares = Vec::new();
    for policy in [
        Answers::RoundRobin,
        Answers::Weighted(vec![4.0, 1.0]),
        Answers::Failover,
        Answers::Nearest,
        Answers::Latency,
    ] {
        // A new member stops here until it is in the list.
        match policy {
            Answers::RoundRobin
            | Answers::Weighted(_)
            | Answers::Failover
            | Answers::Nearest
            | Answers::Latency => {}
        }
        let mut of = dns(policy, 1.0, 50);
        of.forward.reverse();
        let mut d = two_regions(60.0, 2, 100.0, vec![name(of)]);
        // The first component goes down for a while, so that the first and the least delayed part company.
        let by = constant(0.1);
        d.faults = vec![fault(0.0, 60.0, FaultKind::Latency { a: USERS, b: A, by })];
        let t = run(&d, 0);
        shares.push(served(&t, 1) as f64 / (served(&t, 0) + served(&t, 1)) as f64);
    }
    assert!((shares[0] - 0.5).abs() < 0.05, "{shares:?}");
    assert!((shares[1] - 0.8).abs() < 0.05, "{shares:?}");
    // The first in the list, the nearest by the table, the nearest as things are.
    assert_eq!(shares[2..], [1.0, 0.0, 1.0], "{shares:?}");
}

/// When the last request that failed arrived, and the first that went to the second region and ended well.
fn last_failure(t: &TrialResult, seconds: f64) -> f64 {
    let steps = &t.clients[0].steps;
    let last = steps.iter().rposition(|s| s.failed > 0).expect("some fail");
    (last + 1) as f64 * seconds / STEPS as f64
}

#[test]
fn a_failover_takes_its_detection_and_what_is_left_of_the_ttl() {
    let (ttl, seconds, rate) = (10.0, 128.0, 200.0);
    let mut lost = 0.0;
    let trials = 40;
    let mut ends = Vec::new();
    for trial in 0..trials {
        let mut d = two_regions(seconds, 2, rate, vec![name(dns(Answers::Nearest, ttl, 50))]);
        d.clients[0].call.timeout = Some(secs(1.0));
        d.faults = vec![fault(40.0, 80.0, FaultKind::RegionOutage(A))];
        let t = run(&d, trial);
        let whole = &t.clients[0].whole;
        assert_eq!(whole.failed(), whole.timeout, "nobody refuses what is lost");
        lost += whole.timeout as f64;
        ends.push(last_failure(&t, seconds) - 40.0);
    }
    // Three checks at 2 s apart fail, the third of them 4 to 6 s after the fault, and it waits 1 s for its answer. Then each of
    // 50 resolvers asks again when its answer of 10 s is over, and the last of them surely late.
    let (least, most) = (
        ends.iter().copied().fold(f64::MAX, f64::min),
        ends.iter().copied().fold(0.0, f64::max),
    );
    assert!(least > 5.0 + 0.8 * ttl && most <= 7.0 + ttl + 0.2, "{ends:?}");
    // On average a request is lost for 6 s of detection and half a TTL, and what was on its way or served by then is lost too.
    let expect = rate * (6.0 + ttl / 2.0 + 0.017);
    let got = lost / trials as f64;
    // Detection varies by 2 s / sqrt(12) from trial to trial, the mean rest of 50 TTLs by 0.41 s, requests by their root.
    let error = ((rate * 0.577).powi(2) + (rate * 0.41).powi(2) + expect).sqrt() / (trials as f64).sqrt();
    assert!(error < 0.015 * expect, "too vague: {error}");
    assert!(
        (got - expect).abs() < 3.5 * error,
        "{got} lost, not {expect} +- {error}"
    );
}

#[test]
fn routes_change_after_their_convergence() {
    let mut of = dns(Answers::Nearest, 0.0, 1);
    of.convergence = secs(20.0);
    of.check = Some(EndpointCheck {
        interval: secs(1.0),
        fails: 1,
        passes: 1,
        timeout: secs(1.0),
    });
    let mut d = two_regions(128.0, 2, 200.0, vec![name(of)]);
    d.clients[0].call.timeout = Some(secs(1.0));
    d.faults = vec![fault(40.0, 40.0, FaultKind::RegionOutage(A))];
    let t = run(&d, 0);
    let end = last_failure(&t, 128.0) - 40.0;
    assert!((21.0..22.3).contains(&end), "{end}");
    // Everybody is back at the nearer region after the outage and another convergence.
    assert!(served(&t, 1) as f64 / 200.0 < 40.0 + 2.0 && served(&t, 1) as f64 / 200.0 > 35.0);
}

#[test]
fn a_partition_cuts_one_way_and_latency_adds_to_it() {
    let mut d = two_regions(100.0, 0, 50.0, vec![]);
    d.faults = vec![
        fault(20.0, 10.0, FaultKind::Partition(USERS, A)),
        fault(
            50.0,
            10.0,
            FaultKind::Latency {
                a: A,
                b: USERS,
                by: constant(0.1),
            },
        ),
        fault(80.0, 10.0, FaultKind::Partition(USERS, B)),
    ];
    let t = run(&d, 0);
    let whole = t.clients[0].whole;
    // Who waits for ever learns after 127 s that nothing comes: those are still in flight.
    assert_eq!(whole.failed(), 0);
    let expect = 50.0 * (10.0 + 0.017);
    assert!(
        (whole.in_flight() as f64 - expect).abs() < 4.0 * expect.sqrt(),
        "{whole:?}"
    );
    assert_eq!(latencies(&t), (27_000_000, 227_000_000));
    // With more time they all end as unreachable, 127 s after they were sent.
    d.duration = secs(300.0);
    let t = run(&d, 0);
    let unreachable = t.clients[0].whole.unreachable;
    assert!(
        (1..6).contains(&(whole.in_flight() + 1 - unreachable)),
        "{unreachable} {whole:?}"
    );
    assert_eq!(t.clients[0].whole.failed(), unreachable);
}

#[test]
fn an_instance_that_two_faults_hold_down_is_up_after_both() {
    let mut d = two_regions(
        100.0,
        2,
        50.0,
        vec![balancer("lb", 0, sim_core::model::Balancing::RoundRobin)],
    );
    d.network = Network::default();
    d.components[0].zones = 2;
    let crash = FaultKind::InstanceCrash {
        component: ComponentId(0),
        instances: vec![1],
    };
    let zone = FaultKind::ZoneOutage {
        region: None,
        zone: 1,
    };
    d.faults = vec![fault(20.0, 30.0, zone), fault(40.0, 30.0, crash)];
    let t = run(&d, 0);
    let up: u128 = t.components[0].windows.iter().map(|w| w.up_ns).sum();
    assert_eq!(up, 150_000_000_000, "one of two is down from 20 s to 70 s");
    // Half of the requests meet it, and are refused at once; the balancer stands in all zones.
    let failed = t.clients[0].whole.failed() as f64;
    assert!((failed - 1250.0).abs() < 4.0 * 1250.0f64.sqrt(), "{failed}");
    let balancer: u128 = t.components[2].windows.iter().map(|w| w.up_ns).sum();
    assert_eq!(balancer, 100_000_000_000);
}

#[test]
fn a_cdn_answers_near_its_callers_and_asks_its_shield() {
    let cdn = |shield| Cdn {
        edges: vec![USERS, B],
        is_private: false,
        cacheable: vec![true],
        storage: Storage::HitRatio(0.8),
        freshness: Freshness::default(),
        shield,
        coalesce: None,
        shield_hit_ratio: 0.5,
        price: 85,
        request_price: 1_000_000,
        origin: call(1),
    };
    let with = |cdn| two_regions(100.0, 2, 400.0, vec![component("cdn", Kind::Cdn(cdn))]);
    let n = 40_000.0;
    // No delay is given within the users' region: a hit takes no time, a miss the way to the origin.
    let t = run(&with(cdn(None)), 0);
    assert_eq!(latencies(&t), (0, 65_000_000));
    let share = served(&t, 1) as f64 / n;
    assert!((share - 0.2).abs() < 0.01, "{share}");
    // Through the shield in the first region: 22 ms there and back, and half of what comes 80 ms + 5 ms further.
    let t = run(&with(cdn(Some(A))), 0);
    assert_eq!(latencies(&t), (0, 107_000_000));
    let share = served(&t, 1) as f64 / n;
    assert!((share - 0.1).abs() < 0.008, "{share}");
    let hits: u64 = t.components[2].windows.iter().map(|w| w.hits).sum();
    assert!((hits as f64 / n - 0.8).abs() < 0.01, "the edges' own");
    // While the shield's region is dark the edges ask the origin themselves.
    let mut d = with(cdn(Some(A)));
    d.faults = vec![fault(0.0, 100.0, FaultKind::RegionOutage(A))];
    assert_eq!(latencies(&run(&d, 0)), (0, 65_000_000));
    // What can't be kept passes by the shield.
    let mut none = cdn(Some(A));
    none.cacheable = vec![false];
    let t = run(&with(none), 0);
    assert_eq!(latencies(&t), (65_000_000, 65_000_000));
}

#[test]
fn a_scenario_without_places_draws_as_before_beside_one_with_places() {
    // The same system, once in no region and once all in one: the same bits.
    let mut plain = two_regions(
        50.0,
        2,
        100.0,
        vec![balancer("lb", 0, sim_core::model::Balancing::Random)],
    );
    plain.network = Network {
        same_zone: Some(crate::build::exponential(0.001)),
        cross_zone: Some(crate::build::exponential(0.002)),
        ..Network::default()
    };
    plain.components[0].zones = 2;
    let mut placed = plain.clone();
    placed.network.regions = vec![StreamName::new("only")];
    placed.network.homes = vec![A; 3];
    placed.network.client_homes = vec![None];
    assert_eq!(run(&plain, 3), run(&placed, 3));
}

#[test]
fn a_retry_keeps_its_resolver_and_a_late_answer_is_waste() {
    // One resolver names the dead component for all of the run: trying again through it doesn't help.
    let mut d = two_regions(60.0, 2, 50.0, vec![name(dns(Answers::Failover, 1e6, 4))]);
    d.clients[0].call.timeout = Some(secs(0.026));
    let t = run(&d, 0);
    // 27 ms there and back: the answers come too late, and are counted as wasted where they were made.
    assert_eq!(t.clients[0].whole.ok, 0);
    let wasted: u64 = t.components[0].windows.iter().map(|w| w.wasted).sum();
    assert!(wasted + 3 >= t.clients[0].whole.offered, "{wasted}");
    let mut closed = clients(
        sim_core::model::Arrivals::Closed {
            users: 3,
            think: constant(0.1),
        },
        call(2),
    );
    closed.name = StreamName::new("closed");
    d.clients = vec![closed];
    assert_eq!(latencies(&run(&d, 0)), (27_000_000, 27_000_000));
    d.clients = vec![renewal(constant(0.1), 2)];
    assert_eq!(latencies(&run(&d, 0)), (27_000_000, 27_000_000));
}

#[test]
fn a_slow_component_takes_so_many_times_as_long_while_it_lasts() {
    let mut d = two_regions(100.0, 0, 50.0, vec![]);
    let slow = |factor| FaultKind::Slow {
        instances: Vec::new(),
        component: ComponentId(0),
        factor,
    };
    d.faults = vec![fault(20.0, 40.0, slow(4.0)), fault(40.0, 40.0, slow(1.5))];
    let t = run(&d, 0);
    // 22 ms on the way, and 5 ms of work or four, six and one and a half times as much.
    assert_eq!(latencies(&t), (27_000_000, 52_000_000));
    let mean: f64 = t.clients[0].windows.iter().map(|w| w.latency.sum() as f64).sum();
    let mean = mean / t.clients[0].whole.ok as f64 / 1e6;
    let expect = 22.0 + 5.0 * (0.4 + 0.2 * (4.0 + 6.0 + 1.5));
    assert!((mean - expect).abs() < 1.0, "{mean} ms, not {expect}");
}
