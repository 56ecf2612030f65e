//! Where everything stands: regions, the ways between them, and faults that strike places.

use sim_core::model::{
    ComponentId, Description, FaultKind, Network, RegionId, ScheduledFault, Way, crossings,
};
use sim_core::random::StreamName;
use sim_core::time::SimTime;

use super::drains;
use super::freight;
use super::names::Index;
use super::shards;
use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean, one_of};
use crate::expression::Laws;
use crate::source::Spanned;
use crate::spec::fault::{FaultKindSpec, FaultSpec};
use crate::spec::{ComponentSpec, KindSpec, ScenarioSpec};

/// The most regions of a scenario.
const MOST_REGIONS: usize = 63;

/// The regions of a scenario, in the order in which things are placed there.
pub(super) struct Regions {
    names: Vec<String>,
    /// The region of components that name none; none: they must name one.
    usual: Option<RegionId>,
}

impl Regions {
    /// Collects them from everything that stands somewhere.
    pub fn new(spec: &ScenarioSpec, out: &mut Diagnostics) -> Self {
        let mut named: Vec<&Spanned<String>> = Vec::new();
        for c in &spec.components {
            named.extend(&c.placement.region);
        }
        let of_components: Vec<String> = distinct(named.iter().map(|n| n.value.as_str()));
        named.extend(spec.clients.iter().filter_map(|c| c.region.as_ref()));
        for c in &spec.components {
            if let KindSpec::Cdn(cdn) = &c.kind {
                named.extend(cdn.edges.iter().chain(&cdn.shield));
            }
        }
        let mut names = distinct(named.iter().map(|n| n.value.as_str()));
        if let (Some(first), true) = (named.first(), names.len() > MOST_REGIONS) {
            let problem = Diagnostic::error(&first.span, "there are too many regions");
            out.push(problem.label(format!("expected at most {MOST_REGIONS}")));
            names.truncate(MOST_REGIONS);
        }
        let regions = Self {
            usual: (of_components.len() <= 1).then(|| {
                of_components
                    .first()
                    .and_then(|n| place(&names, n))
                    .unwrap_or_default()
            }),
            names,
        };
        regions.homeless(spec, of_components.len(), out);
        regions
    }

    /// Whether nothing has a region.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Reports components that must say where they stand, because others do, or because clients do.
    fn homeless(&self, spec: &ScenarioSpec, of_components: usize, out: &mut Diagnostics) {
        if of_components == 1 || self.is_empty() {
            return;
        }
        for c in spec.components.iter().filter(|c| stands_somewhere(c)) {
            if c.placement.region.is_none() {
                let message = format!("{} has no \"region\"", c.path());
                let known = one_of(self.names.iter().map(String::as_str));
                let problem = Diagnostic::error(&c.name.span, message);
                out.push_missing(
                    problem
                        .label("expected `region = ...` in this table")
                        .note(format!("others stand in a region: {known}")),
                );
            }
        }
    }

    /// The region of this name, which somebody is in.
    pub fn of(&self, name: &Spanned<String>, what: &str, out: &mut Diagnostics) -> Option<RegionId> {
        let place = place(&self.names, &name.value);
        if place.is_none() {
            let names = || self.names.iter().map(String::as_str);
            let message = format!("{what}: nothing is in a region \"{}\"", name.value);
            let label = match names().next() {
                Some(_) => format!("expected {}", one_of(names())),
                None => "expected a region that components or clients name".to_owned(),
            };
            let problem = Diagnostic::error(&name.span, message).label(label);
            out.push(problem.maybe_help(did_you_mean(&name.value, names())));
        }
        place
    }

    /// The region of a component.
    pub fn home(&self, c: &ComponentSpec) -> RegionId {
        let named = c
            .placement
            .region
            .as_ref()
            .and_then(|r| place(&self.names, &r.value));
        named.or(self.usual).unwrap_or_default()
    }
}

fn place(names: &[String], name: &str) -> Option<RegionId> {
    let place = names.iter().position(|n| n == name)?;
    u16::try_from(place).ok().map(RegionId)
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for name in names {
        if !out.iter().any(|o| o == name) {
            out.push(name.to_owned());
        }
    }
    out
}

/// Whether a component is in one region: a name is nowhere, nor is an external service, and a CDN is in many.
fn stands_somewhere(c: &ComponentSpec) -> bool {
    match &c.kind {
        KindSpec::Dns(_) | KindSpec::Cdn(_) => false,
        KindSpec::External(e) => e.store.is_some(),
        _ => true,
    }
}

/// Lowers `[network]` and places everything.
pub(super) fn network(
    spec: &ScenarioSpec,
    regions: &Regions,
    laws: &mut Laws<'_>,
    out: &mut Diagnostics,
) -> Network {
    let written = spec.network.as_ref();
    let mut delay = |e: Option<&_>| e.and_then(|e| laws.law(e, out));
    let (same_zone, cross_zone) = (
        delay(written.and_then(|n| n.same_zone.as_ref())),
        delay(written.and_then(|n| n.cross_zone.as_ref())),
    );
    let homes: Vec<(RegionId, bool)> = spec
        .components
        .iter()
        .map(|c| (regions.home(c), stands_somewhere(c)))
        .collect();
    let mut ways = Vec::new();
    for way in written.iter().flat_map(|n| &n.ways) {
        let delay = way.delay.as_ref().and_then(|d| laws.law(d, out));
        let ends = [&way.from, &way.to].map(|n| (n, place(&regions.names, &n.value)));
        if let Some((name, _)) = ends.iter().find(|e| e.1.is_none()) {
            let message = format!("nothing is in the region {}", name.value);
            let names = regions.names.iter().map(String::as_str);
            let problem = Diagnostic::warning(&name.span, message).label("this way is not used");
            out.push(problem.maybe_help(did_you_mean(&name.value, names)));
        }
        let [(_, Some(from)), (_, Some(to))] = ends else {
            continue;
        };
        let Some(delay) = delay else {
            continue;
        };
        let mut add = |from: RegionId, to: RegionId| {
            let outside = [from, to].map(|r| freight::is_outside(&homes, r));
            let usual = freight::between_regions(outside[0], outside[1], from == to);
            ways.push(Way {
                from,
                to,
                delay: delay.clone(),
                bandwidth: way.bandwidth,
                loss: way.loss,
                price: freight::pusd(way.price.unwrap_or(usual)),
            });
        };
        if way.is_both && from != to {
            add(to, from);
        }
        add(from, to);
    }
    if regions.is_empty() {
        return Network {
            same_zone,
            cross_zone,
            ..Network::default()
        };
    }
    let home = |name: &Spanned<String>| place(&regions.names, &name.value);
    Network {
        same_zone,
        cross_zone,
        regions: regions.names.iter().map(|n| StreamName::new(n)).collect(),
        homes: spec.components.iter().map(|c| regions.home(c)).collect(),
        client_homes: spec
            .clients
            .iter()
            .map(|c| c.region.as_ref().and_then(home))
            .collect(),
        ways,
        ..Network::default()
    }
}

/// What was taken for granted about places.
pub(super) fn assumptions(spec: &ScenarioSpec, regions: &Regions, say: &mut Vec<String>) {
    if regions.is_empty() {
        return;
    }
    for c in spec
        .components
        .iter()
        .filter(|c| stands_somewhere(c) && c.placement.region.is_none())
    {
        let home = regions.names.get(regions.home(c).index());
        say.extend(home.map(|r| format!("{}: no `region`, so it is in {r} like everything else", c.path())));
    }
    for clients in &spec.clients {
        let name = &clients.name.value;
        say.push(match &clients.region {
            Some(region) => format!(
                "clients.{name}: in no zone of {0}: messages to what is in {0} take the delay between zones, unless \"{0} <-> {0}\" is given",
                region.value
            ),
            None => format!("clients.{name}: no region, so they reach their first component without delay"),
        });
    }
    let loses = |w: &crate::spec::network::WaySpec| w.loss > 0.0;
    if spec.network.iter().any(|n| n.ways.iter().any(loses)) {
        say.push(
            "a message that is lost is sent again after the mean round trip and 200 ms (RFC 6298 with Linux's least variation), after 1 s where it is the first of a connection, and after twice as long each further time"
                .to_owned(),
        );
    }
    if spec.faults.iter().any(|f| {
        matches!(
            f.kind,
            FaultKindSpec::RegionOutage(_) | FaultKindSpec::Partition(_)
        )
    }) {
        say.push(
            "what is sent into a dark region, or across a partition, is lost: callers hear nothing until their timeout, or until TCP gives up after 127 s"
                .to_owned(),
        );
    }
}

/// Reports calls between regions for which no way is given.
pub(super) fn missing_ways(spec: &ScenarioSpec, regions: &Regions, d: &Description, out: &mut Diagnostics) {
    let mut told = Vec::new();
    let name = |r: RegionId| regions.names.get(r.index()).map_or("", String::as_str);
    for crossing in crossings(d) {
        let (from, to) = (crossing.from, crossing.to);
        let lacks: Vec<(RegionId, RegionId)> = [(from, to), (to, from)]
            .into_iter()
            .filter(|(a, b)| d.network.way(*a, *b).is_none())
            .filter(|pair| !told.contains(pair))
            .collect();
        let Some((a, b)) = lacks.first().copied() else {
            continue;
        };
        told.extend(&lacks);
        let (caller, span) = match (crossing.clients, crossing.component) {
            (Some(i), _) => (
                format!("clients.{}", spec.clients[i].name.value),
                &spec.clients[i].name.span,
            ),
            (None, Some(ComponentId(i))) => {
                let c = &spec.components[usize::from(i)];
                (c.path(), &c.name.span)
            }
            (None, None) => continue,
        };
        let target = spec.components[crossing.target.index()].path();
        let arrow = if lacks.len() == 2 { "<->" } else { "->" };
        let message = format!(
            "nothing says how long a message takes from {} to {}",
            name(a),
            name(b)
        );
        let label = format!("{caller} in {} calls {target} in {}", name(from), name(to));
        let help = format!("give [network] `\"{} {arrow} {}\" = \"40ms\"`", name(a), name(b));
        out.push(Diagnostic::error(span, message).label(label).help(help));
    }
}

/// Lowers `[[fault]]`; those that name what isn't there are reported and left out.
pub(super) fn faults(
    spec: &ScenarioSpec,
    regions: &Regions,
    index: &Index<'_>,
    laws: &mut Laws<'_>,
    out: &mut Diagnostics,
) -> Vec<ScheduledFault> {
    let mut all = Vec::new();
    for (i, fault) in spec.faults.iter().enumerate() {
        if let Some(duration) = spec.run.duration.as_ref()
            && fault.at.value >= duration.value
        {
            let message = format!("fault.{i}: the trial is over by then");
            let problem = Diagnostic::warning(&fault.at.span, message);
            out.push(problem.label("it never strikes"));
        }
        let kind = kind(spec, fault, &format!("fault.{i}"), regions, index, laws, out);
        let strike = kind.map(|kind| ScheduledFault {
            at: SimTime::ZERO + fault.at.value,
            duration: fault.duration.value,
            kind,
        });
        let cut = match (&strike, &fault.kind) {
            (Some(drain), FaultKindSpec::Drain(.., delay)) => drains::cut(drain, *delay),
            _ => None,
        };
        all.extend(strike.into_iter().chain(cut));
    }
    all
}

fn kind(
    spec: &ScenarioSpec,
    fault: &FaultSpec,
    what: &str,
    regions: &Regions,
    index: &Index<'_>,
    laws: &mut Laws<'_>,
    out: &mut Diagnostics,
) -> Option<FaultKind> {
    Some(match &fault.kind {
        FaultKindSpec::RegionOutage(region) => FaultKind::RegionOutage(regions.of(region, what, out)?),
        FaultKindSpec::ZoneOutage(region, zone) => {
            let region = match region {
                Some(region) => Some(regions.of(region, what, out)?),
                None => None,
            };
            let zones = spec.components.iter().filter_map(|c| c.placement.zones.as_ref());
            let most = zones.map(|z| z.value).max().unwrap_or(1);
            if zone.value > most {
                let problem =
                    Diagnostic::error(&zone.span, format!("{what}: nothing is in zone {}", zone.value));
                out.push(problem.label(format!("expected a zone from 1 to {most}")));
            }
            FaultKind::ZoneOutage {
                region,
                zone: u16::try_from(zone.value - 1).unwrap_or(u16::MAX),
            }
        }
        FaultKindSpec::InstanceCrash(component, instances) => {
            let kinds = [
                "service",
                "balancer",
                "cache",
                "database",
                "object-store",
                "external",
            ];
            let id = index.component(component, &kinds, &format!("{what}: target"), out)?;
            if matches!(spec.components[id.index()].kind, KindSpec::Dns(_)) {
                let message = format!("{what}: {} has no instances that could crash", component.value);
                out.push(Diagnostic::error(&component.span, message).label("expected what stands behind it"));
                return None;
            }
            FaultKind::InstanceCrash {
                component: id,
                instances: instances.iter().map(|i| i.value - 1).collect(),
            }
        }
        FaultKindSpec::Drain(target, instances, _) => FaultKind::Drain {
            component: index.component(target, &["service"], &format!("{what}: target"), out)?,
            instances: instances.iter().map(|i| i.value - 1).collect(),
        },
        FaultKindSpec::Pause(target, instances) => FaultKind::Pause {
            component: index.component(target, &["service"], &format!("{what}: target"), out)?,
            instances: instances.iter().map(|i| i.value - 1).collect(),
        },
        FaultKindSpec::Slow(target, instances, factor) => {
            let kinds = ["service", "cache", "database", "object-store", "external"];
            FaultKind::Slow {
                component: index.component(target, &kinds, &format!("{what}: target"), out)?,
                instances: instances.iter().map(|i| i.value - 1).collect(),
                factor: *factor,
            }
        }
        FaultKindSpec::CoordinatorCrash(target) => {
            let id = index.component(target, &["database"], &format!("{what}: target"), out)?;
            let has_one =
                |k: &KindSpec| matches!(k, KindSpec::Database(d) if d.shards.transactions.is_some());
            if !has_one(&spec.components[id.index()].kind) {
                let message = format!("{what}: {} has no transactions", target.value);
                let problem = Diagnostic::error(&target.span, message);
                out.push(problem.label("expected a database with `transactions`"));
                return None;
            }
            FaultKind::CoordinatorCrash(id)
        }
        FaultKindSpec::Partition([a, b]) => {
            let (a, b) = (regions.of(a, what, out), regions.of(b, what, out));
            FaultKind::Partition(a?, b?)
        }
        FaultKindSpec::Latency([a, b], by) => {
            let (a, b) = (regions.of(a, what, out), regions.of(b, what, out));
            FaultKind::Latency {
                a: a?,
                b: b?,
                by: laws.law(by, out)?,
            }
        }
    })
}

/// Reports instances that a fault names and a component doesn't have.
pub(super) fn missing_instances(spec: &ScenarioSpec, d: &Description, out: &mut Diagnostics) {
    for (i, fault) in spec.faults.iter().enumerate() {
        let (FaultKindSpec::InstanceCrash(component, instances)
        | FaultKindSpec::Drain(component, instances, _)
        | FaultKindSpec::Pause(component, instances)
        | FaultKindSpec::Slow(component, instances, _)) = &fault.kind
        else {
            continue;
        };
        let Some(at) = spec
            .components
            .iter()
            .position(|c| c.name.value == component.value)
        else {
            continue;
        };
        let count = shards::instances(d, at);
        for instance in instances.iter().filter(|n| u64::from(n.value) > count) {
            let message = format!(
                "fault.{i}: {} has no instance {}",
                component.value, instance.value
            );
            let problem = Diagnostic::error(&instance.span, message);
            out.push(problem.label(format!("expected a number from 1 to {count}")));
        }
    }
}
