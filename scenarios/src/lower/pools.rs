//! Connection pools: a component of its own for each, whose workers are the connections, and who holds how many of them at once.
//!
//! What is done with a connection is a plan of the pool: a call of the component, or all of a step `with`. Calls inside `with` use
//! its connection; branches of a parallel step inside it take their own, as threads do.

use std::collections::BTreeMap;

use sim_core::model::{Access, Call, Component, ComponentId, Kind, Plan, Service, Station, Step};
use sim_core::random::{Law, StreamName};

use super::components::Lowering;
use super::disk::Disk;
use crate::diagnostic::Diagnostic;
use crate::spec::plan::StepSpec;
use crate::spec::pools::PoolSpec;
use crate::spec::service::ServiceSpec;

/// The pools of the service whose plans are being lowered.
pub(super) struct Pools {
    /// The service.
    service: String,
    /// By the component that they connect to.
    of: BTreeMap<String, Parts>,
    /// The pools of which the steps that are being lowered hold a connection, in this branch.
    inside: Vec<String>,
    /// How many connections of each the call holds, over all branches around.
    held: BTreeMap<String, u64>,
    /// The disks of its instances.
    pub disk: Option<Disk>,
}

/// What is done with the connections of one pool.
struct Parts {
    id: ComponentId,
    plans: Vec<Plan>,
    /// The most connections that one call holds when it asks for another one, that one included.
    deepest: u64,
}

impl Pools {
    /// Whether the steps being lowered hold a connection of this pool.
    pub fn is_inside(&self, to: &str) -> bool {
        self.inside.iter().any(|i| i == to)
    }

    /// Whether the service has a pool of this name.
    pub fn has(&self, to: &str) -> bool {
        self.of.contains_key(to)
    }

    /// Begins the steps of a branch: it has no connection of its own yet.
    pub fn branch(&mut self) -> Vec<String> {
        std::mem::take(&mut self.inside)
    }

    /// Ends a branch.
    pub fn back(&mut self, inside: Vec<String>) {
        self.inside = inside;
    }

    /// Takes a connection for some steps.
    pub fn enter(&mut self, to: &str) {
        let held = self.held.entry(to.to_owned()).or_insert(0);
        *held += 1;
        if let Some(parts) = self.of.get_mut(to) {
            parts.deepest = parts.deepest.max(*held);
        }
        self.inside.push(to.to_owned());
    }

    /// Gives it back; the step that does it all.
    pub fn leave(&mut self, to: &str, steps: Vec<Step>, outer: Call) -> Option<Step> {
        self.inside.pop();
        if let Some(held) = self.held.get_mut(to) {
            *held -= 1;
        }
        let parts = self.of.get_mut(to)?;
        let part = u16::try_from(parts.plans.len()).ok()?;
        parts.plans.push(Plan {
            name: StreamName::new(&format!("{}.{to}", self.service))
                .purpose("part")
                .index(u64::from(part)),
            steps,
        });
        Some(Step::Call(Call {
            target: parts.id,
            access: Access::Part(part),
            ..outer
        }))
    }
}

impl Lowering<'_, '_> {
    /// The pools of a service, before its plans are lowered.
    pub(super) fn open_pools(&mut self, s: &ServiceSpec, name: &str, path: &str) -> Pools {
        let mut pools = Pools {
            service: name.to_owned(),
            of: BTreeMap::new(),
            inside: Vec::new(),
            held: BTreeMap::new(),
            disk: self.open_disk(s.disk.as_ref(), name, path),
        };
        for pool in &s.pools {
            let kinds = ["database", "service", "balancer", "cache"];
            let what = format!("{path}.pools");
            if self.index.component(&pool.to, &kinds, &what, self.out).is_none() {
                continue;
            }
            let place = self.spec.components.len() + self.pools.len();
            let Ok(place) = u16::try_from(place) else {
                continue;
            };
            for assumed in &pool.assumed {
                self.assume(&format!("{what}.{}", pool.to.value), assumed);
            }
            // Its place is taken now; what it is follows when the plans are known.
            self.pools.push(None);
            let parts = Parts {
                id: ComponentId(place),
                plans: Vec::new(),
                deepest: 0,
            };
            pools.of.insert(pool.to.value.clone(), parts);
        }
        pools
    }

    /// Makes the pools' components, and warns of those that are too small.
    pub(super) fn close_pools(&mut self, s: &ServiceSpec, path: &str, service: &Service, pools: Pools) {
        if service.is_event_loop || service.station.shares_cores() {
            for (_, steps) in &s.plans {
                self.refuse_work(steps, path);
            }
        }
        let owner = self.id_of(path);
        self.close_disk(s.disk.as_ref(), path, service, pools.disk);
        for (to, parts) in pools.of {
            let Some(spec) = s.pools.iter().find(|p| p.to.value == to) else {
                continue;
            };
            if parts.plans.is_empty() {
                let problem = Diagnostic::warning(&spec.to.span, format!("{path} never calls {to}"));
                self.out.push(problem.label("nobody needs these connections"));
            }
            self.warn_of_deadlock(spec, path, service, parts.deepest);
            let full = format!("{}.{to}", pools.service);
            let component = Component {
                name: StreamName::new(&full).purpose("connections"),
                zones: 1,
                first_zone: 0,
                failures: None,
                kind: Kind::Service(Service {
                    instances: service.instances,
                    station: Station {
                        workers: Some(spec.size),
                        ..Station::default()
                    },
                    plan_of: vec![None; self.index.ops.len()],
                    plans: parts.plans,
                    patience: Law::constant(spec.timeout.as_f64_nanos()).ok(),
                    pool_of: owner,
                    ..Service::default()
                }),
            };
            let at = parts.id.index() - self.spec.components.len();
            if let Some(place) = self.pools.get_mut(at) {
                *place = Some((full, component));
            }
        }
    }

    /// The component that is written there: its name comes after its kind.
    pub(super) fn id_of(&self, path: &str) -> Option<ComponentId> {
        self.index.id(path.split_once('.')?.1)
    }

    /// What holds a connection is done by the pool, which has no cores to share and no event loop.
    fn refuse_work(&mut self, steps: &[StepSpec], path: &str) {
        fn works(steps: &[StepSpec]) -> bool {
            steps.iter().any(|step| match step {
                StepSpec::Work(_) => true,
                StepSpec::With(_, steps) => works(steps),
                StepSpec::Parallel(branches, ..) => branches.iter().any(|b| works(b)),
                StepSpec::Choose(options) => options.iter().any(|o| works(&o.1)),
                StepSpec::Wait(_) | StepSpec::Disk(_) | StepSpec::Call(_) => false,
            })
        }
        for step in steps {
            match step {
                StepSpec::With(to, inner) if works(inner) => {
                    let problem = Diagnostic::error(&to.span, format!("{path}: `work` inside `with`"));
                    let label = "not where cores are shared or the service is an event loop";
                    let help = "work before or after it, or write `wait` for what takes no core";
                    self.out.push(problem.label(label).help(help));
                }
                StepSpec::With(_, inner) => self.refuse_work(inner, path),
                StepSpec::Parallel(branches, ..) => branches.iter().for_each(|b| self.refuse_work(b, path)),
                StepSpec::Choose(options) => options.iter().for_each(|o| self.refuse_work(&o.1, path)),
                StepSpec::Work(_) | StepSpec::Wait(_) | StepSpec::Disk(_) | StepSpec::Call(_) => {}
            }
        }
    }

    /// With T calls at once that hold up to C connections each, T (C - 1) + 1 are enough that one of them can always go on (B.
    /// Wooldridge, "About Pool Sizing", the HikariCP wiki).
    fn warn_of_deadlock(&mut self, pool: &PoolSpec, path: &str, service: &Service, deepest: u64) {
        let threads = service
            .station
            .workers
            .filter(|_| !service.is_event_loop)
            .map(u64::from);
        let enough = threads.map(|t| t * deepest.saturating_sub(1) + 1);
        if deepest < 2 || enough.is_some_and(|enough| u64::from(pool.size) >= enough) {
            return;
        }
        let to = &pool.to.value;
        let message = format!("{path}: {} connections to {to} can lock each other up", pool.size);
        let label = match threads {
            Some(t) => format!("{t} calls at once hold up to {deepest} each"),
            None => format!("any number of calls at once hold up to {deepest} each"),
        };
        let help = match enough {
            Some(enough) => format!(
                "{enough} connections are enough ({} calls * ({deepest} - 1) + 1), or calls that hold one at a time",
                threads.unwrap_or(0)
            ),
            None => "limit the calls at once with `workers`, or hold one connection at a time".to_owned(),
        };
        let problem = Diagnostic::warning(&pool.to.span, message).label(label);
        self.out.push(
            problem
                .note("when all are held by calls that wait for another one, nothing goes on until a wait times out")
                .help(help),
        );
    }
}
