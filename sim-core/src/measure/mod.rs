//! What is measured inside one trial. Nothing here knows of other trials: intervals are made in [`crate::stats`].

pub mod histogram;

pub use histogram::{Bucket, Histogram};
