//! Networks, fan-out and redundancy: from parameters of a case to values by name.

use super::Sheet;
use crate::cases::{Case, number, numbers};
use sim_core::theory::fanout;
use sim_core::theory::hedging::{Hedged, redundancy_mean_sojourn};
use sim_core::theory::mva::{self, MachineRepair, UserClass};
use sim_core::theory::network::{Jackson, OpenStation, Tandem};
use statrs::distribution::{ContinuousCDF, Normal};

pub fn answers(case: &Case) -> Option<Sheet> {
    let n = |name: &str| case.number(name);
    Some(match case.model.as_str() {
        "tandem of M/M/1 FCFS stations" => {
            let tandem = Tandem::new(n("lam"), &case.numbers("mu")).unwrap();
            Sheet::default()
                .one("mean_sojourn", tandem.mean_sojourn())
                .one("var_sojourn", tandem.var_sojourn())
                .percentiles("_sojourn", |p| tandem.sojourn_quantile(p))
        }
        "open Jackson network, FCFS exponential stations" => jackson(case),
        model if model.starts_with("closed network") => closed(case),
        model if model.starts_with("closed multi-class") => {
            let demands = case.params["demands"].as_array().unwrap();
            let classes: Vec<UserClass> = (case.numbers("N").iter().zip(case.numbers("Z")).zip(demands))
                .map(|((&users, think), d)| UserClass {
                    users: users as u32,
                    think,
                    demands: numbers(d),
                })
                .collect();
            let steady = mva::closed_classes(&classes).unwrap();
            Sheet::default()
                .list("throughput", steady.throughput)
                .list("response_time", steady.response_time)
                .list("queue", steady.in_station)
        }
        model if model.starts_with("machine repairman") => {
            let station = MachineRepair::new(case.count("N"), n("Z"), n("S"), case.count("c")).unwrap();
            Sheet::default()
                .one("throughput", station.throughput())
                .one("response_time", station.response_time())
                .one("mean_at_server", station.mean_at_station())
                .one("utilisation", station.utilization())
                .one("p_all_thinking", station.probabilities()[0])
                .one("p_at_least_c_busy", station.p_all_busy())
                .percentiles("_response", |p| station.response_quantile(p))
        }
        model if model.starts_with("fan-out to n leaves, wait for all, no queueing, exponential") => {
            let (leaves, mean) = (case.count("n"), 1.0 / n("mu"));
            Sheet::default()
                .one("mean", fanout::exponential_mean(leaves, leaves, mean).unwrap())
                .one("var", fanout::exponential_variance(leaves, leaves, mean).unwrap())
                .percentiles("", |p| fanout::exponential_quantile(leaves, leaves, mean, p).ok())
        }
        "fan-out to n leaves, wait for all, lognormal leaf latency" => {
            let leaf = Lognormal {
                log_median: n("median").ln(),
                sigma: n("sigma_log"),
            };
            leaf.fastest(case.count("n"), case.count("n"))
        }
        "probability that a fan-out of n meets at least one slow leaf" => {
            let mut sheet = Sheet::default();
            for leaves in case.numbers("n") {
                for slow in case.numbers("leaf_slow_probability") {
                    let p = fanout::p_at_least_one(leaves as u32, slow).unwrap();
                    sheet = sheet.one(&format!("p_slow_n{leaves}_leaf{slow}"), p);
                }
            }
            sheet
        }
        "quorum read: k-th fastest of n replicas, no queueing" => {
            let (k, of) = (case.count("k"), case.count("n"));
            let leaf = &case.params["leaf"];
            if leaf["law"] == "exponential" {
                let mean = number(leaf, "mean");
                Sheet::default()
                    .one("mean", fanout::exponential_mean(k, of, mean).unwrap())
                    .percentiles("", |p| fanout::exponential_quantile(k, of, mean, p).ok())
            } else {
                Lognormal::of(leaf).fastest(k, of)
            }
        }
        model if model.starts_with("fork-join: every job") => {
            Sheet::default().one("mean_sojourn", fanout::fork_join_two(n("lam"), n("mu")).unwrap())
        }
        "fork-join over n FCFS exponential servers" if case.kind == "approximation" => {
            let leaves = case.count("n");
            let (low, high) = fanout::fork_join_bounds(leaves, n("lam"), n("mu")).unwrap();
            let near = fanout::fork_join_approximation(leaves, n("lam"), n("mu")).unwrap();
            Sheet::default()
                .one("mean_sojourn_nelson_tantawi", near)
                .one("lower_bound", low)
                .one("upper_bound", high)
        }
        model if model.starts_with("hedged request") => hedged(case),
        model if model.starts_with("redundancy-d") => {
            let mean =
                redundancy_mean_sojourn(case.count("k"), case.count("d"), n("lam_per_server"), n("mu"));
            Sheet::default().one("mean_sojourn", mean.unwrap())
        }
        _ => return None,
    })
}

fn jackson(case: &Case) -> Sheet {
    let routing = case.params["routing"].as_array().unwrap();
    let (outside, mu, workers) = (
        case.numbers("external_rate"),
        case.numbers("mu"),
        case.numbers("servers"),
    );
    let stations: Vec<OpenStation> = (0..mu.len())
        .map(|i| OpenStation {
            outside_rate: outside[i],
            service_rate: mu[i],
            workers: workers[i] as u32,
            routes: numbers(&routing[i]),
        })
        .collect();
    let network = Jackson::new(&stations).unwrap();
    let alone = network.stations();
    Sheet::default()
        .list("throughput", network.throughput().iter().copied())
        .list("utilisation", alone.iter().map(|s| s.utilization()))
        .list("mean_in_system", alone.iter().map(|s| s.mean_in_system()))
        .list("mean_sojourn_per_visit", alone.iter().map(|s| s.mean_sojourn()))
        .one("mean_sojourn_end_to_end", network.mean_sojourn())
}

fn closed(case: &Case) -> Sheet {
    let (think, demands) = (case.number("Z"), case.numbers("demands"));
    let steady = mva::closed(case.count("N"), think, &demands).unwrap();
    let bound = mva::throughput_bound(case.count("N"), think, &demands).unwrap();
    assert!(
        steady.throughput <= bound,
        "{}: {} is above the bound {bound}",
        case.id,
        steady.throughput
    );
    Sheet::default()
        .one("throughput", steady.throughput)
        .one("response_time", steady.response_time)
        .list("residence", steady.residence)
        .list("queue", steady.in_station)
        .list("utilisation", steady.utilization)
        .one("saturation_N", mva::saturation_users(think, &demands).unwrap())
}

/// e^(log_median + sigma z) with z standard normal; its law comes from another library than ours.
pub struct Lognormal {
    pub log_median: f64,
    pub sigma: f64,
}

impl Lognormal {
    pub fn of(law: &serde_json::Value) -> Lognormal {
        // From mean and scv, since the other parameters are printed with fewer digits than the results need.
        let variance = (1.0 + number(law, "scv")).ln();
        Lognormal {
            log_median: number(law, "mean").ln() - variance / 2.0,
            sigma: variance.sqrt(),
        }
    }

    pub fn survival(&self, t: f64) -> f64 {
        if t <= 0.0 {
            1.0
        } else {
            Normal::standard().cdf(-(t.ln() - self.log_median) / self.sigma)
        }
    }

    fn quantile(&self, tail: f64) -> f64 {
        (self.log_median - self.sigma * Normal::standard().inverse_cdf(tail)).exp()
    }

    /// Mean and percentiles of the k-th fastest of n.
    fn fastest(&self, k: u32, n: u32) -> Sheet {
        let law = |t: f64| {
            let z = (t.ln() - self.log_median) / self.sigma;
            (Normal::standard().cdf(z), Normal::standard().cdf(-z))
        };
        Sheet::default()
            .one(
                "mean",
                fanout::mean_of_kth(k, n, self.log_median.exp(), law).unwrap(),
            )
            .percentiles("", |p| {
                Some(self.quantile(fanout::leaf_level(k, n, p).ok()?.tail))
            })
    }
}

fn hedged(case: &Case) -> Sheet {
    let leaf = &case.params["leaf"];
    let after = case.number("hedge_after");
    if leaf["law"] == "lognormal" {
        let law = Lognormal::of(leaf);
        hedged_values(after, number(leaf, "mean"), |t| law.survival(t))
    } else {
        let slow = number(leaf, "slow_fraction");
        let (fast_mean, slow_mean) = (number(leaf, "fast_mean"), number(leaf, "slow_mean"));
        let mean = (1.0 - slow) * fast_mean + slow * slow_mean;
        hedged_values(after, mean, |t| {
            (1.0 - slow) * (-t / fast_mean).exp() + slow * (-t / slow_mean).exp()
        })
    }
}

fn hedged_values(after: f64, mean: f64, survival: impl Fn(f64) -> f64) -> Sheet {
    let call = Hedged::new(after, mean, &survival).unwrap();
    // A hedge that comes after everything else is over changes nothing.
    let alone = Hedged::new(1e6 * mean, mean, &survival).unwrap();
    Sheet::default()
        .one("extra_requests", call.extra_calls())
        .one("mean", call.mean())
        .percentiles("", |p| call.quantile(p))
        .one("mean_no_hedge", mean)
        .one("p99_no_hedge", alone.quantile(0.99).unwrap())
        .one("p99_9_no_hedge", alone.quantile(0.999).unwrap())
}
