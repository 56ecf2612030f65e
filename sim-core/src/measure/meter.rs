//! A component's running measurements: how many wait and are served, integrated over time, and counters.
//!
//! Integrals are exact: a level times a duration in whole nanoseconds, in 128 bits. So Little's law in its sample-path
//! form (S. Stidham, "A last word on L = λW", Operations Research 22, 1974) holds to the last digit and is asserted at the
//! end of every trial: the integral of the calls present equals the sum of the times that they were present.

use super::trial::{ComponentResult, ComponentWindow, STEPS, STEPS_PER_WINDOW, WINDOWS};
use crate::time::SimTime;

/// A whole number that changes now and then, and its integral over time.
///
/// By summation by parts the integral up to t is level * t minus the sum of (change * time of change), so a change costs one
/// addition. All in 128 bits, hence exact.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    value: i64,
    /// The sum of change times time of change.
    changes: i128,
}

impl Level {
    #[inline]
    fn up(&mut self, now: SimTime) {
        self.value += 1;
        self.changes += i128::from(now.as_nanos());
    }

    #[inline]
    fn down(&mut self, now: SimTime) {
        self.value -= 1;
        self.changes -= i128::from(now.as_nanos());
    }

    fn by(&mut self, now: SimTime, change: i64) {
        self.value += change;
        self.changes += i128::from(change) * i128::from(now.as_nanos());
    }

    fn integral(&self, now: SimTime) -> u128 {
        (i128::from(self.value) * i128::from(now.as_nanos()) - self.changes).unsigned_abs()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Meter {
    queue: Level,
    busy: Level,
    cores: Level,
    up: Level,
    /// When the current window began, and the integrals then.
    window_began: SimTime,
    at_window: [u128; 4],
    /// When the current step began, and the integral of present calls then.
    step_began: SimTime,
    at_step: u128,
    /// The sum over calls that left of the time they were present.
    present_ns: u128,
    /// Counters of the current window.
    pub now: ComponentWindow,
    windows: Vec<ComponentWindow>,
    steps: Vec<f32>,
}

impl Meter {
    pub fn new(instances: u32) -> Self {
        Self {
            queue: Level::default(),
            busy: Level::default(),
            cores: Level::default(),
            up: Level {
                value: i64::from(instances),
                changes: 0,
            },
            window_began: SimTime::ZERO,
            at_window: [0; 4],
            step_began: SimTime::ZERO,
            at_step: 0,
            present_ns: 0,
            now: ComponentWindow::default(),
            windows: Vec::with_capacity(WINDOWS),
            steps: Vec::with_capacity(STEPS),
        }
    }

    /// A call begins to wait.
    #[inline]
    pub fn waits(&mut self, now: SimTime) {
        self.queue.up(now);
    }

    /// A call's service starts at once.
    #[inline]
    pub fn starts(&mut self, now: SimTime) {
        self.busy.up(now);
        self.now.waiting.record(0);
    }

    /// A call's service starts that had arrived before.
    #[inline]
    pub fn starts_after_waiting(&mut self, now: SimTime, arrived: SimTime) {
        self.queue.down(now);
        self.busy.up(now);
        self.now.waiting.record(now.as_nanos() - arrived.as_nanos());
    }

    /// A call in service leaves.
    #[inline]
    pub fn leaves(&mut self, now: SimTime, arrived: SimTime) {
        self.busy.down(now);
        self.present_ns += u128::from(now.as_nanos() - arrived.as_nanos());
    }

    /// A waiting call leaves unserved.
    pub fn gives_up(&mut self, now: SimTime, arrived: SimTime) {
        self.queue.down(now);
        self.present_ns += u128::from(now.as_nanos() - arrived.as_nanos());
    }

    /// The number of busy cores changes by `by`.
    #[inline]
    pub fn cores(&mut self, now: SimTime, by: i64) {
        self.cores.by(now, by);
    }

    /// The number of instances that are up changes by `by`.
    pub fn instances(&mut self, now: SimTime, by: i64) {
        self.up.by(now, by);
    }

    fn integrals(&self, now: SimTime) -> [u128; 4] {
        [&self.queue, &self.busy, &self.cores, &self.up].map(|level| level.integral(now))
    }

    fn present(&self, now: SimTime) -> u128 {
        self.queue.integral(now) + self.busy.integral(now)
    }

    /// A step of the measurement is over.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a mean for a timeline"
    )]
    pub fn end_step(&mut self, now: SimTime) {
        let present = self.present(now);
        let time = (now - self.step_began).as_nanos();
        self.steps.push(if time == 0 {
            0.0
        } else {
            ((present - self.at_step) as f64 / time as f64) as f32
        });
        self.step_began = now;
        self.at_step = present;
        if self.steps.len().is_multiple_of(STEPS_PER_WINDOW) {
            self.end_window(now);
        }
    }

    fn end_window(&mut self, now: SimTime) {
        let mut window = std::mem::take(&mut self.now);
        let integrals = self.integrals(now);
        window.time_ns = (now - self.window_began).as_nanos();
        window.queue_ns = integrals[0] - self.at_window[0];
        window.busy_ns = integrals[1] - self.at_window[1];
        window.core_busy_ns = integrals[2] - self.at_window[2];
        window.up_ns = integrals[3] - self.at_window[3];
        self.windows.push(window);
        self.window_began = now;
        self.at_window = integrals;
    }

    /// Ends the trial: `still_present_ns` is the sum over the calls that are still here of the time they have been, and
    /// `before` the number of steps before the measured part.
    pub fn finish(
        mut self,
        now: SimTime,
        still_present_ns: u128,
        before: usize,
        of: ComponentResult,
    ) -> ComponentResult {
        let (steps, windows) = (before + STEPS, before / STEPS_PER_WINDOW + WINDOWS);
        assert_eq!(
            self.present(now),
            self.present_ns + still_present_ns,
            "Little's law is broken: the integral of the calls present isn't the sum of the times they were present"
        );
        if now > self.step_began && self.steps.len() < steps {
            self.end_step(now);
        }
        if self.windows.len() < windows && now > self.window_began {
            self.end_window(now);
        }
        self.windows.resize(windows, ComponentWindow::default());
        self.steps.resize(steps, 0.0);
        let all = ComponentResult {
            windows: self.windows,
            steps: self.steps,
            ..of
        };
        all.split(before)
    }
}
