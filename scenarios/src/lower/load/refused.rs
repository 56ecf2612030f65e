//! Who calls a service that refuses what exceeds its limit: a part of these calls fails at once, or comes again on top.

use sim_core::model::{ComponentId, Kind};

use super::flow::{Ask, Flow};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lower::calls;
use crate::quantity::rounded;
use crate::spec::ScenarioSpec;

/// Warns those who call an external service more often than it lets them.
pub(super) fn check(spec: &ScenarioSpec, flow: &Flow<'_>, id: ComponentId, out: &mut Diagnostics) {
    let share = flow.refused(id);
    if share <= 1e-9 {
        return;
    }
    let clients = spec.clients.iter().zip(&flow.d.clients);
    let clients = clients
        .filter(|(_, c)| c.call.target == id)
        .map(|(c, _)| (format!("clients.{}", c.name.value), &c.name.span));
    let components = (0..).map(ComponentId).zip(&spec.components);
    let components = components
        .filter(|(caller, _)| {
            let kind = &flow.d.components[caller.index()].kind;
            flow.offered(*caller) > 0.0 && calls::all_callees(flow.d, kind).contains(&id)
        })
        .map(|(_, c)| (c.path(), &c.name.span));
    let target = spec.components[id.index()].path();
    for (caller, span) in clients.chain(components) {
        let message = format!(
            "{caller} calls {target}, which refuses at least {}% of what comes to it",
            rounded(100.0 * share, 3)
        );
        out.push(
            Diagnostic::warning(span, message)
                .label("calls that are refused fail at once")
                .note("what is tried again comes on top, and is refused as often"),
        );
    }
}

impl Flow<'_> {
    /// The share of the calls of an external service that exceeds its limits; 0 for all others.
    fn refused(&self, id: ComponentId) -> f64 {
        let Kind::External(e) = &self.d.components[id.index()].kind else {
            return 0.0;
        };
        let too_many = |is_change: bool| {
            let is_such = |ask: Ask| e.changes.is_none() || (ask == Ask::Put) == is_change;
            let calls = self.calls(id).filter(|((_, ask), _)| is_such(*ask));
            let rate: f64 = calls.map(|(_, rate)| rate).sum();
            e.most(is_change).map_or(0.0, |most| (rate - most).max(0.0))
        };
        let both = if e.changes.is_some() {
            too_many(false) + too_many(true)
        } else {
            too_many(false)
        };
        both / self.offered(id).max(f64::MIN_POSITIVE)
    }
}
