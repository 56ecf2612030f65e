//! The balancing policies: how each is written, what it does, where its rule comes from and what holds it to that.

use sim_core::model::{Balancing, ConsistentHash, HashBy, LeastRequest, Scheme, is_prime};
use sim_core::time::SimDuration;

use super::key::{Shape, TIME, key};
use super::member::Member;
use super::policy::Policy;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// All members of the family.
pub static BALANCING: &[Member] = &[
    Member {
        name: "round-robin",
        about: "In turn, whatever the load; with weights smoothly by weight, as weighted-round-robin.",
        parameters: &[],
        source: "D. G. Kendall, Annals of Mathematical Statistics 24 (1953): each of n stations sees Erlang-n gaps",
        checked: "theory: E_n/M/1 for each station; turns recorded from a running nginx; chooses unlike its siblings",
    },
    Member {
        name: "random",
        about: "At random by weight, whatever the load.",
        parameters: &[],
        source: "a random split of a Poisson process is Poisson (L. Kleinrock, Queueing Systems 1, 1975)",
        checked: "theory: M/M/1 for each station; chooses unlike its siblings",
    },
    Member {
        name: "least-outstanding",
        about: "The instance with the fewest calls out for its weight.",
        parameters: &[key(
            "ties",
            Shape::Word(&["first", "nginx", "haproxy"]),
            "Who wins a tie: the \"first\" unless said; as in \"nginx\" the tied take turns; as in \"haproxy\", where keys of calls \
             and weight are whole numbers, one of the tied at random.",
        )],
        source: "AWS Elastic Load Balancing guide; nginx 1.31.5-dev, ngx_http_upstream_least_conn_module.c; HAProxy 3.5-dev, \
                 src/lb_fwlc.c",
        checked: "a search over all instances, step by step; choices recorded from a running nginx; HAProxy's keys by its \
                  formula; chooses unlike its siblings",
    },
    Member {
        name: "power-of-d",
        about: "The least loaded of d instances drawn at random, the first drawn on a tie.",
        parameters: &[
            key(
                "choices",
                Shape::Count,
                "How many are drawn, from 1 to 1000; 2 unless said.",
            ),
            key(
                "replacement",
                Shape::Flag,
                "Whether an instance may be drawn again; false unless said.",
            ),
        ],
        source: "M. Mitzenmacher, The power of two choices in randomized load balancing, IEEE TPDS 12(10), 2001",
        checked: "published simulations at three loads and more; stays above the limit for many stations",
    },
    Member {
        name: "weighted-round-robin",
        about: "In turn by weight, spread evenly: with weights 5, 1, 1 the turns are 0 0 1 0 2 0 0.",
        parameters: &[],
        source: "nginx 1.31.5-dev, src/http/ngx_http_upstream_round_robin.c",
        checked: "turns recorded from a running nginx, with a passive-check and further tries too; chooses unlike its siblings",
    },
    Member {
        name: "edf",
        about: "In turn by weight, by the earliest deadline, from a random turn on: 5, 1, 1 gives 0 0 0 0 1 2 0.",
        parameters: &[],
        source: "Envoy main of July 2026, source/common/upstream/edf_scheduler.h",
        checked: "the expectations of Envoy's own tests; chooses unlike its siblings",
    },
    Member {
        name: "random-two",
        about: "The less loaded for its weight of two instances drawn by weight, the later one on a tie.",
        parameters: &[],
        source: "nginx 1.31.5-dev, src/http/modules/ngx_http_upstream_random_module.c (random two least_conn)",
        checked: "only those that may be chosen are, and all where none may; chooses unlike its siblings",
    },
    Member {
        name: "least-request",
        about: "The least loaded of a few drawn with replacement; with unequal weights in turn by weight / (calls out + 1)^bias.",
        parameters: &[
            key(
                "choices",
                Shape::Count,
                "How many are drawn, from 1 to 1000; 2 unless said.",
            ),
            key(
                "bias",
                Shape::Number,
                "How much calls out count where weights are unequal, from 0 to 10; 1 unless said.",
            ),
            key(
                "scan",
                Shape::Word(&["sample", "full"]),
                "Whether a \"sample\" is looked at, unless said, or all of them (\"full\").",
            ),
        ],
        source: "Envoy main of July 2026, source/extensions/load_balancing_policies/least_request",
        checked: "the expectations of Envoy's own tests; chooses unlike its siblings",
    },
    Member {
        name: "peak-ewma",
        about: "The less costly of two drawn at random: recent latency, which jumps up and decays slowly, times calls out.",
        parameters: &[key(
            "decay",
            TIME,
            "How long a slow answer is remembered; 10s unless said.",
        )],
        source: "Finagle, com.twitter.finagle.loadbalancer.PeakEwma; linkerd 2 has the same rule",
        checked: "a system in which half of the instances are far away: calls stay near; chooses unlike its siblings",
    },
    Member {
        name: "hash",
        about: "By the CRC-32 of the request's key: a key keeps its instance until the number of instances changes.",
        parameters: &[],
        source: "nginx 1.31.5-dev, src/http/modules/ngx_http_upstream_hash_module.c",
        checked: "choices recorded from a running nginx; chooses unlike its siblings",
    },
    Member {
        name: "ip-hash",
        about: "By the first three octets of the address that a request comes from; clients need `sources`.",
        parameters: &[],
        source: "nginx 1.31.5-dev, src/http/modules/ngx_http_upstream_ip_hash_module.c",
        checked: "choices recorded from a running nginx; chooses unlike its siblings",
    },
    Member {
        name: "consistent-hash",
        about: "By a hash into a table in which few entries move when instances come and go.",
        parameters: &[
            key(
                "scheme",
                Shape::Word(&["ketama", "ring", "maglev"]),
                "The table: nginx's points of CRC-32 (\"ketama\", unless said), Envoy's of xxHash64 (\"ring\"), or \"maglev\".",
            ),
            key(
                "by",
                Shape::Word(&["key", "source"]),
                "What is hashed: the request's \"key\", unless said, or its \"source\".",
            ),
            key(
                "bounded-load",
                Shape::Number,
                "Calls out that an instance may have, from 1 to 100 times its part of all; any number unless said.",
            ),
            key(
                "min-size",
                Shape::Count,
                "With a ring: the fewest points in all; 1024 unless said.",
            ),
            key(
                "max-size",
                Shape::Count,
                "With a ring: the most points in all; 8388608 unless said.",
            ),
            key(
                "table-size",
                Shape::Count,
                "With maglev: the entries of the table, a prime up to 5000011; 65537 unless said.",
            ),
        ],
        source: "nginx 1.31.5-dev, ngx_http_upstream_hash_module.c; Envoy main of July 2026, ring_hash_lb.cc, maglev_lb.cc and \
                 thread_aware_lb_impl.cc; D. E. Eisenbud and others, Maglev, NSDI 2016; V. Mirrokni and others, Consistent hashing \
                 with bounded loads, SODA 2018",
        checked: "choices recorded from a running nginx; the expectations of Envoy's own tests; few keys move when an instance \
                  goes; no instance has more than its bound",
    },
];

const TEN_SECONDS: SimDuration = SimDuration::from_nanos(10_000_000_000);
/// The most points on a ring: Envoy's bound.
const MOST_POINTS: u32 = 8_388_608;
/// The most entries of a Maglev table: Envoy's bound.
const MOST_ENTRIES: u32 = 5_000_011;

/// The policy that was written, if its parameters can be.
pub(super) fn read(written: &Policy<'_>, out: &mut Diagnostics) -> Option<Balancing> {
    if written.name == "consistent-hash" {
        return consistent_hash(written, out);
    }
    let mut given = written.given(out);
    let policy = match written.name {
        "random" => Balancing::Random,
        "least-outstanding" => [
            Balancing::LeastOutstanding,
            Balancing::NginxLeastConn,
            Balancing::HaproxyLeastConn,
        ][given.word("ties")],
        "power-of-d" => {
            let choices = given.whole("choices", 1, 1000, 2);
            if given.flag("replacement") {
                Balancing::PowerOfDReplaced { choices }
            } else {
                Balancing::PowerOfD { choices }
            }
        }
        "weighted-round-robin" => Balancing::WeightedRoundRobin,
        "edf" => Balancing::Edf,
        "random-two" => Balancing::RandomTwo,
        "least-request" => Balancing::LeastRequest(LeastRequest {
            choices: given.whole("choices", 1, 1000, 2),
            bias: given.number("bias", 0.0, 10.0).unwrap_or(1.0),
            is_full_scan: given.word("scan") == 1,
        }),
        "peak-ewma" => Balancing::PeakEwma {
            decay: given.time("decay").unwrap_or(TEN_SECONDS),
        },
        "hash" => Balancing::Hash,
        "ip-hash" => Balancing::IpHash,
        _ => Balancing::RoundRobin,
    };
    given.all(policy)
}

fn consistent_hash(written: &Policy<'_>, out: &mut Diagnostics) -> Option<Balancing> {
    let mut given = written.given(out);
    let scheme = given.word("scheme");
    let by = [HashBy::Key, HashBy::Source][given.word("by")];
    let bound = given.number("bounded-load", 1.0, 100.0);
    let least = given.whole("min-size", 1, MOST_POINTS, 1024);
    let most = given.whole("max-size", 1, MOST_POINTS, MOST_POINTS);
    let size = given.whole("table-size", 2, MOST_ENTRIES, 65_537);
    let of_ring = given.place("min-size").or(given.place("max-size"));
    let of_maglev = given.place("table-size");
    let foreign = [None, None, of_ring.clone()][scheme].clone().or(match scheme {
        0 => of_ring.clone().or(of_maglev.clone()),
        1 => of_maglev.clone(),
        _ => None,
    });
    let policy = given.all(Balancing::ConsistentHash(ConsistentHash {
        scheme: match scheme {
            0 => Scheme::Ketama,
            1 => Scheme::Ring { least, most },
            _ => Scheme::Maglev { size },
        },
        by,
        bound_percent: bound.map(|b| (b * 100.0).round() as u32),
    }))?;
    let problem = if let Some(span) = foreign {
        Diagnostic::error(&span, "consistent-hash: this belongs to another scheme")
            .label("nothing reads this")
            .help("min-size and max-size are a ring's, table-size is maglev's")
    } else if let (1, true, Some(span)) = (scheme, least > most, of_ring) {
        Diagnostic::error(&span, "consistent-hash: min-size is over max-size")
            .label(format!("expected at most {most}"))
    } else if let (2, false, Some(span)) = (scheme, is_prime(size), of_maglev) {
        let next = (size..).find(|n| is_prime(*n)).unwrap_or(65_537);
        Diagnostic::error(&span, "consistent-hash: table-size is not a prime number")
            .label(format!("expected, for example, {next}"))
    } else {
        return Some(policy);
    };
    out.push(problem);
    None
}

#[cfg(test)]
mod tests {
    use super::super::policy;
    use super::*;
    use crate::source::Source;
    use crate::tree;

    fn written(text: &str) -> (Option<Balancing>, usize) {
        let mut out = Diagnostics::default();
        let node = tree::parse_toml(&Source::new("test", text), &mut out);
        let node = node.get("policy").expect("a policy");
        let policy = policy::of(node, "policy", BALANCING, &mut out).expect("a member");
        let found = read(&policy, &mut out);
        (found, out.errors())
    }

    #[test]
    fn every_member_is_another_policy_and_refuses_nonsense() {
        let mut seen = Vec::new();
        for member in BALANCING {
            let (policy, errors) = written(&format!("policy = \"{}\"", member.name));
            let policy = policy.expect("a policy");
            assert!(errors == 0 && !seen.contains(&policy), "{}", member.name);
            seen.push(policy);
            for p in member.parameters {
                let wrong = format!("policy = {{ {} = {{ {} = \"nonsense\" }} }}", member.name, p.name);
                assert_eq!(written(&wrong), (None, 1), "{wrong}");
            }
        }
    }
}
