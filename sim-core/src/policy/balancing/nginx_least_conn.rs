//! The instance with the fewest calls out for its weight; the tied take turns by weight.
//!
//! nginx's `least_conn` (1.31.5-dev, `src/http/modules/ngx_http_upstream_least_conn_module.c`): connections divided by weight are
//! compared crosswise, and where several are least one turn of [`WeightedRoundRobin`] is taken among them. A sole least
//! leaves the turns as they are.

use super::{Candidates, WeightedRoundRobin};

#[derive(Clone, Debug, Default)]
pub(crate) struct NginxLeastConn {
    turns: WeightedRoundRobin,
    tied: Vec<u32>,
}

impl NginxLeastConn {
    pub fn next(&mut self, candidates: Candidates<'_>) -> u32 {
        self.tied.clear();
        for at in candidates.list {
            match self.tied.first() {
                Some(least) if candidates.is_less_loaded(*least, *at) => continue,
                Some(least) if candidates.is_less_loaded(*at, *least) => self.tied.clear(),
                _ => {}
            }
            self.tied.push(*at);
        }
        match self.tied.as_slice() {
            [only] => *only,
            tied => self.turns.among(candidates, tied),
        }
    }
}
