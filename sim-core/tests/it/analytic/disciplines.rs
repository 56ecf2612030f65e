//! Who is served next, and who loses a core to whom: priorities, newest first, shortest first.

use sim_core::model::{CoreRule, Discipline, Model, OpId, Station};

use super::judge::{Experiment, experiment};
use super::measure::{View, latency, seconds, standard, value};
use crate::build::{
    checked, description, exponential, law, model, poisson, processor_sharing, service, service_of, work,
    workers,
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
    None
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
