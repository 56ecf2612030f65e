//! Caches under independent requests: hit ratios from the popularity of the objects alone.
//!
//! Sources: W. F. King, Analysis of demand paging algorithms (1971) for exact LRU and FIFO; E. Gelenbe, A unified approach to
//! the evaluation of a class of replacement algorithms (1973) for RANDOM = FIFO; H. Che, Y. Tung and Z. Wang, Hierarchical
//! web caching systems (2002), and R. Fagin (1977) before them, for the characteristic time of LRU; J. Jung, A. W. Berger
//! and H. Balakrishnan, Modeling TTL-based Internet caches (2003).
//!
//! Symbols: p(i) the probability that a request is for object i, C the number of equal objects that fit. Valid for the
//! independent reference model: each request draws its object afresh, popularity doesn't change.

use std::collections::{BTreeMap, BTreeSet};

use super::one_minus_exp;
use super::{MOST_STATES, NoSteadyState, count, not_negative, positive};
use crate::math::{exp, ln};

/// Probabilities of 1..=objects by rank: p(i) proportional to 1 / i^exponent; 0 is uniform.
pub fn zipf(objects: u32, exponent: f64) -> Result<Vec<f64>, NoSteadyState> {
    count(objects, "number of objects")?;
    if !(-100.0..=100.0).contains(&exponent) {
        return Err(NoSteadyState::OutOfRange("Zipf exponent"));
    }
    Ok(normalized(
        (1..=objects)
            .map(|rank| exp(-exponent * ln(f64::from(rank))))
            .collect(),
    ))
}

fn normalized(mut weights: Vec<f64>) -> Vec<f64> {
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= total);
    weights
}

/// Objects that are asked for at all, with probabilities that add up to 1.
///
/// Once in 10^200 requests is as good as never, and keeps the times at which caches fill within range.
fn popularity(weights: &[f64]) -> Result<Vec<f64>, NoSteadyState> {
    for &weight in weights {
        not_negative(weight, "popularity")?;
    }
    let total = positive(weights.iter().sum(), "sum of popularities")?;
    if weights.len() as u64 > MOST_STATES {
        return Err(NoSteadyState::OutOfRange("number of objects"));
    }
    Ok(normalized(
        weights.iter().copied().filter(|&w| w / total > 1e-200).collect(),
    ))
}

/// Che's characteristic time, in requests: how long an object stays in an LRU cache without being asked for.
///
/// The root t of sum of (1 - e^(-p(i) t)) = C; infinite if all objects fit.
pub fn characteristic_time(weights: &[f64], capacity: u32) -> Result<f64, NoSteadyState> {
    let p = popularity(weights)?;
    Ok(fill_time(&p, capacity, one_minus_exp))
}

/// The t at which the sum of `held(p(i) t)` is the capacity; infinite if it never is.
fn fill_time(p: &[f64], capacity: u32, held: impl Fn(f64) -> f64) -> f64 {
    let capacity = f64::from(capacity);
    if capacity >= p.len() as f64 {
        return f64::INFINITY;
    }
    let filled = |t: f64| p.iter().map(|p| held(p * t)).sum::<f64>();
    let (mut low, mut high) = (0.0, capacity);
    while filled(high) < capacity {
        low = high;
        high *= 2.0;
        if high > 1e300 {
            return f64::INFINITY;
        }
    }
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if filled(middle) < capacity {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}

/// LRU hit ratio by Che's approximation: sum of p(i) (1 - e^(-p(i) t)). Within 1 % or so of the truth for C above a few.
pub fn lru_hit_ratio_che(weights: &[f64], capacity: u32) -> Result<f64, NoSteadyState> {
    let p = popularity(weights)?;
    let time = fill_time(&p, capacity, one_minus_exp);
    Ok(p.iter().map(|p| p * one_minus_exp(p * time)).sum())
}

/// Exact LRU hit ratio: sum of p(i)^2 integral of e^(-p(i) t) P(fewer than C others were asked for in t) dt.
///
/// For small cases, objects * min(C, objects) up to 200 000; the approximation is good where this is too much work.
pub fn lru_hit_ratio(weights: &[f64], capacity: u32) -> Result<f64, NoSteadyState> {
    let mut p = popularity(weights)?;
    let c = capacity as usize;
    if c >= p.len() {
        return Ok(1.0);
    }
    if c == 0 {
        return Ok(0.0);
    }
    if p.len() * c > 200_000 {
        return Err(NoSteadyState::OutOfRange("size of the cache"));
    }
    p.sort_by(|a, b| b.total_cmp(a));
    let time = fill_time(&p, capacity, one_minus_exp);
    Ok(super::quadrature::to_infinity(time, |t| hit_density(&p, c, t)))
}

/// Sum of p(i)^2 e^(-p(i) t) P(fewer than c of the others were asked for within t), for p in falling order.
fn hit_density(p: &[f64], c: usize, t: f64) -> f64 {
    // Objects likelier asked for than not come first. Taking one of the other objects out of the law of the count is
    // stable; for a likely one it isn't, so that law is put together from the objects before it and after it.
    let likely = p.iter().take_while(|p| **p * t > std::f64::consts::LN_2).count();
    let mut after = vec![vec![0.0; c]];
    after[0][0] = 1.0;
    for &p in &p[likely..] {
        add_object(&mut after[0], one_minus_exp(p * t));
    }
    for &p in p[..likely].iter().skip(1).rev() {
        let mut law = after[after.len() - 1].clone();
        add_object(&mut law, one_minus_exp(p * t));
        after.push(law);
    }
    let mut before = vec![0.0; c];
    before[0] = 1.0;
    let mut density = 0.0;
    for &p in &p[..likely] {
        let at_most = cumulated(&after.pop().unwrap_or_default());
        let fewer: f64 = before.iter().zip(at_most.iter().rev()).map(|(b, a)| b * a).sum();
        density += p * p * exp(-p * t) * fewer;
        add_object(&mut before, one_minus_exp(p * t));
    }
    // With no likely object the law of all is still in `after`; otherwise the first one has to be added to it.
    let mut all = after.pop().unwrap_or(before);
    if likely > 0 {
        for &p in &p[likely..] {
            add_object(&mut all, one_minus_exp(p * t));
        }
    }
    let at_most = cumulated(&all);
    for &p in &p[likely..] {
        let absent = exp(-p * t);
        let asked = one_minus_exp(p * t);
        let fewer = at_most
            .iter()
            .fold(0.0, |fewer, all| (all - asked * fewer) / absent);
        density += p * p * absent * fewer;
    }
    density
}

/// The law of a count, cut off above, once one more object is asked for with the given probability.
fn add_object(law: &mut [f64], asked: f64) {
    for k in (0..law.len()).rev() {
        let from_below = if k > 0 { law[k - 1] * asked } else { 0.0 };
        law[k] = law[k] * (1.0 - asked) + from_below;
    }
}

fn cumulated(law: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    law.iter()
        .map(|p| {
            sum += p;
            sum
        })
        .collect()
}

/// Exact hit ratio of FIFO and of RANDOM replacement, which are the same: 1 - (C+1) e(C+1) / e(C).
///
/// e(k) is the elementary symmetric polynomial of the popularities; sets of objects have product form. Objects * C is
/// at most a hundred million.
pub fn fifo_hit_ratio(weights: &[f64], capacity: u32) -> Result<f64, NoSteadyState> {
    let p = popularity(weights)?;
    let c = capacity as usize;
    if c >= p.len() {
        return Ok(1.0);
    }
    if c as u64 * p.len() as u64 > 10 * MOST_STATES {
        return Err(NoSteadyState::OutOfRange("size of the cache"));
    }
    // Scaled so that e(C) z^C is a probability near the mode of a count of independent events, which neither over- nor
    // underflows: z is where the expected count is C.
    let z = fill_time(&p, capacity, |x| x / (1.0 + x));
    let mut law = vec![0.0; c + 2];
    law[0] = 1.0;
    for p in &p {
        add_object(&mut law, p * z / (1.0 + p * z));
    }
    Ok(if c == 0 {
        0.0
    } else {
        1.0 - f64::from(capacity + 1) * law[c + 1] / (law[c] * z)
    })
}

/// Hits of the clairvoyant bound on a list of keys: who leaves is the value that is asked for again last.
///
/// No rule of eviction finds more (L. A. Belady, "A study of replacement algorithms for a virtual-storage computer", IBM Systems
/// Journal 5(2), 1966, MIN). It needs the future, so it is a figure to compare with and not an eviction that a cache could have.
#[must_use]
pub fn clairvoyant_hits(keys: &[u64], capacity: u64) -> u64 {
    let mut next = vec![usize::MAX; keys.len()];
    let mut seen = BTreeMap::new();
    for (i, key) in keys.iter().enumerate().rev() {
        if let Some(later) = seen.insert(*key, i) {
            next[i] = later;
        }
    }
    // The kept values by when they are asked for next; of those that never are, any may leave.
    let mut kept = BTreeSet::new();
    let mut hits = 0;
    for (i, (key, next)) in keys.iter().zip(&next).enumerate() {
        if kept.remove(&(i, *key)) {
            hits += 1;
        } else if kept.len() as u64 >= capacity {
            kept.pop_last();
        }
        if capacity > 0 {
            kept.insert((*next, *key));
        }
    }
    hits
}

/// Hit ratio of perfect LFU, which always keeps the C most popular objects: the best possible without foresight.
pub fn lfu_hit_ratio(weights: &[f64], capacity: u32) -> Result<f64, NoSteadyState> {
    let mut p = popularity(weights)?;
    p.sort_by(|a, b| b.total_cmp(a));
    Ok(p.iter().take(capacity as usize).sum())
}

/// Hit ratio and mean number of objects of a cache without limit whose objects expire.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ttl {
    /// Fraction of requests that find their object.
    pub hit_ratio: f64,
    /// Mean number of objects in the cache, expired ones not counted.
    pub mean_objects: f64,
}

/// Objects live for `ttl` seconds from their insertion; Poisson requests at `rate` in all: r T / (1 + r T) per object.
pub fn ttl_from_insert(weights: &[f64], rate: f64, ttl: f64) -> Result<Ttl, NoSteadyState> {
    per_object(weights, rate, ttl, |x| x / (1.0 + x))
}

/// Objects live for `ttl` seconds from their last request: 1 - e^(-r T) per object.
pub fn ttl_reset_on_hit(weights: &[f64], rate: f64, ttl: f64) -> Result<Ttl, NoSteadyState> {
    per_object(weights, rate, ttl, one_minus_exp)
}

fn per_object(
    weights: &[f64],
    rate: f64,
    ttl: f64,
    present: impl Fn(f64) -> f64,
) -> Result<Ttl, NoSteadyState> {
    let p = popularity(weights)?;
    not_negative(rate, "request rate")?;
    not_negative(ttl, "time to live")?;
    not_negative(rate * ttl, "requests per time to live")?;
    // Poisson requests see the object as time does, so one probability serves both.
    let present = |p: &f64| present(p * rate * ttl);
    Ok(Ttl {
        hit_ratio: p.iter().map(|p| p * present(p)).sum(),
        mean_objects: p.iter().map(present).sum(),
    })
}
