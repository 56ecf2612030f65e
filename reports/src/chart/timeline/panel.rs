//! One panel of a timeline: lines over the same time as the panels above and below, each named at its right end.

use scenarios::timeline::Fault;

use super::super::picture::{Anchor, Colour, Picture, Place, Rectangle, Text, shorten, text_width};
use super::super::scale::Scale;

/// The size of the names at the ends of the lines, and the room that each takes.
const NAME: f64 = 20.0;
const NAME_ROOM: f64 = 25.0;
/// The gap between a line's end and its name.
const GAP: f64 = 34.0;
/// What a fault is shaded in.
pub const FAULT: Colour = Colour(0xd5, 0x5e, 0x00);
/// Vertical room for the title of a panel.
pub const TITLE: f64 = 46.0;

/// What one line shows at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Seconds.
    pub at: f64,
    /// None breaks the line.
    pub value: Option<f64>,
    /// The interval.
    pub band: Option<(f64, f64)>,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// A line.
    Plain,
    /// A line that is on and off.
    Dashed,
    /// A broad pale line, for what another line is to be seen against.
    Broad,
}

/// A line of a panel.
#[derive(Clone, Debug)]
pub struct Line {
    /// What stands at its end.
    pub name: String,
    pub colour: Colour,
    pub stroke: Stroke,
    /// In detail, drawn thin and pale; may be empty.
    pub fine: Vec<Moment>,
    /// What counts.
    pub coarse: Vec<Moment>,
}

impl Line {
    /// All that is known of its values.
    pub fn values(&self) -> impl Iterator<Item = f64> {
        self.coarse.iter().filter_map(|m| m.value)
    }

    /// The values in detail too, and the ends of the intervals.
    pub fn bounds(&self) -> impl Iterator<Item = f64> {
        let fine = self.fine.iter().filter_map(|m| m.value);
        let bands = self.coarse.iter().filter_map(|m| m.band);
        self.values()
            .chain(fine)
            .chain(bands.flat_map(|(low, high)| [low, high]))
    }
}

/// A panel.
pub struct Panel {
    pub title: String,
    pub scale: Scale,
    pub label: fn(f64) -> String,
    pub lines: Vec<Line>,
    /// A bound to hold, with its label.
    pub bound: Option<(f64, String)>,
}

impl Panel {
    /// The height of its data: every name needs room.
    pub fn height(&self) -> f64 {
        (self.lines.len() as f64 * NAME_ROOM + 10.0).max(170.0)
    }
}

/// Time, the same for all panels.
#[derive(Clone, Copy, Debug)]
pub struct Time<'a> {
    /// What goes wrong at given times.
    pub faults: &'a [Fault],
    pub end: f64,
    /// Up to here is warm-up.
    pub warm_up: f64,
}

impl Time<'_> {
    /// Where a moment stands in a frame.
    pub fn place(&self, frame: &Rectangle, at: f64) -> f64 {
        frame.left + (at / self.end).clamp(0.0, 1.0) * frame.width()
    }
}

/// How much room the labels of the vertical axis take.
pub fn label_width(panel: &Panel) -> f64 {
    ticks(panel)
        .into_iter()
        .map(|tick| text_width(&(panel.label)(tick), NAME, false))
        .fold(0.0, f64::max)
        .min(200.0)
}

/// How much room the names take, at most `most`.
pub fn names_width(panel: &Panel, most: f64) -> f64 {
    let names = panel.lines.iter().map(|l| text_width(&l.name, NAME, true));
    names.fold(0.0, f64::max).min(most) + GAP + 8.0
}

fn ticks(panel: &Panel) -> Vec<f64> {
    panel.scale.ticks(4.0)
}

/// Draws a panel into the frame of its data; the title stands above.
pub fn draw(picture: &mut Picture, panel: &Panel, frame: &Rectangle, time: Time<'_>) {
    let title = shorten(&panel.title, NAME, true, frame.right - 48.0);
    picture.text(Text::new((48.0, frame.top - 27.0), title, NAME).bold());
    let cut = time.place(frame, time.warm_up);
    if cut > frame.left {
        let path = [
            (frame.left, frame.top),
            (cut, frame.top),
            (cut, frame.bottom),
            (frame.left, frame.bottom),
        ];
        picture.area(path.to_vec(), Colour::INK, 0.09);
    }
    for fault in time.faults {
        let (left, right) = (time.place(frame, fault.from_s), time.place(frame, fault.to_s));
        // However short it is, it must be seen.
        let right = right.max(left + 3.0);
        let path = [
            (left, frame.top),
            (right, frame.top),
            (right, frame.bottom),
            (left, frame.bottom),
        ];
        picture.area(path.to_vec(), FAULT, 0.14);
    }
    axis(picture, panel, frame);
    let to = |m: f64, v: f64| {
        (
            time.place(frame, m),
            frame.bottom - panel.scale.place(v) * frame.height(),
        )
    };
    for line in panel.lines.iter().filter(|l| l.stroke != Stroke::Broad) {
        band(picture, line, &to);
    }
    for line in &panel.lines {
        for run in runs(&line.fine, &to) {
            picture.stroke(run, line.colour, 1, 0.35);
        }
    }
    if let Some((bound, label)) = &panel.bound {
        let y = to(0.0, *bound).1;
        picture.dashed(&[(frame.left, y), (frame.right, y)], &[14.0, 8.0], Colour::INK, 2);
        let below = y - frame.top < 24.0;
        let at = (frame.right - 10.0, if below { y + 16.0 } else { y - 15.0 });
        picture.text(Text::new(at, label.clone(), 18.0).anchor(Anchor::End));
    }
    for line in &panel.lines {
        for run in runs(&line.coarse, &to) {
            match line.stroke {
                Stroke::Plain => picture.stroke(run, line.colour, 3, 1.0),
                Stroke::Dashed => picture.dashed(&run, &[12.0, 7.0], line.colour, 3),
                Stroke::Broad => picture.stroke(run, line.colour, 9, 0.35),
            }
        }
    }
    if cut > frame.left {
        picture.dashed(
            &[(cut, frame.top), (cut, frame.bottom)],
            &[4.0, 6.0],
            Colour::QUIET,
            2,
        );
    }
    names(picture, panel, frame, &to);
}

fn axis(picture: &mut Picture, panel: &Panel, frame: &Rectangle) {
    let mut last = f64::INFINITY;
    for tick in ticks(panel) {
        let y = frame.bottom - panel.scale.place(tick) * frame.height();
        picture.stroke(vec![(frame.left, y), (frame.right, y)], Colour::RULE, 1, 1.0);
        // Ticks of a logarithmic scale crowd towards its upper end.
        if last - y >= 24.0 {
            let label = shorten(&(panel.label)(tick), NAME, false, 200.0);
            picture.text(Text::new((frame.left - 12.0, y), label, NAME).anchor(Anchor::End));
            last = y;
        }
    }
    picture.stroke(
        vec![(frame.left, frame.bottom), (frame.right, frame.bottom)],
        Colour::QUIET,
        2,
        1.0,
    );
}

/// The stretches of a line without a gap; a single moment is drawn as a short dash.
fn runs(moments: &[Moment], to: &impl Fn(f64, f64) -> Place) -> Vec<Vec<Place>> {
    moments
        .chunk_by(|a, b| a.value.is_some() && b.value.is_some())
        .map(|run| {
            let path: Vec<Place> = run.iter().filter_map(|m| m.value.map(|v| to(m.at, v))).collect();
            match path.as_slice() {
                [(x, y)] => vec![(x - 4.0, *y), (x + 4.0, *y)],
                _ => path,
            }
        })
        .collect()
}

fn band(picture: &mut Picture, line: &Line, to: &impl Fn(f64, f64) -> Place) {
    for run in line.coarse.chunk_by(|a, b| a.band.is_some() && b.band.is_some()) {
        let edge = |pick: fn((f64, f64)) -> f64| -> Vec<Place> {
            run.iter()
                .filter_map(|m| m.band.map(|b| to(m.at, pick(b))))
                .collect()
        };
        let (upper, mut lower) = (edge(|b| b.1), edge(|b| b.0));
        match upper.len() {
            0 => {}
            1 => picture.stroke(vec![upper[0], lower[0]], line.colour, 6, 0.2),
            _ => {
                lower.reverse();
                picture.area([upper, lower].concat(), line.colour, 0.18);
            }
        }
    }
}

/// The name of each line beside its end, moved apart where ends are close.
fn names(picture: &mut Picture, panel: &Panel, frame: &Rectangle, to: &impl Fn(f64, f64) -> Place) {
    let end = |line: &Line| {
        let last = line
            .coarse
            .iter()
            .rev()
            .find_map(|m| m.value.map(|v| to(m.at, v)));
        last.unwrap_or((frame.right, frame.bottom))
    };
    let mut ends: Vec<(Place, &Line)> = panel.lines.iter().map(|l| (end(l), l)).collect();
    // A stable order keeps the names of equal lines where they were given.
    ends.sort_by(|a, b| a.0.1.total_cmp(&b.0.1));
    let wished: Vec<f64> = ends.iter().map(|((_, y), _)| *y).collect();
    let room = (frame.top - 6.0, frame.bottom + 6.0);
    let left = frame.right + GAP;
    let width = f64::from(picture.width) - 8.0 - left;
    for (((x, y), line), at) in ends.into_iter().zip(apart(&wished, NAME_ROOM, room)) {
        let text = shorten(&line.name, NAME, true, width);
        let lead = [(x + 4.0, y), (frame.right + 6.0, y), (left - 6.0, at)];
        picture.stroke(lead.to_vec(), line.colour, 1, 0.6);
        picture.text(Text::new((left, at), text, NAME).bold().colour(line.colour));
    }
}

/// Places as near as can be to those wished, which are in order, at least `gap` from each other, in the room if they fit.
fn apart(wished: &[f64], gap: f64, room: (f64, f64)) -> Vec<f64> {
    let mut at: Vec<f64> = Vec::with_capacity(wished.len());
    // Groups of neighbours that touch, each around the mean of what its members wish.
    let mut groups: Vec<(f64, usize)> = Vec::new();
    for wish in wished {
        groups.push((*wish, 1));
        while let [.., before, last] = groups.as_slice()
            && before.0 + gap * (before.1 + last.1) as f64 / 2.0 > last.0
        {
            let count = before.1 + last.1;
            let middle = (before.0 * before.1 as f64 + last.0 * last.1 as f64) / count as f64;
            groups.truncate(groups.len() - 2);
            groups.push((middle, count));
        }
    }
    for (middle, count) in groups {
        let first = middle - gap * (count as f64 - 1.0) / 2.0;
        at.extend((0..count).map(|i| first + gap * i as f64));
    }
    // Whoever stands outside pushes the others in.
    let mut limit = room.1;
    for y in at.iter_mut().rev() {
        *y = y.min(limit);
        limit = *y - gap;
    }
    let mut limit = room.0;
    for y in &mut at {
        *y = y.max(limit);
        limit = *y + gap;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_apart_and_inside() {
        let at = |wished: &[f64]| apart(wished, 20.0, (0.0, 100.0));
        assert_eq!(at(&[10.0, 50.0]), [10.0, 50.0]);
        assert_eq!(at(&[50.0, 50.0, 50.0]), [30.0, 50.0, 70.0]);
        assert_eq!(at(&[95.0, 96.0]), [80.0, 100.0]);
        assert_eq!(at(&[0.0, 1.0, 2.0]), [0.0, 20.0, 40.0]);
        let full = at(&[50.0; 6]);
        assert_eq!(full, [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert!(at(&[]).is_empty());
    }
}
