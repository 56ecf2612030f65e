//! The event calendar: a 4-ary heap of 16-byte keys, with the one rule by which events are ordered.
//!
//! **Order.** Events happen by time, then by phase, then in the order in which they were scheduled. It is written here and
//! nowhere else: a key is one number whose digits are (time, phase, sequence, what), so comparing numbers compares events.
//! A d-ary heap with d = 4 has half the levels of a binary one and four children share a cache line
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
    /// A worker that was started for a call is ready.
    SetUp,
    /// An instance has run out of memory.
    OutOfMemory,
    /// A pause of an instance begins or ends.
    Pause,
    /// A replica is promoted, or a dead one is noticed.
    Failover,
    /// Replicas may have what a write waits for.
    Copies,
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

const KNOWN: [What; 26] = [
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
    What::SetUp,
    What::OutOfMemory,
    What::Pause,
    What::Failover,
    What::Copies,
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
            Self::Crash
            | Self::Repair
            | Self::Ready
            | Self::OutOfMemory
            | Self::Pause
            | Self::Failover
            | Self::Fault => Phase::Faults,
            Self::StepDone | Self::SetUp | Self::Answer | Self::Shared | Self::Transfer | Self::Copies => {
                Phase::Completions
            }
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

/// What is scheduled for later happens then: empty places hold times behind it.
const LATEST: u64 = u64::MAX - 4;

/// Four places of the heap that have one parent.
#[derive(Clone, Copy, Debug)]
struct Group {
    /// When their events happen; the rest of their keys is read only where two happen at once.
    times: [u64; 4],
    rests: [u64; 4],
}

impl Group {
    /// No event is later than what an empty place holds, and no two empty places hold the same.
    const EMPTY: Self = Self {
        times: [u64::MAX, u64::MAX - 1, u64::MAX - 2, u64::MAX - 3],
        rests: [u64::MAX; 4],
    };

    #[inline]
    const fn key(&self, place: usize) -> u128 {
        join(self.times[place % 4], self.rests[place % 4])
    }

    #[inline]
    const fn put(&mut self, place: usize, key: u128) {
        self.times[place % 4] = (key >> 64) as u64;
        self.rests[place % 4] = key as u64;
    }

    /// The place of the earliest event: a tournament of two pairs, whose comparisons don't wait for each other and look at times
    /// alone, which decide almost always.
    #[inline(always)]
    fn first(&self) -> usize {
        let [a, b, c, d] = self.times;
        let (left, l) = if b < a { (b, 1) } else { (a, 0) };
        let (right, r) = if d < c { (d, 3) } else { (c, 2) };
        if a == b || c == d || left == right {
            return self.first_of_equals();
        }
        if right < left { r } else { l }
    }

    #[cold]
    #[inline(never)]
    fn first_of_equals(&self) -> usize {
        (0..4).min_by_key(|place| self.key(*place)).unwrap_or(0)
    }
}

#[inline]
const fn join(time: u64, rest: u64) -> u128 {
    (time as u128) << 64 | rest as u128
}

#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    /// The key of the earliest event, if there is any.
    top: u128,
    /// The other places of the heap, numbered from 1 on: the children of place i are group i.
    groups: Vec<Group>,
    len: usize,
    sequence: u64,
    /// Whether the heap's top is the event that is being handled.
    hole: bool,
}

impl Calendar {
    pub fn new() -> Self {
        Self {
            top: 0,
            groups: vec![Group::EMPTY; 16],
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
        Key(join(at.as_nanos().min(LATEST), low))
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
            if self.len > 0 {
                let (group, place) = split(self.len);
                let last = self.groups[group].key(place);
                self.groups[group].put(place, Group::EMPTY.key(place));
                self.sift_down(last);
            }
        }
        if self.len == 0 {
            return None;
        }
        let key = self.top;
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
        let groups = self.groups.as_mut_slice();
        let mut place = groups[0].first();
        if groups[0].key(place) >= key {
            self.top = key;
            return;
        }
        self.top = groups[0].key(place);
        let mut group = 0;
        while let Some(children) = groups.get(4 * group + place + 1) {
            let first = children.first();
            let earliest = children.key(first);
            if earliest >= key {
                break;
            }
            groups[group].put(place, earliest);
            (group, place) = (4 * group + place + 1, first);
        }
        groups[group].put(place, key);
    }

    /// Puts `key` into the last place and lets it rise.
    #[inline]
    fn sift_up(&mut self, key: u128) {
        let mut at = self.len - 1;
        if at / 4 >= self.groups.len() {
            self.groups.resize(2 * self.groups.len(), Group::EMPTY);
        }
        while at > 0 {
            let (group, place) = split(at);
            let parent = match group {
                0 => self.top,
                _ => self.groups[split(group).0].key(split(group).1),
            };
            if parent <= key {
                self.groups[group].put(place, key);
                return;
            }
            self.groups[group].put(place, parent);
            at = group;
        }
        self.top = key;
    }
}

/// The group of a place below the top, and which of its four it is.
#[inline]
const fn split(place: usize) -> (usize, usize) {
    ((place - 1) / 4, (place - 1) % 4)
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

    #[test]
    fn what_would_happen_after_the_end_of_time_comes_last_and_in_order() {
        let mut calendar = Calendar::new();
        for index in 0..7 {
            calendar.schedule(SimTime::MAX, What::StepDone, index);
        }
        calendar.schedule(SimTime::from_nanos(1), What::Measure, 7);
        let order: Vec<u32> = std::iter::from_fn(|| calendar.next().map(|e| e.index)).collect();
        assert_eq!(order, [7, 0, 1, 2, 3, 4, 5, 6]);
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
