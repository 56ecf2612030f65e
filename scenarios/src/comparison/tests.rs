use super::measures::apart;
use super::*;
use crate::results::{ClientFigures, ClientTrial, ComponentFigures, ComponentTrial, Cost, OfTrial, State};

fn point(variant: &str, mean_s: &[f64], usd: f64) -> Point {
    let zero = Estimate::between(0.0, 0.0, 0.0);
    let clients = ClientFigures {
        lost_to_failures: zero,
        ..ClientFigures::default()
    };
    let trial = |mean: &f64| {
        let clients = ClientTrial {
            ended: 800,
            time_s: 1.0,
            mean_s: Some(*mean),
            goodput_per_s: Some(800.0),
            lost: Some(0.0),
            ..ClientTrial::default()
        };
        OfTrial {
            clients: vec![clients],
            components: Vec::new(),
        }
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
    let found = compare(&all, &Figure::USUAL, 0.01).expect("there are three");
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
    let found = compare(&all, &Figure::USUAL, 0.0).expect("there are two");
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
        compare(&all(), &Figure::USUAL, 0.05).map(|c| verdict(&c, 0, Figure::Mean)),
        Some(Verdict::Same)
    );
    assert_eq!(
        compare(&all(), &Figure::USUAL, 0.001).map(|c| verdict(&c, 0, Figure::Mean)),
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
    let found = compare(&all, &Figure::USUAL, 0.01).expect("there are two");
    assert!(
        found.pairs[0]
            .measures
            .iter()
            .all(|m| m.figure != Figure::Mean || m.paired.is_none())
    );
    all.points.truncate(1);
    assert!(compare(&all, &Figure::USUAL, 0.01).is_none());
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

#[test]
fn components_are_compared_by_what_both_have() {
    let base = [0.0100, 0.0120, 0.0090, 0.0110, 0.0105];
    let with = |name: &str, hit_ratio: f64| {
        let mut point = point(name, &base, 1.0);
        point.components = ["api", "cache"]
            .map(|c| (c.to_owned(), ComponentFigures::default()))
            .to_vec();
        for (number, trial) in point.per_trial.iter_mut().enumerate() {
            let cache = ComponentTrial {
                utilization: Some(0.5),
                look_ups: 10_000,
                hit_ratio: Some(hit_ratio + 0.001 * number as f64),
                ..ComponentTrial::default()
            };
            trial.components = vec![ComponentTrial::default(), cache];
        }
        point
    };
    let mut all = results(vec![with("a", 0.90), with("b", 0.95), with("c", 0.95)]);
    all.points[2].components[1].0 = "store".to_owned();
    let asked = [Figure::Mean, Figure::HitRatio, Figure::Utilization];
    let found = compare(&all, &asked, 0.01).expect("there are three");
    let said = |pair: usize| -> Vec<_> {
        let measures = &found.pairs[pair].measures;
        measures.iter().map(|m| (&m.of, m.figure, m.verdict)).collect()
    };
    let (users, cache) = (
        &Subject::Clients("users".to_owned()),
        &Subject::Component("cache".to_owned()),
    );
    let mean = (users, Figure::Mean, Verdict::Same);
    assert_eq!(
        said(0),
        [
            mean,
            (cache, Figure::HitRatio, Verdict::Better),
            (cache, Figure::Utilization, Verdict::Same),
        ]
    );
    assert_eq!(said(1), [mean]);
}
