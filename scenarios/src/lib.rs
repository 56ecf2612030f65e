//! The scenario language and what it means.

pub mod catalog;
