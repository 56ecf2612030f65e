//! Calls computed at their arrival are those of the events.

use super::*;
use crate::model::{
    Access, Arrivals, Call, Clients, Component, Demand, Network, OpId, Plan, Service, Step, WarmUp,
};
use crate::random::StreamName;
use proptest::prelude::*;

/// One station, whose times are whole microseconds of `laws`, so that instants coincide often.
fn one_station(laws: (Law, Law), workers: u32, warm_up: u64, duration: u64) -> Model {
    let (gap, work) = laws;
    let name = StreamName::new("station");
    let call = Call {
        target: ComponentId(0),
        access: Access::Same,
        timeout: None,
        retry: None,
    };
    let service = Service {
        instances: 1,
        station: Station {
            workers: Some(workers),
            ..Station::default()
        },
        plans: vec![Plan {
            name: name.purpose("default"),
            steps: vec![Step::Work(Demand::of(work))],
        }],
        plan_of: vec![Some(0)],
        ..Service::default()
    };
    Model::new(Description {
        duration: SimDuration::from_nanos(duration),
        warm_up: if warm_up == 0 {
            WarmUp::Auto
        } else {
            WarmUp::For(SimDuration::from_nanos(warm_up))
        },
        operations_that_write: vec![false],
        key_spaces: vec![],
        traces: vec![],
        clients: vec![Clients {
            name: StreamName::new("clients"),
            call,
            arrivals: Arrivals::Renewal { gap },
            mix: vec![(OpId(0), 1.0)],
            keys: None,
            sources: None,
        }],
        components: vec![Component {
            name,
            zones: 1,
            first_zone: 0,
            failures: None,
            kind: Kind::Service(service),
        }],
        network: Network::default(),
        faults: vec![],
    })
    .expect("a valid model")
}

fn law() -> impl Strategy<Value = Law> {
    prop_oneof![
        (0u32..40).prop_map(|us| Law::constant(f64::from(us) * 1e3).unwrap()),
        (1u32..40).prop_map(|us| Law::exponential(f64::from(us) * 1e3).unwrap()),
        prop::collection::vec(0u32..30, 1..6)
            .prop_map(|v| Law::empirical(v.into_iter().map(|us| f64::from(us) * 1e3).collect()).unwrap()),
    ]
}

proptest! {
    #[test]
    fn a_call_computed_at_its_arrival_is_the_call_of_the_events(
        gap in law().prop_filter("arrivals must get on", |l| l.mean() > 500.0),
        work in law(),
        workers in 1u32..7,
        warm_up in prop_oneof![Just(0u64), 1u64..500_000],
        duration in 1_000_000u64..5_000_000,
        seed in 0u64..1000,
    ) {
        let model = one_station((gap, work), workers, warm_up, duration);
        let condition = Condition::default();
        let short = Simulation::new(&model, seed, 3, &condition);
        prop_assert!(matches!(short.way, Way::AtArrival(_)));
        let mut events = Simulation::by_events(&model, seed, 3, &condition);
        while events.advance(1000) {}
        let short = simulate(&model, seed, 3, &condition);
        let long = events.finish();
        prop_assert_eq!(&short.clients, &long.clients);
        prop_assert_eq!(&short.components, &long.components);
        prop_assert_eq!(short, long);
    }
}
