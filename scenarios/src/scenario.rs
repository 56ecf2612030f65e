//! What a scenario means: the model that the engine runs, and beside it everything that the engine never sees.
//!
//! A front end builds it from text; [`crate::experiment`] runs it. Names are in the model's order, so that the place of a
//! component in the model is the place of its name.

use crate::precision::Precision;
use crate::results::Objective;
use sim_core::model::Model;

/// A scenario after its text was read and checked.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// The question that it asks, if it has one.
    pub question: Option<String>,
    /// Where all randomness begins.
    pub seed: u64,
    /// Independent runs of a point.
    pub trials: u32,
    /// How well figures must be known: trials are added until they are.
    pub precision: Option<Precision>,
    /// What runs.
    pub model: Model,
    /// What its parts are called.
    pub names: Names,
    /// What must hold, if anything must.
    pub slo: Option<Objective>,
    /// What an hour of each component costs in USD, all its instances together, in the model's order; none: it has no price.
    pub usd_per_hour: Vec<Option<f64>>,
    /// What was assumed because the text doesn't say it.
    pub assumptions: Vec<String>,
    /// What a reader should know before believing the figures.
    pub warnings: Vec<String>,
}

/// The names of a model's parts, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Populations of clients.
    pub clients: Vec<String>,
    /// Components.
    pub components: Vec<String>,
    /// Operations.
    pub operations: Vec<String>,
}
