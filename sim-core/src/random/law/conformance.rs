//! One helper for every member of the family: moments, distribution function, quantile, bounds, and an outside oracle.

use super::*;
use crate::random::{Stream, StreamName};
use statrs::distribution::{ContinuousCDF, Erlang as StatrsErlang, Exp, Gamma as StatrsGamma, LogNormal};
use statrs::distribution::{Uniform as StatrsUniform, Weibull as StatrsWeibull};

const DRAWS: usize = 250_000;

type Sampler = Box<dyn Fn(&mut Draw) -> f64>;

/// What an oracle from another library says about a law.
struct Oracle {
    cdf: Box<dyn Fn(f64) -> f64>,
    sampler: Option<Sampler>,
}

impl Oracle {
    fn cdf(law: impl ContinuousCDF<f64, f64> + 'static) -> Oracle {
        Oracle {
            cdf: Box::new(move |x| law.cdf(x)),
            sampler: None,
        }
    }

    fn sampler(self, law: impl Distribution<f64> + 'static) -> Oracle {
        Oracle {
            sampler: Some(Box::new(move |draw| law.sample(draw))),
            ..self
        }
    }
}

fn members() -> Vec<(&'static str, Law, Option<Oracle>)> {
    let exp = |mean| Law::exponential(mean).unwrap();
    let fixed = |value| Law::constant(value).unwrap();
    let (mu, sigma) = (f64::ln(2.0), f64::ln(6.0) / 2.326_347_874_040_841);
    let sigma_of_scv_3 = f64::ln(4.0).sqrt();
    vec![
        ("constant", fixed(5.0), None),
        ("constant zero", fixed(0.0), None),
        (
            "exponential",
            exp(4.0),
            Some(Oracle::cdf(Exp::new(0.25).unwrap()).sampler(rand_distr::Exp::new(0.25).unwrap())),
        ),
        (
            "uniform",
            Law::uniform(1.0, 3.0).unwrap(),
            Some(
                Oracle::cdf(StatrsUniform::new(1.0, 3.0).unwrap())
                    .sampler(rand_distr::Uniform::new(1.0, 3.0).unwrap()),
            ),
        ),
        (
            "lognormal",
            Law::lognormal(2.0, 12.0).unwrap(),
            Some(
                Oracle::cdf(LogNormal::new(mu, sigma).unwrap())
                    .sampler(rand_distr::LogNormal::new(mu, sigma).unwrap()),
            ),
        ),
        (
            "lognormal with mean",
            Law::lognormal_with_mean(2.0, 3.0).unwrap(),
            Some(Oracle::cdf(
                LogNormal::new(f64::ln(2.0) - f64::ln(4.0) / 2.0, sigma_of_scv_3).unwrap(),
            )),
        ),
        (
            "lognormal without spread",
            Law::lognormal(2.0, 2.0).unwrap(),
            None,
        ),
        (
            "erlang",
            Law::erlang(3, 6.0).unwrap(),
            Some(Oracle::cdf(StatrsErlang::new(3, 0.5).unwrap())),
        ),
        (
            "erlang of one",
            Law::erlang(1, 6.0).unwrap(),
            Some(Oracle::cdf(Exp::new(1.0 / 6.0).unwrap())),
        ),
        (
            "erlang of sixteen",
            Law::erlang(16, 1.0).unwrap(),
            Some(Oracle::cdf(StatrsErlang::new(16, 16.0).unwrap())),
        ),
        (
            "erlang of many",
            Law::erlang(100, 5.0).unwrap(),
            Some(Oracle::cdf(StatrsErlang::new(100, 20.0).unwrap())),
        ),
        ("hyperexponential", Law::hyperexponential(5.0, 4.0).unwrap(), None),
        (
            "hyperexponential of scv 1",
            Law::hyperexponential(5.0, 1.0).unwrap(),
            Some(Oracle::cdf(Exp::new(0.2).unwrap())),
        ),
        (
            "gamma",
            Law::gamma(5.0, 2.5).unwrap(),
            Some(
                Oracle::cdf(StatrsGamma::new(2.5, 0.5).unwrap())
                    .sampler(rand_distr::Gamma::new(2.5, 2.0).unwrap()),
            ),
        ),
        (
            "gamma below one",
            Law::gamma(2.0, 0.4).unwrap(),
            Some(
                Oracle::cdf(StatrsGamma::new(0.4, 0.2).unwrap())
                    .sampler(rand_distr::Gamma::new(0.4, 5.0).unwrap()),
            ),
        ),
        (
            "weibull",
            Law::weibull(5.0, 0.7).unwrap(),
            Some(
                Oracle::cdf(StatrsWeibull::new(0.7, 5.0).unwrap())
                    .sampler(rand_distr::Weibull::new(5.0, 0.7).unwrap()),
            ),
        ),
        (
            "weibull with mean",
            Law::weibull_with_mean(5.0, 2.2).unwrap(),
            None,
        ),
        (
            "bounded pareto",
            Law::bounded_pareto(1.0, 1.5, 1_000.0).unwrap(),
            None,
        ),
        (
            "bounded pareto, alpha 1",
            Law::bounded_pareto(2.0, 1.0, 100.0).unwrap(),
            None,
        ),
        (
            "bounded pareto, alpha 2",
            Law::bounded_pareto(2.0, 2.0, 100.0).unwrap(),
            None,
        ),
        (
            "empirical",
            Law::empirical(vec![3.0, 1.0, 2.0, 7.5, 2.0]).unwrap(),
            None,
        ),
        (
            "mixture",
            Law::mixture(vec![
                (3.0, exp(1.0)),
                (0.0, fixed(0.5)),
                (1.0, Law::uniform(5.0, 9.0).unwrap()),
            ])
            .unwrap(),
            None,
        ),
        (
            "mixture with a constant",
            Law::mixture(vec![(0.5, fixed(1.0)), (0.5, exp(1.0))]).unwrap(),
            None,
        ),
        (
            "sum",
            Law::sum(vec![fixed(2.0), exp(1.0), Law::erlang(2, 3.0).unwrap()]).unwrap(),
            None,
        ),
        (
            "sum with one random part",
            Law::sum(vec![fixed(2.0), exp(1.0), fixed(3.0)]).unwrap(),
            None,
        ),
        (
            "sum of constants",
            Law::sum(vec![fixed(2.0), fixed(3.0)]).unwrap(),
            None,
        ),
    ]
}

fn samples(name: &str, law: &Law) -> Vec<f64> {
    let mut stream = Stream::open(11, 0, StreamName::new(name));
    (0..DRAWS).map(|_| law.sample(&mut stream.next())).collect()
}

/// Mean and its standard error.
fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// z below 4 (one false alarm in 16,000), and an interval that is narrow enough to mean something.
fn check_estimate(what: &str, values: &[f64], expect: f64, narrow: f64) {
    let (mean, error) = mean_and_error(values);
    assert!(
        4.0 * error <= narrow * expect.abs(),
        "{what}: half-width {} is too wide for {expect}",
        4.0 * error
    );
    assert!(
        (mean - expect).abs() <= 4.0 * error + 1e-9 * expect,
        "{what}: {mean} +- {error} against {expect}"
    );
}

/// The largest distance between the samples' distribution function and the law's, at 0.1 % (Kolmogorov: 1.95 / sqrt(n)),
/// which stays conservative for laws with steps.
fn check_kolmogorov(name: &str, sorted: &[f64], cdf: impl Fn(f64) -> f64) {
    let n = sorted.len() as f64;
    let limit = 1.95 / n.sqrt();
    for x in sorted.iter().step_by(25) {
        let found = sorted.partition_point(|v| v <= x) as f64 / n;
        assert!(
            (cdf(*x) - found).abs() <= limit,
            "{name} at {x}: {} against {found}",
            cdf(*x)
        );
    }
}

fn check(name: &str, law: &Law, oracle: Option<Oracle>) {
    let mut values = samples(name, law);
    let mean = law.mean();
    assert!(
        values.iter().all(|v| v.is_finite() && *v >= law.min_value()),
        "{name}: below its minimum"
    );
    if law.is_constant() {
        assert!(
            values
                .iter()
                .all(|v| (v - mean).abs() <= 1e-12 * mean && *v == values[0]),
            "{name}: not constant"
        );
    } else {
        check_estimate(name, &values, mean, 0.05);
        // The fourth moment of a heavy tail is large, so the variance is known less well.
        let squares: Vec<f64> = values.iter().map(|v| (v - mean) * (v - mean)).collect();
        check_estimate(&format!("{name}, variance"), &squares, law.variance(), 0.6);
    }
    values.sort_by(f64::total_cmp);
    if law.cdf(mean).is_some() {
        // A difference in the last place would move a constant across its own step.
        if !law.is_constant() {
            check_kolmogorov(name, &values, |x| law.cdf(x).unwrap());
        }
        assert_eq!(law.cdf(-1.0), Some(0.0), "{name}");
        assert!(law.cdf(mean * 1e9 + 1.0).unwrap() > 1.0 - 1e-9, "{name}");
    }
    if let Some(oracle) = oracle {
        for i in 1..400 {
            let x = mean * f64::from(i) / 80.0;
            let difference = law.cdf(x).unwrap() - (oracle.cdf)(x);
            assert!(difference.abs() < 1e-10, "{name} at {x}: {difference}");
        }
        if let Some(sampler) = oracle.sampler {
            let mut stream = Stream::open(12, 0, StreamName::new(name));
            let mut theirs: Vec<f64> = (0..DRAWS).map(|_| sampler(&mut stream.next())).collect();
            theirs.sort_by(f64::total_cmp);
            check_kolmogorov(&format!("{name} by rand_distr"), &theirs, |x| law.cdf(x).unwrap());
        }
    }
    check_quantile(name, law);
}

fn check_quantile(name: &str, law: &Law) {
    assert_eq!(law.quantile(-0.1), None);
    assert_eq!(law.quantile(f64::NAN), None);
    let (Some(low), Some(high)) = (law.quantile(0.0), law.quantile(1.0)) else {
        return;
    };
    assert!(low >= law.min_value() && high >= low, "{name}: {low} {high}");
    for i in 1..100 {
        let p = f64::from(i) / 100.0;
        let x = law.quantile(p).unwrap();
        let step = 1e-9 * x.abs() + 1e-300;
        assert!(law.cdf(x + step).unwrap() >= p - 1e-7, "{name}: {p}");
        assert!(law.cdf(x - step).unwrap() <= p + 1e-7, "{name}: {p}");
    }
}

#[test]
fn every_member_keeps_its_promises() {
    for (name, law, oracle) in members() {
        check(name, &law, oracle);
    }
}

#[test]
fn every_member_is_checked() {
    // A new member fails to compile here until it has a number, and fails the test until it is in the list.
    let number = |law: &Law| match law {
        Law::Constant(_) => 0,
        Law::Exponential(_) => 1,
        Law::Uniform(_) => 2,
        Law::Lognormal(_) => 3,
        Law::Erlang(_) => 4,
        Law::Hyperexponential(_) => 5,
        Law::Gamma(_) => 6,
        Law::Weibull(_) => 7,
        Law::BoundedPareto(_) => 8,
        Law::Empirical(_) => 9,
        Law::Mixture(_) => 10,
        Law::Sum(_) => 11,
    };
    let seen: std::collections::BTreeSet<i32> = members().iter().map(|(_, law, _)| number(law)).collect();
    assert_eq!(seen, (0..12).collect());
}

#[test]
fn moments_by_hand() {
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12 * b.abs().max(1.0), "{a} is not {b}");
    // Crovella and others' formula for the mean, alpha = 1.5, L = 1, H = 1000.
    let pareto = Law::bounded_pareto(1.0, 1.5, 1_000.0).unwrap();
    close(
        pareto.mean(),
        1.5 / 0.5 * (1.0 - 1_000f64.powf(-0.5)) / (1.0 - 1_000f64.powf(-1.5)),
    );
    close(
        Law::bounded_pareto(2.0, 1.0, 100.0).unwrap().mean(),
        200.0 / 98.0 * 50f64.ln(),
    );
    // A Weibull law of shape 2 is Rayleigh's: mean sqrt(pi)/2, scv 4/pi - 1.
    let rayleigh = Law::weibull(1.0, 2.0).unwrap();
    close(rayleigh.mean(), std::f64::consts::PI.sqrt() / 2.0);
    close(rayleigh.scv(), 4.0 / std::f64::consts::PI - 1.0);
    close(Law::weibull_with_mean(3.0, 0.5).unwrap().mean(), 3.0);
    close(Law::weibull_with_mean(3.0, 0.5).unwrap().scv(), 5.0);
    close(Law::erlang(4, 2.0).unwrap().scv(), 0.25);
    close(Law::uniform(1.0, 3.0).unwrap().scv(), 1.0 / 12.0);
    let lognormal = Law::lognormal(2.0, 12.0).unwrap();
    close(lognormal.quantile(0.5).unwrap(), 2.0);
    close(lognormal.quantile(0.99).unwrap(), 12.0);
    close(Law::lognormal_with_mean(5.0, 2.0).unwrap().mean(), 5.0);
    close(Law::lognormal_with_mean(5.0, 2.0).unwrap().scv(), 2.0);
    // mix(0.9: exp(1), 0.1: exp(10)): mean 1.9, second moment 2 (0.9 + 10) = 21.8.
    let exp = |mean| Law::exponential(mean).unwrap();
    let mix = Law::mixture(vec![(0.9, exp(1.0)), (0.1, exp(10.0))]).unwrap();
    close(mix.mean(), 1.9);
    close(mix.scv(), 21.8 / 3.61 - 1.0);
    let sum = Law::sum(vec![exp(1.0), exp(3.0), Law::constant(6.0).unwrap()]).unwrap();
    close(sum.scv(), 0.1);
    close(sum.min_value(), 6.0);
    let empirical = Law::empirical(vec![1.0, 3.0]).unwrap();
    close(empirical.scv(), 0.25);
    assert_eq!(empirical.quantile(0.5), Some(1.0));
    assert_eq!(empirical.quantile(0.51), Some(3.0));
}

#[test]
fn impossible_parameters_are_refused_with_a_reason() {
    let refused = |law: Result<Law, LawError>, expect: &str| assert_eq!(law.unwrap_err().to_string(), expect);
    refused(
        Law::exponential(0.0),
        "mean is 0, but must be between 1e-100 and 1e100",
    );
    refused(
        Law::exponential(f64::NAN),
        "mean is NaN, but must be between 1e-100 and 1e100",
    );
    refused(
        Law::constant(-1.0),
        "value is -1, but must be between 0 and 1e100",
    );
    refused(
        Law::constant(f64::INFINITY),
        "value is inf, but must be between 0 and 1e100",
    );
    refused(Law::uniform(3.0, 1.0), "high (1) is below low (3)");
    refused(Law::lognormal(5.0, 2.0), "p99 (2) is below p50 (5)");
    refused(
        Law::lognormal(1.0, 1e90),
        "the squared coefficient of variation would be inf; at most 1e12 is possible",
    );
    refused(Law::erlang(0, 1.0), "k is 0, but must be between 1 and 1000000");
    refused(
        Law::hyperexponential(1.0, 0.5),
        "scv is 0.5, but must be between 1 and inf",
    );
    refused(
        Law::gamma(1.0, 0.0),
        "shape is 0, but must be between 0.01 and 1000000",
    );
    refused(
        Law::weibull(1.0, -2.0),
        "shape is -2, but must be between 0.1 and 1000",
    );
    refused(Law::bounded_pareto(2.0, 1.5, 1.0), "max (1) is below min (2)");
    refused(Law::empirical(vec![]), "empirical needs at least one value");
    refused(
        Law::mixture(vec![(0.0, Law::constant(1.0).unwrap())]),
        "at least one weight must be above 0",
    );
    refused(Law::sum(vec![]), "a sum needs at least one value");
    assert!(Law::bounded_pareto(1e-100, 0.01, 1e100).is_err());
    let mut law = Law::exponential(1.0).unwrap();
    let deepest = (0..100).find(|_| match Law::sum(vec![law.clone()]) {
        Ok(deeper) => {
            law = deeper;
            false
        }
        Err(error) => error == LawError::TooDeep,
    });
    assert_eq!(deepest, Some(31));
}

#[test]
fn any_rand_generator_can_sample_a_law() {
    let law = Law::exponential(1.0).unwrap();
    let mut stream = Stream::open(5, 0, StreamName::new("rand"));
    let values: Vec<f64> = (0..DRAWS)
        .map(|_| Distribution::sample(&law, &mut stream.next()))
        .collect();
    check_estimate("through rand", &values, 1.0, 0.05);
}
