//! `[service.name]`: instances that run call plans.

use sim_core::time::SimDuration;

use super::discipline::{self, DisciplineSpec};
use super::disk::{self, DiskSpec};
use super::key::{Key, Shape, TIME, key, not_yet};
use super::life::{self, LifeSpec};
use super::plan::{self, StepSpec};
use super::pools::{self, PoolSpec};
use super::reader::Reader;
use super::station::{self, PlacementSpec, StationSpec};
use crate::diagnostic::Diagnostic;
use crate::expression::Expression;
use crate::source::Spanned;
use crate::tree::Value;

/// The keys of `[service.name]`.
pub static SERVICE: &[Key] = &[
    station::INSTANCES,
    station::INSTANCE,
    station::ZONES,
    station::WORKERS,
    station::CORES,
    station::QUEUE,
    station::CONTENTION,
    station::FAILURES,
    key(
        "service-time",
        Shape::Expression,
        "Short for on.default = [{ work = ... }].",
    ),
    key(
        "on",
        Shape::Map(&Shape::Plan),
        "The call plan of each operation; `default` serves all others.",
    ),
    key(
        "cancel",
        Shape::Word(&["never", "on-timeout"]),
        "Whether work stops for a caller that gave up; \"never\" unless said.",
    ),
    key(
        "concurrency",
        Shape::Word(&["threads", "event-loop"]),
        "Whether a worker is held for the whole call (\"threads\", unless said) or only while it works (\"event-loop\").",
    ),
    discipline::DISCIPLINE,
    pools::POOLS,
    disk::DISK,
    key(
        "queue-timeout",
        Shape::Expression,
        "How long a call waits for a worker before it leaves the queue, a time or a distribution; for ever unless said.",
    ),
    not_yet("admission", "admission control is not simulated"),
    station::REGION,
    station::SIZE,
    station::AUTOSCALE,
    life::START_UP,
    life::COLD,
    life::MODE,
    life::TAKEOVER,
    life::MEMORY,
    life::BATCH,
    life::ON_DEMAND,
    life::PAUSES,
    key(
        "sessions",
        TIME,
        "Sessions are kept in the instance where they began, until nothing has come from their source for so long: a call that comes elsewhere, or after a crash, is turned away, once. Unless said, none are kept in instances.",
    ),
];

/// A service as it was written.
#[derive(Clone, Debug)]
pub struct ServiceSpec {
    /// How many instances.
    pub instances: Option<Spanned<u32>>,
    /// Workers and queue.
    pub station: StationSpec,
    /// Operation and plan, in the order of the file.
    pub plans: Vec<(Spanned<String>, Vec<StepSpec>)>,
    /// Whether work stops when its caller gave up.
    pub cancel_on_timeout: bool,
    /// Whether a worker is held only while it works.
    pub is_event_loop: bool,
    /// Who is served next.
    pub discipline: Option<Spanned<DisciplineSpec>>,
    /// How long calls wait for a worker.
    pub queue_timeout: Option<Expression>,
    /// How long sessions are kept in instances.
    pub sessions: Option<SimDuration>,
    /// Connections to other components.
    pub pools: Vec<PoolSpec>,
    /// The disk of each instance.
    pub disk: Option<DiskSpec>,
    /// How instances start, and which of them serve.
    pub life: LifeSpec,
}

/// Reads `[service.name]`.
pub fn read(mut r: Reader<'_, '_>) -> (ServiceSpec, PlacementSpec) {
    let instances = r.count("instances", 1, station::MOST_INSTANCES);
    let placement = station::placement(&mut r);
    let station = station::station(&mut r);
    let cancel_on_timeout = r.word("cancel").is_some_and(|w| w.value == 1);
    let is_event_loop = r.word("concurrency").is_some_and(|w| w.value == 1);
    let discipline = discipline::read(&mut r);
    let pools = pools::read(&mut r);
    let disk = disk::read(&mut r);
    let life = life::read(&mut r);
    let queue_timeout = r.expression("queue-timeout");
    let sessions = r.positive_duration("sessions").map(|t| t.value);
    let mut plans = Vec::new();
    let short = r.expression("service-time");
    if r.has("service-time") {
        let span = r.key_span("service-time");
        plans.push((
            Spanned {
                value: "default".to_owned(),
                span,
            },
            short.into_iter().map(StepSpec::Work).collect(),
        ));
    }
    if let Some(node) = r.take("on") {
        if !matches!(node.value, Value::Table(_)) {
            r.wrong(node, "on", "expected a table of operations");
        }
        for entry in node.entries() {
            let what = format!("{}.on.{}", r.what, entry.key);
            let steps = plan::read(&entry.node, &what, r.out);
            if entry.key == "default" && r.has("service-time") {
                let problem = Diagnostic::error(&entry.key_span, format!("{what} is given twice"));
                r.out.push(
                    problem
                        .label("service-time is short for this plan")
                        .help("remove one of the two"),
                );
                continue;
            }
            plans.push((
                Spanned {
                    value: entry.key.clone(),
                    span: entry.key_span.clone(),
                },
                steps,
            ));
        }
    }
    if plans.is_empty() && !r.has("on") {
        let problem = Diagnostic::error(&r.at, format!("{} does nothing", r.what));
        r.out
            .push_missing(problem.label("expected `service-time = \"5ms\"` or a plan in `on`"));
    }
    r.finish();
    (
        ServiceSpec {
            instances,
            station,
            plans,
            cancel_on_timeout,
            is_event_loop,
            discipline,
            queue_timeout,
            sessions,
            pools,
            disk,
            life,
        },
        placement,
    )
}
