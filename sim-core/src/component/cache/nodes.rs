//! On which node a key is: by its hash modulo their number, or at the next point of a ring.
//!
//! D. Karger and others, "Consistent hashing and random trees", STOC 1997; several points for every node, as in libketama. When
//! a node is lost its keys go to the origin, or to the nodes that are left: in a ring only the lost one's keys move, modulo nearly all.

use crate::model::Nodes;
use crate::policy::eviction::hash;

#[derive(Clone, Debug)]
pub(super) struct Ring {
    /// Points and their nodes in order; empty: modulo.
    points: Vec<(u64, u32)>,
    rehash: bool,
    /// The nodes that keys may be on.
    up: Vec<u32>,
}

impl Ring {
    pub fn new(of: &Nodes, count: u32) -> Self {
        let each = of.points.unwrap_or(0);
        let mut points: Vec<(u64, u32)> = (0..count)
            .flat_map(|node| (0..each).map(move |p| (hash(u64::from(node) << 32 | u64::from(p)), node)))
            .collect();
        points.sort_unstable();
        Self {
            points,
            rehash: of.rehash,
            up: (0..count).collect(),
        }
    }

    /// A node is lost, or back.
    pub fn set_up(&mut self, node: u32, is_up: bool) {
        if self.rehash {
            self.up.retain(|n| *n != node);
            if is_up {
                let place = self.up.partition_point(|n| *n < node);
                self.up.insert(place, node);
            }
        }
    }

    /// The node of a key; the one that it would be on if all were up, where none is.
    #[inline]
    pub fn node(&self, key: u64) -> u32 {
        if self.points.is_empty() {
            let of = |nodes: u64| usize::try_from(hash(key) % nodes.max(1)).unwrap_or(0);
            return self.up.get(of(self.up.len() as u64)).copied().unwrap_or(0);
        }
        // The key's point is of another hash than that of the nodes' points, which are numbers too.
        let place = hash(hash(key));
        let first = self.points.partition_point(|p| p.0 < place) % self.points.len();
        let at = self.points[first].1;
        if !self.rehash || self.up.contains(&at) {
            return at;
        }
        let next = self.points[first..].iter().chain(&self.points[..first]);
        next.map(|p| p.1).find(|n| self.up.contains(n)).unwrap_or(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: u64 = 20_000;

    fn ring(points: Option<u32>) -> Ring {
        Ring::new(&Nodes { points, rehash: true }, 5)
    }

    /// The share of the keys of the other nodes that move when node 2 is lost.
    fn moved(points: Option<u32>) -> f64 {
        let (whole, mut without) = (ring(points), ring(points));
        without.set_up(2, false);
        assert!((0..KEYS).all(|k| without.node(k) != 2), "node 2 is lost");
        let others: Vec<u64> = (0..KEYS).filter(|k| whole.node(*k) != 2).collect();
        let moved = others
            .iter()
            .filter(|k| whole.node(**k) != without.node(**k))
            .count();
        without.set_up(2, true);
        assert!(
            (0..KEYS).all(|k| without.node(k) == whole.node(k)),
            "all are back"
        );
        moved as f64 / others.len() as f64
    }

    #[test]
    fn a_lost_node_moves_its_own_keys_in_a_ring_and_most_others_modulo() {
        assert_eq!(moved(Some(160)), 0.0);
        // A key stays if its remainders by 5 and by 4 mean the same node: one in four, roughly.
        let share = moved(None);
        assert!((0.70..0.80).contains(&share), "{share}");
    }

    #[test]
    fn nodes_have_about_the_same_share_of_the_keys() {
        let ring = ring(Some(160));
        let mut counts = [0u64; 5];
        (0..KEYS).for_each(|k| counts[ring.node(k) as usize] += 1);
        // A relative spread of about one over the root of the points, 8 %.
        assert!(counts.iter().all(|c| (3_000..5_000).contains(c)), "{counts:?}");
    }
}
