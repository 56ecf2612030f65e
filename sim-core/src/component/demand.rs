//! A demand with the stream that it is drawn from.

use crate::engine::{Frame, NO_ROW};
use crate::model::{Demand, Trace};
use crate::random::{Draw, Law, Stream, StreamName};
use crate::time::SimDuration;

/// A demand that is ready to be drawn.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    base: Law,
    terms: Vec<(Law, u16)>,
    stream: Stream,
    /// How many times as long a fault makes it.
    factor: f64,
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
            factor: 1.0,
            is_plain: demand.terms.is_empty(),
        }
    }

    /// From now on it takes `factor` times as long as the model says.
    pub fn slow(&mut self, factor: f64) {
        self.factor = factor;
        self.is_plain = factor == 1.0 && self.terms.is_empty();
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
        SimDuration::from_f64_nanos(time * self.factor)
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
