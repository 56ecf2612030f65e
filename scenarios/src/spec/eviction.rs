//! Who leaves a full cache: the members by name, with their parameters.

use sim_core::model::Eviction;

use super::key::{Key, SHARE, Shape, TIME, key};
use super::member::Member;
use super::policy::Policy;
use super::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::quantity::Dimension;
use crate::source::Spanned;

/// How a member is held to libCacheSim.
const TO_THE_LAST_HIT: &str = "libCacheSim 0.3.5: equal to the last hit on five lists of keys, with and without sizes; differs from its siblings";
const SAMPLES: Key = key(
    "samples",
    Shape::Count,
    "Values drawn for every eviction, from 1 to 64; 5 unless said.",
);

/// The rules of eviction.
pub static EVICTIONS: &[Member] = &[
    Member {
        name: "lru",
        about: "The value that was used longest ago leaves.",
        parameters: &[],
        source: "R. L. Mattson and others, IBM Systems Journal 9(2), 1970",
        checked: "libCacheSim 0.3.5: equal to the last hit; theory: exact hit ratios under independent requests, and Che's",
    },
    Member {
        name: "fifo",
        about: "The value that was filled first leaves, however often it was used.",
        parameters: &[],
        source: "L. A. Belady, IBM Systems Journal 5(2), 1966",
        checked: "libCacheSim 0.3.5: equal to the last hit; theory: exact hit ratios under independent requests",
    },
    Member {
        name: "clock",
        about: "As fifo, but a value that was used since it last came round goes round once more.",
        parameters: &[],
        source: "F. J. Corbató, A paging experiment with the Multics system, 1969",
        checked: TO_THE_LAST_HIT,
    },
    Member {
        name: "lfu",
        about: "The value with the fewest uses since it came leaves, the oldest of several.",
        parameters: &[],
        source: "K. Shah, A. Mitra and D. Matani, An O(1) algorithm for implementing the LFU cache eviction scheme, 2010",
        checked: TO_THE_LAST_HIT,
    },
    Member {
        name: "perfect-lfu",
        about: "Counts every key for ever, and lets a value in only if its key was asked for more often than who would leave.",
        parameters: &[],
        source: "E. G. Coffman and P. J. Denning, Operating Systems Theory, 1973, A0",
        checked: "theory: exact hit ratios under independent requests",
    },
    Member {
        name: "random",
        about: "Any value leaves.",
        parameters: &[],
        source: "L. A. Belady, IBM Systems Journal 5(2), 1966",
        checked: "theory: exact hit ratios under independent requests, which are fifo's",
    },
    Member {
        name: "slru",
        about: "A use moves a value up by one segment; the oldest of the lowest segment leaves.",
        parameters: &[key(
            "segments",
            Shape::Count,
            "Equal segments, from 1 to 64; 4 unless said.",
        )],
        source: "R. Karedla, J. S. Love and B. G. Wherry, IEEE Computer 27(3), 1994; segments as in libCacheSim",
        checked: TO_THE_LAST_HIT,
    },
    Member {
        name: "two-q",
        about: "New values wait in a short queue; only one that is asked for again soon after it left that enters an LRU list.",
        parameters: &[
            key("recent", SHARE, "The queue for new values; 25% unless said."),
            key(
                "remembered",
                SHARE,
                "Keys remembered after they left it; 50% of the capacity unless said.",
            ),
        ],
        source: "T. Johnson and D. Shasha, 2Q, VLDB 1994",
        checked: TO_THE_LAST_HIT,
    },
    Member {
        name: "arc",
        about: "Values seen once and values seen again, in shares that follow from which keys left too early.",
        parameters: &[],
        source: "N. Megiddo and D. S. Modha, ARC, FAST 2003",
        checked: TO_THE_LAST_HIT,
    },
    Member {
        name: "lirs",
        about: "Values whose last two uses were close together stay, the others share a small queue.",
        parameters: &[key("recent", SHARE, "The small queue; 1% unless said.")],
        source: "S. Jiang and X. Zhang, LIRS, SIGMETRICS 2002",
        checked: "libCacheSim 0.3.5: equal to the last hit unless the queue has room for one value only",
    },
    Member {
        name: "sieve",
        about: "A hand passes over values that were used since it last came by, and evicts the first that wasn't.",
        parameters: &[],
        source: "Y. Zhang and others, SIEVE, NSDI 2024",
        checked: TO_THE_LAST_HIT,
    },
    Member {
        name: "s3-fifo",
        about: "New values pass through a small queue, and only those used twice there reach the main one.",
        parameters: &[
            key("small", SHARE, "The small queue; 10% unless said."),
            key(
                "ghosts",
                SHARE,
                "Keys remembered after they left it; 90% of the capacity unless said.",
            ),
        ],
        source: "J. Yang and others, FIFO queues are all you need for cache eviction, SOSP 2023",
        checked: TO_THE_LAST_HIT,
    },
    Member {
        name: "w-tinylfu",
        about: "An LRU window, and behind it only values whose keys are asked for more often than who would leave.",
        parameters: &[key(
            "window",
            SHARE,
            "The window at the start, which adapts; 1% unless said.",
        )],
        source: "G. Einziger, R. Friedman and B. Manes, TinyLFU, 2017, as in Caffeine 3.2",
        checked: "differs from its siblings; hits of libCacheSim's other design within 8% on recorded keys",
    },
    Member {
        name: "redis-lru",
        about: "Of a few values drawn, and the best of earlier draws, the one used longest ago leaves; the clock has seconds.",
        parameters: &[SAMPLES],
        source: "Redis, src/evict.c, allkeys-lru",
        checked: "comes close to lru with more draws; differs from its siblings",
    },
    Member {
        name: "redis-lfu",
        about: "As redis-lru, but by a counter that grows with the logarithm of uses and shrinks with idle minutes.",
        parameters: &[
            SAMPLES,
            key(
                "log-factor",
                Shape::Number,
                "How slowly counters grow; 10 unless said.",
            ),
            key(
                "decay-time",
                TIME,
                "Idle time that costs a counter one, in minutes; 1m unless said.",
            ),
        ],
        source: "Redis, src/evict.c, allkeys-lfu",
        checked: "the documented table of counters after so many hits, and their decay; differs from its siblings",
    },
    Member {
        name: "memcached",
        about: "HOT, WARM and COLD lists; what was used twice becomes or stays WARM, and the oldest COLD value leaves.",
        parameters: &[
            key("hot", SHARE, "What is HOT at most; 20% unless said."),
            key("warm", SHARE, "What is WARM at most; 40% unless said."),
        ],
        source: "Memcached 1.6, items.c, lru_pull_tail",
        checked: "differs from its siblings; moves step by step as documented",
    },
];

/// Reads `policy`.
pub fn read(r: &mut Reader<'_, '_>) -> Eviction {
    let Some(policy) = r.member("policy") else {
        return Eviction::Lru;
    };
    let share = Dimension::Fraction;
    let number = Dimension::Number;
    match policy.name {
        "slru" => {
            let [segments] = policy.parameters([("segments", number)], r.out);
            Eviction::Slru {
                segments: whole(r, &policy, segments, 4, 1, 64),
            }
        }
        "two-q" => {
            let [recent, remembered] = policy.parameters([("recent", share), ("remembered", share)], r.out);
            Eviction::TwoQ {
                recent: part(r, &policy, recent, 0.25),
                remembered: part(r, &policy, remembered, 0.5),
            }
        }
        "lirs" => {
            let [recent] = policy.parameters([("recent", share)], r.out);
            Eviction::Lirs {
                recent: part(r, &policy, recent, 0.01),
            }
        }
        "s3-fifo" => {
            let [small, ghosts] = policy.parameters([("small", share), ("ghosts", share)], r.out);
            Eviction::S3Fifo {
                small: part(r, &policy, small, 0.1),
                ghosts: part(r, &policy, ghosts, 0.9),
            }
        }
        "w-tinylfu" => {
            let [window] = policy.parameters([("window", share)], r.out);
            Eviction::WTinyLfu {
                window: part(r, &policy, window, 0.01),
            }
        }
        "redis-lru" => {
            let [samples] = policy.parameters([("samples", number)], r.out);
            Eviction::RedisLru {
                samples: whole(r, &policy, samples, 5, 1, 64),
            }
        }
        "redis-lfu" => {
            let of = [
                ("samples", number),
                ("log-factor", number),
                ("decay-time", Dimension::Duration),
            ];
            let [samples, log_factor, decay] = policy.parameters(of, r.out);
            let minutes = decay.map(|d| Spanned {
                value: d.value / 60e9,
                span: d.span,
            });
            Eviction::RedisLfu {
                samples: whole(r, &policy, samples, 5, 1, 64),
                log_factor: whole(r, &policy, log_factor, 10, 0, 1_000_000),
                decay_time: whole(r, &policy, minutes, 1, 0, 65_535),
            }
        }
        "memcached" => {
            let [hot, warm] = policy.parameters([("hot", share), ("warm", share)], r.out);
            Eviction::Memcached {
                hot: part(r, &policy, hot, 0.2),
                warm: part(r, &policy, warm, 0.4),
            }
        }
        plain => {
            policy.parameters([], r.out);
            match plain {
                "fifo" => Eviction::Fifo,
                "clock" => Eviction::Clock,
                "lfu" => Eviction::Lfu,
                "perfect-lfu" => Eviction::PerfectLfu,
                "random" => Eviction::Random,
                "arc" => Eviction::Arc,
                "sieve" => Eviction::Sieve,
                _ => Eviction::Lru,
            }
        }
    }
}

/// A share of the capacity.
fn part(r: &mut Reader<'_, '_>, policy: &Policy<'_>, given: Option<Spanned<f64>>, unless: f64) -> f64 {
    match given {
        Some(g) if !(0.0..=1.0).contains(&g.value) => {
            let problem = Diagnostic::error(&g.span, format!("{}: a share is over 1", policy.name));
            r.out.push(problem.label("expected a share from 0% to 100%"));
            unless
        }
        Some(g) => g.value,
        None => unless,
    }
}

/// A whole number within bounds.
fn whole(
    r: &mut Reader<'_, '_>,
    policy: &Policy<'_>,
    given: Option<Spanned<f64>>,
    unless: u32,
    least: u32,
    most: u32,
) -> u32 {
    match given {
        Some(g) if g.value.fract() != 0.0 || !(f64::from(least)..=f64::from(most)).contains(&g.value) => {
            let problem = Diagnostic::error(&g.span, format!("{}: a parameter is out of range", policy.name));
            r.out
                .push(problem.label(format!("expected a whole number from {least} to {most}")));
            unless
        }
        Some(g) => g.value as u32,
        None => unless,
    }
}
