//! Statistics across trials: every number with its 95 % interval, or with the reason why it has none.

pub mod batch;
pub mod paired;
pub mod precision;
pub mod proportion;
pub mod quantile;
pub mod ratio;
pub mod student;
pub mod trend;
pub mod warm_up;

pub use proportion::proportion;
pub use quantile::{quantile, quantiles};
pub use ratio::ratio;

/// The confidence of every interval.
pub const CONFIDENCE: f64 = 0.95;

/// A number with its 95 % confidence interval, in the unit of the data.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// The point estimate; `None` when the data can't support one.
    pub value: Option<f64>,
    /// The lower end of the interval; `None` when there is no interval.
    pub low: Option<f64>,
    /// The upper end of the interval; `None` when there is no interval.
    pub high: Option<f64>,
    /// When the data can't support a value: how many times as much of it should (more than 1), as far as can be told
    /// from what there is.
    pub need: Option<f64>,
}

impl Estimate {
    /// A value with its interval.
    pub fn between(low: f64, value: f64, high: f64) -> Self {
        Self {
            value: Some(value),
            low: Some(low),
            high: Some(high),
            need: None,
        }
    }

    /// No value: `need` times as much data should give one.
    pub fn not_enough(need: f64) -> Self {
        Self {
            need: need.is_finite().then_some(need),
            ..Self::default()
        }
    }

    /// The same in another unit: everything but `need` times `factor`, which is positive.
    pub fn scaled(self, factor: f64) -> Self {
        let scale = |number: Option<f64>| number.map(|number| number * factor);
        Self {
            value: scale(self.value),
            low: scale(self.low),
            high: scale(self.high),
            need: self.need,
        }
    }

    /// Half the width of the interval divided by the size of the value; `None` without an interval or at zero.
    pub fn relative_half_width(&self) -> Option<f64> {
        let (value, low, high) = (self.value?, self.low?, self.high?);
        (value != 0.0).then(|| (high - low) / 2.0 / value.abs())
    }
}
