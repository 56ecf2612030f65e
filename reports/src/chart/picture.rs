//! A picture as data: lines, areas and texts in whole units, before any pixel or markup exists.
//!
//! Charts are made as pictures so that a test can ask what a reader would see: whether texts overlap or leave the page.

use plotters::style::{FontDesc, FontFamily, FontStyle};

/// A colour: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    pub const INK: Self = Self(0x22, 0x22, 0x22);
    pub const QUIET: Self = Self(0x5f, 0x5f, 0x5f);
    pub const RULE: Self = Self(0xe3, 0xe3, 0xe3);
    pub const PAPER: Self = Self(0xff, 0xff, 0xff);
}

/// A place in the picture: right, down.
pub type Place = (f64, f64);

/// Which end of a text stands at its place; vertically its middle does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A text on one line.
#[derive(Clone, Debug)]
pub struct Text {
    pub at: Place,
    pub content: String,
    pub size: f64,
    pub bold: bool,
    pub colour: Colour,
    pub anchor: Anchor,
}

impl Text {
    pub fn new(at: Place, content: impl Into<String>, size: f64) -> Self {
        // Control characters are not allowed in SVG, and have no shape in a font.
        let content: String = content
            .into()
            .chars()
            .map(|c| if allowed(c) { c } else { ' ' })
            .collect();
        Self {
            at,
            content,
            size,
            bold: false,
            colour: Colour::INK,
            anchor: Anchor::Start,
        }
    }

    pub fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub fn colour(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }

    pub fn anchor(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    /// The rectangle that the text covers.
    pub fn bounds(&self) -> Rectangle {
        let width = text_width(&self.content, self.size, self.bold);
        let left = match self.anchor {
            Anchor::Start => self.at.0,
            Anchor::Middle => self.at.0 - width / 2.0,
            Anchor::End => self.at.0 - width,
        };
        let half = self.size * 0.45;
        Rectangle {
            left,
            top: self.at.1 - half,
            right: left + width,
            bottom: self.at.1 + half,
        }
    }
}

fn allowed(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// An upright rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rectangle {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rectangle {
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    pub fn holds(&self, (x, y): Place) -> bool {
        self.left <= x && x <= self.right && self.top <= y && y <= self.bottom
    }
}

/// One thing that is drawn; later ones cover earlier ones.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A path of straight strokes.
    Stroke {
        path: Vec<Place>,
        colour: Colour,
        width: u32,
        opacity: f64,
    },
    /// A filled polygon.
    Area {
        path: Vec<Place>,
        colour: Colour,
        opacity: f64,
    },
    /// A filled circle.
    Disc {
        centre: Place,
        radius: u32,
        colour: Colour,
    },
    /// The outline of a circle.
    Ring {
        centre: Place,
        radius: u32,
        colour: Colour,
        width: u32,
    },
    /// A text on one line.
    Text(Text),
}

/// A picture and its size.
#[derive(Clone, Debug)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    pub shapes: Vec<Shape>,
}

impl Picture {
    pub fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            shapes: Vec::new(),
        }
    }

    pub fn text(&mut self, text: Text) {
        if !text.content.trim().is_empty() {
            self.shapes.push(Shape::Text(text));
        }
    }

    pub fn stroke(&mut self, path: Vec<Place>, colour: Colour, width: u32, opacity: f64) {
        if path.len() > 1 {
            self.shapes.push(Shape::Stroke {
                path,
                colour,
                width,
                opacity,
            });
        }
    }

    pub fn area(&mut self, path: Vec<Place>, colour: Colour, opacity: f64) {
        if path.len() > 2 {
            self.shapes.push(Shape::Area {
                path,
                colour,
                opacity,
            });
        }
    }

    pub fn disc(&mut self, centre: Place, radius: u32, colour: Colour) {
        self.shapes.push(Shape::Disc {
            centre,
            radius,
            colour,
        });
    }

    pub fn ring(&mut self, centre: Place, radius: u32, colour: Colour, width: u32) {
        self.shapes.push(Shape::Ring {
            centre,
            radius,
            colour,
            width,
        });
    }

    /// A stroke that is on for the pattern's first length, off for its second, and so on; no pattern is a whole line.
    pub fn dashed(&mut self, path: &[Place], pattern: &[f64], colour: Colour, width: u32) {
        if pattern.is_empty() {
            self.stroke(path.to_vec(), colour, width, 1.0);
            return;
        }
        let (mut at, mut left, mut dash) = (0, pattern[0], Vec::new());
        for pair in path.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            let along = |d: f64| {
                (
                    from.0 + (to.0 - from.0) * d / length,
                    from.1 + (to.1 - from.1) * d / length,
                )
            };
            let mut done = 0.0;
            dash.push(from);
            while length - done > left {
                done += left;
                dash.push(along(done));
                let finished = std::mem::take(&mut dash);
                if at % 2 == 0 {
                    self.stroke(finished, colour, width, 1.0);
                }
                dash.push(along(done));
                at = (at + 1) % pattern.len();
                left = pattern[at];
            }
            left -= length - done;
            dash.push(to);
        }
        if at % 2 == 0 {
            self.stroke(dash, colour, width, 1.0);
        }
    }

    /// All texts with the rectangles that they cover.
    #[cfg(test)]
    pub fn texts(&self) -> Vec<(&str, Rectangle)> {
        self.shapes
            .iter()
            .filter_map(|shape| match shape {
                Shape::Text(text) => Some((text.content.as_str(), text.bounds())),
                _ => None,
            })
            .collect()
    }
}

/// How wide a text is in the embedded font, which is wider than most that a viewer of the SVG will use.
pub fn text_width(content: &str, size: f64, bold: bool) -> f64 {
    super::render::register_fonts();
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    match FontDesc::new(FontFamily::SansSerif, size, style).layout_box(content) {
        Ok(((left, _), (right, _))) => f64::from(right - left) + 1.0,
        Err(_) => size * 0.6 * content.chars().count() as f64,
    }
}

/// Breaks a text at blanks and hyphens into at most `most` lines of `width`; what doesn't fit ends in "…".
pub fn wrap(content: &str, size: f64, bold: bool, width: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    // A picture has no room for more, and measuring a text takes time in proportion to its length.
    let content: String = content.chars().take(600).collect();
    for piece in pieces(&content) {
        let longer = lines
            .last()
            .map_or_else(|| piece.to_owned(), |line| line.clone() + piece);
        if !lines.is_empty() && text_width(longer.trim_end(), size, bold) <= width {
            lines.pop();
            lines.push(longer);
        } else if lines.len() < most {
            lines.push(shorten(piece, size, bold, width));
        } else {
            lines.pop();
            lines.push(shorten(&format!("{longer}…"), size, bold, width));
            break;
        }
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// The parts of a text between which a line may end: after a blank, not a no-break one, and after a hyphen within a word.
fn pieces(content: &str) -> impl Iterator<Item = &str> {
    let mut rest = content.trim_start_matches(' ');
    std::iter::from_fn(move || {
        let mut before = ' ';
        let end = rest.char_indices().find_map(|(at, c)| {
            let next = rest[at + c.len_utf8()..].chars().next()?;
            let is_end =
                (c == ' ' && next != ' ') || (c == '-' && before.is_alphanumeric() && next.is_alphabetic());
            before = c;
            is_end.then_some(at + 1)
        });
        let (piece, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Cuts a text so that it fits, with "…" at its end when anything is missing.
pub fn shorten(content: &str, size: f64, bold: bool, width: f64) -> String {
    let mut kept: String = content.chars().take(400).collect();
    if kept.len() == content.len() && text_width(&kept, size, bold) <= width {
        return kept;
    }
    while !kept.is_empty() && text_width(&format!("{kept}…"), size, bold) > width {
        kept.pop();
    }
    format!("{}…", kept.trim_end_matches(['…', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_cover_half_of_an_even_pattern() {
        let mut picture = Picture::new(100, 100);
        picture.dashed(
            &[(0.0, 0.0), (60.0, 0.0), (100.0, 0.0)],
            &[10.0, 10.0],
            Colour::INK,
            1,
        );
        let drawn: f64 = picture
            .shapes
            .iter()
            .map(|shape| match shape {
                Shape::Stroke { path, .. } => path.windows(2).map(|pair| pair[1].0 - pair[0].0).sum(),
                _ => 0.0,
            })
            .sum();
        assert_eq!(drawn, 50.0);
    }

    #[test]
    fn lines_end_after_blanks_and_after_hyphens_within_words() {
        let wrapped = |text| wrap(text, 20.0, false, 120.0, 3);
        assert_eq!(wrapped("short-transactions"), ["short-", "transactions"]);
        assert_eq!(wrapped("availability -40 %"), ["availability", "-40 %"]);
        assert_eq!(wrapped(" two  blanks  between "), ["two  blanks", "between"]);
        assert!(wrapped("").is_empty());
    }

    #[test]
    fn texts_are_cut_to_the_room_they_have() {
        let lines = wrap("one two three four five six seven", 20.0, false, 120.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…'), "{lines:?}");
        assert!(
            lines.iter().all(|line| text_width(line, 20.0, false) <= 120.0),
            "{lines:?}"
        );
    }

    #[test]
    fn a_text_has_a_width_and_control_characters_have_none() {
        assert!(text_width("wide", 20.0, true) > text_width("w", 20.0, true));
        assert_eq!(Text::new((0.0, 0.0), "a\u{1}b", 20.0).content, "a b");
    }
}
