//! Tables of consistent hashing: Envoy's own expectations, and what they are good for.
//!
//! `tests/data/vectors/envoy_consistent_hash.json` says from which version they are.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::consistent_hash::{Host, name};
use super::super::hash::decimal;
use super::super::maglev::Maglev;
use super::super::ring::Ring;
use super::{T, choose_for, even, new, weighted};
use crate::model::{Balancing, ConsistentHash, HashBy, Scheme};

fn expected() -> Value {
    let text = include_str!("../../../../tests/data/vectors/envoy_consistent_hash.json");
    serde_json::from_str(text).expect("JSON")
}

fn cases(of: &Value) -> impl Iterator<Item = &Value> {
    of.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

fn big(value: &Value) -> u64 {
    value.as_str().expect("digits").parse().expect("a number")
}

fn count(value: &Value) -> u64 {
    value.as_u64().expect("a count")
}

/// A weight as it is written: a number, or a part of a part.
fn part(weight: &Value) -> f64 {
    match weight.as_str() {
        None => weight.as_f64().expect("a weight"),
        Some(text) => {
            let n: Vec<f64> = text.split(' ').filter_map(|w| w.parse().ok()).collect();
            n[0] / n[1] * n[2] / n[3]
        }
    }
}

fn hosts(of: &Value) -> Vec<Host> {
    let total: f64 = cases(of).map(|h| part(&h["weight"])).sum();
    let host = |(at, h): (u32, &Value)| Host {
        at,
        name: h["key"].as_str().expect("a name").into(),
        weight: part(&h["weight"]) / total,
    };
    (0u32..).zip(cases(of)).map(host).collect()
}

fn equal(count: u32, name: impl Fn(u32) -> Vec<u8>) -> Vec<Host> {
    let host = |at| Host {
        at,
        name: name(at),
        weight: 1.0 / f64::from(count),
    };
    (0..count).map(host).collect()
}

#[test]
fn rings_have_the_expected_points_and_hosts() {
    let expected = expected();
    let mut seen = 0;
    for case in cases(&expected["ring_hash"]) {
        let size = |what: &str| count(&case[what]) as u32;
        let ring = Ring::new(
            &hosts(&case["hosts"]),
            size("minimum_ring_size"),
            size("maximum_ring_size"),
        );
        let id = &case["id"];
        let expect = &case["expect"];
        assert_eq!(ring.points().len() as u64, count(&expect["size"]), "{id}");
        let mut per_host = vec![0; case["hosts"].as_array().map_or(0, Vec::len)];
        ring.points().iter().for_each(|p| per_host[p.1 as usize] += 1);
        assert_eq!(
            per_host.iter().min(),
            Some(&count(&expect["min_hashes_per_host"])),
            "{id}"
        );
        assert_eq!(
            per_host.iter().max(),
            Some(&count(&expect["max_hashes_per_host"])),
            "{id}"
        );
        for (point, expect) in ring.points().iter().zip(cases(&case["ring"])) {
            assert_eq!(point.0, big(&expect["position"]), "{id}");
            assert_eq!(u64::from(point.1), count(&expect["host"]), "{id}");
        }
        for look_up in cases(&case["lookups"]) {
            let at = ring.at(big(&look_up["hash"]), count(&look_up["attempt"]) as u32);
            assert_eq!(u64::from(at), count(&look_up["expect_host"]), "{id} {look_up}");
            seen += 1;
        }
        if let Some(n) = case["histogram"]["n"].as_u64() {
            let step = big(&case["histogram"]["step"]);
            let mut counts = vec![0; per_host.len()];
            (0..n).for_each(|i| counts[ring.at(i * step, 0) as usize] += 1);
            let expect: Vec<u64> = cases(&case["histogram"]["expect_counts"]).map(count).collect();
            assert_eq!(counts, expect, "{id}");
        }
    }
    assert!(seen > 10);
}

#[test]
fn a_ring_too_small_for_all_hosts_has_the_heaviest_and_a_few_others() {
    // In the upstream test the first of 1024 hosts is alone in a locality of weight 127, and the others share weight 1.
    let host = |at: u32| Host {
        at,
        name: [b"127.0.0.1:".as_slice(), decimal(u64::from(at), &mut [0; 20])].concat(),
        weight: if at == 0 {
            127.0 / 128.0
        } else {
            1.0 / 128.0 / 1023.0
        },
    };
    let case = &expected()["ring_lopsided"];
    let size = |what: &str| count(&case[what]) as u32;
    let hosts: Vec<Host> = (0..1024).map(host).collect();
    let ring = Ring::new(&hosts, size("minimum_ring_size"), size("maximum_ring_size"));
    let expect = &case["expect"];
    assert_eq!(ring.points().len() as u64, count(&expect["size"]));
    let of_first = ring.points().iter().filter(|p| p.1 == 0).count() as u64;
    assert_eq!(of_first, count(&expect["host0_entries"]));
    let others: BTreeSet<u32> = ring.points().iter().map(|p| p.1).filter(|at| *at > 0).collect();
    assert_eq!(others.len() as u64, count(&expect["others_on_ring"]));
    for look_up in cases(&case["lookups"]) {
        let at = ring.at(big(&look_up["hash"]), 0);
        assert_eq!(u64::from(at), count(&look_up["expect_host"]), "{look_up}");
    }
}

#[test]
fn maglev_tables_have_the_expected_entries() {
    let expected = expected();
    for case in cases(&expected["maglev"]) {
        let size = count(&case["table_size"]) as u32;
        if case["hosts"].is_array() {
            let table = Maglev::new(&hosts(&case["hosts"]), size);
            let expect: Vec<u64> = cases(&case["expect_table"]).map(count).collect();
            let found: Vec<u64> = table.table().iter().map(|at| u64::from(*at)).collect();
            assert_eq!(found, expect, "{}", case["id"]);
            continue;
        }
        let table = Maglev::new(&equal(100, name), size);
        let mut counts = [0u64; 100];
        table.table().iter().for_each(|at| counts[*at as usize] += 1);
        let expect = &case["expect"];
        assert_eq!(counts.iter().min(), Some(&count(&expect["min_entries"])));
        assert_eq!(counts.iter().max(), Some(&count(&expect["max_entries"])));
        for (found, expect) in table.table().iter().zip(cases(&expect["first_entries"])) {
            assert_eq!(u64::from(*found), count(expect));
        }
        let without = Maglev::new(&equal(99, name), size);
        let both = table.table().iter().zip(without.table());
        let moved = both
            .filter(|(before, after)| **before != 99 && before != after)
            .count() as u64;
        let expect = &case["remove_last_host"];
        assert_eq!(counts[99], count(&expect["entries_of_removed"]));
        assert_eq!(moved, count(&expect["entries_of_survivors_that_moved"]));
    }
}

fn table(scheme: Scheme, bound_percent: Option<u32>) -> Balancing {
    Balancing::ConsistentHash(ConsistentHash {
        scheme,
        by: HashBy::Key,
        bound_percent,
    })
}

fn schemes() -> [Scheme; 3] {
    let ring = Scheme::Ring {
        least: 1024,
        most: 8192,
    };
    [Scheme::Ketama, ring, Scheme::Maglev { size: 65_537 }]
}

#[test]
fn few_keys_move_when_an_instance_goes_and_most_do_without_consistency() {
    for policy in schemes()
        .map(|s| table(s, None))
        .into_iter()
        .chain([Balancing::Hash])
    {
        let mut choice = new(policy);
        let before: Vec<u32> = (0..5000)
            .map(|key| choose_for(&mut choice, &even(10), key))
            .collect();
        let mut choice = new(policy);
        let after: Vec<u32> = (0..5000)
            .map(|key| choose_for(&mut choice, &even(9), key))
            .collect();
        let both = || before.iter().zip(&after);
        let moved = both().filter(|(b, a)| **b != 9 && b != a).count();
        let seen: BTreeSet<u32> = after.iter().copied().collect();
        assert_eq!(seen.len(), 9, "{policy:?}");
        match policy {
            Balancing::Hash => assert!(moved > 3500, "{moved}"),
            // A ring is scaled to its least size: with fewer hosts each has more points, and takes keys with them.
            Balancing::ConsistentHash(c) if matches!(c.scheme, Scheme::Ring { .. }) => {
                assert!(moved < 500, "{moved}")
            }
            _ => assert!(moved < 150, "{policy:?}: {moved}"),
        }
    }
}

#[test]
fn keys_are_spread_by_weight() {
    for scheme in schemes() {
        let mut choice = new(table(scheme, None));
        let backends = weighted(&[4, 2, 1, 1]);
        let mut counts = [0u32; 4];
        (0..16_000).for_each(|key| counts[choose_for(&mut choice, &backends, key) as usize] += 1);
        for (count, expect) in counts.into_iter().zip([8000, 4000, 2000, 2000]) {
            assert!(count.abs_diff(expect) * 5 < expect, "{scheme:?}: {counts:?}");
        }
    }
}

#[test]
fn with_a_bound_no_instance_gets_much_more_than_its_part_however_popular_a_key_is() {
    for scheme in schemes() {
        let most = |bound| {
            let mut choice = new(table(scheme, bound));
            let mut backends = even(8);
            // Half of the calls ask for one key.
            for request in 0..800 {
                let key = if request % 2 == 0 { 7 } else { request };
                let at = choose_for(&mut choice, &backends, key);
                backends.sent(at, T);
            }
            let candidates = backends.candidates();
            (0..8).map(|at| candidates.load(at)).max().unwrap_or(0)
        };
        assert!(most(None) > 400, "{scheme:?}");
        // 125 % of a hundred calls, and the one that is out while the next is chosen.
        assert!(most(Some(125)) <= 127, "{scheme:?}: {}", most(Some(125)));
    }
}
