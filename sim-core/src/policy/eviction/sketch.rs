//! How often keys were asked for lately, roughly: a count-min sketch of four-bit counters that are halved now and then.
//!
//! G. Einziger, R. Friedman and B. Manes, "TinyLFU: a highly efficient cache admission policy", ACM Transactions on Storage 13(4), 2017;
//! laid out as in Caffeine's FrequencySketch (3.2): a key has four counters in one line of memory, and all are halved after ten times as
//! many uses as the cache holds values.

use super::hash;

const ONES: u64 = 0x1111_1111_1111_1111;
const HALVES: u64 = 0x7777_7777_7777_7777;
const MOST: u64 = 15;
/// Uses for every value that the cache holds, until counters are halved.
const SAMPLE: u64 = 10;

#[derive(Clone, Debug)]
pub(super) struct Sketch {
    /// Sixteen counters in each, eight of these in a line.
    counters: Vec<u64>,
    uses: u64,
    sample: u64,
}

impl Sketch {
    pub fn new() -> Self {
        Self {
            counters: vec![0; 8],
            uses: 0,
            sample: SAMPLE,
        }
    }

    /// Makes it large enough for so many values; what was counted is forgotten if it grows.
    pub fn ensure(&mut self, values: u64) {
        let most = 1 << 31;
        let values = values.clamp(8, most);
        if self.counters.len() as u64 >= values && self.sample > SAMPLE {
            return;
        }
        let size = values.next_power_of_two();
        self.counters = vec![0; usize::try_from(size).unwrap_or(8)];
        self.uses = 0;
        self.sample = SAMPLE * values;
    }

    /// Uses after which the counters are halved.
    pub fn sample(&self) -> u64 {
        self.sample
    }

    /// Where the four counters of a key are: the word and the bits to shift.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "any bits of the hash will do")]
    fn places(&self, key: u64) -> [(usize, u32); 4] {
        let h = hash(hash(key));
        let line = (h as usize & (self.counters.len() / 8 - 1)) * 8;
        std::array::from_fn(|i| {
            let part = (h >> (32 + 8 * i)) as u32;
            (line + 2 * i + (part & 1) as usize, (part >> 1 & 15) * 4)
        })
    }

    pub fn add(&mut self, key: u64) {
        let mut has_grown = false;
        for (word, shift) in self.places(key) {
            if self.counters[word] >> shift & MOST < MOST {
                self.counters[word] += 1 << shift;
                has_grown = true;
            }
        }
        if has_grown {
            self.uses += 1;
            if self.uses >= self.sample {
                self.halve();
            }
        }
    }

    #[cold]
    fn halve(&mut self) {
        let mut odd = 0;
        for word in &mut self.counters {
            odd += u64::from((*word & ONES).count_ones());
            *word = *word >> 1 & HALVES;
        }
        self.uses = self.uses.saturating_sub(odd / 4) / 2;
    }

    pub fn uses_of(&self, key: u64) -> u64 {
        let counts = self
            .places(key)
            .map(|(word, shift)| self.counters[word] >> shift & MOST);
        counts.into_iter().min().unwrap_or(0)
    }

    pub fn bytes(&self) -> usize {
        self.counters.capacity() * size_of::<u64>()
    }
}
