//! What stands behind a balancer: from names and routes to numbers, and routes that leave calls over, or get none.

use std::collections::BTreeSet;

use sim_core::model::{ComponentId, Description, Kind, OpId, Route};

use super::calls;
use super::components::Lowering;
use crate::diagnostic::{Diagnostic, Diagnostics, one_of};
use crate::source::Spanned;
use crate::spec::balancer::BalancerSpec;
use crate::spec::{KindSpec, ScenarioSpec};

impl Lowering<'_, '_> {
    /// The components behind a balancer, each once, and the routes to them.
    pub(super) fn behind(&mut self, b: &BalancerSpec, path: &str) -> Option<(Vec<ComponentId>, Vec<Route>)> {
        if let Some(name) = &b.forward {
            return Some((vec![self.target(name, &format!("{path}: forward"))?], Vec::new()));
        }
        let (mut forward, mut routes) = (Vec::new(), Vec::new());
        // Without any, or with one that can't be, nothing is known of what stands behind.
        let mut is_whole = !b.routes.is_empty();
        for route in &b.routes {
            let op = route.op.as_ref().map(|op| {
                let known = self.index.known_op(op, &format!("{path}: routes"), self.out);
                is_whole &= known.is_some();
                known.unwrap_or(OpId(0))
            });
            let Some(id) = self.target(&route.to, &format!("{path}: routes")) else {
                is_whole = false;
                continue;
            };
            let place = forward.iter().position(|f| *f == id).unwrap_or_else(|| {
                forward.push(id);
                forward.len() - 1
            });
            routes.push(Route {
                op,
                part: route.part,
                to: place as u16,
            });
        }
        is_whole.then_some((forward, routes))
    }

    /// A component that a balancer can choose instances of.
    fn target(&mut self, name: &Spanned<String>, what: &str) -> Option<ComponentId> {
        let kinds = ["service", "balancer"];
        let id = self.index.component(name, &kinds, what, self.out)?;
        if matches!(self.spec.components[id.index()].kind, KindSpec::Dns(_)) {
            let problem = Diagnostic::error(&name.span, format!("{what} can't be a name"));
            self.out
                .push(problem.label("expected a service or a balancer with instances"));
            return None;
        }
        Some(id)
    }
}

/// Reports calls that come to a balancer and that no route takes, and routes to which no call comes.
pub(super) fn gaps(spec: &ScenarioSpec, d: &Description, ops: &[String], out: &mut Diagnostics) {
    let reached: BTreeSet<(ComponentId, OpId)> =
        (0..d.clients.len()).flat_map(|i| calls::reached(d, i)).collect();
    for (number, (component, of)) in spec.components.iter().zip(&d.components).enumerate() {
        let (KindSpec::Balancer(written), Kind::Balancer(b)) = (&component.kind, &of.kind) else {
            continue;
        };
        let Some(at) = written.routes_span.as_ref().filter(|_| !b.routes.is_empty()) else {
            continue;
        };
        let here = reached.iter().filter(|r| r.0.index() == number);
        let come: Vec<OpId> = here.map(|r| r.1).collect();
        let path = component.path();
        let left: Vec<&str> = come
            .iter()
            .filter(|op| !b.routes.iter().any(|r| r.takes_all(**op)))
            .map(|op| ops[op.index()].as_str())
            .collect();
        if !left.is_empty() {
            let calls = one_of(left.iter().copied());
            let problem = Diagnostic::error(at, format!("{path}: no route takes all calls of {calls}"));
            let help = "end the list with a route without conditions, such as { to = \"api\" }";
            out.push(problem.label("a call would have no way to go").help(help));
        }
        for (i, route) in b.routes.iter().enumerate() {
            let comes = |op: &OpId| route.may_take(*op) && !b.routes[..i].iter().any(|r| r.takes_all(*op));
            if !come.is_empty() && !come.iter().any(comes) {
                let message = format!("{path}: no call comes to this route");
                let problem = Diagnostic::warning(&written.routes[i].span, message);
                out.push(problem.label("those before it take all there are"));
            }
        }
    }
}
