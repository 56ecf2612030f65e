//! The health checks of real systems by name: how often each asks, and how many answers it believes.

use sim_core::model::{FailOpen, HealthCheck};
use sim_core::time::SimDuration;

use super::super::key::{Key, Shape, TIME, key};
use super::super::member::Member;

/// What can be changed of a system's checks.
pub static CHANGES: &[Key] = &[
    key(
        "interval",
        TIME,
        "Between two checks of one instance; the system's own unless said.",
    ),
    key(
        "timeout",
        TIME,
        "How long a check waits for an answer; the system's own unless said.",
    ),
    key(
        "fails",
        Shape::Count,
        "Failed checks in a row that take an instance out; the system's own unless said.",
    ),
    key(
        "passes",
        Shape::Count,
        "Passed checks in a row that bring it back; the system's own unless said.",
    ),
    key(
        "jitter",
        TIME,
        "Each interval is longer by a random part of this; 0s unless said.",
    ),
];

const BANDS: &str = "its documented bands: the time to notice a refusing and a hanging instance, and to take it back, fills them to both ends";

/// The systems.
pub static SYSTEMS: &[Member] = &[
    Member {
        name: "nginx",
        about: "nginx Plus, `health_check`: every 5s, out after 1 failed, back after 1 passed; waits 60s, the proxy's read timeout. With nobody healthy calls fail.",
        parameters: CHANGES,
        source: "nginx.org, ngx_http_upstream_hc_module",
        checked: BANDS,
    },
    Member {
        name: "haproxy",
        about: "HAProxy, `check`: every 2s, timeout 2s, fall 3, rise 2. With nobody healthy calls fail.",
        parameters: CHANGES,
        source: "haproxy 3.5-dev, doc/configuration.txt",
        checked: BANDS,
    },
    Member {
        name: "alb",
        about: "AWS Application Load Balancer, a target group's defaults: every 30s, timeout 5s, out after 2 failed, back after 5 passed. Fails open.",
        parameters: CHANGES,
        source: "AWS Elastic Load Balancing guide, target-group-health-checks (June 2023)",
        checked: BANDS,
    },
    Member {
        name: "nlb",
        about: "AWS Network Load Balancer, a TCP target group's defaults: every 30s, timeout 10s, out after 2 failed, back after 5 passed. Fails open.",
        parameters: CHANGES,
        source: "AWS Elastic Load Balancing guide, target-group-health-checks (June 2023)",
        checked: BANDS,
    },
    Member {
        name: "kubernetes",
        about: "Kubernetes, a readiness probe's defaults: every 10s, timeout 1s, a pod leaves the endpoints after 3 failed and is back after 1 passed. With nobody ready calls fail.",
        parameters: CHANGES,
        source: "Kubernetes API v1, Probe",
        checked: BANDS,
    },
    Member {
        name: "envoy",
        about: "Envoy as bootstraps usually configure it (it has no defaults): every 5s, timeout 5s, out after 3 failed, back after 2 passed. Below 50 % healthy all are chosen from (panic).",
        parameters: CHANGES,
        source: "Envoy, config.core.v3.HealthCheck and healthy_panic_threshold",
        checked: BANDS,
    },
    Member {
        name: "route-53",
        about: "Amazon Route 53, standard checks: every 30s, timeout 4s, 3 failed or passed; one checker stands for all of them. Fails open.",
        parameters: CHANGES,
        source: "Route 53 guide, dns-failover-determining-health-of-endpoints; the threshold of 3 is not confirmed there",
        checked: BANDS,
    },
    Member {
        name: "route-53-fast",
        about: "Amazon Route 53, fast checks: every 10s, timeout 4s, 3 failed or passed; one checker stands for all of them. Fails open.",
        parameters: CHANGES,
        source: "Route 53 guide, dns-failover-determining-health-of-endpoints; the threshold of 3 is not confirmed there",
        checked: BANDS,
    },
];

/// The figures of the systems, in their order.
static FIGURES: &[(HealthCheck, FailOpen)] = &[
    (rule(5, 60, 1, 1), FailOpen::Never),
    (rule(2, 2, 3, 2), FailOpen::Never),
    (rule(30, 5, 2, 5), FailOpen::WhenNone),
    (rule(30, 10, 2, 5), FailOpen::WhenNone),
    (rule(10, 1, 3, 1), FailOpen::Never),
    (rule(5, 5, 3, 2), FailOpen::Below(0.5)),
    (rule(30, 4, 3, 3), FailOpen::WhenNone),
    (rule(10, 4, 3, 3), FailOpen::WhenNone),
];

const fn rule(interval_s: u64, timeout_s: u64, fails: u32, passes: u32) -> HealthCheck {
    HealthCheck {
        interval: SimDuration::from_nanos(interval_s * 1_000_000_000),
        timeout: SimDuration::from_nanos(timeout_s * 1_000_000_000),
        fails,
        passes,
        jitter: SimDuration::ZERO,
    }
}

/// A system by its name: its row, its checks, and what it does when too few are healthy.
#[must_use]
pub fn lookup(name: &str) -> Option<(&'static Member, HealthCheck, FailOpen)> {
    let place = SYSTEMS.iter().position(|m| m.name == name)?;
    let (rule, fail_open) = FIGURES.get(place)?;
    Some((&SYSTEMS[place], *rule, *fail_open))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_system_has_figures_of_its_own() {
        assert_eq!(SYSTEMS.len(), FIGURES.len());
        for (i, figures) in FIGURES.iter().enumerate() {
            assert!(!FIGURES[..i].contains(figures), "{}", SYSTEMS[i].name);
        }
    }
}
