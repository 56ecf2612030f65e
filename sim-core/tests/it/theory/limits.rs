//! Edges: overload, nonsense and extreme sizes give an answer or an error, never NaN, and never a hang.

use super::near;
use sim_core::theory::abandonment::{erlang_a, queue_timeout};
use sim_core::theory::balancing::{PowerOfChoices, round_robin};
use sim_core::theory::gim1::{Gaps, GiM1};
use sim_core::theory::kingman::Ggc;
use sim_core::theory::md::Md1;
use sim_core::theory::mg1::Mg1;
use sim_core::theory::mginf::MgInf;
use sim_core::theory::mmc::{self, Mmc};
use sim_core::theory::mmck::{Mmck, kaufman_roberts};
use sim_core::theory::mva::{self, MachineRepair, UserClass};
use sim_core::theory::network::{OpenStation, Tandem, traffic};
use sim_core::theory::priority;
use sim_core::theory::reliability::{self, Component, Repaired};
use sim_core::theory::retry::{self, Jitter};
use sim_core::theory::{NoSteadyState, cache, fanout, hedging};

const ODD: [f64; 9] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    -1.0,
    0.0,
    1e-300,
    0.5,
    1.0,
    1e300,
];

/// No value is NaN; infinite is fine where the true value is beyond what an f64 holds.
fn sound(what: &str, values: &[f64]) {
    let odd = values.iter().position(|v| v.is_nan());
    assert!(odd.is_none(), "{what}: value {odd:?} of {} is NaN", values.len());
}

#[test]
fn overload_says_by_how_much() {
    let twice = Err(NoSteadyState::Overloaded { utilization: 2.0 });
    assert_eq!(Mmc::new(8.0, 1.0, 4), twice);
    assert_eq!(
        Mg1::new(2.0, 1.0, 0.3).map(|_| ()),
        Err(NoSteadyState::Overloaded { utilization: 2.0 })
    );
    assert_eq!(
        Mmc::new(4.0, 1.0, 4),
        Err(NoSteadyState::Overloaded { utilization: 1.0 })
    );
    assert!(Mmc::new(3.999, 1.0, 4).is_ok());
    assert!(Md1::new(1.0, 1.0).is_err());
    assert!(GiM1::new(1.0, 1.0, Gaps::Deterministic).is_err());
    assert!(Tandem::new(1.0, &[2.0, 1.0]).is_err());
    assert!(round_robin(3, 3.0, 1.0).is_err());
    assert!(fanout::fork_join_two(1.0, 1.0).is_err());
    let text = Mmc::new(6.0, 1.0, 4).unwrap_err().to_string();
    assert_eq!(
        text,
        "offered load is 1.500 of capacity: the queue grows without bound"
    );
}

#[test]
fn odd_parameters_never_give_nan() {
    for a in ODD {
        for b in ODD {
            let what = format!("{a:e} and {b:e}");
            for p in [0.0, 0.5, 0.999, 1.0, f64::NAN] {
                let mut q = Vec::new();
                Mmc::new(a, b, 3)
                    .map(|s| q.extend([s.wait_quantile(p), s.sojourn_quantile(p)]))
                    .ok();
                Mmck::new(a, b, 3, 9)
                    .map(|s| q.extend([s.wait_quantile(p), s.sojourn_quantile(p)]))
                    .ok();
                Md1::new(a, b)
                    .map(|s| q.extend([s.wait_quantile(p), s.sojourn_quantile(p)]))
                    .ok();
                GiM1::new(a, b, Gaps::Erlang { shape: 3 })
                    .map(|s| q.push(s.sojourn_quantile(p)))
                    .ok();
                Tandem::new(a, &[b, 2.0 * b])
                    .map(|s| q.push(s.sojourn_quantile(p)))
                    .ok();
                MachineRepair::new(5, a, b, 2)
                    .map(|s| q.push(s.response_quantile(p)))
                    .ok();
                Component::new(a, b)
                    .map(|s| q.push(s.downtime_quantile(1.0, p)))
                    .ok();
                sound(&what, &q.into_iter().flatten().collect::<Vec<_>>());
                q = vec![
                    fanout::exponential_quantile(2, 3, a, p).ok(),
                    fanout::p_at_least(2, 3, a).ok(),
                ];
                sound(&what, &q.into_iter().flatten().collect::<Vec<_>>());
            }
            let mut v = Vec::new();
            Mmc::new(a, b, 3)
                .map(|s| v.extend([s.mean_wait(), s.var_in_system(), s.p_empty(), s.p_at_least(1)]))
                .ok();
            Mmck::new(a, b, 3, 9)
                .map(|s| v.extend([s.mean_wait(), s.p_block(), s.throughput()]))
                .ok();
            Ggc::new(a, b, 2, 1.0, 1.0)
                .map(|s| v.extend([s.mean_wait_sakasegawa()]))
                .ok();
            GiM1::new(a, b, Gaps::Lognormal { scv: 4.0 })
                .map(|s| v.push(s.mean_wait()))
                .ok();
            GiM1::new(a, b, Gaps::Hyperexponential { scv: 4.0 })
                .map(|s| v.push(s.mean_wait()))
                .ok();
            erlang_a(a, b, 2, 0.1)
                .map(|s| v.extend([s.p_wait, s.p_abandon]))
                .ok();
            queue_timeout(a, b, 2, 5.0)
                .map(|s| v.extend([s.p_wait, s.p_abandon, s.mean_queue]))
                .ok();
            queue_timeout(5.0, 1.0, 2, a)
                .map(|s| v.extend([s.p_wait, s.p_abandon, s.mean_queue]))
                .ok();
            mva::closed(4, a, &[b])
                .map(|s| v.extend([s.throughput, s.response_time]))
                .ok();
            Repaired::new(4, a, b, 1)
                .map(|s| v.extend([s.availability(3), s.mean_up()]))
                .ok();
            MgInf::new(a, b)
                .map(|s| v.extend([s.p_empty(), s.mean_after_start(1.0)]))
                .ok();
            PowerOfChoices::new(2, a, b)
                .map(|s| v.extend([s.mean_sojourn(), s.fraction_with_at_least(u32::MAX)]))
                .ok();
            retry::p_success(a, 3).map(|s| v.push(s)).ok();
            retry::expected_backoff(a, b, 2.0, u32::MAX, Jitter::Full)
                .map(|s| v.push(s))
                .ok();
            retry::backoff_total(a, b, u32::MAX, Jitter::Equal)
                .map(|s| v.extend([s.0, s.1]))
                .ok();
            cache::zipf(10, a)
                .and_then(|w| cache::lru_hit_ratio_che(&w, 4))
                .map(|s| v.push(s))
                .ok();
            cache::fifo_hit_ratio(&[a, b, 1.0], 2).map(|s| v.push(s)).ok();
            cache::lru_hit_ratio(&[a, b, 1.0], 2).map(|s| v.push(s)).ok();
            cache::ttl_from_insert(&[1.0, 2.0], a, b)
                .map(|s| v.extend([s.hit_ratio]))
                .ok();
            hedging::redundancy_mean_sojourn(3, 2, a, b)
                .map(|s| v.push(s))
                .ok();
            priority::srpt_mean_sojourn(a, b).map(|s| v.push(s)).ok();
            sound(&what, &v);
        }
    }
}

#[test]
fn hostile_sizes_are_refused_or_quick() {
    assert!(Mmc::new(1.0, 1.0, u32::MAX).is_err());
    assert!(Mmc::new(1.0, 1.0, 0).is_err());
    assert!(Mmck::new(1.0, 1.0, 1, u32::MAX).is_err());
    assert!(Mmck::new(1.0, 1.0, 5, 4).is_err());
    assert!(mmc::workers_for_blocking(1e300, 1e-9).is_err());
    assert!(kaufman_roberts(u32::MAX, &[(1.0, 1)]).is_err());
    assert!(mva::closed(u32::MAX, 1.0, &[1.0]).is_err());
    let crowd = UserClass {
        users: 10_000,
        think: 1.0,
        demands: vec![1.0],
    };
    assert!(mva::closed_classes(&[crowd.clone(), crowd]).is_err());
    assert!(MachineRepair::new(u32::MAX, 1.0, 1.0, 1).is_err());
    assert!(Repaired::new(u32::MAX, 1.0, 1.0, 1).is_err());
    assert!(Tandem::new(1.0, &[2.0; 1000]).is_err());
    assert!(fanout::exponential_mean(1, u32::MAX, 1.0).is_err());
    assert!(cache::zipf(u32::MAX, 1.0).is_err());
    assert!(cache::lru_hit_ratio(&[1.0; 100_000], 50_000).is_err());
    assert!(erlang_a(1e9, 1.0, 1, 1e9).is_err());
    let large = Mmc::new(99_000.0, 1.0, 100_000).unwrap();
    assert!(large.p_wait() > 0.0 && large.p_wait() < 0.01);
}

#[test]
fn requests_that_never_leave_are_refused() {
    let station = |routes: &[f64]| OpenStation {
        outside_rate: 1.0,
        service_rate: 10.0,
        workers: 1,
        routes: routes.to_vec(),
    };
    assert!(traffic(&[station(&[0.0, 1.0]), station(&[1.0, 0.0])]).is_err());
    assert!(traffic(&[station(&[0.7, 0.7]), station(&[0.0, 0.0])]).is_err());
    assert!(traffic(&[station(&[0.0])]).is_ok());
    assert!(traffic(&[station(&[0.0, 0.5])]).is_err());
}

/// Families that must agree where they overlap.
#[test]
fn one_law_reached_two_ways() {
    let (rate, p) = (0.8, 0.99);
    let mm1 = Mmc::new(rate, 1.0, 1).unwrap();
    let gim1 = GiM1::new(rate, 1.0, Gaps::Erlang { shape: 1 }).unwrap();
    let even = GiM1::new(rate, 1.0, Gaps::Hyperexponential { scv: 1.0 }).unwrap();
    let tandem = Tandem::new(rate, &[1.0]).unwrap();
    let expected = mm1.sojourn_quantile(p).unwrap();
    for other in [
        gim1.sojourn_quantile(p),
        even.sojourn_quantile(p),
        tandem.sojourn_quantile(p),
    ] {
        assert!(near(other.unwrap(), expected, 1e-12), "{other:?} and {expected}");
    }
    assert!(near(
        Mg1::new(rate, 1.0, 1.0).unwrap().mean_wait(),
        mm1.mean_wait(),
        1e-13
    ));
    // A room so large that nobody is refused, for a station of one and of several workers.
    for workers in [1, 4] {
        let open = Mmc::new(rate * f64::from(workers), 1.0, workers).unwrap();
        let closed = Mmck::new(rate * f64::from(workers), 1.0, workers, 400).unwrap();
        for p in [0.5, 0.99, 0.999] {
            let (a, b) = (
                closed.sojourn_quantile(p).unwrap(),
                open.sojourn_quantile(p).unwrap(),
            );
            assert!(near(a, b, 1e-10), "{workers} workers, p = {p}: {a} and {b}");
        }
        assert!(near(
            closed.wait_quantile(0.99).unwrap(),
            open.wait_quantile(0.99).unwrap(),
            1e-10
        ));
    }
    // Patience without end, and a timeout that never strikes, are plain M/M/c.
    let calm = queue_timeout(2.4, 1.0, 3, 500.0).unwrap();
    assert!(near(calm.p_wait, Mmc::new(2.4, 1.0, 3).unwrap().p_wait(), 1e-12));
    // Enough crews make components independent.
    let group = Repaired::new(5, 100.0, 3.0, 5).unwrap();
    let alone = Component::new(100.0, 3.0).unwrap();
    let k_of_n = reliability::k_of_n_unavailability(3, 5, alone.unavailability()).unwrap();
    assert!(near(group.unavailability(3), k_of_n, 1e-12));
    // One class of users among several, and alone.
    let class = |users| UserClass {
        users,
        think: 2.0,
        demands: vec![0.3, 0.1],
    };
    let split = mva::closed_classes(&[class(4), class(6)]).unwrap();
    let whole = mva::closed(10, 2.0, &[0.3, 0.1]).unwrap();
    assert!(near(split.throughput.iter().sum(), whole.throughput, 1e-12));
    // With equal means, an all-or-nothing quorum is the slowest, and a quorum of one the fastest.
    for (k, n) in [(1, 7), (4, 7), (7, 7)] {
        let integrated = fanout::mean_of_kth(k, n, 1.0, |t| (-(-t).exp_m1(), (-t).exp())).unwrap();
        assert!(
            near(integrated, fanout::exponential_mean(k, n, 1.0).unwrap(), 1e-11),
            "{k} of {n}"
        );
    }
}

#[test]
fn workers_for_blocking_are_the_fewest() {
    let workers = mmc::workers_for_blocking(100.0, 0.01).unwrap();
    assert!(mmc::erlang_b(100.0, workers).unwrap() <= 0.01);
    assert!(mmc::erlang_b(100.0, workers - 1).unwrap() > 0.01);
}

#[test]
fn expected_backoff_adds_up() {
    // Sleeps 1, 2, 4, 5, 5 with a cap of 5, reached with probability 1/2, 1/4 and so on.
    let expected = 1.0 / 2.0 + 2.0 / 4.0 + 4.0 / 8.0 + 5.0 / 16.0 + 5.0 / 32.0;
    assert!(near(
        retry::expected_backoff(0.5, 1.0, 5.0, 5, Jitter::None).unwrap(),
        expected,
        1e-14
    ));
    let all = retry::backoff_total(1.0, 5.0, 5, Jitter::Equal).unwrap().0;
    assert!(near(
        retry::expected_backoff(1.0, 1.0, 5.0, 5, Jitter::Equal).unwrap(),
        all,
        1e-14
    ));
}
