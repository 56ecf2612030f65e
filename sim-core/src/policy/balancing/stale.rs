//! Old loads: what was sent and what came back is known to the policy only after a while.
//!
//! M. Mitzenmacher, "How useful is old information?", IEEE TPDS 11(1), 2000, has two models, and both are here: continuous
//! update, where every look is so old, and periodic update, where all loads are copied every so often and kept until the
//! next time. Changes are kept by slots of time, one number for an instance in each, so that memory stays bounded by
//! instances times slots however many calls there are; a look by the continuous model is up to one slot older than was
//! asked for.

use std::collections::VecDeque;

use crate::model::Stale as Rule;
use crate::time::{SimDuration, SimTime};

/// Slots in the age of the continuous model: a look is at most half a percent too old.
const SLOTS: u64 = 200;

/// Changes of loads that the policy doesn't know of yet.
#[derive(Clone, Debug)]
pub(super) struct Stale {
    slot: SimDuration,
    /// From the end of a slot until it is known.
    lag: SimDuration,
    slots: VecDeque<Slot>,
    /// For every instance the place of its change in the last slot, and which slot that was.
    place: Vec<(u32, u64)>,
    /// Emptied lists, to be used again.
    spare: Vec<Vec<(u32, i64)>>,
}

#[derive(Clone, Debug)]
struct Slot {
    number: u64,
    changes: Vec<(u32, i64)>,
}

impl Stale {
    pub fn new(rule: Rule, instances: usize) -> Self {
        let (slot, lag) = match rule {
            Rule::Continuous { age } => (SimDuration::from_nanos((age.as_nanos() / SLOTS).max(1)), age),
            Rule::Periodic { every } => (every, SimDuration::ZERO),
        };
        Self {
            slot,
            lag,
            slots: VecDeque::new(),
            place: vec![(0, u64::MAX); instances],
            spare: Vec::new(),
        }
    }

    /// Keeps a change.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "there are no more changes in a slot than instances"
    )]
    pub fn note(&mut self, now: SimTime, at: u32, change: i64) {
        let number = now.as_nanos() / self.slot.as_nanos();
        if self.slots.back().is_none_or(|s| s.number != number) {
            let changes = self.spare.pop().unwrap_or_default();
            self.slots.push_back(Slot { number, changes });
        }
        let Some(slot) = self.slots.back_mut() else {
            return;
        };
        let (place, of) = &mut self.place[at as usize];
        if *of == number {
            slot.changes[*place as usize].1 += change;
        } else {
            (*place, *of) = (slot.changes.len() as u32, number);
            slot.changes.push((at, change));
        }
    }

    /// Hands on the changes that are old enough to be known.
    pub fn known(&mut self, now: SimTime, mut tell: impl FnMut(u32, i64)) {
        while let Some(first) = self.slots.front() {
            let end = (first.number + 1).saturating_mul(self.slot.as_nanos());
            if end.saturating_add(self.lag.as_nanos()) > now.as_nanos() {
                return;
            }
            let Some(mut slot) = self.slots.pop_front() else {
                return;
            };
            slot.changes.drain(..).for_each(|(at, change)| tell(at, change));
            self.spare.push(slot.changes);
        }
    }
}
