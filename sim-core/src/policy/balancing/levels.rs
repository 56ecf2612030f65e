//! Levels of priority: instances of a later level get calls only as those before become too few, and where too few are
//! healthy all are chosen from.
//!
//! Envoy (`source/extensions/load_balancing_policies/common/load_balancer_impl.cc`, main of July 2026), in whole percent: a level's
//! health is min(100, overprovisioning * healthy / all), by numbers or by weights; the levels in order take their health's
//! share of the load, scaled up where all together have less than 100, and the first healthy one what rounding leaves. With
//! less than 100 in all, a level whose healthy part (by numbers) is below the panic threshold panics: all its instances are
//! chosen from. When every level panics, the load goes by numbers of instances. Those that are drained are `excluded`: they
//! belong to no part, so that a planned stop makes nobody panic, as of Envoy's hosts that fail a check on purpose
//! (`x-envoy-immediate-health-check-fail`). No instance says of itself that it is degraded.

/// The instances of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    pub all: u32,
    pub healthy: u32,
    /// Those that are being drained.
    pub excluded: u32,
    /// The weights of the healthy ones, and of all that aren't excluded, where health goes by them.
    pub weights: Option<(u64, u64)>,
}

impl Level {
    /// The healthy part of what counts.
    fn health(self) -> (u64, u64) {
        let by_number = (u64::from(self.healthy), u64::from(self.all - self.excluded));
        self.weights.unwrap_or(by_number)
    }
}

/// What a level gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Load {
    /// Percent of all calls.
    pub percent: u32,
    /// Whether all its instances are chosen from, healthy or not.
    pub panics: bool,
}

/// How the calls are spread over the levels, with overprovisioning and panic threshold in percent.
pub(super) fn loads(overprovisioning: u32, panic: u32, levels: &[Level]) -> Vec<Load> {
    let health = levels.iter().map(|l| match l.health() {
        (_, 0) => 0,
        (healthy, all) => (u64::from(overprovisioning) * healthy / all).min(100) as u32,
    });
    let health: Vec<u32> = health.collect();
    let total = health.iter().sum::<u32>().min(100);
    let mut loads: Vec<Load> = levels
        .iter()
        .map(|l| {
            let healthy = 100.0 * f64::from(l.healthy) / f64::from((l.all - l.excluded).max(1));
            Load {
                percent: 0,
                panics: total != 100 && healthy < f64::from(panic),
            }
        })
        .collect();
    if loads.iter().all(|l| l.panics) {
        let all: u32 = levels.iter().map(|l| l.all).sum();
        share(
            &mut loads,
            levels
                .iter()
                .map(|l| 100 * u64::from(l.all) / u64::from(all.max(1))),
        );
    } else if total > 0 {
        share(&mut loads, health.iter().map(|h| u64::from(h * 100 / total)));
    } else {
        loads[0].percent = 100;
    }
    loads
}

/// Gives each level its percent while there are any left, and the first that has some what rounding leaves.
fn share(loads: &mut [Load], percent: impl Iterator<Item = u64>) {
    let mut left = 100;
    for (load, percent) in loads.iter_mut().zip(percent) {
        load.percent = left.min(percent as u32);
        left -= load.percent;
    }
    if let Some(first) = loads.iter_mut().find(|l| l.percent > 0) {
        first.percent += left;
    }
}
