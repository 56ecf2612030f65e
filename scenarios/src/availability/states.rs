//! How many instances are down, with which probability, and which of these states are worth simulating.
//!
//! The binomial probabilities are built from their mode outward, each from its neighbour, and then scaled to sum to one
//! (as in G. S. Fishman, "Discrete-Event Simulation", 2001, for starting an inversion at the mode): no power of a small number
//! can underflow, and nothing but + - * / is used, so the bits are the same everywhere.

/// States that are less likely are not simulated: they count as losing everything.
const NEGLIGIBLE: f64 = 1e-9;
/// At most so many states of a component are simulated; those in between are interpolated.
const MOST_STATES: usize = 6;

/// The probabilities that 0, 1, ... n of n are down, each with probability `down`.
#[must_use]
pub fn binomial(n: u32, down: f64) -> Vec<f64> {
    let mut p = vec![0.0; n as usize + 1];
    let odds = down / (1.0 - down);
    if !odds.is_finite() {
        p[n as usize] = 1.0;
        return p;
    }
    let mode = ((f64::from(n) + 1.0) * down).min(f64::from(n)) as u32;
    p[mode as usize] = 1.0;
    for j in mode..n {
        p[j as usize + 1] = p[j as usize] * odds * f64::from(n - j) / f64::from(j + 1);
    }
    for j in (0..mode).rev() {
        p[j as usize] = p[j as usize + 1] / odds * f64::from(j + 1) / f64::from(n - j);
    }
    let sum: f64 = p.iter().sum();
    p.iter_mut().for_each(|p| *p /= sum);
    p
}

/// A number of instances down at once that is simulated, and what it stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct State {
    /// How many are down.
    pub down: u32,
    /// The share of time that it stands for: its own, and its part of the states between it and its neighbours.
    pub probability: f64,
    /// Crashes per second that lead into it, or into the states that it stands for.
    pub crashes_per_s: f64,
}

/// The states to simulate, and the probability of all states that are too unlikely for that.
#[must_use]
pub fn states(n: u32, down: f64, mtbf_s: f64) -> (Vec<State>, f64) {
    let p = binomial(n, down);
    let matters = |j: &u32| *j == 1 || p[*j as usize] >= NEGLIGIBLE;
    let wanted: Vec<u32> = (1..=n).filter(matters).collect();
    let unseen = (1..=n).filter(|j| !matters(j)).map(|j| p[j as usize]).sum();
    let chosen: Vec<u32> = if wanted.len() <= MOST_STATES {
        wanted.clone()
    } else {
        (0..MOST_STATES)
            .map(|i| wanted[i * (wanted.len() - 1) / (MOST_STATES - 1)])
            .collect()
    };
    let mut states: Vec<State> = chosen
        .iter()
        .map(|j| State {
            down: *j,
            probability: 0.0,
            crashes_per_s: 0.0,
        })
        .collect();
    for j in wanted {
        let crashes = p[j as usize - 1] * f64::from(n - j + 1) / mtbf_s;
        let above = chosen.iter().position(|c| *c >= j).unwrap_or(chosen.len() - 1);
        let below = if chosen[above] == j {
            above
        } else {
            above.saturating_sub(1)
        };
        let (low, high) = (f64::from(chosen[below]), f64::from(chosen[above]));
        let part = if above == below {
            1.0
        } else {
            (f64::from(j) - low) / (high - low)
        };
        for (at, part) in [(above, part), (below, 1.0 - part)] {
            states[at].probability += part * p[j as usize];
            states[at].crashes_per_s += part * crashes;
        }
    }
    (states, unseen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binomial_distribution_against_its_formula() {
        let p = binomial(3, 0.1);
        for (j, expect) in [0.729, 0.243, 0.027, 0.001].into_iter().enumerate() {
            assert!((p[j] - expect).abs() < 1e-15, "{j}: {}", p[j]);
        }
        assert_eq!(binomial(1, 0.25), vec![0.75, 0.25]);
        // Far beyond where (1 - q)^n would underflow.
        let many = binomial(100_000, 0.01);
        let mean: f64 = many.iter().enumerate().map(|(j, p)| j as f64 * p).sum();
        assert!((mean - 1000.0).abs() < 1e-6, "{mean}");
    }

    #[test]
    fn few_instances_are_simulated_state_by_state() {
        let (found, unseen) = states(3, 0.01, 990.0);
        assert_eq!(found.iter().map(|s| s.down).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(unseen, 0.0);
        let crashes: f64 = found.iter().map(|s| s.crashes_per_s).sum();
        // Each of 3 instances crashes once in 1000 seconds.
        assert!((crashes - 0.003).abs() < 1e-12, "{crashes}");
        assert!((found[0].probability - 3.0 * 0.01 * 0.99 * 0.99).abs() < 1e-15);
    }

    #[test]
    fn many_instances_are_simulated_at_six_states_that_stand_for_all() {
        let (found, unseen) = states(1000, 0.1, 90.0);
        assert_eq!(found.len(), MOST_STATES);
        let all: f64 = found.iter().map(|s| s.probability).sum();
        assert!((all + unseen - 1.0).abs() < 1e-9);
        // Linear interpolation keeps the mean number down.
        let mean: f64 = found.iter().map(|s| s.probability * f64::from(s.down)).sum();
        assert!((mean - 100.0).abs() < 1e-3, "{mean}");
    }

    #[test]
    fn an_unlikely_state_is_not_simulated() {
        let (found, unseen) = states(8, 2.3e-4, 2_592_000.0);
        assert_eq!(found.iter().map(|s| s.down).collect::<Vec<_>>(), [1, 2]);
        assert!(unseen > 0.0 && unseen < NEGLIGIBLE, "{unseen}");
    }
}
