//! Zone-aware routing: a call stays in its caller's zone as far as the instances there can take their callers' share.
//!
//! Envoy (`source/extensions/load_balancing_policies/common/load_balancer_impl.cc`, main of July 2026), in hundredths of a percent: with
//! U of the healthy instances and L of the callers in a zone, all its calls stay if U >= L, else U/L of them; the rest go
//! to zones with U > L, by U - L. Not with too few healthy instances, nor where they are all in one zone, nor for a zone
//! that has none, nor for callers of whom nothing is known.

/// A whole in Envoy's unit.
const WHOLE: u64 = 10_000;

/// Which zone a call goes to; none: any.
pub(super) fn zone(
    instances: &[u32],
    callers: &[u32],
    own: usize,
    mut draw: impl FnMut(u64) -> u64,
) -> Option<usize> {
    let (all, from) = (sum(instances), sum(callers));
    let there = |zone: usize| part(instances, zone, all);
    let here = |zone: usize| part(callers, zone, from);
    if from == 0 || there(own) == 0 || there(own) == WHOLE {
        return None;
    }
    if there(own) >= here(own) || draw(WHOLE) < there(own) * WHOLE / here(own) {
        return Some(own);
    }
    let spare = |zone: &usize| there(*zone).saturating_sub(here(*zone));
    let others = (0..instances.len()).filter(|z| *z != own);
    let total: u64 = others.clone().map(|z| spare(&z)).sum();
    if total == 0 {
        return None;
    }
    let mut left = draw(total);
    for zone in others {
        if left < spare(&zone) {
            return Some(zone);
        }
        left -= spare(&zone);
    }
    None
}

fn sum(counts: &[u32]) -> u64 {
    counts.iter().map(|c| u64::from(*c)).sum()
}

fn part(counts: &[u32], zone: usize, all: u64) -> u64 {
    counts.get(zone).map_or(0, |c| u64::from(*c) * WHOLE / all.max(1))
}
