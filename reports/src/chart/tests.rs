//! What a reader sees of a chart, and that no results can break one.

use proptest::prelude::*;
use scenarios::results::{Axis as ResultAxis, State};

use super::*;
use crate::{fixture, table};

fn pictures(results: &Results) -> Vec<(&'static str, Picture)> {
    [
        ("p99", latency_picture(results, Percentile::P99)),
        ("availability", availability_picture(results)),
        ("cost", cost_picture(results)),
        ("utilization", utilization_picture(results)),
    ]
    .into_iter()
    .filter_map(|(name, picture)| Some((name, picture?)))
    .collect()
}

pub(super) fn check_layout(name: &str, picture: &Picture) {
    let texts = picture.texts();
    for (at, (content, bounds)) in texts.iter().enumerate() {
        assert!(
            bounds.left >= 0.0
                && bounds.top >= 0.0
                && bounds.right <= f64::from(picture.width)
                && bounds.bottom <= f64::from(picture.height),
            "{name}: `{content}` leaves the page: {bounds:?}"
        );
        for (other, rectangle) in &texts[at + 1..] {
            assert!(
                !bounds.overlaps(rectangle),
                "{name}: `{content}` and `{other}` overlap"
            );
        }
    }
}

pub(super) fn said(picture: &Picture) -> String {
    picture
        .texts()
        .iter()
        .map(|(content, _)| *content)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn texts_neither_overlap_nor_leave_the_page() {
    let mut two_axes = fixture::sweep();
    two_axes.axes.push(ResultAxis {
        path: "service.api.instances".to_owned(),
        unit: Some(String::new()),
    });
    let mut points = Vec::new();
    for instances in [2, 4, 6, 8] {
        points.extend(two_axes.points.iter().cloned().map(|mut point| {
            point
                .set
                .push(("service.api.instances".to_owned(), instances.to_string()));
            point.at.push(Some(f64::from(instances)));
            point
        }));
    }
    two_axes.points = points;
    for results in [fixture::sweep(), two_axes] {
        let pictures = pictures(&results);
        assert_eq!(pictures.len(), 4);
        for (name, picture) in pictures {
            check_layout(name, &picture);
        }
    }
}

#[test]
fn the_latency_chart_says_what_matters() {
    let text = said(&latency_picture(&fixture::sweep(), Percentile::P99).expect("a chart"));
    for expected in [
        "objective: p99 at most 100 ms",
        "small: api overloaded from 4,000/s",
        "scale-up: api overloaded from 6,000/s",
        "clients.users.rate, per second",
        "5 trials a point, seed 7. Bands: 95% intervals.",
        "Hollow marks",
        "knee 3,000/s",
    ] {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
}

#[test]
fn overloaded_points_have_no_latency_but_availability() {
    let results = fixture::sweep();
    let crosses = |picture: &Picture| said(picture).contains("and crosses");
    assert!(!crosses(
        &latency_picture(&results, Percentile::P99).expect("a chart")
    ));
    assert!(crosses(&availability_picture(&results).expect("a chart")));
}

#[test]
fn the_same_results_give_the_same_bytes() {
    for format in [Format::Svg, Format::Png] {
        let twice = [(); 2].map(|()| latency(&fixture::sweep(), Percentile::P99, format));
        assert!(twice[0].is_some());
        assert!(twice[0] == twice[1], "{format:?}");
    }
}

#[test]
fn cost_a_month_is_drawn_where_it_varies() {
    let mut results = fixture::sweep();
    assert!(said(&cost_picture(&results).expect("a chart")).contains("USD for a million"));
    for (number, point) in results.points.iter_mut().enumerate() {
        if let Some(cost) = &mut point.cost {
            cost.usd_per_month = fixture::figure(100.0 + number as f64, 0.0);
        }
    }
    assert!(said(&cost_picture(&results).expect("a chart")).contains("USD a month"));
}

#[test]
fn nothing_to_draw_is_no_chart() {
    let mut empty = fixture::sweep();
    empty.points.clear();
    let mut unknown = fixture::sweep();
    for point in &mut unknown.points {
        point
            .clients
            .iter_mut()
            .for_each(|(_, clients)| *clients = ClientFigures::default());
        point.components.clear();
        point.cost = None;
    }
    for results in [empty, unknown, fixture::run()] {
        assert!(pictures(&results).is_empty());
    }
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => 0.0..1.0,
        4 => 1.0..10_000.0,
        1 => any::<f64>(),
        1 => Just(0.0),
        1 => Just(1.0),
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(f64::MAX),
        1 => Just(-1e300),
        1 => Just(f64::MIN_POSITIVE),
    ]
}

fn figure() -> impl Strategy<Value = Estimate> {
    (
        prop::option::weighted(0.8, number()),
        prop::option::weighted(0.8, (number(), number())),
        prop::option::of(number()),
    )
        .prop_map(|(value, bounds, need)| Estimate {
            value,
            low: bounds.map(|b| b.0),
            high: bounds.map(|b| b.1),
            need,
        })
}

fn point() -> impl Strategy<Value = Point> {
    let state = prop_oneof![
        3 => Just(State::Steady),
        1 => Just(State::Overloaded { component: Some("api".to_owned()) }),
        1 => Just(State::RanAway),
    ];
    let figures = prop::array::uniform6(figure());
    (
        0..14usize,
        state,
        prop::option::of("[a-z]{0,3}|\\PC{0,40}"),
        prop::option::of(number()),
        figures,
    )
        .prop_map(
            |(at, state, variant, x, [p99, availability, month, each, busy, cores])| {
                let mut point = fixture::sweep().points[at].clone();
                point.state = state;
                point.variant = variant;
                point.at = vec![x];
                point.clients[0].1.latency_s.p99 = p99;
                point.clients[0].1.availability = availability;
                point.components[1].1.utilization = Some(busy);
                point.components[1].1.core_utilization = Some(cores);
                if let Some(cost) = &mut point.cost {
                    cost.usd_per_month = month;
                    cost.usd_per_million_ok = each;
                }
                point
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn no_results_break_a_document(
        points in prop::collection::vec(point(), 0..40),
        title in "\\PC{0,300}",
        bounds in prop::array::uniform3(number()),
    ) {
        let mut results = fixture::sweep();
        results.points = points;
        results.question = Some(title);
        if let Some(slo) = &mut results.slo {
            slo.latency[0].1 = bounds[0];
            slo.availability = Some(bounds[1]);
            slo.cost_per_month = Some(bounds[2]);
        }
        for (name, picture) in pictures(&results) {
            check_layout(name, &picture);
            prop_assert!(picture.shapes.len() < 100_000);
        }
        prop_assert!(latency(&results, Percentile::P99, Format::Svg).is_none_or(|svg| svg.ends_with(b"</svg>\n")));
        let json = crate::json::document(&results);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
        let lines = crate::csv::table(&results);
        prop_assert!(lines.lines().count() > results.points.len());
        for width in [0, 80] {
            let style = table::Style { width, colour: true };
            prop_assert!(!table::run(&results, style).is_empty());
            prop_assert!(!table::sweep(&results, style).is_empty());
        }
    }
}

proptest! {
    // A PNG takes a tenth of a second, so few of them are drawn.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(16) })]

    #[test]
    fn no_results_break_a_png(points in prop::collection::vec(point(), 2..30)) {
        let mut results = fixture::sweep();
        results.points = points;
        for png in [latency(&results, Percentile::P99, Format::Png), availability(&results, Format::Png)] {
            prop_assert!(png.is_none_or(|bytes| bytes.starts_with(b"\x89PNG")));
        }
    }
}

#[test]
fn several_clients_have_curves_of_their_own() {
    let mut results = fixture::sweep();
    for point in &mut results.points {
        point.variant = None;
        let robots = point.clients[0].1.clone();
        point.clients.push(("robots".to_owned(), robots));
    }
    results.points.truncate(14);
    let picture = latency_picture(&results, Percentile::P99).expect("a chart");
    check_layout("clients", &picture);
    let names: Vec<_> = picture
        .texts()
        .iter()
        .map(|(text, _)| (*text).to_owned())
        .collect();
    assert!(
        names.iter().any(|n| n == "users") && names.iter().any(|n| n == "robots"),
        "{names:?}"
    );
    let table = table::sweep(
        &results,
        table::Style {
            width: 200,
            colour: false,
        },
    );
    assert!(
        table.lines().any(|line| line.contains("users.rate  clients")),
        "{table}"
    );
    assert_eq!(
        table.lines().filter(|line| line.contains("  robots  ")).count(),
        14
    );
}

#[test]
fn variants_without_a_sweep_stand_side_by_side() {
    let mut results = fixture::sweep();
    results.axes.clear();
    results.points = [8, 22, 36].map(|at| results.points[at].clone()).to_vec();
    let drawn = pictures(&results);
    assert_eq!(drawn.len(), 4);
    for (name, picture) in &drawn {
        check_layout(name, picture);
    }
    let text = said(&drawn[0].1);
    for expected in [
        "small",
        "scale-up",
        "scale-out",
        "api overloaded at small",
        "Bars: 95% intervals.",
    ] {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
}

#[test]
fn png_survives_extreme_figures() {
    let mut results = fixture::sweep();
    for (number, point) in results.points.iter_mut().enumerate() {
        let wild = [0.0, f64::MAX, f64::NAN, 1e-300, 5.0][number % 5];
        point.clients[0].1.latency_s.p99 = Estimate {
            value: Some(wild),
            low: Some(-wild),
            high: Some(f64::INFINITY),
            need: None,
        };
    }
    assert!(
        latency(&results, Percentile::P99, Format::Png).is_some_and(|bytes| bytes.starts_with(b"\x89PNG"))
    );
}

#[test]
fn a_thousand_points_stay_a_picture() {
    let mut results = fixture::sweep();
    let model = results.points[0].clone();
    results.points = (0..3_000)
        .map(|n| {
            let mut point = model.clone();
            point.at = vec![Some(f64::from(n))];
            point.clients[0].1.latency_s.p99 = fixture::figure(1.0 / (3_001.0 - f64::from(n)), 0.05);
            point
        })
        .collect();
    let svg = latency(&results, Percentile::P99, Format::Svg).expect("a chart");
    assert!(svg.len() < 1_000_000, "{} bytes", svg.len());
}

#[test]
fn a_curve_says_where_it_has_no_value() {
    let mut results = fixture::sweep();
    let blank = |results: &mut Results, at: usize| {
        for (_, figures) in &mut results.points[at].clients {
            figures.latency_s.p99 = Estimate::not_enough(3.0);
        }
    };
    let text = |results: &Results| said(&latency_picture(results, Percentile::P99).expect("a picture"));
    assert!(
        !text(&results).contains("not enough data at"),
        "{}",
        text(&results)
    );
    blank(&mut results, 1);
    assert!(
        text(&results).contains("not enough data at"),
        "{}",
        text(&results)
    );
    blank(&mut results, 2);
    assert!(
        text(&results).contains("not enough data at 2 points"),
        "{}",
        text(&results)
    );
    check_layout(
        "blank",
        &latency_picture(&results, Percentile::P99).expect("a picture"),
    );
}
