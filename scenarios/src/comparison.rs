//! Is a variant better than the first one? Trial by trial, because all of them saw the same requests.
//!
//! Differences are judged by [`sim_core::stats::paired`]; Holm's procedure over the whole table keeps the chance of a single
//! false "better" or "worse" below 5 %. What failures of instances cost is not simulated in the same trials, so the two
//! figures are independent there, and their variances add up.

use sim_core::stats::paired::{Paired, Verdict, Wish, holm, paired};
use sim_core::stats::{CONFIDENCE, Estimate, student};

/// What a percentile is known to, as a share of it: histograms keep three significant digits.
const DIGITS: f64 = 1e-3;

use crate::results::{ClientTrial, Point, Results, State};

/// All variants of a scenario against the first one.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The scenario's name.
    pub scenario: String,
    /// The question that it asks, if it has one.
    pub question: Option<String>,
    /// The seed of all trials.
    pub seed: u64,
    /// The program's version.
    pub version: String,
    /// The share of the first one's value up to which a difference doesn't matter.
    pub tolerance: f64,
    /// The name of the first one.
    pub baseline: String,
    /// Every other one against it.
    pub pairs: Vec<Pair>,
    /// What a reader should know before believing the verdicts.
    pub warnings: Vec<String>,
}

/// One variant against the first.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The variant's name.
    pub variant: String,
    /// What was compared.
    pub measures: Vec<Measure>,
}

/// One figure of two variants.
#[derive(Clone, Debug)]
pub struct Measure {
    /// Whose figure it is; none: of the whole system.
    pub clients: Option<String>,
    /// Which figure.
    pub figure: Figure,
    /// The paired difference; none where one side has no value.
    pub paired: Option<Paired>,
    /// What it says of the variant.
    pub verdict: Verdict,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Mean latency in seconds.
    Mean,
    /// Median latency in seconds.
    P50,
    /// 99th percentile of the latency in seconds.
    P99,
    /// Requests that ended well, per second.
    Goodput,
    /// The share of requests lost in the trials: overload, timeouts, failures that are seen in them.
    Lost,
    /// The share of requests lost because instances fail, where failures are too rare to be seen in the trials.
    LostToFailures,
    /// USD a month.
    Cost,
}

impl Figure {
    /// The figure's name in documents: the unit is its last word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "latency_mean_s",
            Self::P50 => "latency_p50_s",
            Self::P99 => "latency_p99_s",
            Self::Goodput => "goodput_per_s",
            Self::Lost => "lost_to_overload",
            Self::LostToFailures => "lost_to_failures",
            Self::Cost => "usd_per_month",
        }
    }

    /// Which way is better.
    #[must_use]
    pub fn wish(self) -> Wish {
        match self {
            Self::Goodput => Wish::More,
            _ => Wish::Less,
        }
    }

    /// The grid on which a trial knows the figure, in its unit: a request more or less, or a bucket of the histogram.
    fn step(self, trial: &ClientTrial) -> f64 {
        match self {
            Self::P50 => trial.p50_s.unwrap_or_default() * DIGITS,
            Self::P99 => trial.p99_s.unwrap_or_default() * DIGITS,
            Self::Goodput if trial.time_s > 0.0 => 1.0 / trial.time_s,
            Self::Lost if trial.ended > 0 => 1.0 / trial.ended as f64,
            _ => 0.0,
        }
    }
}

impl Comparison {
    /// How many figures were judged together.
    #[must_use]
    pub fn judged(&self) -> usize {
        self.pairs
            .iter()
            .flat_map(|p| &p.measures)
            .filter(|m| m.paired.is_some())
            .count()
    }

    /// The least and the largest number of pairs of trials behind a figure.
    #[must_use]
    pub fn trials(&self) -> (u32, u32) {
        let of_all = || {
            self.pairs
                .iter()
                .flat_map(|p| &p.measures)
                .filter_map(|m| m.paired.map(|p| p.trials))
        };
        (
            of_all().min().unwrap_or_default(),
            of_all().max().unwrap_or_default(),
        )
    }
}

impl Measure {
    /// The difference as a share of the first one's value, with its interval; none where there is no such share, since the first one's is zero
    /// and the other's is not.
    #[must_use]
    pub fn relative(&self) -> Option<Estimate> {
        let paired = self.paired?;
        let difference = paired.difference;
        if paired.a == 0.0 {
            let is_zero = difference.low == Some(0.0) && difference.high == Some(0.0);
            return is_zero.then_some(difference);
        }
        let share = |v: Option<f64>| v.map(|v| v / paired.a.abs());
        Some(Estimate {
            value: share(difference.value),
            low: share(difference.low),
            high: share(difference.high),
            need: None,
        })
    }
}

/// Compares every point with the first; none if there are fewer than two. `tolerance` is a share of the first one's value.
#[must_use]
pub fn compare(results: &Results, tolerance: f64) -> Option<Comparison> {
    let (baseline, others) = results.points.split_first()?;
    if others.is_empty() {
        return None;
    }
    let mut pairs: Vec<Pair> = others
        .iter()
        .map(|other| Pair {
            variant: name(other),
            measures: measures(baseline, other),
        })
        .collect();
    judge(&mut pairs, tolerance);
    let mut warnings = results.warnings.clone();
    for point in &results.points {
        let prefix = name(point);
        warnings.extend(point.warnings.iter().map(|w| format!("{prefix}: {w}")));
        if point.per_trial.len() == 1 {
            warnings.push(format!(
                "{prefix}: one trial shows no chance: nothing can be told from it; ask for more"
            ));
        }
        let (ran, first) = (point.per_trial.len(), baseline.per_trial.len());
        if ran != first {
            warnings.push(format!(
                "{prefix} has {ran} trials and {} has {first}: only those that both have are compared; --trials gives both the same",
                name(baseline)
            ));
        }
    }
    Some(Comparison {
        scenario: results.scenario.clone(),
        question: results.question.clone(),
        seed: results.seed,
        version: results.version.clone(),
        tolerance,
        baseline: name(baseline),
        pairs,
        warnings,
    })
}

fn name(point: &Point) -> String {
    let mut parts: Vec<String> = point.variant.iter().cloned().collect();
    parts.extend(point.set.iter().map(|(path, value)| format!("{path}={value}")));
    if parts.is_empty() {
        "as it is".to_owned()
    } else {
        parts.join(", ")
    }
}

/// Verdicts over the whole table at once.
fn judge(pairs: &mut [Pair], tolerance: f64) {
    let all = pairs.iter_mut().flat_map(|p| &mut p.measures);
    let mut known: Vec<&mut Measure> = all.filter(|m| m.paired.is_some()).collect();
    let family: Vec<(Paired, Wish, f64)> = known
        .iter()
        .filter_map(|m| m.paired.map(|p| (p, m.figure.wish(), tolerance * p.a.abs())))
        .collect();
    for (measure, verdict) in known.iter_mut().zip(holm(&family)) {
        measure.verdict = verdict;
    }
}

fn measures(a: &Point, b: &Point) -> Vec<Measure> {
    type Of = fn(&ClientTrial) -> Option<f64>;
    let simulated: [(Figure, Of); 5] = [
        (Figure::Mean, |t| t.mean_s),
        (Figure::P50, |t| t.p50_s),
        (Figure::P99, |t| t.p99_s),
        (Figure::Goodput, |t| t.goodput_per_s),
        (Figure::Lost, |t| t.lost),
    ];
    let is_steady = a.state == State::Steady && b.state == State::Steady;
    let mut measures = Vec::new();
    for (i, (clients, of_a)) in a.clients.iter().enumerate() {
        let Some((j, (_, of_b))) = b.clients.iter().enumerate().find(|(_, c)| c.0 == *clients) else {
            continue;
        };
        for (figure, of) in simulated {
            let is_latency = matches!(figure, Figure::Mean | Figure::P50 | Figure::P99);
            let values = |point: &Point, client: usize| -> Option<Vec<f64>> {
                point
                    .per_trial
                    .iter()
                    .map(|t| t.get(client).and_then(of))
                    .collect()
            };
            let both = values(a, i)
                .zip(values(b, j))
                .filter(|_| is_steady || !is_latency);
            measures.push(measure(
                Some(clients),
                figure,
                both.and_then(|(in_a, in_b)| paired(&in_a, &in_b, step(figure, (a, i), (b, j)))),
            ));
        }
        let (a_fails, b_fails) = (&of_a.lost_to_failures, &of_b.lost_to_failures);
        // Without a steady state nobody looked at failures that are rare.
        let may_fail = a_fails.value != Some(0.0) || b_fails.value != Some(0.0);
        if is_steady && may_fail {
            let trials = a.trials.min(b.trials);
            measures.push(measure(
                Some(clients),
                Figure::LostToFailures,
                apart(a_fails, b_fails, trials),
            ));
        }
    }
    if let (Some(a_cost), Some(b_cost)) = (&a.cost, &b.cost) {
        let trials = a.trials.min(b.trials).max(2);
        measures.push(measure(
            None,
            Figure::Cost,
            apart(&a_cost.usd_per_month, &b_cost.usd_per_month, trials),
        ));
    }
    measures
}

/// The coarsest grid of all trials of both.
fn step(figure: Figure, a: (&Point, usize), b: (&Point, usize)) -> f64 {
    [a, b]
        .into_iter()
        .flat_map(|(point, client)| point.per_trial.iter().filter_map(move |t| t.get(client)))
        .map(|trial| figure.step(trial))
        .fold(0.0, f64::max)
}

fn measure(clients: Option<&String>, figure: Figure, paired: Option<Paired>) -> Measure {
    let verdict = Verdict::CannotTell { trials: None };
    Measure {
        clients: clients.cloned(),
        figure,
        paired,
        verdict,
    }
}

/// The difference of two independent figures: half-widths add up as the squares of deviations do. The wider side of an
/// interval counts as its half-width: the other may have been cut off where a share ends.
fn apart(a: &Estimate, b: &Estimate, trials: u32) -> Option<Paired> {
    let half = |e: &Estimate| Some((e.high? - e.value?).max(e.value? - e.low?));
    let (value_a, value_b) = (a.value?, b.value?);
    let (half_a, half_b) = (half(a)?, half(b)?);
    // What is the same to the last bit comes from the same draws and the same system.
    let width = if a == b {
        0.0
    } else {
        (half_a * half_a + half_b * half_b).sqrt()
    };
    let difference = value_b - value_a;
    let degrees = trials.max(2) - 1;
    let error = width / student::critical(CONFIDENCE, degrees);
    let p_value = match error > 0.0 {
        true => student::two_sided_tail(difference / error, degrees),
        false if difference == 0.0 => 1.0,
        false => 0.0,
    };
    Some(Paired {
        difference: Estimate::between(difference - width, difference, difference + width),
        a: value_a,
        b: value_b,
        trials: trials.max(2),
        error,
        p_value,
        variance_saved: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{ClientFigures, Cost};

    fn point(variant: &str, mean_s: &[f64], usd: f64) -> Point {
        let zero = Estimate::between(0.0, 0.0, 0.0);
        let clients = ClientFigures {
            lost_to_failures: zero,
            ..ClientFigures::default()
        };
        let trial = |mean: &f64| {
            vec![ClientTrial {
                mean_s: Some(*mean),
                goodput_per_s: Some(800.0),
                lost: Some(0.0),
                ..ClientTrial::default()
            }]
        };
        Point {
            variant: Some(variant.to_owned()),
            set: Vec::new(),
            at: Vec::new(),
            trials: mean_s.len() as u32,
            clients: vec![("users".to_owned(), clients)],
            components: Vec::new(),
            cost: Some(Cost {
                usd_per_month: Estimate::between(usd, usd, usd),
                ..Cost::default()
            }),
            slo: None,
            state: State::Steady,
            warm_up_s: 0.0,
            warnings: Vec::new(),
            events: 0,
            per_trial: mean_s.iter().map(trial).collect(),
            course: crate::timeline::Course::Steady,
            timeline: None,
        }
    }

    fn results(points: Vec<Point>) -> Results {
        Results {
            scenario: "shop".to_owned(),
            question: None,
            seed: 7,
            trials: 5,
            version: "0".to_owned(),
            assumptions: Vec::new(),
            warnings: Vec::new(),
            slo: None,
            axes: Vec::new(),
            points,
        }
    }

    fn verdict(comparison: &Comparison, pair: usize, figure: Figure) -> Verdict {
        let found = comparison.pairs[pair]
            .measures
            .iter()
            .find(|m| m.figure == figure);
        found.map_or(Verdict::CannotTell { trials: None }, |m| m.verdict)
    }

    #[test]
    fn what_all_trials_show_is_told_and_what_chance_may_do_is_not() {
        let base = [0.0100, 0.0120, 0.0090, 0.0110, 0.0105];
        let faster = base.map(|m| m * 0.8);
        let noisy = [0.0130, 0.0100, 0.0100, 0.0100, 0.0110];
        let all = results(vec![
            point("a", &base, 100.0),
            point("b", &faster, 200.0),
            point("c", &noisy, 100.0),
        ]);
        let found = compare(&all, 0.01).expect("there are three");
        assert_eq!(found.baseline, "a");
        assert_eq!(verdict(&found, 0, Figure::Mean), Verdict::Better);
        assert_eq!(verdict(&found, 0, Figure::Cost), Verdict::Worse);
        assert_eq!(verdict(&found, 0, Figure::Goodput), Verdict::Same);
        assert!(matches!(
            verdict(&found, 1, Figure::Mean),
            Verdict::CannotTell { .. }
        ));
        assert_eq!(verdict(&found, 1, Figure::Cost), Verdict::Same);
        // No percentile was measured, so there is none to judge.
        assert_eq!(
            verdict(&found, 0, Figure::P99),
            Verdict::CannotTell { trials: None }
        );
    }

    #[test]
    fn differences_are_shares_of_the_first_one() {
        let base = [0.0100, 0.0120, 0.0090, 0.0110, 0.0105];
        let all = results(vec![
            point("a", &base, 0.0),
            point("b", &base.map(|m| m * 1.5), 1.0),
        ]);
        let found = compare(&all, 0.0).expect("there are two");
        let relative = |figure: Figure| {
            let measures = &found.pairs[0].measures;
            measures
                .iter()
                .find(|m| m.figure == figure)
                .map(|m| m.relative().and_then(|r| r.value))
        };
        let mean = relative(Figure::Mean).flatten().unwrap_or_default();
        assert!((mean - 0.5).abs() < 1e-9, "{mean}");
        // Nothing stays nothing, but something is no share of nothing.
        assert_eq!(relative(Figure::Lost), Some(Some(0.0)));
        assert_eq!(relative(Figure::Cost), Some(None));
        assert_eq!((found.judged(), found.trials()), (4, (5, 5)));
    }

    #[test]
    fn within_the_tolerance_is_the_same() {
        let base = [0.0100, 0.0120, 0.0090, 0.0110, 0.0105];
        let all = || {
            results(vec![
                point("a", &base, 1.0),
                point("b", &base.map(|m| m * 1.02), 1.0),
            ])
        };
        assert_eq!(
            compare(&all(), 0.05).map(|c| verdict(&c, 0, Figure::Mean)),
            Some(Verdict::Same)
        );
        assert_eq!(
            compare(&all(), 0.001).map(|c| verdict(&c, 0, Figure::Mean)),
            Some(Verdict::Worse)
        );
    }

    #[test]
    fn without_a_steady_state_there_is_no_latency_to_compare() {
        let mut all = results(vec![
            point("a", &[0.01, 0.011], 1.0),
            point("b", &[0.5, 0.6], 1.0),
        ]);
        all.points[1].state = State::Overloaded { component: None };
        let found = compare(&all, 0.01).expect("there are two");
        assert!(
            found.pairs[0]
                .measures
                .iter()
                .all(|m| m.figure != Figure::Mean || m.paired.is_none())
        );
        all.points.truncate(1);
        assert!(compare(&all, 0.01).is_none());
    }

    #[test]
    fn independent_figures_differ_only_beyond_both_intervals() {
        let a = Estimate::between(0.001, 0.002, 0.003);
        let near = apart(&a, &Estimate::between(0.002, 0.003, 0.004), 5).expect("both have values");
        assert!(near.p_value > 0.05, "{}", near.p_value);
        let far = apart(&a, &Estimate::between(0.009, 0.010, 0.011), 5).expect("both have values");
        assert!(far.p_value < 0.001, "{}", far.p_value);
        assert_eq!(apart(&a, &Estimate::default(), 5), None);
        let same = apart(&a, &a, 5).expect("both have values");
        assert_eq!((same.p_value, same.error), (1.0, 0.0));
    }
}
