//! A scenario file that was read: it makes points, and scenarios of points.

use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean, one_of};
use crate::lower;
use crate::overrides::{self, Override};
use crate::scenario::Scenario;
use crate::source::{Source, Span};
use crate::spec;
use crate::sweep::{self, Axis, MOST_POINTS};
use crate::traces::Files;
use crate::tree::{self, Node, Value};

/// Files larger than this are refused: 4 MiB.
const MOST_BYTES: usize = 4 << 20;

/// A scenario file.
pub struct Document<'f> {
    root: Node,
    top: Span,
    files: &'f dyn Files,
}

/// Which points are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice<'a> {
    /// Which of the scenario's variants; all that it has, or the scenario as it is if it has none, unless said.
    pub variants: Variants<'a>,
    /// Whether the scenario's own `[sweep]` counts.
    pub sweep: bool,
    /// The words of each `--vary`: `path=values`.
    pub vary: &'a [String],
    /// The words of each `--set`: `path=value`.
    pub set: &'a [String],
}

/// Which of the scenario's variants.
#[derive(Clone, Copy, Debug, Default)]
pub enum Variants<'a> {
    /// All of them; the scenario as it is, if it has none.
    #[default]
    All,
    /// None: the scenario as it is.
    Base,
    /// Those with these names, in this order.
    Named(&'a [String]),
}

/// Points with the axes that they lie on.
#[derive(Clone, Debug, Default)]
pub struct Points {
    /// The paths that vary, with the unit of their numbers (`s`, `1/s`; empty for counts), if they are numbers.
    pub axes: Vec<(String, Option<String>)>,
    /// Variants outermost, the last axis fastest.
    pub list: Vec<Point>,
}

/// One combination of a variant and the values of a sweep.
#[derive(Clone, Debug, Default)]
pub struct Point {
    /// The variant's name, if it is one.
    pub variant: Option<String>,
    /// What the axes set, path and value as they were written.
    pub set: Vec<(String, String)>,
    /// For every axis the value as a number in the axis's unit, where it is one.
    pub at: Vec<Option<f64>>,
    changes: Vec<Override>,
}

impl<'f> Document<'f> {
    /// Reads a scenario file: JSON if its name ends in `.json`, TOML otherwise. `files` gives the files that it names.
    ///
    /// All problems are in the list. There is a document as long as anything could be read at all; whether it can be
    /// simulated, [`Document::scenario`] says.
    pub fn parse(name: &str, bytes: &[u8], files: &'f dyn Files) -> (Option<Self>, Vec<Diagnostic>) {
        let mut out = Diagnostics::default();
        let source = Source::new(name, String::from_utf8_lossy(bytes));
        let top = Span::new(&source, 0, 0);
        if bytes.len() > MOST_BYTES {
            let problem = Diagnostic::error(&top, "this file is too large for a scenario");
            return (None, vec![problem.label("expected at most 4 MiB")]);
        }
        if let Err(error) = std::str::from_utf8(bytes) {
            let at = Span::new(&source, error.valid_up_to(), error.valid_up_to() + 1);
            return (
                None,
                vec![Diagnostic::error(&at, "this is not text").label("expected UTF-8")],
            );
        }
        let json = name.to_ascii_lowercase().ends_with(".json");
        let root = if json {
            tree::parse_json(&source, &mut out)
        } else {
            tree::parse_toml(&source, &mut out)
        };
        let document = Self { root, top, files };
        if out.errors() > 0 {
            // What could be read in spite of the mistakes is looked at as well, except that nothing is missing there.
            out.forgive_missing();
            spec::read(&document.root, &mut out);
            return (None, out.into_list());
        }
        (Some(document), out.into_list())
    }

    /// The names of the variants, in the order of the file.
    #[must_use]
    pub fn variants(&self) -> Vec<&str> {
        self.section("variant").iter().map(|e| e.key.as_str()).collect()
    }

    fn section(&self, key: &str) -> &[tree::Entry] {
        self.root.get(key).map_or(&[], Node::entries)
    }

    /// The points that are wanted: variants outermost, then the axes in the order of the file, those of `--vary` that
    /// are new at the end. What `--set` sets does not vary. None if anything is wrong.
    #[must_use]
    pub fn points(&self, choice: &Choice<'_>) -> (Option<Points>, Vec<Diagnostic>) {
        let mut out = Diagnostics::default();
        let mut set = Vec::new();
        for words in choice.set {
            match overrides::of_argument(words) {
                Ok(change) => set.push(change),
                Err(problem) => out.push(problem),
            }
        }
        let axes = self.axes(choice, &set, &mut out);
        let variants = self.chosen(choice.variants, &mut out);
        let count = axes
            .iter()
            .try_fold(variants.len(), |n, a| n.checked_mul(a.changes.len()));
        if count.is_none_or(|n| n > MOST_POINTS) {
            let at = axes.last().map_or(&self.top, |a| &a.span);
            let problem = Diagnostic::error(at, "there are too many points");
            out.push(problem.label(format!("expected at most {MOST_POINTS} in all")));
        }
        self.try_changes(&variants, &set, &axes, &mut out);
        if out.errors() > 0 {
            return (None, out.into_list());
        }
        let numbers: Vec<_> = axes.iter().map(Axis::numbers).collect();
        let mut list = Vec::new();
        for (variant, changes) in &variants {
            let mut place = vec![0; axes.len()];
            loop {
                let chosen = || axes.iter().zip(&place).map(|(a, i)| &a.changes[*i]);
                list.push(Point {
                    variant: variant.clone(),
                    set: chosen().map(|c| (c.path.clone(), c.value.display())).collect(),
                    at: numbers.iter().zip(&place).map(|(n, i)| n.0[*i]).collect(),
                    changes: changes.iter().chain(&set).chain(chosen()).cloned().collect(),
                });
                // Counts up like an odometer: the last axis turns fastest.
                let turn = (0..axes.len())
                    .rev()
                    .find(|i| place[*i] + 1 < axes[*i].changes.len());
                let Some(turn) = turn else { break };
                place[turn] += 1;
                place[turn + 1..].fill(0);
            }
        }
        let axes = axes
            .iter()
            .zip(&numbers)
            .map(|(a, n)| (a.path.clone(), n.1.map(str::to_owned)))
            .collect();
        (Some(Points { axes, list }), out.into_list())
    }

    fn axes(&self, choice: &Choice<'_>, set: &[Override], out: &mut Diagnostics) -> Vec<Axis> {
        let mut axes = Vec::new();
        if let Some(node) = self.root.get("sweep").filter(|_| choice.sweep) {
            if !matches!(node.value, Value::Table(_)) {
                out.push(
                    Diagnostic::error(&node.span, format!("sweep is {}", node.kind()))
                        .label("expected a table"),
                );
            }
            axes = sweep::of_table(node, out);
        }
        for words in choice.vary {
            let Some(axis) = sweep::of_argument(words, out) else {
                continue;
            };
            match axes
                .iter_mut()
                .find(|a| a.changes[0].same_place(&axis.changes[0]))
            {
                Some(known) => *known = axis,
                None => axes.push(axis),
            }
        }
        axes.retain(|a| !set.iter().any(|s| s.same_place(&a.changes[0])));
        axes
    }

    /// The variants that are wanted, each with its changes.
    fn chosen(&self, variants: Variants<'_>, out: &mut Diagnostics) -> Vec<(Option<String>, Vec<Override>)> {
        let all = self.section("variant");
        match variants {
            Variants::All if !all.is_empty() => all.iter().map(|e| variant(e, out)).collect(),
            Variants::All | Variants::Base => vec![(None, Vec::new())],
            Variants::Named(names) => {
                let mut chosen = Vec::new();
                for name in names {
                    match all.iter().find(|e| e.key == *name) {
                        Some(entry) => chosen.push(variant(entry, out)),
                        None => {
                            let known = || all.iter().map(|e| e.key.as_str());
                            let at = Span::whole(&Source::new("--variant", name.as_str()));
                            let problem = Diagnostic::error(&at, format!("there is no variant \"{name}\""));
                            let label = match all {
                                [] => "this scenario has no variants".to_owned(),
                                _ => format!("expected {}", one_of(known())),
                            };
                            out.push(problem.label(label).maybe_help(did_you_mean(name, known())));
                        }
                    }
                }
                chosen
            }
        }
    }

    /// Tries every change once, so that a path that leads nowhere is reported once and not for every point.
    fn try_changes(
        &self,
        variants: &[(Option<String>, Vec<Override>)],
        set: &[Override],
        axes: &[Axis],
        out: &mut Diagnostics,
    ) {
        for (_, changes) in variants {
            let mut root = self.root.clone();
            let first_values = axes.iter().map(|a| &a.changes[0]);
            changes
                .iter()
                .chain(set)
                .chain(first_values)
                .for_each(|c| overrides::apply(&mut root, c, out));
        }
    }

    /// What stands at a path once a point's changes are made, as it is written; none if there is no single value.
    #[must_use]
    pub fn text_at(&self, point: &Point, path: &str) -> Option<String> {
        let parts = overrides::of_argument(&format!("{path}=0")).ok()?.parts;
        let mut root = self.root.clone();
        let mut out = Diagnostics::default();
        point
            .changes
            .iter()
            .for_each(|c| overrides::apply(&mut root, c, &mut out));
        let mut node = &root;
        for (part, _) in &parts {
            node = match &node.value {
                Value::Array(items) => items.get(part.parse::<usize>().ok()?)?,
                _ => node.get(part)?,
            };
        }
        (!matches!(node.value, Value::Table(_) | Value::Array(_))).then(|| node.display())
    }

    /// The scenario at a point. None if anything is wrong with it; the list has all of it, warnings too.
    #[must_use]
    pub fn scenario(&self, point: &Point) -> (Option<Scenario>, Vec<Diagnostic>) {
        let mut out = Diagnostics::default();
        let mut root = self.root.clone();
        point
            .changes
            .iter()
            .for_each(|c| overrides::apply(&mut root, c, &mut out));
        let spec = spec::read(&root, &mut out);
        let scenario = lower::lower(&spec, &self.top, self.files, &mut out);
        (scenario, out.into_list())
    }
}

/// The changes of a variant.
fn variant(entry: &tree::Entry, out: &mut Diagnostics) -> (Option<String>, Vec<Override>) {
    if !matches!(entry.node.value, Value::Table(_)) {
        let problem = Diagnostic::error(
            &entry.node.span,
            format!("variant.{} is {}", entry.key, entry.node.kind()),
        );
        out.push(problem.label("expected a table of paths and values"));
    }
    (Some(entry.key.clone()), overrides::of_table(&entry.node, out))
}
