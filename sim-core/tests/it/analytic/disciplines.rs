//! Who is served next, who loses a core to whom, and who leaves unserved: priorities, newest first, shortest first, impatience,
//! and copies of which one is enough.

use sim_core::measure::TrialResult;
use sim_core::model::{Batch, CoreRule, Discipline, Kind, Model, OpId, Station};

use sim_core::time::SimDuration;

use super::judge::{Experiment, experiment};
use super::measure::{View, latency, ok, seconds, standard, time, total, value, waiting};
use crate::build::{
    checked, choose, constant, description, exponential, go, law, model, poisson, processor_sharing, race,
    service, service_of, unlimited, work, workers,
};
use crate::cases::Case;

/// One core that everybody shares by a rule.
fn one_core(core_rule: CoreRule) -> Station {
    Station {
        core_rule,
        ..processor_sharing()
    }
}

/// One worker and a queue in some order.
fn one_worker(discipline: Discipline) -> Station {
    Station {
        discipline,
        ..workers(1)
    }
}

/// The experiment of a case of one ordered station, if it is one.
pub fn of(case: &Case) -> Option<Vec<Experiment>> {
    let is = |name: &str| case.id.starts_with(name);
    if is("mg1-lcfspr-") {
        let (rate, work_law) = (case.number("lam"), law(&case.params["service"], f64::NAN));
        let m = model(
            250_000.0 / rate,
            vec![poisson(rate, 0)],
            vec![service(
                "server",
                1,
                one_core(CoreRule::Newest),
                vec![work(work_law)],
            )],
        );
        let view = View {
            station: 0,
            workers: f64::INFINITY,
        };
        return Some(vec![experiment(case, m, standard(case, view))]);
    }
    if is("srpt-sjf-") {
        let rate = case.number("lam");
        let of = |field: &str, station: Station| {
            let steps = vec![work(exponential(1.0 / case.number("mu")))];
            let m = model(
                200_000.0 / rate,
                vec![poisson(rate, 0)],
                vec![service("server", 1, station, steps)],
            );
            experiment(case, m, vec![value(case, field, 0, |t| seconds(&latency(t, 0)))])
        };
        return Some(vec![
            of("mean_sojourn_srpt", one_core(CoreRule::LeastRemaining)),
            of("mean_sojourn_sjf_nonpreemptive", one_worker(Discipline::Shortest)),
        ]);
    }
    if is("priority-") {
        let class_of = || [0, 1].into();
        let nonpreemptive = classes(case, one_worker(Discipline::Priority { class_of: class_of() }));
        let preemptive = classes(case, one_core(CoreRule::Priority { class_of: class_of() }));
        let of = |field: &str, less: [f64; 2]| {
            [0, 1].map(|c| value(case, field, c, move |t| seconds(&latency(t, c)) - less[c]))
        };
        let mu = case.numbers("mu");
        let mut waits: Vec<_> = of("mean_sojourn_nonpreemptive", [0.0; 2]).into();
        waits.extend(of("mean_wait_nonpreemptive", [1.0 / mu[0], 1.0 / mu[1]]));
        return Some(vec![
            experiment(case, nonpreemptive, waits),
            experiment(
                case,
                preemptive,
                of("mean_sojourn_preemptive_resume", [0.0; 2]).into(),
            ),
        ]);
    }
    if is("erlang-a-") || is("mmc-timeout-") {
        return Some(vec![impatient(case)]);
    }
    if is("bulk-service-") {
        let mut server = service(
            "server",
            1,
            workers(1),
            vec![work(exponential(1.0 / case.number("mu")))],
        );
        if let Kind::Service(s) = &mut server.kind {
            s.batch = Some(Batch {
                size: case.count("K"),
                wait: SimDuration::ZERO,
                each: SimDuration::ZERO,
            });
        }
        let rate = case.number("lam");
        let m = model(400_000.0 / rate, vec![poisson(rate, 0)], vec![server]);
        // A batch keeps one worker busy, whatever its size.
        let working = |t: &TrialResult| total(t, 0, |w| w.busy_ns as f64);
        return Some(vec![experiment(
            case,
            m,
            vec![
                value(case, "mean_wait", 0, |t| seconds(&waiting(t, 0))),
                value(case, "mean_sojourn", 0, |t| seconds(&latency(t, 0))),
                value(case, "p_idle", 0, move |t| 1.0 - working(t) / time(t, 0)),
                value(case, "mean_batch", 0, move |t| {
                    total(t, 0, |w| w.core_busy_ns as f64) / working(t)
                }),
            ],
        )]);
    }
    if is("redundancy-") {
        let (k, d) = (case.count("k"), case.count("d"));
        let rate = case.number("lam_per_server") * f64::from(k);
        let mut stations: Vec<_> = (0..k)
            .map(|i| {
                let steps = vec![work(exponential(1.0 / case.number("mu")))];
                service(&format!("station-{i}"), 1, workers(1), steps)
            })
            .collect();
        // One option for each set of d servers.
        let sets = (0..1u32 << k).filter(|set| set.count_ones() == d);
        let options = sets.map(|set| {
            let chosen = (0..k as u16).filter(|i| set >> i & 1 == 1);
            (1.0, vec![race(chosen.map(|i| vec![go(i)]).collect(), 1)])
        });
        stations.push(service("site", 1, unlimited(), vec![choose(options.collect())]));
        let m = model(150_000.0 / rate, vec![poisson(rate, k as u16)], stations);
        let view = View {
            station: 0,
            workers: 1.0,
        };
        return Some(vec![experiment(case, m, standard(case, view))]);
    }
    None
}

/// Calls that leave the queue after an exponential or a constant time.
fn impatient(case: &Case) -> Experiment {
    let (rate, c) = (case.number("lam"), case.count("c"));
    let is_exponential = case.params.get("theta").is_some();
    let mut server = service(
        "server",
        1,
        workers(c),
        vec![work(exponential(1.0 / case.number("mu")))],
    );
    if let Kind::Service(s) = &mut server.kind {
        s.patience = Some(if is_exponential {
            exponential(1.0 / case.number("theta"))
        } else {
            constant(case.number("tau"))
        });
    }
    let m = model(250_000.0 / rate, vec![poisson(rate, 0)], vec![server]);
    let view = View {
        station: 0,
        workers: f64::from(c),
    };
    let lost = if is_exponential { "p_abandon" } else { "p_timeout" };
    let mut measures = standard(case, view);
    // The usual share of those who wait is one of those who are served.
    measures.retain(|m| m.field != "p_wait");
    measures.push(value(case, lost, 0, |t| 1.0 - ok(t)));
    measures.push(value(case, "p_wait", 0, |t| {
        let waits = waiting(t, 0);
        let at_once = (waits.count() - waits.count_above(0)) as f64;
        1.0 - at_once / total(t, 0, |w| w.arrived as f64)
    }));
    measures.push(value(case, "mean_time_in_queue_all", 0, |t| {
        total(t, 0, |w| w.queue_ns as f64) / total(t, 0, |w| w.arrived as f64) / 1e9
    }));
    if !is_exponential {
        measures.push(value(case, "mean_wait_of_served", 0, |t| seconds(&waiting(t, 0))));
    }
    experiment(case, m, measures)
}

/// A class of requests for each rate, an operation each.
fn classes(case: &Case, station: Station) -> Model {
    let (rates, mu) = (case.numbers("lam"), case.numbers("mu"));
    let plans = mu
        .iter()
        .map(|mu| Some(vec![work(exponential(1.0 / mu))]))
        .collect();
    let clients = (0u16..)
        .zip(&rates)
        .map(|(c, rate)| {
            let mut clients = poisson(*rate, 0);
            clients.name = clients.name.index(u64::from(c));
            clients.mix = vec![(OpId(c), 1.0)];
            clients
        })
        .collect();
    let total: f64 = rates.iter().sum();
    let mut d = description(
        400_000.0 / total,
        clients,
        vec![service_of("server", 1, station, plans)],
    );
    d.operations_that_write = vec![false; rates.len()];
    checked(d)
}
