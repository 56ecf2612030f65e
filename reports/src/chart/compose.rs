//! Turns the curves of a figure into a chart: its axes, marks, knees, strips of overload, legend and caption.

use scenarios::results::{Point, Results, State};
use sim_core::stats::Estimate;

use super::curves::{Along, Curve, Curves, Of, curves};
use super::knee;
use super::picture::Picture;
use super::plot::{self, Axis, Drawn, Mark, Plot, Spot, Upright};
use super::scale::Scale;
use crate::figures::has_latency;
use crate::quantity::{self, Unit};
use crate::table;

/// A figure's curves, ready to be drawn.
pub struct Chart<'a> {
    results: &'a Results,
    pub uprights: Vec<Upright>,
    pub curves: Curves<'a>,
}

impl<'a> Chart<'a> {
    /// The curves of a figure, where `keep` may leave out what says nothing.
    pub fn new(results: &'a Results, of: &Of, keep: impl Fn(&Point, Estimate) -> Estimate) -> Option<Self> {
        let mut curves = curves(results, of)?;
        for (_, point, figure) in curves.curves.iter_mut().flat_map(|curve| &mut curve.spots) {
            *figure = keep(point, *figure);
            figure.value = figure.value.filter(|v| v.is_finite());
        }
        Some(Self {
            results,
            uprights: Vec::new(),
            curves,
        })
    }

    fn figures(&self) -> impl Iterator<Item = Estimate> {
        self.curves
            .curves
            .iter()
            .flat_map(|curve| curve.spots.iter().map(|(_, _, figure)| *figure))
    }

    pub fn values(&self) -> impl Iterator<Item = f64> {
        self.figures().filter_map(|figure| figure.value)
    }

    /// Values and the ends of intervals.
    pub fn bounds(&self) -> impl Iterator<Item = f64> {
        self.figures()
            .filter(|figure| figure.value.is_some())
            .flat_map(|figure| [figure.value, figure.low, figure.high])
            .flatten()
            .filter(|bound| bound.is_finite())
    }

    /// The least and the largest value; none when there is none.
    pub fn range(&self) -> Option<(f64, f64)> {
        self.values().fold(None, |range, v| {
            Some(range.map_or((v, v), |(low, high): (f64, f64)| (low.min(v), high.max(v))))
        })
    }

    pub fn draw(
        &self,
        what: &str,
        y: Axis,
        objective: Option<(f64, String)>,
        knees: bool,
        details: impl Fn(&Curve<'_>) -> Vec<String>,
    ) -> Picture {
        let x = self.x_axis();
        let (what_varies, unit) = self.what_varies();
        let mut curves: Vec<Drawn> = self
            .curves
            .curves
            .iter()
            .map(|curve| drawn(curve, &self.curves.along, &unit, knees, details(curve)))
            .collect();
        if let [only] = curves.as_mut_slice()
            && only.name.is_empty()
        {
            only.name = what.to_owned();
        }
        // A bound beyond the scale is told in the caption: drawn at the edge it would lie.
        let (objective, beyond) = match objective {
            Some((bound, label)) if inside(y.scale, bound) => (Some((bound, label)), None),
            Some((_, label)) => (None, Some(format!("Outside this picture: {label}."))),
            None => (None, None),
        };
        let plot = Plot {
            title: self
                .results
                .question
                .clone()
                .unwrap_or_else(|| self.results.scenario.clone()),
            subtitle: format!("{}: {what} against {what_varies}", self.results.scenario),
            caption: self.caption(&curves, beyond),
            x,
            y,
            curves,
            objective,
            uprights: self.uprights.clone(),
        };
        plot::draw(&plot)
    }

    /// The path and the unit of what stands below the data.
    fn what_varies(&self) -> (String, String) {
        let axis = match &self.curves.along {
            Along::Numbers(axis) => Some(*axis),
            Along::Words { axis, .. } => *axis,
        };
        match axis.and_then(|axis| self.results.axes.get(axis)) {
            Some(axis) => (axis.path.clone(), axis.unit.clone().unwrap_or_default()),
            None => ("variant".to_owned(), String::new()),
        }
    }

    fn x_axis(&self) -> Axis {
        let (title, unit) = self.what_varies();
        if let Along::Words { words, .. } = &self.curves.along {
            let words = words.clone();
            return Axis {
                scale: Scale::Linear {
                    low: -0.5,
                    high: words.len() as f64 - 0.5,
                },
                step: 1.0,
                words: Some(words.len()),
                title,
                label: Box::new(move |v| words.get(v as usize).cloned().unwrap_or_default()),
            };
        }
        let xs = || {
            self.curves
                .curves
                .iter()
                .flat_map(|curve| curve.spots.iter().map(|spot| spot.0))
        };
        let least = xs().fold(f64::INFINITY, f64::min);
        let most = xs().fold(f64::NEG_INFINITY, f64::max);
        let spread = least > 0.0 && most / least >= 300.0;
        let scale = if spread {
            Scale::log(xs())
        } else {
            Scale::linear(xs())
        };
        let logarithmic = if spread { ", logarithmic" } else { "" };
        Axis {
            scale: scale.unwrap_or(Scale::Linear { low: 0.0, high: 1.0 }),
            step: quantity::axis_step(&unit, most),
            words: None,
            title: format!("{title}{}{logarithmic}", in_words(&unit)),
            label: Box::new(move |v| match unit.as_str() {
                // The title says that they are rates.
                "1/s" => quantity::round(Unit::Plain, v),
                _ => quantity::on_axis(&unit, v),
            }),
        }
    }

    fn caption(&self, curves: &[Drawn], beyond: Option<String>) -> String {
        let spots = || {
            curves
                .iter()
                .flat_map(|curve| &curve.spots)
                .filter(|spot| spot.y.is_some())
        };
        let mut sentences = vec![format!(
            "{}, seed {}.",
            table::trials(self.results),
            self.results.seed
        )];
        if spots().any(|spot| spot.band.is_some_and(|(low, high)| low < high)) {
            let connected = curves.iter().any(|curve| curve.connected);
            sentences.push(format!(
                "{}: 95% intervals.",
                if connected { "Bands" } else { "Bars" }
            ));
        }
        if spots().any(|spot| spot.mark == Mark::Hollow) {
            sentences.push("Hollow marks: not enough data for an interval.".to_owned());
        }
        if curves.iter().any(|curve| curve.overload.is_some()) {
            let crosses = if spots().any(|spot| spot.mark == Mark::Cross) {
                " and crosses"
            } else {
                ""
            };
            sentences.push(format!("Strips above the data{crosses}: no steady state."));
        }
        if curves.iter().any(|curve| curve.knee.is_some()) {
            sentences.push("Knee: farthest below the chord of its curve (Kneedle).".to_owned());
        }
        sentences.extend(beyond);
        sentences.extend(self.curves.notes.iter().cloned());
        sentences.join(" ")
    }
}

fn inside(scale: Scale, number: f64) -> bool {
    let place = scale.place(number);
    // Beyond an end a number stands at the end, where only the end itself belongs.
    match scale {
        Scale::Linear { low, high } | Scale::Log { low, high } => (low..=high).contains(&number),
        Scale::Nines { .. } => place > 0.0 && place < 1.0,
    }
}

fn in_words(unit: &str) -> String {
    match unit {
        "" => String::new(),
        "1/s" => ", per second".to_owned(),
        // The labels carry these.
        "s" | "B" | "USD" | "USD/h" => String::new(),
        other => format!(", {other}"),
    }
}

fn drawn(curve: &Curve<'_>, along: &Along, unit: &str, knees: bool, mut details: Vec<String>) -> Drawn {
    let connected = matches!(along, Along::Numbers(_));
    let spots: Vec<Spot> = curve
        .spots
        .iter()
        .map(|(x, point, figure)| {
            let band = figure
                .low
                .zip(figure.high)
                .filter(|(low, high)| low.is_finite() && high.is_finite());
            let mark = match (&point.state, band) {
                (State::Steady, Some(_)) => Mark::Full,
                (State::Steady, None) => Mark::Hollow,
                _ => Mark::Cross,
            };
            Spot {
                x: *x,
                y: figure.value,
                band,
                mark,
            }
        })
        .collect();
    let overload = overload(curve, along, unit);
    let knee = if knees && connected {
        knee_of(&spots, unit)
    } else {
        None
    };
    if let Some((at, _)) = &knee {
        let (x, y) = (spots[*at].x, spots[*at].y.unwrap_or_default());
        details.push(format!(
            "knee at {}: {}",
            quantity::on_axis(unit, x),
            quantity::value(Unit::Seconds, y)
        ));
    }
    details.extend(blanks(&spots, along, unit));
    details.extend(overload.as_ref().map(|(_, label)| label.clone()));
    Drawn {
        name: curve.name.clone(),
        details,
        spots,
        connected,
        knee,
        overload,
    }
}

/// Where a curve has a steady state and no value, in words.
fn blanks(spots: &[Spot], along: &Along, unit: &str) -> Option<String> {
    let is_blank = |spot: &&Spot| spot.y.is_none() && spot.mark == Mark::Hollow;
    let name = |spot: &Spot| match along {
        Along::Words { words, .. } => words.get(spot.x.round() as usize).cloned().unwrap_or_default(),
        Along::Numbers(_) => quantity::on_axis(unit, spot.x),
    };
    let names: Vec<String> = spots.iter().filter(is_blank).map(name).collect();
    let at = match names.as_slice() {
        [] => return None,
        all if all.len() == spots.len() => "anywhere".to_owned(),
        [only] => format!("at {only}"),
        [first, .., last] => format!("at {} points, {first} to {last}", names.len()),
    };
    Some(format!("not enough data {at}"))
}

/// The knee among the points that have a value, with its label.
fn knee_of(spots: &[Spot], unit: &str) -> Option<(usize, String)> {
    let valued: Vec<(usize, (f64, f64))> = spots
        .iter()
        .enumerate()
        .filter_map(|(at, spot)| Some((at, (spot.x, spot.y?))))
        .collect();
    let points: Vec<(f64, f64)> = valued.iter().map(|(_, point)| *point).collect();
    let at = valued.get(knee::knee(&points)?)?.0;
    Some((at, format!("knee {}", quantity::on_axis(unit, spots[at].x))))
}

/// Where a curve has no steady state, and that in words; the last run reaches to the end of the axis.
fn overload(curve: &Curve<'_>, along: &Along, unit: &str) -> Option<(Vec<(f64, f64)>, String)> {
    let troubled = || curve.spots.iter().filter(|(_, point, _)| !has_latency(point));
    let mut culprits: Vec<&str> = Vec::new();
    for (_, point, _) in troubled() {
        if let State::Overloaded {
            component: Some(component),
        } = &point.state
            && !culprits.contains(&component.as_str())
        {
            culprits.push(component);
        }
    }
    let ran_away = troubled().all(|(_, point, _)| point.state == State::RanAway);
    let what = match culprits.as_slice() {
        [only] => format!("{only} overloaded"),
        _ if ran_away => "ran away".to_owned(),
        _ => "overloaded".to_owned(),
    };
    if let Along::Words { words, .. } = along {
        let at = |x: f64| words.get(x.round() as usize).map_or("", String::as_str);
        let named: Vec<&str> = troubled().map(|(x, ..)| at(*x)).collect();
        let bars = troubled().map(|(x, ..)| (x - 0.1, x + 0.1)).collect();
        return (!named.is_empty()).then(|| (bars, format!("{what} at {}", named.join(", "))));
    }
    let runs: Vec<(f64, f64)> = curve
        .spots
        .chunk_by(|a, b| has_latency(a.1) == has_latency(b.1))
        .filter(|run| run.first().is_some_and(|(_, point, _)| !has_latency(point)))
        .filter_map(|run| Some((run.first()?.0, run.last()?.0)))
        .collect();
    let (first, last) = (runs.first()?.0, runs.last()?.1);
    let (start, end) = (curve.spots.first()?.0, curve.spots.last()?.0);
    let label = match runs.len() {
        1 if first == start && last == end => format!("{what} everywhere"),
        1 if last == end => format!("{what} from {}", quantity::on_axis(unit, first)),
        1 if first == start => format!("{what} up to {}", quantity::on_axis(unit, last)),
        _ => format!("{what} in places"),
    };
    let to_the_end = |(from, until): (f64, f64)| (from, if until == end { f64::INFINITY } else { until });
    Some((runs.into_iter().map(to_the_end).collect(), label))
}
