//! Transactions over the shards of a database: which calls they are, how many keys they change, and how the shards agree.

use sim_core::model::{MOST_TRANSACTION_KEYS, Protocol};
use sim_core::time::SimDuration;

use super::dns::names;
use super::key::{Key, SHARE, Shape, TIME, key, required};
use super::member::Member;
use super::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::source::{Span, Spanned};

/// How long the coordinator takes to force its decision to its log, unless said.
const LOG: SimDuration = SimDuration::from_nanos(1_000_000);

/// Changes of several keys.
pub const TRANSACTIONS: Key = key(
    "transactions",
    Shape::Table(TRANSACTIONS_KEYS),
    "Operations that change several keys at once, which may be on several shards; none unless said. With them every change of a key waits for those before it.",
);

static TRANSACTIONS_KEYS: &[Key] = &[
    required(
        "operations",
        Shape::List(&Shape::Text),
        "The operations whose calls are transactions.",
    ),
    key(
        "keys",
        Shape::Count,
        "Keys that each of them changes, from 2 to 8: that of its request, and others drawn like it; 2 unless said.",
    ),
    required(
        "protocol",
        Shape::Member(PROTOCOLS),
        "How the shards agree: \"two-phase-commit\" or \"saga\".",
    ),
    key(
        "refused",
        SHARE,
        "The probability that the change of a key is refused, say for want of money, so that the whole is undone; its call ends well all the same. 0% unless said.",
    ),
];

/// How shards agree.
static PROTOCOLS: &[Member] = &[
    Member {
        name: "two-phase-commit",
        about: "All keys are locked and all shards prepare (a write each); the coordinator logs its decision; all commit (one more write each). Reads and changes of these keys wait meanwhile; if the coordinator dies, until it is back. On one shard: a single write.",
        parameters: &[key(
            "log",
            TIME,
            "How long the coordinator takes to force its decision to its log; 1ms unless said.",
        )],
        source: "J. Gray, Notes on data base operating systems, 1978; C. Mohan and others, ACM TODS 11(4), 1986",
        checked: "the sum of its rounds; a lock as M/M/1; who waits for a dead coordinator; differs from its sibling",
    },
    Member {
        name: "saga",
        about: "One change after the other is committed, for everybody to see; where one is refused those before it are undone by a write each, the last first. Nobody waits for the whole, and reads of what may be undone are counted.",
        parameters: &[],
        source: "H. Garcia-Molina and K. Salem, Sagas, SIGMOD 1987",
        checked: "the sum of its changes; the expected number of those undone; differs from its sibling",
    },
];

/// Transactions as they were written.
#[derive(Clone, Debug)]
pub struct TransactionsSpec {
    /// Where they stand.
    pub span: Span,
    /// One shard, where nobody says how many there are.
    pub one: Spanned<u32>,
    /// The operations.
    pub operations: Vec<Spanned<String>>,
    /// Keys of each.
    pub keys: u32,
    /// The probability that a change is refused.
    pub refused: f64,
    /// How the shards agree.
    pub protocol: Protocol,
}

/// Reads `transactions`.
pub fn read(r: &mut Reader<'_, '_>) -> Option<TransactionsSpec> {
    let span = r.key_span("transactions");
    let mut r = r.table("transactions", TRANSACTIONS_KEYS)?;
    let operations = names(&mut r, "operations");
    if operations.is_empty() && r.has("operations") {
        let at = r.key_span("operations");
        let problem = Diagnostic::error(&at, format!("{}: operations is empty", r.what));
        r.out.push(problem.label("expected, for example, [\"transfer\"]"));
    }
    let keys = r.count("keys", 2, MOST_TRANSACTION_KEYS);
    let refused = r.share("refused");
    let protocol = r.member("protocol").and_then(|policy| {
        let mut given = policy.given(r.out);
        let protocol = match policy.name {
            "saga" => Protocol::Saga,
            _ => Protocol::TwoPhaseCommit {
                log: given.time("log").unwrap_or(LOG),
            },
        };
        given.all(protocol)
    });
    r.finish();
    Some(TransactionsSpec {
        one: Spanned {
            value: 1,
            span: span.clone(),
        },
        span,
        operations,
        keys: keys.map_or(2, |k| k.value),
        refused: refused.map_or(0.0, |r| r.value),
        protocol: protocol?,
    })
}
