//! The scenario language and what it means.

pub mod availability;
pub mod catalog;
pub mod comparison;
pub mod cost;
pub mod diagnostic;
pub mod document;
pub mod experiment;
pub mod expression;
pub mod figures;
pub mod gathered;
pub mod lower;
pub mod objective;
pub mod overrides;
pub mod per_trial;
pub mod quantity;
pub mod results;
pub mod scenario;
pub mod schema;
pub mod source;
pub mod spec;
pub mod steadiness;
pub mod summary;
pub mod sweep;
pub mod traces;
pub mod tree;
