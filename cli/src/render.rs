//! Diagnostics as a person reads them: the place, an excerpt with the culprit underlined, what was expected, what helps.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use reports::table::Style;
use scenarios::diagnostic::{Diagnostic, Severity};

/// More problems than this are counted and not shown: nobody reads them.
const MOST_SHOWN: usize = 50;
/// A label may stand this many lines below the first line of its culprit, and no more: a table may be long.
const MOST_LINES: usize = 4;

/// All problems, errors first, each with an empty line after it; then how many there are.
pub fn diagnostics(list: &[Diagnostic], style: Style) -> String {
    let mut text = String::new();
    let mut in_order: Vec<&Diagnostic> = list.iter().collect();
    in_order.sort_by_key(|d| std::cmp::Reverse(d.severity));
    for diagnostic in in_order.iter().take(MOST_SHOWN) {
        text.push_str(&one(diagnostic, style));
        text.push_str("\n\n");
    }
    let count = |severity| list.iter().filter(|d| d.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let parts: Vec<String> = [(errors, "error"), (warnings, "warning")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}{}", if n == 1 { "" } else { "s" }))
        .collect();
    if !parts.is_empty() {
        let shown = if list.len() > MOST_SHOWN {
            format!("; the first {MOST_SHOWN} are shown")
        } else {
            String::new()
        };
        text.push_str(&format!("{}{shown}\n", parts.join(", ")));
    }
    text
}

/// One problem. Only the lines around the culprit are given to the renderer: a file may be long.
fn one(diagnostic: &Diagnostic, style: Style) -> String {
    let source = diagnostic.primary.source();
    let (text, range) = (source.text(), diagnostic.primary.range());
    let line_start = text[..range.start].rfind('\n').map_or(0, |i| i + 1);
    let (line, _) = diagnostic.primary.line_column();
    let shown: String = text[line_start..]
        .split_inclusive('\n')
        .take(MOST_LINES)
        .collect();
    // At the end of a file, or at a line end, there is nothing to underline but the place.
    let start = (range.start - line_start).min(shown.len());
    let end = (range.end - line_start).min(shown.trim_end().len()).max(start);
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let label = (!diagnostic.label.is_empty()).then_some(diagnostic.label.as_str());
    let snippet = Snippet::source(shown.as_str())
        .path(source.name())
        .line_start(line)
        .annotation(AnnotationKind::Primary.span(start..end).label(label));
    let title = level.primary_title(diagnostic.message.as_str());
    let mut group: Group<'_> = if text.is_empty() {
        title.element(annotate_snippets::Origin::path(source.name()))
    } else {
        title.element(snippet)
    };
    if text.is_empty() && !diagnostic.label.is_empty() {
        group = group.element(Level::NOTE.message(diagnostic.label.as_str()));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    let renderer = if style.colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer
        .decor_style(DecorStyle::Ascii)
        .term_width(style.width.max(40))
        .render(&[group])
}

#[cfg(test)]
mod tests {
    use scenarios::source::{Source, Span};

    use super::*;

    const PLAIN: Style = Style {
        width: 100,
        colour: false,
    };

    #[test]
    fn the_culprit_is_underlined_on_its_own_line() {
        let source = Source::new(
            "shop.toml",
            "[run]\nduration = \"5m\"\n\n[service.api]\ninstanses = 3\n",
        );
        let at = source.text().find("instanses").expect("it is there");
        let problem = Diagnostic::error(&Span::new(&source, at, at + 9), "a service has no instanses")
            .label("unknown key")
            .help("did you mean \"instances\"?");
        let text = diagnostics(&[problem], PLAIN);
        assert!(text.contains("--> shop.toml:5:1"), "{text}");
        assert!(text.contains("5 | instanses = 3\n"), "{text}");
        assert!(text.contains("^^^^^^^^^ unknown key"), "{text}");
        assert!(text.contains("help: did you mean \"instances\"?"), "{text}");
        assert!(text.ends_with("\n1 error\n"), "{text}");
    }

    #[test]
    fn any_place_of_any_text_can_be_shown() {
        for text in [
            "",
            "\n",
            "a\r\nb",
            "é\u{1b}[31m\0",
            "\u{fffd}PNG\r\n\u{1a}\n\u{fffd}",
            &"x".repeat(100_000),
        ] {
            let source = Source::new("t", text);
            let mut spans = vec![Span::whole(&source)];
            spans.extend((0..=text.len().min(30)).map(|at| Span::new(&source, at, at)));
            spans.extend((0..=text.len().min(30)).map(|at| Span::new(&source, at, at + 1)));
            for span in spans {
                let shown = diagnostics(&[Diagnostic::error(&span, "wrong").label("here")], PLAIN);
                assert!(shown.contains("wrong") && shown.contains("here"), "{shown}");
                assert!(
                    !shown.contains('\u{1b}') && shown.len() < 5_000,
                    "{} bytes",
                    shown.len()
                );
            }
        }
    }

    #[test]
    fn many_problems_are_counted_and_few_shown() {
        let source = Source::new("t", "a");
        let list: Vec<_> = (0..120)
            .map(|i| Diagnostic::error(&Span::whole(&source), format!("problem {i}.")))
            .collect();
        let text = diagnostics(&list, PLAIN);
        assert!(text.contains("problem 49.") && !text.contains("problem 50."));
        assert!(text.ends_with("120 errors; the first 50 are shown\n"), "{text}");
    }
}
