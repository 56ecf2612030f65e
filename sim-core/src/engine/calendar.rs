//! The event calendar: a 4-ary heap of 16-byte keys, with the one rule by which events are ordered.
//!
//! **Order.** Events happen by time, then by phase, then in the order in which they were scheduled. It is written here and
//! nowhere else: a key is one number whose digits are (time, phase, sequence, what), so comparing numbers compares events.
//! A d-ary heap with d = 4 has half the levels of a binary one and its four children share a cache line
//! (D. B. Johnson, "Priority queues with update and finding minimum spanning trees", IPL 4, 1975; LaMarca and Ladner,
//! "The influence of caches on the performance of heaps", JEA 1, 1996).
//!
//! The event that is being handled stays at the top until its handler schedules the next one, which takes its place:
//! one sift instead of two.

use crate::time::SimTime;

/// Bits of a key that say what happens: see [`Event`].
const WHAT_BITS: u32 = 28;
const INDEX_BITS: u32 = 23;
const SEQUENCE_BITS: u32 = 34;
/// The most events that one trial can schedule.
pub(crate) const MOST_EVENTS: u64 = (1 << SEQUENCE_BITS) - 1;
/// The most things of one kind that events can be about.
pub(crate) const MOST_INDEX: u32 = (1 << INDEX_BITS) - 1;

/// What comes first at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Crashes and repairs.
    Faults = 0,
    /// Work that ends, answers that arrive.
    Completions = 1,
    /// Requests and calls that arrive, timers.
    Arrivals = 2,
    /// Who only looks.
    Observers = 3,
}

/// What happens, and to which of its kind (23 bits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum What {
    /// A population of clients sends its next request.
    Arrival,
    /// A user of a closed loop has thought: the index is a frame that carries the user.
    Thought,
    /// A call's own step (work, wait, service) is over.
    StepDone,
    /// A call reaches the instance it was sent to.
    Reach,
    /// An answer reaches the caller.
    Answer,
    /// An instance's shared cores have finished a piece of work.
    Shared,
    /// The earliest deadline of a class of equal timeouts.
    Deadline,
    /// A pause before a retry is over.
    Retry,
    /// The patience of a call that waits at an instance is over.
    Impatient,
    /// An instance crashes.
    Crash,
    /// An instance is up again.
    Repair,
    /// An instance of a service has started, or takes another one's place.
    Ready,
    /// A batch that isn't full has waited long enough.
    Batch,
    /// An instance has run out of memory.
    OutOfMemory,
    /// A replica is promoted, or a dead one is noticed.
    Failover,
    /// A balancer checks its instances.
    HealthCheck,
    /// A name checks what is behind it, or acts on what it found.
    EndpointCheck,
    /// A fault of the scenario begins or ends.
    Fault,
    /// A link may have carried an answer over.
    Transfer,
    /// A balancer may try an instance again that failed too many calls.
    TryAgain,
    /// An instance that came back gets more of its weight.
    SlowStart,
    /// A balancer compares its instances.
    OutlierInterval,
    /// A step of the measurement is over.
    Measure,
}

/// How many kinds the bits of a key reach.
const MOST_KINDS: usize = 1 << (WHAT_BITS - INDEX_BITS);

/// By number; the last ones are never used.
const KINDS: [What; MOST_KINDS] = {
    let mut kinds = [What::Measure; MOST_KINDS];
    let mut i = 0;
    while i < KNOWN.len() {
        assert!(KNOWN[i] as usize == i, "in the order of the kinds");
        kinds[i] = KNOWN[i];
        i += 1;
    }
    kinds
};

const KNOWN: [What; 23] = [
    What::Arrival,
    What::Thought,
    What::StepDone,
    What::Reach,
    What::Answer,
    What::Shared,
    What::Deadline,
    What::Retry,
    What::Impatient,
    What::Crash,
    What::Repair,
    What::Ready,
    What::Batch,
    What::OutOfMemory,
    What::Failover,
    What::HealthCheck,
    What::EndpointCheck,
    What::Fault,
    What::Transfer,
    What::TryAgain,
    What::SlowStart,
    What::OutlierInterval,
    What::Measure,
];

impl What {
    const fn phase(self) -> Phase {
        match self {
            Self::Crash | Self::Repair | Self::Ready | Self::OutOfMemory | Self::Failover | Self::Fault => {
                Phase::Faults
            }
            Self::StepDone | Self::Answer | Self::Shared | Self::Transfer => Phase::Completions,
            Self::Arrival
            | Self::Thought
            | Self::Reach
            | Self::Deadline
            | Self::Retry
            | Self::Impatient
            | Self::Batch
            | Self::HealthCheck
            | Self::EndpointCheck
            | Self::TryAgain
            | Self::SlowStart
            | Self::OutlierInterval => Phase::Arrivals,
            Self::Measure => Phase::Observers,
        }
    }
}

/// An event as it comes out of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub at: SimTime,
    pub what: What,
    pub index: u32,
}

/// A place in the order of events, reserved before it is known whether the event will be needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(u128);

/// Fills the heap's last group of children: no event is later.
const NEVER: u128 = u128::MAX;

#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    /// The events, then [`NEVER`] up to a whole group of children and one group more.
    heap: Vec<u128>,
    len: usize,
    sequence: u64,
    /// Whether the heap's top is the event that is being handled.
    hole: bool,
}

impl Calendar {
    pub fn new() -> Self {
        Self {
            heap: vec![NEVER; 64],
            len: 0,
            sequence: 0,
            hole: false,
        }
    }

    /// A key for an event that is scheduled now; [`Self::insert`] makes it happen.
    #[inline]
    pub fn reserve(&mut self, at: SimTime, what: What, index: u32) -> Key {
        debug_assert!(index <= MOST_INDEX);
        self.sequence += 1;
        let low = ((what.phase() as u64) << 62)
            | (self.sequence << WHAT_BITS)
            | (u64::from(what as u32) << INDEX_BITS)
            | u64::from(index);
        Key((u128::from(at.as_nanos()) << 64) | u128::from(low))
    }

    /// Schedules an event.
    #[inline]
    pub fn schedule(&mut self, at: SimTime, what: What, index: u32) {
        let key = self.reserve(at, what, index);
        self.insert(key);
    }

    /// Schedules an event in the place that was reserved for it.
    #[inline]
    pub fn insert(&mut self, key: Key) {
        if self.hole {
            self.hole = false;
            self.sift_down(key.0);
        } else {
            self.len += 1;
            if self.len + 4 > self.heap.len() {
                self.heap.resize(2 * self.heap.len(), NEVER);
            }
            self.sift_up(key.0);
        }
    }

    /// Whether the sequence numbers are used up.
    pub fn is_exhausted(&self) -> bool {
        self.sequence >= MOST_EVENTS
    }

    /// The next event.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the fields of the key are cut out of it"
    )]
    pub fn next(&mut self) -> Option<Event> {
        if self.hole {
            self.hole = false;
            self.len -= 1;
            let last = std::mem::replace(&mut self.heap[self.len], NEVER);
            if self.len > 0 {
                self.sift_down(last);
            }
        }
        let key = *self.heap.first()?;
        if key == NEVER {
            return None;
        }
        self.hole = true;
        let low = key as u64;
        let what = KINDS[(low >> INDEX_BITS) as usize % MOST_KINDS];
        Some(Event {
            at: SimTime::from_nanos((key >> 64) as u64),
            what,
            index: low as u32 & MOST_INDEX,
        })
    }

    /// Puts `key` into the top and lets it sink.
    #[inline]
    fn sift_down(&mut self, key: u128) {
        let heap = self.heap.as_mut_slice();
        let mut at = 0;
        while let Some([a, b, c, d]) = heap.get(4 * at + 1..4 * at + 5) {
            // A tournament of two pairs: the comparisons don't wait for each other.
            let (left, l) = if b < a { (*b, 2) } else { (*a, 1) };
            let (right, r) = if d < c { (*d, 4) } else { (*c, 3) };
            let (least, which) = if right < left { (right, r) } else { (left, l) };
            if least >= key {
                break;
            }
            heap[at] = least;
            at = 4 * at + which;
        }
        heap[at] = key;
    }

    #[inline]
    fn sift_up(&mut self, key: u128) {
        let heap = self.heap.as_mut_slice();
        let mut at = self.len - 1;
        while at > 0 {
            let parent = (at - 1) / 4;
            if heap[parent] <= key {
                break;
            }
            heap[at] = heap[parent];
            at = parent;
        }
        heap[at] = key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn faults_come_before_completions_before_arrivals_before_observers() {
        let mut calendar = Calendar::new();
        for what in [What::Measure, What::Arrival, What::StepDone, What::Crash] {
            calendar.schedule(SimTime::from_nanos(7), what, 1);
        }
        let order: Vec<What> = std::iter::from_fn(|| calendar.next().map(|e| e.what)).collect();
        assert_eq!(order, [What::Crash, What::StepDone, What::Arrival, What::Measure]);
    }

    #[test]
    fn every_kind_survives_the_way_through_a_key() {
        for what in KNOWN {
            let mut calendar = Calendar::new();
            calendar.schedule(SimTime::from_nanos(1 << 60), what, MOST_INDEX);
            let expected = Event {
                at: SimTime::from_nanos(1 << 60),
                what,
                index: MOST_INDEX,
            };
            assert_eq!(calendar.next(), Some(expected));
            assert_eq!(calendar.next(), None);
            assert_eq!(calendar.next(), None);
        }
    }

    proptest! {
        /// Against a sorted list: some events are scheduled before, some while others are handled.
        #[test]
        fn events_come_in_order_of_time_and_then_of_scheduling(
            first in prop::collection::vec(0u64..50, 0..40),
            later in prop::collection::vec((0u64..50, 0usize..3), 0..200),
        ) {
            let mut calendar = Calendar::new();
            let mut expected: Vec<(u64, u32)> = Vec::new();
            let mut number = 0;
            let mut add = |calendar: &mut Calendar, expected: &mut Vec<(u64, u32)>, at: u64| {
                calendar.schedule(SimTime::from_nanos(at), What::Arrival, number);
                expected.push((at, number));
                number += 1;
            };
            for at in first {
                add(&mut calendar, &mut expected, at);
            }
            let mut later = later.into_iter();
            while let Some(event) = calendar.next() {
                let least = expected.iter().copied().min().unwrap();
                prop_assert_eq!((event.at.as_nanos(), event.index), least);
                expected.retain(|e| *e != least);
                if let Some((gap, how_many)) = later.next() {
                    for _ in 0..how_many {
                        add(&mut calendar, &mut expected, event.at.as_nanos() + gap);
                    }
                }
            }
            prop_assert!(expected.is_empty());
        }
    }
}
