//! Routes: the first one whose conditions a call meets decides which component it goes to.
//!
//! As the rules of an L7 balancer, tried in their order (AWS Elastic Load Balancing guide, "Listener rules"; nginx's
//! `split_clients` for parts by key or source). Which keys or sources a route takes follows from their hash and from the
//! route's place, so that a second route takes its share of those that the first one left.

use crate::engine::Frame;
use crate::model::{OpId, Part, Route};
use crate::policy::eviction::hash;
use crate::random::Stream;

#[derive(Debug)]
pub(super) struct Routes {
    list: Vec<Route>,
    draws: Stream,
}

impl Routes {
    pub fn new(list: Vec<Route>, draws: Stream) -> Self {
        Self { list, draws }
    }

    /// The place of the component that a call goes to, among those behind the balancer; none if no route takes it.
    pub fn of(&mut self, call: &Frame) -> Option<usize> {
        // One sample for each call, however many routes look at it.
        let mut draw = self.draws.next();
        let takes = |(place, route): &(u64, &Route)| {
            route.may_take(OpId(call.op))
                && match route.part {
                    Part::All => true,
                    Part::Calls(share) => draw.chance(share),
                    Part::Keys(share) => is_in(share, call.key, *place),
                    Part::Sources(share) => is_in(share, u64::from(call.source), *place),
                }
        };
        let taken = (0u64..).zip(&self.list).find(takes);
        taken.map(|(_, route)| usize::from(route.to))
    }
}

/// Whether a key or source is in the share that the route of this place takes.
fn is_in(share: f64, of: u64, place: u64) -> bool {
    const TWO_TO_53: f64 = 9_007_199_254_740_992.0;
    let hash = hash(hash(of).wrapping_add(place));
    ((hash >> 11) as f64) < share * TWO_TO_53
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Frames, Role};
    use crate::random::StreamName;

    #[test]
    fn a_key_and_a_source_always_go_the_same_way() {
        for part in [Part::Keys(0.3), Part::Sources(0.3)] {
            let way = |part, to| Route { op: None, part, to };
            let list = vec![way(part, 1), way(Part::All, 0)];
            let mut routes = Routes::new(list, Stream::open(1, 0, StreamName::new("routes")));
            let mut frames = Frames::new();
            let call = frames.take(Role::Call);
            let mut ways = || -> Vec<Option<usize>> {
                let of = |key: u32| {
                    frames[call].key = u64::from(key);
                    frames[call].source = key;
                    routes.of(&frames[call])
                };
                (0..1000).map(of).collect()
            };
            let first = ways();
            assert_eq!(first, ways());
            assert!(first.contains(&Some(0)) && first.contains(&Some(1)));
        }
    }
}
