//! Components: from what was written to what the engine runs, with every default listed.

use sim_core::model::{Balancer, Balancing, Component, Demand, Kind, Service, Station};
use sim_core::random::{Law, StreamName};

use super::cost::{self, Machine};
use super::externals;
use super::geography::Regions;
use super::names::Index;
use super::plans;
use super::shards::Sharded;
use crate::diagnostic::Diagnostics;
use crate::expression::{Expression, Laws};
use crate::spec::balancer::BalancerSpec;
use crate::spec::service::ServiceSpec;
use crate::spec::station::{Limit, StationSpec};
use crate::spec::{ComponentSpec, KindSpec, ScenarioSpec};

/// What lowering a component needs and fills.
pub(super) struct Lowering<'a, 'f> {
    pub spec: &'a ScenarioSpec,
    pub index: &'a Index<'a>,
    pub laws: &'a mut Laws<'f>,
    /// USD per hour of all instances, for every component lowered so far.
    pub usd_per_hour: &'a mut Vec<Option<f64>>,
    pub assumptions: &'a mut Vec<String>,
    /// The pools of connections, with their names: components that follow those of the file.
    pub pools: &'a mut Vec<Option<(String, Component)>>,
    /// The databases that are cut into shards: more components, behind the pools.
    pub sharded: &'a mut Vec<Sharded>,
    pub out: &'a mut Diagnostics,
}

impl Lowering<'_, '_> {
    /// Lowers one component. None if it names something that is not there.
    pub fn component(&mut self, c: &ComponentSpec, regions: &Regions) -> Option<Component> {
        let path = c.path();
        let name = StreamName::new(&c.name.value);
        let instance = c.placement.instance.as_ref();
        let machine = instance.and_then(|i| cost::machine(self.spec, i, self.out));
        let kind = match &c.kind {
            KindSpec::Balancer(b) => self.balancer(b, &path, machine.as_ref()).map(Kind::Balancer),
            KindSpec::Service(s) => Some(Kind::Service(self.service(
                s,
                &c.name.value,
                &path,
                machine.as_ref(),
            ))),
            KindSpec::Cache(s) => self.cache(s, &path, machine.as_ref()).map(Kind::Cache),
            KindSpec::Database(s) => self.database(s, &path, machine.as_ref()).map(Kind::Database),
            KindSpec::Dns(s) => self.dns(s, &path).map(Kind::Dns),
            KindSpec::Cdn(s) => self.cdn(s, &path, regions).map(Kind::Cdn),
            KindSpec::External(s) => self.external(s, c, &path).map(Kind::External),
        };
        let instances = match &kind {
            Some(Kind::Service(s)) => u64::from(s.instances),
            Some(Kind::Cache(s)) => u64::from(s.instances),
            Some(Kind::Database(s)) => s.instances(),
            Some(Kind::Balancer(b)) => u64::from(b.machine.instances),
            _ => 1,
        };
        let price = machine
            .as_ref()
            .map(|m| m.usd_per_hour * instances as f64)
            .or_else(|| externals::storage(c));
        if let (Some(instance), Some(machine)) = (instance, &machine) {
            self.assume(
                &path,
                &format!(
                    "{} costs ${}/h ({})",
                    instance.value, machine.usd_per_hour, machine.from
                ),
            );
        } else if !has_no_machines(&c.kind) {
            self.assume(&path, "no `instance`, so it has no price");
        }
        let zones = c.placement.zones.as_ref();
        if zones.is_none()
            && self.spec.network.is_some()
            && !matches!(
                c.kind,
                KindSpec::Dns(_) | KindSpec::Cdn(_) | KindSpec::External(_)
            )
        {
            self.assume(&path, "no `zones`, so all of it is in zone 1");
        }
        let zones = zones.map_or(1, |z| u16::try_from(z.value).unwrap_or(u16::MAX));
        let component = kind.map(|kind| Component {
            name,
            zones,
            first_zone: 0,
            failures: c.placement.failures,
            kind,
        });
        let shards = match (&c.kind, &component) {
            (KindSpec::Database(s), Some(part)) => self.shards(c, &s.shards, part, price),
            _ => None,
        };
        // The way to shards has no machines of its own.
        self.usd_per_hour.push(price.filter(|_| shards.is_none()));
        match shards {
            Some(shards) => Some(Component {
                name,
                zones: 1,
                first_zone: 0,
                failures: None,
                kind: Kind::Shards(shards),
            }),
            None => component,
        }
    }

    pub(super) fn assume(&mut self, path: &str, what: &str) {
        self.assumptions.push(format!("{path}: {what}"));
    }

    pub(super) fn law(&mut self, expression: Option<&Expression>) -> Option<Law> {
        expression.and_then(|e| self.laws.law(e, self.out))
    }

    /// A demand; no time where nothing was written.
    pub(super) fn demand(&mut self, expression: Option<&Expression>) -> Option<Demand> {
        match expression {
            Some(expression) => self.laws.demand(expression, self.out),
            None => Law::constant(0.0).ok().map(Demand::of),
        }
    }

    pub(super) fn station(
        &mut self,
        s: &StationSpec,
        path: &str,
        machine: Option<&Machine>,
        instance: Option<&str>,
    ) -> Station {
        let vcpu = machine.and_then(|m| m.vcpu);
        let of = |cores: u32| format!("{cores}, the vCPU of {}", instance.unwrap_or("its instance"));
        let workers = match (&s.workers, vcpu) {
            (Some(Limit::At(n)), _) => Some(n.value),
            (Some(Limit::Unlimited), _) => None,
            (None, Some(cores)) => {
                self.assume(path, &format!("workers = {}", of(cores)));
                Some(cores)
            }
            (None, None) => {
                self.assume(path, "workers = 1");
                Some(1)
            }
        };
        let cores = match (&s.cores, vcpu) {
            (Some(cores), _) => Some(cores.value),
            (None, Some(cores)) => {
                self.assume(path, &format!("cores = {}", of(cores)));
                Some(cores)
            }
            (None, None) => {
                self.assume(path, "cores: as many as workers");
                None
            }
        };
        let queue = match &s.queue {
            Some(Limit::At(n)) => Some(n.value),
            Some(Limit::Unlimited) => None,
            None => {
                self.assume(path, "queue: unlimited");
                None
            }
        };
        Station {
            workers,
            cores,
            queue,
            contention: s.contention,
            ..Station::default()
        }
    }

    pub(super) fn instances(&mut self, written: Option<u32>, path: &str) -> u32 {
        written.unwrap_or_else(|| {
            self.assume(path, "instances = 1");
            1
        })
    }

    fn balancer(&mut self, b: &BalancerSpec, path: &str, own: Option<&Machine>) -> Option<Balancer> {
        let behind = self.behind(b, path);
        let policy = b.policy.unwrap_or_else(|| {
            self.assume(path, "policy = \"round-robin\"");
            Balancing::RoundRobin
        });
        let fail_open = self.health(b, path);
        let latency = self.law(b.latency.as_ref());
        let machine = self.machine(b, path, own);
        let (forward, routes) = behind?;
        let weights = self.weights(b, &forward, policy, path);
        let routing = self.routing(b, &forward, path);
        Some(Balancer {
            forward,
            routes,
            policy,
            sticky: b.sticky,
            weights: weights?,
            routing: routing?,
            health_check: b.check.as_ref().map(|c| c.rule),
            passive_check: b.passive_check,
            outlier_detection: b.outlier_detection,
            fail_open,
            slow_start: b.slow_start,
            timeout: b.timeout,
            limit: self.limit(b, path),
            retry: b.retry.clone(),
            retries_elsewhere: b.retries_elsewhere,
            latency,
            machine: machine?,
        })
    }

    fn service(&mut self, s: &ServiceSpec, name: &str, path: &str, machine: Option<&Machine>) -> Service {
        let instance = self.instance_of(name);
        let written = self.for_discipline(s, path);
        let mut station = self.station(&written, path, machine, instance.as_deref());
        self.discipline(s, path, &mut station);
        let instances = self.instances(s.instances.as_ref().map(|i| i.value), path);
        let stream = StreamName::new(name);
        let mut pools = self.open_pools(s, name, path);
        let plans: Vec<_> = s
            .plans
            .iter()
            .map(|(op, steps)| {
                let what = format!("{path}.on.{}", op.value);
                plans::plan(
                    steps,
                    stream.purpose(&op.value),
                    &what,
                    self.index,
                    self.laws,
                    &mut pools,
                    self.out,
                )
            })
            .collect();
        let place = |op: &str| {
            s.plans
                .iter()
                .position(|p| p.0.value == op)
                .and_then(|p| u16::try_from(p).ok())
        };
        let default = place("default");
        let plan_of = self.index.ops.iter().map(|op| place(op).or(default)).collect();
        let (is_event_loop, cancel_on_timeout) = (s.is_event_loop, s.cancel_on_timeout);
        let mut service = Service {
            instances,
            station,
            plans,
            plan_of,
            is_event_loop,
            cancel_on_timeout,
            patience: self.law(s.queue_timeout.as_ref()),
            sessions: s.sessions,
            ..Service::default()
        };
        self.life(s, name, path, &mut service);
        self.sizes(s, path, &service);
        self.close_pools(s, path, &service, pools);
        service
    }

    pub(super) fn instance_of(&self, name: &str) -> Option<String> {
        let component = self.spec.components.iter().find(|c| c.name.value == name)?;
        component.placement.instance.as_ref().map(|i| i.value.clone())
    }
}

/// Whether a component has no machines that a scenario could name.
fn has_no_machines(kind: &KindSpec) -> bool {
    matches!(
        kind,
        KindSpec::Balancer(_) | KindSpec::Dns(_) | KindSpec::Cdn(_) | KindSpec::External(_)
    )
}
