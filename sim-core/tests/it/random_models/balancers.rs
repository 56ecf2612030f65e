//! Balancers of all kinds.

use sim_core::model::CallLimit;

use super::*;
use crate::build::ALB;

impl Genes<'_> {
    fn policy(&mut self) -> Balancing {
        let table = |scheme, by, bound_percent| {
            Balancing::ConsistentHash(ConsistentHash {
                scheme,
                by,
                bound_percent,
            })
        };
        let rule = LeastRequest {
            choices: 2,
            bias: 1.0,
            is_full_scan: false,
        };
        let ring = Scheme::Ring { least: 16, most: 64 };
        self.pick(&[
            Balancing::RoundRobin,
            Balancing::WeightedRoundRobin,
            Balancing::Edf,
            Balancing::Random,
            Balancing::RandomTwo,
            Balancing::LeastOutstanding,
            Balancing::NginxLeastConn,
            Balancing::HaproxyLeastConn,
            Balancing::LeastRequest(rule),
            Balancing::LeastRequest(LeastRequest {
                is_full_scan: true,
                ..rule
            }),
            Balancing::PowerOfD { choices: 2 },
            Balancing::PowerOfDReplaced { choices: 2 },
            Balancing::PeakEwma {
                decay: SimDuration::from_secs_f64(0.1),
            },
            Balancing::Hash,
            Balancing::IpHash,
            table(Scheme::Ketama, HashBy::Key, None),
            table(ring, HashBy::Source, Some(125)),
            table(Scheme::Maglev { size: 7 }, HashBy::Key, Some(100)),
        ])
    }

    pub(super) fn balancer(&mut self, services: &[u16], components: &[Component]) -> Kind {
        let forward = self.pick(services);
        let mut balancer = Balancer {
            forward: vec![ComponentId(forward)],
            routes: vec![],
            sticky: None,
            policy: self.policy(),
            weights: vec![],
            routing: Routing {
                subset: None,
                levels: vec![],
                zone_aware: self.one_in(4).then_some(ZoneAware { least_instances: 2 }),
                stale: self.one_in(4).then(|| Stale::Continuous {
                    age: SimDuration::from_secs_f64(self.pick(&[0.001, 0.1])),
                }),
            },
            health_check: self.one_in(2).then(|| HealthCheck {
                timeout: self.time().max(SimDuration::from_secs_f64(0.001)),
                ..HealthCheck::every(SimDuration::from_secs_f64(0.01), 1, 2)
            }),
            passive_check: self.one_in(3).then(|| PassiveCheck {
                max_fails: 1,
                fail_timeout: self.time().max(SimDuration::from_nanos(1)),
            }),
            outlier_detection: self.one_in(3).then(|| OutlierDetection {
                consecutive_errors: Some(2),
                interval: SimDuration::from_secs_f64(0.01),
                base: SimDuration::from_secs_f64(0.02),
                longest: SimDuration::from_secs_f64(0.1),
                most_ejected: 0.6,
                always_one: self.one_in(2),
                success_rate: None,
                failure_share: None,
            }),
            slow_start: self.one_in(3).then(|| SlowStart {
                window: SimDuration::from_secs_f64(0.05),
                curve: SlowStartCurve::Linear,
            }),
            timeout: self.one_in(3).then(|| self.time()),
            limit: None,
            retry: self.one_in(4).then(|| self.retry()),
            retries_elsewhere: self.one_in(2),
            fail_open: self.pick(&[FailOpen::WhenNone, FailOpen::Never, FailOpen::Below(0.6)]),
            latency: self.maybe_law(),
            machine: Machine {
                handling: self.handling(),
                ..Machine::default()
            },
        };
        balancer.sticky = self.one_in(4).then(|| Sticky {
            by: self.pick(&[StickyBy::Source, StickyBy::Cookie]),
            lasts: SimDuration::from_secs_f64(0.02),
            while_draining: false,
        });
        let other = self.pick(services);
        if other != forward && self.one_in(2) {
            balancer.forward.push(ComponentId(other));
            balancer.routes = vec![
                Route {
                    op: self.pick(&[None, Some(OpId(1))]),
                    part: self.pick(&[Part::All, Part::Calls(0.5), Part::Keys(0.5)]),
                    to: 1,
                },
                // Sometimes what is left has no way.
                Route {
                    op: self.pick(&[None, Some(OpId(0))]),
                    part: Part::All,
                    to: 0,
                },
            ];
        }
        let behind = balancer
            .forward
            .iter()
            .map(|to| components[to.index()].instances());
        for instances in behind.collect::<Vec<_>>() {
            balancer
                .weights
                .push(self.pick(&[vec![], (1..).zip(0..instances).map(|w| w.0).collect()]));
            balancer.routing.levels.push(Levels {
                priorities: self.pick(&[vec![], (0..instances).map(|at| u16::from(at > 0)).collect()]),
                overprovisioning_percent: self.pick(&[140, 300]),
                by_weight: self.one_in(2),
            });
        }
        if self.one_in(3) {
            self.machine(&mut balancer.machine);
            balancer.routing.subset = self.pick(&[None, Some(1), Some(3)]).map(|size| Subset {
                size,
                is_random: self.one_in(2),
            });
        }
        balancer.limit = self.one_in(3).then(|| CallLimit {
            least: 1,
            full_at: self.pick(&[1, 4]),
            queue: self.pick(&[None, Some(0), Some(3)]),
            timeout: self
                .one_in(2)
                .then(|| self.time().max(SimDuration::from_nanos(1))),
            ..CallLimit::of(self.pick(&[1, 3]))
        });
        Kind::Balancer(balancer)
    }

    fn handling(&mut self) -> Option<Handling> {
        let is_there = self.one_in(3);
        let queue = self.pick(&[None, Some(0), Some(2)]);
        is_there.then(|| Handling {
            workers: 1,
            time: constant(0.002),
            queue,
        })
    }

    /// Several instances, which may hold only so many calls and cost something.
    fn machine(&mut self, machine: &mut Machine) {
        machine.instances = self.pick(&[1, 2, 5]);
        machine.layer = self.pick(&[Layer::L4, Layer::L7]);
        machine.keeps = SimDuration::from_secs_f64(0.02);
        machine.most_calls = self.pick(&[None, Some(1), Some(4)]);
        machine.fee = self.one_in(2).then_some(ALB);
    }
}
