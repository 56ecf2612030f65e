//! The engine: time, chance, stations, components, statistics. No file, no text, no thread, no clock.

mod component;
mod engine;
mod fault;
pub mod math;
pub mod measure;
pub mod model;
pub mod policy;
pub mod random;
pub mod simulation;
mod station;
pub mod stats;
pub mod theory;
pub mod time;
