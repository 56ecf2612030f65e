//! What a balancer knows of the instances behind it: what it sent, what came back, who may be chosen, and how much each is
//! to get.

use super::room::Room;
use super::stale::Stale;
use crate::model;
use crate::time::{SimDuration, SimTime};

/// A call that came back, for whoever learns from answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The instance.
    pub at: u32,
    /// When it was back.
    pub when: SimTime,
    /// Since the balancer sent it.
    pub latency: SimDuration,
    pub is_ok: bool,
}

/// What a balancer knows of the instances behind it.
#[derive(Clone, Debug)]
pub(crate) struct Backends {
    /// Calls that it sent to each and that haven't come back, as far as it knows.
    outstanding: Vec<u32>,
    /// For at most 64 instances: for every number of calls the instances that have as many, as bits; and the least number
    /// that any has. So the first of the least loaded is found without looking at all.
    with_load: Vec<u64>,
    least: usize,
    is_eligible: Vec<bool>,
    /// Whether it is to get no new calls before it goes down; empty while nobody ever was.
    is_draining: Vec<bool>,
    /// Whether it is known at all; empty while all are.
    is_member: Vec<bool>,
    /// Those that may be chosen, in order: the eligible ones, or all where none is (fail open, as AWS's ALB does when all
    /// targets are unhealthy, and Envoy in panic), without those that are drained unless all are.
    candidates: Vec<u32>,
    weights: Vec<u32>,
    /// The part of its weight that an instance gets for now.
    strengths: Vec<f64>,
    zones: Vec<u16>,
    /// Whether all weights are equal and all strengths full.
    is_even: bool,
    /// Goes up whenever the candidates change.
    version: u32,
    /// Goes up whenever what they are to get changes.
    weighing: u32,
    /// How many calls failed, as a passive check counts them, and what each instance has lost of its weight by that; empty
    /// while none has.
    failures: u32,
    lost: Vec<u64>,
    /// What it doesn't know yet, where news take time.
    stale: Option<Box<Stale>>,
    /// How many calls more each may have, where there is a limit.
    room: Option<Box<Room>>,
    /// What came back since the last choice, where somebody listens.
    answers: Option<Vec<Answer>>,
}

impl Backends {
    /// Instances in these zones. Without weights all have the same.
    pub fn new(zones: Vec<u16>, weights: &[u32]) -> Self {
        let count = zones.len();
        let weights = if weights.len() == count {
            weights.to_vec()
        } else {
            vec![1; count]
        };
        Self {
            outstanding: vec![0; count],
            with_load: match count {
                1..=64 => vec![u64::MAX >> (64 - count), 0],
                _ => Vec::new(),
            },
            least: 0,
            is_eligible: vec![true; count],
            is_draining: Vec::new(),
            is_member: Vec::new(),
            candidates: (0u32..).take(count).collect(),
            is_even: weights.windows(2).all(|w| w[0] == w[1]),
            strengths: vec![1.0; count],
            weights,
            zones,
            version: 0,
            weighing: 0,
            failures: 0,
            lost: Vec::new(),
            stale: None,
            room: None,
            answers: None,
        }
    }

    /// Whether there are no instances, because this isn't a balancer's.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.outstanding.is_empty()
    }

    /// How many there are, those that may not be chosen included.
    pub fn count(&self) -> usize {
        self.outstanding.len()
    }

    /// The weight of an instance as it was written.
    #[inline]
    pub fn weight(&self, at: u32) -> u32 {
        self.weights[at as usize]
    }

    /// What an instance is to get for now: its weight, or a part of it.
    #[inline]
    pub fn share(&self, at: u32) -> f64 {
        f64::from(self.weights[at as usize]) * self.strengths[at as usize]
    }

    /// The part of its weight that an instance gets for now.
    #[inline]
    pub fn strength(&self, at: u32) -> f64 {
        self.strengths[at as usize]
    }

    /// A call to an instance failed, which takes a part of its weight until turns have given it back.
    pub fn lose(&mut self, at: u32, weight: u32) {
        self.failures = self.failures.wrapping_add(1);
        self.lost.resize(self.weights.len(), 0);
        self.lost[at as usize] += u64::from(weight);
    }

    /// How many calls have failed so far: another number where some [`Self::lost`] is another.
    #[inline]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// What an instance has lost of its weight so far, whatever turns have given back.
    pub fn lost(&self, at: u32) -> u64 {
        self.lost.get(at as usize).copied().unwrap_or(0)
    }

    /// Whether an instance may be chosen.
    pub fn is_eligible(&self, at: u32) -> bool {
        self.is_eligible[at as usize] && !self.is_draining(at) && self.is_member(at)
    }

    /// Whether an instance is known at all.
    pub fn is_member(&self, at: u32) -> bool {
        self.is_member.get(at as usize).copied().unwrap_or(true)
    }

    /// From now on only these are known.
    pub fn set_members(&mut self, members: &[u32]) {
        self.is_member = vec![false; self.count()];
        members.iter().for_each(|at| self.is_member[*at as usize] = true);
        self.choose_candidates();
    }

    /// Whether an instance gets no new calls since it is about to go down.
    pub fn is_draining(&self, at: u32) -> bool {
        self.is_draining.get(at as usize).copied().unwrap_or(false)
    }

    /// Says of all instances at once whether they are being drained.
    pub fn set_draining(&mut self, is_draining: impl Fn(u32) -> bool) {
        self.is_draining = (0u32..).take(self.count()).map(is_draining).collect();
        self.choose_candidates();
    }

    /// The zone that an instance is in.
    pub fn zone(&self, at: u32) -> u16 {
        self.zones[at as usize]
    }

    /// The instances that may be chosen.
    #[inline]
    pub fn candidates(&self) -> Candidates<'_> {
        Candidates {
            list: &self.candidates,
            version: self.version,
            weighing: self.weighing,
            is_even: self.is_even,
            of: self,
        }
    }

    /// From now on news of loads take time.
    pub fn set_stale(&mut self, rule: model::Stale) {
        self.stale = Some(Box::new(Stale::new(rule, self.count())));
    }

    /// Whether something has to be looked after before a choice.
    #[inline]
    pub fn has_news(&self) -> bool {
        self.stale.is_some() || self.answers.is_some()
    }

    /// Learns what has become known by now.
    pub fn learn(&mut self, now: SimTime) {
        if let Some(mut stale) = self.stale.take() {
            stale.known(now, |at, change| self.change(at, change));
            self.stale = Some(stale);
        }
    }

    /// From now on calls out are counted against a limit.
    pub fn set_room(&mut self, room: Room) {
        self.room = Some(Box::new(room));
    }

    /// The limit's count of calls out.
    pub fn room(&self) -> Option<&Room> {
        self.room.as_deref()
    }

    /// An instance is back, and starts slowly for as long as this.
    pub fn starts_slowly(&mut self, at: u32, now: SimTime, window: SimDuration) {
        if let Some(room) = &mut self.room {
            room.starts_slowly(at, now, window);
        }
    }

    /// Looks which of the candidates have room, with so many calls waiting; whether any has.
    pub fn look_for_room(&mut self, waiting: u32, now: SimTime) -> bool {
        let Self { room, candidates, .. } = self;
        room.as_mut().is_none_or(|r| r.look(candidates, waiting, now))
    }

    /// Whether an instance has room for one more call, with so many waiting.
    pub fn has_room(&self, at: u32, waiting: u32, now: SimTime) -> bool {
        self.room.as_ref().is_none_or(|r| r.has_room(at, waiting, now))
    }

    /// The candidates that had room at the last look; all where none had.
    pub fn with_room(&self) -> Candidates<'_> {
        let all = self.candidates();
        self.room.as_ref().map_or(all, |r| r.among(all))
    }

    #[inline]
    pub fn sent(&mut self, at: u32, now: SimTime) {
        if let Some(room) = &mut self.room {
            room.sent(at);
        }
        if let Some(stale) = &mut self.stale {
            stale.note(now, at, 1);
            return;
        }
        let load = &mut self.outstanding[at as usize];
        let was = *load as usize;
        *load += 1;
        if let Some(bits) = self.with_load.get_mut(was) {
            let bit = 1 << at;
            *bits &= !bit;
            if *bits == 0 && self.least == was {
                self.least = was + 1;
            }
            match self.with_load.get_mut(was + 1) {
                Some(above) => *above |= bit,
                None => self.with_load.push(bit),
            }
        }
    }

    #[inline]
    pub fn came_back(&mut self, at: u32, now: SimTime) {
        if let Some(room) = &mut self.room {
            room.came_back(at);
        }
        if let Some(stale) = &mut self.stale {
            stale.note(now, at, -1);
            return;
        }
        let load = &mut self.outstanding[at as usize];
        let was = *load as usize;
        *load -= 1;
        if let Some(bits) = self.with_load.get_mut(was) {
            let bit = 1 << at;
            *bits &= !bit;
            self.with_load[was - 1] |= bit;
            self.least = self.least.min(was - 1);
        }
    }

    /// Many calls more or fewer at once.
    fn change(&mut self, at: u32, change: i64) {
        let load = &mut self.outstanding[at as usize];
        let was = *load as usize;
        *load = u32::try_from(i64::from(*load) + change).unwrap_or(0);
        let is = *load as usize;
        if self.with_load.is_empty() {
            return;
        }
        let bit = 1 << at;
        self.with_load[was] &= !bit;
        if self.with_load.len() <= is {
            self.with_load.resize(is + 1, 0);
        }
        self.with_load[is] |= bit;
        self.least = self.least.min(is);
        while self.with_load[self.least] == 0 {
            self.least += 1;
        }
    }

    /// Keeps what comes back from now on, for [`Self::answered`].
    pub fn listen(&mut self) {
        self.answers.get_or_insert_default();
    }

    /// Keeps an answer, where somebody listens.
    #[inline]
    pub fn note(&mut self, answer: impl FnOnce() -> Answer) {
        if let Some(answers) = &mut self.answers {
            answers.push(answer());
        }
    }

    /// Hands on what came back since the last time, in the order in which it did. There are never more than the calls that
    /// were out.
    pub fn answered(&mut self, tell: impl FnMut(Answer)) {
        if let Some(answers) = &mut self.answers {
            answers.drain(..).for_each(tell);
        }
    }

    /// Lets an instance into the choice, or keeps it out.
    pub fn set_eligible(&mut self, at: u32, is_eligible: bool) {
        if std::mem::replace(&mut self.is_eligible[at as usize], is_eligible) == is_eligible {
            return;
        }
        self.choose_candidates();
    }

    /// Says of all instances at once whether they may be chosen.
    pub fn set_all_eligible(&mut self, is_eligible: impl Fn(u32) -> bool) {
        for (i, eligible) in (0u32..).zip(&mut self.is_eligible) {
            *eligible = is_eligible(i);
        }
        self.choose_candidates();
    }

    fn choose_candidates(&mut self) {
        let all = || (0u32..).take(self.count()).filter(|i| self.is_member(*i));
        let mut candidates: Vec<u32> = all().filter(|i| self.is_eligible(*i)).collect();
        if candidates.is_empty() {
            candidates = all().filter(|i| !self.is_draining(*i)).collect();
        }
        if candidates.is_empty() {
            candidates = all().collect();
        }
        self.candidates = candidates;
        self.version = self.version.wrapping_add(1);
    }

    /// Gives an instance a part of its weight for now: 1 is all of it.
    pub fn set_strength(&mut self, at: u32, strength: f64) {
        let old = std::mem::replace(&mut self.strengths[at as usize], strength);
        if old.to_bits() != strength.to_bits() {
            self.is_even = self.weights.windows(2).all(|w| w[0] == w[1])
                && self.strengths.iter().all(|s| s.to_bits() == 1f64.to_bits());
            self.weighing = self.weighing.wrapping_add(1);
        }
    }
}

/// The instances that a choice is among.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidates<'a> {
    /// Them, in order; at least one.
    pub list: &'a [u32],
    /// Another number where the list may have changed.
    pub version: u32,
    /// Another number where what the instances are to get may have changed.
    pub weighing: u32,
    /// Whether all of them weigh the same.
    pub is_even: bool,
    /// All instances.
    pub of: &'a Backends,
}

impl Candidates<'_> {
    /// Calls out to an instance, as far as the balancer knows.
    #[inline]
    pub fn load(&self, at: u32) -> u32 {
        self.of.outstanding[at as usize]
    }

    /// Whether one instance has fewer calls out for its weight than another.
    #[inline]
    pub fn is_less_loaded(&self, at: u32, than: u32) -> bool {
        let (load, other) = (self.load(at), self.load(than));
        if self.is_even {
            return load < other;
        }
        // Multiplied crosswise, as nginx does: nothing is divided, so whole numbers compare exactly.
        f64::from(load) * self.of.share(than) < f64::from(other) * self.of.share(at)
    }

    /// The first of the least loaded, where it can be found without looking at all.
    #[inline]
    pub fn first_of_least(&self) -> Option<u32> {
        let all = self.is_even && self.list.len() == self.of.outstanding.len();
        let bits = self.of.with_load.get(self.of.least)?;
        all.then(|| bits.trailing_zeros())
    }

    /// Whether an instance is among them.
    #[inline]
    pub fn contains(&self, at: u32) -> bool {
        match self.list.get(at as usize) {
            // Nobody before it is left out.
            Some(found) if *found == at => true,
            _ => self.list.binary_search(&at).is_ok(),
        }
    }
}
