//! Eviction by itself: every member on lists of keys, against what the real libraries find.

mod recorded;
mod siblings;
pub mod traces;
