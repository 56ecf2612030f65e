//! A demand with the stream that it is drawn from.

use std::sync::Arc;

use crate::engine::{Frame, NO_ROW};
use crate::model::{Demand, Trace};
use crate::random::{Draw, Law, Stream, StreamName};
use crate::time::SimDuration;

/// For each instance of a component, how many times as long faults make what it does.
pub(crate) type Factors = Arc<[f64]>;

/// A demand that is ready to be drawn.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    base: Law,
    terms: Vec<(Law, u16)>,
    stream: Stream,
    /// How many times as long faults make it; none where there are no such faults.
    factors: Option<Factors>,
    /// Whether it is a value of its law and nothing else.
    is_plain: bool,
}

impl Drawn {
    pub fn new(demand: &Demand, seed: u64, trial: u64, name: StreamName) -> Self {
        Self {
            base: demand.base.clone(),
            terms: demand
                .terms
                .iter()
                .map(|t| (t.per_unit.clone(), t.column))
                .collect(),
            stream: Stream::open(seed, trial, name),
            factors: None,
            is_plain: demand.terms.is_empty(),
        }
    }

    /// From now on it takes so many times as long as the model says.
    pub fn slow(&mut self, factors: &Factors) {
        self.factors = factors.iter().any(|f| *f != 1.0).then(|| factors.clone());
        self.is_plain = self.factors.is_none() && self.terms.is_empty();
    }

    /// The next duration, for the request that `frame` belongs to.
    #[inline]
    pub fn next(&mut self, frame: &Frame, traces: &[Trace]) -> SimDuration {
        let mut draw = self.stream.next();
        if self.is_plain {
            return self.base.sample_duration(&mut draw);
        }
        self.whole(frame, traces, &mut draw)
    }

    #[inline(never)]
    fn whole(&self, frame: &Frame, traces: &[Trace], draw: &mut Draw) -> SimDuration {
        let time = self.base.sample(draw) + self.attributes(frame, traces, draw);
        let factor = self
            .factors
            .as_ref()
            .map_or(1.0, |of| of[frame.instance as usize]);
        SimDuration::from_f64_nanos(time * factor)
    }

    /// The part that depends on the request; nothing where it has no attributes.
    fn attributes(&self, frame: &Frame, traces: &[Trace], draw: &mut Draw) -> f64 {
        if frame.row == NO_ROW {
            return 0.0;
        }
        let Some(trace) = traces.get(usize::from(frame.trace)) else {
            return 0.0;
        };
        self.terms
            .iter()
            .filter_map(|(law, column)| {
                let value = trace.columns.get(usize::from(*column))?.get(frame.row as usize)?;
                Some(law.sample(draw) * value)
            })
            .sum()
    }
}
