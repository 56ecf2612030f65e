//! The queue of a station: who is served next.

mod fifo;
mod lifo;
mod priority;
mod shortest;

use crate::engine::Frames;
use crate::model::Discipline;
use crate::time::SimDuration;
use fifo::Fifo;
use lifo::Lifo;
use priority::Priority;
use shortest::Shortest;

/// The calls that wait, in the order of the station's discipline.
#[derive(Clone, Debug)]
#[repr(u8)]
pub(super) enum Line {
    Fifo(Fifo),
    Lifo(Lifo),
    Priority(Box<Priority>),
    Shortest(Box<Shortest>),
}

impl Line {
    pub fn new(discipline: &Discipline) -> Self {
        match discipline {
            Discipline::Fifo => Self::Fifo(Fifo::new()),
            Discipline::Lifo => Self::Lifo(Lifo::new()),
            Discipline::Priority { class_of } => Self::Priority(Box::new(Priority::new(class_of))),
            Discipline::Shortest => Self::Shortest(Box::new(Shortest::new())),
        }
    }

    /// A call begins to wait; `size` is its first work, where that is known.
    #[inline(always)]
    pub fn push(&mut self, frame: u32, size: Option<SimDuration>, frames: &mut Frames) {
        match self {
            Self::Fifo(line) => line.push(frame, frames),
            other => other.push_otherwise(frame, size, frames),
        }
    }

    #[inline(never)]
    fn push_otherwise(&mut self, frame: u32, size: Option<SimDuration>, frames: &mut Frames) {
        match self {
            Self::Fifo(line) => line.push(frame, frames),
            Self::Lifo(line) => line.push(frame, frames),
            Self::Priority(line) => line.push(frame, frames),
            Self::Shortest(line) => line.push(frame, size),
        }
    }

    /// Takes out the one whose turn it is; it may have been killed.
    #[inline(always)]
    pub fn pop(&mut self, frames: &mut Frames) -> Option<u32> {
        match self {
            Self::Fifo(line) => line.pop(frames),
            other => other.pop_otherwise(frames),
        }
    }

    #[inline(never)]
    fn pop_otherwise(&mut self, frames: &mut Frames) -> Option<u32> {
        match self {
            Self::Fifo(line) => line.pop(frames),
            Self::Lifo(line) => line.pop(frames),
            Self::Priority(line) => line.pop(frames),
            Self::Shortest(line) => line.pop(),
        }
    }

    /// Whose turn is next, in order of arrival.
    pub fn first(&self) -> Option<u32> {
        match self {
            Self::Fifo(line) => line.first(),
            _ => None,
        }
    }

    /// The work of the call that was taken out last, where it was known when it came.
    pub fn size_of_popped(&self) -> Option<SimDuration> {
        match self {
            Self::Shortest(line) => line.popped,
            _ => None,
        }
    }
}
