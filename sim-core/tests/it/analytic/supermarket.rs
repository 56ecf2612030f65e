//! What drawing with replacement costs in the supermarket model; its whole table is printed by the example `supermarket`.

use sim_core::model::Balancing;

use super::judge::{Experiment, TRIALS, run};
use super::measure::{Measure, What, latency, seconds};
use super::networks::balanced;
use crate::cases::{all, number};

/// The 95 % point of Student's law with 39 degrees of freedom.
const T_39: f64 = 2.023;

/// The mean time in a system of `n` queues at this load.
fn of(id: String, policy: Balancing, n: u32, load: f64, requests: f64) -> Experiment {
    let rate = load * f64::from(n);
    Experiment {
        id,
        model: balanced(requests / rate, rate, n, policy),
        trials: TRIALS,
        measures: vec![Measure {
            field: "mean_sojourn".to_owned(),
            place: 0,
            expected: 1.0,
            what: What::Value(Box::new(|t| seconds(&latency(t, 0)))),
        }],
    }
}

/// Drawing with replacement is what it was found to be, and slower than without by as much.
#[test]
fn drawing_with_replacement_costs_what_it_was_found_to_cost() {
    let cases: Vec<_> = all()
        .into_iter()
        .filter(|c| c.id.starts_with("refsim-power-of-") && c.number("lam") < 0.95)
        .collect();
    assert!(cases.len() > 3);
    let experiments: Vec<Experiment> = cases
        .iter()
        .map(|c| {
            let choices = c.count("d");
            let policy = Balancing::PowerOfDReplaced { choices };
            of(c.id.clone(), policy, c.count("n"), c.number("lam"), 100_000.0)
        })
        .collect();
    for (case, ours) in cases.iter().zip(run(&experiments)) {
        let known = |name: &str| number(&case.expected, name);
        let theirs = known("mean_sojourn_choices_with_replacement");
        let reach = T_39 * ours.error + known("half_width_95_with_replacement");
        println!(
            "{}: {} +- {} against {theirs}",
            ours.id,
            ours.mean,
            T_39 * ours.error
        );
        assert!(
            (ours.mean - theirs).abs() <= reach,
            "{}: {} for {theirs}",
            ours.id,
            ours.mean
        );
        assert!(ours.error < 0.005 * ours.mean, "{}: too vague", ours.id);
        assert!(ours.mean > known("mean_sojourn_distinct_choices"), "{}", ours.id);
    }
}
