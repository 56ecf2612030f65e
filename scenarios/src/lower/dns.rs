//! Names that lead to several components, and CDNs: from what was written to what the engine runs.

use sim_core::model::{Access, Answers, Call, Cdn, Dns, EndpointCheck, Storage};
use sim_core::time::SimDuration;

use super::components::Lowering;
use super::geography::Regions;
use crate::diagnostic::Diagnostic;
use crate::quantity::rounded;
use crate::spec::KindSpec;
use crate::spec::cdn::CdnSpec;
use crate::spec::dns::DnsSpec;

/// Resolvers of a population in a region, where the scenario does not say.
const RESOLVERS: u32 = 100;
/// How long routers take to agree, where the scenario does not say.
const CONVERGENCE: SimDuration = SimDuration::from_nanos(30_000_000_000);
/// A router's own checks of what it announces.
const ANYCAST_CHECK: EndpointCheck = EndpointCheck {
    interval: SimDuration::from_nanos(1_000_000_000),
    fails: 1,
    passes: 1,
    timeout: SimDuration::from_nanos(1_000_000_000),
};

impl Lowering<'_, '_> {
    /// Lowers a name.
    pub(super) fn dns(&mut self, s: &DnsSpec, path: &str) -> Option<Dns> {
        let kinds = ["service", "balancer", "cdn"];
        let what = format!("{path}: forward");
        let mut forward = Vec::new();
        for name in &s.forward {
            let Some(id) = self.index.component(name, &kinds, &what, self.out) else {
                continue;
            };
            if matches!(self.spec.components[id.index()].kind, KindSpec::Dns(_)) {
                let problem = Diagnostic::error(&name.span, format!("{what} can't name another name"));
                self.out
                    .push(problem.label("expected a service, a balancer or a cdn"));
                continue;
            }
            forward.push(id);
        }
        if forward.len() < s.forward.len() || forward.is_empty() {
            return None;
        }
        let policy = match s.policy {
            _ if s.is_anycast => Answers::Nearest,
            Some(0) => Answers::Nearest,
            Some(2) => {
                let of = |name: &str| s.weights.iter().find(|w| w.0.value == name).map_or(0.0, |w| w.1);
                for name in s
                    .forward
                    .iter()
                    .filter(|f| !s.weights.iter().any(|w| w.0.value == f.value))
                {
                    self.assume(
                        path,
                        &format!("{} has no weight, so no answer names it", name.value),
                    );
                }
                let weights: Vec<f64> = s.forward.iter().map(|f| of(&f.value)).collect();
                if weights.iter().sum::<f64>() <= 0.0 {
                    return None;
                }
                Answers::Weighted(weights)
            }
            Some(3) => Answers::Failover,
            Some(4) => Answers::Latency,
            Some(_) => Answers::RoundRobin,
            None => {
                self.assume(path, "policy = \"round-robin\"");
                Answers::RoundRobin
            }
        };
        if matches!(policy, Answers::Nearest | Answers::Latency) {
            self.assume(
                path,
                "who has no region is led to the first component of `forward`",
            );
        }
        let check = self.endpoint_check(s, path);
        let resolvers = s.resolvers.unwrap_or(RESOLVERS);
        if !s.is_anycast {
            if s.resolvers.is_none() {
                self.assume(
                    path,
                    &format!("resolvers = {RESOLVERS} for each population of callers and region"),
                );
            }
            self.assume(
                path,
                "a population's callers are divided evenly among its resolvers, and a look-up takes no time",
            );
        }
        let convergence = match (s.is_anycast, s.convergence) {
            (true, None) => {
                self.assume(path, "convergence = \"30s\"");
                CONVERGENCE
            }
            (_, said) => said.unwrap_or(SimDuration::ZERO),
        };
        Some(Dns {
            forward,
            policy,
            ttl: s.ttl.unwrap_or(SimDuration::ZERO),
            resolvers,
            check,
            convergence,
        })
    }

    fn endpoint_check(&mut self, s: &DnsSpec, path: &str) -> Option<EndpointCheck> {
        match s.check {
            None if s.is_anycast => {
                self.assume(
                    path,
                    "what is down is noticed within 1 s, and by then the routes begin to change",
                );
                return Some(ANYCAST_CHECK);
            }
            None => self.assume(path, "no health checks: what is down stays in the answers"),
            Some(check) => {
                if s.is_default_timeout {
                    let timeout = rounded(check.timeout.as_secs_f64(), 3);
                    self.assume(path, &format!("a check waits {timeout} s where nothing answers"));
                }
                self.assume(
                    path,
                    "a component passes a check while any of its instances is up; one checker stands for all (Route 53 counts it healthy while more than 18 % of its checkers do)",
                );
                self.assume(path, "with none healthy, all components are in the answers");
            }
        }
        s.check
    }

    /// Lowers a CDN.
    pub(super) fn cdn(&mut self, s: &CdnSpec, path: &str, regions: &Regions) -> Option<Cdn> {
        let mut edges = if s.is_private {
            self.at_callers(path, regions)?
        } else {
            Vec::new()
        };
        for edge in &s.edges {
            edges.extend(regions.of(edge, &format!("{path}: edges"), self.out));
        }
        let shield = s
            .shield
            .as_ref()
            .and_then(|r| regions.of(r, &format!("{path}: shield"), self.out));
        let kinds = ["service", "balancer", "cache", "database", "object-store", "cdn"];
        // What one CDN misses another has only where the first is with the clients.
        let kinds = if s.is_private { &kinds[..] } else { &kinds[..5] };
        let origin = s.origin.as_ref()?;
        let target = self
            .index
            .component(origin, kinds, &format!("{path}: origin"), self.out)?;
        let ops = &self.index.ops;
        for op in s.cacheable.iter().flatten() {
            self.index.known_op(op, &format!("{path}: cacheable"), self.out);
        }
        let cacheable = match &s.cacheable {
            Some(list) => ops.iter().map(|op| list.iter().any(|l| l.value == *op)).collect(),
            None => {
                self.assume(path, "cacheable: all operations that don't change data");
                super::build::writes(self.spec, self.index)
                    .into_iter()
                    .map(|w| !w)
                    .collect()
            }
        };
        let shield_hit_ratio = match (&s.shield, s.shield_hit_ratio) {
            (None, _) => 0.0,
            (Some(_), Some(ratio)) => ratio,
            (Some(_), None) if s.hit_ratio.is_none() => 0.0,
            (Some(_), None) => {
                let ratio = 1.0 - 1.0 / edges.len().max(1) as f64;
                self.assume(
                    path,
                    &format!(
                        "shield-hit-ratio = {}: of {} edges that each miss a value once, the first brings it to the shield",
                        rounded(ratio, 3),
                        edges.len()
                    ),
                );
                ratio
            }
        };
        if s.shield.is_some() {
            self.assume(
                path,
                "while the shield is down, edges ask the origin themselves, and know it at once",
            );
        }
        let mut storage = self.storage_of_edges(s, path);
        if s.is_private {
            storage = self.of_all_sources(s, path, storage);
        }
        self.assume(
            path,
            "an edge answers without a delay of its own and has no queue",
        );
        self.assume(
            path,
            "operations that are not cacheable go from the edge to the origin, past the shield",
        );
        let (price, request_price) = if s.is_private {
            (0, 0)
        } else {
            self.prices_of_edges(s, path)
        };
        Some(Cdn {
            is_private: s.is_private,
            price,
            request_price,
            edges,
            cacheable,
            storage,
            freshness: s.freshness,
            coalesce: s.coalesce,
            shield,
            shield_hit_ratio,
            origin: Call {
                target,
                access: Access::Same,
                timeout: s.timeout,
                retry: None,
            },
        })
    }

    fn prices_of_edges(&mut self, s: &CdnSpec, path: &str) -> (u64, u64) {
        let (price, request_price) = super::freight::of_cdn(s.price);
        self.assume(
            path,
            &format!(
                "${} for a GB to callers and $0.01 for 10,000 requests (CloudFront in the US, HTTPS, first 10 TB, catalogue of {})",
                rounded(price as f64 / 1e3, 3),
                crate::catalog::prices::CATALOGUE_DATE
            ),
        );
        (price, request_price)
    }

    fn storage_of_edges(&mut self, s: &CdnSpec, path: &str) -> Storage {
        if let Some(ratio) = s.hit_ratio {
            self.assume(path, "hit-ratio is that of every edge");
            return Storage::HitRatio(ratio);
        }
        match (&s.capacity, &s.shield) {
            (None, _) => self.assume(path, "capacity: unlimited"),
            (Some(_), Some(_)) => self.assume(path, "the shield holds as much as an edge"),
            (Some(_), None) => {}
        }
        if s.freshness.ttl.is_some() {
            self.assume(
                path,
                if s.freshness.confirms {
                    "an answer that hasn't changed saves its bytes and nothing else: to say so its origin works as long as for the whole of it"
                } else {
                    "an answer that is too old is fetched whole, as if it had changed"
                },
            );
        }
        Storage::Keys {
            eviction: s.eviction,
            capacity: s.capacity.as_ref().map(|c| c.value),
            sizes: s.sizes.clone(),
        }
    }
}
