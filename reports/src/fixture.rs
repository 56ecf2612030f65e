//! Believable results for tests: three variants over fourteen loads, the smallest overloaded in the upper half.

use scenarios::limit::{Answer, Busiest, Limit};
use scenarios::objective::bounds;
use scenarios::results::{
    Axis, ClientFigures, ComponentFigures, Cost, Latency, Objective, Point, Results, State, Verdict,
};
use scenarios::timeline::{ClientTimeline, ComponentTimeline, Course, Fault, Series, Timeline};
use sim_core::stats::Estimate;

/// A figure with an interval of `share` of its value on both sides.
pub fn figure(value: f64, share: f64) -> Estimate {
    Estimate {
        value: Some(value),
        low: Some(value * (1.0 - share)),
        high: Some(value * (1.0 + share)),
        need: None,
    }
}

/// What a variant can serve each second, its instances, its latency without load, what it costs, and its share of lost requests.
const VARIANTS: [(&str, f64, f64, f64, f64, f64); 3] = [
    ("small", 3_700.0, 1.0, 0.021, 106.0, 2.3e-4),
    ("scale-up", 5_650.0, 1.0, 0.017, 847.0, 2.3e-4),
    ("scale-out", 8_800.0, 8.0, 0.024, 847.0, 3e-6),
];

/// Three variants and fourteen loads; intervals are missing at some points, and p99.9 at the low loads.
pub fn sweep() -> Results {
    let points = VARIANTS
        .iter()
        .flat_map(|variant| (1..=14).map(|step| point(variant, f64::from(step) * 500.0)));
    Results {
        scenario: "scale up or scale out".to_owned(),
        question: Some(
            "At which load, and at which price, does one big machine beat many small ones?".to_owned(),
        ),
        seed: 7,
        trials: 5,
        version: "0.1.0".to_owned(),
        assumptions: vec![
            "links have no delay".to_owned(),
            "instances are in one zone".to_owned(),
        ],
        warnings: vec!["api of variant small reaches its capacity at 3,700/s".to_owned()],
        slo: Some(Objective {
            latency: vec![("p99".to_owned(), 0.1)],
            availability: Some(0.9995),
            cost_per_month: None,
        }),
        axes: vec![Axis {
            path: "clients.users.rate".to_owned(),
            unit: Some("1/s".to_owned()),
        }],
        points: points.collect(),
    }
}

/// The limit of the variant scale-up: its p99 breaks at about 5,020/s.
pub fn limit() -> Limit {
    let mut curve = sweep();
    curve.points.retain(|p| p.variant.as_deref() == Some("scale-up"));
    curve.points.iter_mut().for_each(|p| p.variant = None);
    let objective = curve.slo.clone().unwrap_or_else(|| Objective {
        latency: Vec::new(),
        availability: None,
        cost_per_month: None,
    });
    let found = Estimate::between(4960.0, 5020.0, 5080.0);
    let clients = ["users".to_owned()];
    let mut bounds = bounds(&objective, &clients).into_iter();
    Limit {
        axis: curve.axes[0].clone(),
        range: (500.0, 7000.0),
        objective,
        bounds: bounds
            .next()
            .map(|b| (b, Answer::UpTo(found)))
            .into_iter()
            .chain(bounds.next().map(|b| (b, Answer::Throughout)))
            .collect(),
        answer: Answer::UpTo(found),
        busiest: Some(Busiest {
            component: "api".to_owned(),
            utilization: 0.889,
            load: 5000.0,
        }),
        stands_at: Some(2000.0),
        headroom: Some(Estimate::between(1.48, 1.51, 1.54)),
        curve,
        advice: Vec::new(),
    }
}

/// One point without a sweep.
pub fn run() -> Results {
    let mut results = sweep();
    results.points = vec![results.points[32].clone()];
    results.points[0].set.clear();
    results.points[0].at.clear();
    results.points[0].variant = None;
    results.axes.clear();
    results
}

/// A minute of one point with this many components, the first the busiest; a crash in the middle, and three seconds of warm-up.
pub fn with_timeline(components: usize) -> Results {
    let mut results = run();
    let edges = |n: usize| (0..=n).map(|i| 60.0 * i as f64 / n as f64).collect::<Vec<_>>();
    // A wave stands for noise.
    let wave = |n: usize, i: usize| 1.0 + 0.1 * ((i * 37 % 19) as f64 / 9.0 - 1.0) / (n as f64 / 32.0).sqrt();
    let shape = |n: usize, i: usize| {
        let t = i as f64 / n as f64;
        let start = (t * 20.0).min(1.0);
        start * if (0.5..0.55).contains(&t) { 3.0 } else { 1.0 } * wave(n, i)
    };
    let line = |n: usize, scale: f64| -> Vec<Estimate> {
        (0..n).map(|i| figure(scale * shape(n, i), 0.06)).collect()
    };
    let series = |scale: f64| Series {
        steps: line(640, scale),
        windows: line(32, scale),
    };
    let flat = |value: f64| vec![figure(value, 0.02); 32];
    let client = ClientTimeline {
        offered_per_s: Series {
            steps: vec![figure(2_000.0, 0.03); 640],
            windows: flat(2_000.0),
        },
        ok_per_s: Series {
            steps: vec![figure(1_980.0, 0.03); 640],
            windows: flat(1_980.0),
        },
        failed_per_s: series(12.0),
        latency_mean_s: series(0.006),
        latency_p50_s: line(32, 0.004),
        latency_p99_s: line(32, 0.04),
    };
    let component = |number: usize| {
        let size = 0.6f64.powi(number as i32);
        let mut instances = vec![figure(8.0, 0.0); 32];
        instances[16] = figure(7.2, 0.02);
        ComponentTimeline {
            kind: "service",
            calls: series(14.0 * size),
            utilization: Some(line(32, 0.3 * size)),
            core_utilization: None,
            instances: Some(instances).filter(|_| number == 0),
            hit_ratio: Some(flat(0.9)).filter(|_| number == 2),
            stale_reads: Some(flat(0.0)).filter(|_| number == 1),
            lag_s: None,
        }
    };
    let name = |number: usize| match number {
        0 => "api".to_owned(),
        1 => "products".to_owned(),
        2 => "orders-database".to_owned(),
        _ => format!("a-service-with-a-long-name-{number}"),
    };
    let point = &mut results.points[0];
    point.warm_up_s = 3.0;
    point.timeline = Some(Timeline {
        step_edges_s: edges(640),
        window_edges_s: edges(32),
        end_s: 60.0,
        warm_up_s: 3.0,
        warm_up_is_over: true,
        faults: vec![Fault {
            what: "crash of api".to_owned(),
            from_s: 30.0,
            to_s: 32.5,
        }],
        clients: vec![("users".to_owned(), client)],
        components: (0..components).map(|c| (name(c), component(c))).collect(),
    });
    results
}

fn point(variant: &(&str, f64, f64, f64, f64, f64), rate: f64) -> Point {
    let (name, capacity, instances, base, price, lost) = *variant;
    let load = rate / capacity;
    let overloaded = load >= 1.0;
    let slack = (1.0 - load).max(0.02);
    let p99 = base * (1.0 + load * load / slack * 0.6);
    let noise = (0.01 + 0.03 * load * load / (slack + 0.1)).min(0.3);
    let latency = |times: f64, noise: f64| {
        if overloaded {
            Estimate::default()
        } else {
            figure(p99 * times, noise)
        }
    };
    let served = if overloaded { capacity } else { rate };
    let availability = (1.0 - lost) * served / rate;
    let mut users = ClientFigures {
        offered: (rate * 250.0) as u64,
        ok: (served * 249.9) as u64,
        timeout: ((rate - served) * 250.0) as u64,
        error: 12,
        latency_s: Latency {
            mean: latency(0.3, noise * 0.5),
            p50: latency(0.2, noise * 0.4),
            p90: latency(0.5, noise * 0.6),
            p95: latency(0.7, noise * 0.8),
            p99: latency(1.0, noise),
            p99_9: latency(1.8, noise * 3.0),
        },
        goodput_per_s: figure(served * (1.0 - lost), 0.002),
        availability: Estimate {
            value: Some(availability),
            low: Some(availability - lost * 0.4),
            high: Some((availability + lost * 0.3).min(1.0)),
            need: None,
        },
        lost_to_overload: figure(1.0 - served / rate, 0.05),
        lost_to_failures: figure(lost, 0.3),
        attempts_per_request: figure(1.0, 0.0),
        ..ClientFigures::default()
    };
    if rate < 1_200.0 && name != "small" {
        users.latency_s.p99_9 = Estimate {
            value: None,
            low: None,
            high: None,
            need: Some(7.4),
        };
    }
    if name == "scale-out" && (4_000.0..=4_500.0).contains(&rate) {
        users.latency_s.p99 = Estimate {
            low: None,
            high: None,
            need: Some(2.5),
            ..users.latency_s.p99
        };
    }
    let met = if overloaded || p99 > 0.105 {
        Verdict::No
    } else if p99 > 0.095 || lost > 2.5e-4 {
        Verdict::CannotTell
    } else {
        Verdict::Yes
    };
    let queue = load * load / slack;
    Point {
        variant: Some(name.to_owned()),
        set: vec![("clients.users.rate".to_owned(), format!("{rate}/s"))],
        at: vec![Some(rate)],
        trials: 5,
        clients: vec![("users".to_owned(), users)],
        components: vec![
            (
                "edge".to_owned(),
                ComponentFigures {
                    kind: "balancer",
                    ..ComponentFigures::default()
                },
            ),
            (
                "api".to_owned(),
                ComponentFigures {
                    kind: "service",
                    utilization: Some(Estimate {
                        high: Some((load * 1.01).min(1.0)),
                        ..figure(load.min(1.0), 0.01)
                    }),
                    queue_length: Some(figure(queue, noise)),
                    waiting_mean_s: Some(figure(queue * 0.002, noise)),
                    waiting_p99_s: Some(figure(queue * 0.01, noise * 2.0)),
                    instances: Some(figure(instances, 0.0)),
                    ..ComponentFigures::default()
                },
            ),
            (
                "products".to_owned(),
                ComponentFigures {
                    kind: "cache",
                    hit_ratio: Some(figure(0.91, 0.004)),
                    ..ComponentFigures::default()
                },
            ),
        ],
        cost: Some(Cost {
            usd_per_month: figure(price, 0.0),
            usd_per_million_ok: figure(price / (served * 2.628), 0.002),
        }),
        slo: Some(met),
        state: if overloaded {
            State::Overloaded {
                component: Some("api".to_owned()),
            }
        } else {
            State::Steady
        },
        warm_up_s: 4.2,
        warnings: Vec::new(),
        per_trial: Vec::new(),
        course: Course::Steady,
        timeline: None,
        events: (rate * 2_000.0) as u64,
    }
}
