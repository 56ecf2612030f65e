//! The knee of a curve: where it turns from flat to steep, so that the next bit of load costs more latency than all before.
//!
//! Kneedle (Satopää, Albrecht, Irwin, Raghavan, "Finding a 'Kneedle' in a Haystack", ICDCS Workshops 2011), for increasing convex
//! curves and without smoothing, since the points are means of trials already: both axes are scaled to the unit square, and the
//! knee is the point farthest below the chord from the first to the last point, x - y being largest.

/// Points that a knee takes at least: two ends and two candidates.
const LEAST: usize = 4;

/// How many times its start a curve must reach; a flatter one has no knee worth a mark.
const RISE: f64 = 2.0;

/// The index of the knee in points of increasing x; none when the curve is too short, too flat or not convex.
pub fn knee(points: &[(f64, f64)]) -> Option<usize> {
    if points.len() < LEAST {
        return None;
    }
    let (first, last) = (points[0], points[points.len() - 1]);
    let (run, rise) = (last.0 - first.0, last.1 - first.1);
    if !(run > 0.0 && run.is_finite() && rise.is_finite() && last.1 >= first.1 * RISE && rise > 0.0) {
        return None;
    }
    let distance = |(x, y): (f64, f64)| (x - first.0) / run - (y - first.1) / rise;
    let inner = 1..points.len() - 1;
    let best = inner.max_by(|a, b| distance(points[*a]).total_cmp(&distance(points[*b])))?;
    (distance(points[best]) > 0.0).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For y = 1 / (1 - x) on [0, b] the distance is largest where the slope equals the chord's: x = 1 - sqrt(1 - b).
    #[test]
    fn the_knee_of_a_queue_is_where_calculus_says() {
        let points: Vec<(f64, f64)> = (0..=960)
            .map(|n| f64::from(n) / 1000.0)
            .map(|x| (x, 1.0 / (1.0 - x)))
            .collect();
        assert_eq!(knee(&points).map(|at| points[at].0), Some(0.8));
    }

    #[test]
    fn flat_falling_short_and_concave_curves_have_none() {
        let curve = |y: fn(f64) -> f64| {
            (0..20)
                .map(|n| (f64::from(n), y(f64::from(n))))
                .collect::<Vec<_>>()
        };
        assert_eq!(knee(&curve(|x| 1.0 + x * 0.01)), None);
        assert_eq!(knee(&curve(|x| 30.0 - x)), None);
        assert_eq!(knee(&curve(|x| 1.0 + x.sqrt())), None);
        assert_eq!(knee(&curve(|x| 1.0 + x * x)[..3]), None);
        assert_eq!(knee(&[(0.0, f64::NAN); 9]), None);
    }
}
