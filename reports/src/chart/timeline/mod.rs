//! A timeline: panels over the same simulated time, one for each kind of figure, with the warm-up that was cut shaded, and above them what
//! course it takes.
//!
//! Small multiples over one axis (Tufte 1983, "The Visual Display of Quantitative Information"), lines named at their ends instead of in a legend.
//! A thin line has every step, a thick one every window; a band is the 95 % interval across trials.

mod content;
mod panel;
#[cfg(test)]
mod tests;

use scenarios::results::{Point, Results, State};
use scenarios::timeline::{Course, Timeline};

use self::panel::{Panel, TITLE, Time};
use super::margins::{caption, heading};
use super::picture::{Anchor, Colour, Picture, Rectangle, Text, wrap};
use super::plot::{COLOURS, MARGIN, WIDTH};
use super::scale::Scale;
use crate::course;
use crate::figures;
use crate::quantity::{self, Unit};

/// The room that the longest title of a first panel takes.
const TITLE_ROOM: f64 = 590.0;
/// What stands between two panels beside the title of the lower one.
const BETWEEN: f64 = 20.0;
/// The most room for the names of the lines.
const MOST_NAMES: f64 = 260.0;
/// Room for the time axis and, below it, for the caption's margins.
const BELOW: f64 = 152.0;
/// The size of the course's letters, and the room of a row of them and of the caption.
const COURSE: f64 = 22.0;
const COURSE_ROOM: f64 = 28.0;
const CAPTION_ROOM: f64 = 27.0;

/// A point's timeline as a picture; none where it has none, or nothing happened in it.
pub fn picture(results: &Results, point: &Point) -> Option<Picture> {
    let timeline = point.timeline.as_ref()?;
    let panels = content::panels(timeline, point.trials, results.slo.as_ref());
    if panels.is_empty() || timeline.end_s <= 0.0 {
        return None;
    }
    let stacked: f64 = panels.iter().map(|p| p.height() + TITLE + BETWEEN).sum();
    let title = results.question.as_ref().unwrap_or(&results.scenario);
    let below = words_below(results, point, timeline);
    let room = f64::from(WIDTH) - 2.0 * MARGIN;
    let course = wrap(&course_words(point, timeline), COURSE, true, room, 2);
    // The heights of heading and caption are known once they are drawn.
    let top = heading(&mut Picture::new(WIDTH, 400), title, "") - 38.0;
    let first = top + COURSE_ROOM * course.len() as f64;
    let rows = wrap(&below, 20.0, false, room, 3).len() as f64;
    let height = first + stacked + BELOW + CAPTION_ROOM * rows;
    let mut picture = Picture::new(WIDTH, height as u32);
    heading(&mut picture, title, &subtitle(results, point));
    caption(&mut picture, &below);
    let colour = if point.course == Course::Steady && point.state == State::Steady {
        COLOURS[2]
    } else {
        COLOURS[1]
    };
    for (number, row) in course.into_iter().enumerate() {
        let at = (MARGIN, top + COURSE_ROOM * number as f64);
        picture.text(Text::new(at, row, COURSE).bold().colour(colour));
    }
    let labels = panels.iter().map(panel::label_width).fold(60.0, f64::max);
    let names = panels
        .iter()
        .map(|p| panel::names_width(p, MOST_NAMES))
        .fold(0.0, f64::max);
    let (left, right) = (MARGIN + labels + 12.0, f64::from(WIDTH) - MARGIN / 2.0 - names);
    let time = Time {
        end: timeline.end_s,
        warm_up: timeline.warm_up_s,
        faults: &timeline.faults,
    };
    let mut frame = Rectangle {
        left,
        top: first,
        right,
        bottom: first,
    };
    for panel in &panels {
        frame.top += TITLE;
        frame.bottom = frame.top + panel.height();
        panel::draw(&mut picture, panel, &frame, time);
        frame.top = frame.bottom + BETWEEN;
    }
    faults(&mut picture, &frame, first + TITLE, time);
    time_axis(&mut picture, &frame, &panels, time);
    Some(picture)
}

/// The course, and what of the picture is warm-up.
fn course_words(point: &Point, timeline: &Timeline) -> String {
    let warm_up_s = quantity::value(Unit::Seconds, timeline.warm_up_s);
    let warm_up = match timeline.warm_up_s {
        s if s <= 0.0 => "no warm-up is cut".to_owned(),
        _ if timeline.warm_up_is_over => format!("warm-up of {warm_up_s} cut (shaded)"),
        _ => format!("no end of the warm-up was found, {warm_up_s} are cut (shaded)"),
    };
    let said = format!("{}; {warm_up}", course::told(&point.course));
    let mut letters = said.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// Names the faults above the first panel's data, at its right end where its title leaves room; the caption names those that have none.
fn faults(picture: &mut Picture, frame: &Rectangle, top: f64, time: Time<'_>) {
    let mut last = MARGIN + TITLE_ROOM;
    for fault in time.faults {
        let middle = f64::midpoint(time.place(frame, fault.from_s), time.place(frame, fault.to_s));
        let text = Text::new((middle, top - 12.0), fault.what.clone(), 18.0).anchor(Anchor::Middle);
        let bounds = text.bounds();
        if bounds.left > last && bounds.right < f64::from(WIDTH) - 8.0 {
            last = bounds.right + 14.0;
            picture.text(text.colour(panel::FAULT));
        }
    }
}

fn subtitle(results: &Results, point: &Point) -> String {
    let set = point.set.iter().map(|(path, value)| format!("{path} = {value}"));
    let variant = point.variant.iter().cloned();
    let words: Vec<String> = [results.scenario.clone()]
        .into_iter()
        .chain(variant)
        .chain(set)
        .collect();
    format!("{}: what happened when", words.join(", "))
}

fn words_below(results: &Results, point: &Point, timeline: &Timeline) -> String {
    let trials = match point.trials {
        1 => "1 trial".to_owned(),
        n => format!("{n} trials"),
    };
    let mut sentences = vec![format!("{trials}, seed {}.", results.seed)];
    let windows = timeline.window_edges_s.len().saturating_sub(1);
    sentences.push(format!(
        "Thin: each step of the trial; thick: its {windows} windows."
    ));
    sentences.push(if point.trials > 1 {
        "Bands: 95% intervals across trials, for each moment by itself.".to_owned()
    } else {
        "A single trial has no intervals.".to_owned()
    });
    let clients = || timeline.clients.iter().map(|(_, c)| c);
    if clients().any(|c| {
        c.latency_p99_s
            .iter()
            .zip(&c.ok_per_s.windows)
            .any(|(p99, ok)| p99.value.is_none() && ok.value.is_some_and(|v| v > 0.0))
    }) {
        sentences.push("No p99 where a window has fewer than a thousand answers.".to_owned());
    }
    let faults: Vec<String> = timeline
        .faults
        .iter()
        .take(3)
        .map(|f| format!("{} from {}", f.what, quantity::value(Unit::Seconds, f.from_s)))
        .collect();
    if !faults.is_empty() {
        let more = if timeline.faults.len() > 3 {
            ", and more"
        } else {
            ""
        };
        sentences.push(format!("Orange stretches: {}{more}.", faults.join(", ")));
    }
    if let Some(trouble) = figures::trouble(point).filter(|t| *t != point.course.word()) {
        sentences.push(format!("The point is {trouble}."));
    }
    let failures = |(_, c): &(String, scenarios::results::ClientFigures)| {
        c.lost_to_failures.value.is_some_and(|v| v > 0.0)
    };
    if point.clients.iter().any(failures) {
        sentences
            .push("Rare failures are no part of these trials: what they cost is counted apart.".to_owned());
    }
    match content::left_out(timeline) {
        0 => {}
        n => sentences.push(format!("{n} more components are only in timeline.csv.")),
    }
    sentences.join(" ")
}

/// The axis below the last panel, and ticks along all of them.
fn time_axis(picture: &mut Picture, frame: &Rectangle, panels: &[Panel], time: Time<'_>) {
    let (size, unit) = unit_of(time.end);
    let scale = Scale::Linear {
        low: 0.0,
        high: time.end / size,
    };
    // The frame stands below the last panel by now.
    let base = frame.bottom;
    let mut bases = vec![base];
    for panel in panels.iter().rev() {
        bases.push(bases.last().copied().unwrap_or(base) - panel.height() - TITLE - BETWEEN);
    }
    bases.pop();
    let mut last = f64::NEG_INFINITY;
    for tick in scale.ticks(10.0) {
        let x = time.place(frame, tick * size);
        for base in &bases {
            picture.stroke(vec![(x, *base), (x, base + 7.0)], Colour::QUIET, 2, 1.0);
        }
        let label = format!("{} {unit}", quantity::round(Unit::Plain, tick));
        let label = Text::new((x, base + 26.0), label, 20.0).anchor(Anchor::Middle);
        let bounds = label.bounds();
        if bounds.left > last + 14.0 && bounds.right < f64::from(WIDTH) - 8.0 {
            picture.text(label);
            last = bounds.right;
        }
    }
    let middle = f64::midpoint(frame.left, frame.right);
    let title = Text::new((middle, base + 60.0), "simulated time", 20.0);
    picture.text(title.bold().anchor(Anchor::Middle));
}

/// The unit of a time axis that ends here.
fn unit_of(end: f64) -> (f64, &'static str) {
    [
        (86_400.0, "d", 4.0),
        (3_600.0, "h", 3.0),
        (60.0, "min", 5.0),
        (1.0, "s", 1.0),
        (1e-3, "ms", 1.0),
        (1e-6, "us", 1.0),
    ]
    .into_iter()
    .find(|(size, _, times)| end >= size * times)
    .map_or((1e-9, "ns"), |(size, unit, _)| (size, unit))
}
