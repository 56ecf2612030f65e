//! Sharded databases: the way to the shards stands where the database was written, and the shards are components of their own
//! that follow those of the file.

use sim_core::model::{
    Component, ComponentId, Description, FaultKind, KeySpace, Kind, Protocol, Reshard, ScheduledFault,
    Sharding, Shards, Transactions,
};
use sim_core::random::StreamName;
use sim_core::time::{SimDuration, SimTime};

use super::calls;
use super::components::Lowering;
use super::names::MOST_COMPONENTS;
use crate::diagnostic::{Diagnostic, did_you_mean, one_of};
use crate::quantity::rounded;
use crate::source::Spanned;
use crate::spec::shards::{ReshardSpec, ShardsSpec};
use crate::spec::{ComponentSpec, KindSpec, ScenarioSpec};

/// A hundred years, in nanoseconds: what takes longer never ends in any run.
const LONGEST: SimDuration = SimDuration::from_nanos(3_155_760_000_000_000_000);

/// A database that is cut into shards.
pub(super) struct Sharded {
    /// Its place in the file.
    at: usize,
    /// What each shard is.
    part: Component,
    /// How many there ever are.
    count: u32,
    /// What an hour of one shard costs.
    usd_per_hour: Option<f64>,
}

impl Lowering<'_, '_> {
    /// The way to the shards of a database, whose parts follow later; none where it isn't cut.
    pub(super) fn shards(
        &mut self,
        c: &ComponentSpec,
        s: &ShardsSpec,
        part: &Component,
        usd_per_hour: Option<f64>,
    ) -> Option<Shards> {
        let path = c.path();
        let ops = &self.index.ops;
        let names = || ops.iter().map(String::as_str);
        let of_transactions = s.transactions.iter().flat_map(|t| &t.operations);
        let named = s.scatter.iter().zip(std::iter::repeat("scatter"));
        let named = named.chain(of_transactions.zip(std::iter::repeat("transactions")));
        for (op, key) in named.filter(|(op, _)| !ops.contains(&op.value)) {
            let message = format!("{path}: {key}: there is no operation \"{}\"", op.value);
            let problem = Diagnostic::error(&op.span, message).label(format!("expected {}", one_of(names())));
            self.out
                .push(problem.maybe_help(did_you_mean(&op.value, names())));
        }
        let used = s.count.as_ref().map_or(1, |n| n.value);
        let later = s.reshard.as_ref().map(|r| &r.count);
        // Where they are fewer later, those that are left idle stay.
        let count = match (&s.count, later) {
            (Some(n), Some(later)) if later.value <= n.value => n,
            (_, Some(later)) => later,
            (Some(count), None) => count,
            (None, None) => s.transactions.as_ref().map(|t| &t.one)?,
        };
        let transactions = self.transactions(&path, s);
        // Locks take the way to shards even where there is one.
        if count.value < 2 && transactions.is_none() {
            return None;
        }
        let shards_before: u32 = self.sharded.iter().map(|s| s.count).sum();
        if self.spec.components.len() + (shards_before + count.value) as usize > MOST_COMPONENTS {
            let problem = Diagnostic::error(&count.span, format!("{path}: there are too many components"));
            let label = format!("expected at most {MOST_COMPONENTS} with all shards");
            self.out.push(problem.label(label));
            return None;
        }
        self.fits(&path, s.splits.as_ref(), used);
        if let Some(reshard) = &s.reshard {
            self.fits(
                &format!("{path}.reshard"),
                reshard.splits.as_ref(),
                reshard.count.value,
            );
        }
        let sharding = s.rule.as_ref().map_or_else(
            || {
                self.assume(&path, "sharding = \"modulo\"");
                Sharding::Modulo
            },
            |rule| rule.value.clone(),
        );
        if s.scatter.is_empty() {
            self.assume(&path, "every operation carries the shard key");
        }
        self.assume(
            &path,
            "callers know where keys are: the way to a shard takes no time",
        );
        if part.zones > 1 {
            let zones = part.zones;
            self.assume(
                &path,
                &format!("primaries are spread over the {zones} zones: shard 1 has its own in zone 1, shard 2 in zone 2 and so on in turn, and its replicas in the zones after"),
            );
        }
        let scatters = ops.iter().map(|op| s.scatter.iter().any(|o| o.value == *op));
        let at = self
            .spec
            .components
            .iter()
            .position(|other| other.name.value == c.name.value)?;
        self.sharded.push(Sharded {
            at,
            part: part.clone(),
            count: count.value,
            usd_per_hour,
        });
        Some(Shards {
            shards: Vec::new(),
            used,
            reshard: s.reshard.as_ref().map(|r| lowered(r, &sharding)),
            sharding,
            keys: None,
            scatters: scatters.collect(),
            transactions,
        })
    }

    /// Changes of several keys, where there are any.
    fn transactions(&mut self, path: &str, s: &ShardsSpec) -> Option<Transactions> {
        let written = s.transactions.as_ref()?;
        self.assume(
            path,
            match written.protocol {
                Protocol::TwoPhaseCommit { .. } => {
                    "locks are taken in the order of keys, so that no two transactions wait for each other; a coordinator has no queue of its own"
                }
                Protocol::Saga => "whoever leads the sagas has no queue of its own",
            },
        );
        Some(Transactions {
            operations: written
                .operations
                .iter()
                .map(|op| self.index.op(&op.value))
                .collect(),
            keys: written.keys,
            refused: written.refused,
            protocol: written.protocol,
        })
    }

    /// Reports ends of ranges that make another number of shards than there are.
    fn fits(&mut self, path: &str, splits: Option<&Spanned<Vec<f64>>>, count: u32) {
        if let Some(splits) = splits
            && splits.value.len() + 1 != count as usize
        {
            let n = splits.value.len();
            let message = format!("{path}: {n} splits make {} shards, and there are {count}", n + 1);
            let problem = Diagnostic::error(&splits.span, message);
            self.out.push(problem.label(format!("expected {}", count - 1)));
        }
    }
}

/// A change of the shards, ranges without their ends.
fn lowered(r: &ReshardSpec, before: &Sharding) -> Reshard {
    let [data, bandwidth, piece] = r.bytes;
    Reshard {
        to: r.count.value,
        sharding: r.rule.as_ref().map_or(before, |rule| &rule.value).clone(),
        pieces: (data / piece).ceil() as u64,
        gap: SimDuration::from_f64_nanos(piece / bandwidth * 1e9).clamp(SimDuration::from_nanos(1), LONGEST),
    }
}

/// Adds the shards behind all other components, where their way is: in its region, with its answers' size, and struck by its
/// faults.
pub(super) fn add(
    sharded: Vec<Sharded>,
    spec: &ScenarioSpec,
    d: &mut Description,
    names: &mut Vec<String>,
    usd_per_hour: &mut Vec<Option<f64>>,
    assumptions: &mut Vec<String>,
) {
    for one in sharded {
        let Sharded { at, part, count, .. } = one;
        let first = d.components.len();
        let ids: Vec<ComponentId> = (first..first + count as usize)
            .filter_map(|i| u16::try_from(i).ok())
            .map(ComponentId)
            .collect();
        for number in 1..=count {
            let name = format!("{}.{number}", names[at]);
            d.components.push(Component {
                name: StreamName::new(&name),
                first_zone: part.zone(number - 1),
                ..part.clone()
            });
            names.push(name);
            usd_per_hour.push(one.usd_per_hour);
        }
        follow(&mut d.network.homes, at, first, count);
        follow(&mut d.network.sizes, at, first, count);
        strike(&mut d.faults, at, &ids, part.instances());
        if let Kind::Shards(shards) = &mut d.components[at].kind {
            shards.shards = ids;
        }
        place(spec, d, at);
        plan_change(spec, d, at, assumptions);
    }
}

/// Gives the shards what their way has, in a list that may end before them.
fn follow<T: Copy + Default>(list: &mut Vec<T>, at: usize, first: usize, count: u32) {
    if let Some(of_way) = list.get(at).copied() {
        list.resize(first, T::default());
        list.resize(first + count as usize, of_way);
    }
}

/// The shards with `each` instances that some of all instances are in, with the numbers that those have there.
fn of_shards(
    shards: &[ComponentId],
    each: u64,
    instances: &[u32],
) -> impl Iterator<Item = (ComponentId, Vec<u32>)> {
    (0u64..).zip(shards).filter_map(move |(i, id)| {
        let inside = |n: &u32| u64::from(*n).checked_sub(i * each).filter(|n| *n < each);
        let own: Vec<u32> = instances
            .iter()
            .filter_map(inside)
            .filter_map(|n| u32::try_from(n).ok())
            .collect();
        (instances.is_empty() || !own.is_empty()).then_some((*id, own))
    })
}

/// What strikes the database strikes its shards; its instances are numbered shard by shard.
fn strike(faults: &mut Vec<ScheduledFault>, at: usize, shards: &[ComponentId], each: u64) {
    let all = std::mem::take(faults);
    for fault in all {
        let kinds: Vec<FaultKind> = match &fault.kind {
            FaultKind::InstanceCrash { component, instances } if component.index() == at => {
                let of = |(component, instances)| FaultKind::InstanceCrash { component, instances };
                of_shards(shards, each, instances).map(of).collect()
            }
            FaultKind::Slow {
                component,
                instances,
                factor,
            } if component.index() == at => {
                let of = |(component, instances)| FaultKind::Slow {
                    component,
                    instances,
                    factor: *factor,
                };
                of_shards(shards, each, instances).map(of).collect()
            }
            kind => vec![kind.clone()],
        };
        faults.extend(kinds.into_iter().map(|kind| ScheduledFault {
            kind,
            ..fault.clone()
        }));
    }
}

/// Tells the way of the keys that come along: the largest of the key spaces of those who call.
fn place(spec: &ScenarioSpec, d: &mut Description, at: usize) {
    let reaches = |i: &usize| calls::reached(d, *i).iter().any(|r| r.0.index() == at);
    let count = |space: &usize| d.key_spaces[*space].count();
    let spaces = (0..d.clients.len())
        .filter(reaches)
        .filter_map(|i| d.clients[i].keys);
    let keys = spaces.max_by_key(count);
    let total = keys.as_ref().map_or(0, count);
    let KindSpec::Database(written) = &spec.components[at].kind else {
        return;
    };
    let after = written.shards.reshard.as_ref().and_then(|r| r.splits.as_ref());
    let before = written.shards.splits.as_ref();
    let Kind::Shards(shards) = &mut d.components[at].kind else {
        return;
    };
    shards.keys = keys;
    begin_ranges(&mut shards.sharding, shards.used, before, total);
    if let Some(reshard) = &mut shards.reshard {
        begin_ranges(&mut reshard.sharding, reshard.to, after, total);
    }
}

/// Fills in where ranges begin among so many keys.
fn begin_ranges(sharding: &mut Sharding, count: u32, splits: Option<&Spanned<Vec<f64>>>, keys: u64) {
    if let Sharding::Range { splits: firsts } = sharding {
        let even = || (1..count).map(|i| f64::from(i) / f64::from(count)).collect();
        let shares: Vec<f64> = splits.map_or_else(even, |s| s.value.clone());
        *firsts = shares.iter().map(|s| (s * keys as f64).round() as u64).collect();
    }
}

/// Puts the change of the shards among what happens at its time, for as long as it takes at least, and says so.
fn plan_change(spec: &ScenarioSpec, d: &mut Description, at: usize, assumptions: &mut Vec<String>) {
    let (Kind::Shards(shards), KindSpec::Database(written)) =
        (&d.components[at].kind, &spec.components[at].kind)
    else {
        return;
    };
    let (Some(reshard), Some(begins)) = (&shards.reshard, &written.shards.reshard) else {
        return;
    };
    let keys: Option<&KeySpace> = shards.keys.and_then(|k| d.key_spaces.get(k));
    let moves = shards.moves(keys);
    let slowest = moves.iter().copied().fold(0.0, f64::max);
    let takes = SimDuration::from_f64_nanos(reshard.gap.as_f64_nanos() * slowest * reshard.pieces as f64)
        .min(LONGEST);
    assumptions.push(format!(
        "{}: to go from {} to {} shards, {:.1}% of the keys move, which takes {} s at least; while it lasts a change of such a key is made on both sides",
        spec.components[at].path(),
        shards.used,
        reshard.to,
        100.0 * moves.iter().sum::<f64>(),
        rounded(takes.as_secs_f64(), 3),
    ));
    d.faults.push(ScheduledFault {
        at: SimTime::ZERO + begins.at.value,
        duration: takes,
        kind: FaultKind::Reshard(ComponentId(u16::try_from(at).unwrap_or(u16::MAX))),
    });
}

/// How many instances a component has, with those of its shards.
pub(super) fn instances(d: &Description, at: usize) -> u64 {
    match &d.components[at].kind {
        Kind::Shards(s) => s
            .shards
            .iter()
            .filter_map(|id| d.components.get(id.index()))
            .map(Component::instances)
            .sum(),
        _ => d.components[at].instances(),
    }
}
