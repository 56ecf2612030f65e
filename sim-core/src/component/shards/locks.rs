//! Locks on keys: who changes a key has it for itself, and the others wait in the order in which they came.

use std::collections::{HashMap, VecDeque};

use crate::policy::eviction::HashOfKey;

/// A frame, by its slot and the slot's life.
pub(super) type Waiter = (u32, u32);

#[derive(Debug, Default)]
struct Held {
    /// Whether a transaction has it, for whose end reads wait as well.
    by_transaction: bool,
    waiting: VecDeque<Waiter>,
}

#[derive(Debug, Default)]
pub(super) struct Locks {
    held: HashMap<u64, Held, HashOfKey>,
}

impl Locks {
    /// Takes the lock of a key, or waits for it: whether it was free.
    pub fn take(&mut self, key: u64, by_transaction: bool, waiter: Waiter) -> bool {
        if let Some(held) = self.held.get_mut(&key) {
            held.waiting.push_back(waiter);
            return false;
        }
        self.held.insert(
            key,
            Held {
                by_transaction,
                waiting: VecDeque::new(),
            },
        );
        true
    }

    /// Waits for the end of the transaction that has a key, if there is one: whether there is.
    pub fn wait_for_transaction(&mut self, key: u64, waiter: Waiter) -> bool {
        match self.held.get_mut(&key) {
            Some(held) if held.by_transaction => {
                held.waiting.push_back(waiter);
                true
            }
            _ => false,
        }
    }

    /// Gives a lock back: who has it next, whom nobody else may take it from.
    pub fn give_back(&mut self, key: u64, is_alive: impl Fn(Waiter) -> bool) -> Option<u32> {
        let held = self.held.get_mut(&key)?;
        while let Some(next) = held.waiting.pop_front() {
            if is_alive(next) {
                held.by_transaction = false;
                return Some(next.0);
            }
        }
        self.held.remove(&key);
        None
    }

    /// A lock that was handed on belongs to a transaction.
    pub fn is_of_transaction(&mut self, key: u64) {
        if let Some(held) = self.held.get_mut(&key) {
            held.by_transaction = true;
        }
    }
}
