//! Single stations: from parameters of a case to values by name.

use super::Sheet;
use crate::cases::{Case, number};
use serde_json::Value;
use sim_core::theory::abandonment::{Impatient, erlang_a, mean_wait_of_served, queue_timeout};
use sim_core::theory::gim1::{Gaps, GiM1};
use sim_core::theory::md::Md1;
use sim_core::theory::mg1::{self, Mg1};
use sim_core::theory::mginf::MgInf;
use sim_core::theory::mmc::{Mmc, erlang_b};
use sim_core::theory::mmck::{Mmck, kaufman_roberts};
use sim_core::theory::priority::{self, PriorityClass};
use sim_core::theory::{balancing, retry};

pub fn answers(case: &Case) -> Option<Sheet> {
    let n = |name: &str| case.number(name);
    Some(match case.model.as_str() {
        "M/M/1 FCFS" => mmc(Mmc::new(n("lam"), n("mu"), 1).unwrap()),
        "M/M/c FCFS" => mmc(Mmc::new(n("lam"), n("mu"), case.count("c")).unwrap()),
        "M/M/c/K FCFS with blocking" => mmck(case),
        "M/G/c/c loss (Erlang B, insensitive to service law)" => {
            let (offered, c) = (n("offered_erlangs"), case.count("c"));
            let blocked = erlang_b(offered, c).unwrap();
            let carried = offered * (1.0 - blocked);
            let loss = Mmck::new(offered, 1.0, c, c).unwrap();
            assert!(
                (loss.p_block() / blocked - 1.0).abs() < 1e-12,
                "M/M/c/c is Erlang B"
            );
            Sheet::default()
                .one("p_block", blocked)
                .one("carried_erlangs", carried)
                .one("utilisation", carried / f64::from(c))
        }
        "multi-class loss: classes need different numbers of slots" => {
            let classes: Vec<(f64, u32)> = case.params["classes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|c| (number(c, "offered_erlangs"), number(c, "slots_each") as u32))
                .collect();
            let (blocked, busy) = kaufman_roberts(case.count("slots"), &classes).unwrap();
            Sheet::default()
                .list("p_block", blocked)
                .one("mean_slots_busy", busy)
        }
        "M/G/1 FCFS" => mg1(service(n("lam"), &case.params["service"])),
        "M/D/1 FCFS" => {
            let station = Md1::new(n("lam"), number(&case.params["service"], "value")).unwrap();
            mg1(*station.means())
                .percentiles("_wait", |p| station.wait_quantile(p))
                .percentiles("_sojourn", |p| station.sojourn_quantile(p))
        }
        "GI/M/1 FCFS" => {
            let law = &case.params["interarrival"];
            let gaps = match law["law"].as_str().unwrap() {
                "deterministic" => Gaps::Deterministic,
                "lognormal" => Gaps::Lognormal {
                    scv: number(law, "scv"),
                },
                erlang => Gaps::Erlang {
                    shape: erlang.strip_prefix("Erlang-").unwrap().parse().unwrap(),
                },
            };
            gim1(GiM1::new(n("lam"), n("mu"), gaps).unwrap())
        }
        "M/G/1 processor sharing" => {
            let station = service(n("lam"), &case.params["service"]);
            Sheet::default()
                .one("mean_sojourn", station.shared_mean_sojourn())
                .one("mean_in_system", station.shared_mean_in_system())
                .one("p_n0", 1.0 - station.utilization())
                .one("p_n_ge_5", station.shared_p_at_least(5))
                .one("mean_slowdown", station.shared_mean_slowdown())
                .one(
                    "mean_sojourn_given_size_1",
                    station.shared_mean_sojourn_of_size(1.0),
                )
        }
        "M/G/1 LCFS preemptive resume" => {
            let station = service(n("lam"), &case.params["service"]);
            Sheet::default()
                .one("mean_sojourn", station.shared_mean_sojourn())
                .one("mean_in_system", station.shared_mean_in_system())
        }
        "M/M/1 processor sharing, sojourn percentiles" => {
            let station = Mg1::new(n("lam"), 1.0 / n("mu"), 1.0).unwrap();
            Sheet::default()
                .one("mean_sojourn", station.shared_mean_sojourn())
                .one(
                    "var_sojourn",
                    mg1::mm1_shared_var_sojourn(n("lam"), n("mu")).unwrap(),
                )
        }
        "M^[X]/M/1 FCFS, batch Poisson arrivals" => {
            let rate = n("batch_rate") * n("E_X");
            let number =
                mg1::batch_arrivals_mean_in_system(n("batch_rate"), n("E_X"), n("E_X2"), n("mu")).unwrap();
            Sheet::default()
                .one("mean_in_system", number)
                .one("mean_sojourn", number / rate)
                .one("mean_wait", number / rate - 1.0 / n("mu"))
                .one("utilisation", rate / n("mu"))
        }
        "M/G/infinity" => {
            let system = MgInf::new(n("lam"), number(&case.params["service"], "mean")).unwrap();
            Sheet::default()
                .one("mean_in_system", system.mean_in_system())
                .one("var_in_system", system.mean_in_system())
                .one("p_empty", system.p_empty())
                .percentiles("_in_system", |p| system.quantile(p).map(|n| n as f64))
        }
        "M/M/infinity started empty" => {
            let system = MgInf::new(n("lam"), 1.0 / n("mu")).unwrap();
            let times = case.numbers("times");
            Sheet::default().list(
                "mean_in_system",
                times.iter().map(|t| system.mean_after_start(*t)),
            )
        }
        model if model.starts_with("M_t/G/infinity") && case.params["service"] == "exp" => {
            let system = MgInf::new(n("base"), n("mean_service")).unwrap();
            Sheet::default().one("peak", system.peak_under_wave(n("amp"), n("period")).unwrap())
        }
        "M/M/1 with priority classes (class 1 first), FCFS inside a class" => priorities(case),
        "M/M/1 with known sizes" => Sheet::default()
            .one(
                "mean_sojourn_srpt",
                priority::srpt_mean_sojourn(n("lam"), n("mu")).unwrap(),
            )
            .one(
                "mean_sojourn_sjf_nonpreemptive",
                priority::sjf_mean_sojourn(n("lam"), n("mu")).unwrap(),
            ),
        "M/M/1 FCFS: variance constants of long-run averages" => {
            let station = Mmc::new(n("lam"), n("mu"), 1).unwrap();
            Sheet::default()
                .one(
                    "n_times_var_of_mean_wait",
                    station.wait_variance_constant().unwrap(),
                )
                .one(
                    "t_times_var_of_time_average_N",
                    station.number_variance_constant().unwrap(),
                )
        }
        "M/G/1 FCFS, failures only while serving (Poisson xi), repair then resume" => {
            let repair = number(&case.params["repair"], "mean");
            let station = service(n("lam"), &case.params["service"])
                .with_breakdowns(n("failure_rate_busy"), repair, 1.0)
                .unwrap();
            mg1(station).one("utilisation_incl_repair", station.utilization())
        }
        "M/M/1, server alternates up Exp(xi) / down Exp(eta) at all times (idle too), work resumes" => {
            let (up, down) = (1.0 / n("failure_rate"), 1.0 / n("repair_rate"));
            let number =
                mg1::breakdown_mean_in_system(n("lam"), n("mu"), n("failure_rate"), n("repair_rate"))
                    .unwrap();
            Sheet::default()
                .one("availability", up / (up + down))
                .one(
                    "p_empty",
                    mg1::breakdown_p_empty(n("lam"), n("mu"), 1.0 / up, 1.0 / down).unwrap(),
                )
                .one("mean_in_system", number)
                .one("mean_sojourn", number / n("lam"))
        }
        "M/M/1 with exponential setup (cold start) whenever the server has been switched off because empty" =>
        {
            let sojourn = mg1::setup_mean_sojourn(n("lam"), n("mu"), 1.0 / n("setup_rate")).unwrap();
            Sheet::default()
                .one("mean_sojourn", sojourn)
                .one("mean_in_system", n("lam") * sojourn)
        }
        "M/M/1 FCFS where a finished request goes back to the end of the queue with probability q (Bernoulli feedback)" =>
        {
            let rate = mg1::with_feedback(n("lam"), n("q")).unwrap();
            let station = Mmc::new(rate, n("mu"), 1).unwrap();
            Sheet::default()
                .one("utilisation", station.utilization())
                .one("mean_visits", rate / n("lam"))
                .one("mean_in_system", station.mean_in_system())
                .one("mean_total_sojourn", station.mean_in_system() / n("lam"))
        }
        "M/M/c+M (Erlang A): requests in queue give up after Exp(theta)" => {
            let station = erlang_a(n("lam"), n("mu"), case.count("c"), 1.0 / n("theta")).unwrap();
            impatient(&station).one("p_abandon", station.p_abandon)
        }
        "M/M/c with a fixed queue timeout: a request not in service after tau leaves" => {
            let station = queue_timeout(n("lam"), n("mu"), case.count("c"), n("tau")).unwrap();
            impatient(&station)
                .one("p_timeout", station.p_abandon)
                .one("mean_wait_of_served", mean_wait_of_served(&station, n("tau")))
        }
        model if model.starts_with("retrying clients") && case.count("c") == 1 => {
            let orbit = retry::mean_retrying(n("lam"), n("mu"), n("retry_rate")).unwrap();
            let away = orbit / n("lam");
            Sheet::default()
                .one("mean_orbit", orbit)
                .one("p_blocked_first_try", n("lam") / n("mu"))
                .one("mean_time_in_orbit", away)
                .one("mean_sojourn", away + 1.0 / n("mu"))
                .one("attempts_per_request", 1.0 + n("retry_rate") * away)
        }
        "Poisson arrivals dealt round-robin to n FCFS exponential servers" => {
            gim1(balancing::round_robin(case.count("n"), n("arrival_rate"), n("mu_each")).unwrap())
        }
        "same load, one central FCFS queue (M/M/n)" => {
            mmc(balancing::central_queue(case.count("n"), n("arrival_rate"), n("mu_each")).unwrap())
        }
        "same load, uniformly random server (n independent M/M/1)" => {
            mmc(balancing::random_split(case.count("n"), n("arrival_rate"), n("mu_each")).unwrap())
        }
        model if model.starts_with("power of d choices") => {
            let limit = balancing::PowerOfChoices::new(case.count("d"), n("lam"), n("mu")).unwrap();
            (1..=4).fold(
                Sheet::default().one("mean_sojourn", limit.mean_sojourn()),
                |sheet, i| {
                    sheet.one(
                        &format!("fraction_servers_with_at_least_{i}"),
                        limit.fraction_with_at_least(i),
                    )
                },
            )
        }
        _ => return None,
    })
}

fn mmc(station: Mmc) -> Sheet {
    Sheet::default()
        .one("utilisation", station.utilization())
        .one("p_wait", station.p_wait())
        .one("mean_wait", station.mean_wait())
        .one("mean_sojourn", station.mean_sojourn())
        .one("mean_in_system", station.mean_in_system())
        .one("mean_queue", station.mean_queue())
        .one("var_sojourn", station.var_sojourn())
        .one("var_in_system", station.var_in_system())
        .one("p_n0", station.p_empty())
        .one("p_n_ge_10", station.p_at_least(10))
        .percentiles("_wait", |p| station.wait_quantile(p))
        .percentiles("_sojourn", |p| station.sojourn_quantile(p))
}

fn mmck(case: &Case) -> Sheet {
    let (lam, mu) = (case.number("lam"), case.number("mu"));
    let station = Mmck::new(lam, mu, case.count("c"), case.count("K")).unwrap();
    Sheet::default()
        .one("p_block", station.p_block())
        .one("throughput", station.throughput())
        .one("mean_in_system", station.mean_in_system())
        .one("mean_queue", station.mean_queue())
        .one("mean_wait_accepted", station.mean_wait())
        .one("mean_sojourn_accepted", station.mean_sojourn())
        .one("p_idle", station.p_empty())
        .one("p_wait_accepted", station.p_wait())
        .percentiles("_wait_accepted", |p| station.wait_quantile(p))
        .percentiles("_sojourn_accepted", |p| station.sojourn_quantile(p))
}

fn mg1(station: Mg1) -> Sheet {
    Sheet::default()
        .one("utilisation", station.utilization())
        .one("p_wait", station.utilization())
        .one("mean_wait", station.mean_wait())
        .one("mean_sojourn", station.mean_sojourn())
        .one("mean_in_system", station.mean_in_system())
        .one("mean_queue", station.mean_queue())
}

fn gim1(station: GiM1) -> Sheet {
    Sheet::default()
        .one("sigma_arrival_finds_busy", station.p_wait())
        .one("mean_wait", station.mean_wait())
        .one("mean_sojourn", station.mean_sojourn())
        .one("mean_in_system", station.mean_in_system())
        .percentiles("_wait", |p| station.wait_quantile(p))
        .percentiles("_sojourn", |p| station.sojourn_quantile(p))
}

fn impatient(station: &Impatient) -> Sheet {
    Sheet::default()
        .one("p_wait", station.p_wait)
        .one("mean_queue", station.mean_queue)
        .one("mean_time_in_queue_all", station.mean_time_in_queue)
        .one("throughput", station.throughput)
        .one("utilisation", station.utilization)
}

/// An M/G/1 with the service law of a case, by its first two moments.
fn service(lam: f64, law: &Value) -> Mg1 {
    match law["law"].as_str().unwrap() {
        "uniform" => {
            let (low, high) = (number(law, "low"), number(law, "high"));
            let second = (low * low + low * high + high * high) / 3.0;
            Mg1::from_moments(lam, (low + high) / 2.0, second).unwrap()
        }
        "bounded Pareto" => {
            Mg1::from_moments(lam, number(law, "mean"), number(law, "second_moment")).unwrap()
        }
        "exponential" => Mg1::new(lam, number(law, "mean"), 1.0).unwrap(),
        name if name.starts_with("Erlang") => {
            Mg1::new(lam, number(law, "mean"), 1.0 / number(law, "shape")).unwrap()
        }
        _ => Mg1::new(lam, number(law, "mean"), number(law, "scv")).unwrap(),
    }
}

fn priorities(case: &Case) -> Sheet {
    let classes: Vec<PriorityClass> = case
        .numbers("lam")
        .iter()
        .zip(case.numbers("mu"))
        .map(|(&arrival_rate, mu)| PriorityClass {
            arrival_rate,
            mean_service: 1.0 / mu,
            scv: 1.0,
        })
        .collect();
    let times = priority::classes(&classes).unwrap();
    Sheet::default()
        .list(
            "mean_wait_nonpreemptive",
            times.iter().map(|t| t.wait_nonpreemptive),
        )
        .list(
            "mean_sojourn_nonpreemptive",
            times.iter().map(|t| t.sojourn_nonpreemptive),
        )
        .list(
            "mean_sojourn_preemptive_resume",
            times.iter().map(|t| t.sojourn_preemptive_resume),
        )
}
