//! Caches: from what was written to what the engine runs, and what foresight could get out of recorded keys.

use sim_core::model::{Access, Cache, Call, ComponentId, Description, Keys, Kind, OpId, Storage};
use sim_core::theory::cache::clairvoyant_hits;

use super::calls;
use super::components::Lowering;
use super::cost::Machine;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::spec::cache::CacheSpec;
use crate::spec::{KindSpec, ScenarioSpec};

/// Longer lists of keys aren't looked through for what foresight would find.
const LONGEST_LIST: usize = 2_000_000;

impl Lowering<'_, '_> {
    pub(super) fn cache(&mut self, s: &CacheSpec, path: &str, machine: Option<&Machine>) -> Option<Cache> {
        let instance = self.instance_of(path.trim_start_matches("cache."));
        let station = self.station(&s.station, path, machine, instance.as_deref());
        let instances = self.instances(s.instances.as_ref().map(|i| i.value), path);
        let host = self.host(s, path)?;
        let instances = host.map_or(instances, |h| h.1);
        let service_time = self.demand(s.service_time.as_ref());
        if s.service_time.is_none() {
            self.assume(path, "a look-up takes no time");
        }
        let storage = match (s.hit_ratio, &s.capacity) {
            (Some(ratio), _) => Storage::HitRatio(ratio),
            (None, capacity) => {
                let unit = if s.sizes.is_some() { "bytes" } else { "items" };
                match capacity {
                    Some(most) if instances > 1 => {
                        self.assume(
                            path,
                            &format!(
                                "capacity = {} {unit} on each of its {instances} nodes",
                                most.value
                            ),
                        );
                    }
                    Some(_) => {}
                    None => self.assume(path, "capacity: unlimited"),
                }
                Storage::Keys {
                    eviction: s.eviction,
                    capacity: capacity.as_ref().map(|c| c.value),
                    sizes: s.sizes.clone(),
                }
            }
        };
        let mut origin = None;
        if let Some(name) = &s.origin {
            let kinds = [
                "database",
                "service",
                "balancer",
                "cache",
                "object-store",
                "external",
            ];
            let target = self
                .index
                .component(name, &kinds, &format!("{path}: origin"), self.out)?;
            origin = Some(Call {
                target,
                access: Access::Same,
                timeout: None,
                retry: None,
            });
        } else {
            self.assume(path, "no origin: a miss is an answer");
        }
        Some(Cache {
            instances,
            station,
            service_time: service_time?,
            storage,
            freshness: s.freshness,
            strategy: s.strategy,
            origin,
            coalesce: s.coalesce,
            nodes: s.nodes,
            inside: host.map(|h| h.0),
        })
    }

    /// The service that a cache is in, with its instances. None if it isn't there, which was reported.
    fn host(&mut self, s: &CacheSpec, path: &str) -> Option<Option<(ComponentId, u32)>> {
        let Some(name) = &s.inside else {
            return Some(None);
        };
        let id = self
            .index
            .component(name, &["service"], &format!("{path}: inside"), self.out)?;
        if let Some(said) = &s.instances {
            let problem = Diagnostic::error(&said.span, format!("{path}: instances has no effect here"));
            self.out
                .push(problem.label(format!("there is one in every instance of {}", name.value)));
            return None;
        }
        let instances = match &self.spec.components[id.index()].kind {
            KindSpec::Service(host) => host.instances.as_ref().map_or(1, |i| i.value),
            _ => 1,
        };
        Some(Some((id, instances)))
    }
}

/// Reports calls to a cache inside a service from elsewhere: there it can't be reached.
pub(super) fn insiders(spec: &ScenarioSpec, d: &Description, out: &mut Diagnostics) {
    for (at, component) in d.components.iter().enumerate() {
        let Kind::Cache(Cache {
            inside: Some(host), ..
        }) = &component.kind
        else {
            continue;
        };
        let is_it = |c: ComponentId| c.index() == at;
        let mut callers: Vec<String> = Vec::new();
        for (i, clients) in d.clients.iter().enumerate() {
            if is_it(clients.call.target) {
                callers.push(format!("clients.{}", spec.clients[i].name.value));
            }
        }
        for (i, other) in d.components.iter().enumerate() {
            let calls_it = (0..d.operations_that_write.len())
                .filter_map(|op| u16::try_from(op).ok())
                .any(|op| {
                    calls::callees(d, &other.kind, OpId(op))
                        .iter()
                        .any(|c| is_it(c.0))
                });
            if calls_it && i != host.index() {
                callers.push(spec.components[i].path());
            }
        }
        let path = spec.components[at].path();
        for caller in callers {
            let host = spec.components[host.index()].path();
            let span = &spec.components[at].name.span;
            let problem = Diagnostic::error(
                span,
                format!("{caller} can't reach {path}, which is inside {host}"),
            );
            out.push(problem.label("only the steps of the service that it is in can use it"));
        }
    }
}

/// For every cache of one node that recorded keys reach: what no rule of eviction can beat.
pub(super) fn foresight(spec: &ScenarioSpec, d: &Description, assumptions: &mut Vec<String>) {
    for (i, clients) in d.clients.iter().enumerate() {
        let Some(Keys::Recorded(keys)) = clients.keys.map(|k| &d.key_spaces[k].keys) else {
            continue;
        };
        if keys.len() > LONGEST_LIST || keys.is_empty() {
            continue;
        }
        for (reached, _) in calls::reached(d, i) {
            let at = reached.index();
            if let Kind::Cache(Cache {
                instances: 1,
                storage:
                    Storage::Keys {
                        capacity: Some(capacity),
                        sizes: None,
                        ..
                    },
                ..
            }) = &d.components[at].kind
            {
                let hits = clairvoyant_hits(keys, *capacity);
                let share = 100.0 * hits as f64 / keys.len() as f64;
                assumptions.push(format!(
                    "{}: with foresight (Belady) {hits} of the {} recorded keys of clients.{} would be hits, {share:.1}%, if every \
                     request looked up its key once; no policy finds more",
                    spec.components[at].path(),
                    keys.len(),
                    spec.clients[i].name.value,
                ));
            }
        }
    }
}
