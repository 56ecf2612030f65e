//! Locks on rows: a write has its key for itself until it is answered, and the other writes of the key wait in the order in which
//! they came, each with its worker.
//!
//! What a write changes is locked until it commits, that is as long as it works and waits for copies; reads wait for nobody, for there
//! are several versions of a row (MySQL manual, "InnoDB Locking"; PostgreSQL manual, "Row-Level Locks"). So a row that everybody
//! changes is a station of its own with one worker, however many its instance has.

use std::collections::HashMap;

use crate::engine::{Frames, NO_KEY, NONE, Role};
use crate::policy::eviction::HashOfKey;
use crate::time::SimTime;

/// Who waits for a key that is locked: the first and the last, by their places.
#[derive(Clone, Copy, Debug)]
struct Line {
    first: u32,
    last: u32,
}

#[derive(Clone, Copy, Debug)]
struct Waiter {
    /// The write; nobody where the place is free.
    frame: u32,
    since: SimTime,
    /// The next one in line, or the next free place.
    next: u32,
}

/// The locks of one instance.
#[derive(Clone, Debug)]
pub(super) struct Locks {
    /// For every key that is locked who waits for it.
    held: HashMap<u64, Line, HashOfKey>,
    waiters: Vec<Waiter>,
    free: u32,
}

impl Locks {
    pub fn new() -> Self {
        Self {
            held: HashMap::default(),
            waiters: Vec::new(),
            free: NONE,
        }
    }

    /// A write is about to begin: whether it has the lock of its key. Otherwise it waits for it.
    pub fn take(&mut self, now: SimTime, frame: u32, frames: &mut Frames) -> bool {
        let f = &mut frames[frame];
        if f.key == NO_KEY {
            return true;
        }
        let Some(line) = self.held.get_mut(&f.key) else {
            let nobody = Line {
                first: NONE,
                last: NONE,
            };
            self.held.insert(f.key, nobody);
            return true;
        };
        // While it waits its slot must stay, even if it is killed: the line refers to it.
        f.has_event = true;
        let waiter = Waiter {
            frame,
            since: now,
            next: NONE,
        };
        let place = if self.free == NONE {
            self.waiters.push(waiter);
            u32::try_from(self.waiters.len() - 1).unwrap_or(NONE)
        } else {
            let place = self.free;
            self.free = self.waiters[place as usize].next;
            self.waiters[place as usize] = waiter;
            place
        };
        if line.last == NONE {
            line.first = place;
        } else {
            self.waiters[line.last as usize].next = place;
        }
        line.last = place;
        false
    }

    /// The write that has the lock of a key is answered: who has it now, and since when that write has waited.
    pub fn give_back(&mut self, key: u64, frames: &mut Frames) -> Option<(u32, SimTime)> {
        let line = self.held.get_mut(&key)?;
        while line.first != NONE {
            let place = line.first;
            let Waiter { frame, since, next } = self.waiters[place as usize];
            line.first = next;
            if next == NONE {
                line.last = NONE;
            }
            self.waiters[place as usize].frame = NONE;
            self.waiters[place as usize].next = self.free;
            self.free = place;
            if wakes(frame, frames) {
                return Some((frame, since));
            }
        }
        self.held.remove(&key);
        None
    }

    /// The instance crashed: all its calls are gone.
    pub fn clear(&mut self, frames: &mut Frames) {
        for waiter in self.waiters.drain(..).filter(|w| w.frame != NONE) {
            wakes(waiter.frame, frames);
        }
        self.held.clear();
        self.free = NONE;
    }
}

/// A write waits no more: whether it still lives. Otherwise its slot is free now.
fn wakes(frame: u32, frames: &mut Frames) -> bool {
    frames[frame].has_event = false;
    let lives = frames[frame].role != Role::Dead;
    if !lives {
        frames.release(frame);
    }
    lives
}
