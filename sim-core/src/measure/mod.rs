//! What is measured inside one trial. Nothing here knows of other trials: intervals are made in [`crate::stats`].

pub mod histogram;
mod meter;
mod steps;
mod trial;
pub mod visits;

pub use histogram::{Bucket, Histogram};
pub(crate) use meter::Meter;
pub(crate) use steps::Steps;
pub use trial::{
    ClientResult, ClientStep, ClientWindow, ComponentResult, ComponentWindow, Counts, STEPS,
    STEPS_PER_WINDOW, Stop, TrialResult, WARM_UP_STEPS, WARM_UP_WINDOWS, WINDOWS,
};
