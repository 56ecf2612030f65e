//! A chart of curves: axes, bands, marks, a strip that shows where each curve is overloaded, a legend beside, a caption below.
//!
//! Colours are those of Okabe and Ito ("Color Universal Design", 2002), which colour-blind readers can tell apart, without their
//! yellow, which is too light for lines on white; dashes and marks differ as well, so that a print in grey can be read.

use super::label::Labels;
use super::margins::{caption, heading, legend, strip, strips_height};
use super::picture::{Anchor, Colour, Picture, Place, Rectangle, Text, shorten, text_width, wrap};
use super::scale::Scale;

pub const WIDTH: u32 = 1600;
pub const HEIGHT: u32 = 1000;
pub const MARGIN: f64 = 48.0;
const LEGEND: f64 = 390.0;
/// From one line of a label to the next.
const ROW: f64 = 26.0;

pub const COLOURS: [Colour; 8] = [
    Colour(0x00, 0x72, 0xb2),
    Colour(0xd5, 0x5e, 0x00),
    Colour(0x00, 0x9e, 0x73),
    Colour(0xcc, 0x79, 0xa7),
    Colour(0xe6, 0x9f, 0x00),
    Colour(0x56, 0xb4, 0xe9),
    Colour(0x00, 0x00, 0x00),
    Colour(0x80, 0x80, 0x80),
];

pub const DASHES: [&[f64]; 8] = [
    &[],
    &[18.0, 8.0],
    &[5.0, 7.0],
    &[18.0, 7.0, 5.0, 7.0],
    &[30.0, 8.0],
    &[10.0, 6.0],
    &[18.0, 6.0, 5.0, 6.0, 5.0, 6.0],
    &[3.0, 9.0],
];

/// How a point is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Known with its interval.
    Full,
    /// Known without one.
    Hollow,
    /// Measured in overload.
    Cross,
}

/// A point of a curve.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    pub x: f64,
    /// None breaks the curve.
    pub y: Option<f64>,
    pub band: Option<(f64, f64)>,
    pub mark: Mark,
}

/// A curve with what its legend says.
#[derive(Clone, Debug)]
pub struct Drawn {
    pub name: String,
    pub details: Vec<String>,
    pub spots: Vec<Spot>,
    /// Whether a line joins the spots: what stands between two words is nothing.
    pub connected: bool,
    /// The spot at which the curve turns, with its label.
    pub knee: Option<(usize, String)>,
    /// Where it is overloaded, from x to x, and what is said about it.
    pub overload: Option<(Vec<(f64, f64)>, String)>,
}

/// An axis: how it spreads, what stands at its ticks, what it is.
pub struct Axis {
    pub scale: Scale,
    /// What its ticks are round numbers of.
    pub step: f64,
    /// How many words stand at 0, 1, 2 and so on, where it isn't an axis of numbers.
    pub words: Option<usize>,
    pub label: Box<dyn Fn(f64) -> String>,
    pub title: String,
}

impl Axis {
    fn ticks(&self, many: f64) -> Vec<f64> {
        if let Some(words) = self.words {
            return (0..words).map(|word| word as f64).collect();
        }
        match self.scale {
            Scale::Linear { low, high } => {
                let scaled = Scale::Linear {
                    low: low / self.step,
                    high: high / self.step,
                };
                scaled
                    .ticks(many)
                    .into_iter()
                    .map(|tick| tick * self.step)
                    .collect()
            }
            other => other.ticks(many),
        }
    }
}

/// A chart before it is drawn.
pub struct Plot {
    pub title: String,
    pub subtitle: String,
    pub x: Axis,
    pub y: Axis,
    pub curves: Vec<Drawn>,
    /// The bound to hold, with its label.
    pub objective: Option<(f64, String)>,
    /// What is marked along x.
    pub uprights: Vec<Upright>,
    pub caption: String,
}

/// A stretch of x from the bottom to the top, with its label; a single x is a line.
#[derive(Clone, Debug)]
pub struct Upright {
    pub from: f64,
    pub to: f64,
    pub label: String,
}

/// The chart as a picture.
pub fn draw(plot: &Plot) -> Picture {
    let mut picture = Picture::new(WIDTH, HEIGHT);
    let top = heading(&mut picture, &plot.title, &plot.subtitle);
    let bottom = caption(&mut picture, &plot.caption);
    let frame = frame(plot, top, bottom);
    axes(&mut picture, plot, &frame);
    let mut labels = Labels::new(frame);
    let to = |x: f64, y: f64| to_place(plot, &frame, x, y);
    for stretch in &plot.uprights {
        upright(&mut picture, plot, &frame, stretch, &mut labels);
    }
    for (number, curve) in plot.curves.iter().enumerate() {
        band(
            &mut picture,
            curve,
            COLOURS[number % COLOURS.len()],
            &to,
            &mut labels,
        );
    }
    if let Some((bound, _)) = plot.objective {
        let ends = [to(f64::NEG_INFINITY, bound), (frame.right, to(0.0, bound).1)];
        picture.dashed(&ends, &[14.0, 8.0], Colour::INK, 2);
        labels.avoid(&ends);
    }
    for (number, curve) in plot.curves.iter().enumerate() {
        line(&mut picture, curve, number, &to, &mut labels);
    }
    strip(&mut picture, plot, &frame, top);
    // Labels come last, when all that they must not cover is known.
    if let Some((bound, label)) = &plot.objective {
        let y = to(0.0, *bound).1;
        let text = Text::new((0.0, 0.0), label.clone(), 21.0);
        let width = text_width(label, 21.0, false);
        let lefts = [
            10.0,
            frame.width() - width - 10.0,
            (frame.width() - width) / 2.0,
            frame.width() * 0.25,
        ];
        let places: Vec<Place> = lefts
            .iter()
            .flat_map(|left| [(frame.left + left, y - 18.0), (frame.left + left, y + 19.0)])
            .collect();
        labels
            .place(&text, &places, usize::MAX)
            .into_iter()
            .for_each(|text| picture.text(text));
    }
    for stretch in &plot.uprights {
        let (left, right) = (to(stretch.from, 0.0).0, to(stretch.to, 0.0).0);
        let width = text_width(&stretch.label, 21.0, true);
        let rows = [20.0, 48.0, frame.height() * 0.5, frame.height() - 24.0];
        let places: Vec<Place> = rows
            .iter()
            .flat_map(|row| {
                let y = frame.top + row;
                [(left - width - 12.0, y), (right + 12.0, y)]
            })
            .collect();
        let text = Text::new((0.0, 0.0), stretch.label.clone(), 21.0).bold();
        labels
            .place(&text, &places, usize::MAX)
            .into_iter()
            .for_each(|text| picture.text(text));
    }
    let rings: Vec<Place> = plot
        .curves
        .iter()
        .filter_map(|curve| knee_place(curve, &to))
        .collect();
    for (x, y) in rings {
        let r = f64::from(RING);
        labels.avoid(&[(x - r, y), (x, y - r), (x + r, y), (x, y + r), (x - r, y)]);
    }
    for (number, curve) in plot.curves.iter().enumerate() {
        knee(
            &mut picture,
            curve,
            COLOURS[number % COLOURS.len()],
            &to,
            &mut labels,
        );
    }
    legend(&mut picture, plot, &frame, top);
    picture
}

/// A shaded stretch of x, or a dashed line where it is a single one.
fn upright(picture: &mut Picture, plot: &Plot, frame: &Rectangle, stretch: &Upright, labels: &mut Labels) {
    let left = to_place(plot, frame, stretch.from, 0.0).0;
    let right = to_place(plot, frame, stretch.to, 0.0).0;
    let sides = [
        [(left, frame.top), (left, frame.bottom)],
        [(right, frame.top), (right, frame.bottom)],
    ];
    if stretch.from < stretch.to {
        // However narrow it is, it must be seen.
        let right = right.max(left + 3.0);
        let path = vec![
            sides[0][0],
            (right, frame.top),
            (right, frame.bottom),
            sides[0][1],
        ];
        picture.area(path, Colour::INK, 0.16);
    } else {
        picture.dashed(&sides[0], &[4.0, 6.0], Colour::QUIET, 2);
    }
    sides.iter().for_each(|side| labels.avoid(side));
}

/// The rectangle of the data: under the strips, beside the labels, left of the legend.
fn frame(plot: &Plot, top: f64, bottom: f64) -> Rectangle {
    let widest = plot
        .y
        .scale
        .ticks(6.0)
        .into_iter()
        .map(|tick| text_width(&(plot.y.label)(tick), 22.0, false));
    let left = MARGIN + widest.fold(0.0, f64::max).min(260.0) + 16.0;
    let right = f64::from(WIDTH) - MARGIN - LEGEND;
    let ticks = plot.x.ticks(8.0).into_iter();
    let rows = ticks.map(|tick| x_label(plot, right - left, tick).len()).max();
    Rectangle {
        left,
        top: top + strips_height(plot),
        right,
        bottom: bottom - 74.0 - ROW * (rows.unwrap_or(1).max(1) - 1) as f64,
    }
}

/// What stands under a place of the lower axis, in lines: a word has its part of the width and no more.
fn x_label(plot: &Plot, width: f64, tick: f64) -> Vec<String> {
    let label = (plot.x.label)(tick);
    match plot.x.words {
        Some(words) => wrap(&label, 22.0, false, width / words as f64 - 15.0, 2),
        None => vec![label],
    }
}

/// Where a point of the data stands.
pub fn to_place(plot: &Plot, frame: &Rectangle, x: f64, y: f64) -> Place {
    (
        frame.left + plot.x.scale.place(x) * frame.width(),
        frame.bottom - plot.y.scale.place(y) * frame.height(),
    )
}

fn axes(picture: &mut Picture, plot: &Plot, frame: &Rectangle) {
    let above = frame.top - strips_height(plot) - 26.0;
    picture.text(Text::new((MARGIN, above), plot.y.title.clone(), 22.0).bold());
    let mut last = f64::INFINITY;
    for tick in plot.y.ticks(6.0) {
        let y = to_place(plot, frame, 0.0, tick).1;
        picture.stroke(vec![(frame.left, y), (frame.right, y)], Colour::RULE, 1, 1.0);
        // Ticks of a logarithmic scale crowd towards its upper end.
        if last - y >= 26.0 {
            let label = shorten(&(plot.y.label)(tick), 22.0, false, 260.0);
            picture.text(Text::new((frame.left - 14.0, y), label, 22.0).anchor(Anchor::End));
            last = y;
        }
    }
    let base = frame.bottom;
    picture.stroke(
        vec![(frame.left, base), (frame.right, base)],
        Colour::QUIET,
        2,
        1.0,
    );
    let mut last = f64::NEG_INFINITY;
    let mut rows = 1;
    for tick in plot.x.ticks(8.0) {
        let x = to_place(plot, frame, tick, 0.0).0;
        picture.stroke(vec![(x, base), (x, base + 8.0)], Colour::QUIET, 2, 1.0);
        let lines = x_label(plot, frame.width(), tick);
        rows = rows.max(lines.len());
        let places = (0..).map(|row| (x, base + 28.0 + f64::from(row) * ROW));
        let label: Vec<Text> = places
            .zip(lines)
            .map(|(place, line)| Text::new(place, line, 22.0).anchor(Anchor::Middle))
            .collect();
        let left = label
            .iter()
            .map(|t| t.bounds().left)
            .fold(f64::INFINITY, f64::min);
        let right = label.iter().map(|t| t.bounds().right).fold(last, f64::max);
        if left > last + 14.0 && right < f64::from(WIDTH) - 8.0 {
            label.into_iter().for_each(|line| picture.text(line));
            last = right;
        }
    }
    let title = shorten(&plot.x.title, 22.0, true, frame.width());
    let middle = f64::midpoint(frame.left, frame.right);
    picture.text(
        Text::new((middle, base + 66.0 + ROW * (rows - 1) as f64), title, 22.0)
            .bold()
            .anchor(Anchor::Middle),
    );
}

fn band(
    picture: &mut Picture,
    curve: &Drawn,
    colour: Colour,
    to: &impl Fn(f64, f64) -> Place,
    labels: &mut Labels,
) {
    for run in curve.spots.chunk_by(|a, b| {
        curve.connected && a.y.is_some() && a.band.is_some() && b.y.is_some() && b.band.is_some()
    }) {
        let bands: Vec<(f64, f64, f64)> = run
            .iter()
            .filter(|spot| spot.y.is_some())
            .filter_map(|spot| spot.band.map(|(low, high)| (spot.x, low, high)))
            .collect();
        let upper: Vec<Place> = bands.iter().map(|(x, _, high)| to(*x, *high)).collect();
        let lower: Vec<Place> = bands.iter().rev().map(|(x, low, _)| to(*x, *low)).collect();
        match bands.len() {
            0 => {}
            1 => picture.stroke(vec![upper[0], lower[0]], colour, 7, 0.3),
            _ => picture.area([upper.clone(), lower.clone()].concat(), colour, 0.2),
        }
        labels.avoid(&upper);
        labels.avoid(&lower);
    }
}

fn line(
    picture: &mut Picture,
    curve: &Drawn,
    number: usize,
    to: &impl Fn(f64, f64) -> Place,
    labels: &mut Labels,
) {
    let colour = COLOURS[number % COLOURS.len()];
    for run in curve
        .spots
        .chunk_by(|a, b| curve.connected && a.y.is_some() && b.y.is_some())
    {
        let path: Vec<Place> = run
            .iter()
            .filter_map(|spot| spot.y.map(|y| to(spot.x, y)))
            .collect();
        picture.dashed(&path, DASHES[number % DASHES.len()], colour, 3);
        labels.avoid(&path);
    }
    // More marks than this would hide the curve.
    let stride = curve.spots.len().div_ceil(60).max(1);
    for spot in curve.spots.iter().step_by(stride) {
        if let Some(y) = spot.y {
            mark(picture, number, to(spot.x, y), spot.mark);
        }
    }
}

/// A mark of its own for every curve; a hollow one has paper inside.
pub fn mark(picture: &mut Picture, number: usize, at: Place, mark: Mark) {
    let colour = COLOURS[number % COLOURS.len()];
    if mark == Mark::Cross {
        for slope in [1.0, -1.0] {
            picture.stroke(
                vec![(at.0 - 7.0, at.1 - 7.0 * slope), (at.0 + 7.0, at.1 + 7.0 * slope)],
                colour,
                3,
                1.0,
            );
        }
        return;
    }
    let inner = (mark == Mark::Hollow).then_some(Colour::PAPER);
    for (colour, size) in [(Some(colour), 1.0), (inner, 0.6)] {
        let Some(colour) = colour else { continue };
        let outline: &[Place] = match number % 8 {
            0 => &[],
            1 => &[(-7.0, -7.0), (7.0, -7.0), (7.0, 7.0), (-7.0, 7.0)],
            2 => &[(0.0, -10.0), (9.0, 7.0), (-9.0, 7.0)],
            3 => &[(0.0, -10.0), (10.0, 0.0), (0.0, 10.0), (-10.0, 0.0)],
            4 => &[(0.0, 10.0), (9.0, -7.0), (-9.0, -7.0)],
            5 => &[(-10.0, 0.0), (7.0, -9.0), (7.0, 9.0)],
            6 => &[(-8.0, -5.0), (8.0, -5.0), (8.0, 5.0), (-8.0, 5.0)],
            _ => &[(10.0, 0.0), (-7.0, -9.0), (-7.0, 9.0)],
        };
        if outline.is_empty() {
            picture.disc(at, (8.0 * size) as u32 + u32::from(size < 1.0), colour);
        } else {
            picture.area(
                outline
                    .iter()
                    .map(|(x, y)| (at.0 + x * size, at.1 + y * size))
                    .collect(),
                colour,
                1.0,
            );
        }
    }
}

fn knee_place(curve: &Drawn, to: &impl Fn(f64, f64) -> Place) -> Option<Place> {
    let spot = curve.spots.get(curve.knee.as_ref()?.0)?;
    spot.y.map(|y| to(spot.x, y))
}

/// The ring around a curve's own mark.
const RING: u32 = 15;

fn knee(
    picture: &mut Picture,
    curve: &Drawn,
    colour: Colour,
    to: &impl Fn(f64, f64) -> Place,
    labels: &mut Labels,
) {
    let Some(((x, y), (_, label))) = knee_place(curve, to).zip(curve.knee.as_ref()) else {
        return;
    };
    picture.ring((x, y), RING, colour, 3);
    let width = text_width(label, 21.0, false);
    let half = width / 2.0;
    let places = [
        (x - width - 18.0, y - 24.0),
        (x - half, y - 36.0),
        (x + 18.0, y + 26.0),
        (x - half, y + 36.0),
        (x - width - 24.0, y),
        (x + 24.0, y),
        (x - width - 18.0, y + 26.0),
        (x + 18.0, y - 26.0),
        (x - half, y - 70.0),
        (x - half, y + 70.0),
    ];
    let text = Text::new((0.0, 0.0), label.clone(), 21.0).colour(colour);
    // The legend says it too, so a label that would cover the curves is left out.
    labels
        .place(&text, &places, 8)
        .into_iter()
        .for_each(|text| picture.text(text));
}
