//! How a database is cut into shards: how many, which keys are where, and who doesn't say which.

use sim_core::model::Sharding;
use sim_core::time::SimDuration;

use super::dns::names;
use super::key::{Key, SHARE, Shape, TIME, key, required};
use super::member::Member;
use super::reader::{Reader, quantity_of};
use super::transactions::{self, TransactionsSpec};
use crate::diagnostic::Diagnostic;
use crate::quantity::Dimension;
use crate::source::Spanned;

/// The most shards of a database.
const MOST_SHARDS: u32 = 1000;
/// Points of a shard on a ring, unless said.
const POINTS: u32 = 128;
/// Bytes of a piece, unless said.
const PIECE: f64 = 1_048_576.0;

/// How many.
pub const SHARDS: Key = key(
    "shards",
    Shape::Count,
    "Parts of the data by key, from 1 to 1000, each a primary with its replicas on machines of its own; 1 unless said. With `zones` the first shard's primary is in the first zone, the second's in the second, and so on in turn. They are `NAME.1`, `NAME.2`, ... in the results.",
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

/// A change of their number.
pub const RESHARD: Key = key(
    "reshard",
    Shape::Table(RESHARD_KEYS),
    "A change of the number of shards, or of the rule, while they serve; never unless said. Machines are there, and paid, from the start.",
);

static RESHARD_KEYS: &[Key] = &[
    required("at", TIME, "When it begins."),
    required(
        "shards",
        Shape::Count,
        "How many shards there are afterwards, from 1 to 1000.",
    ),
    required(
        "data",
        Shape::Quantity(Dimension::Bytes),
        "The size of all data, of which each key has the same part: what moves is copied.",
    ),
    required(
        "bandwidth",
        Shape::Quantity(Dimension::Bandwidth),
        "How fast each shard sends what leaves it, at most.",
    ),
    key(
        "piece",
        Shape::Quantity(Dimension::Bytes),
        "What is copied at once, by one read and one write that wait like all others; 1MiB unless said.",
    ),
    SHARDING,
    SPLITS,
];

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
    Member {
        name: "time",
        about: "A shard for each period: writes and most reads go to the newest, the older the fewer; keys don't matter.",
        parameters: &[
            key(
                "newest",
                SHARE,
                "The probability that a read asks the newest shard, and of those that don't the next older one, and so on; 80% unless said.",
            ),
            key(
                "every",
                TIME,
                "After this time the next shard in turn is the newest, and its data are dropped; it stays unless said.",
            ),
        ],
        source: "partitioning by range of a timestamp: PostgreSQL, documentation, 5.12",
        checked: "theory: a geometric share for each age; differs from its siblings",
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
    /// A change while they serve.
    pub reshard: Option<ReshardSpec>,
    /// Changes of several keys.
    pub transactions: Option<TransactionsSpec>,
}

/// A change of the shards as it was written.
#[derive(Clone, Debug)]
pub struct ReshardSpec {
    /// When it begins.
    pub at: Spanned<SimDuration>,
    /// How many there are afterwards.
    pub count: Spanned<u32>,
    /// Bytes of all data, of a second, and of a piece.
    pub bytes: [f64; 3],
    /// The rule afterwards; none: as before.
    pub rule: Option<Spanned<Sharding>>,
    /// Where ranges begin then.
    pub splits: Option<Spanned<Vec<f64>>>,
}

/// Reads the keys of shards.
pub fn read(r: &mut Reader<'_, '_>) -> ShardsSpec {
    let count = r.count("shards", 1, MOST_SHARDS);
    let (rule, splits) = rule_and_splits(r);
    let reshard = r.table("reshard", RESHARD_KEYS).and_then(reshard);
    if let (Some(reshard), Some(by_time)) = (&reshard, rule.as_ref().filter(|r| is_by_time(r))) {
        let problem = Diagnostic::error(
            &reshard.count.span,
            format!("{}: shards by time can't be resharded", r.what),
        );
        let problem = problem.label("nothing moves: new shards are used as time goes on");
        r.out
            .push(problem.note(format!("sharding is {}", by_time.span.text())));
    }
    let transactions = transactions::read(r);
    if let Some(transactions) = &transactions {
        let by_time = rule.as_ref().is_some_and(is_by_time);
        let against = [(reshard.is_some(), "resharding"), (by_time, "shards by time")];
        for (_, what) in against.into_iter().filter(|a| a.0) {
            let message = format!("{}: transactions and {what} don't go together", r.what);
            let problem = Diagnostic::error(&transactions.span, message);
            r.out
                .push(problem.label("not simulated: expected one of the two"));
        }
    }
    ShardsSpec {
        count,
        rule,
        splits,
        scatter: names(r, "scatter"),
        reshard,
        transactions,
    }
}

fn is_by_time(rule: &Spanned<Sharding>) -> bool {
    matches!(rule.value, Sharding::Time { .. })
}

/// The rule, and where its ranges begin.
fn rule_and_splits(r: &mut Reader<'_, '_>) -> (Option<Spanned<Sharding>>, Option<Spanned<Vec<f64>>>) {
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
    (rule, splits)
}

fn reshard(mut r: Reader<'_, '_>) -> Option<ReshardSpec> {
    let (at, count) = (r.duration("at"), r.count("shards", 1, MOST_SHARDS));
    let mut bytes = |key: &str, dimension| {
        let read = r.quantity(key, dimension);
        if let Some(none) = read.as_ref().filter(|b| b.value < 1.0) {
            let problem = Diagnostic::error(&none.span, format!("{}: {key} is nothing", r.what));
            r.out.push(problem.label(dimension.expected()));
        }
        read.map(|b| b.value)
    };
    let (data, bandwidth) = (
        bytes("data", Dimension::Bytes),
        bytes("bandwidth", Dimension::Bandwidth),
    );
    let piece = bytes("piece", Dimension::Bytes).unwrap_or(PIECE);
    let (rule, splits) = rule_and_splits(&mut r);
    if let Some(by_time) = rule.as_ref().filter(|r| is_by_time(r)) {
        let problem = Diagnostic::error(&by_time.span, format!("{}: keys can't be sent to a time", r.what));
        r.out.push(problem.label("expected a rule by key"));
    }
    r.finish();
    Some(ReshardSpec {
        at: at?,
        count: count?,
        bytes: [data?, bandwidth?, piece],
        rule,
        splits,
    })
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
        "time" => Sharding::Time {
            newest: given.share("newest").unwrap_or(0.8),
            every: given.time("every"),
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
