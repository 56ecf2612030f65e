//! Caches by themselves: hit ratios under independent references, and with a time to live.

use sim_core::measure::TrialResult;
use sim_core::model::{Eviction, Keys, Kind, WarmUp};
use sim_core::time::SimDuration;

use super::judge::{Experiment, TRIALS, experiment};
use super::measure::{time, total, value};
use crate::build::{cache, checked, keyed, zipf};
use crate::cases::Case;

fn hit_ratio(t: &TrialResult) -> f64 {
    total(t, 0, |w| w.hits as f64) / total(t, 0, |w| (w.hits + w.misses) as f64)
}

fn keys(case: &Case) -> Keys {
    zipf(u64::from(case.count("N")), case.number("alpha"))
}

/// The experiments of a cache, if the case is one.
pub fn of(case: &Case) -> Option<Vec<Experiment>> {
    if case.id.starts_with("irm-") {
        let capacity = Some(u64::from(case.count("C")));
        let rules = [
            ("hit_lru", Eviction::Lru, 0.1),
            ("hit_fifo", Eviction::Fifo, 0.1),
            ("hit_random", Eviction::Random, 0.1),
            // Counts have to tell keys apart whose popularity is nearly the same: that takes a while.
            ("hit_perfect_lfu", Eviction::PerfectLfu, 0.75),
        ];
        let each = rules.iter().filter(|r| !case.expected[r.0].is_null());
        let each = each.map(|&(field, eviction, warm_up)| {
            let seconds = 60_000.0 * 0.9 / (1.0 - warm_up);
            let mut d = keyed(seconds, 1.0, keys(case), cache("cache", eviction, capacity, None));
            d.warm_up = WarmUp::For(SimDuration::from_secs_f64(seconds * warm_up));
            let m = checked(d);
            experiment(case, m, vec![value(case, field, 0, hit_ratio)])
        });
        return Some(each.collect());
    }
    if case.id.starts_with("ttl-") {
        return Some(vec![
            with_ttl(case, false, "hit_fixed_ttl_from_insert"),
            with_ttl(case, true, "hit_ttl_reset_on_hit"),
        ]);
    }
    None
}

/// A cache without a limit whose values are good for a time from their filling, or from their last use; `field`: its hit ratio.
fn with_ttl(case: &Case, renews: bool, field: &str) -> Experiment {
    let (rate, ttl) = (case.number("total_rate"), case.number("ttl"));
    let mut kept = cache("cache", Eviction::Lru, None, Some(ttl));
    let is_short = 60_000.0 / rate < 10.0 * ttl;
    if let Kind::Cache(cache) = &mut kept.kind {
        cache.freshness.renews = renews;
        if is_short && !renews {
            // Popular keys expire in step with the start for hundreds of times to live. Where that takes too long the time to live
            // is spread: the hit ratio depends on its mean alone.
            cache.freshness.jitter = 0.9;
        }
    }
    let seconds = (60_000.0 / rate).max(8.0 * ttl);
    let mut d = keyed(seconds, rate, keys(case), kept);
    d.warm_up = WarmUp::For(SimDuration::from_secs_f64(3.0 * ttl));
    let mut measures = vec![value(case, field, 0, hit_ratio)];
    if !renews {
        let miss_rate = |t: &TrialResult| total(t, 0, |w| w.misses as f64) / time(t, 0) * 1e9;
        measures.push(value(case, "miss_rate_fixed_ttl", 0, miss_rate));
        // By Little's law: every miss fills, and every filling is kept for the time to live.
        let kept = move |t: &TrialResult| miss_rate(t) * ttl;
        measures.push(value(case, "mean_objects_fixed_ttl", 0, kept));
    }
    Experiment {
        trials: if is_short { 20 } else { TRIALS },
        ..experiment(case, checked(d), measures)
    }
}
