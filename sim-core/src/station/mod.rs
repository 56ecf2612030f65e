//! Stations: where waiting happens. A [`Pool`] is the queue and the workers of one instance, [`Sharing`] its cores.

mod line;
mod patience;
mod sharing;

pub(crate) use patience::Patience;
pub(crate) use sharing::Sharing;

use crate::engine::{Frames, Note, Role};
use crate::measure::Meter;
use crate::model::Station;
use crate::time::{SimDuration, SimTime};
use line::Line;

/// What becomes of a call that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entered {
    Starts,
    Waits,
    Refused,
}

/// Workers and the queue in front of them.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    workers: u32,
    room: u32,
    busy: u32,
    waiting: u32,
    line: Line,
}

impl Pool {
    pub fn new(station: &Station) -> Self {
        Self {
            workers: station.workers.unwrap_or(u32::MAX),
            room: station.queue.unwrap_or(u32::MAX),
            busy: 0,
            waiting: 0,
            line: Line::new(&station.discipline),
        }
    }

    /// Calls that wait or are served.
    pub fn present(&self) -> u32 {
        self.busy + self.waiting
    }

    /// A call arrives.
    #[inline(always)]
    pub fn enter(&mut self, now: SimTime, frame: u32, frames: &mut Frames, meter: &mut Meter) -> Entered {
        self.enter_sized(now, frame, None, frames, meter)
    }

    /// A call arrives whose first work is known.
    #[inline(always)]
    pub fn enter_sized(
        &mut self,
        now: SimTime,
        frame: u32,
        size: Option<SimDuration>,
        frames: &mut Frames,
        meter: &mut Meter,
    ) -> Entered {
        if self.busy >= self.workers && self.waiting >= self.room {
            meter.now.rejected += 1;
            return Entered::Refused;
        }
        self.enter_regardless(now, frame, size, frames, meter)
    }

    /// A call arrives that can't be refused: it has been here before.
    #[inline(always)]
    pub fn enter_regardless(
        &mut self,
        now: SimTime,
        frame: u32,
        size: Option<SimDuration>,
        frames: &mut Frames,
        meter: &mut Meter,
    ) -> Entered {
        let f = &mut frames[frame];
        f.arrived = now;
        f.at_station = true;
        if self.busy < self.workers {
            self.busy += 1;
            meter.starts(now);
            frames.note(frame, now, || Note::Start);
            return Entered::Starts;
        }
        // While a call waits its slot must stay, even if it is killed: the queue refers to it.
        f.has_event = true;
        f.is_waiting = true;
        self.line.push(frame, size, frames);
        self.waiting += 1;
        meter.waits(now);
        Entered::Waits
    }

    /// Whether there may be one worker more than the busy ones and `others`.
    pub fn has_room_for_worker(&self, others: u32) -> bool {
        self.busy.saturating_add(others) < self.workers
    }

    /// A call arrives and joins the line, whether a worker is free or not; false if there is no room, of which there is `more` than
    /// usual.
    pub fn line_up(
        &mut self,
        now: SimTime,
        frame: u32,
        more: u32,
        frames: &mut Frames,
        meter: &mut Meter,
    ) -> bool {
        if self.waiting >= self.room.saturating_add(more) {
            meter.now.rejected += 1;
            return false;
        }
        let f = &mut frames[frame];
        f.arrived = now;
        f.at_station = true;
        f.has_event = true;
        f.is_waiting = true;
        self.line.push(frame, None, frames);
        self.waiting += 1;
        meter.waits(now);
        true
    }

    /// Calls that wait, if a worker is free for them.
    pub fn ready(&self) -> Option<u32> {
        (self.busy < self.workers && self.waiting > 0).then_some(self.waiting)
    }

    /// Since when the first in line waits; those who were killed are taken out.
    pub fn first_since(&mut self, frames: &mut Frames) -> Option<SimTime> {
        while let Some(first) = self.line.first() {
            if frames[first].role != Role::Dead {
                return Some(frames[first].arrived);
            }
            self.line.pop(frames);
            frames[first].has_event = false;
            frames[first].is_waiting = false;
            frames.release(first);
        }
        None
    }

    /// A worker takes the first in line, and perhaps others with it.
    pub fn take_first(&mut self, now: SimTime, frames: &mut Frames, meter: &mut Meter) -> Option<u32> {
        let first = self.start_next(now, frames, meter)?;
        self.busy -= 1;
        Some(first)
    }

    /// The first in line goes on without a worker.
    pub fn let_through(&mut self, now: SimTime, frames: &mut Frames, meter: &mut Meter) -> Option<u32> {
        let first = self.take_first(now, frames, meter)?;
        let f = &mut frames[first];
        f.at_station = false;
        meter.leaves(now, f.arrived);
        Some(first)
    }

    /// So many workers are busy from now on.
    pub fn set_busy(&mut self, busy: u32) {
        self.busy = busy;
    }

    /// Calls that wait.
    pub fn waiting(&self) -> u32 {
        self.waiting
    }

    /// Workers that are busy.
    pub fn busy(&self) -> u32 {
        self.busy
    }

    /// A call in service leaves; the one whose service starts instead, if any waits.
    #[inline(always)]
    pub fn leave(&mut self, now: SimTime, frame: u32, frames: &mut Frames, meter: &mut Meter) -> Option<u32> {
        let f = &mut frames[frame];
        f.at_station = false;
        meter.leaves(now, f.arrived);
        self.busy -= 1;
        self.start_next(now, frames, meter)
    }

    /// A worker takes the first in line.
    #[inline(always)]
    pub fn start_next(&mut self, now: SimTime, frames: &mut Frames, meter: &mut Meter) -> Option<u32> {
        while let Some(next) = self.line.pop(frames) {
            let f = &mut frames[next];
            f.has_event = false;
            f.is_waiting = false;
            if f.role == Role::Dead {
                frames.release(next);
                continue;
            }
            self.waiting -= 1;
            self.busy += 1;
            meter.starts_after_waiting(now, f.arrived);
            frames.note(next, now, || Note::Start);
            return Some(next);
        }
        None
    }

    /// The work of the call that [`Self::leave`] started last, where it was known at its arrival.
    pub fn size_of_next(&self) -> Option<SimDuration> {
        self.line.size_of_popped()
    }

    /// A waiting call gives up; its slot is freed when its turn comes.
    pub fn give_up(&mut self, now: SimTime, frame: u32, frames: &mut Frames, meter: &mut Meter) {
        let f = &mut frames[frame];
        f.at_station = false;
        meter.gives_up(now, f.arrived);
        self.waiting -= 1;
    }

    /// A call leaves before its time, whether it waits or is served; the one whose service starts instead, if any waits.
    pub fn abandon(
        &mut self,
        now: SimTime,
        frame: u32,
        frames: &mut Frames,
        meter: &mut Meter,
    ) -> Option<u32> {
        let f = &frames[frame];
        if f.is_waiting {
            self.give_up(now, frame, frames, meter);
            None
        } else if f.at_station {
            self.leave(now, frame, frames, meter)
        } else {
            None
        }
    }

    /// The instance crashed: all its calls leave. The queue must be empty of living calls afterwards.
    pub fn clear(&mut self, frames: &mut Frames) {
        while let Some(next) = self.line.pop(frames) {
            frames[next].has_event = false;
            frames[next].is_waiting = false;
            if frames[next].role == Role::Dead {
                frames.release(next);
            }
        }
        self.busy = 0;
        self.waiting = 0;
    }
}
