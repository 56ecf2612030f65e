//! Exact results that no closed form of this crate gives: case, and which of its values.
//!
//! Most need the whole law of a queue by numerical inversion or by solving a large chain; the simulation is tested
//! against those values directly.

/// "everything" stands for all values of a case.
pub const UNCOVERED: &[(&str, &str)] = &[
    ("bulk-service-K4", "everything"),
    ("composite-request-open", "everything"),
    ("deterministic-outage-800-1000", "everything"),
    ("jsq-n2-d2-rho0.5", "everything"),
    ("jsq-n2-d2-rho0.9", "everything"),
    ("jsq-n3-d2-rho0.7", "everything"),
    ("mdc-c4-lam3.4", "everything"),
    ("mg1-Erlang-4-scv-rho0.9", WAIT),
    ("mg1-Erlang-4-scv-rho0.9", SOJOURN),
    ("mg1-bounded-Pareto-0.2-1.5-rho0.8", WAIT),
    ("mg1-bounded-Pareto-0.2-1.5-rho0.8", SOJOURN),
    ("mg1-bounded-Pareto-0.5-1.8-rho0.6", WAIT),
    ("mg1-bounded-Pareto-0.5-1.8-rho0.6", SOJOURN),
    ("mg1-hyperexponential-2-scv5-rho0.8", WAIT),
    ("mg1-hyperexponential-2-scv5-rho0.8", SOJOURN),
    ("mg1-lognormal-0.25-rho0.9", WAIT),
    ("mg1-lognormal-0.25-rho0.9", SOJOURN),
    ("mg1-lognormal-1-rho0.7", WAIT),
    ("mg1-lognormal-1-rho0.7", SOJOURN),
    ("mg1-lognormal-16-rho0.5", WAIT),
    ("mg1-lognormal-16-rho0.5", SOJOURN),
    ("mg1-lognormal-2-rho0.6", WAIT),
    ("mg1-lognormal-2-rho0.6", SOJOURN),
    ("mg1-lognormal-4-rho0.8", WAIT),
    ("mg1-lognormal-4-rho0.8", SOJOURN),
    ("mg1-uniform-0-rho0.7", WAIT),
    ("mg1-uniform-0-rho0.7", SOJOURN),
    ("mg1-uniform-0.5-rho0.85", WAIT),
    ("mg1-uniform-0.5-rho0.85", SOJOURN),
    ("mm1-breakdown-lam0.5-xi0.001", SOJOURN),
    ("mm1-breakdown-lam0.6-xi0.05", SOJOURN),
    ("mm1-breakdown-lam20-xi0.2", SOJOURN),
    ("mm1-ps-percentiles-rho0.5", SOJOURN),
    ("mm1-ps-percentiles-rho0.8", SOJOURN),
    ("mm1-transient-lam0.8", "everything"),
    ("mmk-setup-k4", "everything"),
    ("mmpp-m-1-1.4", "everything"),
    ("mt-ginf-exp-period600", "lag_of_peak_behind_rate"),
    (
        "mt-ginf-exp-period600",
        "mean_in_system_at_0_of_period mean_in_system_at_0.125_of_period",
    ),
    (
        "mt-ginf-exp-period600",
        "mean_in_system_at_0.25_of_period mean_in_system_at_0.5_of_period",
    ),
    ("mt-ginf-exp-period600", "mean_in_system_at_0.75_of_period"),
    ("retrial-c5-lam3", "everything"),
    ("token-bucket-rho0.9-B5", "everything"),
    ("token-bucket-rho1.2-B10", "everything"),
];

const WAIT: &str = "p50_wait p90_wait p95_wait p99_wait p99_9_wait";
const SOJOURN: &str = "p50_sojourn p90_sojourn p95_sojourn p99_sojourn p99_9_sojourn";
