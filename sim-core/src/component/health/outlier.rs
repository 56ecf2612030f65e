//! Outlier detection: an instance that does worse than its siblings is ejected for a while, longer each time, and only so many
//! at once.
//!
//! As Envoy does (outlier_detection_impl.cc): so many errors in a row eject at once; every interval those whose share of
//! successes lies too many standard deviations below the mean of all, or whose share of failures is too large, are ejected,
//! and those whose time is over are let in again. The n-th ejection lasts n times the base, up to a limit; n goes down by one
//! for every interval without one.

use crate::engine::Outcome;
use crate::model::OutlierDetection;
use crate::time::SimTime;

#[derive(Clone, Copy, Debug, Default)]
struct Host {
    errors_in_a_row: u32,
    ok: u64,
    all: u64,
    ejected: Option<SimTime>,
    /// The next ejection lasts so many bases, and one.
    ejections: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Outlier {
    rule: OutlierDetection,
    hosts: Vec<Host>,
    /// How many of them are known.
    known: u32,
    ejected: u32,
}

impl Outlier {
    /// Of so many instances, of which so many are known.
    pub fn new(rule: OutlierDetection, instances: u32, known: u32) -> Self {
        Self {
            rule,
            known,
            hosts: vec![Host::default(); instances as usize],
            ejected: 0,
        }
    }

    /// A call has come back: whether its instance is ejected now.
    pub fn came_back(&mut self, at: u32, outcome: Outcome, now: SimTime) -> bool {
        let host = &mut self.hosts[at as usize];
        host.all += 1;
        if outcome == Outcome::Ok {
            host.ok += 1;
            host.errors_in_a_row = 0;
            return false;
        }
        host.errors_in_a_row += 1;
        if self.rule.consecutive_errors != Some(host.errors_in_a_row) || host.ejected.is_some() {
            return false;
        }
        host.errors_in_a_row = 0;
        self.eject(at, now)
    }

    /// Ejects an instance, unless too many are out already.
    fn eject(&mut self, at: u32, now: SimTime) -> bool {
        let share = f64::from(self.ejected + 1) / f64::from(self.known);
        let is_first = self.ejected == 0 && self.rule.always_one;
        if !is_first && share > self.rule.most_ejected {
            return false;
        }
        let host = &mut self.hosts[at as usize];
        host.ejected = Some(now);
        self.ejected += 1;
        if self.rule.base * u64::from(host.ejections) < self.rule.longest + self.rule.base {
            host.ejections += 1;
        }
        true
    }

    /// An interval is over: who is let in, and who is ejected.
    pub fn interval(&mut self, now: SimTime) -> Vec<(u32, bool)> {
        let mut changes = Vec::new();
        let rule = &self.rule;
        for (at, host) in (0u32..).zip(&mut self.hosts) {
            let Some(since) = host.ejected else {
                host.ejections = host.ejections.saturating_sub(1);
                continue;
            };
            let longest = rule.longest.max(rule.base);
            let lasts = (rule.base * u64::from(host.ejections)).min(longest);
            if now - since >= lasts {
                host.ejected = None;
                host.errors_in_a_row = 0;
                self.ejected -= 1;
                changes.push((at, false));
            }
        }
        for at in self.bad_ones() {
            if self.hosts[at as usize].ejected.is_none() && self.eject(at, now) {
                changes.push((at, true));
            }
        }
        for host in &mut self.hosts {
            host.ok = 0;
            host.all = 0;
        }
        changes
    }

    /// Those whose successes of the interval are too few.
    fn bad_ones(&self) -> Vec<u32> {
        let rates = |requests: u64| -> Vec<(u32, f64)> {
            (0u32..)
                .zip(&self.hosts)
                .filter(|(_, h)| h.ejected.is_none() && h.all >= requests.max(1))
                .map(|(at, h)| (at, h.ok as f64 / h.all as f64))
                .collect()
        };
        let mut bad = Vec::new();
        if let Some(rule) = self.rule.success_rate {
            let rates = rates(rule.requests);
            if rates.len() >= rule.hosts as usize && !rates.is_empty() {
                let values: Vec<f64> = rates.iter().map(|r| r.1).collect();
                let least = least_success_rate(&values, rule.deviations);
                bad.extend(rates.iter().filter(|r| r.1 < least).map(|r| r.0));
            }
        }
        if let Some(rule) = self.rule.failure_share {
            let rates = rates(rule.requests);
            if rates.len() >= rule.hosts as usize {
                bad.extend(rates.iter().filter(|r| 1.0 - r.1 >= rule.share).map(|r| r.0));
            }
        }
        bad
    }
}

/// The mean less so many standard deviations of the population.
pub(super) fn least_success_rate(rates: &[f64], deviations: f64) -> f64 {
    let n = rates.len() as f64;
    let mean = rates.iter().sum::<f64>() / n;
    let variance = rates.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / n;
    mean - deviations * variance.sqrt()
}
