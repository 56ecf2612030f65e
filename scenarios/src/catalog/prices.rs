//! What an hour of a machine costs, and how large the machine is: the instance types that a scenario may name.
//!
//! AWS, us-east-1, Linux, on demand; each row has its source and the source its date. Prices of EC2 are those of the AWS
//! price API as Karpenter generated them (2026-07-20); RDS and ElastiCache from copies of the AWS Price List (2026-09-24
//! and 2026-10-02). Reserved and spot prices are estimates by ratio unless a measured one is known, and say so.

use std::sync::LazyLock;

use serde::Deserialize;

/// The day on which the catalogue was put together.
pub const CATALOGUE_DATE: &str = "2026-11-20";

/// Hours in a month of a bill: 365 × 24 / 12.
pub const HOURS_PER_MONTH: f64 = 730.0;

/// What a type of instance is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A machine for programs.
    Compute,
    /// A managed database.
    Database,
    /// A managed cache.
    Cache,
    /// A managed load balancer, which has no size.
    Balancer,
}

/// A price below the one on demand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Discounted {
    /// USD per hour.
    pub usd_per_hour: f64,
    /// Key into [`super::sources`] of who saw it; none if it is an estimate, the on-demand price times a ratio that was
    /// measured for other types.
    pub source: Option<&'static str>,
}

/// One type of instance and its price.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// The provider's own name, such as `c7g.xlarge`.
    pub name: String,
    /// What it is, in a few words.
    pub what: &'static str,
    /// What it is for.
    pub kind: Kind,
    /// Virtual processors; none for a load balancer.
    pub vcpu: Option<u32>,
    /// Memory in bytes; none for a load balancer.
    pub memory_bytes: Option<u64>,
    /// USD per hour on demand.
    pub usd_per_hour: f64,
    /// USD per hour of one capacity unit (LCU) that a load balancer's traffic fills.
    pub usd_per_unit_hour: Option<f64>,
    /// Reserved for one year with nothing paid up front.
    pub reserved: Option<Discounted>,
    /// On the spot market, where it changes daily.
    pub spot: Option<Discounted>,
    /// Who sells it.
    pub provider: &'static str,
    /// Where.
    pub region: &'static str,
    /// Key into [`super::sources`], whose date is the day of the price.
    pub source: &'static str,
    /// False if the price was not looked up but reckoned from another size.
    pub price_checked: bool,
    /// False if processors and memory were not looked up.
    pub shape_checked: bool,
    /// What else to know.
    pub note: Option<&'static str>,
}

impl Instance {
    /// USD per month on demand, of [`HOURS_PER_MONTH`].
    pub fn usd_per_month(&self) -> f64 {
        self.usd_per_hour * HOURS_PER_MONTH
    }
}

/// What else is on a bill: bytes, requests, stored bytes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "(String, String, f64, String, String)")]
pub struct Service {
    /// Name in kebab case.
    pub name: String,
    /// What is paid for.
    pub what: String,
    /// USD for one `per`.
    pub usd: f64,
    /// What the price is of.
    pub per: String,
    /// Key into [`super::sources`], whose date is the day of the price.
    pub source: String,
}

impl From<(String, String, f64, String, String)> for Service {
    fn from((name, what, usd, per, source): (String, String, f64, String, String)) -> Service {
        Service {
            name,
            what,
            usd,
            per,
            source,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    provider: String,
    region: String,
    services: Vec<Service>,
    group: Vec<Group>,
    balancer: Vec<Balancer>,
    discount: Vec<Measured>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    what: String,
    kind: Kind,
    source: String,
    reserved_ratio: Option<f64>,
    spot_ratio: Option<f64>,
    #[serde(default = "yes")]
    price_checked: bool,
    #[serde(default = "yes")]
    shape_checked: bool,
    note: Option<String>,
    /// Name, vCPU, memory in GiB, USD per hour.
    sizes: Vec<(String, u32, f64, f64)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Balancer {
    name: String,
    what: String,
    usd_per_hour: f64,
    usd_per_unit_hour: Option<f64>,
    source: String,
}

/// A reserved price that somebody saw.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    name: String,
    reserved_usd_per_hour: f64,
    source: String,
}

fn yes() -> bool {
    true
}

static FILE: LazyLock<File> =
    LazyLock::new(|| super::shipped("prices.toml", include_str!("data/prices.toml")));

static INSTANCES: LazyLock<Vec<Instance>> = LazyLock::new(|| {
    let file = &*FILE;
    let sized = file
        .group
        .iter()
        .flat_map(|group| group.sizes.iter().map(|size| sized(file, group, size)));
    sized
        .chain(
            file.balancer
                .iter()
                .map(|balancer| unsized_balancer(file, balancer)),
        )
        .collect()
});

fn sized(file: &'static File, group: &'static Group, size: &'static (String, u32, f64, f64)) -> Instance {
    const GIB: f64 = (1_u64 << 30) as f64;
    let (name, vcpu, memory_gib, usd_per_hour) = size;
    let estimate = |ratio: f64| Discounted {
        usd_per_hour: usd_per_hour * ratio,
        source: None,
    };
    let measured = file.discount.iter().find(|discount| discount.name == *name);
    let reserved = match measured {
        Some(seen) => Some(Discounted {
            usd_per_hour: seen.reserved_usd_per_hour,
            source: Some(&seen.source),
        }),
        None => group.reserved_ratio.map(estimate),
    };
    Instance {
        name: name.clone(),
        what: &group.what,
        kind: group.kind,
        vcpu: Some(*vcpu),
        memory_bytes: Some((memory_gib * GIB).round() as u64),
        usd_per_hour: *usd_per_hour,
        usd_per_unit_hour: None,
        reserved,
        spot: group.spot_ratio.map(estimate),
        provider: &file.provider,
        region: &file.region,
        source: &group.source,
        price_checked: group.price_checked,
        shape_checked: group.shape_checked,
        note: group.note.as_deref(),
    }
}

fn unsized_balancer(file: &'static File, balancer: &'static Balancer) -> Instance {
    Instance {
        name: balancer.name.clone(),
        what: &balancer.what,
        kind: Kind::Balancer,
        vcpu: None,
        memory_bytes: None,
        usd_per_hour: balancer.usd_per_hour,
        usd_per_unit_hour: balancer.usd_per_unit_hour,
        reserved: None,
        spot: None,
        provider: &file.provider,
        region: &file.region,
        source: &balancer.source,
        price_checked: true,
        shape_checked: true,
        note: None,
    }
}

/// All types of instances, by family, small to large.
pub fn instances() -> &'static [Instance] {
    &INSTANCES
}

/// The type with this name, as the provider writes it.
pub fn lookup(name: &str) -> Option<&'static Instance> {
    INSTANCES.iter().find(|instance| instance.name == name)
}

/// The names of all types, for "did you mean".
pub fn names() -> impl Iterator<Item = &'static str> {
    INSTANCES.iter().map(|instance| instance.name.as_str())
}

/// All prices that are not of instances.
pub fn services() -> &'static [Service] {
    &FILE.services
}

#[cfg(test)]
pub(super) fn source_keys() -> Vec<&'static str> {
    let instances = INSTANCES.iter().map(|instance| instance.source);
    let services = services().iter().map(|service| service.source.as_str());
    let measured = INSTANCES.iter().filter_map(|instance| instance.reserved?.source);
    instances.chain(services).chain(measured).collect()
}

#[cfg(test)]
mod tests;
