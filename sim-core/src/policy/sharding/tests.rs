//! Where keys are, how even that is, and which of them move when a shard is added.

use super::*;
use crate::random::{Stream, StreamName};
use crate::time::{SimDuration, SimTime};

const KEYS: u64 = 20_000;

fn even_ranges(shards: u32) -> Sharding {
    let first = |i| u64::from(i) * KEYS / u64::from(shards);
    Sharding::Range {
        splits: (1..shards).map(first).collect(),
    }
}

/// All members, ranges of as many keys each.
fn members(shards: u32) -> [Sharding; 4] {
    [
        Sharding::Modulo,
        even_ranges(shards),
        Sharding::Directory,
        Sharding::Ring { points: 128 },
    ]
}

fn zipf(exponent: f64) -> Popularity {
    Popularity::zipf(KEYS, exponent).expect("a law")
}

/// The load of each shard, as a share of all.
fn loads(rule: &Sharding, shards: u32, popularity: &Popularity) -> Vec<f64> {
    let placement = Placement::among(rule, shards, Some(popularity));
    let mut loads = vec![0.0; shards as usize];
    (0..KEYS).for_each(|key| loads[placement.of(key) as usize] += popularity.probability(key));
    loads
}

/// The load of the fullest shard over the mean.
fn imbalance(rule: &Sharding, shards: u32, popularity: &Popularity) -> f64 {
    f64::from(shards) * loads(rule, shards, popularity).into_iter().fold(0.0, f64::max)
}

/// The share of the keys that are elsewhere with one shard more.
fn moved(before: &Sharding, after: &Sharding, shards: u32) -> f64 {
    let popularity = zipf(0.0);
    let [before, after] = [(before, shards), (after, shards + 1)]
        .map(|(rule, shards)| Placement::among(rule, shards, Some(&popularity)));
    (0..KEYS).filter(|key| before.of(*key) != after.of(*key)).count() as f64 / KEYS as f64
}

#[test]
fn every_shard_has_keys_and_no_other_has() {
    for shards in [1, 2, 7, 64] {
        for rule in members(shards) {
            let loads = loads(&rule, shards, &zipf(0.0));
            assert!(loads.iter().all(|l| *l > 0.0), "{rule:?} {shards}");
            assert!((loads.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }
}

#[test]
fn even_keys_are_spread_as_evenly_as_each_member_can() {
    let popularity = zipf(0.0);
    let [modulo, range, directory, ring] = members(10).map(|rule| imbalance(&rule, 10, &popularity));
    // 2000 keys a shard, with a deviation of 42: the largest of ten is within four.
    assert!((1.0..1.09).contains(&modulo), "{modulo}");
    assert!((range - 1.0).abs() < 1e-9, "{range}");
    assert!((1.0..1.05).contains(&directory), "{directory}");
    // A relative deviation of one over the root of 128 points, 8.8 %.
    assert!((1.05..1.36).contains(&ring), "{ring}");
}

#[test]
fn popular_keys_fill_one_shard_as_each_member_lets_them() {
    // The most popular of all asks for 9.5 %.
    let popularity = zipf(0.99);
    let hottest = popularity.probability(0);
    let found = members(8).map(|rule| imbalance(&rule, 8, &popularity));
    let [modulo, range, directory, ring] = found;
    // Ranges of as many keys each: the popular ones are neighbours.
    let head = popularity.share_of_top(KEYS / 8);
    assert!((range - 8.0 * head).abs() < 1e-6, "{range}");
    assert!(range > 6.0);
    // By hash chance decides beside whom they are.
    assert!((1.1..2.0).contains(&modulo), "{modulo}");
    assert!((1.1..2.2).contains(&ring), "{ring}");
    assert!((modulo - ring).abs() > 0.01);
    // A table can even that out, down to the most popular key.
    assert!((1.0..1.01).contains(&directory), "{directory}");
    let of_32 = imbalance(&Sharding::Directory, 32, &popularity);
    assert!(
        (of_32 - 32.0 * hottest).abs() < 1e-3,
        "{of_32}: capacity over the share of one key"
    );
}

#[test]
fn a_new_shard_moves_as_many_keys_as_it_must_or_nearly_all() {
    for n in [2u32, 4, 9] {
        let one = 1.0 / f64::from(n + 1);
        let modulo = moved(&Sharding::Modulo, &Sharding::Modulo, n);
        // A key stays where both remainders are the same: one in n + 1.
        assert!((modulo - (1.0 - one)).abs() < 0.015, "{n}: {modulo}");
        let ring = Sharding::Ring { points: 128 };
        let by_ring = moved(&ring, &ring, n);
        assert!((by_ring - one).abs() < 0.35 * one, "{n}: {by_ring}");
        // Even ranges: every border but the first moves, by i / (n (n + 1)); the sum is a half.
        let range = moved(&even_ranges(n), &even_ranges(n + 1), n);
        assert!((range - 0.5).abs() < 0.01, "{n}: {range}");
    }
}

#[test]
fn no_key_of_a_ring_moves_between_the_shards_there_were() {
    let [before, after] = [5, 6].map(|n| Placement::among(&Sharding::Ring { points: 128 }, n, None));
    for key in 0..KEYS {
        assert!(after.of(key) == before.of(key) || after.of(key) == 5);
    }
}

#[test]
fn ranges_begin_where_they_were_told_to() {
    let range = Placement::among(&Sharding::Range { splits: vec![10, 30] }, 3, None);
    assert_eq!(
        [0, 9, 10, 29, 30, 5000].map(|key| range.of(key)),
        [0, 0, 1, 1, 2, 2]
    );
}

#[test]
fn a_table_moves_no_more_than_the_shards_need() {
    let space = KeySpace {
        name: StreamName::new("keys"),
        keys: Keys::Drawn(zipf(0.8)),
    };
    let before = Placement::new(&Sharding::Directory, 4, Some(&space));
    for (shards, most) in [(5, 0.2), (3, 0.25)] {
        let after = before.changed(&Sharding::Directory, shards, Some(&space));
        let mut loads = vec![0.0; 5];
        let mut moved = 0.0;
        for key in 0..KEYS {
            let share = zipf_share(&space, key);
            loads[after.of(key) as usize] += share;
            moved += if after.of(key) == before.of(key) {
                0.0
            } else {
                share
            };
        }
        // What moves is a fifth of what is asked for when there is a fifth, and what the fourth had when it goes.
        assert!((moved - most).abs() < 0.02, "{shards}: {moved}");
        let even = 1.0 / f64::from(shards);
        let in_use = &loads[..shards as usize];
        assert!(
            in_use.iter().all(|l| (l - even).abs() < 0.02),
            "{shards}: {loads:?}"
        );
        assert!(loads[shards as usize..].iter().all(|l| *l == 0.0));
    }
}

fn zipf_share(space: &KeySpace, key: u64) -> f64 {
    drawn(Some(space)).map_or(0.0, |p| p.probability(key))
}

#[test]
fn what_moves_is_counted_where_it_leaves() {
    let [before, after] = [4, 5].map(|n| Placement::among(&Sharding::Ring { points: 128 }, n, None));
    let shares: Vec<f64> = Moves::new(&before, &after, 4, Some(KEYS)).shares().collect();
    let ring = Sharding::Ring { points: 128 };
    assert!((shares.iter().sum::<f64>() - moved(&ring, &ring, 4)).abs() < 1e-9);
    assert!(shares.iter().all(|s| *s > 0.02), "{shares:?}");
}

#[test]
fn older_partitions_are_asked_for_less_in_proportion() {
    let ages = Stream::open(3, 0, StreamName::new("age"));
    let mut time = Time::new(4, 0.8, Some(SimDuration::from_nanos(1000)), ages);
    let reads = 100_000;
    let mut counts = [0.0; 4];
    for _ in 0..reads {
        counts[time.of(false, SimTime::ZERO) as usize] += 1.0;
    }
    // The last of four is the newest; the first takes what is left.
    for (shard, known) in [(3, 0.8), (2, 0.16), (1, 0.032), (0, 0.008)] {
        let error = 4.0 * (known * (1.0 - known) / f64::from(reads)).sqrt();
        let found: f64 = counts[shard] / f64::from(reads);
        assert!((found - known).abs() < error, "{shard}: {found}");
    }
    let newest = |time: &mut Time, at| time.of(true, SimTime::from_nanos(at));
    assert_eq!(
        [0, 999, 1000, 3999, 4000].map(|at| newest(&mut time, at)),
        [3, 3, 0, 2, 3]
    );
}
