//! Why a law can't have the parameters that were asked for.
//!
//! The bounds are far outside of anything that a system can show; they keep every moment and every sample finite.

use std::fmt;

/// The smallest positive and the largest parameter of a law that is a value (and not a shape).
const VALUES: (f64, f64) = (1e-100, 1e100);
/// The largest squared coefficient of variation.
const LARGEST_SCV: f64 = 1e12;
/// How deep mixtures and sums may be nested.
const DEEPEST: usize = 32;

/// Why a law can't have these parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum LawError {
    /// A parameter is NaN, or outside of its range.
    OutOfRange {
        /// Which parameter, by its name in the scenario language.
        parameter: &'static str,
        /// What was given.
        value: f64,
        /// The smallest possible value.
        low: f64,
        /// The largest possible value.
        high: f64,
    },
    /// Two parameters are in the wrong order.
    OutOfOrder {
        /// The parameter that should be the smaller one.
        smaller: &'static str,
        /// What was given for it.
        smaller_value: f64,
        /// The parameter that should be the larger one.
        larger: &'static str,
        /// What was given for it.
        larger_value: f64,
    },
    /// The squared coefficient of variation would be absurdly large or infinite.
    TooVariable {
        /// What it would be.
        scv: f64,
    },
    /// A list of parts or values is empty.
    Empty {
        /// The law that has no parts.
        law: &'static str,
    },
    /// All weights of a mixture are zero.
    NoWeight,
    /// Mixtures and sums are nested too deeply.
    TooDeep,
}

impl fmt::Display for LawError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LawError::OutOfRange {
                parameter,
                value,
                low,
                high,
            } => {
                let [value, low, high] = [value, low, high].map(|x| short(*x));
                write!(f, "{parameter} is {value}, but must be between {low} and {high}")
            }
            LawError::OutOfOrder {
                smaller,
                smaller_value,
                larger,
                larger_value,
            } => {
                let [smaller_value, larger_value] = [smaller_value, larger_value].map(|x| short(*x));
                write!(
                    f,
                    "{larger} ({larger_value}) is below {smaller} ({smaller_value})"
                )
            }
            LawError::TooVariable { scv } => write!(
                f,
                "the squared coefficient of variation would be {scv:.1e}; at most {LARGEST_SCV:.0e} is possible"
            ),
            LawError::Empty { law } => write!(f, "{law} needs at least one value"),
            LawError::NoWeight => write!(f, "at least one weight must be above 0"),
            LawError::TooDeep => write!(f, "mixtures and sums are nested more than {DEEPEST} deep"),
        }
    }
}

impl std::error::Error for LawError {}

/// A number without a hundred zeros.
fn short(x: f64) -> String {
    if x == 0.0 || !x.is_finite() || (1e-6..1e15).contains(&x.abs()) {
        x.to_string()
    } else {
        format!("{x:e}")
    }
}

/// The value itself if it lies within `low..=high`.
pub(super) fn within(parameter: &'static str, value: f64, low: f64, high: f64) -> Result<f64, LawError> {
    if (low..=high).contains(&value) {
        Ok(value)
    } else {
        Err(LawError::OutOfRange {
            parameter,
            value,
            low,
            high,
        })
    }
}

/// The value itself if it is a possible positive one.
pub(super) fn positive(parameter: &'static str, value: f64) -> Result<f64, LawError> {
    within(parameter, value, VALUES.0, VALUES.1)
}

/// The value itself if it is a possible one or zero.
pub(super) fn non_negative(parameter: &'static str, value: f64) -> Result<f64, LawError> {
    if value == 0.0 {
        Ok(0.0)
    } else {
        within(parameter, value, 0.0, VALUES.1)
    }
}

/// The scv itself if it is a possible one.
pub(super) fn bearable_scv(scv: f64) -> Result<f64, LawError> {
    if (0.0..=LARGEST_SCV).contains(&scv) {
        Ok(scv)
    } else {
        Err(LawError::TooVariable { scv })
    }
}

/// The depth of a law around parts of these depths.
pub(super) fn bearable_depth(of_parts: impl Iterator<Item = usize>) -> Result<usize, LawError> {
    let depth = 1 + of_parts.max().unwrap_or(0);
    if depth <= DEEPEST {
        Ok(depth)
    } else {
        Err(LawError::TooDeep)
    }
}
