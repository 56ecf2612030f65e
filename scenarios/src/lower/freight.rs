//! What answers weigh and what their transport costs.

use sim_core::model::{Network, RegionId};

use super::names::{Index, ONLY_OP};
use crate::catalog::prices;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::spec::{KindSpec, ScenarioSpec};

/// 10^-12 USD per byte of a price in USD per byte.
pub(super) fn pusd(usd_per_byte: f64) -> u64 {
    (usd_per_byte * 1e12).round().clamp(0.0, 1e15) as u64
}

/// What the catalogue says for one of its unit, in USD.
pub(super) fn catalogued(name: &str) -> f64 {
    prices::services()
        .iter()
        .find(|s| s.name == name)
        .map_or(0.0, |s| s.usd)
}

/// USD per byte of a price per gigabyte of the catalogue.
fn per_byte(name: &str) -> f64 {
    catalogued(name) / 1e9
}

/// What a byte between two zones costs, in USD: each end pays its direction.
fn between_zones() -> f64 {
    2.0 * per_byte("dt-az")
}

/// What a byte from one region to another costs where nothing is said, in USD. Regions where only clients are lie outside.
pub(super) fn between_regions(from_is_outside: bool, to_is_outside: bool, is_same: bool) -> f64 {
    match (from_is_outside, to_is_outside) {
        (true, _) => per_byte("dt-in"),
        (false, true) => per_byte("dt-internet-10tb"),
        (false, false) if is_same => between_zones(),
        (false, false) => per_byte("dt-region"),
    }
}

/// A CDN's prices in 10^-12 USD: of a byte to a caller, where the scenario does not say it, and of a request.
pub(super) fn of_cdn(written: Option<f64>) -> (u64, u64) {
    let per_request = catalogued("cf-https") / 10_000.0;
    (pusd(written.unwrap_or(per_byte("cf-10tb"))), pusd(per_request))
}

/// Fills in the sizes of answers and the prices that go with them.
pub(super) fn sizes(
    spec: &ScenarioSpec,
    index: &Index<'_>,
    network: &mut Network,
    say: &mut Vec<String>,
    out: &mut Diagnostics,
) {
    network.set_up = spec.clients.iter().map(|c| c.set_up).collect();
    if network.set_up.iter().all(|t| *t == 0) {
        network.set_up.clear();
    }
    for clients in spec.clients.iter().filter(|c| c.set_up > 0) {
        if clients.region.is_none() {
            let message = format!("clients.{} have no region", clients.name.value);
            let problem = Diagnostic::error(&clients.name.span, message);
            out.push(problem.label("connections take round trips over the network: expected `region = ...`"));
        }
        say.push(format!(
            "clients.{}: {} round trips before each request, and then no queue of connections",
            clients.name.value, clients.set_up
        ));
    }
    let mut of_op: Vec<Option<u64>> = vec![None; index.ops.len()];
    for clients in &spec.clients {
        for (op, size) in &clients.sizes {
            let only = [ONLY_OP.to_owned()];
            let mix: Vec<&String> = clients.mix.iter().map(|m| &m.0.value).collect();
            let names: Vec<&String> = match op {
                Some(op) => vec![&op.value],
                None if mix.is_empty() => only.iter().collect(),
                None => mix,
            };
            for name in names {
                let slot = of_op.get_mut(index.op(name).index());
                let bytes = size.round() as u64;
                if let Some(slot) = slot
                    && slot.replace(bytes).is_some_and(|other| other != bytes)
                {
                    let message = format!("answers to \"{name}\" have two sizes");
                    let at = op.as_ref().map_or(&clients.name.span, |o| &o.span);
                    let problem = Diagnostic::error(at, message).label("other clients say another size");
                    out.push(problem.help("give one of the two operations another name"));
                }
            }
        }
    }
    let of_component = |c: &crate::spec::ComponentSpec| c.placement.size.map_or(0, |s| s.round() as u64);
    let sizes: Vec<u64> = spec.components.iter().map(of_component).collect();
    if of_op.iter().all(Option::is_none) && sizes.iter().all(|s| *s == 0) {
        return;
    }
    network.op_sizes = of_op.into_iter().map(Option::unwrap_or_default).collect();
    network.sizes = sizes;
    network.cross_zone_price = pusd(between_zones());
    let date = prices::CATALOGUE_DATE;
    say.push("answers have a size, requests and what messages carry beside have none".to_owned());
    say.push(format!(
        "a GB costs $0.02 between zones (each end pays $0.01), $0.02 between regions, $0.09 to regions where only clients are, and nothing from there, unless a pair has a price: AWS, catalogue of {date}"
    ));
    let is_cdn = |k: &KindSpec| matches!(k, KindSpec::Cdn(cdn) if !cdn.is_private);
    if spec.components.iter().any(|c| is_cdn(&c.kind)) {
        say.push("what goes to a CDN's caches costs nothing, as within one cloud".to_owned());
    }
}

/// Whether nothing but clients, and edges, is in a region.
pub(super) fn is_outside(homes: &[(RegionId, bool)], region: RegionId) -> bool {
    !homes.iter().any(|h| h.0 == region && h.1)
}
