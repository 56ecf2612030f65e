//! What is not tested, or with a looser bound, and why: the lists are held to be current by a test.

/// (the beginning of the case's name, why the engine can't express it yet)
pub const NOT_EXPRESSIBLE: &[(&str, &str)] = &[
    ("kaufman-roberts-", "a call holds exactly one worker"),
    ("mt-ginf-", "rates don't change over time yet"),
    ("mmpp-", "rates don't change over time yet"),
    (
        "retrial-",
        "pauses before retries are not exponential, and tries are at most 255",
    ),
    (
        "kofn-repair-",
        "every instance is repaired at once, by a crew of its own",
    ),
    (
        "kofn-4of6-0.999",
        "expressible, but so rare an outage is seen too seldom in any time that a test has",
    ),
    (
        "kofn-2of3-0.999",
        "expressible, but so rare an outage is seen too seldom in any time that a test has",
    ),
    (
        "kofn-1of3-0.99",
        "expressible, but so rare an outage is seen too seldom in any time that a test has",
    ),
    (
        "power-of-1-limit-lam0.99",
        "expressible, but M/M/1 at 0.99 takes 1.7e9 requests, and says what the case mm1-lam0.99 says",
    ),
];

/// (the beginning of the case's name, the field, why it is not measured)
pub const NOT_MEASURED: &[(&str, &str, &str)] = &[
    ("mm1-lam", "p_n_ge_10", "levels are integrated, not their law"),
    ("mm1-lam", "var_in_system", "levels are integrated, not their law"),
    (
        "mmck-",
        "p_idle",
        "levels are integrated, not their law; measured for one worker",
    ),
    ("mg1-ps-", "p_n_ge_5", "levels are integrated, not their law"),
    (
        "mg1-ps-",
        "mean_slowdown",
        "a request's own service time is not kept",
    ),
    (
        "mg1-ps-",
        "mean_sojourn_given_size_1",
        "a request's own service time is not kept",
    ),
    ("mginf-", "var_in_system", "levels are integrated, not their law"),
    ("mginf-", "p50_in_system", "levels are integrated, not their law"),
    ("mginf-", "p99_in_system", "levels are integrated, not their law"),
    (
        "mginf-",
        "p99_9_in_system",
        "levels are integrated, not their law",
    ),
    ("mginf-", "p_empty", "levels are integrated, not their law"),
    ("closed-", "saturation_N", "arithmetic on the parameters"),
    (
        "machine-repair-",
        "p_all_thinking",
        "levels are integrated, not their law; measured for one worker",
    ),
    (
        "machine-repair-",
        "p_at_least_c_busy",
        "levels are integrated, not their law",
    ),
    ("irm-", "hit_lru_che_approximation", "an approximation"),
    ("irm-", "che_characteristic_time_in_requests", "an approximation"),
    (
        "ttl-",
        "mean_objects_reset_ttl",
        "what is kept is not counted, and how long a value is depends on its hits",
    ),
    (
        "mmk-setup-",
        "mean_servers_in_setup",
        "workers that are being started are not counted",
    ),
    ("mm1-breakdown-", "availability", "a pause is no outage"),
    (
        "renewal-",
        "sd_of_availability_stationary_start",
        "a spread over trials, not a mean",
    ),
    ("renewal-up1000-", "p_no_outage_start_up", "one trial in 6000"),
    ("renewal-up100-", "p_no_outage_start_up", "one trial in 1300"),
    (
        "renewal-",
        "expected_failures_start_up",
        "crashes are not counted",
    ),
    (
        "renewal-",
        "p50_downtime_h",
        "a quantile over trials: held by a test of its own",
    ),
    (
        "renewal-",
        "p90_downtime_h",
        "a quantile over trials: held by a test of its own",
    ),
    (
        "renewal-",
        "p99_downtime_h",
        "a quantile over trials: held by a test of its own",
    ),
    (
        "renewal-",
        "availability_at_t_equals_mttr",
        "windows are thirty-seconds of the trial",
    ),
    (
        "backoff-",
        "var_full_jitter",
        "only means are kept of calls that fail",
    ),
];

/// Why, and then cases (and a field, where it isn't all of them) with how many times the usual bound the standard error may be.
///
/// A longer run would narrow them by the square root of its length: a factor of 3 is nine times as long.
pub const SHORT_RUN: &[(&str, &[(&str, f64)])] = &[
    (
        "outages are rare: some forty of them are seen",
        &[
            ("kofn-3of5-0.99 unavailability", 40.0),
            ("kofn-1of2-0.995 unavailability", 50.0),
        ],
    ),
    (
        "a share of trials that is small, and few enough trials to be quick",
        &[
            ("renewal-up1000-down1-T8760 expected_downtime_start_up_h", 1.5),
            ("renewal-up100-down2-T720 expected_downtime_start_up_h", 1.5),
            ("renewal-up8760-down24-T8760 p_no_outage_start_up", 4.0),
            ("renewal-up8760-down24-T8760 expected_downtime_start_up_h", 4.0),
        ],
    ),
    (
        "slow leaves are rare, and 2000 of them a request take long",
        &[("tail-at-scale-open", 8.0)],
    ),
    (
        "waits are correlated for long at this load",
        &[
            ("round-robin-n2-rho0.9", 2.0),
            ("random-split-n2-rho0.9", 2.0),
            ("round-robin-n10-rho0.9", 2.0),
            ("random-split-n10-rho0.9", 1.5),
            ("tandem-2-lam0.8", 2.0),
            ("tandem-3-lam0.7 var_sojourn", 1.5),
            ("tandem-3-lam0.7 p95_sojourn", 1.5),
            ("tandem-4-lam50", 3.0),
            ("machine-repair-N100-c1-Z1 p_all_thinking", 1.5),
            ("forkjoin-2-rho0.9 mean_sojourn", 1.5),
            ("jsq-n2-d2-rho0.9", 2.0),
            ("mm1-lam0.9-mu1", 3.0),
            ("mm1-lam0.9-mu1 var_sojourn", 4.0),
            ("mm1-lam0.3-mu2 mean_queue", 1.5),
            ("mm1-lam0.3-mu2 p90_wait", 2.5),
            ("mmc-c2-lam1.6-mu1 p95_wait", 1.5),
            ("mmc-c4-lam3.2-mu1 mean_queue", 1.5),
            ("mmc-c3-lam2.7-mu1", 3.0),
            ("mg1-uniform-0-rho0.7 p95_wait", 1.5),
            ("mg1-uniform-0.5-rho0.85 p95_wait", 1.5),
            ("mg1-uniform-0.5-rho0.85 p95_sojourn", 1.5),
            ("mg1-Erlang-4-scv-rho0.9", 2.0),
            ("md1-rho0.8 p95_wait", 1.5),
            ("md1-rho0.9", 1.5),
            ("mdc-c4-lam3.4", 1.5),
            ("batch-arrivals-geometric-mean-4", 1.5),
            ("gm1-D-rho0.9 p90_wait", 1.5),
            ("gm1-D-rho0.9 p95_wait", 1.5),
            ("gm1-D-rho0.5 mean_wait", 1.5),
            ("gm1-D-rho0.5 p90_wait", 1.5),
        ],
    ),
    (
        "close to saturation waits are correlated for longer than a test may take",
        &[
            ("mm1-lam950-mu1000", 6.0),
            ("mm1-lam0.99-mu1", 15.0),
            ("mmc-c10-lam9.9-mu1", 15.0),
            ("md1-rho0.98", 2.0),
            ("gm1-E4-rho0.95", 4.0),
        ],
    ),
    (
        "the median is near the atom at zero, where its relative error is large",
        &[
            ("mmc-c2-lam1.6-mu1 p50_wait", 1.5),
            ("mmc-c4-lam3.2-mu1 p50_wait", 2.5),
            ("mmc-c100-lam95-mu1 p50_wait", 120.0),
            ("md1-rho0.6 p50_wait", 2.0),
            ("central-queue-n4-rho0.8 p50_wait", 2.5),
        ],
    ),
    (
        "few of the calls wait, in bursts",
        &[
            ("mmc-c8-lam7.2-mu1", 3.0),
            ("mmc-c16-lam15-mu1", 4.0),
            ("mmc-c100-lam95-mu1", 6.0),
            ("mmc-c70-lam640-mu10", 4.0),
            ("mmc-c500-lam450-mu1", 40.0),
            ("central-queue-n2-rho0.9", 3.0),
            ("central-queue-n4-rho0.8 mean_queue", 1.5),
            ("central-queue-n10-rho0.9", 3.0),
            ("central-queue-n5-rho0.7", 2.0),
        ],
    ),
    (
        "refusals, and idle times at overload, are rare and come in bursts",
        &[
            ("mmck-c1-K20-lam1.2 p_idle", 6.0),
            ("mmck-c16-K64-lam16", 4.0),
            ("erlangb-a20-c30 p_block", 3.0),
            ("erlangb-a100-c110 p_block", 2.5),
            ("mmck-c1-K10-lam0.9 p_block", 1.5),
        ],
    ),
    (
        "few long services carry most of the waiting",
        &[
            ("mg1-lognormal-4-rho0.8", 4.0),
            ("mg1-lognormal-16-rho0.5", 10.0),
            ("mg1-bounded-Pareto-0.2-1.5-rho0.8", 6.0),
            ("mg1-lognormal-2-rho0.6", 2.5),
            ("mg1-lognormal-0.25-rho0.9", 2.0),
            ("mg1-bounded-Pareto-0.5-1.8-rho0.6", 2.0),
            ("mg1-hyperexponential-2-scv5-rho0.8", 2.0),
            ("mg1-lcfspr-hyperexponential-2-rho0.8", 1.5),
            ("mg1-lcfspr-bounded-Pareto-rho0.8", 2.0),
            ("mg1-ps-hyperexponential-2-rho0.8 mean_sojourn", 1.5),
            ("mg1-ps-hyperexponential-2-rho0.8 mean_in_system", 1.5),
            ("mg1-ps-bounded-Pareto-rho0.8 mean_sojourn", 1.5),
            ("mg1-ps-bounded-Pareto-rho0.8 mean_in_system", 1.5),
        ],
    ),
    (
        "every trial shows one instant only",
        &[("mm1-transient-lam0.8 mean_in_system", 1.5)],
    ),
];
