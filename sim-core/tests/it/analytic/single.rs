//! One station: Poisson and renewal arrivals, any service law, limited rooms, processor sharing.

use sim_core::model::{Component, Kind, OnDemand, Pauses, Station, Step};
use sim_core::random::Law;
use sim_core::time::SimDuration;

use super::judge::{Experiment, experiment};
use super::measure::{View, standard, time, total, value};
use crate::build::{
    choose, constant, exponential, law, lognormal, model, poisson, processor_sharing, renewal, service,
    unlimited, wait, work, workers,
};
use crate::cases::Case;

/// Requests in a trial: more where the load is higher, since waits are correlated for longer, and the more so the more
/// the services differ.
fn requests(load: f64, spread: f64) -> f64 {
    let idle = (1.0 - load).max(0.01);
    let most = match (load > 0.97, spread > 0.0) {
        (false, _) => 320_000.0,
        (true, true) => 600_000.0,
        // Constant services are quick to simulate, and the longest bursts are as rare as ever: a shorter run sees too few of them
        // for any statement on p99.9.
        (true, false) => 4_000_000.0,
    };
    (9_000.0 * (0.5 + 0.5 * spread) / (idle * idle)).clamp(40_000.0, most)
}

fn alone(rate: f64, n: f64, server: Component) -> sim_core::model::Model {
    model(n / rate, vec![poisson(rate, 0)], vec![server])
}

fn server(station: Station, law: Law) -> Component {
    service("server", 1, station, vec![work(law)])
}

/// The experiment of a case with a single station, if it is one.
pub fn of(case: &Case) -> Option<Vec<Experiment>> {
    let is = |name: &str| case.id.starts_with(name);
    let service_law = || law(&case.params["service"], f64::NAN);
    let view = |workers: f64| View { station: 0, workers };
    let one = |m, workers| Some(vec![experiment(case, m, standard(case, view(workers)))]);
    if case.model == "M/M/1 FCFS" || case.model == "M/M/c FCFS" || is("central-queue-") {
        let rate = case.params["lam"]
            .as_f64()
            .unwrap_or_else(|| case.number("arrival_rate"));
        let mu = case.params["mu"].as_f64().unwrap_or(1.0);
        let c = case.params["c"]
            .as_u64()
            .or(case.params["n"].as_u64())
            .unwrap_or(1) as u32;
        let n = requests(rate / mu / f64::from(c), 1.0);
        return one(
            alone(rate, n, server(workers(c), exponential(1.0 / mu))),
            f64::from(c),
        );
    }
    if is("mm1-setup-") || is("mmk-setup-") {
        let k = case.params.get("k").map_or(1, |k| k.as_u64().unwrap_or(1)) as u32;
        let (rate, mu) = (case.number("lam"), case.number("mu"));
        let mut server = server(workers(k), exponential(1.0 / mu));
        if let Kind::Service(s) = &mut server.kind {
            s.on_demand = Some(OnDemand {
                set_up: exponential(1.0 / case.number("setup_rate")),
                keep_alive: SimDuration::ZERO,
            });
        }
        let mut measures = standard(case, view(f64::from(k)));
        if case.expected.get("mean_servers_busy").is_some() {
            measures.push(value(case, "mean_servers_busy", 0, |t| {
                total(t, 0, |w| w.busy_ns as f64) / time(t, 0)
            }));
        }
        return Some(vec![experiment(case, alone(rate, 320_000.0, server), measures)]);
    }
    if is("mm1-breakdown-") {
        let (rate, mu) = (case.number("lam"), case.number("mu"));
        let (failure, repair) = (case.number("failure_rate"), case.number("repair_rate"));
        let mut server = server(workers(1), exponential(1.0 / mu));
        if let Kind::Service(s) = &mut server.kind {
            s.pauses = Some(Pauses {
                every: exponential(1.0 / failure),
                lasts: exponential(1.0 / repair),
            });
        }
        // A request more for each that comes in a pause and the time it takes to work off what has gathered.
        let n = 320_000.0_f64.max(40_000.0 * rate / failure);
        return one(alone(rate, n, server), 1.0);
    }
    if is("mmck-") {
        let (c, room) = (case.count("c"), case.count("K"));
        let station = Station {
            queue: Some(room - c),
            ..workers(c)
        };
        let n = 150_000.0;
        return one(
            alone(case.number("lam"), n, server(station, exponential(1.0))),
            f64::from(c),
        );
    }
    if is("erlangb-") {
        // Insensitive to the law of the service, so the law is one that nobody would derive the formula for.
        let (a, c) = (case.number("offered_erlangs"), case.count("c"));
        let station = Station {
            queue: Some(0),
            ..workers(c)
        };
        return one(
            alone(a, 200_000.0, server(station, lognormal(1.0, 2.0))),
            f64::from(c),
        );
    }
    if case.model == "M/G/1 FCFS" || is("md1-") || is("mdc-") {
        let (rate, c) = (case.number("lam"), case.params["c"].as_u64().unwrap_or(1) as u32);
        let service = service_law();
        let load = rate * service.mean() / 1e9 / f64::from(c);
        let n = requests(load, service.scv());
        return one(alone(rate, n, server(workers(c), service)), f64::from(c));
    }
    if is("batch-arrivals-") {
        // A batch of geometric size is a run of gaps of no time.
        let size = case.number("E_X");
        let gap = Law::mixture(vec![
            (1.0 - 1.0 / size, constant(0.0)),
            (1.0 / size, exponential(1.0 / case.number("batch_rate"))),
        ])
        .expect("a mixture");
        let rate = case.number("batch_rate") * size;
        let station = server(workers(1), exponential(1.0));
        return one(model(250_000.0 / rate, vec![renewal(gap, 0)], vec![station]), 1.0);
    }
    if is("gm1-") {
        let rate = case.number("lam");
        let gap = law(&case.params["interarrival"], 1.0 / rate);
        let n = requests(rate, gap.scv());
        let station = server(workers(1), exponential(1.0));
        let mut measures = standard(case, view(1.0));
        measures.push(value(case, "sigma_arrival_finds_busy", 0, |t| {
            let waits = super::measure::waiting(t, 0);
            waits.count_above(0) as f64 / waits.count() as f64
        }));
        let m = model(n / rate, vec![renewal(gap, 0)], vec![station]);
        return Some(vec![experiment(case, m, measures)]);
    }
    if is("mg1-ps-") || is("mm1-ps-") {
        let rate = case.number("lam");
        let service = if is("mm1-ps-") {
            exponential(1.0)
        } else {
            service_law()
        };
        let load = rate * service.mean() / 1e9;
        let mut measures = standard(case, view(f64::INFINITY));
        if case.expected.get("p_n0").is_some() {
            measures.push(value(case, "p_n0", 0, |t| {
                1.0 - total(t, 0, |w| w.core_busy_ns as f64) / time(t, 0)
            }));
        }
        let n = requests(load, service.scv());
        return Some(vec![experiment(
            case,
            alone(rate, n, server(processor_sharing(), service)),
            measures,
        )]);
    }
    if is("mginf-") {
        let rate = case.number("lam");
        return one(
            alone(rate, 40_000.0, server(unlimited(), service_law())),
            f64::INFINITY,
        );
    }
    if is("mg1-active-breakdown-") {
        let repair = law(&case.params["repair"], f64::NAN);
        let steps = until_done(case.number("failure_rate_busy"), &repair, 12);
        return one(
            alone(
                case.number("lam"),
                150_000.0,
                service("server", 1, workers(1), steps),
            ),
            1.0,
        );
    }
    None
}

/// Exponential work that is interrupted: a piece of work, then it is done or a repair and all the rest follow. The chance of
/// more than 12 failures in one service is 1e-16.
fn until_done(failure_rate: f64, repair: &Law, deep: u32) -> Vec<Step> {
    let piece = work(exponential(1.0 / (1.0 + failure_rate)));
    if deep == 0 {
        return vec![piece];
    }
    let mut again = vec![wait(repair.clone())];
    again.extend(until_done(failure_rate, repair, deep - 1));
    vec![piece, choose(vec![(1.0, vec![]), (failure_rate, again)])]
}
