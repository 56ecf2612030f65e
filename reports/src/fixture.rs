//! Believable results for tests: three variants over fourteen loads, the smallest overloaded in the upper half.

use scenarios::limit::bound::bounds;
use scenarios::limit::{Answer, Busiest, Limit};
use scenarios::results::{
    Axis, ClientFigures, ComponentFigures, Cost, Latency, Objective, Point, Results, State, Verdict,
};
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
        timeline: None,
        events: (rate * 2_000.0) as u64,
    }
}
