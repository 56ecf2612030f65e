//! A trial of one station whose calls can't be cancelled, refused, pre-empted or told apart: computed call by call at its
//! arrival, without events.
//!
//! In a first-come-first-served station with c workers a call's service starts when it arrives or when the first worker is
//! free, whichever is later (D. V. Lindley, "The theory of queues with a single server", 1952; J. Kiefer and J. Wolfowitz,
//! "On the theory of queues with many servers", 1955). Everything that is measured follows from the three times of each
//! call, so the result is that of the event loop to the last bit, for a fraction of its cost; a property test compares
//! the two. What comes first at one instant is kept too: a worker that is free at the instant of an arrival takes it.
//!
//! It keeps no calls in flight, so the budget of calls in flight doesn't apply to it.

use crate::measure::{
    ClientResult, ComponentResult, ComponentWindow, STEPS, STEPS_PER_WINDOW, Steps, Stop, TrialResult,
};
use crate::model::{Arrivals, Component, Description, Discipline, Kind, Service, Step};
use crate::random::{Law, Stream};
use crate::time::SimTime;

/// Changes of a level within one step.
#[derive(Clone, Copy, Debug, Default)]
struct Change {
    by: i64,
    /// The sum of changes times time of change.
    weighted: i128,
}

/// A level's changes, by the step in which they happen; the last place is for what comes after the end.
#[derive(Clone, Debug)]
struct Changes {
    steps: Vec<Change>,
}

impl Changes {
    fn new(steps: usize) -> Self {
        Self {
            steps: vec![Change::default(); steps + 1],
        }
    }

    #[inline]
    fn up(&mut self, step: usize, at: u64) {
        let change = &mut self.steps[step];
        change.by += 1;
        change.weighted += i128::from(at);
    }

    #[inline]
    fn down(&mut self, step: usize, at: u64) {
        let change = &mut self.steps[step];
        change.by -= 1;
        change.weighted -= i128::from(at);
    }

    /// The level's integral up to the end of every step.
    fn integrals(&self, ends: &[u64]) -> Vec<u128> {
        let (mut value, mut weighted) = (0i64, 0i128);
        let sums = self.steps.iter().zip(ends);
        sums.map(|(change, end)| {
            value += change.by;
            weighted += change.weighted;
            (i128::from(value) * i128::from(*end) - weighted).unsigned_abs()
        })
        .collect()
    }
}

/// When each worker is free, the earliest first: a 4-ary heap in which the top is replaced.
#[derive(Clone, Debug)]
struct Workers {
    free: Vec<u64>,
}

impl Workers {
    fn new(count: u32) -> Self {
        let mut free = vec![0; count as usize];
        // Whole groups of children, filled up with workers who are never free.
        free.resize(4 * (count as usize).div_ceil(4) + 1, u64::MAX);
        Self { free }
    }

    #[inline]
    fn first(&self) -> u64 {
        self.free[0]
    }

    #[inline]
    fn replace_first(&mut self, until: u64) {
        let free = self.free.as_mut_slice();
        let mut at = 0;
        while let Some([a, b, c, d]) = free.get(4 * at + 1..4 * at + 5) {
            let (left, l) = if b < a { (*b, 2) } else { (*a, 1) };
            let (right, r) = if d < c { (*d, 4) } else { (*c, 3) };
            let (least, which) = if right < left { (right, r) } else { (left, l) };
            if least >= until {
                break;
            }
            free[at] = least;
            at = 4 * at + which;
        }
        free[at] = until;
    }
}

/// A trial under way.
#[derive(Debug)]
pub(crate) struct AtArrival {
    gap: Law,
    gaps: Stream,
    work: Law,
    works: Stream,
    workers: Workers,
    next: u64,
    duration: u64,
    steps: Steps,
    /// The ends of the steps, and one for what comes after them.
    ends: Vec<u64>,
    /// The steps of the arrival and of the start of service that are being looked at; both only go forward.
    arrival_step: usize,
    start_step: usize,
    /// Their windows.
    arrival_window: usize,
    start_window: usize,
    /// Calls that ended in each step.
    served: Vec<u64>,
    queue: Changes,
    busy: Changes,
    present_ns: u128,
    client: ClientResult,
    windows: Vec<ComponentWindow>,
    events: u64,
    is_done: bool,
}

impl AtArrival {
    /// The trial, if the model is of the kind that can be computed like this.
    pub fn of(d: &Description, seed: u64, trial: u64) -> Option<Self> {
        let ([clients], [component]) = (d.clients.as_slice(), d.components.as_slice()) else {
            return None;
        };
        let Component {
            kind: Kind::Service(service),
            ..
        } = component
        else {
            return None;
        };
        let Arrivals::Renewal { gap } = &clients.arrivals else {
            return None;
        };
        let (op, keys) = (
            clients.mix.first()?.0,
            clients.keys.map(|k| &d.key_spaces[k].keys),
        );
        let is_plain = d.faults.is_empty()
            && d.network.client_home(0).is_none()
            && clients.call.timeout.is_none()
            && clients.call.retry.is_none()
            && clients.call.access == crate::model::Access::Same
            && clients.mix.len() == 1
            && !matches!(keys, Some(crate::model::Keys::Recorded(_)));
        let Service {
            instances: 1,
            station,
            plans,
            plan_of,
            ..
        } = service
        else {
            return None;
        };
        let workers = station.workers?;
        let is_ordered = station.discipline != Discipline::Fifo
            || service.patience.is_some()
            || service.pauses.is_some()
            || service.memory.is_some()
            || service.on_demand.is_some()
            || service.sessions.is_some()
            || service.batch.is_some();
        let plan = plans.get(usize::from((*plan_of.get(op.index())?)?))?;
        let [Step::Work(work)] = plan.steps.as_slice() else {
            return None;
        };
        if !is_plain
            || station.shares_cores()
            || is_ordered
            || station.queue.is_some()
            || !work.terms.is_empty()
        {
            return None;
        }
        let steps = Steps::of(d);
        let mut ends: Vec<u64> = (0..steps.count()).map(|s| steps.end_of(s).as_nanos()).collect();
        ends.push(u64::MAX);
        let mut gaps = Stream::open(seed, trial, clients.name.purpose("gap"));
        let next = gap.sample_duration(&mut gaps.next()).as_nanos();
        Some(Self {
            gap: gap.clone(),
            gaps,
            work: work.base.clone(),
            works: Stream::open(seed, trial, plan.name.index(0)),
            workers: Workers::new(workers),
            next,
            duration: d.duration.as_nanos(),
            steps,
            ends,
            arrival_step: 0,
            start_step: 0,
            arrival_window: 0,
            start_window: 0,
            served: vec![0; steps.count()],
            queue: Changes::new(steps.count()),
            busy: Changes::new(steps.count()),
            present_ns: 0,
            client: ClientResult::with_room(steps.count()),
            windows: vec![ComponentWindow::default(); steps.count() / STEPS_PER_WINDOW],
            // The measurement looks at the end of every step, and when it begins unless that is at once; how often it
            // looks before isn't counted.
            events: STEPS as u64 + u64::from(steps.before() > 0),
            is_done: false,
        })
    }

    /// Computes up to `calls` further calls; whether there are more.
    pub fn advance(&mut self, calls: u64) -> bool {
        for _ in 0..calls {
            if self.next > self.duration {
                self.is_done = true;
                break;
            }
            self.call();
        }
        !self.is_done
    }

    pub fn events(&self) -> u64 {
        self.events
    }

    pub fn now(&self) -> SimTime {
        SimTime::from_nanos(self.next.min(self.duration))
    }

    #[inline]
    fn call(&mut self) {
        let arrived = self.next;
        self.next = arrived.saturating_add(self.gap.sample_duration(&mut self.gaps.next()).as_nanos());
        while self.ends[self.arrival_step] < arrived {
            self.arrival_step += 1;
            self.arrival_window = self.arrival_step / STEPS_PER_WINDOW;
        }
        let step = self.arrival_step;
        self.events += 1;
        self.client.steps[step].offered += 1;
        let starts = self.workers.first().max(arrived);
        let waited = starts - arrived;
        if waited > 0 {
            self.queue.up(step, arrived);
        }
        if starts > self.duration {
            self.present_ns += u128::from(self.duration - arrived);
            return;
        }
        while self.ends[self.start_step] < starts {
            self.start_step += 1;
            self.start_window = self.start_step / STEPS_PER_WINDOW;
        }
        let start_step = self.start_step;
        if waited > 0 {
            self.queue.down(start_step, starts);
        }
        self.busy.up(start_step, starts);
        self.windows[self.start_window].waiting.record(waited);
        let work = self.work.sample_duration(&mut self.works.next()).as_nanos();
        let ends = starts.saturating_add(work);
        self.workers.replace_first(ends);
        if ends > self.duration {
            self.present_ns += u128::from(self.duration - arrived);
            return;
        }
        self.present_ns += u128::from(ends - arrived);
        // Work that takes no time and needs no waiting ends within the event of its arrival.
        self.events += u64::from(work > 0 || waited > 0);
        let mut end_step = start_step;
        while self.ends[end_step] < ends {
            end_step += 1;
        }
        self.busy.down(end_step, ends);
        self.served[end_step] += 1;
        let latency = ends - arrived;
        let of_step = &mut self.client.steps[step];
        of_step.ok += 1;
        of_step.latency_ns += latency;
        self.client.windows[self.arrival_window].latency.record(latency);
    }

    /// Ends the trial and hands out what was measured.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a mean for a timeline"
    )]
    pub fn finish(mut self, trial: u64, shape: ComponentResult) -> TrialResult {
        let (count, before) = (self.steps.count(), self.steps.before());
        let queue = self.queue.integrals(&self.ends[..count]);
        let busy = self.busy.integrals(&self.ends[..count]);
        let present: Vec<u128> = queue.iter().zip(&busy).map(|(q, b)| q + b).collect();
        if self.is_done {
            assert_eq!(
                present.last(),
                Some(&self.present_ns),
                "Little's law is broken: the integral of the calls present isn't the sum of the times they were present"
            );
        }
        // What a sum has gained from the end of one step to that of another; before the first there is nothing.
        let since =
            |sums: &[u128], from: usize, to: usize| sums[to - 1] - if from == 0 { 0 } else { sums[from - 1] };
        let time =
            |from: usize, to: usize| self.ends[to - 1] - if from == 0 { 0 } else { self.ends[from - 1] };
        let steps = (0..count)
            .map(|s| match time(s, s + 1) {
                0 => 0.0,
                time => (since(&present, s, s + 1) as f64 / time as f64) as f32,
            })
            .collect();
        for (window, steps) in self
            .client
            .windows
            .iter_mut()
            .zip(self.client.steps.chunks(STEPS_PER_WINDOW))
        {
            window.attempts = steps.iter().map(|s| u64::from(s.ok)).sum();
        }
        for (w, window) in self.windows.iter_mut().enumerate() {
            let (from, to) = (w * STEPS_PER_WINDOW, (w + 1) * STEPS_PER_WINDOW);
            window.arrived = self.client.steps[from..to]
                .iter()
                .map(|s| u64::from(s.offered))
                .sum();
            window.served = self.served[from..to].iter().sum();
            window.time_ns = time(from, to);
            window.queue_ns = since(&queue, from, to);
            window.busy_ns = since(&busy, from, to);
            window.up_ns = u128::from(window.time_ns) * u128::from(shape.instances);
        }
        let component = ComponentResult {
            windows: self.windows,
            steps,
            ..shape
        };
        TrialResult {
            trial,
            start: self.steps.start,
            window: self.steps.length * STEPS_PER_WINDOW as u64,
            end: SimTime::from_nanos(self.next.min(self.duration)),
            stop: if self.is_done {
                Stop::Duration
            } else {
                Stop::Interrupted
            },
            events: self.events,
            clients: vec![self.client.finish(before)],
            components: vec![component.split(before)],
        }
    }
}
