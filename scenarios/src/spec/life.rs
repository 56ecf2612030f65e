//! How the instances of a service start, which of them serve, and how many calls their memory holds.

use sim_core::model::Batch;
use sim_core::time::SimDuration;

use super::key::{Key, Shape, TIME, key, required};
use super::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::expression::Expression;
use crate::quantity::Dimension;
use crate::source::Spanned;

const BYTES: Shape = Shape::Quantity(Dimension::Bytes);

/// From a repair to being ready.
pub const START_UP: Key = key(
    "start-up",
    Shape::Expression,
    "How long an instance takes from its repair to being ready, a time or a distribution; no time unless said.",
);
/// Slow at first.
pub const COLD: Key = key(
    "cold",
    Shape::Table(COLD_KEYS),
    "How an instance works just after it has started; as ever unless said.",
);
/// Who serves.
pub const MODE: Key = key(
    "mode",
    Shape::Word(&["active-active", "active-standby"]),
    "Whether all instances serve (unless said), or one while the others stand by.",
);
/// Until another one serves.
pub const TAKEOVER: Key = key(
    "takeover",
    TIME,
    "With \"active-standby\": from the crash of the instance that serves until another one does.",
);
/// Memory.
pub const MEMORY: Key = key(
    "memory",
    Shape::Table(MEMORY_KEYS),
    "Memory of an instance, and what each call takes of it; no limit unless said.",
);

/// Batches.
pub const BATCH: Key = key(
    "batch",
    Shape::Table(BATCH_KEYS),
    "A worker serves several calls at once, by the plan of the first of them; one at a time unless said.",
);

/// Workers that come and go.
pub const ON_DEMAND: Key = key(
    "on-demand",
    Shape::Table(ON_DEMAND_KEYS),
    "Workers are started when a call finds none idle, up to `workers`, and go when they are idle, as those of serverless functions do; \
     they are always there unless said.",
);

/// Stops of the whole instance.
pub const PAUSES: Key = key(
    "pauses",
    Shape::Table(PAUSES_KEYS),
    "When each instance stops for a while, as it does while it collects garbage: its work stands still, calls that come wait, and \
     it goes on with what it has; what takes no work, such as passing on an answer, isn't held up; never unless said.",
);

static PAUSES_KEYS: &[Key] = &[
    required(
        "every",
        Shape::Expression,
        "From the end of a pause to the next one, a time or a distribution.",
    ),
    required(
        "for",
        Shape::Expression,
        "How long each lasts, a time or a distribution.",
    ),
];

static ON_DEMAND_KEYS: &[Key] = &[
    required(
        "set-up",
        Shape::Expression,
        "How long a worker takes to start, a time or a distribution.",
    ),
    key(
        "keep-alive",
        TIME,
        "How long an idle worker stays; it goes at once unless said.",
    ),
];

static BATCH_KEYS: &[Key] = &[
    required("size", Shape::Count, "The most calls of a batch."),
    key(
        "wait",
        TIME,
        "How long a batch that isn't full waits for more, though a worker is free; not at all unless said.",
    ),
    key(
        "each",
        TIME,
        "What every further call adds to the work of the first; nothing unless said.",
    ),
];

static COLD_KEYS: &[Key] = &[
    required("for", TIME, "How long it lasts."),
    required(
        "slower",
        Shape::Number,
        "How many times as long work takes, such as 3.",
    ),
];

static MEMORY_KEYS: &[Key] = &[
    required("size", BYTES, "Memory of an instance."),
    required(
        "per-call",
        BYTES,
        "What each call takes, from its arrival to its end.",
    ),
    key("base", BYTES, "What is taken anyway; nothing unless said."),
    key(
        "when-full",
        Shape::Word(&["refuse", "crash"]),
        "What happens when one call more comes: it is refused (unless said), or the instance crashes with all its calls.",
    ),
    key(
        "restart",
        TIME,
        "With \"crash\": until the instance is ready again; 10 s unless said.",
    ),
];

/// Memory as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct MemorySpec {
    /// Calls that fit.
    pub calls: u32,
    /// Whether the instance crashes when one more comes.
    pub crashes: bool,
    /// Until it is ready again.
    pub restart: Option<SimDuration>,
}

/// All of it as it was written.
#[derive(Clone, Debug, Default)]
pub struct LifeSpec {
    /// From a repair to being ready.
    pub start_up: Option<Expression>,
    /// How long and how much slower an instance works at first.
    pub cold: Option<(SimDuration, f64)>,
    /// One serves, the others stand by.
    pub standby: Option<Spanned<()>>,
    /// Until another one serves.
    pub takeover: Option<Spanned<SimDuration>>,
    /// How many calls fit.
    pub memory: Option<Spanned<MemorySpec>>,
    /// Calls that are served together.
    pub batch: Option<Spanned<Batch>>,
    /// How long a worker takes to start, where they come on demand, and how long an idle one stays.
    pub on_demand: Option<Spanned<(Expression, Option<SimDuration>)>>,
    /// How far apart an instance's pauses are, and how long they are.
    pub pauses: Option<(Expression, Expression)>,
}

/// Reads the keys of this file.
pub fn read(r: &mut Reader<'_, '_>) -> LifeSpec {
    let start_up = r.expression("start-up");
    let cold = r.table("cold", COLD_KEYS).and_then(cold);
    let standby = r.word("mode").filter(|m| m.value == 1).map(|m| Spanned {
        value: (),
        span: m.span,
    });
    let takeover = if standby.is_some() {
        r.duration("takeover")
    } else {
        None
    };
    let at = r.key_span("batch");
    let batch = r.table("batch", BATCH_KEYS).and_then(|mut b| {
        let size = b.count("size", 1, 1_000_000);
        let (wait, each) = (b.duration("wait"), b.duration("each"));
        b.finish();
        Some(Batch {
            size: size?.value,
            wait: wait.map_or(SimDuration::ZERO, |t| t.value),
            each: each.map_or(SimDuration::ZERO, |t| t.value),
        })
    });
    let batch = batch.map(|value| Spanned { value, span: at });
    let at = r.key_span("on-demand");
    let on_demand = r.table("on-demand", ON_DEMAND_KEYS).and_then(|mut t| {
        let (set_up, keep_alive) = (t.expression("set-up"), t.duration("keep-alive"));
        t.finish();
        Some((set_up?, keep_alive.map(|k| k.value)))
    });
    let on_demand = on_demand.map(|value| Spanned { value, span: at });
    let pauses = r.table("pauses", PAUSES_KEYS).and_then(|mut t| {
        let (every, lasts) = (t.expression("every"), t.expression("for"));
        t.finish();
        every.zip(lasts)
    });
    let at = r.key_span("memory");
    let memory = r.table("memory", MEMORY_KEYS).and_then(memory);
    LifeSpec {
        start_up,
        cold,
        standby,
        takeover,
        memory: memory.map(|value| Spanned { value, span: at }),
        batch,
        on_demand,
        pauses,
    }
}

fn cold(mut r: Reader<'_, '_>) -> Option<(SimDuration, f64)> {
    let (lasts, slower) = (r.positive_duration("for"), r.number("slower"));
    if let Some(slower) = slower.as_ref().filter(|s| !(1.0..=1e6).contains(&s.value)) {
        let problem = Diagnostic::error(&slower.span, format!("{}: slower is out of range", r.what));
        r.out
            .push(problem.label("expected a number from 1 to 1000000, such as 3"));
        return None;
    }
    r.finish();
    Some((lasts?.value, slower?.value))
}

fn memory(mut r: Reader<'_, '_>) -> Option<MemorySpec> {
    let bytes = Dimension::Bytes;
    let (size, per_call) = (r.quantity("size", bytes), r.quantity("per-call", bytes));
    let base = r.quantity("base", bytes).map_or(0.0, |b| b.value);
    let crashes = r.word("when-full").is_some_and(|w| w.value == 1);
    let restart = if crashes {
        r.positive_duration("restart")
    } else {
        None
    };
    let calls = match (&size, &per_call) {
        (Some(size), Some(per_call)) => ((size.value - base) / per_call.value).floor(),
        _ => f64::NAN,
    };
    // Nothing per call fits any number of times; the limit is one of counts.
    let is_possible = (1.0..=1e9).contains(&calls);
    if !is_possible && let (Some(_), Some(per_call)) = (&size, &per_call) {
        let problem = Diagnostic::error(&per_call.span, format!("{}: {calls} calls fit", r.what));
        r.out
            .push(problem.label("expected room for at least one call, and for a billion at most"));
    }
    r.finish();
    is_possible.then_some(MemorySpec {
        calls: calls as u32,
        crashes,
        restart: restart.map(|t| t.value),
    })
}
