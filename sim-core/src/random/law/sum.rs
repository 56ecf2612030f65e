//! One independent value of each of several laws, added: work made of several steps, a fixed part plus a random one.
//!
//! Means add, and so do variances; with at most one random part the whole law is that part, shifted.

use super::Law;
use super::error::{LawError, bearable_depth, bearable_scv, non_negative};
use crate::random::Draw;

/// The sum of one value of each of several laws.
#[derive(Debug, Clone, PartialEq)]
pub struct Sum {
    /// All constant parts together.
    offset: f64,
    /// The parts that are not constant.
    parts: Vec<Law>,
    mean: f64,
    scv: f64,
    depth: usize,
}

impl Sum {
    pub(super) fn new(parts: Vec<Law>) -> Result<Sum, LawError> {
        if parts.is_empty() {
            return Err(LawError::Empty { law: "a sum" });
        }
        let depth = bearable_depth(parts.iter().map(Law::depth))?;
        let mean = non_negative("mean", parts.iter().map(Law::mean).sum())?;
        let scv = if mean == 0.0 {
            0.0
        } else {
            parts
                .iter()
                .map(|part| part.scv() * (part.mean() / mean) * (part.mean() / mean))
                .sum()
        };
        let (constant, random): (Vec<Law>, Vec<Law>) = parts.into_iter().partition(Law::is_constant);
        let offset = constant.iter().map(Law::mean).sum();
        Ok(Sum {
            offset,
            parts: random,
            mean,
            scv: bearable_scv(scv)?,
            depth,
        })
    }

    pub(super) fn sample(&self, draw: &mut Draw) -> f64 {
        self.parts
            .iter()
            .fold(self.offset, |sum, part| sum + part.sample(draw))
    }

    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    pub(super) fn scv(&self) -> f64 {
        self.scv
    }

    pub(super) fn cdf(&self, x: f64) -> Option<f64> {
        match &self.parts[..] {
            [] => Some(if x >= self.offset { 1.0 } else { 0.0 }),
            [only] => only.cdf(x - self.offset),
            _ => None,
        }
    }

    pub(super) fn quantile(&self, p: f64) -> Option<f64> {
        match &self.parts[..] {
            [] => Some(self.offset),
            [only] => only.quantile(p).map(|q| q + self.offset),
            _ => None,
        }
    }

    pub(super) fn min_value(&self) -> f64 {
        self.parts
            .iter()
            .fold(self.offset, |sum, part| sum + part.min_value())
    }

    pub(super) fn depth(&self) -> usize {
        self.depth
    }
}
