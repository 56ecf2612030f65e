//! The `machine` of `[balancer.name]`: what it leads, what a call takes of it, how many it holds and what it costs, by the name
//! of a real one or in figures of one's own.

use sim_core::model::{Fee, Layer};
use sim_core::time::SimDuration;

use super::key::{Key, Shape, TIME, key};
use super::member::Member;
use super::reader::Reader;
use super::station::{self, Limit, MOST_WORKERS};
use crate::catalog::prices;
use crate::diagnostic::{Diagnostic, did_you_mean, one_of};
use crate::expression::Expression;
use crate::quantity::Dimension;
use crate::source::Spanned;
use crate::tree::Value;

/// What it runs on.
pub const MACHINE: Key = key(
    "machine",
    Shape::Any(SHAPES),
    "What each instance is: a real one by its name (\"alb\"), that with changes ({ haproxy = { workers = 4 } }), or figures of one's own; nothing that takes time or holds anybody up unless said.",
);

const SHAPES: &[Shape] = &[Shape::Member(MACHINES), Shape::Table(FIGURES)];

static FIGURES: &[Key] = &[
    key(
        "layer",
        Shape::Word(&["L4", "L7"]),
        "What it leads: connections with all that comes over them (\"L4\"; which calls share one say the clients' `sources`), or each call by itself (\"L7\", unless said).",
    ),
    key(
        "workers",
        Shape::Count,
        "Calls that it works on at once; the cores of its type of instance, or 1, unless said.",
    ),
    key(
        "work",
        Shape::Expression,
        "How long one of its workers has to do with a call, such as \"30us\"; the machine's own, or nothing, unless said.",
    ),
    key(
        "connections",
        Shape::Any(&[Shape::Word(&["unlimited"]), Shape::Count]),
        "Calls that it has under way at most, those at the instances behind it included: one more is rejected; the machine's own, or unlimited, unless said.",
    ),
    key(
        "idle-timeout",
        TIME,
        "How long it keeps a source's connection on which nothing comes; the machine's own, or 60s, unless said.",
    ),
    key(
        "price",
        Shape::Quantity(Dimension::PricePerByte),
        "What a gigabyte of answers through it costs; the machine's own, or nothing, unless said.",
    ),
];

const RULED: &str =
    "its limits, workers and fee against Erlang's formulas and sums by hand; unlike its siblings";

/// The machines that have a name.
pub static MACHINES: &[Member] = &[
    Member {
        name: "alb",
        about: "AWS Application Load Balancer, L7: its price by the hour, and $0.008 for each hour of a capacity unit: of 25 new connections/s, 3,000 open ones, 1 GB/h of answers and 1,000 routes looked at/s beyond ten of each call, whichever are most. Keeps idle connections for 60s. It grows by itself; AWS publishes no delay: give it a `latency`.",
        parameters: FIGURES,
        source: "AWS, elasticloadbalancing/pricing, us-east-1; Elastic Load Balancing guide",
        checked: RULED,
    },
    Member {
        name: "nlb",
        about: "AWS Network Load Balancer, L4 (TCP): its price by the hour, and $0.006 for each hour of a capacity unit: of 800 new connections/s, 100,000 open ones and 1 GB/h of answers, whichever are most. Keeps idle connections for 350s. It grows by itself; AWS publishes no delay: give it a `latency`.",
        parameters: FIGURES,
        source: "AWS, elasticloadbalancing/pricing, us-east-1; Elastic Load Balancing guide",
        checked: RULED,
    },
    Member {
        name: "clb",
        about: "AWS Classic Load Balancer (ELB), L7: its price by the hour, and $0.008 for a GB of answers. Keeps idle connections for 60s.",
        parameters: FIGURES,
        source: "AWS, elasticloadbalancing/pricing, us-east-1; Elastic Load Balancing guide",
        checked: RULED,
    },
    Member {
        name: "nginx",
        about: "nginx, L7: a worker for each core with 512 connections, of which a call takes two, one on either side. A call takes 27us of a core: assumed, twice what a page of 1 KB took where nginx was the server itself (74,091/s of a core).",
        parameters: FIGURES,
        source: "nginx.org, worker_connections and keepalive_timeout; NGINX, Testing the Performance of NGINX and NGINX Plus Web Servers, 2017",
        checked: RULED,
    },
    Member {
        name: "haproxy",
        about: "HAProxy, L7: a call takes 31us of a core, as 64 of them forwarded 2,040,000 requests/s. Any number of connections: `maxconn` hangs on the system's limits, so say it if it counts.",
        parameters: FIGURES,
        source: "HAProxy 2.3 on AWS Graviton2 (c6gn.16xlarge), haproxy.com/blog, April 2021",
        checked: RULED,
    },
    Member {
        name: "envoy",
        about: "Envoy, L7: at most 1,024 calls out at once, its default circuit breaker of a cluster. Envoy publishes no figure of its own speed: say `work` if it counts.",
        parameters: FIGURES,
        source: "Envoy, config.cluster.v3.CircuitBreakers (max_requests)",
        checked: RULED,
    },
];

/// What is known of a machine with a name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preset {
    /// Its type of instance, where it has only one.
    pub instance: Option<&'static str>,
    /// What it leads.
    pub layer: Layer,
    /// Microseconds of a worker that a call takes.
    pub work_us: f64,
    /// Where that figure, or what a call is delayed by, comes from, as an assumption says it.
    pub speed_from: &'static str,
    /// Calls under way for each of its workers at most.
    pub calls_of_worker: Option<u32>,
    /// Where the limit of calls comes from.
    pub calls_from: &'static str,
    /// Calls under way at most.
    pub calls: Option<u32>,
    /// Seconds for which an idle connection is kept.
    pub idle_s: u64,
    /// Units of its fee: new connections per second, open ones, routes per second and free routes; a unit is always a GB an hour.
    fee: Option<(f64, f64, f64, u32)>,
    /// What a unit costs, in USD, where the catalogue's type of instance doesn't say it.
    usd_per_unit: f64,
}

const BARE: Preset = Preset {
    instance: None,
    layer: Layer::L7,
    work_us: 0.0,
    speed_from: "a call takes it no time: assumed, for AWS publishes no figure",
    calls_of_worker: None,
    calls_from: "",
    calls: None,
    idle_s: 60,
    fee: None,
    usd_per_unit: 0.0,
};

/// A dimension that doesn't count.
const NO: f64 = f64::INFINITY;

static PRESETS: &[Preset] = &[
    Preset {
        instance: Some("alb"),
        fee: Some((25.0, 3000.0, 1000.0, 10)),
        ..BARE
    },
    Preset {
        instance: Some("nlb"),
        layer: Layer::L4,
        idle_s: 350,
        fee: Some((800.0, 100_000.0, NO, 0)),
        ..BARE
    },
    Preset {
        instance: Some("clb"),
        fee: Some((NO, NO, NO, 0)),
        usd_per_unit: 0.008,
        ..BARE
    },
    Preset {
        work_us: 27.0,
        speed_from: "assumed: twice what a page of 1 KB took of a core where nginx was the server itself, 74,091/s (NGINX, 2017)",
        calls_of_worker: Some(256),
        calls_from: "worker_connections = 512 for each worker, and a call takes two: nginx.org",
        idle_s: 75,
        ..BARE
    },
    Preset {
        work_us: 31.0,
        speed_from: "64 cores forwarded 2,040,000 requests/s: haproxy.com/blog, April 2021",
        ..BARE
    },
    Preset {
        calls: Some(1024),
        calls_from: "max_requests of a cluster: Envoy, CircuitBreakers",
        speed_from: "a call takes it no time: assumed, for Envoy publishes no figure",
        ..BARE
    },
];

impl Preset {
    /// What is paid for what passes through.
    #[must_use]
    pub fn fee(&self) -> Option<Fee> {
        let (new_per_s, open, rules_per_s, free_rules) = self.fee?;
        let of_catalogue = self
            .instance
            .and_then(prices::lookup)
            .and_then(|i| i.usd_per_unit_hour);
        Some(Fee {
            unit: per_unit(of_catalogue.unwrap_or(self.usd_per_unit)),
            new_per_s,
            open,
            bytes_per_hour: GB,
            rules_per_s,
            free_rules,
        })
    }
}

const GB: f64 = 1e9;

/// 10^-12 USD of a price in USD.
fn per_unit(usd: f64) -> u64 {
    (usd * 1e12).round().clamp(0.0, 1e18) as u64
}

/// A machine as it was written.
#[derive(Clone, Debug)]
pub struct MachineSpec {
    /// The machine whose figures these are, perhaps changed.
    pub preset: Option<(&'static Member, Preset)>,
    /// What it leads.
    pub layer: Option<Layer>,
    /// Calls that it works on at once.
    pub workers: Option<u32>,
    /// How long a worker has to do with a call.
    pub work: Option<Spanned<Expression>>,
    /// Calls under way at most.
    pub connections: Option<Limit>,
    /// How long an idle connection is kept.
    pub idle: Option<SimDuration>,
    /// What bytes cost, instead of the fee of the machine.
    pub fee: Option<Fee>,
}

impl MachineSpec {
    /// Whether somebody else runs it, and sees to it that it is up.
    pub fn is_managed(&self) -> bool {
        self.preset.is_some_and(|(_, p)| p.instance.is_some())
    }

    /// What it leads.
    #[must_use]
    pub fn layer(&self) -> Layer {
        let of_preset = self.preset.map_or(Layer::L7, |p| p.1.layer);
        self.layer.unwrap_or(of_preset)
    }

    /// Whether a call takes anything of a worker.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.work.is_some() || self.preset.is_some_and(|(_, p)| p.work_us > 0.0)
    }
}

/// Reads `machine`.
pub(super) fn read(r: &mut Reader<'_, '_>) -> Option<MachineSpec> {
    let node = r.node.get("machine")?;
    let preset = |place: usize| Some((&MACHINES[place], *PRESETS.get(place)?));
    match (&node.value, node.entries()) {
        (Value::Text(_), _) => {
            let place = r.word("machine")?.value;
            Some(MachineSpec {
                preset: preset(place),
                layer: None,
                workers: None,
                work: None,
                connections: None,
                idle: None,
                fee: None,
            })
        }
        (Value::Table(_), [only]) if matches!(only.node.value, Value::Table(_)) => {
            r.take("machine");
            let names = || MACHINES.iter().map(|m| m.name);
            let Some(place) = names().position(|n| n == only.key) else {
                let message = format!("{}: no machine is called \"{}\"", r.what, only.key);
                let problem = Diagnostic::error(&only.key_span, message);
                r.out.push(
                    problem
                        .label(format!("expected {}", one_of(names())))
                        .maybe_help(did_you_mean(&only.key, names())),
                );
                return None;
            };
            let what = format!("{}.machine.{}", r.what, only.key);
            let table = Reader::open(&only.node, &only.key_span, what, FIGURES, r.out)?;
            Some(figures(table, preset(place)))
        }
        _ => {
            let table = r.table("machine", FIGURES)?;
            Some(figures(table, None))
        }
    }
}

/// The figures of a table, over those of a machine with a name.
fn figures(mut r: Reader<'_, '_>, preset: Option<(&'static Member, Preset)>) -> MachineSpec {
    let layer = r.word("layer").map(|l| [Layer::L4, Layer::L7][l.value]);
    let workers = r.count("workers", 1, MOST_WORKERS).map(|w| w.value);
    let at = r.key_span("work");
    let work = r.expression("work").map(|value| Spanned { value, span: at });
    let connections = station::limit(&mut r, "connections", 1);
    let idle = r.positive_duration("idle-timeout").map(|t| t.value);
    let fee = r.quantity("price", Dimension::PricePerByte).map(|p| Fee {
        unit: per_unit(p.value * GB),
        new_per_s: NO,
        open: NO,
        bytes_per_hour: GB,
        rules_per_s: NO,
        free_rules: 0,
    });
    r.finish();
    MachineSpec {
        preset,
        layer,
        workers,
        work,
        connections,
        idle,
        fee,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_machine_has_figures_of_its_own_and_a_price_if_it_is_sold() {
        assert_eq!(MACHINES.len(), PRESETS.len());
        for (i, preset) in PRESETS.iter().enumerate() {
            assert!(!PRESETS[..i].contains(preset), "{}", MACHINES[i].name);
            if let Some(instance) = preset.instance {
                assert!(prices::lookup(instance).is_some(), "{instance}");
                assert!(preset.fee().is_some_and(|f| f.unit > 0), "{instance}");
            }
        }
    }
}
