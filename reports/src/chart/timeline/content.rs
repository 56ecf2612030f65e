//! What stands in the panels of a timeline: which there are, their lines, and the scales that show them.
//!
//! A panel is a function from a timeline to a [`Panel`], or to none where there is nothing to see; to add one, write it and
//! name it in [`panels`].

use scenarios::results::Objective;
use scenarios::timeline::{ClientTimeline, ComponentTimeline, Series, Timeline};
use sim_core::stats::Estimate;

use super::super::picture::Colour;
use super::super::plot::COLOURS;
use super::super::scale::Scale;
use super::panel::{Line, Moment, Panel, Stroke};
use crate::quantity::{self, Unit};

/// Components that have a line of their own; more could not be told apart.
pub const MOST_LINES: usize = 8;
/// A span beyond this factor is drawn logarithmically.
const WIDE: f64 = 30.0;
/// Requests in a step below which its rate says nothing.
const FEWEST_IN_A_STEP: f64 = 10.0;
/// Where nobody works more than this, a scale up to one would show nothing.
const IDLE: f64 = 0.2;
/// The part of requests without an end from which on they have a line.
const UNANSWERED: f64 = 0.01;

/// A component that is drawn: its name, its colour, and its timeline.
type Shown<'a> = (&'a str, Colour, &'a ComponentTimeline);

/// All panels of a timeline, from top to bottom.
pub fn panels(timeline: &Timeline, trials: u32, objective: Option<&Objective>) -> Vec<Panel> {
    let shown = shown(timeline);
    let all = [
        requests(timeline, trials),
        latency(timeline, trials, objective),
        calls(timeline, &shown),
        utilization(timeline, &shown),
        instances(timeline, &shown),
        share(timeline, &shown, "hit ratio of each window", |c| {
            c.hit_ratio.as_deref()
        }),
        share(
            timeline,
            &shown,
            "stale reads, of all reads of each window",
            |c| c.stale_reads.as_deref(),
        ),
        lag(timeline, &shown),
    ];
    all.into_iter().flatten().collect()
}

/// The components that work hardest, at most [`MOST_LINES`], in the order of the scenario; a colour stays theirs in all panels.
fn shown(timeline: &Timeline) -> Vec<Shown<'_>> {
    let weight = |c: &ComponentTimeline| {
        let busy = busy(c).map_or(0.0, mean);
        busy + mean(&c.calls.windows).min(1.0)
    };
    let mut by_weight: Vec<usize> = (0..timeline.components.len())
        .filter(|i| has_calls(&timeline.components[*i].1) || timeline.components[*i].1.hit_ratio.is_some())
        .collect();
    by_weight.sort_by(|a, b| {
        let of = |i: &usize| weight(&timeline.components[*i].1);
        of(b).total_cmp(&of(a)).then(a.cmp(b))
    });
    by_weight.truncate(MOST_LINES);
    by_weight.sort_unstable();
    by_weight
        .into_iter()
        .zip(COLOURS)
        .map(|(i, colour)| {
            (
                timeline.components[i].0.as_str(),
                colour,
                &timeline.components[i].1,
            )
        })
        .collect()
}

fn has_calls(component: &ComponentTimeline) -> bool {
    component
        .calls
        .steps
        .iter()
        .any(|e| e.value.is_some_and(|v| v > 0.0))
}

/// How many components have calls or look-ups and no line.
pub fn left_out(timeline: &Timeline) -> usize {
    let all = timeline
        .components
        .iter()
        .filter(|(_, c)| has_calls(c) || c.hit_ratio.is_some());
    all.count().saturating_sub(MOST_LINES)
}

fn mean(figures: &[Estimate]) -> f64 {
    let known: Vec<f64> = figures.iter().filter_map(|e| e.value).collect();
    known.iter().sum::<f64>() / known.len().max(1) as f64
}

/// Figures at the middles between edges.
fn moments(edges: &[f64], figures: &[Estimate]) -> Vec<Moment> {
    edges
        .windows(2)
        .zip(figures)
        .map(|(edge, figure)| {
            let finite = |v: Option<f64>| v.filter(|v| v.is_finite());
            Moment {
                at: f64::midpoint(edge[0], edge[1]),
                value: finite(figure.value),
                band: finite(figure.low).zip(finite(figure.high)).filter(|(l, h)| l < h),
            }
        })
        .collect()
}

fn by_window(timeline: &Timeline, name: &str, colour: Colour, figures: &[Estimate]) -> Line {
    Line {
        name: name.to_owned(),
        colour,
        stroke: Stroke::Plain,
        fine: Vec::new(),
        coarse: moments(&timeline.window_edges_s, figures),
    }
}

fn with_steps(timeline: &Timeline, name: &str, colour: Colour, series: &Series) -> Line {
    Line {
        fine: moments(&timeline.step_edges_s, &series.steps),
        ..by_window(timeline, name, colour, &series.windows)
    }
}

/// From zero to a round number above everything; bands and peaks that are far beyond the values must not press them flat.
fn linear(lines: &[Line]) -> Option<Scale> {
    let most = lines.iter().flat_map(Line::values).reduce(f64::max)?;
    let peaks = lines.iter().flat_map(|l| &l.fine).filter_map(|m| m.value);
    let bands = lines.iter().flat_map(|l| &l.coarse).filter_map(|m| m.band);
    let ends = bands.map(|(_, high)| high.clamp(0.0, most * 2.5));
    let ends = ends.chain(peaks.map(|v| v.clamp(0.0, most * 8.0)));
    Scale::linear_rounded([0.0, most].into_iter().chain(ends))
}

/// Linear, or logarithmic where the values span too much for it; the second says which.
fn fitting(lines: &[Line], is_wide: bool) -> Option<(Scale, &'static str)> {
    let positive = || lines.iter().flat_map(Line::values).filter(|v| *v > 0.0);
    let (least, most) = (positive().reduce(f64::min)?, positive().reduce(f64::max)?);
    if is_wide && most > WIDE * least {
        // What is next to nothing is drawn at the bottom instead of stretching the scale without end.
        let least = least.max(most / 1e6);
        let bounds = lines.iter().flat_map(Line::bounds);
        let scale = Scale::log(bounds.map(|b| b.clamp(least / 2.0, most * 2.0)))?;
        return Some((scale, ", logarithmic"));
    }
    Some((linear(lines)?, ""))
}

fn requests(timeline: &Timeline, trials: u32) -> Option<Panel> {
    let mut lines = Vec::new();
    let is_single = timeline.clients.len() == 1;
    for ((name, clients), colour) in timeline.clients.iter().zip(COLOURS.into_iter().cycle()) {
        let [offered, ok, failed] = if is_single {
            [Colour::QUIET, COLOURS[0], COLOURS[1]]
        } else {
            [colour; 3]
        };
        let title = |what: &str| {
            if is_single {
                what.to_owned()
            } else {
                format!("{name} {what}")
            }
        };
        let line = |what: &str, colour: Colour, series: &Series| {
            if is_fine(timeline, clients, trials) {
                with_steps(timeline, &title(what), colour, series)
            } else {
                by_window(timeline, &title(what), colour, &series.windows)
            }
        };
        lines.push(Line {
            stroke: Stroke::Broad,
            fine: Vec::new(),
            ..line("offered", offered, &clients.offered_per_s)
        });
        lines.push(line("ok", ok, &clients.ok_per_s));
        if mean(&clients.failed_per_s.windows) > 0.0 {
            let stroke = if is_single { Stroke::Plain } else { Stroke::Dashed };
            lines.push(Line {
                stroke,
                ..line("failed", failed, &clients.failed_per_s)
            });
        }
        let unanswered = unanswered(clients);
        if mean(&unanswered) > UNANSWERED * mean(&clients.offered_per_s.windows) {
            lines.push(Line {
                stroke: Stroke::Dashed,
                ..by_window(timeline, &title("without answer"), offered, &unanswered)
            });
        }
    }
    Some(Panel {
        title: "requests per second, at the time at which they arrived".to_owned(),
        scale: linear(&lines)?,
        label: |v| quantity::round(Unit::Plain, v),
        lines,
        bound: None,
    })
}

/// Requests per second that had no end when the trial ended.
fn unanswered(clients: &ClientTimeline) -> Vec<Estimate> {
    let of = |series: &Series, w: usize| series.windows.get(w).and_then(|e| e.value).unwrap_or(0.0);
    let rate = |(w, offered): (usize, &Estimate)| Estimate {
        value: offered
            .value
            .map(|v| (v - of(&clients.ok_per_s, w) - of(&clients.failed_per_s, w)).max(0.0)),
        ..Estimate::default()
    };
    clients
        .offered_per_s
        .windows
        .iter()
        .enumerate()
        .map(rate)
        .collect()
}

/// Whether steps have enough requests to be worth a line.
fn is_fine(timeline: &Timeline, clients: &ClientTimeline, trials: u32) -> bool {
    let step_s = timeline.end_s / timeline.step_edges_s.len().max(1) as f64;
    mean(&clients.offered_per_s.windows) * step_s * f64::from(trials) >= FEWEST_IN_A_STEP
}

fn latency(timeline: &Timeline, trials: u32, objective: Option<&Objective>) -> Option<Panel> {
    let mut lines = Vec::new();
    let is_single = timeline.clients.len() == 1;
    for ((name, clients), colour) in timeline.clients.iter().zip(COLOURS.into_iter().cycle()) {
        let title = |what: &str| {
            if is_single {
                what.to_owned()
            } else {
                format!("{name} {what}")
            }
        };
        let [of_mean, of_p99] = if is_single {
            [COLOURS[0], COLOURS[1]]
        } else {
            [colour; 2]
        };
        let mean = &clients.latency_mean_s;
        lines.push(if is_fine(timeline, clients, trials) {
            with_steps(timeline, &title("mean"), of_mean, mean)
        } else {
            by_window(timeline, &title("mean"), of_mean, &mean.windows)
        });
        // Where windows have too few answers for a p99, the median stands in for it.
        let percentiles = [("p99", &clients.latency_p99_s), ("p50", &clients.latency_p50_s)];
        let known = |figures: &[Estimate]| figures.iter().any(|e| e.value.is_some());
        if let Some((what, figures)) = percentiles.into_iter().find(|(_, f)| known(f)) {
            let stroke = if is_single { Stroke::Plain } else { Stroke::Dashed };
            lines.push(Line {
                stroke,
                ..by_window(timeline, &title(what), of_p99, figures)
            });
        }
    }
    lines.retain(|l| l.values().next().is_some());
    let (scale, kind) = fitting(&lines, true)?;
    let bound = objective.and_then(|o| o.latency.iter().find(|(p, _)| p == "p99"));
    let is_inside = |most: f64| match scale {
        Scale::Linear { low, high } | Scale::Log { low, high } => (low..=high).contains(&most),
        Scale::Nines { .. } => false,
    };
    Some(Panel {
        title: format!("latency of requests that ended well, at the time at which they arrived{kind}"),
        scale,
        label: |v| quantity::round(Unit::Seconds, v),
        lines,
        bound: bound.filter(|(_, most)| is_inside(*most)).map(|(_, most)| {
            (
                *most,
                format!("objective: p99 at most {}", quantity::round(Unit::Seconds, *most)),
            )
        }),
    })
}

fn calls(timeline: &Timeline, shown: &[Shown<'_>]) -> Option<Panel> {
    let lines: Vec<Line> = shown
        .iter()
        .filter(|(_, _, c)| has_calls(c))
        .map(|(name, colour, c)| with_steps(timeline, name, *colour, &c.calls))
        .collect();
    let means = || {
        lines
            .iter()
            .map(|l| l.values().sum::<f64>() / l.values().count().max(1) as f64)
    };
    let (least, most) = (means().reduce(f64::min)?, means().reduce(f64::max)?);
    // One line that grows is told best by its slope; lines of different size need a scale for all of them.
    let (scale, kind) = fitting(&lines, most > WIDE * least)?;
    Some(Panel {
        title: format!("calls that wait or are served{kind}"),
        scale,
        label: |v| quantity::round(Unit::Plain, v),
        lines,
        bound: None,
    })
}

/// The utilization of cores where they are shared and busier than the workers, else of workers.
fn busy(component: &ComponentTimeline) -> Option<&[Estimate]> {
    let (workers, cores) = (
        component.utilization.as_deref(),
        component.core_utilization.as_deref(),
    );
    match (workers, cores) {
        (Some(w), Some(c)) => Some(if mean(c) > mean(w) { c } else { w }),
        (w, c) => w.or(c),
    }
}

fn utilization(timeline: &Timeline, shown: &[Shown<'_>]) -> Option<Panel> {
    let lines: Vec<Line> = shown
        .iter()
        .filter_map(|(name, colour, c)| Some(by_window(timeline, name, *colour, busy(c)?)))
        .collect();
    let most = lines.iter().flat_map(Line::values).reduce(f64::max)?;
    let scale = if most < IDLE {
        linear(&lines)?
    } else {
        Scale::Linear { low: 0.0, high: 1.0 }
    };
    Some(Panel {
        title: "utilization of each window".to_owned(),
        scale,
        label: |v| quantity::round(Unit::Share, v),
        lines,
        bound: None,
    })
}

/// Instances that are up, of those components where their number changes.
fn instances(timeline: &Timeline, shown: &[Shown<'_>]) -> Option<Panel> {
    let changes = |figures: &[Estimate]| {
        let known = || figures.iter().filter_map(|e| e.value);
        known().any(|v| known().next().is_some_and(|first| (v - first).abs() > 1e-9))
    };
    let lines: Vec<Line> = shown
        .iter()
        .filter_map(|(name, colour, c)| {
            let figures = c.instances.as_deref().filter(|f| changes(f))?;
            Some(by_window(timeline, name, *colour, figures))
        })
        .collect();
    Some(Panel {
        title: "instances that are up, mean of each window".to_owned(),
        scale: linear(&lines)?,
        label: |v| quantity::round(Unit::Plain, v),
        lines,
        bound: None,
    })
}

/// Shares that only some components have.
fn share(
    timeline: &Timeline,
    shown: &[Shown<'_>],
    title: &str,
    of: fn(&ComponentTimeline) -> Option<&[Estimate]>,
) -> Option<Panel> {
    let lines: Vec<Line> = shown
        .iter()
        .filter_map(|(name, colour, c)| Some(by_window(timeline, name, *colour, of(c)?)))
        .collect();
    // Nothing but zeros is nothing to see.
    lines.iter().flat_map(Line::values).find(|v| *v > 0.0)?;
    let bounds = lines.iter().flat_map(Line::bounds);
    Some(Panel {
        title: title.to_owned(),
        scale: Scale::shares(bounds)?,
        label: |v| quantity::round(Unit::Share, v),
        lines,
        bound: None,
    })
}

/// How far replicas are behind.
fn lag(timeline: &Timeline, shown: &[Shown<'_>]) -> Option<Panel> {
    let lines: Vec<Line> = shown
        .iter()
        .filter_map(|(name, colour, c)| Some(by_window(timeline, name, *colour, c.lag_s.as_deref()?)))
        .collect();
    let (scale, kind) = fitting(&lines, true)?;
    Some(Panel {
        title: format!("replication lag, mean of the writes of each window{kind}"),
        scale,
        label: |v| quantity::round(Unit::Seconds, v),
        lines,
        bound: None,
    })
}
