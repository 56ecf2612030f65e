//! What holds for every balancing policy, and the vectors of the real systems.

mod consistent;
mod envoy;
mod nginx;
mod routing;

use super::*;
use crate::model::{ConsistentHash, HashBy, LeastRequest, Scheme};
use crate::random::StreamName;
use crate::time::SimDuration;

/// An instant at which nothing is old.
const T: SimTime = SimTime::ZERO;

fn even(count: u32) -> Backends {
    weighted(&vec![1; count as usize])
}

fn weighted(weights: &[u32]) -> Backends {
    Backends::new(vec![0; weights.len()], weights)
}

/// A choice for a request of key and source 7.
fn choose(choice: &mut Choice, backends: &Backends) -> u32 {
    choose_for(choice, backends, 7)
}

fn choose_for(choice: &mut Choice, backends: &Backends, request: u32) -> u32 {
    choice.next(backends.candidates(), T, || Asked {
        key: u64::from(request),
        source: request,
        zone: 0,
        choices: 0,
    })
}

/// Every member, with the parameters that they usually have.
fn policies() -> Vec<Balancing> {
    let table = |scheme| {
        Balancing::ConsistentHash(ConsistentHash {
            scheme,
            by: HashBy::Key,
            bound_percent: None,
        })
    };
    let rule = LeastRequest {
        choices: 2,
        bias: 1.0,
        is_full_scan: false,
    };
    let policies = vec![
        Balancing::RoundRobin,
        Balancing::Random,
        Balancing::LeastOutstanding,
        Balancing::PowerOfD { choices: 2 },
        Balancing::PowerOfDReplaced { choices: 2 },
        Balancing::WeightedRoundRobin,
        Balancing::Hash,
        Balancing::IpHash,
        Balancing::Edf,
        Balancing::RandomTwo,
        Balancing::NginxLeastConn,
        Balancing::HaproxyLeastConn,
        Balancing::LeastRequest(rule),
        Balancing::LeastRequest(LeastRequest {
            is_full_scan: true,
            ..rule
        }),
        Balancing::PeakEwma {
            decay: SimDuration::from_secs_f64(10.0),
        },
        table(Scheme::Ketama),
        table(Scheme::Ring {
            least: 1024,
            most: 8192,
        }),
        table(Scheme::Maglev { size: 251 }),
    ];
    for policy in &policies {
        // A new member stops here until it is in the list.
        match policy {
            Balancing::RoundRobin
            | Balancing::Random
            | Balancing::LeastOutstanding
            | Balancing::PowerOfD { .. }
            | Balancing::PowerOfDReplaced { .. }
            | Balancing::WeightedRoundRobin
            | Balancing::Hash
            | Balancing::IpHash
            | Balancing::Edf
            | Balancing::RandomTwo
            | Balancing::NginxLeastConn
            | Balancing::HaproxyLeastConn
            | Balancing::LeastRequest(_)
            | Balancing::PeakEwma { .. }
            | Balancing::ConsistentHash(_) => {}
        }
    }
    policies
}

fn all() -> Vec<Choice> {
    policies().into_iter().map(new).collect()
}

fn new(policy: Balancing) -> Choice {
    Choice::new(policy, Stream::open(1, 0, StreamName::new("test")))
}

#[test]
fn every_policy_chooses_only_the_eligible_and_all_when_none_is() {
    for mut choice in all() {
        let mut backends = even(5);
        for out in [0, 3, 4] {
            backends.set_eligible(out, false);
        }
        for request in 0..100 {
            let at = choose_for(&mut choice, &backends, request);
            assert!([1, 2].contains(&at), "{choice:?} chose {at}");
            backends.sent(at, T);
        }
        backends.set_eligible(1, false);
        backends.set_eligible(2, false);
        let mut seen = [false; 5];
        for request in 0..200 {
            let at = choose_for(&mut choice, &backends, request);
            backends.sent(at, T);
            seen[at as usize] = true;
        }
        assert_eq!(seen, [true; 5], "{choice:?} must fail open");
    }
}

#[test]
fn every_policy_sends_a_further_try_to_who_has_not_been_tried() {
    let (backends, mut others) = (weighted(&[1, 3, 1, 2, 1]), Vec::new());
    let of = |request| Asked {
        key: u64::from(request),
        source: request,
        zone: 0,
        choices: 0,
    };
    for mut choice in all() {
        let mut next = |tried: &[u32], request| {
            elsewhere::next(
                &mut choice,
                backends.candidates(),
                tried,
                &mut others,
                T,
                of(request),
            )
        };
        for request in 0..100 {
            let at = next(&[1, 3], request);
            assert!(![1, 3].contains(&at), "{at}");
        }
        assert_eq!(next(&[0, 1, 2, 3], 7), 4);
        assert!(next(&[0, 1, 2, 3, 4], 7) < 5);
    }
}

/// A policy's choices for backends that are left out for a while, and whose loads drift apart.
fn sequence(choice: &mut Choice, mut backends: Backends) -> Vec<u32> {
    let mut next = |i: u32| {
        backends.set_eligible(1, !(20..49).contains(&i));
        let at = choose_for(choice, &backends, i);
        backends.sent(at, T);
        // Calls to even instances come back at once, a few of them with an error.
        if at.is_multiple_of(2) && !i.is_multiple_of(3) {
            backends.came_back(at, T);
            choice.note(Answer {
                at,
                when: T,
                latency: SimDuration::from_secs_f64(0.01 * f64::from(1 + at)),
                is_ok: !i.is_multiple_of(7),
            });
        }
        at
    };
    (0..96).map(&mut next).collect()
}

#[test]
fn no_two_policies_choose_alike() {
    // Some are the same while all weights are equal, as HAProxy's least connections and Envoy's full scan, or while they
    // are not, as nginx's turns with and without weights.
    let sequences: Vec<_> = policies()
        .into_iter()
        .map(|p| {
            (
                sequence(&mut new(p), even(4)),
                sequence(&mut new(p), weighted(&[3, 1, 2, 1])),
            )
        })
        .collect();
    for (i, a) in sequences.iter().enumerate() {
        let twin = sequences[..i].iter().position(|b| a == b);
        assert_eq!(twin, None, "policy {i} does as an earlier one");
    }
}

#[test]
fn least_outstanding_takes_the_first_on_a_tie() {
    let mut backends = even(3);
    let mut choice = Choice::new(
        Balancing::LeastOutstanding,
        Stream::open(1, 0, StreamName::new("t")),
    );
    let order: Vec<u32> = (0..6)
        .map(|_| {
            let at = choose(&mut choice, &backends);
            backends.sent(at, T);
            at
        })
        .collect();
    assert_eq!(order, [0, 1, 2, 0, 1, 2]);
    backends.came_back(1, T);
    assert_eq!(choose(&mut choice, &backends), 1);
}

#[test]
fn the_least_loaded_is_found_by_bits_as_by_looking_at_all() {
    let mut stream = Stream::open(5, 0, StreamName::new("t"));
    for count in [1, 3, 64, 65] {
        let mut backends = even(count);
        for _ in 0..20_000 {
            let least = (0..count).min_by_key(|i| backends.candidates().load(*i)).unwrap();
            assert_eq!(
                least_outstanding::LeastOutstanding.next(backends.candidates()),
                least
            );
            let at = u32::try_from(stream.below(u64::from(count))).unwrap();
            match stream.below(3) {
                0 if backends.candidates().load(at) > 0 => backends.came_back(at, T),
                1 => backends.sent(at, T),
                _ => backends.sent(least, T),
            }
        }
    }
}

#[test]
fn d_choices_among_as_many_instances_find_the_least() {
    let mut backends = even(3);
    let mut choice = Choice::new(
        Balancing::PowerOfD { choices: 3 },
        Stream::open(1, 0, StreamName::new("t")),
    );
    backends.sent(0, T);
    backends.sent(2, T);
    for _ in 0..50 {
        assert_eq!(
            choose(&mut choice, &backends),
            1,
            "distinct choices see all three"
        );
    }
}

#[test]
fn weights_and_strengths_share_the_calls_out() {
    let shares = |backends: &Backends, policy| {
        let mut choice = new(policy);
        let mut backends = backends.clone();
        let mut counts = vec![0u32; backends.count()];
        for request in 0..8000 {
            let at = choose_for(&mut choice, &backends, request);
            backends.sent(at, T);
            counts[at as usize] += 1;
        }
        counts
    };
    let by_weight = [
        Balancing::RoundRobin,
        Balancing::WeightedRoundRobin,
        Balancing::Random,
        Balancing::LeastOutstanding,
        Balancing::PowerOfD { choices: 3 },
    ];
    let mut backends = weighted(&[5, 2, 1]);
    for policy in by_weight {
        for (count, expect) in shares(&backends, policy).into_iter().zip([5000, 2000, 1000]) {
            assert!(count.abs_diff(expect) < 150, "{policy:?}: {count} for {expect}");
        }
    }
    // An instance that starts slowly gets a part of its weight.
    backends.set_strength(0, 0.2);
    for policy in by_weight {
        for (count, expect) in shares(&backends, policy).into_iter().zip([2000, 4000, 2000]) {
            assert!(count.abs_diff(expect) < 150, "{policy:?}: {count} for {expect}");
        }
    }
}

#[test]
fn whoever_listens_hears_each_answer_once() {
    let mut backends = Backends::new(vec![0, 1], &[]);
    assert_eq!((backends.zone(0), backends.zone(1)), (0, 1));
    let answer = |at| Answer {
        at,
        when: T,
        latency: SimDuration::ZERO,
        is_ok: true,
    };
    backends.note(|| answer(0));
    backends.listen();
    backends.note(|| answer(1));
    let mut heard = Vec::new();
    backends.answered(|a| heard.push(a.at));
    backends.answered(|a| heard.push(a.at));
    assert_eq!(heard, [1]);
}
