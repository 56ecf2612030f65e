//! Places and the ways between them: regions, zones, and how long a message takes from one to another.
//!
//! An instance stands in a zone of its component's region. Clients stand in a region, in no zone of it; clients without a
//! region are beside the network and reach their first component at once.

use super::{ComponentId, Description, Kind};
use crate::random::{Law, StreamName};

/// The most zones of a component.
pub(crate) const MOST_ZONES: u16 = 1000;
/// The most regions.
pub(crate) const MOST_REGIONS: usize = 63;

/// The place of a region in [`Network::regions`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionId(pub u16);

impl RegionId {
    /// The index into [`Network::regions`].
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// One-way delays of a message, in nanoseconds. Without a law a hop within a region takes no time.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// Between two instances in one zone.
    pub same_zone: Option<Law>,
    /// Between two instances in different zones of a region.
    pub cross_zone: Option<Law>,
    /// The names of the regions; empty: everything is in one, which has no name.
    pub regions: Vec<StreamName>,
    /// For every component its region; what is missing is in the first.
    pub homes: Vec<RegionId>,
    /// For every population of clients its region; none, or missing: clients reach their first component without delay.
    pub client_homes: Vec<Option<RegionId>>,
    /// The ways between regions.
    pub ways: Vec<Way>,
    /// For every operation how many bytes an answer has, where its clients say it; 0, or missing: what the component says.
    pub op_sizes: Vec<u64>,
    /// For every component how many bytes an answer of it has; missing: none.
    pub sizes: Vec<u64>,
    /// What a byte between two zones of a region costs, in 10^-12 USD.
    pub cross_zone_price: u64,
    /// For every population of clients the round trips that a connection takes before its request can be sent; missing: none,
    /// connections are kept.
    pub set_up: Vec<u32>,
}

/// The way of messages from one region to another. From a region to itself it stands instead of
/// [`Network::cross_zone`].
#[derive(Clone, Debug)]
pub struct Way {
    /// Where messages are sent.
    pub from: RegionId,
    /// Where they arrive.
    pub to: RegionId,
    /// How long that takes, in nanoseconds.
    pub delay: Law,
    /// Bytes per second that pass, shared evenly by the answers on their way; none: no limit.
    pub bandwidth: Option<f64>,
    /// The share of messages that are lost and sent again.
    pub loss: f64,
    /// What a byte costs, in 10^-12 USD.
    pub price: u64,
}

impl Network {
    /// The region of a component.
    #[must_use]
    pub fn home(&self, of: ComponentId) -> RegionId {
        self.homes.get(of.index()).copied().unwrap_or_default()
    }

    /// The region of a population of clients.
    #[must_use]
    pub fn client_home(&self, of: usize) -> Option<RegionId> {
        self.client_homes.get(of).copied().flatten()
    }

    /// The way from one region to another, where it is given.
    #[must_use]
    pub fn way(&self, from: RegionId, to: RegionId) -> Option<&Way> {
        self.ways.iter().find(|w| w.from == from && w.to == to)
    }

    /// How far a region is from another: the mean delay of a message there and back, in nanoseconds; none: there is no way.
    #[must_use]
    pub fn distance(&self, from: RegionId, to: RegionId) -> Option<f64> {
        if from == to {
            return Some(0.0);
        }
        Some(self.way(from, to)?.delay.mean() + self.way(to, from)?.delay.mean())
    }

    /// Whether no message ever takes any time, or money.
    #[must_use]
    pub fn is_ideal(&self) -> bool {
        let has_sizes = self.op_sizes.iter().chain(&self.sizes).any(|s| *s > 0);
        self.same_zone.is_none() && self.cross_zone.is_none() && self.ways.is_empty() && !has_sizes
    }
}

/// A call between two regions that can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Crossing {
    /// The population of clients that calls, by its place; otherwise [`Self::component`] does.
    pub clients: Option<usize>,
    /// The component that calls.
    pub component: Option<ComponentId>,
    /// Who is called, behind all names.
    pub target: ComponentId,
    /// Where the call is made.
    pub from: RegionId,
    /// Where it goes.
    pub to: RegionId,
}

/// The calls between different regions that can happen, so that a way there and one back must be given.
#[must_use]
pub fn crossings(d: &Description) -> Vec<Crossing> {
    let mut all = Vec::new();
    for (i, clients) in d.clients.iter().enumerate() {
        if let Some(home) = d.network.client_home(i) {
            cross(d, Some(i), None, &[home], clients.call.target, &mut all);
        }
    }
    for (i, component) in (0u16..).map(ComponentId).zip(&d.components) {
        let from = match &component.kind {
            Kind::Dns(_) => continue,
            // Where those are who call it.
            Kind::Cdn(cdn) if cdn.is_private => {
                let callers = d.clients.iter().enumerate().filter(|(_, c)| c.call.target == i);
                callers.filter_map(|(c, _)| d.network.client_home(c)).collect()
            }
            Kind::Cdn(cdn) => {
                // An edge asks the shield, and both ask the origin.
                let edges = cdn.edges.iter().copied().filter(|e| Some(*e) != cdn.shield);
                for (from, to) in edges.zip(std::iter::repeat(cdn.shield)) {
                    all.extend(to.map(|to| Crossing {
                        clients: None,
                        component: Some(i),
                        target: i,
                        from,
                        to,
                    }));
                }
                cdn.edges.iter().copied().chain(cdn.shield).collect()
            }
            _ => vec![d.network.home(i)],
        };
        for target in super::check::callees(component) {
            cross(d, None, Some(i), &from, target, &mut all);
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn cross(
    d: &Description,
    clients: Option<usize>,
    component: Option<ComponentId>,
    from: &[RegionId],
    target: ComponentId,
    all: &mut Vec<Crossing>,
) {
    let Some(kind) = d.components.get(target.index()).map(|c| &c.kind) else {
        return;
    };
    let mut add = |from: RegionId, to: RegionId| {
        if from != to {
            all.push(Crossing {
                clients,
                component,
                target,
                from,
                to,
            });
        }
    };
    match kind {
        // Any endpoint may be the answer; a name never leads to another.
        Kind::Dns(dns) => {
            for endpoint in dns.forward.iter().filter(|f| **f != target) {
                if !matches!(
                    d.components.get(endpoint.index()).map(|c| &c.kind),
                    Some(Kind::Dns(_))
                ) {
                    cross(d, clients, component, from, *endpoint, all);
                }
            }
        }
        // Who has no edge of its own needs a way to one of them: the first stands for all where there is none.
        Kind::Cdn(cdn) if cdn.is_private => {}
        Kind::Cdn(cdn) => {
            for from in from {
                let is_near = |e: &RegionId| d.network.distance(*from, *e).is_some();
                if let Some(first) = cdn.edges.first().filter(|_| !cdn.edges.iter().any(is_near)) {
                    add(*from, *first);
                }
            }
        }
        // It is beside its caller.
        Kind::External(external) if !external.is_store => {}
        _ => from.iter().for_each(|from| add(*from, d.network.home(target))),
    }
}
