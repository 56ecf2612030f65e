//! Balancing: which instance gets the next call. A member sees only [`Backends`]: what the balancer sent and what came back.

mod least_outstanding;
mod power_of_d;
mod random;
mod round_robin;

use crate::model::Balancing;
use crate::random::Stream;

/// What a balancer knows of the instances behind it.
#[derive(Clone, Debug)]
pub(crate) struct Backends {
    /// Calls that it sent to each and that haven't come back.
    outstanding: Vec<u32>,
    /// For at most 64 instances: for every number of calls the instances that have as many, as bits; and the least number
    /// that any has. So the first of the least loaded is found without looking at all.
    with_load: Vec<u64>,
    least: usize,
    is_eligible: Vec<bool>,
    /// Those that may be chosen, in order: the eligible ones, or all where none is (fail open, as AWS's ALB does when all
    /// targets are unhealthy, and Envoy in panic).
    candidates: Vec<u32>,
}

impl Backends {
    pub fn new(count: u32) -> Self {
        Self {
            outstanding: vec![0; count as usize],
            with_load: match count {
                1..=64 => vec![u64::MAX >> (64 - count), 0],
                _ => Vec::new(),
            },
            least: 0,
            is_eligible: vec![true; count as usize],
            candidates: (0..count).collect(),
        }
    }

    /// Whether there are no instances, because this isn't a balancer's.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.outstanding.is_empty()
    }

    #[inline]
    pub fn sent(&mut self, at: u32) {
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
    pub fn came_back(&mut self, at: u32) {
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

    /// Lets an instance into the choice, or keeps it out.
    pub fn set_eligible(&mut self, at: u32, is_eligible: bool) {
        if std::mem::replace(&mut self.is_eligible[at as usize], is_eligible) == is_eligible {
            return;
        }
        let count = self.is_eligible.len();
        self.candidates = (0u32..)
            .take(count)
            .filter(|i| self.is_eligible[*i as usize])
            .collect();
        if self.candidates.is_empty() {
            self.candidates = (0u32..).take(count).collect();
        }
    }
}

/// A balancing policy with its memory.
#[derive(Clone, Debug)]
pub(crate) enum Choice {
    RoundRobin(round_robin::RoundRobin),
    Random(random::Random),
    LeastOutstanding(least_outstanding::LeastOutstanding),
    PowerOfD(power_of_d::PowerOfD),
}

impl Choice {
    pub fn new(policy: Balancing, stream: Stream) -> Self {
        match policy {
            Balancing::RoundRobin => Self::RoundRobin(round_robin::RoundRobin::default()),
            Balancing::Random => Self::Random(random::Random::new(stream)),
            Balancing::LeastOutstanding => Self::LeastOutstanding(least_outstanding::LeastOutstanding),
            Balancing::PowerOfD { choices } => Self::PowerOfD(power_of_d::PowerOfD::new(choices, stream)),
        }
    }

    /// The instance for the next call.
    #[inline]
    pub fn next(&mut self, backends: &Backends) -> u32 {
        match self {
            Self::RoundRobin(p) => p.next(backends),
            Self::Random(p) => p.next(backends),
            Self::LeastOutstanding(p) => p.next(backends),
            Self::PowerOfD(p) => p.next(backends),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::StreamName;

    fn all() -> Vec<Choice> {
        let policies = [
            Balancing::RoundRobin,
            Balancing::Random,
            Balancing::LeastOutstanding,
            Balancing::PowerOfD { choices: 2 },
        ];
        for policy in policies {
            // A new member stops here until it is in the list.
            match policy {
                Balancing::RoundRobin
                | Balancing::Random
                | Balancing::LeastOutstanding
                | Balancing::PowerOfD { .. } => {}
            }
        }
        policies
            .map(|p| Choice::new(p, Stream::open(1, 0, StreamName::new("test"))))
            .into()
    }

    #[test]
    fn every_policy_chooses_only_the_eligible_and_all_when_none_is() {
        for mut choice in all() {
            let mut backends = Backends::new(5);
            for out in [0, 3, 4] {
                backends.set_eligible(out, false);
            }
            for _ in 0..100 {
                let at = choice.next(&backends);
                assert!([1, 2].contains(&at), "{choice:?} chose {at}");
                backends.sent(at);
            }
            backends.set_eligible(1, false);
            backends.set_eligible(2, false);
            let mut seen = [false; 5];
            for _ in 0..200 {
                let at = choice.next(&backends);
                backends.sent(at);
                seen[at as usize] = true;
            }
            assert_eq!(seen, [true; 5], "{choice:?} must fail open");
        }
    }

    #[test]
    fn no_two_policies_choose_alike() {
        let sequences: Vec<Vec<u32>> = all()
            .into_iter()
            .map(|mut choice| {
                let mut backends = Backends::new(4);
                (0..64)
                    .map(|i| {
                        let at = choice.next(&backends);
                        backends.sent(at);
                        // Calls to even instances come back at once: the loads drift apart.
                        if at % 2 == 0 && i % 3 != 0 {
                            backends.came_back(at);
                        }
                        at
                    })
                    .collect()
            })
            .collect();
        for (i, a) in sequences.iter().enumerate() {
            assert!(!sequences[..i].contains(a), "policy {i} does as an earlier one");
        }
    }

    #[test]
    fn least_outstanding_takes_the_first_on_a_tie() {
        let mut backends = Backends::new(3);
        let mut choice = Choice::new(
            Balancing::LeastOutstanding,
            Stream::open(1, 0, StreamName::new("t")),
        );
        let order: Vec<u32> = (0..6)
            .map(|_| {
                let at = choice.next(&backends);
                backends.sent(at);
                at
            })
            .collect();
        assert_eq!(order, [0, 1, 2, 0, 1, 2]);
        backends.came_back(1);
        assert_eq!(choice.next(&backends), 1);
    }

    #[test]
    fn the_least_loaded_is_found_by_bits_as_by_looking_at_all() {
        let mut stream = Stream::open(5, 0, StreamName::new("t"));
        for count in [1, 3, 64, 65] {
            let mut backends = Backends::new(count);
            for _ in 0..20_000 {
                let least = (0..count)
                    .min_by_key(|i| backends.outstanding[*i as usize])
                    .unwrap();
                assert_eq!(least_outstanding::LeastOutstanding.next(&backends), least);
                let at = u32::try_from(stream.below(u64::from(count))).unwrap();
                match stream.below(3) {
                    0 if backends.outstanding[at as usize] > 0 => backends.came_back(at),
                    1 => backends.sent(at),
                    _ => backends.sent(least),
                }
            }
        }
    }

    #[test]
    fn d_choices_among_as_many_instances_find_the_least() {
        let mut backends = Backends::new(3);
        let mut choice = Choice::new(
            Balancing::PowerOfD { choices: 3 },
            Stream::open(1, 0, StreamName::new("t")),
        );
        backends.sent(0);
        backends.sent(2);
        for _ in 0..50 {
            assert_eq!(choice.next(&backends), 1, "distinct choices see all three");
        }
    }
}
