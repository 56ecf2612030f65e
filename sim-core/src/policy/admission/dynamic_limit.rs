//! A limit of the calls out at an instance that grows with the calls at its balancer: few while there are few, so that they are
//! quickly done, and all that it can take when there are many.
//!
//! HAProxy's `maxconn`, `minconn` and `fullconn` (3.5-dev, `src/queue.c`, srv_dynamic_maxconn): with `fullconn` calls at the balancer or
//! more it is `maxconn`, else their share of it, but no less than `minconn`; an instance that starts slowly has the share of
//! that which has gone by of its start, in whole percent of whole seconds, and always one.

use crate::model::CallLimit;
use crate::time::{SimDuration, SimTime};

/// Calls that may be out at an instance, with so many at the balancer, out or waiting. `slow`: since when it is back, and how long
/// its slow start lasts.
pub(crate) fn most_calls(
    limit: &CallLimit,
    at_balancer: u32,
    slow: Option<(SimTime, SimDuration)>,
    now: SimTime,
) -> u32 {
    let most = if at_balancer >= limit.full_at || limit.least == limit.most {
        limit.most
    } else {
        let share = u64::from(at_balancer) * u64::from(limit.most) / u64::from(limit.full_at);
        limit.least.max(share as u32)
    };
    let Some((since, window)) = slow else {
        return most;
    };
    let passed = seconds(now.as_nanos()).saturating_sub(seconds(since.as_nanos()));
    let window = seconds(window.as_nanos());
    if passed >= window {
        return most;
    }
    let percent = 100 * passed / window;
    ((u64::from(most) * percent / 100) as u32).max(1)
}

/// Whole seconds, as HAProxy's clock has them.
fn seconds(nanos: u64) -> u64 {
    nanos / 1_000_000_000
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn number(of: &Value, name: &str) -> u32 {
        u32::try_from(of[name].as_u64().expect(name)).expect(name)
    }

    #[test]
    fn every_limit_that_haproxy_has() {
        let text = include_str!("../../../tests/data/vectors/haproxy.json");
        let all: Value = serde_json::from_str(text).expect("a table");
        let cases = all["dynamic_maxconn"].as_array().expect("cases");
        assert_eq!(cases.len(), 6);
        for case in cases {
            let limit = CallLimit {
                least: number(case, "minconn"),
                full_at: number(case, "fullconn"),
                ..CallLimit::of(number(case, "maxconn"))
            };
            let at = |s: u32| SimTime::from_nanos(u64::from(s) * 1_000_000_000);
            let slow = &case["slowstart"];
            let (since, passed) = (at(1000), slow["seconds_since_up"].as_u64().unwrap_or(0) as u32);
            let start = slow["slowstart_s"]
                .as_u64()
                .map(|s| (since, at(s as u32) - SimTime::ZERO));
            let found = most_calls(
                &limit,
                number(case, "backend_connections"),
                start,
                at(1000 + passed),
            );
            assert_eq!(found, number(case, "expect"), "{case}");
        }
    }
}
