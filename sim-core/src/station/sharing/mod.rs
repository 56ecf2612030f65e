//! Cores shared by more pieces of work than there are cores.
//!
//! Who gets how much of them is a member's rule: equal shares, shares by weight, or all to the first in some order, which
//! takes cores away from pieces that have begun (pre-emption; what they have received is kept). With n pieces on c cores
//! min(n, c) cores are busy, slowed by the Universal Scalability Law where one is given (N. J. Gunther, "Guerrilla Capacity
//! Planning", 2007, chapter 4): b busy cores do the work of b / (1 + sigma (b-1) + kappa b (b-1)).

mod fair;
mod ranked;
mod weighted;

use crate::model::{Contention, CoreRule, Station};
use crate::time::{SimDuration, SimTime};
use fair::Fair;
use ranked::Ranked;
use weighted::Weighted;

const NONE: Contention = Contention {
    sigma: 0.0,
    kappa: 0.0,
};

/// What all rules need to know.
#[derive(Clone, Copy, Debug)]
struct Machine {
    cores: u32,
    contention: Contention,
}

impl Machine {
    /// Cores in use by so many pieces.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "not more than the cores, a 32-bit number"
    )]
    fn busy(&self, pieces: usize) -> u32 {
        pieces.min(self.cores as usize) as u32
    }

    /// By how much so many busy cores slow each other down.
    fn slowdown(&self, busy: u32) -> f64 {
        let busy = f64::from(busy);
        1.0 + self.contention.sigma * (busy - 1.0) + self.contention.kappa * busy * (busy - 1.0)
    }
}

#[derive(Clone, Debug)]
enum Rule {
    Fair(Fair),
    Weighted(Weighted),
    Ranked(Ranked),
}

/// A piece of work as it comes.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    frame: u32,
    op: u16,
    /// Counts the pieces.
    sequence: u64,
    /// In nanoseconds of a core.
    work: f64,
}

/// The cores of one instance.
#[derive(Clone, Debug)]
pub(crate) struct Sharing {
    machine: Machine,
    rule: Rule,
    last: SimTime,
    sequence: u64,
    /// When the piece that ends first will, as last scheduled.
    due: Option<SimTime>,
    /// Whether nobody gets anything at present.
    is_paused: bool,
}

impl Sharing {
    /// The cores of an instance, if its work shares them.
    pub fn of(station: &Station) -> Option<Self> {
        let cores = station
            .cores
            .or(station.workers)
            .filter(|_| station.shares_cores())?;
        let contention = station.contention.unwrap_or(NONE);
        let rule = match &station.core_rule {
            CoreRule::Fair => Rule::Fair(Fair::new()),
            CoreRule::Weighted { weight_of } => Rule::Weighted(Weighted::new(weight_of)),
            CoreRule::Priority { class_of } => Rule::Ranked(Ranked::by_class(class_of)),
            CoreRule::Newest => Rule::Ranked(Ranked::newest_first()),
            CoreRule::LeastRemaining => Rule::Ranked(Ranked::least_remaining_first()),
        };
        Some(Self::new(Machine { cores, contention }, rule))
    }

    /// One core in equal shares.
    pub fn evenly() -> Self {
        Self::among(1)
    }

    /// As many cores as there is work.
    pub fn one_each() -> Self {
        Self::among(u32::MAX)
    }

    fn among(cores: u32) -> Self {
        let contention = NONE;
        Self::new(Machine { cores, contention }, Rule::Fair(Fair::new()))
    }

    fn new(machine: Machine, rule: Rule) -> Self {
        Self {
            machine,
            rule,
            last: SimTime::ZERO,
            sequence: 0,
            due: None,
            is_paused: false,
        }
    }

    fn pieces(&self) -> usize {
        match &self.rule {
            Rule::Fair(rule) => rule.len(),
            Rule::Weighted(rule) => rule.len(),
            Rule::Ranked(rule) => rule.len(),
        }
    }

    /// Cores in use.
    pub fn busy(&self) -> u32 {
        self.machine.busy(self.pieces())
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a span between two events, below 2^53 ns"
    )]
    fn advance(&mut self, now: SimTime) {
        let span = (now - self.last).as_nanos() as f64;
        self.last = now;
        if self.is_paused {
            return;
        }
        match &mut self.rule {
            Rule::Fair(rule) => rule.advance(span, &self.machine),
            Rule::Weighted(rule) => rule.advance(span, &self.machine),
            Rule::Ranked(rule) => rule.advance(span, &self.machine),
        }
    }

    /// From now on nobody gets anything, or all go on with what they have left; the time of the next look, if that is new.
    pub fn pause(&mut self, now: SimTime, begins: bool) -> Option<SimTime> {
        self.advance(now);
        self.is_paused = begins;
        self.look_again(now)
    }

    /// Adds a piece of work; the time of the next look, if that is new.
    pub fn add(&mut self, now: SimTime, frame: u32, op: u16, work: SimDuration) -> Option<SimTime> {
        self.advance(now);
        self.sequence += 1;
        let arrival = Arrival {
            frame,
            op,
            sequence: self.sequence,
            work: work.as_f64_nanos(),
        };
        match &mut self.rule {
            Rule::Fair(rule) => rule.add(arrival),
            Rule::Weighted(rule) => rule.add(arrival),
            Rule::Ranked(rule) => rule.add(arrival, &self.machine),
        }
        self.look_again(now)
    }

    /// Takes a piece of work away that was killed.
    pub fn remove(&mut self, now: SimTime, frame: u32) -> Option<SimTime> {
        self.advance(now);
        match &mut self.rule {
            Rule::Fair(rule) => rule.remove(frame),
            Rule::Weighted(rule) => rule.remove(frame),
            Rule::Ranked(rule) => rule.remove(frame, &self.machine),
        }
        self.look_again(now)
    }

    /// The piece that ends now, if this look is the one that was last asked for.
    pub fn take_ended(&mut self, now: SimTime) -> Option<u32> {
        if self.due != Some(now) {
            return None;
        }
        self.due = None;
        self.advance(now);
        match &mut self.rule {
            Rule::Fair(rule) => rule.take_first(),
            Rule::Weighted(rule) => rule.take_first(&self.machine),
            Rule::Ranked(rule) => rule.take_first(&self.machine),
        }
    }

    /// When to look next, if that isn't scheduled yet.
    pub fn look_again(&mut self, now: SimTime) -> Option<SimTime> {
        let left = match &mut self.rule {
            Rule::Fair(rule) => rule.until_first(&self.machine),
            Rule::Weighted(rule) => rule.until_first(&self.machine),
            Rule::Ranked(rule) => rule.until_first(&self.machine),
        };
        let Some(left) = left.filter(|_| !self.is_paused) else {
            self.due = None;
            return None;
        };
        let at = now + SimDuration::from_f64_nanos(left.max(0.0));
        if self.due == Some(at) {
            return None;
        }
        self.due = Some(at);
        Some(at)
    }

    /// The instance crashed.
    pub fn clear(&mut self) {
        match &mut self.rule {
            Rule::Fair(rule) => rule.clear(),
            Rule::Weighted(rule) => rule.clear(),
            Rule::Ranked(rule) => rule.clear(),
        }
        self.due = None;
    }
}
