//! Problems as data: what is wrong, where, what was expected, what helps. The command line draws them.

use crate::source::Span;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The scenario runs, but perhaps not as meant.
    Warning,
    /// The scenario can't run.
    Error,
}

/// One problem with a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// The culprit.
    pub primary: Span,
    /// What was expected there; may be empty.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Further facts, each a sentence.
    pub notes: Vec<String>,
}

impl Diagnostic {
    /// An error at a place.
    #[must_use]
    pub fn error(at: &Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            primary: at.clone(),
            label: String::new(),
            help: None,
            notes: Vec::new(),
        }
    }

    /// A warning at a place.
    #[must_use]
    pub fn warning(at: &Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(at, message)
        }
    }

    /// Says what was expected at the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds help if there is any.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = self.help.or(help);
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The problem as plain text: `file:line:column: error: message`, then the line with the culprit underlined.
    #[must_use]
    pub fn plain(&self) -> String {
        let (line, column) = self.primary.line_column();
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let text = self.primary.source().text();
        let excerpt = text
            .split('\n')
            .nth(line - 1)
            .unwrap_or("")
            .trim_end_matches('\r');
        let width = self
            .primary
            .text()
            .split('\n')
            .next()
            .unwrap_or("")
            .trim_end_matches('\r')
            .chars()
            .count();
        let mut out = format!(
            "{}:{line}:{column}: {severity}: {}\n  | {excerpt}\n  | {}{} {}",
            self.primary.source().name(),
            self.message,
            " ".repeat(column - 1),
            "^".repeat(width.max(1)),
            self.label
        );
        out.truncate(out.trim_end().len());
        for (word, text) in self
            .help
            .iter()
            .map(|h| ("help", h))
            .chain(self.notes.iter().map(|n| ("note", n)))
        {
            out.push_str(&format!("\n  = {word}: {text}"));
        }
        out.push('\n');
        out
    }
}

/// More problems than this are not collected: nobody reads them, and hostile input could make millions.
const MOST: usize = 200;

/// The problems found so far.
#[derive(Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    errors: usize,
    forgiving: bool,
}

impl Diagnostics {
    /// Adds a problem, once: the same words at the same place are not repeated.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.errors += usize::from(diagnostic.severity == Severity::Error);
        if self.list.len() < MOST && !self.list.contains(&diagnostic) {
            self.list.push(diagnostic);
        }
    }

    /// From now on nothing is missing: where a file could be read in part, what is not there may have been in the rest.
    pub fn forgive_missing(&mut self) {
        self.forgiving = true;
    }

    /// Adds the problem of something that is missing.
    pub fn push_missing(&mut self, diagnostic: Diagnostic) {
        if !self.forgiving {
            self.push(diagnostic);
        }
    }

    /// How many errors there were, those included that were not kept.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// The problems of one severity.
    pub fn of(&self, severity: Severity) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter().filter(move |d| d.severity == severity)
    }

    /// The problems, errors first, else in the order they were found.
    #[must_use]
    pub fn into_list(mut self) -> Vec<Diagnostic> {
        self.list.sort_by_key(|d| std::cmp::Reverse(d.severity));
        self.list
    }
}

/// `did you mean "x"?` for the nearest of the candidates, if one is near.
pub fn did_you_mean<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(written, candidates).map(|c| format!("did you mean \"{c}\"?"))
}

/// The candidate that is nearest to what was written, if it is near enough to have been meant.
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Distance costs length times length, and nobody misspells a name of a hundred letters.
    if written.len() > 100 {
        return None;
    }
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        let mut score = strsim::jaro_winkler(&written.to_lowercase(), &candidate.to_lowercase());
        if candidate.len() >= 3 && strsim::osa_distance(written, candidate) <= 1 {
            score = score.max(0.95);
        }
        if score >= 0.8 && best.is_none_or(|b| score > b.0) {
            best = Some((score, candidate));
        }
    }
    best.map(|b| b.1)
}

/// `"a", "b" or "c"`, for a list of what is possible; long lists are cut.
pub fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let shown: Vec<String> = names.iter().take(24).map(|n| format!("\"{n}\"")).collect();
    match shown.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) if names.len() == shown.len() => format!("{} or {last}", rest.join(", ")),
        Some(_) => format!("{} or {} more", shown.join(", "), names.len() - shown.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested_and_a_far_one_is_not() {
        assert_eq!(
            nearest("instanses", ["instance", "instances", "queue"]),
            Some("instances")
        );
        assert_eq!(nearest("aip", ["api", "edge"]), Some("api"));
        assert_eq!(nearest("zebra", ["api", "edge"]), None);
    }

    #[test]
    fn lists_read_like_sentences() {
        assert_eq!(one_of(["a"]), "\"a\"");
        assert_eq!(one_of(["a", "b", "c"]), "\"a\", \"b\" or \"c\"");
    }
}
