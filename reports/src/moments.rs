//! The figures of one moment of a timeline as lists with names, in one order for every document.

use scenarios::timeline::{ClientTimeline, ComponentTimeline, Series, Timeline};
use sim_core::stats::Estimate;

/// Which moment: a window, or a step of it.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    /// A window.
    Window(usize),
    /// A step, and the window that it is part of.
    Step(usize, usize),
}

impl Moment {
    fn window(self) -> usize {
        match self {
            Self::Window(window) | Self::Step(_, window) => window,
        }
    }

    fn of(self, series: &Series) -> Estimate {
        let figure = match self {
            Self::Window(window) => series.windows.get(window),
            Self::Step(step, _) => series.steps.get(step),
        };
        figure.copied().unwrap_or_default()
    }

    fn of_windows(self, figures: &[Estimate]) -> Estimate {
        figures.get(self.window()).copied().unwrap_or_default()
    }
}

/// Steps of a window.
#[must_use]
pub fn steps_per_window(timeline: &Timeline) -> usize {
    let windows = timeline.window_edges_s.len().saturating_sub(1).max(1);
    (timeline.step_edges_s.len().saturating_sub(1) / windows).max(1)
}

/// What clients did at a moment.
#[must_use]
pub fn of_clients(clients: &ClientTimeline, at: Moment) -> [(&'static str, Estimate); 6] {
    [
        ("offered_per_s", at.of(&clients.offered_per_s)),
        ("ok_per_s", at.of(&clients.ok_per_s)),
        ("failed_per_s", at.of(&clients.failed_per_s)),
        ("latency_s.mean", at.of(&clients.latency_mean_s)),
        ("latency_s.p50", at.of_windows(&clients.latency_p50_s)),
        ("latency_s.p99", at.of_windows(&clients.latency_p99_s)),
    ]
}

/// What a component did at a moment; only what its kind has.
#[must_use]
pub fn of_component(component: &ComponentTimeline, at: Moment) -> Vec<(&'static str, Estimate)> {
    let mut figures = vec![("calls", at.of(&component.calls))];
    let by_window = [
        ("utilization", &component.utilization),
        ("core_utilization", &component.core_utilization),
        ("instances", &component.instances),
        ("hit_ratio", &component.hit_ratio),
        ("stale_reads", &component.stale_reads),
        ("lag_s.mean", &component.lag_s),
    ];
    let known = by_window
        .into_iter()
        .filter_map(|(name, figures)| Some((name, at.of_windows(figures.as_deref()?))));
    figures.extend(known);
    figures
}
