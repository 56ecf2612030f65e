//! Recorded values, each equally likely: nothing is smoothed, and nothing outside of the record is ever drawn.
//!
//! The empirical distribution function; its quantile is the smallest value with at least the share p at or below it
//! (R. J. Hyndman, Y. Fan, "Sample quantiles in statistical packages", American Statistician 50 (1996), definition 1).

use super::error::{LawError, bearable_scv, non_negative};
use crate::random::Draw;
use std::sync::Arc;

/// Recorded values, each equally likely.
#[derive(Debug, Clone, PartialEq)]
pub struct Empirical {
    sorted: Arc<[f64]>,
    mean: f64,
    scv: f64,
}

impl Empirical {
    pub(super) fn new(mut values: Vec<f64>) -> Result<Empirical, LawError> {
        for value in &mut values {
            *value = non_negative("value", *value)?;
        }
        let (Some(&first), count) = (values.first(), values.len() as f64) else {
            return Err(LawError::Empty { law: "empirical" });
        };
        values.sort_unstable_by(f64::total_cmp);
        let mean = if values.last() == values.first() {
            first
        } else {
            values.iter().sum::<f64>() / count
        };
        let scv = if mean > 0.0 {
            values
                .iter()
                .map(|v| (v / mean - 1.0) * (v / mean - 1.0))
                .sum::<f64>()
                / count
        } else {
            0.0
        };
        bearable_scv(scv)?;
        Ok(Empirical {
            sorted: values.into(),
            mean,
            scv,
        })
    }

    pub(super) fn sample(&self, draw: &mut Draw) -> f64 {
        self.sorted[draw.below(self.sorted.len() as u64) as usize]
    }

    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    pub(super) fn scv(&self) -> f64 {
        self.scv
    }

    pub(super) fn cdf(&self, x: f64) -> Option<f64> {
        Some(self.sorted.partition_point(|v| *v <= x) as f64 / self.sorted.len() as f64)
    }

    pub(super) fn quantile(&self, p: f64) -> Option<f64> {
        let rank = (p * self.sorted.len() as f64).ceil() as usize;
        Some(self.sorted[rank.clamp(1, self.sorted.len()) - 1])
    }

    pub(super) fn min_value(&self) -> f64 {
        self.sorted[0]
    }
}
