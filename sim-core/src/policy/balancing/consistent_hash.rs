//! By a hash of the key or the source into a table in which few entries move when instances come and go.
//!
//! The tables are members of their own: [`Ketama`] (nginx), [`Ring`] and [`Maglev`] (Envoy). With a bounded load (V. Mirrokni,
//! M. Thorup, M. Zadimoghaddam, "Consistent hashing with bounded loads", SODA 2018) an instance whose calls out reach its part
//! of `bound` times the mean is passed over for another, in an order that follows from the hash, as in Envoy's
//! `source/extensions/load_balancing_policies/common/thread_aware_lb_impl.cc` (main of July 2026); the order itself is our own.

use super::hash::decimal;
use super::ip_hash::address;
use super::ketama::Ketama;
use super::maglev::Maglev;
use super::ring::Ring;
use super::{Asked, Candidates, WeightedRoundRobin};
use crate::model::{ConsistentHash as Rule, HashBy, Scheme};
use crate::random::Draw;

#[derive(Clone, Debug)]
pub(crate) struct ConsistentHash {
    rule: Rule,
    table: Option<Table>,
    version: u32,
    order: Vec<u32>,
    fallback: WeightedRoundRobin,
}

#[derive(Clone, Debug)]
enum Table {
    Ketama(Ketama),
    Ring(Ring),
    Maglev(Maglev),
}

impl ConsistentHash {
    pub fn new(rule: Rule) -> Self {
        Self {
            rule,
            table: None,
            version: 0,
            order: Vec::new(),
            fallback: WeightedRoundRobin::default(),
        }
    }

    pub fn next(&mut self, candidates: Candidates<'_>, asked: Asked) -> u32 {
        let mut room = [0; 20];
        let key = text(self.rule.by, asked, &mut room);
        let table = self.table.take().filter(|_| self.version == candidates.version);
        self.version = candidates.version;
        let table = self
            .table
            .insert(table.unwrap_or_else(|| built(self.rule.scheme, candidates)));
        let (found, hash) = match table {
            Table::Ketama(t) => (t.at(candidates, key), u64::from(Ketama::hash(key))),
            Table::Ring(t) => (Some(t.at(xx(key), asked.choices)), xx(key)),
            Table::Maglev(t) => (Some(t.at(xx(key), asked.choices)), xx(key)),
        };
        match (found, self.rule.bound_percent) {
            (None, _) => self.fallback.next(candidates),
            (Some(at), None) => at,
            (Some(at), Some(percent)) => self.bounded(candidates, at, hash, percent),
        }
    }

    /// Whether its table is of the candidates: nginx's has all instances.
    pub fn keeps_a_table(&self) -> bool {
        self.rule.scheme != Scheme::Ketama
    }

    /// The instance that was found, or another one where it has its part of the calls out.
    fn bounded(&mut self, candidates: Candidates<'_>, found: u32, hash: u64, percent: u32) -> u32 {
        let list = candidates.list;
        let (calls, weights) = list.iter().fold((0, 0.0), |(calls, weights), at| {
            (
                calls + u64::from(candidates.load(*at)),
                weights + candidates.of.share(*at),
            )
        });
        let slots = total_slots(calls, percent);
        let overload = |at: u32| {
            let part = candidates.of.share(at) / weights;
            f64::from(candidates.load(at)) / slots_of(slots, part)
        };
        let mut least = (overload(found), found);
        if least.0 <= 1.0 {
            return found;
        }
        self.order.clear();
        self.order.extend_from_slice(list);
        let mut draw = Draw::new(hash);
        for i in 0..list.len() {
            let other = i + draw.below((list.len() - i) as u64) as usize;
            self.order.swap(i, other);
            let at = self.order[i];
            let load = overload(at);
            if at != found && load <= 1.0 {
                return at;
            }
            if load < least.0 {
                least = (load, at);
            }
        }
        least.1
    }
}

/// Calls that all instances together may have out with one more.
fn total_slots(calls: u64, percent: u32) -> u64 {
    ((calls + 1) * u64::from(percent)).div_ceil(100)
}

/// Calls that an instance of this part of the weight may have out.
fn slots_of(total: u64, part: f64) -> f64 {
    (total as f64 * part).ceil().max(1.0)
}

fn built(scheme: Scheme, candidates: Candidates<'_>) -> Table {
    match scheme {
        // nginx keeps the points of those that may not be chosen, and passes them over.
        Scheme::Ketama => Table::Ketama(Ketama::new(candidates.of)),
        Scheme::Ring { least, most } => Table::Ring(Ring::new(&hosts(candidates), least, most)),
        Scheme::Maglev { size } => Table::Maglev(Maglev::new(&hosts(candidates), size)),
    }
}

/// Something with a name that has a weight in a table.
pub(super) struct Host {
    pub at: u32,
    pub name: Vec<u8>,
    /// Its part of all weights.
    pub weight: f64,
}

fn hosts(candidates: Candidates<'_>) -> Vec<Host> {
    let total: f64 = candidates
        .list
        .iter()
        .map(|at| f64::from(candidates.of.weight(*at)))
        .sum();
    let host = |at: &u32| Host {
        at: *at,
        name: name(*at),
        weight: f64::from(candidates.of.weight(*at)) / total,
    };
    candidates.list.iter().map(host).collect()
}

/// The hash of what a request is told apart by.
pub(super) fn of_request(by: HashBy, asked: Asked) -> u64 {
    xx(text(by, asked, &mut [0; 20]))
}

/// The hash of a key.
pub(crate) fn of_key(key: u64) -> u64 {
    xx(decimal(key, &mut [0; 20]))
}

fn text(by: HashBy, asked: Asked, room: &mut [u8; 20]) -> &[u8] {
    match by {
        HashBy::Key => decimal(asked.key, room),
        HashBy::Source => dotted(address(asked.source), room),
    }
}

/// The address and port of an instance, which tables are made of.
pub(super) fn name(instance: u32) -> Vec<u8> {
    let [_, a, b, c] = (instance + 1).to_be_bytes();
    [dotted([10, a, b, c], &mut [0; 20]), b":8080".as_slice()].concat()
}

/// The hash of Envoy's tables.
pub(super) fn xx(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh64::xxh64(bytes, 0)
}

/// An address in dotted decimal.
fn dotted(address: [u8; 4], text: &mut [u8; 20]) -> &[u8] {
    let mut end = 0;
    for (i, octet) in address.into_iter().enumerate() {
        if i > 0 {
            text[end] = b'.';
            end += 1;
        }
        let mut digits = [0; 20];
        let digits = decimal(u64::from(octet), &mut digits);
        text[end..end + digits.len()].copy_from_slice(digits);
        end += digits.len();
    }
    &text[..end]
}
