//! When the steps of a trial's measurement end: those of a fixed warm-up, and those of the measured part.
//!
//! Both parts are divided evenly, each by itself, so that nothing of the measured part depends on whether somebody looks at
//! what came before it.

use super::trial::{STEPS, WARM_UP_STEPS};
use crate::model::{Description, WarmUp};
use crate::time::{SimDuration, SimTime};

/// The steps of one trial, the first at time zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steps {
    /// Where the measured part begins.
    pub start: SimTime,
    /// The length of a step of the measured part.
    pub length: SimDuration,
    end: SimTime,
}

impl Steps {
    pub fn of(d: &Description) -> Self {
        let start = match d.warm_up {
            WarmUp::Auto => SimDuration::ZERO,
            WarmUp::For(time) => time,
        };
        Self {
            start: SimTime::ZERO + start,
            length: SimDuration::from_nanos((d.duration - start).as_nanos() / STEPS as u64),
            end: SimTime::ZERO + d.duration,
        }
    }

    /// Steps before the measured part: none where it begins at once.
    pub fn before(&self) -> usize {
        if self.start == SimTime::ZERO {
            0
        } else {
            WARM_UP_STEPS
        }
    }

    /// All steps.
    pub fn count(&self) -> usize {
        self.before() + STEPS
    }

    /// When a step ends.
    pub fn end_of(&self, step: usize) -> SimTime {
        let done = step + 1;
        if done >= self.count() {
            self.end
        } else if done < self.before() {
            let share = u128::from(self.start.as_nanos()) * done as u128 / WARM_UP_STEPS as u128;
            SimTime::from_nanos(u64::try_from(share).unwrap_or(u64::MAX))
        } else {
            self.start + self.length * (done - self.before()) as u64
        }
    }
}
