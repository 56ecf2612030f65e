//! One member of a family that a key chooses from: its name, its parameters, where it comes from and how it was checked.
//!
//! A key whose shape is [`Shape::Member`] is read by [`Reader::member`](super::reader::Reader::member); the JSON Schema and the
//! reference page come out of the same rows.

use super::key::{Key, Shape};

/// A policy, a law or another choice that the language has a name for.
#[derive(Debug)]
pub struct Member {
    /// How it is written.
    pub name: &'static str,
    /// What it does differently from its siblings, in one sentence.
    pub about: &'static str,
    /// What it can be given, in the order of unnamed parameters; each says its default or is required.
    pub parameters: &'static [Key],
    /// The publication or the documentation that it follows.
    pub source: &'static str,
    /// What its behaviour was compared with: vectors of a real system, theory, a test against its siblings.
    pub checked: &'static str,
}

impl Shape {
    /// The words that can stand at a key of this shape.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        match self {
            Self::Word(words) | Self::Policy(words) => words.to_vec(),
            Self::Member(members) => members.iter().map(|m| m.name).collect(),
            Self::Any(shapes) => shapes.first().map(Self::words).unwrap_or_default(),
            _ => Vec::new(),
        }
    }
}
