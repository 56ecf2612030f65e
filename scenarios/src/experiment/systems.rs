//! Small systems for tests, built without text.

use sim_core::model::{
    Access, Arrivals, Balancer, Balancing, Call, Clients, Component, ComponentId, Demand, Description,
    FailureMode, Failures, HealthCheck, Kind, Model, Network, OpId, Plan, Service, Station, Step, WarmUp,
};
use sim_core::random::{Law, StreamName};
use sim_core::time::SimDuration;

use super::Planned;
use crate::scenario::{Names, Scenario};

/// A service, perhaps behind a balancer, and one population of clients with Poisson arrivals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct System {
    /// Requests per second.
    pub rate: f64,
    /// Simulated seconds.
    pub duration_s: f64,
    /// Instances with one worker each.
    pub instances: u32,
    /// Mean exponential service time in seconds.
    pub service_s: f64,
    /// Waiting room of an instance.
    pub queue: Option<u32>,
    /// Seconds that a client waits.
    pub timeout_s: Option<f64>,
    /// Seconds between health checks and how many must fail or pass; none: no balancer.
    pub check: Option<(f64, u32)>,
    /// Mean seconds between failures and to repair.
    pub failures: Option<(f64, f64)>,
}

/// One M/M/1 queue at this utilization, for this many seconds.
pub(crate) fn mm1(utilization: f64, duration_s: f64) -> System {
    System {
        rate: 500.0 * utilization,
        duration_s,
        instances: 1,
        service_s: 0.002,
        queue: None,
        timeout_s: None,
        check: None,
        failures: None,
    }
}

fn seconds(s: f64) -> SimDuration {
    SimDuration::from_secs_f64(s)
}

fn exponential(mean_s: f64) -> Law {
    Law::exponential(mean_s * 1e9).expect("a positive mean")
}

impl System {
    pub fn model(&self) -> Model {
        let call = Call {
            target: ComponentId(u16::from(self.check.is_some())),
            access: Access::Same,
            timeout: self.timeout_s.map(seconds),
            retry: None,
        };
        let clients = Clients {
            name: StreamName::new("users"),
            call,
            arrivals: Arrivals::Renewal {
                gap: exponential(1.0 / self.rate),
            },
            mix: vec![(OpId(0), 1.0)],
            keys: None,
            sources: None,
        };
        let component = |name, failures, kind| Component {
            name: StreamName::new(name),
            zones: 1,
            first_zone: 0,
            failures,
            kind,
        };
        let service = Service {
            instances: self.instances,
            station: Station {
                workers: Some(1),
                queue: self.queue,
                ..Station::default()
            },
            plans: vec![Plan {
                name: StreamName::new("api").purpose("default"),
                steps: vec![Step::Work(Demand::of(exponential(self.service_s)))],
            }],
            plan_of: vec![Some(0)],
            ..Service::default()
        };
        let failures = self.failures.map(|(mtbf, mttr)| Failures {
            mtbf: seconds(mtbf),
            mttr: seconds(mttr),
            mode: FailureMode::Crash,
        });
        let mut components = vec![component("api", failures, Kind::Service(service))];
        if let Some((interval, times)) = self.check {
            let balancer = Balancer {
                health_check: Some(HealthCheck::every(seconds(interval), times, times)),
                ..Balancer::to(ComponentId(0), Balancing::RoundRobin)
            };
            components.push(component("edge", None, Kind::Balancer(balancer)));
        }
        Model::new(Description {
            duration: seconds(self.duration_s),
            warm_up: WarmUp::Auto,
            operations_that_write: vec![false],
            key_spaces: vec![],
            traces: vec![],
            clients: vec![clients],
            components,
            network: Network::default(),
            faults: vec![],
        })
        .expect("a valid model")
    }

    pub fn planned(&self, trials: u32) -> Planned {
        let model = self.model();
        let components = if self.check.is_some() {
            vec!["api", "edge"]
        } else {
            vec!["api"]
        };
        Planned {
            variant: None,
            set: Vec::new(),
            at: Vec::new(),
            scenario: Scenario {
                name: "test".to_owned(),
                question: None,
                seed: 1,
                trials,
                precision: None,
                usd_per_hour: vec![None; components.len()],
                names: Names {
                    clients: vec!["users".to_owned()],
                    components: components.into_iter().map(str::to_owned).collect(),
                    operations: vec!["default".to_owned()],
                },
                model,
                slo: None,
                assumptions: Vec::new(),
                warnings: Vec::new(),
            },
        }
    }
}
