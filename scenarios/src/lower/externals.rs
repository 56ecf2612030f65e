//! Object stores and external services: from their terms as written to what the engine runs. What a store doesn't say is S3's.

use sim_core::model::{Demand, External, RateLimit, Terms};
use sim_core::time::SimDuration;

use super::components::Lowering;
use super::freight::{catalogued, pusd};
use crate::catalog::prices::{CATALOGUE_DATE, HOURS_PER_MONTH};
use crate::expression::{Amount, Expression, Kind, Op};
use crate::quantity::rounded;
use crate::spec::external::{ExternalSpec, StoreSpec, TermsSpec};
use crate::spec::{ComponentSpec, KindSpec};

/// Gets and puts a second of one prefix of an S3 bucket, at least: AWS, "Best practices design patterns: optimizing Amazon S3 performance".
const S3_LIMITS: [f64; 2] = [5500.0, 3500.0];
/// Until a prefix is split that is asked for too often: "the process can take from 30 to 60 minutes" (AWS re:Post, Knowledge Center,
/// "s3-object-key-naming-pattern", a comment that AWS agreed to). The documentation says no more than "gradually".
const SPLIT_AFTER: SimDuration = SimDuration::from_nanos(1_800_000_000_000);
/// Bytes a second of one connection, 100 MiB: the catalogue's `object-read`.
const THROUGHPUT: f64 = 104_857_600.0;

/// What holds where a store doesn't say it.
struct Usual {
    word: &'static str,
    /// The catalogue's names for the time and for the price of a thousand.
    time: &'static str,
    price: &'static str,
    limit: f64,
}

const GETS: Usual = Usual {
    word: "get",
    time: "object-get",
    price: "s3-get",
    limit: S3_LIMITS[0],
};
const PUTS: Usual = Usual {
    word: "put",
    time: "object-put",
    price: "s3-put",
    limit: S3_LIMITS[1],
};

impl Lowering<'_, '_> {
    pub(super) fn external(&mut self, s: &ExternalSpec, c: &ComponentSpec, path: &str) -> Option<External> {
        if s.availability.is_none() {
            self.assume(path, "availability: every call that it lets in is answered well");
        }
        let availability = s.availability.unwrap_or(1.0);
        let Some(store) = &s.store else {
            return Some(External {
                is_store: false,
                calls: self.own_terms(s, path)?,
                changes: None,
                prefixes: 1,
                split_after: None,
                throughput: None,
                availability,
                price: None,
            });
        };
        let calls = self.s3_terms(&s.terms, s.burst, &GETS, c, path);
        let changes = self.s3_terms(&store.put, s.burst, &PUTS, c, path);
        if store.prefixes.is_none() {
            self.assume(path, "prefixes = 1");
        }
        let split_after = store.split_after.unwrap_or_else(|| {
            self.assume(
                path,
                "split-after = \"30m\": a prefix that refuses calls for so long is split in two, each with all limits, as S3's in 30 to 60 minutes",
            );
            SPLIT_AFTER
        });
        if store.throughput.is_none() {
            self.assume(path, "throughput = \"100MiB/s\" of one connection");
        }
        self.assume(
            path,
            "a call that is refused costs nothing and is answered at once",
        );
        Some(External {
            is_store: true,
            calls: calls?,
            changes: Some(changes?),
            prefixes: store.prefixes.unwrap_or(1),
            split_after: Some(split_after),
            throughput: Some(store.throughput.unwrap_or(THROUGHPUT)),
            availability,
            price: store.price.map(pusd),
        })
    }

    /// The terms of a service, which says them itself.
    fn own_terms(&mut self, s: &ExternalSpec, path: &str) -> Option<Terms> {
        match (s.terms.limit, s.burst) {
            (None, _) => self.assume(path, "no limit: it takes any number of calls"),
            (Some(limit), None) => self.assume_burst(limit, "", path),
            (Some(_), Some(_)) => {}
        }
        if s.terms.price.is_none() {
            self.assume(path, "a call costs nothing");
        }
        Some(Terms {
            latency: self.demand(s.terms.latency.as_ref())?,
            limit: s.terms.limit.map(|limit| bucket(limit, s.burst)),
            price: pusd(s.terms.price.unwrap_or(0.0)),
        })
    }

    /// The terms of a store, which are S3's where it doesn't say them.
    fn s3_terms(
        &mut self,
        terms: &TermsSpec,
        burst: Option<u32>,
        usual: &Usual,
        c: &ComponentSpec,
        path: &str,
    ) -> Option<Terms> {
        let word = usual.word;
        let limit = terms.limit.unwrap_or_else(|| {
            let of_s3 = format!("{word}-limit = \"{}/s\" of a prefix, as S3's", usual.limit);
            self.assume(path, &of_s3);
            usual.limit
        });
        if burst.is_none() {
            self.assume_burst(limit, word, path);
        }
        let price = terms.price.unwrap_or_else(|| {
            let thousand = catalogued(usual.price);
            let of_s3 = format!(
                "${} for 1,000 {word}s (S3 Standard in us-east-1, catalogue of {CATALOGUE_DATE})",
                rounded(thousand, 3)
            );
            self.assume(path, &of_s3);
            thousand / 1000.0
        });
        Some(Terms {
            latency: self.latency(terms, usual, c, path)?,
            limit: Some(bucket(limit, burst)),
            price: pusd(price),
        })
    }

    fn latency(&mut self, terms: &TermsSpec, usual: &Usual, c: &ComponentSpec, path: &str) -> Option<Demand> {
        if let Some(written) = &terms.latency {
            return self.laws.demand(written, self.out);
        }
        self.assume(
            path,
            &format!("{}-latency = \"ops(1 {})\"", usual.word, usual.time),
        );
        let span = c.name.span.clone();
        let op = Op {
            span: span.clone(),
            name: usual.time.to_owned(),
            amount: Amount::Times(1.0),
        };
        let kind = Kind::Ops(vec![op]);
        self.laws.demand(&Expression { span, kind }, self.out)
    }

    fn assume_burst(&mut self, limit: f64, word: &str, path: &str) {
        let of = if word.is_empty() {
            String::new()
        } else {
            format!(" of {word}s")
        };
        let burst = bucket(limit, None).burst;
        self.assume(
            path,
            &format!("burst = {burst}{of}: what the limit allows in a second may come at once"),
        );
    }
}

/// The bucket of a limit; without a burst what comes in a second fits, and one token at least.
fn bucket(rate: f64, burst: Option<u32>) -> RateLimit {
    RateLimit {
        rate,
        burst: burst.map_or(rate.ceil().max(1.0), f64::from),
    }
}

/// What an hour costs of what a store keeps, in USD.
pub(super) fn storage(c: &ComponentSpec) -> Option<f64> {
    match &c.kind {
        KindSpec::External(e) => match &e.store {
            Some(StoreSpec {
                stored: Some(bytes), ..
            }) => Some(bytes / 1e9 * catalogued("s3-gb") / HOURS_PER_MONTH),
            _ => None,
        },
        _ => None,
    }
}
