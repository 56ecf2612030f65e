//! Choices recorded from a running nginx.
//!
//! `tests/data/vectors/nginx_lb.json` says from which version, and how they were recorded. Its failures are in `tests/it/peers.rs`.

use serde_json::Value;

use super::super::ketama::Ketama;
use super::super::{hash, ip_hash};
use super::{T, choose, new, weighted};
use crate::model::Balancing;

fn recorded() -> Value {
    serde_json::from_str(include_str!("../../../../tests/data/vectors/nginx_lb.json")).expect("JSON")
}

fn numbers(value: &Value) -> Vec<u32> {
    let all = value.as_array().expect("a list").iter();
    all.map(|v| v.as_u64().expect("a number") as u32).collect()
}

#[test]
fn smooth_weighted_round_robin_takes_the_recorded_turns() {
    for case in recorded()["smooth_weighted_round_robin"]
        .as_array()
        .expect("cases")
    {
        let backends = weighted(&numbers(&case["weights"]));
        // Where weights differ, turns are always taken so.
        for policy in [Balancing::WeightedRoundRobin, Balancing::RoundRobin] {
            let mut choice = new(policy);
            let expect = numbers(&case["expect"]);
            let turns: Vec<u32> = expect.iter().map(|_| choose(&mut choice, &backends)).collect();
            assert_eq!(turns, expect, "{}", case["id"]);
        }
    }
}

#[test]
fn a_key_goes_where_it_went() {
    for case in recorded()["hash"].as_array().expect("cases") {
        let backends = weighted(&numbers(&case["weights"]));
        for asked in case["expect"].as_array().expect("keys") {
            let key = asked["key"].as_str().expect("a key");
            let at = hash::pick(backends.candidates(), key.as_bytes());
            assert_eq!(at.map(u64::from), asked["peer"].as_u64(), "{} {key}", case["id"]);
        }
    }
}

#[test]
fn an_address_goes_where_it_went() {
    for case in recorded()["ip_hash"].as_array().expect("cases") {
        let backends = weighted(&numbers(&case["weights"]));
        for asked in case["expect"].as_array().expect("clients") {
            let client = asked["client"].as_str().expect("an address");
            let octets: Vec<u8> = client.split('.').map(|o| o.parse().expect("an octet")).collect();
            let address = octets.try_into().expect("four octets");
            let at = ip_hash::pick(backends.candidates(), address);
            assert_eq!(
                at.map(u64::from),
                asked["peer"].as_u64(),
                "{} {client}",
                case["id"]
            );
        }
    }
}

#[test]
fn a_key_whose_instance_may_not_be_chosen_goes_elsewhere_and_comes_back() {
    let mut backends = weighted(&[1, 1, 1]);
    for policy in [Balancing::Hash, Balancing::IpHash] {
        let mut choice = new(policy);
        let all: Vec<u32> = (0..60)
            .map(|key| super::choose_for(&mut choice, &backends, key))
            .collect();
        backends.set_eligible(1, false);
        let without: Vec<u32> = (0..60)
            .map(|key| super::choose_for(&mut choice, &backends, key))
            .collect();
        for (with, without) in all.iter().zip(&without) {
            assert!(*without != 1 && (with == without || *with == 1), "{policy:?}");
        }
        assert!(
            [0, 2]
                .iter()
                .all(|i| all.iter().zip(&without).any(|w| *w.0 == 1 && w.1 == i))
        );
        backends.set_eligible(1, true);
        let again: Vec<u32> = (0..60)
            .map(|key| super::choose_for(&mut choice, &backends, key))
            .collect();
        assert_eq!(again, all);
    }
}

#[test]
fn least_conn_breaks_ties_as_recorded() {
    for case in recorded()["least_conn"].as_array().expect("cases") {
        let mut backends = weighted(&numbers(&case["weights"]));
        let mut choice = new(Balancing::NginxLeastConn);
        // First all calls stay out, then each is back before the next.
        let held = numbers(&case["expect_held"]);
        let found: Vec<u32> = held
            .iter()
            .map(|_| {
                let at = choose(&mut choice, &backends);
                backends.sent(at, T);
                at
            })
            .collect();
        assert_eq!(found, held, "{}", case["id"]);
        found.into_iter().for_each(|at| backends.came_back(at, T));
        let sequential = numbers(&case["expect_sequential"]);
        let found: Vec<u32> = sequential
            .iter()
            .map(|_| choose(&mut choice, &backends))
            .collect();
        assert_eq!(found, sequential, "{}", case["id"]);
    }
}

#[test]
fn ketama_has_the_recorded_points_and_choices() {
    for case in recorded()["hash_consistent"].as_array().expect("cases") {
        let weights = numbers(&case["weights"]);
        let backends = weighted(&weights);
        let names = case["server_names"].as_array().expect("names").iter();
        let hosts = (0u32..).zip(names).zip(&weights);
        let table =
            Ketama::named(hosts.map(|((at, name), w)| (at, name.as_str().expect("a name").into(), *w)));
        assert_eq!(table.points().len() as u64, case["ring_points"], "{}", case["id"]);
        for (found, point) in table
            .points()
            .iter()
            .zip(case["first_points"].as_array().expect("points"))
        {
            assert_eq!(u64::from(found.0), point["point"]);
            assert_eq!(u64::from(found.1), point["peer"]);
        }
        for asked in case["expect"].as_array().expect("keys") {
            let key = asked["key"].as_str().expect("a key");
            let at = table.at(backends.candidates(), key.as_bytes());
            assert_eq!(at.map(u64::from), asked["peer"].as_u64(), "{} {key}", case["id"]);
        }
    }
}
