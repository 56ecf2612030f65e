//! By operation: the first class that has anybody, in the order of arrival inside a class; a service once begun goes on.
//!
//! A. Cobham, Priority assignment in waiting line problems, Operations Research 2 (1954).

use std::sync::Arc;

use super::fifo::Fifo;
use crate::engine::Frames;

#[derive(Clone, Debug)]
pub(crate) struct Priority {
    classes: Vec<Fifo>,
    class_of: Arc<[u16]>,
}

impl Priority {
    pub fn new(class_of: &Arc<[u16]>) -> Self {
        let classes = class_of.iter().max().map_or(1, |most| usize::from(*most) + 1);
        Self {
            classes: vec![Fifo::new(); classes],
            class_of: class_of.clone(),
        }
    }

    pub fn push(&mut self, frame: u32, frames: &mut Frames) {
        let class = self.class_of[usize::from(frames[frame].op)];
        self.classes[usize::from(class)].push(frame, frames);
    }

    pub fn pop(&mut self, frames: &Frames) -> Option<u32> {
        self.classes.iter_mut().find_map(|line| line.pop(frames))
    }
}
