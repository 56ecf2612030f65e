//! The ways that messages take: who stands where, how long a message takes, and what is cut off.
//!
//! A place is one number, the region above the zone, so that two places in one region are told from two in different ones by
//! a shift, and all that a scenario without regions ever looks at is whether two numbers are equal. A message into the dark,
//! or across a partition, is lost: nobody refuses it. Its sender hears nothing until its own patience ends, and no later
//! than TCP gives up, 127 s after the first try: 1 s doubled six times (RFC 6298, section 5; `tcp_syn_retries` = 6 in
//! the Linux kernel's ip-sysctl documentation).

use super::freight::{Cargo, Freight};
use crate::model::{Description, FaultKind};
use crate::random::{Law, Stream, StreamName};
use crate::time::SimDuration;

/// Bits of a place that say the zone.
const ZONE_BITS: u16 = 10;
/// Clients without a region: they reach their first component at once.
pub(crate) const NOWHERE: u16 = u16::MAX;
/// The zone of clients: none that an instance is in.
const CLIENTS: u16 = 1022;
/// The zone of a network's edges: none that an instance, or a client, is in.
const EDGES: u16 = 1021;
/// Until the first message of a connection is sent again (RFC 6298, section 2.1).
const FIRST_WAIT: SimDuration = SimDuration::from_nanos(1_000_000_000);
/// What is waited beside a round trip before a message is sent again: the least variation that Linux reckons with
/// (`TCP_RTO_MIN`, 200 ms; RFC 6298 would wait a second).
const LEAST_VARIATION: SimDuration = SimDuration::from_nanos(200_000_000);
/// When the system gives a message up that nothing answers.
pub(crate) const GIVES_UP: SimDuration = SimDuration::from_nanos(127_000_000_000);

/// The place of an instance.
pub(super) const fn place(region: u16, zone: u16) -> u16 {
    region << ZONE_BITS | zone
}

/// The place of an edge.
pub(crate) const fn edge_in(region: u16) -> u16 {
    place(region, EDGES)
}

/// Where a caller finds what is in all zones of a region, at `home` among others: in its own zone, if it is in one of them.
pub(crate) const fn part_in_reach(from: u16, home: u16) -> u16 {
    let is_in_zone = from & ((1 << ZONE_BITS) - 1) < EDGES;
    if region_of(from) == region_of(home) && is_in_zone {
        from
    } else {
        home
    }
}

/// The region of a place.
#[inline]
pub(crate) const fn region_of(place: u16) -> u16 {
    place >> ZONE_BITS
}

#[derive(Debug)]
pub(crate) struct Ways {
    /// Within a zone, and between the zones of a region.
    near: [Option<Law>; 2],
    near_streams: Vec<[Stream; 2]>,
    regions: usize,
    /// From region to region; from a region to itself instead of the delay between its zones.
    far: Vec<Option<Law>>,
    far_streams: Vec<Stream>,
    /// Their mean delays in nanoseconds.
    means: Vec<f64>,
    /// Whether a region has a way to itself.
    has_loops: bool,
    trouble: Trouble,
    /// For every pair the share of messages that are lost, and of which stream.
    losses: Vec<(f64, Stream)>,
    freight: Freight,
    /// For every population of clients the round trips before a request.
    set_up: Vec<u32>,
    components: usize,
    /// The names of all senders, and of the regions.
    names: [Vec<StreamName>; 2],
    /// For every population of clients where they are, or [`NOWHERE`].
    pub homes: Vec<u16>,
}

/// What is wrong with the ways at present.
#[derive(Debug)]
struct Trouble {
    /// Faults that are on.
    count: u32,
    /// For every region by how many faults it is dark.
    dark: Vec<u16>,
    /// For every pair of regions by how many faults it is cut.
    cut: Vec<u16>,
    /// For every pair the faults that make it slower: their number, what they add and from which stream.
    slow: Vec<(usize, u32, Law, Stream)>,
}

impl Ways {
    pub fn new(d: &Description, seed: u64, trial: u64) -> Self {
        let n = &d.network;
        let regions = n.regions.len().max(1);
        let senders: Vec<StreamName> = senders(d).collect();
        let mut far = vec![None; regions * regions];
        for way in &n.ways {
            far[way.from.index() * regions + way.to.index()] = Some(way.delay.clone());
        }
        let near_stream = |name: &StreamName| {
            ["same-zone", "cross-zone"].map(|p| Stream::open(seed, trial, name.purpose(p)))
        };
        let far_stream = |name: &StreamName| -> Vec<Stream> {
            let to = n.regions.iter();
            to.map(|r| Stream::open(seed, trial, name.purpose("to-region").index(r.value())))
                .collect()
        };
        let home = |i| n.client_home(i).map_or(NOWHERE, |r| place(r.0, CLIENTS));
        Self {
            near: [n.same_zone.clone(), n.cross_zone.clone()],
            near_streams: senders.iter().map(near_stream).collect(),
            regions,
            means: far
                .iter()
                .map(|l: &Option<Law>| l.as_ref().map_or(0.0, Law::mean))
                .collect(),
            has_loops: n.ways.iter().any(|w| w.from == w.to),
            far,
            far_streams: senders.iter().flat_map(far_stream).collect(),
            trouble: Trouble {
                count: 0,
                dark: vec![0; regions],
                cut: vec![0; regions * regions],
                slow: Vec::new(),
            },
            homes: (0..d.clients.len()).map(home).collect(),
            names: [senders, n.regions.clone()],
            losses: losses(n, regions, seed, trial),
            freight: Freight::new(d, regions),
            set_up: n.set_up.clone(),
            components: d.components.len(),
        }
    }

    /// How long a message of `sender` takes between two places; none: it is lost.
    #[inline]
    pub fn delay(&mut self, sender: usize, from: u16, to: u16) -> Option<SimDuration> {
        let (a, b) = (region_of(from), region_of(to));
        if a != b || self.has_loops || self.trouble.count > 0 {
            return self.far(sender, from, to, None);
        }
        let way = usize::from(from != to);
        Some(match &self.near[way] {
            None => SimDuration::ZERO,
            Some(law) => law.sample_duration(&mut self.near_streams[sender][way].next()),
        })
    }

    fn far(&mut self, sender: usize, from: u16, to: u16, wait: Option<SimDuration>) -> Option<SimDuration> {
        let (a, b) = (usize::from(region_of(from)), usize::from(region_of(to)));
        let pair = a * self.regions + b;
        let trouble = &mut self.trouble;
        if trouble.count > 0 && (trouble.dark[a] > 0 || trouble.dark[b] > 0 || trouble.cut[pair] > 0) {
            return None;
        }
        let loops = a == b && self.far[pair].is_none();
        let mut delay = if from == to || loops {
            let way = usize::from(from != to);
            let stream = &mut self.near_streams[sender][way];
            self.near[way]
                .as_ref()
                .map(|law| law.sample_duration(&mut stream.next()))
        } else {
            let stream = &mut self.far_streams[sender * self.regions + b];
            self.far[pair]
                .as_ref()
                .map(|law| law.sample_duration(&mut stream.next()))
        }
        .unwrap_or(SimDuration::ZERO);
        for (of, _, law, stream) in &mut trouble.slow {
            if *of == pair {
                delay += law.sample_duration(&mut stream.next());
            }
        }
        let (loss, stream) = &mut self.losses[pair];
        if *loss > 0.0 {
            // A lost message is sent again after a time that doubles (RFC 6298, section 5.5).
            let round_trip = self.means[pair] + self.means[b * self.regions + a];
            let mut wait = wait.unwrap_or(SimDuration::from_f64_nanos(round_trip) + LEAST_VARIATION);
            while stream.uniform() < *loss {
                delay += wait;
                wait = wait + wait;
                if delay > GIVES_UP {
                    return None;
                }
            }
        }
        Some(delay)
    }

    /// How long it takes until a request of this sender can be sent, where that takes a connection; none: never.
    pub fn set_up(&mut self, sender: usize, from: u16, to: u16) -> Option<SimDuration> {
        let clients = sender.checked_sub(self.components);
        let trips = clients.and_then(|c| self.set_up.get(c).copied()).unwrap_or(0);
        let mut time = SimDuration::ZERO;
        for trip in 0..trips {
            // Who has not measured a round trip yet waits a second before it tries again (RFC 6298, section 2).
            let wait = (trip == 0).then_some(FIRST_WAIT);
            time += self.far(sender, from, to, wait)?;
            time += self.far(sender, to, from, wait)?;
        }
        Some(time)
    }

    /// An answer leaves a component: what that costs, in 10^-12 USD, and the link that it must pass, with the time that it
    /// takes there alone.
    pub fn load(&self, cargo: Cargo, from: u16, to: u16) -> (u64, Option<(u32, SimDuration)>) {
        let freight = &self.freight;
        let bytes = freight.bytes(cargo.is_op, cargo.op, cargo.component);
        if bytes == 0 {
            return (0, None);
        }
        let (a, b) = (usize::from(region_of(from)), usize::from(region_of(to)));
        let pair = a * self.regions + b;
        let price = match (cargo.to, freight.own_price(cargo.component)) {
            // What goes to a CDN's caches is for its price to pay.
            (Some(to), _) if freight.own_price(to).is_some() => 0,
            (_, Some(own)) => own,
            _ if a == b && self.far[pair].is_none() => u64::from(from != to) * freight.cross_zone_price,
            _ => freight.prices[pair],
        };
        let link = freight.bandwidths[pair].filter(|_| from != to).map(|b| {
            let time = SimDuration::from_f64_nanos(bytes as f64 / b * 1e9);
            (u32::try_from(pair).unwrap_or(0), time)
        });
        (bytes * price, link)
    }

    /// How many bytes an answer of a component has, to an operation or to a question to a store.
    pub fn bytes(&self, is_op: bool, op: u16, component: u16) -> u64 {
        self.freight.bytes(is_op, op, component)
    }

    /// Whether answers have a size at all.
    pub fn has_freight(&self) -> bool {
        self.freight.is_any
    }

    /// The stream below `of` that belongs to a sender in a region, or nowhere.
    pub fn name(&self, of: StreamName, sender: usize, region: Option<u16>) -> StreamName {
        let [senders, regions] = &self.names;
        let of = senders.get(sender).map_or(of, |s| of.index(s.value()));
        let region = region.and_then(|r| regions.get(usize::from(r)));
        region.map_or(of, |r| of.index(r.value()))
    }

    /// How many regions there are.
    pub fn regions(&self) -> usize {
        self.regions
    }

    /// How far a region is from another, there and back, in nanoseconds; none: there is no way.
    pub fn distance(&self, from: u16, to: u16) -> Option<f64> {
        let (a, b) = (usize::from(from), usize::from(to));
        let (there, back) = (a * self.regions + b, b * self.regions + a);
        if a == b {
            return Some(0.0);
        }
        (self.far[there].is_some() && self.far[back].is_some()).then(|| self.means[there] + self.means[back])
    }

    /// As [`Self::distance`], with what makes the ways slower at present; infinite where they are cut.
    pub fn distance_now(&self, from: u16, to: u16) -> Option<f64> {
        let (a, b) = (usize::from(from), usize::from(to));
        let pairs = [a * self.regions + b, b * self.regions + a];
        let trouble = &self.trouble;
        if trouble.dark[a] > 0 || trouble.dark[b] > 0 || pairs.iter().any(|p| trouble.cut[*p] > 0) {
            return Some(f64::INFINITY);
        }
        let slow = trouble.slow.iter().filter(|s| pairs.contains(&s.0));
        Some(self.distance(from, to)? + slow.map(|s| s.2.mean()).sum::<f64>())
    }

    /// Whether nothing that is sent to the region arrives.
    pub fn is_dark(&self, region: u16) -> bool {
        self.trouble.dark[usize::from(region)] > 0
    }

    /// A fault begins or ends: what of it concerns the ways.
    pub fn change(&mut self, number: u32, kind: &FaultKind, begins: bool, streams: [Stream; 2]) {
        let regions = self.regions;
        let pairs = |a: usize, b: usize| [a * regions + b, b * regions + a];
        let trouble = &mut self.trouble;
        let by = |level: &mut u16| *level = if begins { *level + 1 } else { *level - 1 };
        match kind {
            FaultKind::RegionOutage(region) => by(&mut trouble.dark[region.index()]),
            FaultKind::Partition(a, b) => {
                pairs(a.index(), b.index())
                    .iter()
                    .for_each(|p| by(&mut trouble.cut[*p]));
            }
            FaultKind::Latency { a, b, by } if begins => {
                let [there, back] = pairs(a.index(), b.index());
                let both = if there == back { 1 } else { 2 };
                for (pair, stream) in [there, back].into_iter().zip(streams).take(both) {
                    trouble.slow.push((pair, number, by.clone(), stream));
                }
            }
            FaultKind::Latency { .. } => trouble.slow.retain(|s| s.1 != number),
            FaultKind::ZoneOutage { .. }
            | FaultKind::InstanceCrash { .. }
            | FaultKind::Drain { .. }
            | FaultKind::Pause { .. }
            | FaultKind::Slow { .. }
            | FaultKind::CoordinatorCrash(_)
            | FaultKind::Reshard(_) => return,
        }
        trouble.count = if begins {
            trouble.count + 1
        } else {
            trouble.count - 1
        };
    }
}

/// Who sends messages: components, then clients.
fn senders(d: &Description) -> impl Iterator<Item = StreamName> {
    let components = d.components.iter().map(|c| c.name);
    components.chain(d.clients.iter().map(|c| c.name))
}

/// The shares of messages that are lost between regions, each with a stream.
fn losses(n: &crate::model::Network, regions: usize, seed: u64, trial: u64) -> Vec<(f64, Stream)> {
    let nobody = StreamName::new("loss");
    let mut losses = vec![(0.0, Stream::open(seed, trial, nobody)); regions * regions];
    for way in &n.ways {
        let name = |r: crate::model::RegionId| n.regions.get(r.index()).map_or(0, |r| r.value());
        let name = nobody.index(name(way.from)).index(name(way.to));
        losses[way.from.index() * regions + way.to.index()] = (way.loss, Stream::open(seed, trial, name));
    }
    losses
}
