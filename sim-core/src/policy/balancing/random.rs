//! At random by weight, whatever the load.
//!
//! With weights as nginx's `random` draws: a number below the sum of the weights, and the instance in whose range it falls
//! (nginx, `src/http/modules/ngx_http_upstream_random_module.c`).

use super::Candidates;
use crate::random::Stream;

#[derive(Clone, Debug)]
pub(crate) struct Random {
    stream: Stream,
    ranges: Ranges,
}

impl Random {
    pub fn new(stream: Stream) -> Self {
        Self {
            stream,
            ranges: Ranges::default(),
        }
    }

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "drawn below the number of candidates"
    )]
    pub fn next(&mut self, candidates: Candidates<'_>) -> u32 {
        if candidates.is_even {
            return candidates.list[self.stream.below(candidates.list.len() as u64) as usize];
        }
        self.ranges.pick(candidates, self.stream.uniform())
    }
}

/// Where the weights of the candidates end, laid end to end.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranges {
    ends: Vec<f64>,
    version: Option<(u32, u32)>,
}

impl Ranges {
    /// The candidate in whose range a number between 0 and 1 falls.
    pub fn pick(&mut self, candidates: Candidates<'_>, u: f64) -> u32 {
        let version = Some((candidates.version, candidates.weighing));
        if self.version != version {
            self.version = version;
            let mut end = 0.0;
            let shares = candidates.list.iter().map(|i| {
                end += candidates.of.share(*i);
                end
            });
            self.ends.clear();
            self.ends.extend(shares);
        }
        let target = u * self.ends.last().copied().unwrap_or(0.0);
        let place = self.ends.partition_point(|end| *end <= target);
        candidates.list[place.min(candidates.list.len() - 1)]
    }
}

/// The one with the smallest key; one of the tied at random.
pub(super) fn tied(list: &[u32], keys: impl Iterator<Item = u64>, stream: &mut Stream) -> u32 {
    let mut draw = stream.next();
    let (mut least, mut found, mut count) = (u64::MAX, list[0], 0);
    for (at, key) in list.iter().zip(keys) {
        if key < least {
            (least, found, count) = (key, *at, 1);
        } else if key == least {
            // The n-th of the tied takes the place of those before it once in n times.
            count += 1;
            if draw.below(count) == 0 {
                found = *at;
            }
        }
    }
    found
}
