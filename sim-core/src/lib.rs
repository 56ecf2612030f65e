//! The engine: time, chance, stations, components, statistics. No file, no text, no thread, no clock.

pub mod math;
pub mod measure;
pub mod random;
pub mod time;
