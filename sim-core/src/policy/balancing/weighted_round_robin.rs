//! In turn by weight, spread evenly: with weights 5, 1, 1 the turns are 0 0 1 0 2 0 0, not five in a row.
//!
//! nginx's smooth weighted round robin (`src/http/ngx_http_upstream_round_robin.c`, release 1.31.5-dev): every candidate
//! gains its effective weight, the one that has gained most is chosen (the first on a tie) and pays what all have gained
//! together. Failures that a passive check counts take from an effective weight (nginx: weight / max_fails each); what they
//! took grows back by one a turn. Where an instance has only a part of its weight for now, it gains as much less.

use super::Candidates;

#[derive(Clone, Debug, Default)]
pub(crate) struct WeightedRoundRobin {
    /// What each has gained and not yet paid.
    current: Vec<f64>,
    /// What failures have left of each weight.
    effective: Vec<u32>,
    /// What each had lost when that was worked out, and the number of all failures then.
    lost: Vec<u64>,
    failures: u32,
}

impl WeightedRoundRobin {
    #[inline]
    pub fn next(&mut self, candidates: Candidates<'_>) -> u32 {
        self.among(candidates, candidates.list)
    }

    /// One turn among some of the instances; the others neither gain nor pay.
    pub fn among(&mut self, candidates: Candidates<'_>, some: &[u32]) -> u32 {
        self.fit(candidates);
        let of = candidates.of;
        let (mut best, mut most, mut total) = (0, f64::NEG_INFINITY, 0.0);
        for at in some {
            let i = *at as usize;
            let gain = f64::from(self.effective[i]) * of.strength(*at);
            self.current[i] += gain;
            total += gain;
            if self.effective[i] < of.weight(*at) {
                self.effective[i] += 1;
            }
            if self.current[i] > most {
                most = self.current[i];
                best = *at;
            }
        }
        self.current[best as usize] -= total;
        best
    }

    /// Has as many instances as there are, and takes what they lost since the last turn from their effective weights.
    fn fit(&mut self, candidates: Candidates<'_>) {
        let of = candidates.of;
        if self.current.len() != of.count() {
            self.current.resize(of.count(), 0.0);
            self.effective = (0u32..).take(of.count()).map(|i| of.weight(i)).collect();
            self.lost = vec![0; of.count()];
        }
        if self.failures != of.failures() {
            self.failures = of.failures();
            for (at, (weight, lost)) in (0u32..).zip(self.effective.iter_mut().zip(&mut self.lost)) {
                let now = of.lost(at);
                let since = now - std::mem::replace(lost, now);
                *weight = u32::try_from(u64::from(*weight).saturating_sub(since)).unwrap_or(*weight);
            }
        }
    }
}
