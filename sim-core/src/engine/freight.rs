//! What answers weigh, what their transport costs, and how fast a link carries them.

use crate::model::{Description, Kind};
use crate::station::Sharing;

/// An answer that leaves a component.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cargo {
    /// Whether it answers an operation, and not a question to a store.
    pub is_op: bool,
    pub op: u16,
    /// Who answers.
    pub component: u16,
    /// Which component asked; none: clients.
    pub to: Option<u16>,
}

#[derive(Debug)]
pub(super) struct Freight {
    pub is_any: bool,
    op_sizes: Vec<u64>,
    sizes: Vec<u64>,
    /// For every pair of regions.
    pub prices: Vec<u64>,
    pub bandwidths: Vec<Option<f64>>,
    pub cross_zone_price: u64,
    /// For every component its own price of a byte, whichever way it takes.
    own: Vec<Option<u64>>,
}

impl Freight {
    pub fn new(d: &Description, regions: usize) -> Self {
        let n = &d.network;
        let mut prices = vec![0; regions * regions];
        let mut bandwidths = vec![None; regions * regions];
        for way in &n.ways {
            let pair = way.from.index() * regions + way.to.index();
            prices[pair] = way.price;
            bandwidths[pair] = way.bandwidth;
        }
        let own = |c: &crate::model::Component| match &c.kind {
            Kind::Cdn(cdn) => (!cdn.is_private).then_some(cdn.price),
            Kind::External(external) => external.price,
            _ => None,
        };
        Self {
            is_any: n.op_sizes.iter().chain(&n.sizes).any(|s| *s > 0),
            op_sizes: n.op_sizes.clone(),
            sizes: n.sizes.clone(),
            prices,
            bandwidths,
            cross_zone_price: n.cross_zone_price,
            own: d.components.iter().map(own).collect(),
        }
    }

    /// How many bytes an answer has.
    pub fn bytes(&self, is_op: bool, op: u16, component: u16) -> u64 {
        let of_op = self
            .op_sizes
            .get(usize::from(op))
            .copied()
            .filter(|s| is_op && *s > 0);
        of_op
            .or(self.sizes.get(usize::from(component)).copied())
            .unwrap_or(0)
    }

    pub fn own_price(&self, component: u16) -> Option<u64> {
        self.own.get(usize::from(component)).copied().flatten()
    }
}

/// The links between regions, where one has a bandwidth.
pub(crate) fn links(d: &Description) -> Vec<Sharing> {
    let regions = d.network.regions.len();
    let count = if d.network.ways.iter().any(|w| w.bandwidth.is_some()) {
        regions * regions
    } else {
        0
    };
    (0..count).map(|_| Sharing::evenly()).collect()
}
