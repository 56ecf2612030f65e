//! The scenario language and what it means.

pub mod catalog;
pub mod diagnostic;
pub mod document;
pub mod expression;
pub mod lower;
pub mod overrides;
pub mod quantity;
pub mod results;
pub mod scenario;
pub mod source;
pub mod spec;
pub mod sweep;
pub mod traces;
pub mod tree;
