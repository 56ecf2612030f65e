//! LRU caches whose exact hit ratio is known, under independent requests with Zipf's popularity.
//!
//! Exact values: W. F. King (1971), "Analysis of demand paging algorithms", by the integral over the time since an object was last asked
//! for, worked out independently of `sim_core::theory`.

use std::ops::Range;

use sim_core::stats::{proportion, warm_up};

use super::judge::Tally;
use super::queues::{FINE, Random, WINDOWS};

/// A cache of equal objects.
#[derive(Clone, Copy, Debug)]
pub struct Cache {
    pub name: &'static str,
    pub objects: usize,
    /// Popularity falls with the rank to this power.
    pub exponent: f64,
    pub capacity: usize,
    pub hit_ratio: f64,
}

const fn cache(name: &'static str, objects: usize, exponent: f64, capacity: usize, hit_ratio: f64) -> Cache {
    Cache {
        name,
        objects,
        exponent,
        capacity,
        hit_ratio,
    }
}

/// The caches that the coverage is measured on.
pub const CACHES: [Cache; 4] = [
    cache("LRU 3 of 7", 7, 1.0, 3, 0.580202409076),
    cache("LRU 20 of 100", 100, 0.8, 20, 0.431064110945),
    cache("LRU 10 of 200", 200, 1.0, 10, 0.320776172177),
    cache("LRU 50 of 1000", 1000, 0.9, 50, 0.356418934161),
];

/// What a hit and a miss take, by which the warm-up is found.
const LATENCY: [f64; 2] = [1.0, 10.0];

impl Cache {
    /// Runs from empty: hits and requests of each fine window.
    fn run(&self, requests: usize, random: &mut Random) -> Vec<(f64, f64)> {
        let mut below = Vec::with_capacity(self.objects);
        let mut sum = 0.0;
        for rank in 1..=self.objects {
            sum += (rank as f64).powf(-self.exponent);
            below.push(sum);
        }
        let mut kept: Vec<usize> = Vec::with_capacity(self.capacity);
        let mut windows = vec![(0.0, 0.0); FINE];
        for request in 0..requests {
            let drawn = random.uniform() * sum;
            let object = below.partition_point(|below| *below < drawn);
            let place = kept.iter().position(|o| *o == object);
            if place.is_none() && kept.len() < self.capacity {
                kept.push(object);
            }
            let last = place.unwrap_or(kept.len() - 1);
            kept[..=last].rotate_right(1);
            kept[0] = object;
            let window = &mut windows[request * FINE / requests];
            *window = (window.0 + f64::from(u8::from(place.is_some())), window.1 + 1.0);
        }
        windows
    }

    /// Runs it once for each seed, each time `requests` in all over `trials`, and counts.
    pub fn measure(&self, trials: u64, requests: f64, seeds: Range<u64>) -> Tally {
        let mut tally = Tally::default();
        for seed in seeds {
            let each = (requests / trials as f64) as usize;
            let run = |trial| self.run(each, &mut Random((seed << 32) + (trial << 16) + trials));
            let runs: Vec<Vec<(f64, f64)>> = (0..trials).map(run).collect();
            let latency = |w: &(f64, f64)| (w.0 * LATENCY[0] + (w.1 - w.0) * LATENCY[1], w.1);
            let latencies = runs.iter().map(|run| run.iter().map(latency).collect()).collect();
            let step = FINE / WINDOWS;
            let found = warm_up::decide(&[latencies], &[], step, false);
            let windows = |run: &Vec<(f64, f64)>| {
                let sum = |steps: &[(f64, f64)]| steps.iter().fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
                run[found.windows * step..].chunks_exact(step).map(sum).collect()
            };
            let estimate = proportion(&runs.iter().map(windows).collect::<Vec<_>>());
            tally.count(&estimate, self.hit_ratio);
        }
        tally
    }
}
