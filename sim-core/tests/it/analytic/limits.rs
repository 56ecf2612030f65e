//! Limits on how often calls may come: what a token bucket refuses.

use sim_core::model::RateLimit;

use super::judge::{Experiment, experiment};
use super::measure::{time, total, value};
use crate::build::{model, poisson};
use crate::cases::Case;
use crate::external::limited;

/// The experiment of a token bucket, if the case is one.
pub fn of(case: &Case) -> Option<Vec<Experiment>> {
    if !case.id.starts_with("token-bucket-") {
        return None;
    }
    let limit = RateLimit {
        rate: case.number("refill_rate"),
        burst: case.number("bucket"),
    };
    let m = model(
        150_000.0,
        vec![poisson(case.number("request_rate"), 0)],
        vec![limited(limit)],
    );
    let measures = vec![
        value(case, "p_reject", 0, |t| {
            total(t, 0, |w| w.rejected as f64) / total(t, 0, |w| w.arrived as f64)
        }),
        value(case, "accepted_rate", 0, |t| {
            total(t, 0, |w| (w.arrived - w.rejected) as f64) / time(t, 0) * 1e9
        }),
    ];
    Some(vec![experiment(case, m, measures)])
}
