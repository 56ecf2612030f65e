//! Marks that tie a row of a page to its source, and the list below the page that explains them.

use std::fmt::Write as _;

use crate::catalog::sources;

/// The sources of one page, in the order in which its rows named them.
#[derive(Default)]
pub(super) struct Legend {
    keys: Vec<&'static str>,
    unverified: bool,
}

impl Legend {
    /// The mark of a source: a letter, the same one for the whole page.
    pub(super) fn mark(&mut self, key: &'static str) -> String {
        let position = self
            .keys
            .iter()
            .position(|known| *known == key)
            .unwrap_or_else(|| {
                self.keys.push(key);
                self.keys.len() - 1
            });
        letter(position)
    }

    /// The mark of a source, with `?` after it if nobody saw the figure there.
    pub(super) fn mark_checked(&mut self, key: &'static str, verified: bool) -> String {
        self.mark(key) + self.doubt(verified)
    }

    /// What follows a figure that nobody saw in its source.
    pub(super) fn doubt(&mut self, verified: bool) -> &'static str {
        self.unverified |= !verified;
        if verified { "" } else { "?" }
    }

    /// The list of sources, one a line.
    pub(super) fn text(&self) -> String {
        let mut text = String::from("Sources\n");
        for (position, key) in self.keys.iter().enumerate() {
            let Some(source) = sources::lookup(key) else {
                continue;
            };
            let _ = writeln!(
                text,
                "  {:2} {} ({})",
                letter(position),
                source.title,
                source.date
            );
        }
        if self.unverified {
            text.push_str("  ?  not looked up, or not seen in the source: check before relying on it\n");
        }
        text
    }
}

/// a to z, then aa, ab and so on.
fn letter(position: usize) -> String {
    let last = char::from(b'a' + (position % 26) as u8);
    if position < 26 {
        last.to_string()
    } else {
        letter(position / 26 - 1) + &last.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_keeps_its_letter() {
        let mut legend = Legend::default();
        assert_eq!(legend.mark("napkin"), "a");
        assert_eq!(legend.mark("norvig"), "b");
        assert_eq!(legend.mark_checked("napkin", false), "a?");
        assert_eq!(legend.text().lines().count(), 4);
        assert_eq!(
            (letter(25), letter(26), letter(53)),
            ("z".into(), "aa".into(), "bb".into())
        );
    }
}
