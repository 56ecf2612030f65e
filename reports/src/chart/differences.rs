//! The chart of a comparison: one row a figure, its difference in percent of the first variant's as a mark with its interval, the verdict
//! beside it; the band around zero is what doesn't matter.
//!
//! A dot plot with intervals (Cleveland 1985, "The Elements of Graphing Data", 3.3). Verdicts differ in their marks and words as well as in
//! their colours, which are those of Okabe and Ito.

use scenarios::comparison::{Comparison, Measure};
use sim_core::stats::Estimate;
use sim_core::stats::paired::{Verdict, Wish};

use super::margins::{caption, heading};
use super::picture::{Anchor, Colour, Picture, Place, Rectangle, Text, shorten, text_width};
use super::plot::{COLOURS, MARGIN, Mark, WIDTH, mark};
use super::scale::Scale;
use crate::quantity::{self, Unit};
use crate::table;

/// The height of a row.
const ROW: f64 = 42.0;
/// The most rows that are drawn: the document has them all.
const MOST_ROWS: usize = 60;
/// What stands above and below the rows, in all.
const AROUND: f64 = 400.0;
/// Percent beyond which a difference is drawn at the edge, so that others can still be told from zero.
const MOST: f64 = 100.0;
/// The width of the words on the right: difference and verdict.
const WORDS: [f64; 2] = [236.0, 330.0];

/// One line of the chart.
enum Row<'a> {
    Variant(&'a str),
    Figure(&'a Measure),
}

/// The chart as a picture.
pub fn picture(comparison: &Comparison) -> Picture {
    let (rows, left_out) = rows(comparison);
    let height = AROUND + ROW * rows.len().max(1) as f64;
    let mut picture = Picture::new(WIDTH, height as u32);
    let title = comparison.question.as_ref().unwrap_or(&comparison.scenario);
    let top = heading(&mut picture, title, &subtitle(comparison));
    let bottom = caption(&mut picture, &words_below(comparison, left_out));
    let labels = rows.iter().map(|row| match row {
        Row::Variant(_) => 0.0,
        Row::Figure(measure) => text_width(&label(measure), 22.0, false),
    });
    let frame = Rectangle {
        left: MARGIN + labels.fold(120.0, f64::max).min(380.0) + 24.0,
        top: top + 4.0,
        right: f64::from(WIDTH) - MARGIN - WORDS[0] - WORDS[1],
        bottom: bottom - 74.0,
    };
    let tolerance = comparison.tolerance * 100.0;
    let scale = scale(&rows, tolerance);
    axis(&mut picture, scale, &frame, tolerance);
    let first = frame.top + ROW / 2.0 + 4.0;
    for (number, row) in rows.iter().enumerate() {
        let y = first + ROW * number as f64;
        match row {
            Row::Variant(name) => {
                let name = shorten(name, 22.0, true, frame.left - MARGIN - 20.0);
                picture.text(Text::new((MARGIN, y), name, 22.0).bold());
            }
            Row::Figure(measure) => figure(&mut picture, measure, comparison.tolerance, scale, (&frame, y)),
        }
    }
    picture
}

/// All rows that have room, and how many figures have none.
fn rows(comparison: &Comparison) -> (Vec<Row<'_>>, usize) {
    let mut rows = Vec::new();
    let mut left_out = 0;
    for pair in &comparison.pairs {
        let room = MOST_ROWS.saturating_sub(rows.len() + 1).min(pair.measures.len());
        left_out += pair.measures.len() - room;
        // A single variant is named in the subtitle.
        if comparison.pairs.len() > 1 && room > 0 {
            rows.push(Row::Variant(&pair.variant));
        }
        rows.extend(pair.measures.iter().take(room).map(Row::Figure));
    }
    (rows, left_out)
}

fn subtitle(comparison: &Comparison) -> String {
    let (scenario, first) = (&comparison.scenario, &comparison.baseline);
    match comparison.pairs.as_slice() {
        [only] => format!("{scenario}: {} against {first}", only.variant),
        pairs => format!("{scenario}: {} variants against {first}", pairs.len()),
    }
}

fn words_below(comparison: &Comparison, left_out: usize) -> String {
    let [basis, holds] = table::basis(comparison);
    let mut text = format!("{}. In the grey band {holds}.", capital(&basis));
    text.push_str(" A bar is the interval of one figure alone, so one that misses zero may still not be enough to tell.");
    if left_out > 0 {
        text.push_str(&format!(" {left_out} more figures are only in the document."));
    }
    text
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

fn label(measure: &Measure) -> String {
    let wish = if measure.figure.wish() == Wish::More {
        " (more is better)"
    } else {
        ""
    };
    format!("{}{wish}", table::title(measure))
}

/// The relative difference in percent; none where there is none that can be drawn.
fn percent(measure: &Measure) -> Option<(f64, f64, f64)> {
    let Estimate { value, low, high, .. } = measure.relative()?;
    let value = value.filter(|v| v.is_finite())? * 100.0;
    let bound = |v: Option<f64>| v.filter(|v| v.is_finite()).map_or(value, |v| v * 100.0);
    Some((bound(low), value, bound(high)))
}

/// Zero and the tolerance are always to be seen.
fn scale(rows: &[Row<'_>], tolerance: f64) -> Scale {
    let ends = rows.iter().flat_map(|row| match row {
        Row::Variant(_) => Vec::new(),
        Row::Figure(measure) => percent(measure)
            .into_iter()
            .flat_map(|(low, value, high)| [low, value, high])
            .collect(),
    });
    let least = (tolerance * 1.5).clamp(0.01, MOST);
    let ends = ends
        .map(|end| end.clamp(-MOST, MOST) * 1.04)
        .chain([-least, least]);
    Scale::linear(ends).unwrap_or(Scale::Linear {
        low: -least,
        high: least,
    })
}

fn axis(picture: &mut Picture, scale: Scale, frame: &Rectangle, tolerance: f64) {
    let at = |percent: f64| frame.left + scale.place(percent) * frame.width();
    let (left, right) = (at(-tolerance), at(tolerance));
    if right - left >= 1.0 {
        let band = [
            (left, frame.top),
            (right, frame.top),
            (right, frame.bottom),
            (left, frame.bottom),
        ];
        picture.area(band.to_vec(), COLOURS[7], 0.22);
    }
    let mut last = f64::NEG_INFINITY;
    for tick in scale.ticks(6.0) {
        let x = at(tick);
        picture.stroke(vec![(x, frame.top), (x, frame.bottom)], Colour::RULE, 1, 1.0);
        let sign = if tick > 0.0 { "+" } else { "" };
        let words = format!("{sign}{}%", quantity::round(Unit::Plain, tick));
        let text = Text::new((x, frame.bottom + 26.0), words, 22.0).anchor(Anchor::Middle);
        let bounds = text.bounds();
        if bounds.left > last + 14.0 {
            last = bounds.right;
            picture.text(text);
        }
    }
    let zero = at(0.0);
    picture.stroke(
        vec![(zero, frame.top), (zero, frame.bottom + 8.0)],
        Colour::INK,
        3,
        1.0,
    );
    let ends = vec![(frame.left, frame.bottom), (frame.right, frame.bottom)];
    picture.stroke(ends, Colour::QUIET, 2, 1.0);
    let title = Text::new(
        (f64::midpoint(frame.left, frame.right), frame.bottom + 64.0),
        "difference, percent of the first one's figure",
        22.0,
    );
    picture.text(title.bold().anchor(Anchor::Middle));
    let above = frame.top - 20.0;
    for (x, words) in [
        (frame.right + 24.0, "difference"),
        (frame.right + WORDS[0] + 24.0, "verdict"),
    ] {
        picture.text(Text::new((x, above), words, 22.0).bold());
    }
}

/// What a verdict is drawn in.
fn colour(verdict: Verdict) -> Colour {
    match verdict {
        Verdict::Better => COLOURS[0],
        Verdict::Worse => COLOURS[1],
        Verdict::Same | Verdict::CannotTell { .. } => Colour::QUIET,
    }
}

fn figure(
    picture: &mut Picture,
    measure: &Measure,
    tolerance: f64,
    scale: Scale,
    (frame, y): (&Rectangle, f64),
) {
    let ink = colour(measure.verdict);
    let name = shorten(&label(measure), 22.0, false, frame.left - MARGIN - 20.0);
    picture.text(Text::new((frame.left - 18.0, y), name, 22.0).anchor(Anchor::End));
    let left = frame.right + 24.0;
    let difference = shorten(&table::relative(measure), 22.0, false, WORDS[0] - 30.0);
    picture.text(Text::new((left, y), difference, 22.0));
    let said = shorten(&table::verdict(measure, tolerance), 22.0, true, WORDS[1] - 30.0);
    picture.text(Text::new((left + WORDS[0], y), said, 22.0).bold().colour(ink));
    let Some((low, value, high)) = percent(measure) else {
        return;
    };
    let at = |percent: f64| frame.left + scale.place(percent) * frame.width();
    let (from, to) = (at(low), at(high));
    picture.stroke(vec![(from, y), (to, y)], ink, 4, 1.0);
    // An interval narrower than the mark would only make it hard to read.
    for end in [from, to].into_iter().filter(|_| to - from > 20.0) {
        picture.stroke(vec![(end, y - 9.0), (end, y + 9.0)], ink, 3, 1.0);
    }
    let beyond = match scale {
        Scale::Linear { low, high } => value < low || value > high,
        Scale::Log { .. } | Scale::Nines { .. } => false,
    };
    let place = (at(value), y);
    if beyond {
        let tip = if value > 0.0 { 1.0 } else { -1.0 };
        let outline = [(12.0 * tip, 0.0), (-8.0 * tip, -10.0), (-8.0 * tip, 10.0)];
        let outline = outline.map(|(x, y)| (place.0 + x, place.1 + y));
        picture.area(outline.to_vec(), ink, 1.0);
    } else {
        dot(picture, measure.verdict, place);
    }
}

/// Better is a disc, worse a square, the same a small disc, and what can't be told a hollow one.
fn dot(picture: &mut Picture, verdict: Verdict, at: Place) {
    match verdict {
        Verdict::Better => mark(picture, 0, at, Mark::Full),
        Verdict::Worse => mark(picture, 1, at, Mark::Full),
        Verdict::Same => picture.disc(at, 6, Colour::QUIET),
        Verdict::CannotTell { .. } => {
            picture.disc(at, 8, Colour::QUIET);
            picture.disc(at, 5, Colour::PAPER);
        }
    }
}

#[cfg(test)]
mod tests {
    use scenarios::comparison::{Figure, Pair, Subject};
    use sim_core::stats::paired::{Paired, paired};

    use super::super::tests::{check_layout, said};
    use super::*;

    fn measure(figure: Figure, paired: Option<Paired>, tolerance: f64) -> Measure {
        let verdict = paired.map_or(Verdict::CannotTell { trials: None }, |p| {
            p.verdict(figure.wish(), tolerance * p.a)
        });
        Measure {
            of: Subject::Clients("users".to_owned()),
            figure,
            paired,
            verdict,
        }
    }

    /// As many variants against `first`, each with every kind of row.
    fn comparison(variants: usize) -> Comparison {
        let a = [0.0100, 0.0120, 0.0090, 0.0110, 0.0105];
        let by = |share: f64| paired(&a, &a.map(|v| v * share), 0.0);
        let noisy = paired(&a, &[0.0130, 0.0100, 0.0100, 0.0100, 0.0110], 0.0);
        let new = paired(&[0.0; 5], &a, 0.0);
        let pair = |number: usize| Pair {
            variant: format!("variant {number}"),
            measures: vec![
                measure(Figure::Mean, by(0.9), 0.01),
                measure(Figure::P50, by(1.002), 0.01),
                measure(Figure::P99, noisy, 0.01),
                measure(Figure::Goodput, by(0.8), 0.01),
                measure(Figure::Lost, new, 0.01),
                measure(Figure::LostToFailures, None, 0.01),
                measure(Figure::Cost, by(40.0), 0.01),
            ],
        };
        Comparison {
            scenario: "shop".to_owned(),
            question: Some("Which is better?".to_owned()),
            seed: 7,
            version: "0".to_owned(),
            tolerance: 0.01,
            baseline: "first".to_owned(),
            pairs: (1..=variants).map(pair).collect(),
            warnings: Vec::new(),
        }
    }

    #[test]
    fn every_row_says_its_difference_and_its_verdict() {
        let text = said(&picture(&comparison(1)));
        for expected in [
            "shop: variant 1 against first",
            "users mean",
            "users goodput (more is better)",
            "better",
            "worse",
            "same within 1%",
            "cannot tell: try ",
            "cannot tell: no value",
            "0% to 1.05%",
            "hold at 95% together (Holm)",
        ] {
            assert!(text.contains(expected), "{expected} is missing in\n{text}");
        }
    }

    #[test]
    fn texts_neither_overlap_nor_leave_the_page() {
        for variants in [1, 2, 5, 40] {
            let mut all = comparison(variants);
            check_layout("differences", &picture(&all));
            all.tolerance = 0.0;
            all.pairs[0].variant = "a name that is far too long for the room that it has ".repeat(5);
            all.pairs[0].measures[0].of = Subject::Clients("clients-with-a-very-long-name".repeat(4));
            check_layout("long names", &picture(&all));
        }
        let mut none = comparison(1);
        none.pairs[0].measures.clear();
        check_layout("nothing", &picture(&none));
        let many = picture(&comparison(1000));
        assert!(many.height < 4000 && many.shapes.len() < 5000, "{}", many.height);
    }

    #[test]
    fn no_figures_break_it() {
        for wild in [f64::MAX, -f64::MAX, 1e-300, f64::MIN_POSITIVE, 0.0, 5.0] {
            for other in [f64::MAX, 1e-300, 0.0, -1.0] {
                let mut all = comparison(1);
                let paired = paired(&[wild, other, wild], &[other, wild, other], 0.0);
                all.pairs[0].measures[0] = measure(Figure::Mean, paired, 0.01);
                check_layout("wild", &picture(&all));
                assert!(super::super::differences(&all, super::super::Format::Svg).ends_with(b"</svg>\n"));
            }
        }
    }
}
