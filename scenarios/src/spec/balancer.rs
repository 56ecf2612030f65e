//! `[balancer.name]`: chooses an instance of another component for every call.

use sim_core::model::{
    Balancing, FailOpen, Layer, Levels, MOST_BALANCERS, OutlierDetection, Part, PassiveCheck, Retry, Routing,
    SlowStart, Stale, Sticky, StickyBy, ZoneAware,
};
use sim_core::time::SimDuration;

use super::balancing;
use super::health::{self, CheckSpec, calls};
use super::key::{Key, SHARE, Shape, TIME, key, required};
use super::machine::{self, MachineSpec};
use super::reader::Reader;
use super::retry::{self, RETRY};
use super::routes::{self, RouteSpec};
use super::station::{self, INSTANCE, INSTANCES, Limit, MOST_INSTANCES, PlacementSpec, ZONES};
use super::sticky::{self, STICKY};
use super::subset;
use crate::diagnostic::Diagnostic;
use crate::expression::Expression;
use crate::quantity::Dimension;
use crate::source::{Span, Spanned};
use crate::tree::Value;

/// The last level of priority.
const MOST_PRIORITY: u32 = 127;
/// The largest weight.
const MOST_WEIGHT: u32 = 1_000_000;

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
    key(
        "weights",
        Shape::List(&Shape::Count),
        "How much each instance is to get, one whole number for each in order; all the same unless said.",
    ),
    subset::SUBSET,
    health::CHECK,
    calls::PASSIVE,
    calls::OUTLIER,
    health::FAIL_OPEN,
    calls::SLOW_START,
    key(
        "priorities",
        Shape::List(&Shape::Count),
        "The level of each instance in order, from 0: a later level gets calls as those before become too few (Envoy).",
    ),
    key(
        "overprovisioning",
        Shape::Number,
        "With levels: one counts as whole while this times its healthy part is at least 1; 1.4 unless said.",
    ),
    key(
        "panic-threshold",
        SHARE,
        "With a smaller part healthy all are chosen from, healthy or not; 50% with `priorities`, else only when none is.",
    ),
    key(
        "zone-aware",
        Shape::Any(&[Shape::Flag, Shape::Table(ZONE_AWARE)]),
        "Whether calls stay in their caller's zone as far as its instances can take them (Envoy); false unless said.",
    ),
    key(
        "stale",
        Shape::Any(&[TIME, Shape::Table(STALE)]),
        "How old the loads are that the policy sees: always as old as this, or { every = \"1s\" }; fresh unless said.",
    ),
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
        Shape::Word(super::dns::KINDS),
        "Instead: \"dns\" or \"anycast\", a name that leads callers to one of several components.",
    ),
    station::REGION,
];

static ZONE_AWARE: &[Key] = &[key(
    "min-instances",
    Shape::Count,
    "With fewer healthy instances zones are not looked at; 6 unless said.",
)];

static STALE: &[Key] = &[required(
    "every",
    TIME,
    "The loads are copied so often, and kept until the next time.",
)];

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
    pub weights: Option<Spanned<Vec<u32>>>,
    /// The level of each instance, and where that was written.
    pub priorities: Option<Spanned<Vec<u32>>>,
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
    /// What it does itself when a call failed.
    pub retry: Option<Retry>,
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
    let weights = numbers(&mut r, "weights", "a weight", 1..=MOST_WEIGHT);
    let priorities = numbers(&mut r, "priorities", "a priority", 0..=MOST_PRIORITY);
    let routing = routing(&mut r);
    let subset_span = r.has("subset").then(|| r.key_span("subset"));
    let check = health::check(&mut r);
    // Without anything that keeps instances out, `fail-open` would have no effect: finish says so.
    let (passive_check, outlier_detection) = (calls::passive(&mut r), calls::outlier(&mut r));
    let watches = ["health-check", "passive-check", "outlier-detection"];
    let watches = watches.iter().any(|key| r.has(key));
    let fail_open = if watches { health::fail_open(&mut r) } else { None };
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
    let retry = r.table("retry", RETRY).and_then(retry::read);
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
            routing,
            subset_span,
            check,
            passive_check,
            outlier_detection,
            fail_open,
            slow_start,
            timeout,
            retry,
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

/// A list of whole numbers.
fn numbers(
    r: &mut Reader<'_, '_>,
    key: &str,
    each: &str,
    range: std::ops::RangeInclusive<u32>,
) -> Option<Spanned<Vec<u32>>> {
    let items = r.list(key)?;
    let span = r.node.get(key)?.span.clone();
    let mut all = Vec::new();
    for item in items {
        match u32::try_from(r.whole(item, key)?.value) {
            Ok(number) if range.contains(&number) => all.push(number),
            _ => {
                let problem = Diagnostic::error(&item.span, format!("{}: {each} is out of range", r.what));
                let (least, most) = (range.start(), range.end());
                r.out
                    .push(problem.label(format!("expected a whole number from {least} to {most}")));
                return None;
            }
        }
    }
    Some(Spanned { value: all, span })
}

fn routing(r: &mut Reader<'_, '_>) -> Routing {
    let has_levels = r.has("priorities");
    // Without levels there is nothing to be whole: finish says so.
    let overprovisioning = r
        .has("priorities")
        .then(|| r.number("overprovisioning"))
        .flatten()
        .filter(|n| {
            let is_right = (1.0..=1e6).contains(&n.value);
            if !is_right {
                let problem =
                    Diagnostic::error(&n.span, format!("{}: overprovisioning is out of range", r.what));
                r.out.push(problem.label("expected a number from 1 to 1000000"));
            }
            is_right
        });
    let panic = r.share("panic-threshold");
    let levels = (has_levels || panic.is_some()).then(|| Levels {
        priorities: Vec::new(),
        overprovisioning_percent: overprovisioning.map_or(140, |n| (n.value * 100.0).round() as u32),
        panic_percent: panic.map_or(50, |p| (p.value * 100.0).round() as u32),
    });
    Routing {
        subset: subset::read(r),
        levels,
        zone_aware: zone_aware(r),
        stale: stale(r),
    }
}

fn zone_aware(r: &mut Reader<'_, '_>) -> Option<ZoneAware> {
    let rule = ZoneAware { least_instances: 6 };
    if !matches!(r.node.get("zone-aware")?.value, Value::Table(_)) {
        return r.flag("zone-aware")?.then_some(rule);
    }
    let mut table = r.table("zone-aware", ZONE_AWARE)?;
    let least = table.count("min-instances", 1, MOST_INSTANCES);
    table.finish();
    Some(ZoneAware {
        least_instances: least.map_or(6, |n| n.value),
    })
}

fn stale(r: &mut Reader<'_, '_>) -> Option<Stale> {
    if !matches!(r.node.get("stale")?.value, Value::Table(_)) {
        return r
            .positive_duration("stale")
            .map(|t| Stale::Continuous { age: t.value });
    }
    let mut table = r.table("stale", STALE)?;
    let every = table.positive_duration("every");
    table.finish();
    every.map(|t| Stale::Periodic { every: t.value })
}
