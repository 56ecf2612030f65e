//! Where a measured curve crosses its bound: the loads that the measurements can't tell from the limit.
//!
//! The interval is the inversion of a test: a load is in it unless the figure's own interval there lies wholly on one side of
//! the bound (Fieller 1954, "Some problems in interval estimation"; Lehmann and Romano 2005, "Testing Statistical Hypotheses", 3.5). At
//! the true limit the figure equals the bound, so the inverted interval misses the limit exactly as often as the figure's
//! interval misses the truth there, whatever the shape of the curve. What is asked of the curve is only that it rises.

use super::reading::Reading;
use crate::results::Verdict;

/// What is known of the load at which a bound breaks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Crossing {
    /// Up to here the bound holds: the interval's lower end. None: not even at the least load, as far as can be told.
    pub low: Option<f64>,
    /// Where the estimates cross.
    pub value: Option<f64>,
    /// From here on it is broken: the interval's upper end. None: not even at the greatest load, as far as can be told.
    pub high: Option<f64>,
    /// The neighbouring loads between which the lower end was found, where they could be brought closer together.
    pub around_low: Option<(f64, f64)>,
    /// The same of the upper end.
    pub around_high: Option<(f64, f64)>,
    /// Whether the bound is broken at a load below one at which it holds: there is no single limit.
    pub returns: bool,
}

/// The crossing of readings in any order.
#[must_use]
pub fn crossing(readings: &[Reading]) -> Crossing {
    let mut sorted = readings.to_vec();
    sorted.sort_by(|a, b| a.load.total_cmp(&b.load));
    let sorted = without_overruled(&sorted);
    let last_yes = sorted.iter().rposition(|r| r.verdict == Verdict::Yes);
    let first_no = sorted.iter().position(|r| r.verdict == Verdict::No);
    if let (Some(yes), Some(no)) = (last_yes, first_no)
        && no < yes
    {
        return Crossing {
            returns: true,
            ..Crossing::default()
        };
    }
    let holds = |r: &&Reading| r.verdict == Verdict::Yes;
    // At the least loads there are the fewest requests: doubts there are none where more loads above them hold.
    let doubts = sorted.iter().take_while(|r| !holds(r)).count();
    let run = sorted.iter().skip(doubts).take_while(holds).count();
    let yes = if run > doubts { doubts + run } else { 0 };
    let no = sorted.len()
        - sorted
            .iter()
            .rev()
            .take_while(|r| r.verdict == Verdict::No)
            .count();
    let mut found = Crossing::default();
    if let Some(last) = yes.checked_sub(1).map(|i| sorted[i]) {
        found.low = Some(last.load);
        if let Some(next) = sorted.get(yes) {
            // The far end of the figure's interval comes to the bound here.
            found.low = Some(between(&last, next, 2).unwrap_or(last.load));
            found.around_low = Some((last.load, next.load));
        }
    }
    if let Some(first) = sorted.get(no) {
        found.high = Some(first.load);
        if let Some(before) = no.checked_sub(1).map(|i| sorted[i]) {
            found.high = Some(between(&before, first, 0).unwrap_or(first.load));
            found.around_high = Some((before.load, first.load));
        }
    }
    found.value = value(&sorted, &found);
    found
}

/// Of several bounds what breaks first: each end of the interval is the least of theirs.
#[must_use]
pub fn earliest(crossings: &[Crossing]) -> Crossing {
    if crossings.iter().any(|c| c.returns) {
        return Crossing {
            returns: true,
            ..Crossing::default()
        };
    }
    let least = |of: fn(&Crossing) -> Option<f64>| {
        let known = crossings.iter().filter(|c| of(c).is_some());
        known.min_by(|a, b| of(a).unwrap_or(0.0).total_cmp(&of(b).unwrap_or(0.0)))
    };
    let holds = crossings.iter().all(|c| c.low.is_some());
    let (low, high) = (least(|c| c.low).filter(|_| holds), least(|c| c.high));
    let value = least(|c| c.value).and_then(|c| c.value);
    let ends = (low.and_then(|c| c.low), high.and_then(|c| c.high));
    Crossing {
        low: ends.0,
        // A bound whose estimate is missing may break before the one whose estimate is the least.
        value: match ends {
            (Some(low), Some(high)) => Some(value.map_or(f64::midpoint(low, high), |v| v.clamp(low, high))),
            _ => None,
        },
        high: ends.1,
        around_low: low.and_then(|c| c.around_low),
        around_high: high.and_then(|c| c.around_high),
        returns: false,
    }
}

/// Leaves out readings of fewer trials that lie among readings of more, or that more trials contradict: those don't say that the
/// bound holds below a load at which it holds, or that it is broken above one at which it is broken. So are doubts for
/// want of data on the far side of a load that is decided.
fn without_overruled(sorted: &[Reading]) -> Vec<Reading> {
    let is_overruled = |r: &Reading| {
        let better = || sorted.iter().filter(|b| b.trials > r.trials);
        let is_among = better().any(|b| b.load <= r.load) && better().any(|b| b.load >= r.load);
        let holds = better().any(|b| b.verdict == Verdict::Yes && b.load >= r.load);
        let breaks = better().any(|b| b.verdict == Verdict::No && b.load <= r.load);
        let is_blank = r.excess.is_none() && r.verdict == Verdict::CannotTell;
        let decided = |v: Verdict| sorted.iter().filter(move |d| d.verdict == v);
        let is_beyond =
            decided(Verdict::Yes).any(|d| d.load >= r.load) || decided(Verdict::No).any(|d| d.load <= r.load);
        is_among
            || holds && r.verdict != Verdict::Yes
            || breaks && r.verdict != Verdict::No
            || is_blank && is_beyond
    };
    sorted.iter().filter(|r| !is_overruled(r)).copied().collect()
}

/// Where one of the three excesses comes to zero between two readings, on the straight line through both.
fn between(a: &Reading, b: &Reading, which: usize) -> Option<f64> {
    let (below, above) = (a.excess?[which], b.excess?[which]);
    if !(below <= 0.0 && above >= 0.0) {
        return None;
    }
    let share = if above > below {
        -below / (above - below)
    } else {
        0.5
    };
    Some(a.load + (b.load - a.load) * share)
}

/// Where the estimates cross, in the middle if noise lets them cross several times; never outside of the interval.
fn value(sorted: &[Reading], found: &Crossing) -> Option<f64> {
    let (low, high) = (found.low?, found.high?);
    let crossings = sorted
        .windows(2)
        .filter_map(|pair| between(&pair[0], &pair[1], 1));
    let inside: Vec<f64> = crossings.filter(|x| (low..=high).contains(x)).collect();
    match (inside.first(), inside.last()) {
        (Some(first), Some(last)) => Some(f64::midpoint(*first, *last)),
        _ => Some(f64::midpoint(low, high)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reading whose excess is as far from the bound as the load from 100, give or take `half`.
    fn reading(load: f64, half: f64, trials: u32) -> Reading {
        let excess = [load - 100.0 - half, load - 100.0, load - 100.0 + half];
        let verdict = match excess {
            [_, _, high] if high <= 0.0 => Verdict::Yes,
            [low, _, _] if low > 0.0 => Verdict::No,
            _ => Verdict::CannotTell,
        };
        Reading {
            load,
            trials,
            excess: Some(excess),
            verdict,
            need: None,
        }
    }

    #[test]
    fn ends_are_where_the_intervals_leave_the_bound() {
        let readings: Vec<Reading> = [120.0, 80.0, 90.0, 97.0, 104.0, 109.0]
            .map(|load| reading(load, 5.0, 5))
            .to_vec();
        let found = crossing(&readings);
        assert_eq!(
            (found.low, found.value, found.high),
            (Some(95.0), Some(100.0), Some(105.0))
        );
        assert_eq!(
            (found.around_low, found.around_high),
            (Some((90.0, 97.0)), Some((104.0, 109.0)))
        );
    }

    #[test]
    fn more_trials_overrule_fewer() {
        let readings = [
            reading(80.0, 30.0, 2),
            reading(100.5, 30.0, 2),
            reading(140.0, 30.0, 2),
            reading(98.0, 1.0, 20),
            reading(99.5, 1.0, 20),
            reading(102.0, 1.0, 20),
        ];
        let found = crossing(&readings);
        assert_eq!((found.low, found.high), (Some(99.0), Some(101.0)));
    }

    #[test]
    fn ends_out_of_reach_are_left_open() {
        let found = crossing(&[reading(80.0, 5.0, 5), reading(98.0, 5.0, 5)]);
        assert_eq!((found.low, found.value, found.high), (Some(95.0), None, None));
        let found = crossing(&[reading(101.0, 5.0, 5), reading(120.0, 5.0, 5)]);
        assert_eq!((found.low, found.value, found.high), (None, None, Some(105.0)));
        assert_eq!(crossing(&[]), Crossing::default());
    }

    #[test]
    fn a_figure_that_is_missing_leaves_the_end_at_its_neighbour() {
        let mut missing = reading(100.0, 5.0, 5);
        (missing.excess, missing.verdict) = (None, Verdict::CannotTell);
        let mut overloaded = reading(130.0, 5.0, 5);
        overloaded.excess = None;
        let found = crossing(&[reading(90.0, 5.0, 5), missing, overloaded]);
        assert_eq!(
            (found.low, found.value, found.high),
            (Some(90.0), Some(110.0), Some(130.0))
        );
    }

    #[test]
    fn doubts_below_loads_that_hold_are_none() {
        let doubtful = Reading {
            verdict: Verdict::CannotTell,
            ..reading(50.0, 80.0, 5)
        };
        let all = [60.0, 80.0, 98.0, 120.0].map(|load| reading(load, 5.0, 5));
        let with = |first: usize| crossing(&[&[doubtful], &all[first..]].concat());
        assert_eq!((with(0).low, with(0).high), (Some(95.0), Some(105.0)));
        assert_eq!((with(1).low, with(1).high), (None, Some(105.0)));
    }

    #[test]
    fn a_bound_that_holds_again_has_no_single_limit() {
        let mut again = reading(150.0, 5.0, 5);
        again.verdict = Verdict::Yes;
        assert!(crossing(&[reading(80.0, 5.0, 5), reading(120.0, 5.0, 5), again]).returns);
    }
}
