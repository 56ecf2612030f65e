//! How much each instance behind a balancer is to get, and when: `weights`, `priorities`, `backups`, `zone-aware`, and how old
//! the loads are that a policy sees: `stale`.

use std::ops::RangeInclusive;

use sim_core::model::{Levels, Routing, Stale, ZoneAware};

use super::key::{Key, Shape, TIME, key, required};
use super::reader::Reader;
use super::station::MOST_INSTANCES;
use super::subset;
use crate::diagnostic::Diagnostic;
use crate::source::Spanned;
use crate::tree::{Node, Value};

/// The last level of priority.
const MOST_PRIORITY: u32 = 127;
/// The largest weight.
const MOST_WEIGHT: u32 = 1_000_000;

const LISTS: &[Shape] = &[EACH, Shape::Map(&EACH)];
const COUNTS: &[Shape] = &[Shape::Count, Shape::Map(&Shape::Count)];
const EACH: Shape = Shape::List(&Shape::Count);

/// Something for the instances of a component behind a balancer.
#[derive(Clone, Debug)]
pub struct ForComponent<T> {
    /// Its name; none: that of the only one.
    pub name: Option<Spanned<String>>,
    /// What is for them.
    pub of: Spanned<T>,
}

/// Weights.
pub const WEIGHTS: Key = key(
    "weights",
    Shape::Any(LISTS),
    "How much each instance is to get, one whole number for each in order; all the same unless said. Where `routes` lead to several components by their names: { api = [3, 1], canary = [1] }.",
);
/// Levels.
pub const PRIORITIES: Key = key(
    "priorities",
    Shape::Any(LISTS),
    "The level of each instance in order, from 0: a later level gets calls as those before become too few (Envoy). By names as `weights`.",
);
/// When a level is whole.
pub const OVERPROVISIONING: Key = key(
    "overprovisioning",
    Shape::Number,
    "With levels: one counts as whole while this times its healthy part is at least 1; 1.4 unless said.",
);
/// What is counted.
pub const PRIORITIES_BY: Key = key(
    "priorities-by",
    Shape::Word(&["number", "weight"]),
    "What counts in the healthy part of a level: the \"number\" of instances, unless said, or their \"weight\" (Envoy).",
);
/// Those for want of others.
pub const BACKUPS: Key = key(
    "backups",
    Shape::Any(COUNTS),
    "The last so many instances get calls only while none of the others may be chosen (nginx's `backup`); 0 unless said. By names as `weights`.",
);
/// Zones.
pub const ZONE_AWARE: Key = key(
    "zone-aware",
    Shape::Any(ZONE_SHAPES),
    "Whether calls stay in their caller's zone as far as its instances can take them (Envoy); false unless said.",
);
/// Old loads.
pub const STALE: Key = key(
    "stale",
    Shape::Any(STALE_SHAPES),
    "How old the loads are that the policy sees: always as old as this, or { every = \"1s\" }; fresh unless said.",
);

const ZONE_SHAPES: &[Shape] = &[Shape::Flag, Shape::Table(ZONES)];
const STALE_SHAPES: &[Shape] = &[TIME, Shape::Table(COPIES)];

static ZONES: &[Key] = &[key(
    "min-instances",
    Shape::Count,
    "With fewer healthy instances zones are not looked at; 6 unless said.",
)];

static COPIES: &[Key] = &[required(
    "every",
    TIME,
    "The loads are copied so often, and kept until the next time.",
)];

/// Reads `weights`.
pub(super) fn weights(r: &mut Reader<'_, '_>) -> Vec<ForComponent<Vec<u32>>> {
    for_components(r, "weights", |r, node| {
        numbers(r, node, "weights", 1..=MOST_WEIGHT)
    })
}

/// Reads `priorities`.
pub(super) fn priorities(r: &mut Reader<'_, '_>) -> Vec<ForComponent<Vec<u32>>> {
    for_components(r, "priorities", |r, node| {
        numbers(r, node, "priorities", 0..=MOST_PRIORITY)
    })
}

/// Reads `backups`.
pub(super) fn backups(r: &mut Reader<'_, '_>) -> Vec<ForComponent<u32>> {
    let backups = for_components(r, "backups", |r, node| {
        number(r, node, "backups", 0..=MOST_INSTANCES)
    });
    if r.has("priorities") && !backups.is_empty() {
        let message = format!("{} has both priorities and backups", r.what);
        let problem = Diagnostic::error(&r.key_span("backups"), message);
        r.out.push(
            problem
                .label("expected one of them")
                .help("`backups = 1` leaves the last instance out while any other may be chosen; `priorities` say the level of each"),
        );
        return Vec::new();
    }
    backups
}

/// What a key says of the only component, or of several by their names.
fn for_components<'n, T>(
    r: &mut Reader<'n, '_>,
    key: &str,
    read: impl Fn(&mut Reader<'n, '_>, &'n Node) -> Option<T>,
) -> Vec<ForComponent<T>> {
    let Some(node) = r.take(key) else {
        return Vec::new();
    };
    let mut one = |name, node: &'n Node| {
        let value = read(r, node)?;
        let span = node.span.clone();
        let of = Spanned { value, span };
        Some(ForComponent { name, of })
    };
    if !matches!(node.value, Value::Table(_)) {
        return one(None, node).into_iter().collect();
    }
    let named = node.entries().iter().filter_map(|entry| {
        let name = Spanned {
            value: entry.key.clone(),
            span: entry.key_span.clone(),
        };
        one(Some(name), &entry.node)
    });
    named.collect()
}

/// A list of whole numbers.
fn numbers(r: &mut Reader<'_, '_>, node: &Node, key: &str, range: RangeInclusive<u32>) -> Option<Vec<u32>> {
    let Value::Array(items) = &node.value else {
        r.wrong(
            node,
            key,
            "expected a list of whole numbers, or one for each component by its name",
        );
        return None;
    };
    items
        .iter()
        .map(|item| number(r, item, key, range.clone()))
        .collect()
}

/// A whole number.
fn number(r: &mut Reader<'_, '_>, node: &Node, key: &str, range: RangeInclusive<u32>) -> Option<u32> {
    let number = u32::try_from(r.whole(node, key)?.value)
        .ok()
        .filter(|n| range.contains(n));
    if number.is_none() {
        let problem = Diagnostic::error(&node.span, format!("{}: {key} are out of range", r.what));
        let (least, most) = (range.start(), range.end());
        r.out
            .push(problem.label(format!("expected a whole number from {least} to {most}")));
    }
    number
}

/// What comes before the choice, without the priorities.
pub(super) fn routing(r: &mut Reader<'_, '_>) -> Routing {
    let has_levels = r.has("priorities");
    // Without levels there is nothing to be whole: finish says so.
    let overprovisioning = r
        .has("priorities")
        .then(|| r.number("overprovisioning"))
        .flatten()
        .filter(|n| {
            let is_right = (1.0..=1e6).contains(&n.value);
            if !is_right {
                let problem =
                    Diagnostic::error(&n.span, format!("{}: overprovisioning is out of range", r.what));
                r.out.push(problem.label("expected a number from 1 to 1000000"));
            }
            is_right
        });
    let by_weight = has_levels && r.word("priorities-by").is_some_and(|w| w.value == 1);
    let levels = has_levels.then(|| Levels {
        by_weight,
        priorities: Vec::new(),
        overprovisioning_percent: overprovisioning.map_or(140, |n| (n.value * 100.0).round() as u32),
    });
    Routing {
        subset: subset::read(r),
        levels: levels.into_iter().collect(),
        zone_aware: zone_aware(r),
        stale: stale(r),
    }
}

fn zone_aware(r: &mut Reader<'_, '_>) -> Option<ZoneAware> {
    let rule = ZoneAware { least_instances: 6 };
    if !matches!(r.node.get("zone-aware")?.value, Value::Table(_)) {
        return r.flag("zone-aware")?.then_some(rule);
    }
    let mut table = r.table("zone-aware", ZONES)?;
    let least = table.count("min-instances", 1, MOST_INSTANCES);
    table.finish();
    Some(ZoneAware {
        least_instances: least.map_or(6, |n| n.value),
    })
}

fn stale(r: &mut Reader<'_, '_>) -> Option<Stale> {
    if !matches!(r.node.get("stale")?.value, Value::Table(_)) {
        return r
            .positive_duration("stale")
            .map(|t| Stale::Continuous { age: t.value });
    }
    let mut table = r.table("stale", COPIES)?;
    let every = table.positive_duration("every");
    table.finish();
    every.map(|t| Stale::Periodic { every: t.value })
}
