//! What a balancer does about the health of its instances, with what was left to the presets listed.

use sim_core::model::{FailOpen, SlowStartCurve};

use super::components::Lowering;
use crate::quantity::rounded;
use crate::spec::balancer::BalancerSpec;

impl Lowering<'_, '_> {
    /// Notes what keeps instances out; returns when they are chosen all the same.
    pub(super) fn health(&mut self, b: &BalancerSpec, path: &str) -> FailOpen {
        let listens = b.passive_check.is_some() || b.outlier_detection.is_some();
        match &b.check {
            Some(check) => {
                let rule = &check.rule;
                let whose = check.system.map_or(String::new(), |(m, _)| {
                    format!(" (as \"{}\": {})", m.name, m.source)
                });
                let what = format!(
                    "checks every {}, timeout {}, out after {} failed, back after {} passed{whose}",
                    rule.interval, rule.timeout, rule.fails, rule.passes
                );
                self.assume(path, &what);
                self.assume(
                    path,
                    "a check finds out whether an instance is up, not how busy it is",
                );
            }
            None if listens => {}
            None => {
                self.assume(
                    path,
                    "no health checks: instances that are down stay in the choice",
                );
                return FailOpen::WhenNone;
            }
        }
        self.calls(b, path);
        if let Some(said) = b.fail_open {
            return said;
        }
        let system = b.check.as_ref().and_then(|c| c.system);
        let usual = match system {
            Some((_, usual)) => usual,
            None if !b.priorities.is_empty() => FailOpen::Below(0.5),
            None => FailOpen::WhenNone,
        };
        let what = match usual {
            FailOpen::WhenNone => "with no healthy instance, all are chosen from (fail open)".to_owned(),
            FailOpen::Never => "with no healthy instance, calls fail at once".to_owned(),
            FailOpen::Below(share) => format!(
                "with less than {} % of the instances healthy, all are chosen from (panic)",
                rounded(100.0 * share, 3)
            ),
        };
        self.assume(path, &what);
        usual
    }

    /// What is learnt from the calls themselves.
    fn calls(&mut self, b: &BalancerSpec, path: &str) {
        if let Some(rule) = &b.passive_check {
            let what = format!(
                "{} failed calls keep an instance out until more than {} have passed",
                rule.max_fails, rule.fail_timeout
            );
            self.assume(path, &what);
        }
        if let Some(rule) = &b.outlier_detection {
            let what = format!(
                "outliers are looked for every {}, ejected for {} at first and {} at most, {} % of the instances at most",
                rule.interval,
                rule.base,
                rule.longest,
                rounded(100.0 * rule.most_ejected, 3)
            );
            self.assume(path, &what);
        }
        let listens = b.passive_check.is_some() || b.outlier_detection.is_some();
        if listens && b.timeout.is_none() {
            let what = "no `timeout` of its own: an instance that never answers fails no call, as the balancer sees it";
            self.assume(path, what);
        }
        if let Some(slow) = &b.slow_start {
            let curve = match slow.curve {
                SlowStartCurve::Linear => "linear",
                SlowStartCurve::Sixteenths => "in sixteenths, as HAProxy",
                SlowStartCurve::Power { .. } => "by a power of the time, as Envoy",
            };
            self.assume(path, &format!("slow start over {}: {curve}", slow.window));
        }
    }
}
