//! What answers weigh: links that they share, what they cost, what is lost and sent again, and what a connection takes.

use sim_core::measure::TrialResult;
use sim_core::model::{Cdn, Freshness, Kind, Network, Storage, WarmUp};

use crate::build::{call, component, constant, poisson, renewal, service, unlimited};
use crate::regions::{USERS, latencies, run, secs, served, two_regions};

fn usage(t: &TrialResult, component: usize) -> u64 {
    t.components[component].windows.iter().map(|w| w.usage_pusd).sum()
}

#[test]
fn answers_share_a_link_as_processor_sharing() {
    // 60 MB/s and answers of 1 MB, 48 a second: M/D/1 with processor sharing at utilization 0.8, whose mean sojourn is that of
    // M/M/1, S / (1 - rho), whatever the law (Kleinrock 1976, "Queueing Systems" volume 2, section 4.4).
    let mut d = two_regions(2000.0, 0, 48.0, vec![]);
    d.warm_up = WarmUp::For(secs(50.0));
    d.network.op_sizes = vec![1_000_000];
    d.network.ways[1].bandwidth = Some(60e6);
    d.network.ways[1].price = 90;
    let (mut sums, mut squares) = (0.0, 0.0);
    let trials = 20;
    for trial in 0..trials {
        let t = run(&d, trial);
        let all = t.clients[0].windows.iter();
        let (sum, count) = all.fold((0.0, 0.0), |a, w| {
            (a.0 + w.latency.sum() as f64, a.1 + w.latency.count() as f64)
        });
        let mean = sum / count / 1e9;
        sums += mean;
        squares += mean * mean;
        let served: u64 = served(&t, 0);
        // What is paid is paid when the answer leaves.
        assert_eq!(usage(&t, 0), served * 90_000_000);
    }
    let n = trials as f64;
    let mean = sums / n;
    let error = ((squares / n - mean * mean) / (n - 1.0)).sqrt();
    let expect = 0.027 + 1.0 / 60.0 / 0.2;
    assert!(error < 0.01 * expect, "too vague: {error}");
    assert!(
        (mean - expect).abs() < 3.5 * error,
        "{mean} s, not {expect} +- {error}"
    );
    // Alone on the link an answer takes its size over the bandwidth.
    d.clients[0] = renewal(constant(1.0), 0);
    let alone = run(&d, 0);
    assert_eq!(latencies(&alone), (43_666_667, 43_666_667));
}

#[test]
fn what_is_lost_is_sent_again_and_a_connection_takes_round_trips() {
    let mut d = two_regions(4000.0, 0, 50.0, vec![]);
    d.network.set_up = vec![2];
    // TCP and TLS 1.3: two round trips of 22 ms more.
    assert_eq!(latencies(&run(&d, 0)), (71_000_000, 71_000_000));
    d.network.set_up = vec![];
    d.network.ways[0].loss = 0.1;
    let t = run(&d, 0);
    // A message is lost k times with probability 0.9 * 0.1^k, and waits 222 ms * (2^k - 1): 222 ms * 0.1 / 0.8 on average.
    let all = t.clients[0].windows.iter();
    let (sum, count) = all.fold((0.0, 0.0), |a, w| {
        (a.0 + w.latency.sum() as f64, a.1 + w.latency.count() as f64)
    });
    let mean = sum / count / 1e6;
    // The second moment of the wait: 222^2 * (0.9 * (0.4 / 0.6 - 2 * 0.2 / 0.8 + 0.1 / 0.9)).
    let error = 222.0 * (0.9f64 * (0.4 / 0.6 - 0.5 + 0.1 / 0.9)).sqrt() / count.sqrt();
    assert!(error < 0.3, "too vague: {error}");
    assert!(
        (mean - 27.0 - 222.0 / 8.0).abs() < 3.5 * error,
        "{mean} ms +- {error}"
    );
    // The first message of a connection waits a whole second.
    d.network.set_up = vec![1];
    d.network.ways[0].loss = 0.5;
    let t = run(&d, 0);
    let least = |at: u64| {
        t.clients[0]
            .windows
            .iter()
            .map(|w| w.latency.count_above(at))
            .sum::<u64>() as f64
    };
    let share = least(1_000_000_000) / (t.clients[0].whole.ok as f64);
    // The first message lost at once, or the second three times in a row (222 + 444 + 888 ms): 1 - 0.5 * 0.875.
    assert!((share - 0.5625).abs() < 0.01, "{share}");
}

#[test]
fn a_cdn_is_paid_by_byte_and_request_and_its_origin_is_not() {
    let cdn = Cdn {
        edges: vec![USERS],
        is_private: false,
        cacheable: vec![true],
        storage: Storage::HitRatio(0.5),
        freshness: Freshness::default(),
        shield: None,
        coalesce: None,
        shield_hit_ratio: 0.0,
        price: 85,
        request_price: 1_000_000,
        origin: call(1),
    };
    let mut d = two_regions(100.0, 2, 100.0, vec![component("cdn", Kind::Cdn(cdn))]);
    d.network.op_sizes = vec![20_000];
    d.network.ways.iter_mut().for_each(|w| w.price = 90);
    let t = run(&d, 0);
    let requests: u64 = t.components[2].windows.iter().map(|w| w.arrived).sum();
    let answers = served(&t, 2);
    assert_eq!(usage(&t, 2), requests * 1_000_000 + answers * 20_000 * 85);
    assert_eq!(usage(&t, 1), 0);
    // Between two zones of a region both ends pay.
    let mut d = two_regions(100.0, 0, 100.0, vec![]);
    d.network = Network {
        sizes: vec![1_000],
        cross_zone_price: 20,
        ..Network::default()
    };
    d.components[0].zones = 2;
    let caller = service("front", 1, unlimited(), vec![crate::build::go(0)]);
    d.components.push(caller);
    d.clients = vec![poisson(100.0, 2)];
    let t = run(&d, 0);
    // Calls go to two instances in turn, and one of them is in the other zone.
    let half = served(&t, 0) / 2 * 20_000;
    assert!(usage(&t, 0).abs_diff(half) <= 20_000, "{} {half}", usage(&t, 0));
}
