//! Names to numbers.

use std::collections::BTreeMap;

use sim_core::model::{ComponentId, OpId};

use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean, one_of};
use crate::source::Spanned;
use crate::spec::{KindSpec, ScenarioSpec};

/// More components than this are refused.
pub(super) const MOST_COMPONENTS: usize = 2000;
/// More operations than this are refused.
const MOST_OPS: usize = 1000;

/// The operation of clients without a mix.
pub(super) const ONLY_OP: &str = "request";

/// All names of a scenario.
pub(super) struct Index<'a> {
    spec: &'a ScenarioSpec,
    components: BTreeMap<&'a str, usize>,
    /// Operations, in the order in which clients and calls name them.
    pub ops: Vec<String>,
}

impl<'a> Index<'a> {
    /// The component of this name.
    pub fn id(&self, name: &str) -> Option<ComponentId> {
        let place = *self.components.get(name)?;
        u16::try_from(place).ok().map(ComponentId)
    }

    /// Collects the names.
    pub fn new(spec: &'a ScenarioSpec, called_ops: &[&Spanned<String>], out: &mut Diagnostics) -> Self {
        let mut components = BTreeMap::new();
        for (i, component) in spec.components.iter().enumerate() {
            components.entry(component.name.value.as_str()).or_insert(i);
        }
        if let Some(first) = spec.components.get(MOST_COMPONENTS) {
            let problem = Diagnostic::error(&first.name.span, "there are too many components");
            out.push(problem.label(format!("expected at most {MOST_COMPONENTS}")));
        }
        let mut index = Self {
            spec,
            components,
            ops: Vec::new(),
        };
        for clients in &spec.clients {
            if clients.mix.is_empty() {
                index.add_op(ONLY_OP);
            }
            clients.mix.iter().for_each(|m| index.add_op(&m.0.value));
        }
        called_ops.iter().for_each(|op| index.add_op(&op.value));
        if index.ops.len() > MOST_OPS {
            let at = spec.clients.first().map(|c| &c.name.span);
            let problem = at.map(|at| Diagnostic::error(at, "there are too many operations"));
            problem
                .into_iter()
                .for_each(|p| out.push(p.label(format!("expected at most {MOST_OPS}"))));
            index.ops.truncate(MOST_OPS);
        }
        index
    }

    fn add_op(&mut self, op: &str) {
        if self.ops.len() <= MOST_OPS && !self.ops.iter().any(|o| o == op) {
            self.ops.push(op.to_owned());
        }
    }

    /// The number of an operation.
    pub fn op(&self, name: &str) -> OpId {
        let place = self.ops.iter().position(|o| o == name).unwrap_or(0);
        OpId(u16::try_from(place).unwrap_or(0))
    }

    /// The number of an operation that must be known. `what` says who names it.
    pub fn known_op(&self, op: &Spanned<String>, what: &str, out: &mut Diagnostics) -> Option<OpId> {
        if self.ops.contains(&op.value) {
            return Some(self.op(&op.value));
        }
        let names = || self.ops.iter().map(String::as_str);
        let message = format!("{what}: there is no operation \"{}\"", op.value);
        let problem = Diagnostic::error(&op.span, message).label(format!("expected {}", one_of(names())));
        out.push(problem.maybe_help(did_you_mean(&op.value, names())));
        None
    }

    /// The component of a name, if it is one of these kinds. `what` says who names it.
    pub fn component(
        &self,
        name: &Spanned<String>,
        kinds: &[&'static str],
        what: &str,
        out: &mut Diagnostics,
    ) -> Option<ComponentId> {
        let Some(place) = self.components.get(name.value.as_str()) else {
            self.unknown(name, kinds, what, out);
            return None;
        };
        let component = &self.spec.components[*place];
        let kind = component.kind_name();
        if !kinds.contains(&kind) {
            let problem = Diagnostic::error(&name.span, format!("{what} can't name {}", with_article(kind)));
            let verb = match component.kind {
                KindSpec::Cache(_) => Some("`get` and `put` are for caches and object stores"),
                KindSpec::Database(_) => Some("`read` and `write` are for databases"),
                KindSpec::External(ref e) if e.store.is_some() => {
                    Some("`get` and `put` are for caches and object stores")
                }
                _ => Some("`call` is for services, balancers, CDNs and external services"),
            };
            let label = format!(
                "expected {}, {} is {}",
                any_of(kinds),
                name.value,
                with_article(kind)
            );
            out.push(
                problem
                    .label(label)
                    .maybe_help(verb.filter(|_| what.contains(".on.")).map(str::to_owned)),
            );
            return None;
        }
        u16::try_from(*place).ok().map(ComponentId)
    }

    fn unknown(&self, name: &Spanned<String>, kinds: &[&'static str], what: &str, out: &mut Diagnostics) {
        if self.spec.unsupported.contains(&name.value) {
            return;
        }
        let fitting = || {
            let of_kind = self
                .spec
                .components
                .iter()
                .filter(|c| kinds.contains(&c.kind_name()));
            of_kind.map(|c| c.name.value.as_str())
        };
        let problem = if self.spec.clients.iter().any(|c| c.name.value == name.value) {
            Diagnostic::error(&name.span, format!("{what} can't name clients"))
        } else {
            Diagnostic::error(&name.span, format!("there is no component \"{}\"", name.value))
        };
        let label = match fitting().next() {
            Some(_) => format!("expected {}", one_of(fitting())),
            None => format!("expected {}, but there is none", any_of(kinds)),
        };
        let all = self.spec.components.iter().map(|c| c.name.value.as_str());
        let hint = did_you_mean(&name.value, fitting()).or_else(|| did_you_mean(&name.value, all));
        out.push(problem.label(label).maybe_help(hint));
    }
}

/// A kind of component, as one of them is called.
fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['e', 'o']) { "an" } else { "a" };
    format!("{article} {kind}")
}

/// "a service or an external".
fn any_of(kinds: &[&str]) -> String {
    let each: Vec<String> = kinds.iter().map(|k| with_article(k)).collect();
    each.join(" or ")
}
