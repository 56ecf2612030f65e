//! The balancing policies: how each is written, what it does, where its rule comes from and what holds it to that.

use sim_core::model::Balancing;

use super::key::{Shape, key};
use super::member::Member;
use super::policy::Policy;
use crate::diagnostic::Diagnostics;

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
        about: "The instance with the fewest calls out for its weight, the first on a tie.",
        parameters: &[],
        source: "least outstanding requests, AWS Elastic Load Balancing guide",
        checked: "the choice of a search over all instances, step by step; chooses unlike its siblings",
    },
    Member {
        name: "power-of-d",
        about: "The least loaded of d distinct instances drawn at random, the first drawn on a tie.",
        parameters: &[key(
            "choices",
            Shape::Count,
            "How many are drawn, from 1 to 1000; 2 unless said.",
        )],
        source: "M. Mitzenmacher, The power of two choices in randomized load balancing, IEEE TPDS 12(10), 2001",
        checked: "published simulations at three loads and more; stays above the limit for many stations",
    },
    Member {
        name: "weighted-round-robin",
        about: "In turn by weight, spread evenly: with weights 5, 1, 1 the turns are 0 0 1 0 2 0 0.",
        parameters: &[],
        source: "nginx 1.31.5-dev, src/http/ngx_http_upstream_round_robin.c",
        checked: "turns recorded from a running nginx; chooses unlike its siblings",
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
];

/// The policy that was written, if its parameters can be.
pub(super) fn read(written: &Policy<'_>, out: &mut Diagnostics) -> Option<Balancing> {
    let mut given = written.given(out);
    let policy = match written.name {
        "random" => Balancing::Random,
        "least-outstanding" => Balancing::LeastOutstanding,
        "power-of-d" => Balancing::PowerOfD {
            choices: given.whole("choices", 1, 1000, 2),
        },
        "weighted-round-robin" => Balancing::WeightedRoundRobin,
        "hash" => Balancing::Hash,
        "ip-hash" => Balancing::IpHash,
        _ => Balancing::RoundRobin,
    };
    given.all(policy)
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
