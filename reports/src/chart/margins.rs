//! What stands around the data: the question above, the caption below, the legend beside, and a strip for each overloaded curve.

use super::picture::{Anchor, Colour, Picture, Rectangle, Text, shorten, text_width, wrap};
use super::plot::{COLOURS, DASHES, MARGIN, Mark, Plot, WIDTH, mark, to_place};

/// The height of a strip with the gap below it.
const STRIP: f64 = 30.0;

/// Draws the question and what is shown; gives the height at which the data may begin.
pub fn heading(picture: &mut Picture, title: &str, subtitle: &str) -> f64 {
    let room = f64::from(WIDTH) - 2.0 * MARGIN;
    let mut y = 56.0;
    for row in wrap(title, 36.0, true, room, 2) {
        picture.text(Text::new((MARGIN, y), row, 36.0).bold());
        y += 44.0;
    }
    y += 2.0;
    picture.text(Text::new((MARGIN, y), shorten(subtitle, 25.0, false, room), 25.0).colour(Colour::QUIET));
    y + 80.0
}

/// Draws the caption; gives the height at which axis and data must end.
pub fn caption(picture: &mut Picture, caption: &str) -> f64 {
    let rows = wrap(caption, 20.0, false, f64::from(WIDTH) - 2.0 * MARGIN, 3);
    let first = f64::from(picture.height) - 34.0 - 27.0 * rows.len().saturating_sub(1) as f64;
    for (number, row) in rows.into_iter().enumerate() {
        let at = (MARGIN, first + 27.0 * number as f64);
        picture.text(Text::new(at, row, 20.0).colour(Colour::QUIET));
    }
    first - 46.0
}

/// The height that all strips take.
pub fn strips_height(plot: &Plot) -> f64 {
    match plot
        .curves
        .iter()
        .filter(|curve| curve.overload.is_some())
        .count()
    {
        0 => 12.0,
        strips => STRIP * strips as f64 + 10.0,
    }
}

/// Over the data, one strip for each overloaded curve shows where it has no steady state.
pub fn strip(picture: &mut Picture, plot: &Plot, frame: &Rectangle, top: f64) {
    let overloaded = plot
        .curves
        .iter()
        .enumerate()
        .filter_map(|(at, curve)| Some((at, curve, curve.overload.as_ref()?)));
    for (row, (number, curve, (runs, label))) in overloaded.enumerate() {
        let colour = COLOURS[number % COLOURS.len()];
        let (above, below) = (top + STRIP * row as f64, top + STRIP * (row + 1) as f64 - 4.0);
        let middle = f64::midpoint(above, below);
        let mut widest: Option<(f64, f64)> = None;
        let (mut first, mut last) = (frame.right, frame.left);
        for (from, until) in runs {
            let left = to_place(plot, frame, *from, 0.0).0;
            let right = to_place(plot, frame, *until, 0.0).0.max(left + 4.0);
            let bar = vec![(left, above), (right, above), (right, below), (left, below)];
            picture.area(bar, colour, 0.22);
            picture.stroke(vec![(left, above), (left, below)], colour, 3, 1.0);
            first = first.min(left);
            last = last.max(right);
            if widest.is_none_or(|(l, r)| right - left > r - l) {
                widest = Some((left, right));
            }
        }
        let Some((left, right)) = widest else { continue };
        let label = if curve.name.is_empty() {
            label.clone()
        } else {
            format!("{}: {label}", curve.name)
        };
        let label = shorten(&label, 20.0, false, 520.0);
        let width = text_width(&label, 20.0, false);
        let text = if right - left >= width + 24.0 {
            Text::new((left + 12.0, middle), label, 20.0)
        } else if first - frame.left >= width + 12.0 {
            Text::new((first - 10.0, middle), label, 20.0).anchor(Anchor::End)
        } else if frame.right - last >= width + 12.0 {
            Text::new((last + 10.0, middle), label, 20.0)
        } else {
            // The legend says it too.
            continue;
        };
        picture.text(text);
    }
}

/// One entry a curve: its line, its mark, its name, and what is worth saying of it.
pub fn legend(picture: &mut Picture, plot: &Plot, frame: &Rectangle, top: f64) {
    let left = frame.right + 44.0;
    let text = left + 74.0;
    let room = f64::from(WIDTH) - MARGIN / 2.0 - text;
    let mut y = top + 12.0;
    for (number, curve) in plot.curves.iter().enumerate() {
        let later = (plot.curves.len() - number - 1) as f64 * 62.0;
        if curve.connected {
            picture.dashed(
                &[(left, y), (left + 58.0, y)],
                DASHES[number % DASHES.len()],
                COLOURS[number % COLOURS.len()],
                3,
            );
        }
        mark(picture, number, (left + 29.0, y), Mark::Full);
        for row in wrap(&curve.name, 23.0, true, room, 2) {
            picture.text(Text::new((text, y), row, 23.0).bold());
            y += 28.0;
        }
        for detail in &curve.details {
            for row in wrap(detail, 20.0, false, room, 2) {
                // Details give way to the names of the curves that follow.
                if y + later < frame.bottom {
                    picture.text(Text::new((text, y), row, 20.0).colour(Colour::QUIET));
                    y += 26.0;
                }
            }
        }
        y += 16.0;
    }
}
