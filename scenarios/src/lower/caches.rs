//! Caches: from what was written to what the engine runs, and what foresight could get out of recorded keys.

use sim_core::model::{Access, Cache, Call, Description, Keys, Kind, Storage};
use sim_core::theory::cache::clairvoyant_hits;

use super::calls;
use super::components::Lowering;
use super::cost::Machine;
use crate::spec::ScenarioSpec;
use crate::spec::cache::CacheSpec;

/// Longer lists of keys aren't looked through for what foresight would find.
const LONGEST_LIST: usize = 2_000_000;

impl Lowering<'_, '_> {
    pub(super) fn cache(&mut self, s: &CacheSpec, path: &str, machine: Option<&Machine>) -> Option<Cache> {
        let instance = self.instance_of(path.trim_start_matches("cache."));
        let station = self.station(&s.station, path, machine, instance.as_deref());
        let instances = self.instances(s.instances.as_ref().map(|i| i.value), path);
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
            let kinds = ["database", "service", "balancer", "cache"];
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
            ttl: s.ttl,
            ttl_jitter: s.ttl_jitter,
            strategy: s.strategy,
            origin,
            coalesce: s.coalesce,
        })
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
