//! The Universal Scalability Law: published fits of measured machines, and a simulated machine that does what the fit says.

use serde_json::Value;
use sim_core::model::{Contention, Station};
use sim_core::simulation::{Condition, simulate};
use sim_core::theory::usl::Usl;

use crate::build::{closed, constant, exponential, model, service, unlimited, work};
use crate::cases::{number, numbers};

fn data() -> Value {
    serde_json::from_str(include_str!("../data/usl.json")).expect("valid JSON")
}

fn list<'d>(of: &'d Value, name: &str) -> impl Iterator<Item = &'d Value> {
    of[name].as_array().expect("a list").iter()
}

fn published(of: &Value) -> Usl {
    Usl::new(number(of, "alpha"), number(of, "beta"), number(of, "gamma"))
        .expect("coefficients in their ranges")
}

#[test]
fn the_law_gives_the_published_throughputs() {
    let data = data();
    for case in list(&data, "derived") {
        let x = published(case).throughput(number(case, "N"));
        assert!((x / number(case, "expect") - 1.0).abs() < 1e-12, "{case}: {x}");
    }
    let fit = &data["fit_specsdm91"];
    let usl = published(fit);
    let peak = usl.peak_size().expect("coherence costs something");
    assert!(
        (peak / number(fit, "expect_peak") - 1.0).abs() < number(fit, "relative_tolerance"),
        "{peak}"
    );
    let loads = numbers(&data["datasets"]["specsdm91"]["load"]);
    for (load, fitted) in loads.iter().zip(numbers(&fit["expect_fitted"])) {
        assert!(
            (usl.throughput(*load) - fitted).abs() < number(fit, "fitted_tolerance"),
            "{load}"
        );
    }
}

/// As many users as cores, who never think: every core is busy, so that X(N) is seen as it is. Twenty trials, and the mean within 3.5
/// standard errors that are below 0.5 %.
#[test]
fn a_simulated_machine_scales_as_the_measured_one() {
    let data = data();
    let fit = &data["fit_specsdm91"];
    let (usl, gamma) = (published(fit), number(fit, "gamma"));
    for load in numbers(&data["datasets"]["specsdm91"]["load"]) {
        let station = Station {
            cores: Some(load as u32),
            contention: Some(Contention {
                sigma: number(fit, "alpha"),
                kappa: number(fit, "beta"),
            }),
            ..unlimited()
        };
        let expected = usl.throughput(load);
        let m = model(
            4_000.0 / expected,
            vec![closed(load as u32, constant(0.0), 0)],
            vec![service(
                "machine",
                1,
                station,
                vec![work(exponential(1.0 / gamma))],
            )],
        );
        let rates: Vec<f64> = (0..20)
            .map(|trial| {
                let windows = &simulate(&m, 1, trial, &Condition::default()).components[0].windows;
                let served: u64 = windows.iter().map(|w| w.served).sum();
                let time: u64 = windows.iter().map(|w| w.time_ns).sum();
                served as f64 * 1e9 / time as f64
            })
            .collect();
        let n = rates.len() as f64;
        let mean = rates.iter().sum::<f64>() / n;
        let variance = rates.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let error = (variance / n).sqrt();
        assert!(
            (mean - expected).abs() < 3.5 * error,
            "{load} cores: {mean} and not {expected}"
        );
        assert!(error < 0.005 * expected, "{load} cores: {error} is too vague");
    }
}
