//! One of several laws, chosen anew for every value: a fast path and a slow path, hits and misses.
//!
//! Composition (A. M. Law, "Simulation Modeling and Analysis", 5th ed. 2015, section 8.2.2). Moments and distribution
//! function are the weighted means of those of the parts.

use super::Law;
use super::error::{LawError, bearable_depth, bearable_scv, within};
use crate::random::Draw;

/// One of several laws, chosen by weight.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    parts: Vec<Part>,
    mean: f64,
    scv: f64,
    depth: usize,
}

#[derive(Debug, Clone, PartialEq)]
struct Part {
    probability: f64,
    /// The probability of this part and of those before it.
    cumulative: f64,
    law: Law,
}

impl Mixture {
    pub(super) fn new(weighted: Vec<(f64, Law)>) -> Result<Mixture, LawError> {
        if weighted.is_empty() {
            return Err(LawError::Empty { law: "mix" });
        }
        let mut total = 0.0;
        for (weight, _) in &weighted {
            total += within("weight", *weight, 0.0, 1e100)?;
        }
        // Parts that never happen would only stretch the minimum.
        let mut parts: Vec<Part> = weighted
            .into_iter()
            .map(|(weight, law)| Part {
                probability: weight / total,
                cumulative: 0.0,
                law,
            })
            .filter(|part| part.probability > 0.0)
            .collect();
        let depth = bearable_depth(parts.iter().map(|part| part.law.depth()))?;
        let mut cumulative = 0.0;
        for part in &mut parts {
            cumulative += part.probability;
            part.cumulative = cumulative;
        }
        // Rounding must not leave a gap below 1.
        let Some(last) = parts.last_mut() else {
            return Err(LawError::NoWeight);
        };
        last.cumulative = 1.0;

        let (mean, scv) = moments(&parts);
        Ok(Mixture {
            parts,
            mean,
            scv: bearable_scv(scv)?,
            depth,
        })
    }

    pub(super) fn sample(&self, draw: &mut Draw) -> f64 {
        let u = draw.uniform();
        let chosen = self.parts.partition_point(|part| part.cumulative <= u);
        // u < 1 = the last cumulative, so the choice is always inside.
        self.parts[chosen.min(self.parts.len() - 1)].law.sample(draw)
    }

    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    pub(super) fn scv(&self) -> f64 {
        self.scv
    }

    pub(super) fn cdf(&self, x: f64) -> Option<f64> {
        let mut sum = 0.0;
        for part in &self.parts {
            sum += part.probability * part.law.cdf(x)?;
        }
        Some(sum.min(1.0))
    }

    pub(super) fn quantile(&self, p: f64) -> Option<f64> {
        match &self.parts[..] {
            [only] => only.law.quantile(p),
            _ => None,
        }
    }

    pub(super) fn min_value(&self) -> f64 {
        self.parts
            .iter()
            .map(|part| part.law.min_value())
            .fold(f64::INFINITY, f64::min)
    }

    pub(super) fn depth(&self) -> usize {
        self.depth
    }
}

/// Mean and scv: the variance is the mean variance within the parts plus the variance between their means.
fn moments(parts: &[Part]) -> (f64, f64) {
    let mean: f64 = parts.iter().map(|part| part.probability * part.law.mean()).sum();
    if mean == 0.0 {
        return (0.0, 0.0);
    }
    let scv = parts
        .iter()
        .map(|part| {
            let ratio = part.law.mean() / mean;
            part.probability * (part.law.scv() * ratio * ratio + (ratio - 1.0) * (ratio - 1.0))
        })
        .sum();
    (mean, scv)
}
