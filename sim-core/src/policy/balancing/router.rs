//! What comes before the policy: the level and the zone that a call goes to. Each of these groups has a policy of its own, as
//! in Envoy.

use super::levels::{Level, Load, loads};
use super::{Asked, Backends, Candidates, Choice, consistent_hash, elsewhere, stream_of, zones};
use crate::model::{Balancer, Balancing, FailOpen, HashBy, Levels, ZoneAware};
use crate::random::{Stream, StreamName};
use crate::time::SimTime;

/// A balancer's way from a call to an instance.
#[derive(Debug)]
pub(crate) struct Router {
    choice: Choice,
    groups: Option<Box<Groups>>,
    /// Room for those that a call hasn't tried.
    others: Vec<u32>,
}

#[derive(Debug)]
struct Groups {
    levels: Levels,
    panic_percent: u32,
    zone_aware: Option<ZoneAware>,
    /// How many callers there are in each place.
    callers: Vec<(u16, u32)>,
    /// Which level, and which zone.
    stream: Stream,
    policy: Balancing,
    streams: StreamName,
    seed: u64,
    trial: u64,
    /// The candidates that the loads and lists were worked out for.
    version: Option<(u32, u32)>,
    loads: Vec<Load>,
    /// For every level all that may be chosen there.
    whole: Vec<Group>,
    /// The places of the instances: the zones that calls can go to.
    places: Vec<u16>,
    /// For the first level all that may be chosen in each, how many they are, and how many callers are there; last the
    /// callers elsewhere.
    by_zone: Vec<Group>,
    in_zone: Vec<u32>,
    from_zone: Vec<u32>,
}

#[derive(Debug)]
struct Group {
    list: Vec<u32>,
    is_even: bool,
    version: u32,
    choice: Choice,
}

impl Router {
    /// The way of a view of this name, to the component at a place behind the balancer. `callers` says how many may call from each place.
    pub fn new(
        balancer: &Balancer,
        place: usize,
        callers: Vec<(u16, u32)>,
        name: StreamName,
        seed: u64,
        trial: u64,
    ) -> Self {
        let (policy, routing) = (balancer.policy, &balancer.routing);
        let streams = name.purpose(stream_of(policy));
        let levels = routing
            .levels_of(place)
            .cloned()
            .or(routing.zone_aware.map(|_| Levels {
                priorities: Vec::new(),
                // All together aren't spared the panic for being more than are needed.
                overprovisioning_percent: 100,
                by_weight: false,
            }));
        let panic_percent = match balancer.fail_open {
            FailOpen::Below(share) => (share * 100.0).round() as u32,
            FailOpen::WhenNone | FailOpen::Never => 0,
        };
        let groups = levels.map(|levels| {
            Box::new(Groups {
                levels,
                panic_percent,
                zone_aware: routing.zone_aware,
                callers,
                stream: Stream::open(seed, trial, name.purpose("level-and-zone")),
                policy,
                streams,
                seed,
                trial,
                version: None,
                loads: Vec::new(),
                whole: Vec::new(),
                places: Vec::new(),
                by_zone: Vec::new(),
                in_zone: Vec::new(),
                from_zone: Vec::new(),
            })
        });
        Self {
            choice: Choice::new(policy, Stream::open(seed, trial, streams)),
            groups,
            others: Vec::new(),
        }
    }

    /// Whether the policy learns from answers.
    pub fn learns(&self) -> bool {
        self.choice.learns()
    }

    /// What came back is known from now on, to the policy too.
    #[inline]
    pub fn hear(&mut self, backends: &mut Backends, now: SimTime) {
        if backends.has_news() {
            backends.learn(now);
            self.note(backends);
        }
    }

    fn note(&mut self, backends: &mut Backends) {
        let Self { choice, groups, .. } = self;
        backends.answered(|answer| {
            choice.note(answer);
            if let Some(groups) = groups {
                let all = groups.whole.iter_mut().chain(&mut groups.by_zone);
                all.for_each(|g| g.choice.note(answer));
            }
        });
    }

    /// The instance for the next call, or for a further try of one that has been to those that it has `tried`.
    #[inline]
    pub fn next(
        &mut self,
        backends: &Backends,
        now: SimTime,
        tried: &[u32],
        asked: impl FnOnce() -> Asked,
    ) -> u32 {
        match &mut self.groups {
            None if tried.is_empty() => self.choice.next(backends.candidates(), now, asked),
            None => {
                let (choice, others) = (&mut self.choice, &mut self.others);
                elsewhere::next(choice, backends.candidates(), tried, others, now, asked())
            }
            Some(groups) => groups.next(backends, now, tried, &mut self.others, asked()),
        }
    }

    /// The instance for the next call, from those that have room; what comes before the policy looks at no room.
    pub fn next_with_room(&mut self, backends: &Backends, now: SimTime, tried: &[u32], asked: Asked) -> u32 {
        let Self { choice, others, .. } = self;
        if tried.is_empty() {
            return choice.next(backends.with_room(), now, || asked);
        }
        elsewhere::next(choice, backends.with_room(), tried, others, now, asked)
    }
}

impl Groups {
    fn next(
        &mut self,
        backends: &Backends,
        now: SimTime,
        tried: &[u32],
        others: &mut Vec<u32>,
        asked: Asked,
    ) -> u32 {
        let candidates = backends.candidates();
        let version = Some((candidates.version, candidates.weighing));
        if self.version != version {
            self.version = version;
            self.sort_out(backends);
        }
        let mut draw = self.stream.next();
        // What is chosen by a hash goes by it from the first: a key keeps its level.
        let number = if self.policy.sees_keys() {
            consistent_hash::of_request(HashBy::Key, asked) % 100
        } else if self.policy.sees_sources() {
            consistent_hash::of_request(HashBy::Source, asked) % 100
        } else {
            draw.below(100)
        };
        let percent = 1 + number as u32;
        let mut sum = 0;
        let reached = self.loads.iter().position(|load| {
            sum += load.percent;
            percent <= sum
        });
        // A subset may know nobody of a level, to which calls can't go even when nobody is well.
        let is_known = |level: &usize| !self.whole[*level].list.is_empty();
        let first = || (0..self.whole.len()).find(is_known);
        let mut level = reached.filter(is_known).or_else(first).unwrap_or(0);
        // Once all of a level have been tried, it is the turn of the first with others, as of nginx's backups.
        let is_new = |group: &Group| group.list.iter().any(|at| !tried.contains(at));
        if !tried.is_empty() && !is_new(&self.whole[level]) {
            level = self.whole.iter().position(is_new).unwrap_or(level);
        }
        let mut group = &mut self.whole[level];
        if let Some(rule) = self.zone_aware
            && level == 0
            && !self.loads[0].panics
            && group.list.len() >= rule.least_instances as usize
        {
            let own = zone_of(&self.places, asked.zone);
            if let Some(zone) = zones::zone(&self.in_zone, &self.from_zone, own, |n| draw.below(n)) {
                let zone = &mut self.by_zone[zone];
                if tried.is_empty() || is_new(zone) {
                    group = zone;
                }
            }
        }
        let candidates = Candidates {
            list: &group.list,
            version: group.version,
            is_even: group.is_even,
            ..candidates
        };
        if tried.is_empty() {
            return group.choice.next(candidates, now, || asked);
        }
        elsewhere::next(&mut group.choice, candidates, tried, others, now, asked)
    }

    /// Works out who belongs to which group.
    fn sort_out(&mut self, backends: &Backends) {
        let count = backends.count();
        let all = || (0u32..).take(count).filter(|at| backends.is_member(*at));
        let priorities = &self.levels.priorities;
        let level_of = |at: u32| priorities.get(at as usize).copied().unwrap_or(0);
        let levels = priorities.iter().copied().max().unwrap_or(0);
        let (mut members, mut healthy) = (Vec::new(), Vec::new());
        for level in 0..=levels {
            let there: Vec<u32> = all().filter(|at| level_of(*at) == level).collect();
            healthy.push(
                there
                    .iter()
                    .copied()
                    .filter(|at| backends.is_eligible(*at))
                    .collect::<Vec<_>>(),
            );
            members.push(there);
        }
        let sizes: Vec<Level> = members
            .iter()
            .zip(&healthy)
            .map(|(all, healthy)| {
                let (excluded, rest): (Vec<u32>, Vec<u32>) =
                    all.iter().partition(|at| backends.is_draining(**at));
                let weight = |of: &[u32]| of.iter().map(|at| u64::from(backends.weight(*at))).sum();
                Level {
                    all: all.len() as u32,
                    healthy: healthy.len() as u32,
                    excluded: excluded.len() as u32,
                    weights: self.levels.by_weight.then(|| (weight(healthy), weight(&rest))),
                }
            })
            .collect();
        self.loads = loads(self.levels.overprovisioning_percent, self.panic_percent, &sizes);
        self.places = all().map(|at| backends.zone(at)).collect();
        self.places.sort_unstable();
        self.places.dedup();
        let by_zone: Vec<Vec<u32>> = self
            .places
            .iter()
            .map(|place| {
                let there = healthy[0].iter().copied();
                there.filter(|at| backends.zone(*at) == *place).collect()
            })
            .collect();
        self.in_zone = by_zone.iter().map(|z| z.len() as u32).collect();
        self.from_zone = vec![0; self.places.len() + 1];
        for (place, callers) in &self.callers {
            self.from_zone[zone_of(&self.places, *place)] += callers;
        }
        let whole = members
            .into_iter()
            .zip(healthy)
            .zip(&self.loads)
            .map(|((all, healthy), load)| {
                // With nobody healthy, and no panic allowed, the calls go out all the same, and fail.
                if load.panics || healthy.is_empty() {
                    all
                } else {
                    healthy
                }
            });
        let whole: Vec<_> = whole.collect();
        let open = |number: usize| {
            let name = self.streams.index(number as u64);
            Choice::new(self.policy, Stream::open(self.seed, self.trial, name))
        };
        let is_even = |list: &[u32]| {
            list.windows(2)
                .all(|w| backends.share(w[0]) == backends.share(w[1]))
        };
        update(&mut self.whole, whole, 0, &is_even, &open);
        if self.zone_aware.is_some() {
            update(
                &mut self.by_zone,
                by_zone,
                usize::from(levels) + 1,
                &is_even,
                &open,
            );
        }
    }
}

/// Gives the groups their lists; those that are new get a policy.
fn update(
    groups: &mut Vec<Group>,
    lists: Vec<Vec<u32>>,
    first: usize,
    is_even: &dyn Fn(&[u32]) -> bool,
    open: &dyn Fn(usize) -> Choice,
) {
    for (i, list) in lists.into_iter().enumerate() {
        let is_even = is_even(&list);
        match groups.get_mut(i) {
            Some(group) if group.list == list => group.is_even = is_even,
            Some(group) => {
                group.is_even = is_even;
                group.list = list;
                group.version = group.version.wrapping_add(1);
            }
            None => groups.push(Group {
                list,
                is_even,
                version: 0,
                choice: open(first + i),
            }),
        }
    }
}

/// The number of a place among those of the instances, or of all others.
fn zone_of(places: &[u16], place: u16) -> usize {
    places.binary_search(&place).unwrap_or(places.len())
}
