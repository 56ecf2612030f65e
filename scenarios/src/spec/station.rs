//! What every component with instances has: how many, on which machine, with how many workers, and how they fail.

use sim_core::model::{Contention, FailureMode, Failures};

use super::key::{Key, Shape, TIME, key, not_yet, required};
use super::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::quantity::Dimension;
use crate::source::Spanned;

/// The most instances of one component.
pub const MOST_INSTANCES: u32 = 100_000;
/// The most workers of one instance.
pub(super) const MOST_WORKERS: u32 = 1_000_000;

/// How many instances.
pub const INSTANCES: Key = key(
    "instances",
    Shape::Count,
    "How many instances there are; 1 unless said.",
);
/// The type of machine.
pub const INSTANCE: Key = key(
    "instance",
    Shape::Text,
    "The type of each instance, from the catalogue or [prices].",
);
/// Zones.
pub const ZONES: Key = key(
    "zones",
    Shape::Count,
    "Instances are placed in so many zones in turn; 1 unless said.",
);
/// Workers.
pub const WORKERS: Key = key(
    "workers",
    Shape::Any(&[Shape::Word(&["unlimited"]), Shape::Count]),
    "Calls that one instance serves at once: a number or \"unlimited\"; the instance type's cores or 1 unless said.",
);
/// Cores.
pub const CORES: Key = key(
    "cores",
    Shape::Count,
    "Cores that `work` shares; the instance type's, or as many as workers, unless said.",
);
/// The waiting room.
pub const QUEUE: Key = key(
    "queue",
    Shape::Any(&[Shape::Word(&["unlimited"]), Shape::Count]),
    "Calls that may wait at one instance; unlimited unless said, 0 refuses when all workers are busy.",
);
/// The Universal Scalability Law.
pub const CONTENTION: Key = key(
    "contention",
    Shape::Table(CONTENTION_KEYS),
    "What more busy cores cost (Universal Scalability Law).",
);
/// Crashes.
pub const FAILURES: Key = key(
    "failures",
    Shape::Table(FAILURES_KEYS),
    "How each instance crashes; never unless said.",
);
/// Regions.
pub const REGION: Key = key("region", Shape::Name, "The region in which it stands.");
/// The size of answers.
pub const SIZE: Key = key(
    "size",
    Shape::Quantity(Dimension::Bytes),
    "The size of an answer, for links and prices; none unless said.",
);
/// Scaling.
pub const AUTOSCALE: Key = not_yet("autoscale", "scaling is not simulated");
/// Start-up.
pub const START_UP: Key = not_yet("start-up", "scaling is not simulated, so that nothing starts up");

static CONTENTION_KEYS: &[Key] = &[
    key(
        "sigma",
        Shape::Number,
        "Contention: the share of the work that is serial.",
    ),
    key(
        "kappa",
        Shape::Number,
        "Coherency: what each pair of cores costs.",
    ),
];

static FAILURES_KEYS: &[Key] = &[
    required("mtbf", TIME, "Mean time from being up to the next crash."),
    required("mttr", TIME, "Mean time from a crash to being up again."),
    key(
        "mode",
        Shape::Word(&["crash", "hang"]),
        "Whether it is gone (\"crash\", unless said) or takes calls and never answers (\"hang\", services only); what it holds is lost when it is repaired.",
    ),
];

/// A number, or no limit.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// At most so many.
    At(Spanned<u32>),
    /// No limit.
    Unlimited,
}

/// A station as it was written.
#[derive(Clone, Debug, Default)]
pub struct StationSpec {
    /// Calls served at once.
    pub workers: Option<Limit>,
    /// Cores that `work` shares.
    pub cores: Option<Spanned<u32>>,
    /// Calls that may wait.
    pub queue: Option<Limit>,
    /// What more busy cores cost.
    pub contention: Option<Contention>,
}

/// Where a component's instances are, and how they fail.
#[derive(Clone, Debug, Default)]
pub struct PlacementSpec {
    /// The type of each instance.
    pub instance: Option<Spanned<String>>,
    /// How many zones.
    pub zones: Option<Spanned<u32>>,
    /// The size of an answer in bytes.
    pub size: Option<f64>,
    /// In which region.
    pub region: Option<Spanned<String>>,
    /// How each instance crashes.
    pub failures: Option<Failures>,
}

/// Reads workers, cores, queue and contention.
pub fn station(r: &mut Reader<'_, '_>) -> StationSpec {
    let workers = limit(r, "workers", 1);
    let cores = r.count("cores", 1, MOST_WORKERS);
    let queue = limit(r, "queue", 0);
    let contention = r.table("contention", CONTENTION_KEYS).map(|mut c| {
        let (sigma, kappa) = (c.number("sigma"), c.number("kappa"));
        if let Some(large) = sigma.as_ref().filter(|s| s.value > 1.0) {
            c.out.push(
                Diagnostic::error(&large.span, "sigma is over 1").label("expected a share such as 0.02"),
            );
        }
        c.finish();
        Contention {
            sigma: sigma.map_or(0.0, |s| s.value),
            kappa: kappa.map_or(0.0, |k| k.value),
        }
    });
    StationSpec {
        workers,
        cores,
        queue,
        contention,
    }
}

/// A number or "unlimited".
pub fn limit(r: &mut Reader<'_, '_>, key: &str, least: u32) -> Option<Limit> {
    if r.take(key).is_some_and(|n| n.display() == "unlimited") {
        return Some(Limit::Unlimited);
    }
    r.count(key, least, MOST_WORKERS).map(Limit::At)
}

/// Reads instance, zones and failures.
pub fn placement(r: &mut Reader<'_, '_>) -> PlacementSpec {
    let instance = r.text("instance");
    let zones = r.count("zones", 1, 1000);
    let region = r.text("region");
    let size = r.quantity("size", Dimension::Bytes).map(|s| s.value);
    let failures = failures(r);
    PlacementSpec {
        instance,
        zones,
        region,
        size,
        failures,
    }
}

/// Reads how each instance crashes.
pub fn failures(r: &mut Reader<'_, '_>) -> Option<Failures> {
    r.table("failures", FAILURES_KEYS).and_then(|mut f| {
        let (mtbf, mttr) = (f.positive_duration("mtbf"), f.positive_duration("mttr"));
        let mode = f.word("mode");
        if let Some(hang) = mode
            .as_ref()
            .filter(|m| m.value == 1 && !f.what.starts_with("service."))
        {
            let problem = Diagnostic::error(&hang.span, format!("{}: only services can hang", f.what));
            f.out.push(problem.label("expected \"crash\""));
        }
        f.finish();
        Some(Failures {
            mtbf: mtbf?.value,
            mttr: mttr?.value,
            mode: if mode.is_some_and(|m| m.value == 1) {
                FailureMode::Hang
            } else {
                FailureMode::Crash
            },
        })
    })
}
