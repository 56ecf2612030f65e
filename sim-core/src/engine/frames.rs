//! Calls in flight: one slot each, reused, in one array.
//!
//! A frame is an activation of a call: the client's side of a request, a call at an instance, a branch of a parallel step.
//! Whoever refers to a frame that may be gone keeps its `turn` with the index: the number goes up whenever the frame's
//! expectation changes, through all of the slot's lives, so a late timer or answer finds another turn and is void.

use super::recorder::Recorder;
use crate::time::SimTime;

/// No frame.
pub(crate) const NONE: u32 = u32::MAX;
/// A request without a key.
pub(crate) const NO_KEY: u64 = u64::MAX;
/// No clients wait for this call themselves.
pub(crate) const NO_CLIENT: u16 = u16::MAX;
/// No balancer on the way.
pub(crate) const DIRECT: u16 = u16::MAX;
/// A request without a row of a trace.
pub(crate) const NO_ROW: u32 = u32::MAX;
/// A request that comes from nowhere: where clients have no sources, the row stands in.
pub(crate) const NO_SOURCE: u32 = NO_ROW;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ok,
    Timeout,
    Rejected,
    Error,
    Unreachable,
}

/// What is asked of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// What the operation says.
    Op,
    Get,
    Put,
    Read,
    Write,
    /// A value that the caller of a cache-aside cache brings after a miss.
    Fill,
}

/// What a frame is, and so who goes on with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A slot without a call.
    Free,
    /// The client's side of a request: `component` is a place among the clients. Only requests that may be tried again, and
    /// the users of closed loops, have one; the others are the call itself.
    Client,
    /// A call at an instance of `component`.
    Call,
    /// A branch of a parallel step of the call `parent`.
    Branch,
    /// A call that was killed and whose own event is still in the calendar.
    Dead,
    /// A call that a hanging instance holds: nobody works on it, and its own event, if one is in the calendar, is void.
    Frozen,
}

impl Role {
    /// Whether nobody goes on with the frame, whatever event comes.
    #[inline(always)]
    pub fn is_void(self) -> bool {
        matches!(self, Self::Dead | Self::Frozen)
    }
}

/// A call in flight.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// When it reached the station, or for a client's side when the request arrived.
    pub arrived: SimTime,
    /// When the request arrived, for a frame that clients wait for.
    pub born: SimTime,
    pub key: u64,
    pub parent: u32,
    /// The parent's turn when it made this call.
    pub parent_turn: u32,
    pub turn: u32,
    /// How often the slot has been given back: for timers that outlast what the frame waits for.
    pub life: u32,
    /// The call that it waits for last made.
    pub child: u32,
    /// The next in a queue, or in the list of free slots.
    pub next: u32,
    /// The list of its branches, while it waits for some that may be stopped.
    pub fork: u32,
    /// Where in its plan it is.
    pub pc: u32,
    pub row: u32,
    /// Where its request comes from.
    pub source: u32,
    /// The trace that the row is in.
    pub trace: u16,
    pub instance: u32,
    pub component: u16,
    /// The balancer that it passed through, which learns when it is over.
    pub via: u16,
    pub op: u16,
    /// The call site that it waits at.
    pub site: u16,
    /// The step of the measurement in which its request arrived.
    pub step: u16,
    /// The zone where its code runs.
    pub zone: u16,
    /// Branches that ended well, and that didn't, of the parallel step it is in.
    pub joined: u16,
    pub spoilt: u16,
    /// The clients that wait for this very call, where they need no frame of their own (see [`Role::Client`]).
    pub client: u16,
    pub attempt: u8,
    pub role: Role,
    pub ask: Ask,
    pub stage: u8,
    pub outcome: Outcome,
    /// Whether an event in the calendar is about this frame, so that the slot can't be reused before.
    pub has_event: bool,
    /// Whether clients gave up on this call.
    pub is_forsaken: bool,
    /// Whether it counts as being at its component's station.
    pub at_station: bool,
    /// Whether a service has taken it in and hasn't answered it: it is lost when the instance crashes.
    pub is_inside: bool,
    /// Whether it waits in a queue.
    pub is_waiting: bool,
    /// Whether it has what it asks for, as it still is: the answer to its call says so, and has no body.
    pub has_same: bool,
}

impl Frame {
    fn empty() -> Self {
        Self {
            arrived: SimTime::ZERO,
            born: SimTime::ZERO,
            key: NO_KEY,
            parent: NONE,
            parent_turn: 0,
            turn: 0,
            life: 0,
            child: NONE,
            next: NONE,
            fork: NONE,
            pc: 0,
            row: NO_ROW,
            source: 0,
            trace: 0,
            instance: 0,
            component: 0,
            via: DIRECT,
            op: 0,
            site: 0,
            step: 0,
            zone: 0,
            joined: 0,
            spoilt: 0,
            client: NO_CLIENT,
            attempt: 0,
            role: Role::Free,
            ask: Ask::Op,
            stage: 0,
            outcome: Outcome::Ok,
            has_event: false,
            is_forsaken: false,
            at_station: false,
            is_waiting: false,
            is_inside: false,
            has_same: false,
        }
    }
}

/// All calls in flight.
#[derive(Clone, Debug)]
pub(crate) struct Frames {
    slots: Vec<Frame>,
    free: u32,
    live: u32,
    most: u32,
    /// What follows requests, in a trial that is recorded.
    pub recorder: Option<Box<Recorder>>,
}

impl Frames {
    pub fn new() -> Self {
        Self {
            slots: Vec::with_capacity(1024),
            free: NONE,
            live: 0,
            most: 0,
            recorder: None,
        }
    }

    /// A fresh frame. Every field but `turn` must be set or be right as it is after [`Self::release`].
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the budget of calls in flight is below 2^24"
    )]
    pub fn take(&mut self, role: Role) -> u32 {
        self.live += 1;
        if self.live > self.most {
            self.most = self.live;
        }
        if self.free == NONE {
            let mut frame = Frame::empty();
            frame.role = role;
            self.slots.push(frame);
            self.slots.len() as u32 - 1
        } else {
            let at = self.free;
            let frame = &mut self.slots[at as usize];
            self.free = frame.next;
            frame.next = NONE;
            frame.role = role;
            at
        }
    }

    /// A frame of a component for something that no call asked for.
    pub fn take_unasked(&mut self, component: u16, zone: u16) -> u32 {
        let at = self.take(Role::Call);
        let frame = &mut self.slots[at as usize];
        *frame = Frame {
            turn: frame.turn,
            life: frame.life,
            role: Role::Call,
            component,
            zone,
            ..Frame::empty()
        };
        at
    }

    /// Gives the slot of a call that is over back: at once, or where an event still refers to it, when that is due.
    #[inline(always)]
    pub fn retire(&mut self, at: u32) {
        let frame = &mut self.slots[at as usize];
        if frame.has_event {
            frame.role = Role::Dead;
            frame.parent = NONE;
            frame.is_forsaken = false;
        } else {
            self.release(at);
        }
    }

    /// Gives a slot back; whatever still refers to it finds another turn.
    #[inline(always)]
    pub fn release(&mut self, at: u32) {
        let free = self.free;
        let frame = &mut self.slots[at as usize];
        debug_assert!(frame.role != Role::Free && !frame.has_event);
        frame.role = Role::Free;
        frame.turn = frame.turn.wrapping_add(1);
        frame.life = frame.life.wrapping_add(1);
        frame.client = NO_CLIENT;
        frame.is_forsaken = false;
        frame.child = NONE;
        frame.next = free;
        frame.stage = 0;
        frame.attempt = 0;
        // Not every call has an instance, and the last word of a lost one is at none.
        frame.instance = 0;
        frame.at_station = false;
        frame.is_inside = false;
        frame.has_same = false;
        frame.via = DIRECT;
        self.free = at;
        self.live -= 1;
    }

    pub fn live(&self) -> u32 {
        self.live
    }

    pub fn most(&self) -> u32 {
        self.most
    }

    pub fn iter(&self) -> impl Iterator<Item = (u32, &Frame)> {
        (0u32..).zip(&self.slots).filter(|f| f.1.role != Role::Free)
    }
}

impl std::ops::Index<u32> for Frames {
    type Output = Frame;
    #[inline]
    fn index(&self, at: u32) -> &Frame {
        &self.slots[at as usize]
    }
}

impl std::ops::IndexMut<u32> for Frames {
    #[inline]
    fn index_mut(&mut self, at: u32) -> &mut Frame {
        &mut self.slots[at as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_does_not_remember_where_its_last_call_was() {
        let mut frames = Frames::new();
        let lost = frames.take(Role::Branch);
        frames[lost].instance = NONE;
        frames.release(lost);
        assert_eq!(frames.take(Role::Call), lost);
        assert_eq!(frames[lost].instance, 0);
    }
}
