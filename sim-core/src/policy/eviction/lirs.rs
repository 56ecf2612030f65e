//! LIRS: values whose last two uses were close together (LIR) stay; the others (HIR) share a small queue, and one that is asked for
//! again while the stack still remembers it takes the place of the LIR value that was used longest ago.
//!
//! S. Jiang and X. Zhang, "LIRS: an efficient low inter-reference recency set replacement policy to improve buffer cache
//! performance", SIGMETRICS 2002; the queue has 1 % of the capacity. As in libCacheSim's LIRS the stack holds at most twice the
//! capacity, and a hit in the queue alone lets one LIR value go when they fill their share.

use super::Order;
use super::share;
use super::shelf::{END, GHOSTS, List, Shelf};
use crate::time::SimTime;

/// Marks of an entry.
const LIR: u32 = 1;
const IN_STACK: u32 = 2;
const IN_QUEUE: u32 = 4;

/// A second order of entries that have one already.
#[derive(Clone, Debug)]
struct Chain {
    newest: u32,
    oldest: u32,
}

/// The links of the second order, by place: newer, older.
type Links = Vec<[u32; 2]>;

impl Chain {
    const EMPTY: Self = Self {
        newest: END,
        oldest: END,
    };

    fn push(&mut self, links: &mut Links, at: u32) {
        if links.len() <= at as usize {
            links.resize(at as usize + 1, [END, END]);
        }
        let was = std::mem::replace(&mut self.newest, at);
        links[at as usize] = [END, was];
        match was {
            END => self.oldest = at,
            w => links[w as usize][0] = at,
        }
    }

    fn unlink(&mut self, links: &mut Links, at: u32) {
        let [newer, older] = links[at as usize];
        match newer {
            END => self.newest = older,
            n => links[n as usize][1] = older,
        }
        match older {
            END => self.oldest = newer,
            o => links[o as usize][0] = newer,
        }
    }

    fn pop(&mut self, links: &mut Links) -> Option<u32> {
        let at = self.oldest;
        if at == END {
            return None;
        }
        self.unlink(links, at);
        Some(at)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Lirs {
    /// S: LIR values, and HIR ones with or without their value.
    stack: List,
    links: Links,
    /// Q: HIR values.
    queue: Chain,
    /// HIR ghosts, which are all in the stack.
    ghosts: Chain,
    lir: u64,
    hir: u64,
    most_lir: u64,
    most_hir: u64,
}

impl Lirs {
    pub fn new(recent: f64, capacity: u64) -> Self {
        let most_hir = share(capacity, recent).max(1);
        Self {
            stack: List::new(0),
            links: Links::new(),
            queue: Chain::EMPTY,
            ghosts: Chain::EMPTY,
            lir: 0,
            hir: 0,
            most_lir: capacity - most_hir,
            most_hir,
        }
    }

    /// The stack ends in a LIR value, or is no more than its newest entry.
    fn prune(&mut self, shelf: &mut Shelf) {
        while self.stack.oldest != self.stack.newest {
            let at = self.stack.oldest;
            if shelf[at].mark & LIR != 0 {
                return;
            }
            self.leave_stack(shelf, at);
        }
    }

    /// A HIR entry leaves the stack; a ghost is forgotten by that.
    fn leave_stack(&mut self, shelf: &mut Shelf, at: u32) {
        self.stack.unlink(shelf, at);
        shelf[at].mark &= !IN_STACK;
        if !shelf.is_kept(at) {
            self.ghosts.unlink(&mut self.links, at);
            shelf.release(at);
        }
    }

    /// The oldest LIR value becomes the newest HIR one; whether there was one.
    fn demote(&mut self, shelf: &mut Shelf) -> bool {
        self.prune(shelf);
        let at = self.stack.oldest;
        if at == END || shelf[at].mark & LIR == 0 {
            return false;
        }
        let weight = u64::from(shelf[at].weight);
        self.stack.unlink(shelf, at);
        self.lir -= weight;
        shelf[at].mark = 0;
        if weight <= self.most_hir {
            while self.hir + weight > self.most_hir && self.evict_hir(shelf) {}
            self.enqueue(shelf, at);
        } else {
            shelf.evict(at);
        }
        self.prune(shelf);
        true
    }

    fn enqueue(&mut self, shelf: &mut Shelf, at: u32) {
        self.queue.push(&mut self.links, at);
        self.hir += u64::from(shelf[at].weight);
        shelf[at].mark |= IN_QUEUE;
    }

    fn leave_queue(&mut self, shelf: &mut Shelf, at: u32) {
        if shelf[at].mark & IN_QUEUE != 0 {
            self.queue.unlink(&mut self.links, at);
            self.hir -= u64::from(shelf[at].weight);
            shelf[at].mark &= !IN_QUEUE;
        }
    }

    /// The oldest HIR value leaves; whether there was one.
    fn evict_hir(&mut self, shelf: &mut Shelf) -> bool {
        let Some(at) = self.queue.pop(&mut self.links) else {
            return false;
        };
        self.hir -= u64::from(shelf[at].weight);
        shelf[at].mark &= !IN_QUEUE;
        if shelf[at].mark & IN_STACK == 0 {
            shelf.evict(at);
        } else {
            shelf.forget_value(at);
            shelf[at].list = GHOSTS;
            self.ghosts.push(&mut self.links, at);
        }
        true
    }

    fn promote(&mut self, shelf: &mut Shelf, at: u32) {
        let weight = u64::from(shelf[at].weight);
        while self.lir + weight > self.most_lir && self.demote(shelf) {}
        shelf[at].mark = LIR | IN_STACK;
        self.lir += weight;
    }

    /// The stack may remember so much and no more.
    fn limit_stack(&mut self, shelf: &mut Shelf) {
        while self.stack.weight > shelf.capacity.saturating_mul(2) && self.ghosts.oldest != END {
            self.leave_stack(shelf, self.ghosts.oldest);
        }
    }
}

impl Order for Lirs {
    fn hit(&mut self, shelf: &mut Shelf, at: u32, _now: SimTime) {
        let mark = shelf[at].mark;
        if mark & LIR != 0 {
            self.stack.renew(shelf, at);
            self.prune(shelf);
        } else if mark & IN_STACK != 0 {
            self.stack.renew(shelf, at);
            self.leave_queue(shelf, at);
            self.promote(shelf, at);
        } else {
            self.leave_queue(shelf, at);
            self.enqueue(shelf, at);
            self.stack.push(shelf, at);
            shelf[at].mark |= IN_STACK;
            let weight = u64::from(shelf[at].weight);
            while self.lir + weight > self.most_lir && self.demote(shelf) {}
        }
        self.limit_stack(shelf);
    }

    fn admit(&mut self, shelf: &mut Shelf, key: u64, weight: u32, _now: SimTime) -> Option<u32> {
        let w = u64::from(weight);
        let ghost = shelf.find(key);
        if let Some(at) = ghost {
            self.stack.renew(shelf, at);
            shelf[at].list = GHOSTS;
            while self.lir + w > self.most_lir && self.demote(shelf) {}
            self.ghosts.unlink(&mut self.links, at);
        } else if self.lir + w > self.most_lir {
            while self.hir + w > self.most_hir && self.evict_hir(shelf) {}
        }
        while !shelf.has_room(weight) && (self.evict_hir(shelf) || self.demote(shelf)) {}
        let at = match ghost {
            Some(at) => {
                shelf.revive(at, weight);
                shelf[at].mark = LIR | IN_STACK;
                self.lir += w;
                at
            }
            None => {
                let at = shelf.add(key, weight);
                self.stack.push(shelf, at);
                shelf[at].mark = IN_STACK;
                if self.lir + w <= self.most_lir {
                    shelf[at].mark |= LIR;
                    self.lir += w;
                } else {
                    self.enqueue(shelf, at);
                }
                at
            }
        };
        self.limit_stack(shelf);
        Some(at)
    }

    fn unlink(&mut self, shelf: &mut Shelf, at: u32) {
        self.leave_queue(shelf, at);
        let mark = shelf[at].mark;
        if mark & IN_STACK != 0 {
            self.stack.unlink(shelf, at);
        }
        if mark & LIR != 0 {
            self.lir -= u64::from(shelf[at].weight);
            self.prune(shelf);
        }
        shelf[at].mark = 0;
    }
}
