//! How a database is cut into shards: how many, which keys are where, and who doesn't say which.

use sim_core::model::Sharding;

use super::dns::names;
use super::key::{Key, SHARE, Shape, key};
use super::member::Member;
use super::reader::{Reader, quantity_of};
use crate::diagnostic::Diagnostic;
use crate::quantity::Dimension;
use crate::source::Spanned;

/// The most shards of a database.
const MOST_SHARDS: u32 = 1000;
/// Points of a shard on a ring, unless said.
const POINTS: u32 = 128;

/// How many.
pub const SHARDS: Key = key(
    "shards",
    Shape::Count,
    "Parts of the data by key, from 1 to 1000, each a primary with its replicas on machines of its own; 1 unless said. They are `NAME.1`, `NAME.2`, ... in the results.",
);
/// Which keys are where.
pub const SHARDING: Key = key(
    "sharding",
    Shape::Member(SHARDINGS),
    "Which shard a key is on; \"modulo\" unless said.",
);
/// Where ranges begin.
pub const SPLITS: Key = key(
    "splits",
    Shape::List(&SHARE),
    "With sharding = \"range\": where each shard but the first begins, as shares of the keys in order, such as [\"1%\", \"10%\"] for three; ranges of as many keys each unless said.",
);
/// Who doesn't say which.
pub const SCATTER: Key = key(
    "scatter",
    Shape::List(&Shape::Text),
    "Operations that don't carry the shard key: their calls ask every shard at once and wait for the slowest. None unless said.",
);

/// The rules of sharding.
static SHARDINGS: &[Member] = &[
    Member {
        name: "modulo",
        about: "By the key's hash modulo the number of shards: even, and nearly all keys move when that number changes.",
        parameters: &[],
        source: "D. Karger and others, Consistent hashing and random trees, STOC 1997",
        checked: "shares of keys, and that n of n + 1 keys move; differs from its siblings",
    },
    Member {
        name: "range",
        about: "Keys in order, the most popular first, as with identifiers that grow where the newest are asked for most: neighbours stay together, and so do popular keys.",
        parameters: &[],
        source: "F. Chang and others, Bigtable, OSDI 2006",
        checked: "shares of keys and of their popularity; differs from its siblings",
    },
    Member {
        name: "directory",
        about: "By a table: the 4096 most popular keys are placed one by one where the least load is, all others in 16384 slots.",
        parameters: &[],
        source: "Redis Cluster's hash slots; R. L. Graham, SIAM J. Appl. Math. 17, 1969, for the placement",
        checked: "the least uneven of all under popular keys; differs from its siblings",
    },
    Member {
        name: "ring",
        about: "By the nearest point on a ring: a new shard takes its part of the keys from all others, and no other key moves.",
        parameters: &[key(
            "points",
            Shape::Count,
            "Points of each shard, from 1 to 10000; 128 unless said. Shares spread by one over the root of it.",
        )],
        source: "D. Karger and others, STOC 1997; the points are those of Envoy's ring",
        checked: "Envoy's vectors for the ring; one key of n + 1 moves; the spread of shares; differs from its siblings",
    },
];

/// A database's shards as they were written.
#[derive(Clone, Debug, Default)]
pub struct ShardsSpec {
    /// How many; none: not sharded.
    pub count: Option<Spanned<u32>>,
    /// Which keys are where, ranges without their ends.
    pub rule: Option<Spanned<Sharding>>,
    /// Where ranges begin, as shares of the keys.
    pub splits: Option<Spanned<Vec<f64>>>,
    /// Operations that ask every shard.
    pub scatter: Vec<Spanned<String>>,
}

/// Reads the keys of shards.
pub fn read(r: &mut Reader<'_, '_>) -> ShardsSpec {
    let count = r.count("shards", 1, MOST_SHARDS);
    let rule = rule(r);
    let splits = splits(r);
    let is_range = matches!(
        &rule,
        Some(Spanned {
            value: Sharding::Range { .. },
            ..
        })
    );
    if let Some(splits) = splits.as_ref().filter(|_| !is_range) {
        let problem = Diagnostic::error(&splits.span, format!("{}: splits have no effect", r.what));
        let problem = problem.label("only ranges have ends");
        r.out.push(problem.help("add `sharding = \"range\"`"));
    }
    ShardsSpec {
        count,
        rule,
        splits,
        scatter: names(r, "scatter"),
    }
}

fn rule(r: &mut Reader<'_, '_>) -> Option<Spanned<Sharding>> {
    let policy = r.member("sharding")?;
    let mut given = policy.given(r.out);
    let rule = match policy.name {
        "range" => Sharding::Range { splits: Vec::new() },
        "directory" => Sharding::Directory,
        "ring" => Sharding::Ring {
            points: given.whole("points", 1, 10_000, POINTS),
        },
        _ => Sharding::Modulo,
    };
    let value = given.all(rule)?;
    Some(Spanned {
        value,
        span: policy.span,
    })
}

fn splits(r: &mut Reader<'_, '_>) -> Option<Spanned<Vec<f64>>> {
    let span = r.key_span("splits");
    let what = format!("{}: splits", r.what);
    let nodes = r.list("splits")?;
    let mut shares = Vec::new();
    for node in nodes {
        let share = quantity_of(node, Dimension::Fraction, &what, r.out)?;
        let before = shares.last().copied().unwrap_or(0.0);
        if !(before < share.value && share.value < 1.0) {
            let problem = Diagnostic::error(&share.span, format!("{what} don't rise"));
            r.out
                .push(problem.label("expected shares between 0% and 100% that rise"));
            return None;
        }
        shares.push(share.value);
    }
    Some(Spanned { value: shares, span })
}
