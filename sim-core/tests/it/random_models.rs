//! Small random systems: whatever is put together, a trial ends, keeps its conservation laws, and is the same twice.
//!
//! A model is read off a list of bytes, where zero always means the simplest thing, so that a failure shrinks to a small model.
//! The engine's own assertions (no request lost or made up, Little's law to the last nanosecond) hold in every trial.

mod balancers;
mod databases;
mod faults;
mod shards;

use proptest::prelude::*;
use sim_core::model::{
    Access, Arrivals, Backoff, Balancer, Balancing, Batch, Cache, Call, Cdn, Clients, Coalesce, Cold,
    Component, ComponentId, ConsistentHash, Contention, CoreRule, Demand, Description, Discipline, Eviction,
    External, FailOpen, FailureMode, Failures, Freshness, Handling, HashBy, HealthCheck, Jitter, KeySpace,
    Kind, Layer, LeastRequest, Levels, Machine, Memory, Model, Network, Nodes, OnDemand, OpId,
    OutlierDetection, Part, PassiveCheck, Pauses, RateLimit, RegionId, Retry, Route, Routing, Scheme,
    Service, SlowStart, SlowStartCurve, Stale, Station, Step, Sticky, StickyBy, Storage, Strategy, Subset,
    Terms, Trace, WarmUp, ZoneAware,
};
use sim_core::random::{Law, StreamName};
use sim_core::simulation::{Budget, Condition, Outages, simulate};
use sim_core::time::SimDuration;

use crate::build::{choose, component, constant, description, exponential, parallel, plan, race, zipf};
use crate::identities;

/// The bytes of a model and how many have been read.
struct Genes<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Genes<'_> {
    /// A number below `n`, 0 once the bytes are used up.
    fn below(&mut self, n: u8) -> u8 {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        byte % n
    }

    /// Yes in one of `n` cases.
    fn one_in(&mut self, n: u8) -> bool {
        self.below(n) == n - 1
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[usize::from(self.below(from.len() as u8))].clone()
    }

    fn time(&mut self) -> SimDuration {
        SimDuration::from_secs_f64(self.pick(&[0.005, 0.001, 0.02, 0.0, 0.1]))
    }

    fn time_or_none(&mut self) -> SimDuration {
        let time = self.time();
        self.pick(&[SimDuration::ZERO, time])
    }

    fn law(&mut self) -> Law {
        match self.below(4) {
            0 => exponential(0.002),
            1 => constant(0.001),
            2 => constant(0.0),
            _ => exponential(0.01),
        }
    }

    fn maybe_law(&mut self) -> Option<Law> {
        self.one_in(3).then(|| self.law())
    }

    fn station(&mut self) -> Station {
        Station {
            workers: self.pick(&[Some(1), None, Some(2), Some(3)]),
            cores: self.pick(&[None, None, Some(1), Some(2)]),
            queue: self.pick(&[None, Some(0), Some(1), Some(4)]),
            contention: self.one_in(6).then_some(Contention {
                sigma: 0.1,
                kappa: 0.01,
            }),
            ..Station::default()
        }
    }

    /// A station of a service: any order, any rule for cores.
    fn ordered(&mut self) -> Station {
        let by = || [1, 0].into();
        Station {
            discipline: self.pick(&[
                Discipline::Fifo,
                Discipline::Lifo,
                Discipline::Priority { class_of: by() },
                Discipline::Shortest,
            ]),
            core_rule: self.pick(&[
                CoreRule::Fair,
                CoreRule::Weighted {
                    weight_of: [0.5, 2.0].into(),
                },
                CoreRule::Priority { class_of: by() },
                CoreRule::Newest,
                CoreRule::LeastRemaining,
            ]),
            ..self.station()
        }
    }

    fn retry(&mut self) -> Retry {
        let pause = self.time();
        Retry {
            attempts: 1 + self.below(4),
            backoff: if self.one_in(2) {
                Backoff::Constant(pause)
            } else {
                Backoff::Exponential {
                    base: pause,
                    max: SimDuration::from_secs_f64(0.02),
                }
            },
            jitter: self.pick(&[Jitter::None, Jitter::Full, Jitter::Equal]),
            budget: self.one_in(3).then_some(0.2),
        }
    }

    /// A call of one of the components so far.
    fn call(&mut self, so_far: &[Component]) -> Call {
        let target = self.below(so_far.len() as u8);
        let special: &[Access] = match &so_far[usize::from(target)].kind {
            Kind::Cache(_) | Kind::External(_) => &[Access::Same, Access::Get, Access::Put],
            Kind::Database(_) | Kind::Shards(_) => &[Access::Same, Access::Read, Access::Write],
            _ => &[Access::Same, Access::Op(OpId(0)), Access::Op(OpId(1))],
        };
        Call {
            target: ComponentId(u16::from(target)),
            access: self.pick(special),
            timeout: self.one_in(3).then(|| self.time()),
            retry: self.one_in(3).then(|| self.retry()),
        }
    }

    fn steps(&mut self, so_far: &[Component], depth: u8) -> Vec<Step> {
        let count = self.below(3) + u8::from(depth == 0);
        (0..count).map(|_| self.step(so_far, depth)).collect()
    }

    fn step(&mut self, so_far: &[Component], depth: u8) -> Step {
        match self.below(6) {
            1 => Step::Wait(Demand::of(self.law())),
            2 | 3 if !so_far.is_empty() => Step::Call(self.call(so_far)),
            4 if depth < 2 => {
                let branches: Vec<_> = (0..1 + self.below(3))
                    .map(|_| self.steps(so_far, depth + 1))
                    .collect();
                let need = 1 + u32::from(self.below(branches.len() as u8));
                if self.one_in(2) {
                    race(branches, need)
                } else {
                    parallel(branches, need)
                }
            }
            5 if depth < 2 => choose(vec![
                (1.0, self.steps(so_far, depth + 1)),
                (1.0, self.steps(so_far, depth + 1)),
            ]),
            _ => Step::Work(Demand::of(self.law())),
        }
    }

    fn service(&mut self, name: StreamName, so_far: &[Component]) -> Kind {
        let plans = (0..2)
            .map(|i| {
                let mut plan = plan(self.steps(so_far, 0));
                plan.name = name.purpose("plan").index(i);
                plan
            })
            .collect();
        let (station, is_event_loop) = (self.ordered(), self.one_in(3));
        let is_plain = station.discipline == Discipline::Fifo
            && !station.shares_cores()
            && station.workers.is_some()
            && !is_event_loop;
        let batch = (is_plain && self.one_in(3)).then(|| Batch {
            size: 3,
            wait: self.time(),
            each: self.time(),
        });
        let can_start = batch.is_none() && !is_event_loop && station.discipline != Discipline::Shortest;
        let on_demand = (can_start && self.one_in(3)).then(|| OnDemand {
            set_up: self.law(),
            keep_alive: self.time(),
        });
        Kind::Service(Service {
            instances: 1 + u32::from(self.below(3)),
            station,
            plans,
            plan_of: vec![Some(0), self.pick(&[Some(0), Some(1), None])],
            is_event_loop,
            cancel_on_timeout: self.one_in(2),
            patience: self.maybe_law(),
            start_up: self.maybe_law(),
            cold: self.one_in(3).then(|| Cold {
                lasts: self.time(),
                slower: 2.0,
            }),
            takeover: self.one_in(4).then(|| self.time()),
            memory: self.one_in(3).then(|| Memory {
                calls: 3,
                crashes: self.one_in(2).then(|| self.time()),
            }),
            pauses: self.one_in(4).then(|| Pauses {
                every: exponential(0.01),
                lasts: self.law(),
            }),
            sessions: self.one_in(4).then(|| SimDuration::from_secs_f64(0.02)),
            batch,
            on_demand,
            ..Service::default()
        })
    }

    fn cache(&mut self, so_far: &[Component]) -> Kind {
        let has_origin = !so_far.is_empty() && !self.one_in(4);
        Kind::Cache(Cache {
            instances: 1 + u32::from(self.below(2)),
            station: self.station(),
            service_time: Demand::of(self.law()),
            storage: match self.below(3) {
                0 => Storage::HitRatio(0.5),
                1 => Storage::Keys {
                    eviction: Eviction::Lru,
                    capacity: Some(3),
                    sizes: None,
                },
                _ => Storage::Keys {
                    eviction: Eviction::Fifo,
                    capacity: None,
                    sizes: None,
                },
            },
            freshness: Freshness {
                ttl: self.one_in(2).then(|| self.time()),
                jitter: self.pick(&[0.0, 0.5]),
                renews: self.one_in(3),
                early: self.one_in(3).then_some(1.0),
                revalidate: self.time_or_none(),
                if_error: self.time_or_none(),
                confirms: false,
            },
            strategy: self.pick(&[
                Strategy::CacheAside,
                Strategy::ReadThrough,
                Strategy::WriteThrough,
                Strategy::WriteAround,
                Strategy::WriteBack {
                    flush: SimDuration::from_nanos(5_000_000),
                },
            ]),
            origin: has_origin.then(|| self.call(so_far)),
            coalesce: self.coalesce(),
            nodes: Nodes {
                points: self.one_in(2).then_some(10),
                rehash: self.one_in(2),
            },
            inside: None,
        })
    }

    fn external(&mut self) -> Kind {
        let mut terms = || Terms {
            latency: Demand::of(self.law()),
            limit: self.one_in(2).then_some(RateLimit {
                rate: 100.0,
                burst: 2.0,
            }),
            price: 1,
        };
        let (calls, changes) = (terms(), terms());
        Kind::External(External {
            is_store: self.one_in(2),
            calls,
            changes: self.one_in(2).then_some(changes),
            prefixes: 1 + u32::from(self.below(3)),
            split_after: self.one_in(2).then(|| SimDuration::from_secs_f64(0.01)),
            throughput: None,
            availability: self.pick(&[1.0, 0.5]),
            price: None,
        })
    }

    fn cdn(&mut self, so_far: &[Component]) -> Kind {
        let mut origin = self.call(so_far);
        origin.access = Access::Same;
        let is_private = self.one_in(3);
        Kind::Cdn(Cdn {
            edges: vec![RegionId(0)],
            is_private,
            cacheable: vec![true, self.one_in(3)],
            storage: Storage::Keys {
                eviction: Eviction::Lru,
                capacity: Some(3),
                sizes: None,
            },
            freshness: Freshness {
                ttl: self.one_in(2).then(|| self.time()),
                revalidate: self.time_or_none(),
                if_error: self.time_or_none(),
                confirms: self.one_in(2),
                ..Freshness::default()
            },
            coalesce: self.coalesce(),
            shield: (!is_private && self.one_in(2)).then_some(RegionId(0)),
            shield_hit_ratio: 0.0,
            price: 0,
            request_price: 1,
            origin,
        })
    }

    fn coalesce(&mut self) -> Option<Coalesce> {
        self.one_in(2).then(|| Coalesce {
            timeout: self.one_in(2).then(|| self.time()),
            age: self.one_in(2).then(|| self.time()),
            in_turn: self.one_in(2),
        })
    }

    /// A component of any kind but a way to shards.
    fn kind(&mut self, so_far: &[Component]) -> Kind {
        let services: Vec<u16> = (0u16..)
            .zip(so_far)
            .filter(|c| match &c.1.kind {
                Kind::Service(s) => s.takeover.is_none(),
                kind => matches!(kind, Kind::Balancer(_)),
            })
            .map(|c| c.0)
            .collect();
        match self.below(6) {
            1 => self.cache(so_far),
            2 => self.database(),
            3 if !services.is_empty() => self.balancer(&services, so_far),
            4 => self.external(),
            5 if !so_far.is_empty() => self.cdn(so_far),
            _ => self.service(StreamName::new(&name(so_far)), so_far),
        }
    }

    /// The next component, of this kind, in its zones and with its crashes.
    fn component(
        &mut self,
        so_far: &[Component],
        kind: impl FnOnce(&mut Self, &[Component]) -> Kind,
    ) -> Component {
        let kind = kind(self, so_far);
        let mode = match kind {
            Kind::Service(_) if self.one_in(3) => FailureMode::Hang,
            _ => FailureMode::Crash,
        };
        let fails = self.one_in(2);
        Component {
            zones: 1 + u16::from(self.below(2)),
            failures: fails.then(|| Failures {
                mtbf: SimDuration::from_secs_f64(0.05),
                mttr: self.time(),
                mode,
            }),
            ..component(&name(so_far), kind)
        }
    }

    fn clients(&mut self, number: u64, components: &[Component]) -> Clients {
        // The last component is the one that may reach all the others.
        let mut call = self.call(components);
        if !self.one_in(3) {
            call.target = ComponentId(components.len() as u16 - 1);
            call.access = Access::Same;
        }
        let arrivals = match self.below(4) {
            1 => Arrivals::Closed {
                users: 1 + u32::from(self.below(6)),
                think: self.law(),
            },
            2 => Arrivals::Trace(0),
            3 => Arrivals::Renewal {
                gap: exponential(0.0005),
            },
            _ => Arrivals::Renewal {
                gap: exponential(0.004),
            },
        };
        // A closed loop that takes no time at all would never let time pass.
        let arrivals = match arrivals {
            Arrivals::Closed { users, think } if think.mean() == 0.0 => Arrivals::Closed {
                users,
                think: constant(0.001),
            },
            other => other,
        };
        Clients {
            mix: vec![(OpId(0), 1.0), (OpId(1), f64::from(self.below(2)))],
            keys: self.one_in(2).then_some(0),
            sources: None,
            name: StreamName::new("clients").index(number),
            ..crate::build::clients(arrivals, call)
        }
    }

    fn description(&mut self) -> Description {
        let mut components = Vec::new();
        for _ in 0..1 + self.below(5) {
            if self.one_in(6) {
                self.shards(&mut components);
            } else {
                let next = self.component(&components, Self::kind);
                components.push(next);
            }
        }
        let clients = (0..1 + u64::from(self.below(2)))
            .map(|i| self.clients(i, &components))
            .collect();
        let mut d = description(0.2, clients, components);
        d.operations_that_write = vec![false, true];
        if !self.one_in(4) {
            d.warm_up = WarmUp::Auto;
        }
        d.key_spaces = vec![KeySpace {
            name: StreamName::new("keys"),
            keys: zipf(8, 0.8),
        }];
        d.traces = vec![Trace {
            times: (0..40u64).map(|i| i / 2 * 4_000_000).collect(),
            columns: vec![],
        }];
        d.network = Network {
            same_zone: self.maybe_law(),
            cross_zone: self.maybe_law(),
            ..Network::default()
        };
        d.faults = self.faults(&d.components);
        d.faults.extend(self.faults_of_shards(&d.components));
        d
    }
}

/// The name of the next component.
fn name(so_far: &[Component]) -> String {
    format!("component-{}", so_far.len())
}

/// The system that these bytes describe.
pub fn model_of(bytes: &[u8]) -> Model {
    let d = Genes { bytes, at: 0 }.description();
    Model::new(d).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn check(bytes: &[u8], seed: u64) {
    let model = model_of(bytes);
    let condition = Condition {
        outages: Outages::ByChance,
        budget: Budget {
            in_flight: 50_000,
            events: 100_000,
        },
    };
    let once = simulate(&model, seed, 3, &condition);
    identities::hold(&model, &once);
    assert_eq!(
        once,
        simulate(&model, seed, 3, &condition),
        "the same trial twice"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_systems_keep_their_laws(bytes in prop::collection::vec(any::<u8>(), 0..160), seed in 0u64..4) {
        check(&bytes, seed);
    }
}
