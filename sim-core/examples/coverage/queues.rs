//! Queues whose exact answers are known, run by recursions of a few lines instead of by the engine, so that the
//! statistics are judged by data that owe nothing to the rest of this crate.
//!
//! First come, first served, by the recursions of Lindley (1952) for one worker and Kiefer and Wolfowitz (1955) for
//! many. Exact values: Kleinrock (1975), "Queueing Systems" vol. 1, for M/M/1, M/M/c and M/M/1/K; for M/H2/1 the
//! Pollaczek-Khinchine transform, which is rational and inverts into two exponentials.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use sim_core::measure::Histogram;

/// Windows that a trial is divided into.
pub const WINDOWS: usize = 32;
/// Fine windows of a trial, by which the warm-up is found.
pub const FINE: usize = 640;
/// Nanoseconds in the unit of time, which is the mean service time.
pub const UNIT_NS: f64 = 1e6;

/// A queue of unlimited or limited room and its load.
#[derive(Clone, Copy, Debug)]
pub struct Queue {
    pub name: &'static str,
    pub workers: usize,
    /// Arrivals per mean service time.
    pub rate: f64,
    /// Squared coefficient of variation of the service time: 1 is exponential, more is hyperexponential.
    pub scv: f64,
    /// The most requests in the system (the K of M/M/1/K).
    pub room: Option<usize>,
    /// Stations one after the other, all alike.
    pub stations: usize,
}

pub const fn queue(name: &'static str, workers: usize, rate: f64, scv: f64) -> Queue {
    Queue {
        name,
        workers,
        rate,
        scv,
        room: None,
        stations: 1,
    }
}

/// The queues that the coverage is measured on.
pub const QUEUES: [Queue; 6] = [
    queue("M/M/1 at 0.5", 1, 0.5, 1.0),
    queue("M/M/1 at 0.8", 1, 0.8, 1.0),
    queue("M/M/1 at 0.95", 1, 0.95, 1.0),
    queue("M/M/64 at 0.9", 64, 57.6, 1.0),
    queue("M/G/1 scv 4 at 0.9", 1, 0.9, 4.0),
    Queue {
        room: Some(20),
        ..queue("M/M/1/20 at 0.95", 1, 0.95, 1.0)
    },
];

/// What happened to the requests that arrived in one window.
#[derive(Clone, Default)]
pub struct Window {
    pub latency: Histogram,
    pub offered: f64,
    pub ok: f64,
}

/// One run from empty.
pub struct Trial {
    pub windows: Vec<Window>,
    /// Sum and count of latencies in each fine window.
    pub latency: Vec<(f64, f64)>,
    /// Time integral of the number of waiting requests, and time, in each fine window.
    pub queue: Vec<(f64, f64)>,
}

/// Splitmix64 (Steele, Lea and Flood 2014).
pub struct Random(pub u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform between 0 and 1, both excluded.
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }

    fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }
}

/// The branches of the hyperexponential distribution of mean 1 with balanced means: probability of the first, rates.
fn branches(scv: f64) -> (f64, f64, f64) {
    let p = 0.5 * (1.0 + ((scv - 1.0) / (scv + 1.0)).sqrt());
    (p, 2.0 * p, 2.0 * (1.0 - p))
}

impl Queue {
    /// Runs from empty for as long as `requests` arrivals take on average.
    pub fn run(&self, requests: f64, random: &mut Random) -> Trial {
        let end = requests / self.rate;
        let width = end / WINDOWS as f64;
        let mut trial = Trial {
            windows: vec![Window::default(); WINDOWS],
            latency: vec![(0.0, 0.0); FINE],
            queue: vec![(0.0, end / FINE as f64); FINE],
        };
        let (p, fast, slow) = branches(self.scv);
        let service = |random: &mut Random| match self.scv {
            1.0 => random.exponential(),
            _ if random.uniform() < p => random.exponential() / fast,
            _ => random.exponential() / slow,
        };
        // Behind the first station every other one has a single worker.
        let mut behind = vec![0.0f64; self.stations - 1];
        let mut free: BinaryHeap<Reverse<u64>> = (0..self.workers).map(|_| Reverse(0f64.to_bits())).collect();
        let mut inside: VecDeque<f64> = VecDeque::new();
        let mut now = random.exponential() / self.rate;
        while now < end {
            let window = ((now / width) as usize).min(WINDOWS - 1);
            trial.windows[window].offered += 1.0;
            let first_service = service(random);
            let mut admitted = true;
            if let Some(room) = self.room {
                while inside.front().is_some_and(|left| *left <= now) {
                    inside.pop_front();
                }
                admitted = inside.len() < room;
            }
            if admitted && let Some(mut earliest) = free.peek_mut() {
                // Bits of positive floats are ordered as the floats are.
                let start = f64::from_bits(earliest.0).max(now);
                let mut done = start + first_service;
                *earliest = Reverse(done.to_bits());
                drop(earliest);
                if self.room.is_some() {
                    inside.push_back(done);
                }
                trial.wait(now, start);
                for free in &mut behind {
                    let start = free.max(done);
                    trial.wait(done, start);
                    done = start + service(random);
                    *free = done;
                }
                let latency = done - now;
                trial.windows[window].ok += 1.0;
                trial.windows[window].latency.record((latency * UNIT_NS) as u64);
                let fine = &mut trial.latency[((now / end * FINE as f64) as usize).min(FINE - 1)];
                *fine = (fine.0 + latency, fine.1 + 1.0);
            }
            now += random.exponential() / self.rate;
        }
        trial
    }

    /// The probability that a latency exceeds `t` mean service times.
    pub fn latency_above(&self, t: f64) -> f64 {
        if let Some(room) = self.room {
            let weights: Vec<f64> = (0..room).map(|n| self.rate.powi(n as i32)).collect();
            let total: f64 = weights.iter().sum();
            // n found inside: the sum of n+1 services exceeds t when at most n of them end within t.
            let (mut term, mut erlang, mut above) = ((-t).exp(), 0.0, 0.0);
            for (n, weight) in weights.iter().enumerate() {
                erlang += term;
                term *= t / (n + 1) as f64;
                above += weight / total * erlang;
            }
            return above;
        }
        if self.stations == 2 {
            // By Burke's theorem (1956) and Reich's (1957), two independent exponentials.
            let slack = (1.0 - self.rate) * t;
            return (1.0 + slack) * (-slack).exp();
        }
        if self.workers > 1 {
            let gap = self.workers as f64 - self.rate;
            let wait = self.erlang_c();
            return (1.0 - wait) * (-t).exp() + wait * ((-gap * t).exp() - gap * (-t).exp()) / (1.0 - gap);
        }
        if self.scv == 1.0 {
            return (-(1.0 - self.rate) * t).exp();
        }
        let (p, fast, slow) = branches(self.scv);
        let (half, product) = ((fast + slow - self.rate) / 2.0, fast * slow * (1.0 - self.rate));
        let root = (half * half - product).sqrt();
        let term = |a: f64, b: f64| {
            let numerator = (1.0 - self.rate) * (fast * slow - a * (p * fast + (1.0 - p) * slow));
            numerator / ((b - a) * a) * (-a * t).exp()
        };
        term(half - root, half + root) + term(half + root, half - root)
    }

    /// The exact latency quantile, in mean service times.
    pub fn latency_quantile(&self, p: f64) -> f64 {
        let (mut low, mut high) = (0.0, 1e6);
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if self.latency_above(middle) > 1.0 - p {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    }

    /// The exact mean number of waiting requests.
    pub fn mean_queue(&self) -> f64 {
        if let Some(room) = self.room {
            let weights: Vec<f64> = (0..=room).map(|n| self.rate.powi(n as i32)).collect();
            let waiting: f64 = weights
                .iter()
                .enumerate()
                .skip(1)
                .map(|(n, w)| (n - 1) as f64 * w)
                .sum();
            return waiting / weights.iter().sum::<f64>();
        }
        let utilization = self.rate / self.workers as f64;
        match self.workers {
            1 => {
                let stations = self.stations as f64;
                stations * utilization * utilization / (1.0 - utilization) * (1.0 + self.scv) / 2.0
            }
            _ => self.erlang_c() * utilization / (1.0 - utilization),
        }
    }

    /// The exact mean latency, in mean service times, by Little's law.
    pub fn mean_latency(&self) -> f64 {
        self.mean_queue() / (self.rate * self.availability()) + self.stations as f64
    }

    /// The exact fraction of requests that are let in.
    pub fn availability(&self) -> f64 {
        self.room.map_or(1.0, |room| {
            let weights: Vec<f64> = (0..=room).map(|n| self.rate.powi(n as i32)).collect();
            1.0 - weights[room] / weights.iter().sum::<f64>()
        })
    }

    /// The probability to wait in M/M/c (Erlang 1917).
    fn erlang_c(&self) -> f64 {
        let blocked = (1..=self.workers).fold(1.0, |b, c| self.rate * b / (c as f64 + self.rate * b));
        let utilization = self.rate / self.workers as f64;
        blocked / (1.0 - utilization * (1.0 - blocked))
    }
}

impl Trial {
    /// Adds a wait to the queue's area, in each fine window that it touches.
    fn wait(&mut self, from: f64, to: f64) {
        let width = self.queue[0].1;
        let mut at = from;
        for index in (from / width) as usize..FINE {
            let boundary = ((index + 1) as f64 * width).min(to);
            self.queue[index].0 += (boundary - at).max(0.0);
            at = boundary.max(at);
            if boundary >= to {
                break;
            }
        }
    }
}
