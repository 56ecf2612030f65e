//! Choices recorded from a running nginx.
//!
//! `tests/data/vectors/nginx_lb.json` says from which version, and how they were recorded.

use serde_json::Value;

use super::super::ketama::Ketama;
use super::super::nginx_peers::NginxPeers;
use super::super::{Answer, hash, ip_hash};
use super::{T, choose, new, weighted};
use crate::model::Balancing;
use crate::time::{SimDuration, SimTime};

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

/// The peers that a request tries until one doesn't refuse it, as nginx sends it on. Left out is the trace with a backup,
/// which is a group of its own in nginx: here it is a second level of priority.
#[test]
fn peers_that_failed_lately_are_passed_over_as_recorded() {
    let mut seen = 0;
    for case in recorded()["failures"].as_array().expect("cases") {
        let peers = case["peers"].as_array().expect("peers");
        let first = &peers[0];
        let max_fails = first["max_fails"].as_u64().expect("a number") as u32;
        if peers.iter().any(|p| p["backup"] == true) || max_fails == 0 {
            continue;
        }
        seen += 1;
        let weights: Vec<u32> = peers
            .iter()
            .map(|p| p["weight"].as_u64().expect("a weight") as u32)
            .collect();
        let backends = weighted(&weights);
        // Only the first ever fails: what the others allow doesn't matter.
        let timeout = first["fail_timeout_s"].as_f64().expect("seconds");
        let mut choice = NginxPeers::new(max_fails, SimDuration::from_secs_f64(timeout));
        for request in case["requests"].as_array().expect("requests") {
            // A time of day, in which nothing is so early that no look has been yet.
            let second = 1_000_000.0 + request["t_s"].as_f64().expect("seconds");
            let when = SimTime::ZERO + SimDuration::from_secs_f64(second);
            let mut left: Vec<u32> = (0u32..).take(peers.len()).collect();
            let mut tried = Vec::new();
            loop {
                let at = choice.among(backends.candidates(), &left, when);
                tried.push(at);
                let is_ok = peers[at as usize]["refuses_connections"] != true;
                choice.note(Answer {
                    at,
                    when,
                    latency: SimDuration::ZERO,
                    is_ok,
                });
                if is_ok {
                    break;
                }
                left.retain(|l| *l != at);
            }
            assert_eq!(
                tried,
                numbers(&request["expect_tried"]),
                "{} {request}",
                case["id"]
            );
        }
    }
    assert_eq!(seen, 2);
}
