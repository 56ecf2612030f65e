//! Chance: named streams of random numbers, probability laws, and the popularity of keys.
//!
//! A draw is a pure function of (seed, trial, stream name, index), so that an edit in one place of a model leaves the
//! draws everywhere else alone: P. L'Ecuyer, R. Simard, E. J. Chen, W. D. Kelton, "An object-oriented random-number
//! package with many long streams and substreams", Operations Research 50 (2002) 1073-1075, has the argument.

#[cfg(test)]
mod golden;
mod law;
mod popularity;
mod stream;
mod ziggurat;

#[cfg(test)]
pub(crate) use golden::Fingerprint;
pub use law::{
    BoundedPareto, Constant, Empirical, Erlang, Exponential, Gamma, Hyperexponential, Law, LawError,
    Lognormal, Mixture, Sum, Uniform, Weibull,
};
pub use popularity::{Popularity, PopularityError};
pub use stream::{Draw, Stream, StreamName};
