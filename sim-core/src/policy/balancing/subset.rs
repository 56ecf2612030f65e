//! Subsets: each instance of a balancer knows only some of the instances behind it, so that there are fewer connections.
//!
//! Deterministic subsetting (Site Reliability Engineering, Google, 2016, chapter 20): the instances behind are shuffled once for
//! every round of as many balancers as there are whole subsets in them, and each balancer of a round takes the next subset, so that
//! all get equally many connections, but for those that a round leaves over where the subsets don't come out even. By chance each
//! takes any of them, and the same chapter shows how uneven that is.

use crate::model::Subset;
use crate::random::{Stream, StreamName};

/// The instances, of so many, that the balancer of this number knows, in order.
pub(crate) fn members(
    rule: Subset,
    balancer: u32,
    count: u32,
    name: StreamName,
    seed: (u64, u64),
) -> Vec<u32> {
    let (seed, trial) = seed;
    let mut all: Vec<u32> = (0..count).collect();
    let size = rule.size.min(count);
    let rounds = u64::from((count / size.max(1)).max(1));
    let (round, start) = if rule.is_random {
        (u64::from(balancer), 0)
    } else {
        let balancer = u64::from(balancer);
        (balancer / rounds, (balancer % rounds) as usize * size as usize)
    };
    let mut draws = Stream::open(seed, trial, name.index(round));
    for left in (1..all.len()).rev() {
        all.swap(left, draws.next().below(left as u64 + 1) as usize);
    }
    let mut members = all[start..][..size as usize].to_vec();
    members.sort_unstable();
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of the balancers know each instance, in order.
    fn connections(rule: Subset, balancers: u32, count: u32, trial: u64) -> Vec<u32> {
        let mut connections = vec![0; count as usize];
        for balancer in 0..balancers {
            let members = members(rule, balancer, count, StreamName::new("subset"), (7, trial));
            assert!(members.len() == rule.size.min(count) as usize && members.is_sorted());
            members.iter().for_each(|m| connections[*m as usize] += 1);
        }
        connections.sort_unstable();
        connections
    }

    fn deterministic(size: u32) -> Subset {
        Subset {
            size,
            is_random: false,
        }
    }

    /// The book's own example: 300 balancers that know 10 of 300 each.
    #[test]
    fn deterministic_subsets_are_even() {
        assert_eq!(connections(deterministic(10), 300, 300, 0), [10; 300]);
        // Whole rounds are even, and a part of one differs by one.
        let found = connections(deterministic(10), 45, 100, 0);
        assert_eq!((found[0], found[49], found[50], found[99]), (4, 4, 5, 5));
        // Where subsets don't come out even, every round leaves a few others over.
        let found = connections(deterministic(30), 300, 100, 0);
        assert!(found[0] > 75 && found[99] < 105 && found.iter().sum::<u32>() == 9000);
        assert_eq!(connections(deterministic(50), 3, 4, 0), [3; 4]);
    }

    /// The same chapter's figures of subsets by chance, by the mean of many draws of theirs: with 90 of 300 known the least loaded
    /// has 67.7 connections and the most loaded 113.3, with 30 of 300 they have 16.1 and 45.9.
    #[test]
    fn subsets_by_chance_are_uneven() {
        for (size, least, most) in [(90, 67.7, 113.3), (30, 16.1, 45.9)] {
            let rule = Subset {
                size,
                is_random: true,
            };
            let draws = 60;
            let all: Vec<Vec<u32>> = (0..draws)
                .map(|trial| connections(rule, 300, 300, trial))
                .collect();
            let mean = |at: usize| all.iter().map(|c| f64::from(c[at])).sum::<f64>() / draws as f64;
            // The least and the most differ by about three from draw to draw.
            let bound = 3.29 * 3.0 / (draws as f64).sqrt();
            assert!((mean(0) - least).abs() < bound, "{} instead of {least}", mean(0));
            assert!(
                (mean(299) - most).abs() < bound,
                "{} instead of {most}",
                mean(299)
            );
        }
    }

    #[test]
    fn rounds_are_shuffled_each_anew() {
        let of = |balancer| {
            members(
                deterministic(10),
                balancer,
                100,
                StreamName::new("subset"),
                (7, 0),
            )
        };
        assert!(of(0) != of(10) && of(0) != of(1));
        assert_eq!(of(0), of(0));
    }
}
