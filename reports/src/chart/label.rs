//! Finds a place for a label beside its point where it covers no other text and as little of the curves as can be.

use super::picture::{Place, Rectangle, Text};

/// What labels should stay clear of.
pub struct Labels {
    inside: Rectangle,
    texts: Vec<Rectangle>,
    curves: Vec<Place>,
}

impl Labels {
    /// Labels inside a rectangle.
    pub fn new(inside: Rectangle) -> Self {
        Self {
            inside,
            texts: Vec::new(),
            curves: Vec::new(),
        }
    }

    /// Notes a path that labels should not cover.
    pub fn avoid(&mut self, path: &[Place]) {
        for pair in path.windows(2) {
            let length = (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1);
            let steps = (length / 6.0).ceil().clamp(1.0, 500.0) as u32;
            for step in 0..=steps {
                let share = f64::from(step) / f64::from(steps);
                let x = pair[0].0 + (pair[1].0 - pair[0].0) * share;
                self.curves.push((x, pair[0].1 + (pair[1].1 - pair[0].1) * share));
            }
        }
        self.curves.extend(path.iter().copied().take(1));
    }

    /// The text at the best of these places; none when every place covers a text, leaves the rectangle, or covers more
    /// than `tolerated` steps of curves.
    pub fn place(&mut self, text: &Text, places: &[Place], tolerated: usize) -> Option<Text> {
        let candidates = places.iter().map(|at| Text {
            at: *at,
            ..text.clone()
        });
        let free = candidates.filter_map(|text| {
            let bounds = text.bounds();
            let roomy = Rectangle {
                left: bounds.left - 6.0,
                top: bounds.top - 5.0,
                right: bounds.right + 6.0,
                bottom: bounds.bottom + 5.0,
            };
            let inside = self.inside.holds((bounds.left, bounds.top))
                && self.inside.holds((bounds.right, bounds.bottom));
            if !inside || self.texts.iter().any(|other| other.overlaps(&roomy)) {
                return None;
            }
            let covered = self.curves.iter().filter(|point| roomy.holds(**point)).count();
            (covered <= tolerated).then_some((covered, text))
        });
        // The first of equals: places are given in the order of preference.
        let (_, best) = free.reduce(|best, next| if next.0 < best.0 { next } else { best })?;
        self.texts.push(best.bounds());
        Some(best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_avoids_curves_then_texts_then_gives_up() {
        let inside = Rectangle {
            left: 0.0,
            top: 0.0,
            right: 200.0,
            bottom: 100.0,
        };
        let mut labels = Labels::new(inside);
        labels.avoid(&[(0.0, 20.0), (200.0, 20.0)]);
        let text = Text::new((0.0, 0.0), "knee", 20.0);
        let places = [(10.0, 20.0), (10.0, 70.0)];
        assert_eq!(
            labels.place(&text, &places, 100).map(|t| t.at),
            Some((10.0, 70.0))
        );
        assert!(labels.place(&text, &places, 5).is_none());
        assert_eq!(
            labels.place(&text, &places, 100).map(|t| t.at),
            Some((10.0, 20.0))
        );
        assert!(labels.place(&text, &places, 100).is_none());
    }
}
