//! Caches, availability and retries: from parameters of a case to values by name.

use super::Sheet;
use super::networks::Lognormal;
use crate::cases::Case;
use sim_core::theory::reliability::{self, Component, Repaired};
use sim_core::theory::retry::{self, Jitter, TimedRetry};
use sim_core::theory::{cache, fanout};

pub fn answers(case: &Case) -> Option<Sheet> {
    let n = |name: &str| case.number(name);
    Some(match case.model.as_str() {
        "cache of C equal objects under the independent reference model with Zipf popularity"
        | "tiny cache, brute force over all orderings" => caches(case),
        "TTL cache without capacity limit, Poisson requests, Zipf popularity" => {
            let popularity = cache::zipf(case.count("N"), n("alpha")).unwrap();
            let fixed = cache::ttl_from_insert(&popularity, n("total_rate"), n("ttl")).unwrap();
            let reset = cache::ttl_reset_on_hit(&popularity, n("total_rate"), n("ttl")).unwrap();
            Sheet::default()
                .one("hit_fixed_ttl_from_insert", fixed.hit_ratio)
                .one("hit_ttl_reset_on_hit", reset.hit_ratio)
                .one("mean_objects_fixed_ttl", fixed.mean_objects)
                .one("mean_objects_reset_ttl", reset.mean_objects)
                .one("miss_rate_fixed_ttl", n("total_rate") * (1.0 - fixed.hit_ratio))
        }
        "k-of-n availability, independent components" => {
            let (k, of, a) = (case.count("k"), case.count("n"), n("a"));
            let down = reliability::k_of_n_unavailability(k, of, 1.0 - a).unwrap();
            assert!((fanout::p_fewer_than(k, of, 1.0 - a).unwrap() - down).abs() < 1e-300);
            Sheet::default()
                .one("availability", reliability::k_of_n(k, of, a).unwrap())
                .one("unavailability", down)
        }
        model if model.starts_with("k-of-n with exponential failures and repairs") => {
            let k = case.count("k");
            let group =
                Repaired::new(case.count("n"), n("mtbf_h"), n("mttr_h"), case.count("crews")).unwrap();
            Sheet::default()
                .one("availability", group.availability(k))
                .one("unavailability", group.unavailability(k))
                .one("p_all_up", group.probabilities_down()[0])
                .one("mean_up", group.mean_up())
                .one("mttf_h", group.mean_time_to_failure(k).unwrap())
        }
        model if model.starts_with("one component, exponential up and down times") => renewal(case),
        model if model.starts_with("retries: each attempt fails independently") => {
            let (q, r) = (n("q"), case.count("max_retries"));
            Sheet::default()
                .one("p_success", retry::p_success(q, r).unwrap())
                .one("mean_attempts", retry::mean_attempts(q, r).unwrap())
                .one(
                    "amplification_when_all_fail_chain",
                    retry::amplification(r, case.count("chain_depth")),
                )
        }
        "mean total sleep over n retries" => {
            let total = |jitter| retry::backoff_total(n("base"), n("cap"), case.count("n"), jitter).unwrap();
            Sheet::default()
                .one("exponential", total(Jitter::None).0)
                .one("full_jitter", total(Jitter::Full).0)
                .one("equal_jitter", total(Jitter::Equal).0)
                .one("var_full_jitter", total(Jitter::Full).1)
        }
        model if model.starts_with("client timeout tau per try") => {
            let law = Lognormal::of(&case.params["latency"]);
            let call = TimedRetry::new(n("tau"), n("wait_between"), case.count("max_retries"), |t| {
                law.survival(t)
            });
            let call = call.unwrap();
            Sheet::default()
                .one("p_success", call.p_success())
                .one("mean_attempts", call.mean_attempts())
                .one("mean_latency_of_success", call.mean_latency_of_success())
                .percentiles("_latency_of_success", |p| call.quantile_of_success(p))
        }
        _ => return None,
    })
}

fn caches(case: &Case) -> Sheet {
    let (popularity, size) = (
        cache::zipf(case.count("N"), case.number("alpha")).unwrap(),
        case.count("C"),
    );
    let fifo = cache::fifo_hit_ratio(&popularity, size).unwrap();
    Sheet::default()
        .one("hit_lru", cache::lru_hit_ratio(&popularity, size).unwrap())
        .one("hit_fifo", fifo)
        .one("hit_random", fifo)
        .one(
            "hit_perfect_lfu",
            cache::lfu_hit_ratio(&popularity, size).unwrap(),
        )
        .one(
            "hit_lru_che_approximation",
            cache::lru_hit_ratio_che(&popularity, size).unwrap(),
        )
        .one(
            "che_characteristic_time_in_requests",
            cache::characteristic_time(&popularity, size).unwrap(),
        )
}

fn renewal(case: &Case) -> Sheet {
    let (window, mttr) = (case.number("T_h"), case.number("mttr_h"));
    let component = Component::new(case.number("mtbf_up_h"), mttr).unwrap();
    Sheet::default()
        .one("steady_availability", component.availability())
        .one("p_no_outage_start_up", component.p_no_failure(window))
        .one(
            "expected_downtime_start_up_h",
            component.expected_downtime(window),
        )
        .one(
            "sd_of_availability_stationary_start",
            component.sd_of_observed_availability(window),
        )
        .one("expected_failures_start_up", component.expected_failures(window))
        .one("availability_at_t_equals_mttr", component.availability_at(mttr))
        .percentiles("_downtime_h", |p| component.downtime_quantile(window, p))
}
