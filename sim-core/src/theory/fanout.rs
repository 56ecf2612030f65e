//! Fan-out: a request sends to n leaves at once and waits for all, for the first, or for any k of them.
//!
//! Sources: order statistics, H. A. David, Order Statistics (1970); J. Dean and L. A. Barroso, The Tail at Scale (2013) for the
//! slow fraction; fork-join with queues: L. Flatto and S. Hahn (1984) for n = 2, and R. Nelson and A. N. Tantawi,
//! Approximate analysis of fork/join synchronization in parallel queues (1988) for more.
//!
//! Valid for leaves that are independent and alike. With u = P(leaf <= t), the k-th fastest of n is there by t with the
//! probability that at least k of n are: so each quantile of the whole is a quantile of a leaf, at another level.

use super::quadrature::to_infinity;
use super::{NoSteadyState, count, integer_power, keeps_up, positive, probability};
use super::{ln_complement, one_minus_exp};
use crate::math::{exp, ln};

/// P(at least one of n is slow) = 1 - (1 - p)^n, with all digits for small p.
pub fn p_at_least_one(n: u32, p: f64) -> Result<f64, NoSteadyState> {
    probability(p, "probability of a slow leaf")?;
    Ok(if p == 1.0 {
        f64::from(u8::from(n > 0))
    } else {
        one_minus_exp(-f64::from(n) * ln_complement(p))
    })
}

/// P(at least k of n), each with probability p: the availability of k-of-n, and the law of the k-th fastest of n.
///
/// `n` up to ten million; the terms are summed from the most likely one, so that nothing underflows.
pub fn p_at_least(k: u32, n: u32, p: f64) -> Result<f64, NoSteadyState> {
    count(n, "number of leaves")?;
    probability(p, "probability")?;
    Ok(at_least(k, n, p, 1.0 - p))
}

/// P(fewer than k of n): the unavailability of k-of-n, with all digits where it is tiny; `q` = 1 - p is given instead of p.
pub fn p_fewer_than(k: u32, n: u32, q: f64) -> Result<f64, NoSteadyState> {
    count(n, "number of leaves")?;
    probability(q, "probability")?;
    // Fewer than k are there if at least n - k + 1 are not.
    Ok(if k > n {
        1.0
    } else {
        at_least(n - k + 1, n, q, 1.0 - q)
    })
}

/// P(at least k of n), given p and q = 1 - p, each with its own digits.
fn at_least(k: u32, n: u32, p: f64, q: f64) -> f64 {
    if k == 0 {
        return 1.0;
    }
    if k > n || p == 0.0 {
        return 0.0;
    }
    if q == 0.0 {
        return 1.0;
    }
    if k == n {
        return integer_power(p, u64::from(n));
    }
    // Weights relative to the most likely count, up and down until they no longer matter.
    let mode = ((f64::from(n) + 1.0) * p).floor().min(f64::from(n)) as u32;
    let odds = p / q;
    let (mut inside, mut outside) = (0.0, 0.0);
    let mut add = |i: u32, weight: f64| {
        if i >= k {
            inside += weight
        } else {
            outside += weight
        }
    };
    let mut weight = 1.0;
    add(mode, weight);
    for i in mode..n {
        weight *= odds * f64::from(n - i) / f64::from(i + 1);
        if weight < 1e-300 {
            break;
        }
        add(i + 1, weight);
    }
    weight = 1.0;
    for i in (1..=mode).rev() {
        weight *= f64::from(i) / (f64::from(n - i + 1) * odds);
        if weight < 1e-300 {
            break;
        }
        add(i - 1, weight);
    }
    inside / (inside + outside)
}

/// The level of a leaf's law that is the p-quantile of the k-th fastest of n; for k = n it is p^(1/n).
///
/// The tail 1 - level is returned beside it, since it keeps digits that the level has lost.
pub fn leaf_level(k: u32, n: u32, p: f64) -> Result<LeafLevel, NoSteadyState> {
    count(n, "number of leaves")?;
    if k == 0 || k > n || !(0.0..1.0).contains(&p) {
        return Err(NoSteadyState::OutOfRange("quantile of the k-th of n"));
    }
    if p == 0.0 {
        return Ok(LeafLevel {
            level: 0.0,
            tail: 1.0,
        });
    }
    if k == n {
        let root = ln(p) / f64::from(n);
        return Ok(LeafLevel {
            level: exp(root),
            tail: one_minus_exp(-root),
        });
    }
    if k == 1 {
        let root = ln_complement(p) / f64::from(n);
        return Ok(LeafLevel {
            level: one_minus_exp(-root),
            tail: exp(root),
        });
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..100 {
        let middle: f64 = (low + high) / 2.0;
        if at_least(k, n, middle, 1.0 - middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(LeafLevel {
        level: high,
        tail: 1.0 - high,
    })
}

/// A level u of a leaf's law, and 1 - u.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeafLevel {
    /// u
    pub level: f64,
    /// 1 - u
    pub tail: f64,
}

/// The p-quantile of the k-th fastest of n exponential leaves of the given mean.
pub fn exponential_quantile(k: u32, n: u32, mean: f64, p: f64) -> Result<f64, NoSteadyState> {
    positive(mean, "mean of a leaf")?;
    Ok(-mean * ln(leaf_level(k, n, p)?.tail))
}

/// Mean of the k-th fastest of n exponential leaves: mean * sum of 1/i for i from n-k+1 to n; k = n waits for all.
pub fn exponential_mean(k: u32, n: u32, mean: f64) -> Result<f64, NoSteadyState> {
    check_rank(k, n)?;
    Ok(positive(mean, "mean of a leaf")? * (n - k + 1..=n).map(|i| 1.0 / f64::from(i)).sum::<f64>())
}

/// Variance of the k-th fastest of n exponential leaves: mean^2 * sum of 1/i^2 for i from n-k+1 to n.
pub fn exponential_variance(k: u32, n: u32, mean: f64) -> Result<f64, NoSteadyState> {
    check_rank(k, n)?;
    positive(mean, "mean of a leaf")?;
    Ok((n - k + 1..=n)
        .map(|i| (mean / f64::from(i)) * (mean / f64::from(i)))
        .sum())
}

/// Mean of the k-th fastest of n leaves whose law is given as the pair (P(leaf <= t), P(leaf > t)).
///
/// `scale` is any guess of a leaf's size. Integrates P(T > t) numerically, to about ten digits for smooth laws.
pub fn mean_of_kth(
    k: u32,
    n: u32,
    scale: f64,
    leaf: impl Fn(f64) -> (f64, f64),
) -> Result<f64, NoSteadyState> {
    check_rank(k, n)?;
    positive(scale, "scale of a leaf")?;
    Ok(to_infinity(scale, |t| {
        let (there, not_yet) = leaf(t);
        at_least(n - k + 1, n, not_yet, there)
    }))
}

fn check_rank(k: u32, n: u32) -> Result<(), NoSteadyState> {
    count(n, "number of leaves")?;
    if k == 0 || k > n {
        Err(NoSteadyState::OutOfRange("rank k of n"))
    } else {
        Ok(())
    }
}

/// Mean time of a fork-join over two M/M/1 stations fed by the same Poisson requests: (12 - rho) / 8 / (mu - lambda). Exact.
pub fn fork_join_two(arrival_rate: f64, service_rate: f64) -> Result<f64, NoSteadyState> {
    positive(arrival_rate, "arrival rate")?;
    positive(service_rate, "service rate")?;
    let rho = keeps_up(arrival_rate / service_rate)?;
    Ok((12.0 - rho) / 8.0 / (service_rate - arrival_rate))
}

/// Approximate mean time of a fork-join over n >= 2 M/M/1 stations, some 5 % off at most as published (n up to 32).
///
/// T(n) ~ (H(n)/H(2) + 4/11 (1 - H(n)/H(2)) rho) T(2): Nelson and Tantawi (1988).
pub fn fork_join_approximation(n: u32, arrival_rate: f64, service_rate: f64) -> Result<f64, NoSteadyState> {
    check_rank(2, n)?;
    let two = fork_join_two(arrival_rate, service_rate)?;
    let ratio = exponential_mean(n, n, 1.0)? / 1.5;
    Ok((ratio + 4.0 / 11.0 * (1.0 - ratio) * arrival_rate / service_rate) * two)
}

/// Bounds of the mean time of a fork-join over n M/M/1 stations: without queueing, and as if the stations were independent.
pub fn fork_join_bounds(n: u32, arrival_rate: f64, service_rate: f64) -> Result<(f64, f64), NoSteadyState> {
    fork_join_two(arrival_rate, service_rate)?;
    let low = exponential_mean(n, n, 1.0 / service_rate)?;
    Ok((low, exponential_mean(n, n, 1.0 / (service_rate - arrival_rate))?))
}
