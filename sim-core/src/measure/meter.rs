//! A component's running measurements: how many wait and are served, integrated over time, and counters.
//!
//! Integrals are exact: a level times a duration in whole nanoseconds, in 128 bits. So Little's law in its sample-path
//! form (S. Stidham, "A last word on L = λW", Operations Research 22, 1974) holds to the last digit and is asserted at the
//! end of every trial: the integral of the calls present equals the sum of the times that they were present.

use super::trial::{ComponentResult, ComponentWindow, STEPS, STEPS_PER_WINDOW, WINDOWS};
use crate::time::SimTime;

#[derive(Clone, Debug)]
pub(crate) struct Meter {
    /// When the levels last changed.
    last: u64,
    queue: u64,
    busy: u64,
    busy_cores: u64,
    up: u64,
    queue_ns: u128,
    busy_ns: u128,
    core_busy_ns: u128,
    up_ns: u128,
    /// When the current window began, and the integrals then.
    window_began: u64,
    at_window: [u128; 4],
    /// When the current step began, and the integral of present calls then.
    step_began: u64,
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
            last: 0,
            queue: 0,
            busy: 0,
            busy_cores: 0,
            up: u64::from(instances),
            queue_ns: 0,
            busy_ns: 0,
            core_busy_ns: 0,
            up_ns: 0,
            window_began: 0,
            at_window: [0; 4],
            step_began: 0,
            at_step: 0,
            present_ns: 0,
            now: ComponentWindow::default(),
            windows: Vec::with_capacity(WINDOWS),
            steps: Vec::with_capacity(STEPS),
        }
    }

    /// Brings the integrals up to now; called before any level changes.
    #[inline]
    fn settle(&mut self, now: SimTime) {
        let now = now.as_nanos();
        let dt = u128::from(now - self.last);
        self.last = now;
        self.queue_ns += u128::from(self.queue) * dt;
        self.busy_ns += u128::from(self.busy) * dt;
        self.core_busy_ns += u128::from(self.busy_cores) * dt;
        self.up_ns += u128::from(self.up) * dt;
    }

    /// A call begins to wait.
    #[inline]
    pub fn waits(&mut self, now: SimTime) {
        self.settle(now);
        self.queue += 1;
    }

    /// A call's service starts at once.
    #[inline]
    pub fn starts(&mut self, now: SimTime) {
        self.settle(now);
        self.busy += 1;
        self.now.waiting.record(0);
    }

    /// A call's service starts that had arrived before.
    #[inline]
    pub fn starts_after_waiting(&mut self, now: SimTime, arrived: SimTime) {
        self.settle(now);
        self.queue -= 1;
        self.busy += 1;
        self.now.waiting.record(now.as_nanos() - arrived.as_nanos());
    }

    /// A call in service leaves.
    #[inline]
    pub fn leaves(&mut self, now: SimTime, arrived: SimTime) {
        self.settle(now);
        self.busy -= 1;
        self.present_ns += u128::from(now.as_nanos() - arrived.as_nanos());
    }

    /// A waiting call leaves unserved.
    pub fn gives_up(&mut self, now: SimTime, arrived: SimTime) {
        self.settle(now);
        self.queue -= 1;
        self.present_ns += u128::from(now.as_nanos() - arrived.as_nanos());
    }

    /// The number of busy cores changes by `by`.
    #[inline]
    pub fn cores(&mut self, now: SimTime, by: i64) {
        self.settle(now);
        self.busy_cores = self.busy_cores.wrapping_add_signed(by);
    }

    /// The number of instances that are up changes by `by`.
    pub fn instances(&mut self, now: SimTime, by: i64) {
        self.settle(now);
        self.up = self.up.wrapping_add_signed(by);
    }

    /// The measured part begins: what came before is forgotten, except for the levels.
    pub fn begin(&mut self, now: SimTime) {
        self.settle(now);
        self.now = ComponentWindow::default();
        self.window_began = now.as_nanos();
        self.at_window = [self.queue_ns, self.busy_ns, self.core_busy_ns, self.up_ns];
        self.step_began = now.as_nanos();
        self.at_step = self.queue_ns + self.busy_ns;
    }

    /// A step of the measurement is over.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a mean for a timeline"
    )]
    pub fn end_step(&mut self, now: SimTime) {
        self.settle(now);
        let present = self.queue_ns + self.busy_ns;
        let time = now.as_nanos() - self.step_began;
        self.steps.push(if time == 0 {
            0.0
        } else {
            ((present - self.at_step) as f64 / time as f64) as f32
        });
        self.step_began = now.as_nanos();
        self.at_step = present;
        if self.steps.len() % STEPS_PER_WINDOW == 0 {
            self.end_window(now);
        }
    }

    fn end_window(&mut self, now: SimTime) {
        let mut window = std::mem::take(&mut self.now);
        let [queue, busy, core_busy, up] = self.at_window;
        window.time_ns = now.as_nanos() - self.window_began;
        window.queue_ns = self.queue_ns - queue;
        window.busy_ns = self.busy_ns - busy;
        window.core_busy_ns = self.core_busy_ns - core_busy;
        window.up_ns = self.up_ns - up;
        self.windows.push(window);
        self.window_began = now.as_nanos();
        self.at_window = [self.queue_ns, self.busy_ns, self.core_busy_ns, self.up_ns];
    }

    /// Ends the trial: `still_present_ns` is the sum over the calls that are still here of the time they have been.
    pub fn finish(mut self, now: SimTime, still_present_ns: u128, of: ComponentResult) -> ComponentResult {
        self.settle(now);
        assert_eq!(
            self.queue_ns + self.busy_ns,
            self.present_ns + still_present_ns,
            "Little's law is broken: the integral of the calls present isn't the sum of the times they were present"
        );
        if now.as_nanos() > self.step_began && self.steps.len() < STEPS {
            self.end_step(now);
        }
        if self.windows.len() < WINDOWS && now.as_nanos() > self.window_began {
            self.end_window(now);
        }
        self.windows.resize(WINDOWS, ComponentWindow::default());
        self.steps.resize(STEPS, 0.0);
        ComponentResult {
            windows: self.windows,
            steps: self.steps,
            ..of
        }
    }
}
