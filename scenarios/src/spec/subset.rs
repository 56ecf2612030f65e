//! The `subset` of `[balancer.name]`: how many of the instances behind it each of its own instances knows.

use sim_core::model::Subset;

use super::key::{Key, Shape, key};
use super::member::Member;
use super::policy::Policy;
use super::reader::Reader;
use super::station::MOST_INSTANCES;
use crate::tree::Value;

/// How many of the instances are known.
pub const SUBSET: Key = key(
    "subset",
    Shape::Any(SHAPES),
    "How many of the instances behind it each instance of the balancer knows: a number, of which all get equally many connections (\"deterministic\"), or by chance ({ random = { size = 20 } }); all unless said.",
);

const SHAPES: &[Shape] = &[Shape::Member(SUBSETS), Shape::Count];

const SIZE: Key = key("size", Shape::Count, "How many are known; 20 unless said.");

/// The rules.
pub static SUBSETS: &[Member] = &[
    Member {
        name: "deterministic",
        about: "Rounds of balancers divide the instances, shuffled anew for each round, so that all get equally many connections.",
        parameters: &[SIZE],
        source: "Site Reliability Engineering, Google, 2016, chapter 20",
        checked: "its example: 300 balancers that know 10 of 300 make exactly 10 connections to each; unlike its sibling",
    },
    Member {
        name: "random",
        about: "Each balancer draws its own.",
        parameters: &[SIZE],
        source: "Site Reliability Engineering, Google, 2016, chapter 20",
        checked: "the least and the most connections of 300 balancers that know 30 or 90 of 300, by the mean of many draws; unlike its sibling",
    },
];

/// Reads `subset`.
pub(super) fn read(r: &mut Reader<'_, '_>) -> Option<Subset> {
    let node = r.node.get("subset")?;
    if !matches!(node.value, Value::Text(_) | Value::Table(_)) {
        let size = r.count("subset", 1, MOST_INSTANCES)?.value;
        return Some(Subset {
            size,
            is_random: false,
        });
    }
    let member: Policy<'_> = r.member("subset")?;
    let mut given = member.given(r.out);
    let size = given.whole("size", 1, MOST_INSTANCES, 20);
    given.all(Subset {
        size,
        is_random: member.name == "random",
    })
}
