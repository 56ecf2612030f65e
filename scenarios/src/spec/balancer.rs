//! `[balancer.name]`: chooses an instance of another component for every call.

use sim_core::model::{
    Balancing, CallLimit, FailOpen, Layer, MOST_BALANCERS, OutlierDetection, Part, PassiveCheck, Retry,
    Routing, SlowStart, Sticky, StickyBy,
};
use sim_core::time::SimDuration;

use super::balancing;
use super::call_limit::{self, MAX_CONNECTIONS};
use super::health::{self, CheckSpec, calls};
use super::key::{Key, Shape, TIME, key};
use super::machine::{self, MachineSpec};
use super::reader::Reader;
use super::retry::{self, RETRY};
use super::routes::{self, RouteSpec};
use super::shares::{self, ForComponent};
use super::station::{self, INSTANCE, INSTANCES, Limit, PlacementSpec, ZONES};
use super::sticky::{self, STICKY};
use super::subset;
use crate::diagnostic::Diagnostic;
use crate::expression::Expression;
use crate::quantity::Dimension;
use crate::source::{Span, Spanned};
use crate::tree::Value;

/// The keys of `[balancer.name]`.
pub static BALANCER: &[Key] = &[
    key(
        "forward",
        Shape::Name,
        "The service or balancer whose instances are chosen from; needed unless there are `routes`.",
    ),
    key(
        "routes",
        Shape::List(&Shape::Table(routes::ROUTE)),
        "Instead of `forward`: leads calls to one of several components; the first route that takes a call decides.",
    ),
    key(
        "policy",
        Shape::Member(balancing::BALANCING),
        "The rule of choice, \"round-robin\" unless said; with parameters as in { power-of-d = { choices = 2 } }.",
    ),
    key(
        "sticky",
        Shape::Table(STICKY),
        "Whether calls from one source go to the same instance, whatever the policy says; they don't unless said.",
    ),
    shares::WEIGHTS,
    subset::SUBSET,
    health::CHECK,
    calls::PASSIVE,
    calls::OUTLIER,
    health::FAIL_OPEN,
    calls::SLOW_START,
    shares::PRIORITIES,
    shares::OVERPROVISIONING,
    shares::PRIORITIES_BY,
    health::PANIC,
    shares::BACKUPS,
    shares::ZONE_AWARE,
    shares::STALE,
    key(
        "timeout",
        TIME,
        "How long it waits for an instance; as long as its caller does unless said. Only what takes longer than this counts as a failure of the instance.",
    ),
    key(
        "retry",
        Shape::Table(RETRY),
        "What it does itself when a call to an instance failed; it hands the failure on unless said.",
    ),
    key(
        "retry-elsewhere",
        Shape::Flag,
        "Whether a further try passes over the instances that the call has been to, as nginx's does; false unless said.",
    ),
    key(
        "latency",
        Shape::Expression,
        "A delay that every call takes here.",
    ),
    key(
        "capacity",
        Shape::Quantity(Dimension::Rate),
        "Calls per second that pass an instance at most; no limit unless said.",
    ),
    station::QUEUE,
    MAX_CONNECTIONS,
    machine::MACHINE,
    INSTANCES,
    INSTANCE,
    ZONES,
    station::FAILURES,
    key(
        "convergence",
        TIME,
        "With several instances: until who calls one that went down turns to the others, and comes back to one that is up again; 60s with a machine that AWS runs, else 30s, unless said.",
    ),
    key(
        "kind",
        Shape::Member(super::dns::KINDS),
        "Instead: \"dns\" or \"anycast\", a name that leads callers to one of several components.",
    ),
    station::REGION,
];

/// A balancer as it was written.
#[derive(Clone, Debug)]
pub struct BalancerSpec {
    /// The component behind it.
    pub forward: Option<Spanned<String>>,
    /// Or which of several a call goes to.
    pub routes: Vec<RouteSpec>,
    /// Where the routes stand, if there are any.
    pub routes_span: Option<Span>,
    /// The rule of choice.
    pub policy: Option<Balancing>,
    /// Whether calls from one source go to the same instance.
    pub sticky: Option<Sticky>,
    /// How much each instance is to get, and where that was written.
    pub weights: Vec<ForComponent<Vec<u32>>>,
    /// The level of each instance, and where that was written.
    pub priorities: Vec<ForComponent<Vec<u32>>>,
    /// How many of the last are for want of others.
    pub backups: Vec<ForComponent<u32>>,
    /// What comes before the choice, without the priorities.
    pub routing: Routing,
    /// Where the subset was written, if it was.
    pub subset_span: Option<Span>,
    /// Active checks.
    pub check: Option<CheckSpec>,
    /// Keeps out who fails too many calls.
    pub passive_check: Option<PassiveCheck>,
    /// Keeps out who does worse than its siblings.
    pub outlier_detection: Option<OutlierDetection>,
    /// When instances that are kept out are chosen all the same.
    pub fail_open: Option<FailOpen>,
    /// How the weight of an instance grows that came back.
    pub slow_start: Option<SlowStart>,
    /// How long it waits for an instance.
    pub timeout: Option<SimDuration>,
    /// Calls out at each instance, above which calls wait.
    pub limit: Option<Spanned<CallLimit>>,
    /// What it does itself when a call failed.
    pub retry: Option<Retry>,
    /// Whether it then passes over the instances that the call has been to.
    pub retries_elsewhere: bool,
    /// The delay of every call.
    pub latency: Option<Expression>,
    /// Calls per second.
    pub capacity: Option<f64>,
    /// Calls that may wait for a worker, or for the capacity.
    pub queue: Option<Limit>,
    /// What each instance is.
    pub machine: Option<MachineSpec>,
    /// How many there are.
    pub instances: Option<Spanned<u32>>,
    /// Until callers have noticed which ones are down.
    pub convergence: Option<SimDuration>,
}

impl BalancerSpec {
    /// Whether it stands nowhere in particular: a managed one, or one of which nothing says what it runs on.
    pub fn spans_zones(&self) -> bool {
        self.instances.is_none() && self.machine.as_ref().is_none_or(MachineSpec::is_managed)
    }

    /// The names of all components behind it.
    pub fn targets(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.forward.iter().chain(self.routes.iter().map(|r| &r.to))
    }
}

/// Reads `[balancer.name]`.
pub fn read(mut r: Reader<'_, '_>) -> (BalancerSpec, PlacementSpec) {
    let (forward, routes) = behind(&mut r);
    let routes_span = r.has("routes").then(|| r.key_span("routes"));
    // The kinds that are known have tables of their own.
    r.word("kind");
    let policy = r.member("policy").and_then(|p| balancing::read(&p, r.out));
    let sticky = sticky::read(&mut r);
    let weights = shares::weights(&mut r);
    let priorities = shares::priorities(&mut r);
    let backups = shares::backups(&mut r);
    let routing = shares::routing(&mut r);
    let subset_span = r.has("subset").then(|| r.key_span("subset"));
    let check = health::check(&mut r);
    // Without anything that keeps instances out, `fail-open` would have no effect: finish says so.
    let (passive_check, outlier_detection) = (calls::passive(&mut r), calls::outlier(&mut r));
    let watches = ["health-check", "passive-check", "outlier-detection"];
    let watches = watches.iter().any(|key| r.has(key));
    let fail_open = if watches { health::fail_open(&mut r) } else { None };
    if let (Some(FailOpen::Below(_)), false) = (fail_open, backups.is_empty()) {
        let key = ["fail-open", "panic-threshold"]
            .into_iter()
            .find(|key| r.has(key));
        let at = r.key_span(key.unwrap_or("backups"));
        let message = format!(
            "{}: with backups a share of healthy instances decides nothing",
            r.what
        );
        r.out.push(
            Diagnostic::error(&at, message)
                .label("expected \"when-none\" or \"never\"")
                .help("backups are used when no other may be chosen, and all are chosen from when none is healthy at all"),
        );
    }
    let system = check.as_ref().and_then(|c| c.system).map(|s| s.0.name);
    let slow_start = if watches {
        calls::slow_start(&mut r, calls::usual_curve(system))
    } else {
        None
    };
    if slow_start.is_some() && policy.is_some_and(|p| p.sees_keys() || p.sees_sources()) {
        let at = r.key_span("slow-start");
        let message = format!("{}: slow-start has no effect with this policy", r.what);
        let label = "a hash sends every key or source where it belongs, whoever came back";
        r.out.push(Diagnostic::error(&at, message).label(label));
    }
    let timeout = r.positive_duration("timeout").map(|t| t.value);
    let limit = call_limit::read(&mut r);
    let retry = r.table("retry", RETRY).and_then(retry::read);
    // Without a further try there is nowhere else to go: finish says so.
    let retries_elsewhere = r.has("retry") && r.flag("retry-elsewhere") == Some(true);
    let latency = r.expression("latency");
    let capacity = r.rate("capacity").map(|c| c.value);
    let machine = machine::read(&mut r);
    // Without a worker nothing waits here, and `queue` would have no effect: finish says so.
    let queue = if r.has("capacity") || machine.as_ref().is_some_and(MachineSpec::has_work) {
        station::limit(&mut r, "queue", 0)
    } else {
        None
    };
    if let (Some(work), true) = (machine.as_ref().and_then(|m| m.work.as_ref()), r.has("capacity")) {
        let message = format!("{} has both a capacity and work", r.what);
        let problem = Diagnostic::error(&work.span, message);
        r.out.push(
            problem
                .label("expected one of them")
                .help("`workers` and `work` make a capacity: 4 workers with 1ms each are 4000/s"),
        );
    }
    let instances = r.count("instances", 1, MOST_BALANCERS);
    // With a single one there is nobody to turn to, and `convergence` would have no effect: finish says so.
    let convergence = match &instances {
        Some(several) if several.value > 1 => r.duration("convergence").map(|c| c.value),
        _ => None,
    };
    if let Some(machine) = machine.as_ref().filter(|m| m.layer() == Layer::L4) {
        sees_no_calls(&mut r, machine, &routes, policy, sticky);
    }
    // A machine that is sold has a type of its own.
    let sold = machine
        .as_ref()
        .and_then(|m| m.preset)
        .and_then(|(_, p)| p.instance);
    let sold = sold.map(|name| Spanned {
        value: name.to_owned(),
        span: r.key_span("machine"),
    });
    let placement = PlacementSpec {
        instance: r.text("instance").or(sold),
        zones: r.count("zones", 1, 1000),
        region: r.text("region"),
        size: None,
        failures: station::failures(&mut r),
    };
    r.finish();
    (
        BalancerSpec {
            forward,
            routes,
            routes_span,
            policy,
            sticky,
            weights,
            priorities,
            backups,
            routing,
            subset_span,
            check,
            passive_check,
            outlier_detection,
            fail_open,
            slow_start,
            timeout,
            limit,
            retry,
            retries_elsewhere,
            latency,
            capacity,
            queue,
            machine,
            instances,
            convergence,
        },
        placement,
    )
}

/// Reports what a balancer that leads connections can't do, for it sees no calls.
fn sees_no_calls(
    r: &mut Reader<'_, '_>,
    machine: &MachineSpec,
    routes: &[RouteSpec],
    policy: Option<Balancing>,
    sticky: Option<Sticky>,
) {
    let looks = |route: &RouteSpec| route.op.is_some() || matches!(route.part, Part::Keys(_));
    let wrong = [
        ("retry", r.has("retry"), "it can't send a call again"),
        (
            "routes",
            routes.iter().any(looks),
            "it knows no operations and no keys",
        ),
        (
            "policy",
            policy.is_some_and(Balancing::sees_keys),
            "it knows no keys",
        ),
        (
            "sticky",
            sticky.is_some_and(|s| s.by == StickyBy::Cookie),
            "it sets no cookies",
        ),
    ];
    let name = machine.preset.map_or("an L4 balancer", |(member, _)| member.name);
    for (key, is_wrong, why) in wrong {
        if is_wrong {
            let message = format!("{}: {name} leads connections, and sees no calls", r.what);
            let problem = Diagnostic::error(&r.key_span(key), message);
            r.out.push(
                problem
                    .label(why)
                    .help("`machine = { layer = \"L7\" }` sees calls"),
            );
        }
    }
}

/// The component behind it, or the routes to several.
fn behind(r: &mut Reader<'_, '_>) -> (Option<Spanned<String>>, Vec<RouteSpec>) {
    let forward = match r.node.get("forward").map(|n| &n.value) {
        Some(Value::Array(_)) => {
            r.take("forward");
            let at = r.key_span("forward");
            let problem = Diagnostic::error(&at, format!("{}: forward names several components", r.what));
            let help = "write `routes = [{ share = \"5%\", to = \"canary\" }, { to = \"api\" }]` to lead calls to several";
            r.out
                .push(problem.label("expected the name of one component").help(help));
            None
        }
        _ => r.text("forward"),
    };
    let routes = routes::read(r);
    match (r.has("forward"), r.has("routes")) {
        (true, true) => {
            let at = r.key_span("routes");
            let problem = Diagnostic::error(&at, format!("{} has both forward and routes", r.what));
            r.out.push(problem.label("expected one of them"));
        }
        (false, false) => {
            let problem = Diagnostic::error(&r.at, format!("{} has no \"forward\"", r.what));
            let label = "expected `forward = ...` or `routes = [...]` in this table";
            r.out.push_missing(problem.label(label));
        }
        _ => {}
    }
    (forward, routes)
}
