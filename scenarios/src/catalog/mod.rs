//! What a scenario may take for granted about the world: how long things take, how often they fail, what they cost.
//!
//! Every figure is a row of a data file in `data/` and names its source; [`sources`] says what each source is, when it
//! was published and whether anybody read it. A figure that nobody looked up is kept only if it is marked so.
//! [`numbers`] prints all of it for people.

pub mod availability;
pub mod latency;
pub mod numbers;
pub mod prices;
pub mod shipped;
pub mod sources;

/// Reads a data file that is part of this crate.
///
/// It can't fail for a user: the text is fixed when the crate is built, and the tests of each catalogue read it.
fn shipped<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> T {
    toml::from_str(text).unwrap_or_else(|error| panic!("the shipped catalogue {name} is broken: {error}"))
}
