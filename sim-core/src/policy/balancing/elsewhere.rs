//! A further try of a call passes over the instances that its earlier tries went to, as far as there are others.
//!
//! nginx keeps the peers that a request has tried (`ngx_http_upstream_round_robin.c`: `rrp->tried`) and takes them for unusable;
//! Envoy chooses again, so many times at most, while a host was tried before (`previous_hosts` in
//! `config.route.v3.RetryPolicy`, with `host_selection_retry_max_attempts`). Policies that look at their candidates at every
//! choice do as nginx, those with a table or a schedule of them as Envoy. With no other left nginx gives up; here any is
//! chosen, as long as the balancer's retry has attempts.

use super::hash::MOST_TRIES;
use super::{Asked, Candidates, Choice};
use crate::time::SimTime;

/// The instance for a further try; `others` is room for a list.
pub(super) fn next(
    choice: &mut Choice,
    candidates: Candidates<'_>,
    tried: &[u32],
    others: &mut Vec<u32>,
    now: SimTime,
    asked: Asked,
) -> u32 {
    others.clear();
    others.extend(candidates.list.iter().filter(|at| !tried.contains(at)));
    if others.is_empty() {
        return choice.next(candidates, now, || asked);
    }
    if !choice.keeps_a_table() {
        let candidates = Candidates {
            list: others,
            ..candidates
        };
        return choice.next(candidates, now, || asked);
    }
    let mut again =
        (0..=MOST_TRIES).map(|choices| choice.next(candidates, now, || Asked { choices, ..asked }));
    again.find(|at| others.contains(at)).unwrap_or(others[0])
}
