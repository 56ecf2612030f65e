//! How many calls more each instance may have out, where there is a limit: so a balancer knows whom to keep waiting.

use super::Candidates;
use crate::model::CallLimit;
use crate::policy::admission::most_calls;
use crate::time::{SimDuration, SimTime};

/// The calls out at each instance, and the limit.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    limit: CallLimit,
    /// As they are: no news about them take time.
    out: Vec<u32>,
    all_out: u32,
    /// Since when an instance is back, and how long it starts slowly.
    slow: Vec<Option<(SimTime, SimDuration)>>,
    /// The candidates that had room when it was last asked.
    with_room: Vec<u32>,
    /// Goes up whenever those are others.
    version: u32,
    /// The balancer, and the place of its view, that calls wait in.
    line: (u16, u16),
}

impl Room {
    pub fn new(limit: CallLimit, instances: usize, line: (u16, u16)) -> Self {
        Self {
            limit,
            out: vec![0; instances],
            all_out: 0,
            slow: vec![None; instances],
            with_room: Vec::with_capacity(instances),
            version: 0,
            line,
        }
    }

    pub fn sent(&mut self, at: u32) {
        self.out[at as usize] += 1;
        self.all_out += 1;
    }

    pub fn came_back(&mut self, at: u32) {
        self.out[at as usize] -= 1;
        self.all_out -= 1;
    }

    /// The balancer, and the place of its view, that calls wait in.
    pub fn line(&self) -> (u16, u16) {
        self.line
    }

    /// An instance is back, and starts slowly for as long as this.
    pub fn starts_slowly(&mut self, at: u32, now: SimTime, window: SimDuration) {
        self.slow[at as usize] = Some((now, window));
    }

    /// Whether an instance may have one more call, with so many waiting.
    pub fn has_room(&self, at: u32, waiting: u32, now: SimTime) -> bool {
        let at_balancer = self.all_out.saturating_add(waiting);
        let i = at as usize;
        self.out[i] < most_calls(&self.limit, at_balancer, self.slow[i], now)
    }

    /// Looks which of the candidates have room; whether any has.
    pub fn look(&mut self, candidates: &[u32], waiting: u32, now: SimTime) -> bool {
        let mut old = std::mem::take(&mut self.with_room);
        let (mut count, mut is_same) = (0, true);
        for at in candidates.iter().filter(|at| self.has_room(**at, waiting, now)) {
            is_same &= old.get(count) == Some(at);
            match old.get_mut(count) {
                Some(place) => *place = *at,
                None => old.push(*at),
            }
            count += 1;
        }
        is_same &= count == old.len();
        old.truncate(count);
        self.with_room = old;
        self.version = self.version.wrapping_add(u32::from(!is_same));
        count > 0
    }

    /// Those that had room at the last look; all where none had.
    pub fn among<'a>(&'a self, all: Candidates<'a>) -> Candidates<'a> {
        let list = if self.with_room.is_empty() {
            all.list
        } else {
            &self.with_room
        };
        Candidates {
            list,
            version: all.version.wrapping_add(self.version),
            ..all
        }
    }
}
