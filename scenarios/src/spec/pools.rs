//! `pools`: connections that each instance of a service keeps to other components.
//!
//! The defaults are those of HikariCP (10 connections, 30 s for one to become free: HikariConfig.java) and of pgbouncer (20, 120 s:
//! doc/config.md, default_pool_size and query_wait_timeout).

use sim_core::time::SimDuration;

use super::key::{Key, Shape, TIME, key};
use super::member::Member;
use super::reader::Reader;
use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean, one_of};
use crate::source::Spanned;
use crate::tree::{Node, Value};

/// Pools that have a name.
static PRESETS: &[Member] = &[
    Member {
        name: "hikaricp",
        about: "HikariCP: 10 connections, and 30s for one to become free.",
        parameters: &[],
        source: "HikariCP, HikariConfig.java (maximumPoolSize, connectionTimeout)",
        checked: WAITED,
    },
    Member {
        name: "pgbouncer",
        about: "pgbouncer: 20 connections, and 120s for one to become free.",
        parameters: &[],
        source: "pgbouncer, doc/config.md (default_pool_size, query_wait_timeout)",
        checked: WAITED,
    },
];
const WAITED: &str =
    "as any station, Erlang's formulas and those of impatience; unlike its sibling in both figures";
const MOST: u32 = 1_000_000;

static POOL: &[Key] = &[
    key(
        "size",
        Shape::Count,
        "Connections of each instance; 10 unless said.",
    ),
    key(
        "timeout",
        TIME,
        "How long a call waits for a connection; 30 s unless said.",
    ),
];

const EITHER: &[Shape] = &[Shape::Member(PRESETS), Shape::Table(POOL)];
const ONE: &Shape = &Shape::Any(EITHER);

/// The key.
pub const POOLS: Key = key(
    "pools",
    Shape::Map(ONE),
    "Connections that each instance has to a component: \"hikaricp\", \"pgbouncer\" or { size = 10, timeout = \"30s\" }. A call of that \
     component holds one, and so does a step `with` for as long as it lasts.",
);

/// The connections to one component.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolSpec {
    /// The component.
    pub to: Spanned<String>,
    /// How many.
    pub size: u32,
    /// How long a call waits for one.
    pub timeout: SimDuration,
    /// Which of the two were not said.
    pub assumed: Vec<String>,
}

fn seconds(s: u64) -> SimDuration {
    SimDuration::from_nanos(s * 1_000_000_000)
}

/// Reads the key `pools`.
pub fn read(r: &mut Reader<'_, '_>) -> Vec<PoolSpec> {
    let Some(node) = r.take("pools") else {
        return Vec::new();
    };
    if !matches!(node.value, Value::Table(_)) {
        r.wrong(
            node,
            "pools",
            "expected a table such as { orders = \"hikaricp\" }",
        );
    }
    let mut pools = Vec::new();
    for entry in node.entries() {
        let what = format!("{}.pools.{}", r.what, entry.key);
        let to = Spanned {
            value: entry.key.clone(),
            span: entry.key_span.clone(),
        };
        pools.extend(one(to, &entry.node, &what, r.out));
    }
    pools
}

fn one(to: Spanned<String>, node: &Node, what: &str, out: &mut Diagnostics) -> Option<PoolSpec> {
    let mut pool = PoolSpec {
        to,
        size: 10,
        timeout: seconds(30),
        assumed: Vec::new(),
    };
    if let Value::Text(text) = &node.value {
        match text.as_str() {
            "hikaricp" => pool
                .assumed
                .push("HikariCP has 10 connections and waits 30 s for one".into()),
            "pgbouncer" => {
                pool.size = 20;
                pool.timeout = seconds(120);
                pool.assumed
                    .push("pgbouncer has 20 connections and waits 120 s for one".into());
            }
            _ => {
                let names = || PRESETS.iter().map(|p| p.name);
                let problem = Diagnostic::error(
                    &node.span,
                    format!("{what} can't be \"{}\"", crate::quantity::shorten(text)),
                );
                let expected = format!(
                    "expected {} or {{ size = 10, timeout = \"30s\" }}",
                    one_of(names())
                );
                out.push(problem.label(expected).maybe_help(did_you_mean(text, names())));
                return None;
            }
        }
        return Some(pool);
    }
    let mut r = Reader::open(node, &pool.to.span, what, POOL, out)?;
    match r.count("size", 1, MOST) {
        Some(size) => pool.size = size.value,
        None => pool.assumed.push("size = 10, as HikariCP has it".into()),
    }
    match r.positive_duration("timeout") {
        Some(timeout) => pool.timeout = timeout.value,
        None => pool.assumed.push("timeout = \"30s\", as HikariCP has it".into()),
    }
    r.finish();
    Some(pool)
}
