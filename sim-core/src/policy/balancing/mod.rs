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
    is_eligible: Vec<bool>,
    /// Those that may be chosen, in order: the eligible ones, or all where none is (fail open, as AWS's ALB does when all
    /// targets are unhealthy, and Envoy in panic).
    candidates: Vec<u32>,
}

impl Backends {
    pub fn new(count: u32) -> Self {
        Self {
            outstanding: vec![0; count as usize],
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
        self.outstanding[at as usize] += 1;
    }

    #[inline]
    pub fn came_back(&mut self, at: u32) {
        self.outstanding[at as usize] -= 1;
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
