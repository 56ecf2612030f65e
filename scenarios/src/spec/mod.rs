//! What was written, one file per kind of table: read with types and units, names not yet resolved.

pub mod balancer;
pub mod balancing;
pub mod cache;
pub mod call_limit;
pub mod cdn;
pub mod clients;
pub mod database;
pub mod discipline;
pub mod disk;
pub mod dns;
pub mod eviction;
pub mod external;
pub mod fault;
pub mod freshness;
pub mod health;
pub mod key;
pub mod keys;
pub mod life;
pub mod machine;
pub mod member;
pub mod network;
pub mod plan;
pub mod policy;
pub mod pools;
pub mod prices;
pub mod reader;
pub mod retry;
pub mod routes;
pub mod run;
pub mod service;
pub mod shards;
pub mod shares;
pub mod slo;
pub mod station;
pub mod sticky;
mod subset;
pub mod transactions;

use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean, one_of};
use crate::quantity::shorten;
use crate::source::{Span, Spanned};
use crate::tree::{Entry, Node, Value};
use reader::{Reader, not_supported};

/// The tables and keys at the top of a scenario.
pub const TOP: &[(&str, &str)] = &[
    ("name", "What the scenario is called."),
    ("question", "What it is to answer."),
    ("run", "How long is simulated, how often, and from which seed."),
    ("slo", "What must hold."),
    ("network", "One-way delays; without it links are ideal."),
    ("keys", "Sets of keys that requests ask for."),
    ("clients", "Where requests come from."),
    (
        "balancer",
        "Chooses an instance of another component for every call.",
    ),
    ("service", "Instances that run call plans."),
    ("cache", "Nodes that keep copies of values by key."),
    ("database", "A primary with read replicas, in one or more shards."),
    ("variant", "Named sets of changes, to be compared."),
    ("sweep", "What varies from point to point."),
    ("prices", "What instances cost, over and beside the catalogue."),
    ("queue", "Not supported yet."),
    ("cdn", "Caches near the clients, in front of an origin."),
    ("object-store", "A store of objects that somebody else runs."),
    ("external", "A service that somebody else runs."),
    ("link", "Not supported yet."),
    ("fault", "What goes wrong, and when."),
];

/// The tables of keys that can stand below a name at the top, each with the way it is written.
#[must_use]
pub fn keys_of(top: &str) -> Vec<(String, &'static [key::Key])> {
    let one = |keys| vec![(top.to_owned(), keys)];
    let named = |keys| vec![(format!("{top}.NAME"), keys)];
    match top {
        "run" => one(run::RUN),
        "slo" => one(slo::SLO),
        "network" => vec![
            (top.to_owned(), network::NETWORK),
            (format!("{top}.\"A -> B\""), network::WAY),
        ],
        "fault" => vec![("[fault]".to_owned(), fault::FAULT)],
        "prices" => named(prices::PRICE),
        "keys" => named(keys::KEYS),
        "clients" => named(clients::CLIENTS),
        "balancer" => vec![
            (format!("{top}.NAME"), balancer::BALANCER),
            (format!("{top}.NAME, kind = \"dns\" or \"anycast\""), dns::DNS),
        ],
        "service" => named(service::SERVICE),
        "cache" => named(cache::CACHE),
        "cdn" => named(cdn::CDN),
        "database" => named(database::DATABASE),
        "object-store" => named(external::OBJECT_STORE),
        "external" => named(external::EXTERNAL),
        "variant" | "sweep" => one(&[]),
        _ => Vec::new(),
    }
}

/// The kinds of tables that have a name of their own below them.
pub const NAMED: &[&str] = &[
    "keys",
    "clients",
    "balancer",
    "service",
    "cache",
    "database",
    "queue",
    "cdn",
    "object-store",
    "external",
    "link",
    "variant",
];

/// A scenario as it was written.
#[derive(Clone, Debug, Default)]
pub struct ScenarioSpec {
    /// What it is called.
    pub name: Option<String>,
    /// What it is to answer.
    pub question: Option<String>,
    /// `[run]`.
    pub run: run::RunSpec,
    /// `[slo]`.
    pub slo: Option<slo::SloSpec>,
    /// `[network]`.
    pub network: Option<network::NetworkSpec>,
    /// `[keys.name]`.
    pub keys: Vec<keys::KeysSpec>,
    /// `[clients.name]`.
    pub clients: Vec<clients::ClientsSpec>,
    /// The components, in the order of the file.
    pub components: Vec<ComponentSpec>,
    /// Names of components that are not supported, so that calls of them are not reported as well.
    pub unsupported: Vec<String>,
    /// `[prices]`.
    pub prices: Vec<prices::PriceSpec>,
    /// `[[fault]]`.
    pub faults: Vec<fault::FaultSpec>,
}

/// A component as it was written.
#[derive(Clone, Debug)]
pub struct ComponentSpec {
    /// Its name.
    pub name: Spanned<String>,
    /// What it is.
    pub kind: KindSpec,
    /// On which machines, where.
    pub placement: station::PlacementSpec,
}

/// What a component is.
#[derive(Clone, Debug)]
pub enum KindSpec {
    /// Chooses an instance of another component.
    Balancer(Box<balancer::BalancerSpec>),
    /// Runs call plans.
    Service(Box<service::ServiceSpec>),
    /// Keeps copies of values.
    Cache(Box<cache::CacheSpec>),
    /// Keeps the values.
    Database(Box<database::DatabaseSpec>),
    /// Leads callers to one of several components.
    Dns(dns::DnsSpec),
    /// Keeps copies near the clients.
    Cdn(Box<cdn::CdnSpec>),
    /// Somebody else runs it.
    External(Box<external::ExternalSpec>),
}

impl ComponentSpec {
    /// The word for its kind.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            KindSpec::Balancer(_) | KindSpec::Dns(_) => "balancer",
            KindSpec::Service(_) => "service",
            KindSpec::Cache(_) => "cache",
            KindSpec::Database(_) => "database",
            KindSpec::Cdn(_) => "cdn",
            KindSpec::External(ref e) if e.store.is_some() => "object-store",
            KindSpec::External(_) => "external",
        }
    }

    /// `service.api`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}.{}", self.kind_name(), self.name.value)
    }
}

/// Reads a whole scenario. All problems are in `out`; what could not be read is left out.
pub fn read(root: &Node, out: &mut Diagnostics) -> ScenarioSpec {
    let mut spec = ScenarioSpec::default();
    if root.entries().is_empty() {
        if !matches!(root.value, Value::Broken) && out.errors() == 0 {
            let help = "the smallest scenario has [run], one [clients.name] and one [service.name]";
            out.push(
                Diagnostic::error(&root.span, "there is no scenario here")
                    .label("the file is empty")
                    .help(help),
            );
        }
        return spec;
    }
    let mut names: Vec<(String, String, Span)> = Vec::new();
    for entry in root.entries() {
        if NAMED.contains(&entry.key.as_str()) {
            named_tables(entry, &mut spec, &mut names, out);
        } else {
            single_table(entry, &mut spec, out);
        }
    }
    if root.get("run").is_none() {
        let at = Span::new(root.span.source(), 0, 0);
        let problem = Diagnostic::error(&at, "there is no [run]");
        out.push_missing(
            problem
                .label("expected a table [run]")
                .help("add `[run]` with `duration = \"5m\"`"),
        );
    }
    if spec.clients.is_empty() && root.get("clients").is_none() {
        let at = Span::new(root.span.source(), 0, 0);
        let problem = Diagnostic::error(&at, "there are no clients").label("expected a table [clients.name]");
        out.push_missing(problem.note("without clients nothing happens"));
    }
    // The order of the file, over all kinds: a person finds components where they were written.
    spec.components.sort_by_key(|c| c.name.span.range().start);
    spec
}

fn single_table(entry: &Entry, spec: &mut ScenarioSpec, out: &mut Diagnostics) {
    let (node, at) = (&entry.node, &entry.key_span);
    let text = |out: &mut Diagnostics| match &node.value {
        Value::Text(text) => Some(text.clone()),
        _ => {
            out.push(
                Diagnostic::error(&node.span, format!("{} is {}", entry.key, node.kind()))
                    .label("expected text"),
            );
            None
        }
    };
    match entry.key.as_str() {
        "name" => spec.name = text(out),
        "question" => spec.question = text(out),
        "run" => {
            spec.run = Reader::open(node, at, "run", run::RUN, out)
                .map(run::read)
                .unwrap_or_default()
        }
        "slo" => spec.slo = Reader::open(node, at, "slo", slo::SLO, out).map(slo::read),
        "network" => {
            let (node, ways) = network::ways(node, out);
            spec.network =
                Reader::open(&node, at, "network", network::NETWORK, out).map(|r| network::read(r, ways));
        }
        "prices" => spec.prices = prices::read(node, at, out),
        // Read by the overrides, which edit the tree before it comes here.
        "sweep" => {}
        "fault" => spec.faults = fault::read(node, at, out),
        other => {
            let names = || TOP.iter().map(|t| t.0);
            let problem = Diagnostic::error(at, format!("a scenario has no \"{}\"", shorten(other)));
            let known = one_of(names());
            out.push(
                problem
                    .label("unknown key")
                    .maybe_help(did_you_mean(other, names()))
                    .note(format!("known are {known}")),
            );
        }
    }
}

fn named_tables(
    section: &Entry,
    spec: &mut ScenarioSpec,
    names: &mut Vec<(String, String, Span)>,
    out: &mut Diagnostics,
) {
    let kind = section.key.as_str();
    if kind == "variant" || matches!(section.node.value, Value::Broken) {
        return;
    }
    if !matches!(section.node.value, Value::Table(_)) {
        let problem = Diagnostic::error(
            &section.key_span,
            format!("\"{kind}\" is {}", section.node.kind()),
        );
        out.push(problem.label(format!("expected a table [{kind}.name]")));
        return;
    }
    for entry in section.node.entries() {
        let (name, node, at) = (&entry.key, &entry.node, &entry.key_span);
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
            let problem = Diagnostic::error(at, format!("\"{}\" can't be a name", shorten(name)));
            out.push(problem.label("expected up to 64 letters, digits, `-` and `_`"));
            continue;
        }
        if !matches!(node.value, Value::Table(_) | Value::Broken) {
            let problem = Diagnostic::error(at, format!("{kind}.{name} is {}", node.kind()));
            out.push(
                problem
                    .label(format!("expected a table [{kind}.{name}]"))
                    .help(format!("give it a name: [{kind}.NAME]")),
            );
            continue;
        }
        match names.iter().find(|n| n.0 == *name) {
            Some((_, other, first)) => {
                let (line, _) = first.line_column();
                let problem = Diagnostic::error(at, format!("the name \"{name}\" is used twice"));
                out.push(
                    problem
                        .label("expected another name")
                        .note(format!("{other}.{name} is in line {line}")),
                );
            }
            None => names.push((name.clone(), kind.to_owned(), at.clone())),
        }
        let name = Spanned {
            value: name.clone(),
            span: at.clone(),
        };
        one(kind, name, node, spec, out);
    }
}

fn one(kind: &str, name: Spanned<String>, node: &Node, spec: &mut ScenarioSpec, out: &mut Diagnostics) {
    let what = format!("{kind}.{}", name.value);
    let is_name = kind == "balancer" && dns::is_name(node);
    let keys = match kind {
        "keys" => keys::KEYS,
        "clients" => clients::CLIENTS,
        "balancer" if is_name => dns::DNS,
        "balancer" => balancer::BALANCER,
        "service" => service::SERVICE,
        "cache" => cache::CACHE,
        "database" => database::DATABASE,
        "cdn" => cdn::CDN,
        "object-store" => external::OBJECT_STORE,
        "external" => external::EXTERNAL,
        _ => {
            let about = format!("components of kind \"{kind}\" are not simulated");
            out.push(not_supported(&name.span, &format!("[{what}]"), &about));
            spec.unsupported.push(name.value);
            return;
        }
    };
    let at = name.span.clone();
    let Some(r) = Reader::open(node, &at, what, keys, out) else {
        spec.unsupported.push(name.value);
        return;
    };
    let (kind, placement) = match kind {
        "keys" => return spec.keys.push(keys::read(name, r)),
        "clients" => return spec.clients.push(clients::read(name, r)),
        "balancer" if is_name => {
            let (spec, placement) = dns::read(r);
            (KindSpec::Dns(spec), placement)
        }
        "cdn" => {
            let (spec, placement) = cdn::read(r);
            (KindSpec::Cdn(Box::new(spec)), placement)
        }
        "object-store" => {
            let (spec, placement) = external::object_store(r);
            (KindSpec::External(Box::new(spec)), placement)
        }
        "external" => {
            let (spec, placement) = external::external(r);
            (KindSpec::External(Box::new(spec)), placement)
        }
        "balancer" => {
            let (spec, placement) = balancer::read(r);
            (KindSpec::Balancer(Box::new(spec)), placement)
        }
        "service" => {
            let (spec, placement) = service::read(r);
            (KindSpec::Service(Box::new(spec)), placement)
        }
        "cache" => {
            let (spec, placement) = cache::read(r);
            (KindSpec::Cache(Box::new(spec)), placement)
        }
        _ => {
            let (spec, placement) = database::read(r);
            (KindSpec::Database(Box::new(spec)), placement)
        }
    };
    spec.components.push(ComponentSpec {
        name,
        kind,
        placement,
    });
}
