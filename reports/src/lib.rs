//! Results as tables and documents, in memory.

pub mod csv;
mod figures;
#[cfg(test)]
mod fixture;
pub mod json;
pub mod quantity;
pub mod table;
