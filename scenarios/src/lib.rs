//! The scenario language and what it means.

pub mod catalog;
pub mod results;
pub mod scenario;
