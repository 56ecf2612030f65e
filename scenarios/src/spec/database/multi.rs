//! Databases whose instances all take writes: `multi-primary`.

use sim_core::model::{FlowControl, MultiPrimary, ReadYourWrites};
use sim_core::random::Law;
use sim_core::time::SimDuration;

use super::super::key::{Key, Shape, TIME, key};
use super::super::member::Member;
use super::super::reader::Reader;
use super::{DatabaseSpec, replication};
use crate::diagnostic::Diagnostic;

/// What becomes of writes that conflict.
pub(super) const KEY: Key = key(
    "multi-primary",
    Shape::Member(MULTI_PRIMARY),
    "All replicas + 1 instances take reads and writes, each call at any of them: what becomes of writes of a key at two of them that don't know of \
     each other; only the primary takes writes unless said.",
);

static MULTI_PRIMARY: &[Member] = &[
    Member {
        name: "last-writer-wins",
        about: "Both writes are answered, and the later one takes the other's place, which is lost.",
        parameters: &[],
        source: "M. Kleppmann, Designing Data-Intensive Applications, 2017, chapter 5",
        checked: "lost writes against (n - 1)/n (1 - exp(-rate * lag))",
    },
    Member {
        name: "galera",
        about: "A write is sent to all when its work is done, and the first one wins: it is refused if an earlier one of its key was not applied \
                where it began. An instance with too much to apply pauses all writes, and so does the loss of one.",
        parameters: &[
            key(
                "broadcast",
                TIME,
                "How long it takes to send a write to all, beside the network's round trip; 1ms unless said.",
            ),
            key(
                "fc-limit",
                Shape::Count,
                "Writes to apply, times the root of the number of instances, above which all pause; 16 unless said.",
            ),
            key(
                "fc-factor",
                Shape::Number,
                "They go on at this part of it, from 0 to 1; 1 unless said, as in the code (the documentation says 0.5).",
            ),
            key(
                "suspect",
                TIME,
                "The shortest pause after the loss of an instance; 5s unless said.",
            ),
            key("inactive", TIME, "The longest; 15s unless said."),
        ],
        source: "codership/galera, gcs_params.cpp, replicator_smm_params.cpp, certification.cpp",
        checked: "thresholds of flow control by its own rule, conflicts against a renewal process, pauses, views and majorities one by one",
    },
];

/// The usual times, in seconds.
const BROADCAST: f64 = 0.001;
const SUSPECT: f64 = 5.0;
const INACTIVE: f64 = 15.0;

/// Reads `multi-primary` and what a database has beside it; whether it is there.
pub(super) fn multi_primary(r: &mut Reader<'_, '_>, replicas: u32, spec: &mut DatabaseSpec) -> bool {
    let Some(policy) = r.member("multi-primary") else {
        return false;
    };
    if replicas == 0 {
        let problem = Diagnostic::error(&policy.span, format!("{}: there is only one instance", r.what));
        r.out.push(
            problem
                .label("nobody to share the writes with")
                .help("add replicas: `replicas = 2`"),
        );
        return true;
    }
    let mut given = policy.given(r.out);
    let is_certified = policy.name == "galera";
    let made = if is_certified {
        let mut seconds = |name: &str, usual: f64| {
            let time: Option<SimDuration> = given.time(name);
            time.map_or(usual, |t| t.as_secs_f64())
        };
        let broadcast = seconds("broadcast", BROADCAST);
        let suspect = seconds("suspect", SUSPECT);
        let inactive = seconds("inactive", INACTIVE).max(suspect);
        let limit = given.whole("fc-limit", 1, 1_000_000, 16);
        let factor = given.number("fc-factor", 0.0, 1.0).unwrap_or(1.0);
        MultiPrimary::Certified {
            broadcast: Law::constant(broadcast * 1e9).ok(),
            flow: flow(limit, factor, replicas + 1),
            stall: Law::uniform(suspect * 1e9, inactive * 1e9).ok(),
        }
    } else {
        MultiPrimary::LastWriterWins
    };
    spec.multi = given.all(made);
    let about_copies = r.key_span("replication");
    spec.replication = replication::replication(r, replicas);
    let copies = spec.replication.as_ref();
    let mut refuse = |what: &str, label: &str| {
        let problem = Diagnostic::error(&about_copies, format!("{}: {what}", r.what));
        r.out.push(problem.label(label));
    };
    if copies.is_some_and(|c| c.wait.is_some()) {
        refuse(
            "with several primaries no write waits for copies",
            "expected mode = \"async\"",
        );
    }
    if is_certified && copies.is_some_and(|c| c.lag.is_some()) {
        refuse(
            "galera applies one write after the other",
            "expected `apply` instead of `lag`",
        );
    }
    let promise = r.key_span("read-your-writes");
    spec.read_your_writes = replication::read_your_writes(r);
    if matches!(spec.read_your_writes, Some(ReadYourWrites::Sticky(_))) {
        let problem = Diagnostic::error(
            &promise,
            format!("{}: there is no one primary to read at", r.what),
        );
        r.out.push(problem.label("expected \"position\""));
    }
    true
}

/// When Galera pauses all writes, and when they go on.
fn flow(limit: u32, factor: f64, instances: u32) -> FlowControl {
    let upper = (f64::from(limit) * f64::from(instances).sqrt()).round();
    FlowControl {
        pause_above: upper as u32,
        resume_at: (upper * factor).round() as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn galera_pauses_and_goes_on_at_its_own_thresholds() {
        let all = include_str!("../../../tests/data/failover_timing.json");
        let all: serde_json::Value = serde_json::from_str(all).expect("vectors");
        for case in all["galera_flow_control"]["vectors"].as_array().expect("cases") {
            let n = |key: &str| {
                case[key]
                    .as_u64()
                    .and_then(|n| u32::try_from(n).ok())
                    .expect("a count")
            };
            let factor = case["fc_factor"].as_f64().expect("a factor");
            let found = flow(n("fc_limit"), factor, n("nodes"));
            assert_eq!(
                (found.pause_above, found.resume_at),
                (n("expect_upper"), n("expect_lower"))
            );
        }
    }
}
