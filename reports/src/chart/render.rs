//! A picture as SVG or PNG bytes, through plotters' backends, with no font of the system.
//!
//! SVG names the generic family `sans-serif`. PNG is drawn at twice its size and averaged, which smooths every edge; its
//! letters are those of DejaVu Sans, embedded as a subset of Latin and Greek (`font/LICENSE` stands beside it).

use std::sync::Once;

use plotters::prelude::{
    BitMapBackend, Circle, DrawingArea, DrawingBackend, IntoDrawingArea, PathElement, Polygon, RGBAColor,
    RGBColor, SVGBackend,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, ShapeStyle, TextStyle, register_font};

use super::picture::{Anchor, Colour, Picture, Place, Shape, Text};

static REGULAR: &[u8] = include_bytes!("font/DejaVuSans-latin.ttf");
static BOLD: &[u8] = include_bytes!("font/DejaVuSans-Bold-latin.ttf");

/// Makes the embedded fonts known to plotters, once.
pub fn register_fonts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for (style, bytes) in [(FontStyle::Normal, REGULAR), (FontStyle::Bold, BOLD)] {
            // An embedded font that can't be read leaves texts without letters; a test holds that it can be.
            let _ = register_font("sans-serif", style, bytes);
        }
    });
}

/// The picture as an SVG document; the same picture gives the same bytes.
pub fn svg(picture: &Picture) -> String {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (picture.width, picture.height)).into_drawing_area();
        draw(&area, picture, 1, 0.0);
    }
    text
}

/// The picture as a PNG file; the same picture gives the same bytes.
pub fn png(picture: &Picture) -> Vec<u8> {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let mut fine = vec![0; width * 2 * height * 2 * 3];
    {
        let size = (picture.width * 2, picture.height * 2);
        let area = BitMapBackend::with_buffer(&mut fine, size).into_drawing_area();
        // plotters sets the letters of bitmaps a tenth of their size higher than those of SVG.
        draw(&area, picture, 2, 0.1);
    }
    encode(picture.width, picture.height, &halve(&fine, width, height))
}

/// The mean of each two by two pixels.
fn halve(fine: &[u8], width: usize, height: usize) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(width * height * 3);
    let at = |x: usize, y: usize, channel: usize| u16::from(fine[(y * width * 2 + x) * 3 + channel]);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let (x, y) = (x * 2, y * 2);
                let sum = at(x, y, channel)
                    + at(x + 1, y, channel)
                    + at(x, y + 1, channel)
                    + at(x + 1, y + 1, channel);
                pixels.push(((sum + 2) / 4) as u8);
            }
        }
    }
    pixels
}

fn encode(width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let written = encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(pixels));
    debug_assert!(written.is_ok(), "writing to memory does not fail: {written:?}");
    bytes
}

/// Draws into memory, where nothing fails but a text without a font, which then is missing.
fn draw<B: DrawingBackend>(
    area: &DrawingArea<B, plotters::coord::Shift>,
    picture: &Picture,
    scale: u32,
    drop: f64,
) {
    register_fonts();
    let _ = area.fill(&rgba(Colour::PAPER, 1.0));
    let pixel = |(x, y): Place| {
        (
            (x * f64::from(scale)).round() as i32,
            (y * f64::from(scale)).round() as i32,
        )
    };
    for shape in &picture.shapes {
        let _ = match shape {
            Shape::Stroke {
                path,
                colour,
                width,
                opacity,
            } => {
                let style = ShapeStyle::from(rgba(*colour, *opacity)).stroke_width(width * scale);
                area.draw(&PathElement::new(
                    path.iter().copied().map(pixel).collect::<Vec<_>>(),
                    style,
                ))
            }
            Shape::Area {
                path,
                colour,
                opacity,
            } => area.draw(&Polygon::new(
                path.iter().copied().map(pixel).collect::<Vec<_>>(),
                rgba(*colour, *opacity).filled(),
            )),
            Shape::Disc {
                centre,
                radius,
                colour,
            } => area.draw(&Circle::new(
                pixel(*centre),
                (radius * scale) as i32,
                rgba(*colour, 1.0).filled(),
            )),
            Shape::Ring {
                centre,
                radius,
                colour,
                width,
            } => {
                let style = ShapeStyle::from(rgba(*colour, 1.0)).stroke_width(width * scale);
                area.draw(&Circle::new(pixel(*centre), (radius * scale) as i32, style))
            }
            Shape::Text(text) => {
                let lowered = (text.at.0, text.at.1 + drop * text.size);
                area.draw_text(&text.content, &style(text, scale), pixel(lowered))
            }
        };
    }
    let _ = area.present();
}

fn rgba(Colour(red, green, blue): Colour, opacity: f64) -> RGBAColor {
    RGBColor(red, green, blue).mix(opacity)
}

fn style(text: &Text, scale: u32) -> TextStyle<'static> {
    let weight = if text.bold {
        FontStyle::Bold
    } else {
        FontStyle::Normal
    };
    let horizontal = match text.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    TextStyle {
        font: FontDesc::new(FontFamily::SansSerif, text.size * f64::from(scale), weight),
        color: rgba(text.colour, 1.0).to_backend_color(),
        pos: Pos::new(horizontal, VPos::Center),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn picture() -> Picture {
        let mut picture = Picture::new(80, 40);
        picture.text(Text::new((4.0, 20.0), "99.9% <≤ 1 µs>", 16.0).bold());
        picture.area(
            vec![(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)],
            Colour(200, 0, 0),
            0.5,
        );
        picture.disc((60.0, 20.0), 4, Colour::INK);
        picture
    }

    #[test]
    fn svg_escapes_and_repeats() {
        let text = svg(&picture());
        assert!(text.contains("99.9% &lt;≤ 1 µs&gt;"), "{text}");
        assert_eq!(text, svg(&picture()));
    }

    #[test]
    fn png_has_its_size_and_letters() {
        let bytes = png(&picture());
        let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        reader.next_frame(&mut pixels).expect("a frame");
        assert_eq!((reader.info().width, reader.info().height), (80, 40));
        // The text's rectangle holds dark pixels, so the embedded font was found.
        let dark = (14..26)
            .flat_map(|y| (4..50).map(move |x| (y * 80 + x) * 3))
            .filter(|at| pixels[*at] < 100)
            .count();
        assert!(dark > 20, "{dark} dark pixels");
    }
}
