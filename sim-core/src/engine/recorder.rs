//! Follows requests, in a trial that is recorded: notes when a call reaches a component, starts, and leaves.
//!
//! What it knows of a call is kept beside the frames, by their slots, so that the calls of ordinary trials carry nothing for it:
//! there, every note is one look at a pointer that is null. It draws nothing that the simulation draws, schedules nothing and
//! changes no frame, so a trial that is recorded is the same to the last bit.

use super::frames::{Frame, Frames, NO_KEY, Outcome, Role};
use crate::measure::visits::{End, Followed, Place, Sample, Visit, Visits};
use crate::random::{Stream, StreamName};
use crate::time::SimTime;

/// No visit is open.
const NO_VISIT: u32 = u32::MAX;
/// Nobody follows the request.
const NOBODY: u32 = u32::MAX;
/// The request is followed, but there was no room for it any more.
const LEFT_OUT: u32 = u32::MAX - 1;
/// Visits that can be numbered.
const MOST: usize = LEFT_OUT as usize;

/// What is known of the call in one slot.
#[derive(Clone, Copy, Debug)]
struct Seat {
    /// The slot's life that this is about.
    life: u32,
    request: u32,
    /// The user of a closed loop.
    user: u32,
    attempt: u16,
    /// The visit in whose course the call was made.
    within: u32,
    /// The open visits: at the clients, at a balancer that it passed straight through, at its component.
    client: u32,
    via: u32,
    visit: u32,
}

const EMPTY: Seat = Seat {
    life: 0,
    request: NOBODY,
    user: 0,
    attempt: 1,
    within: NO_VISIT,
    client: NO_VISIT,
    via: NO_VISIT,
    visit: NO_VISIT,
};

impl Seat {
    /// The innermost visit of this call that is still open.
    fn innermost(&self) -> u32 {
        [self.visit, self.via, self.client]
            .into_iter()
            .find(|v| *v != NO_VISIT)
            .unwrap_or(self.within)
    }
}

/// What was seen so far.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    sample: Sample,
    /// For every population of clients the numbers that decide which of its requests are followed: nothing else uses them.
    lots: Vec<Stream>,
    seats: Vec<Seat>,
    /// The open visit at the clients of a call that is being killed.
    orphan: u32,
    seen: Visits,
}

impl Recorder {
    pub fn new(sample: Sample, seed: u64, clients: impl Iterator<Item = StreamName>) -> Self {
        Self {
            sample,
            // The trial is left out: request number n is followed in each of them, or in none.
            lots: clients
                .map(|c| Stream::open(seed, 0, c.purpose("trace")))
                .collect(),
            seats: Vec::new(),
            orphan: NO_VISIT,
            seen: Visits::default(),
        }
    }

    /// Makes sure that the seat of a slot is that of the call which is in it now.
    fn turn_to(&mut self, at: u32, call: &Frame) {
        let at = at as usize;
        if at >= self.seats.len() {
            self.seats.resize(at + 1, EMPTY);
        }
        if self.seats[at].life != call.life {
            self.seats[at] = EMPTY;
            self.seats[at].life = call.life;
        }
    }

    fn seat(&mut self, at: u32) -> &mut Seat {
        &mut self.seats[at as usize]
    }

    fn is_full(&self) -> bool {
        self.seen.visits.len() >= self.sample.most.min(MOST)
    }

    /// Opens a visit of the request in the slot; [`NO_VISIT`] if nobody follows it, or there is no room.
    #[expect(clippy::cast_possible_truncation, reason = "checked against the limit")]
    fn open(&mut self, at: u32, of: (Place, u32, u16), now: SimTime) -> u32 {
        let Seat { request, attempt, .. } = *self.seat(at);
        if request == NOBODY {
            return NO_VISIT;
        }
        if request == LEFT_OUT || self.is_full() {
            self.seen.left_out += 1;
            return NO_VISIT;
        }
        let within = self.seat(at).innermost();
        let (place, instance, op) = of;
        self.seen.visits.push(Visit {
            request,
            within: (within != NO_VISIT).then_some(within),
            place,
            instance,
            op,
            attempt,
            arrived: now,
            started: None,
            ended: None,
        });
        self.seen.visits.len() as u32 - 1
    }

    fn open_at_clients(&mut self, at: u32, client: u16, op: u16, now: SimTime) {
        let user = self.seat(at).user;
        let visit = self.open(at, (Place::Clients(client), user, op), now);
        self.start(visit, now);
        self.seat(at).client = visit;
    }

    fn close_at_clients(&mut self, at: u32, now: SimTime, outcome: Outcome) {
        let visit = std::mem::replace(&mut self.seat(at).client, NO_VISIT);
        self.close(visit, now, outcome.into());
    }

    fn start(&mut self, visit: u32, now: SimTime) {
        if let Some(visit) = self.seen.visits.get_mut(visit as usize) {
            visit.started.get_or_insert(now);
        }
    }

    fn close(&mut self, visit: u32, now: SimTime, end: End) {
        if let Some(visit) = self.seen.visits.get_mut(visit as usize) {
            visit.ended.get_or_insert((now, end));
        }
    }

    fn note(&mut self, frames: &Frames, at: u32, now: SimTime, note: Note) {
        let f = &frames[at];
        self.turn_to(at, f);
        match note {
            Note::Request { client, number, user } => {
                let request = self.follow(client, number, f.key);
                *self.seat(at) = Seat {
                    life: f.life,
                    request,
                    user,
                    ..EMPTY
                };
                // Other clients begin an attempt when they make the call.
                if f.role == Role::Call {
                    self.open_at_clients(at, client, f.op, now);
                    // Whatever the call does, it does for them, even when they have given up.
                    let seat = self.seat(at);
                    seat.within = seat.client;
                }
            }
            Note::Over(outcome) => self.close_at_clients(at, now, outcome),
            Note::TryEnd(outcome) => {
                if f.role == Role::Client {
                    self.close_at_clients(at, now, outcome);
                }
            }
            Note::Cause(cause) => {
                let by = &frames[cause];
                self.turn_to(cause, by);
                let mut retries = by.attempt.saturating_sub(1);
                if by.role == Role::Client {
                    self.seat(cause).attempt = u16::from(by.attempt);
                    self.open_at_clients(cause, by.component, by.op, now);
                    retries = 0;
                } else if f.role == Role::Branch {
                    retries = 0;
                }
                let of = *self.seat(cause);
                *self.seat(at) = Seat {
                    life: f.life,
                    request: of.request,
                    attempt: of.attempt.saturating_add(u16::from(retries)),
                    within: of.innermost(),
                    ..EMPTY
                };
            }
            Note::Arrival => {
                let visit = self.open(at, (Place::Component(f.component), f.instance, f.op), now);
                self.seat(at).visit = visit;
            }
            Note::Passage(balancer) => {
                let visit = self.open(at, (Place::Component(balancer), 0, f.op), now);
                self.start(visit, now);
                self.seat(at).via = visit;
            }
            Note::Start => {
                let visit = self.seat(at).visit;
                self.start(visit, now);
            }
            Note::Leave(end) => {
                let visit = std::mem::replace(&mut self.seat(at).visit, NO_VISIT);
                self.close(visit, now, end);
            }
            Note::Answer(outcome) => {
                let seat = self.seat(at);
                let open = [&mut seat.visit, &mut seat.via].map(|v| std::mem::replace(v, NO_VISIT));
                open.into_iter().for_each(|v| self.close(v, now, outcome.into()));
            }
            Note::Orphan => self.orphan = std::mem::replace(&mut self.seat(at).client, NO_VISIT),
            Note::Heir => self.seat(at).client = std::mem::replace(&mut self.orphan, NO_VISIT),
            Note::Resolve(name) => {
                let visit = self.open(at, (Place::Component(name), 0, f.op), now);
                self.start(visit, now);
                self.close(visit, now, End::Ok);
            }
        }
    }

    /// Whether a request is followed: its place among those that are.
    fn follow(&mut self, client: u16, number: u64, key: u64) -> u32 {
        let lot = self.lots[usize::from(client)].clone().at(number).uniform();
        if lot >= self.sample.share {
            return NOBODY;
        }
        if self.is_full() {
            return LEFT_OUT;
        }
        let key = (key != NO_KEY).then_some(key);
        self.seen.requests.push(Followed { client, number, key });
        // There are no more of them than of visits.
        u32::try_from(self.seen.requests.len() - 1).unwrap_or(LEFT_OUT)
    }

    /// Hands out what was seen, in its final order.
    #[expect(clippy::cast_possible_truncation, reason = "checked against the limit")]
    pub fn finish(self) -> Visits {
        let mut seen = self.seen;
        let mut order: Vec<u32> = (0..seen.visits.len() as u32).collect();
        order.sort_by_key(|v| {
            let visit = &seen.visits[*v as usize];
            (visit.arrived, visit.request)
        });
        let mut places = vec![0; order.len()];
        for (place, old) in (0u32..).zip(&order) {
            places[*old as usize] = place;
        }
        for visit in &mut seen.visits {
            visit.within = visit.within.map(|w| places[w as usize]);
        }
        seen.visits = order.iter().map(|old| seen.visits[*old as usize]).collect();
        seen
    }
}

impl From<Outcome> for End {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Ok => Self::Ok,
            Outcome::Timeout => Self::Timeout,
            Outcome::Rejected => Self::Rejected,
            Outcome::Error => Self::Error,
            Outcome::Unreachable => Self::Unreachable,
        }
    }
}

/// Something that happens to the call in a slot.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Note {
    /// A request arrives: the number-th of these clients; in a closed loop it is this user's.
    Request { client: u16, number: u64, user: u32 },
    /// A try has ended, perhaps one of clients.
    TryEnd(Outcome),
    /// A request that is its call is over for the clients.
    Over(Outcome),
    /// It is part of what another call does: a call that this one makes, or a branch of it.
    Cause(u32),
    /// It reaches its instance.
    Arrival,
    /// It passes straight through a balancer, which waits for the answer.
    Passage(u16),
    /// A worker takes it, or a component that has none.
    Start,
    /// It leaves its component, before there is an answer or without one.
    Leave(End),
    /// It leaves its component with an answer, or is killed there; a balancer that passed it straight on has the answer too.
    Answer(Outcome),
    /// It is killed: if clients wait for it, a message will be their answer.
    Orphan,
    /// It is that message.
    Heir,
    /// A name is resolved for it on its way, which takes no time.
    Resolve(u16),
}

impl Frames {
    /// Makes a note about a call, where the trial is recorded. (The note is made up only then.)
    #[inline(always)]
    pub fn note(&mut self, frame: u32, now: SimTime, note: impl FnOnce() -> Note) {
        if self.recorder.is_some() {
            self.noted(frame, now, note());
        }
    }

    #[cold]
    #[inline(never)]
    fn noted(&mut self, frame: u32, now: SimTime, note: Note) {
        // Taken out meanwhile, so that the frames can be read.
        if let Some(mut recorder) = self.recorder.take() {
            recorder.note(self, frame, now, note);
            self.recorder = Some(recorder);
        }
    }
}
