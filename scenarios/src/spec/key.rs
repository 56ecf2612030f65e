//! Which keys a table has and what each takes: read by the parser and by the JSON Schema alike.

use super::member::Member;
use crate::quantity::Dimension;

/// A key of a table.
#[derive(Debug)]
pub struct Key {
    /// How it is written.
    pub name: &'static str,
    /// What it takes.
    pub shape: Shape,
    /// Whether the table is wrong without it.
    pub required: bool,
    /// What it is for, in one sentence.
    pub about: &'static str,
}

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Text with a unit.
    Quantity(Dimension),
    /// A whole number.
    Count,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// Any text.
    Text,
    /// The name of something else in the file.
    Name,
    /// A time or a distribution of times.
    Expression,
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these policies, perhaps with parameters.
    Policy(&'static [&'static str]),
    /// One member of a family, perhaps with parameters.
    Member(&'static [Member]),
    /// A table with these keys.
    Table(&'static [Key]),
    /// A table whose keys are names and whose values have this shape.
    Map(&'static Shape),
    /// A list of this shape.
    List(&'static Shape),
    /// Any of these shapes.
    Any(&'static [Shape]),
    /// A call plan: a list of steps.
    Plan,
    /// Anything: an override's value.
    Anything,
    /// Understood, but not simulated yet; the words say what it is.
    NotYet(&'static str),
}

/// A key that may be left out.
#[must_use]
pub const fn key(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key {
        name,
        shape,
        required: false,
        about,
    }
}

/// A key that must be there.
#[must_use]
pub const fn required(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key {
        name,
        shape,
        required: true,
        about,
    }
}

/// A key that is understood and not simulated yet.
#[must_use]
pub const fn not_yet(name: &'static str, about: &'static str) -> Key {
    Key {
        name,
        shape: Shape::NotYet(about),
        required: false,
        about,
    }
}

/// A time.
pub const TIME: Shape = Shape::Quantity(Dimension::Duration);
/// A share of one.
pub const SHARE: Shape = Shape::Quantity(Dimension::Fraction);
