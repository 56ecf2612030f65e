//! `[object-store.name]` and `[external.name]`: what somebody else runs, by its terms.

use sim_core::time::SimDuration;

use super::key::{Key, SHARE, Shape, TIME, key, required};
use super::reader::Reader;
use super::station::{self, PlacementSpec};
use crate::diagnostic::Diagnostic;
use crate::expression::Expression;
use crate::quantity::Dimension;

const RATE: Shape = Shape::Quantity(Dimension::Rate);
const CALL_PRICE: Shape = Shape::Quantity(Dimension::PricePerCall);

/// Errors by chance.
const AVAILABILITY: Key = key(
    "availability",
    SHARE,
    "The share of calls that are answered well, of those that it lets in, each by chance; 100% unless said. Outages are `failures`.",
);
/// Tokens that fit.
const BURST: Key = key(
    "burst",
    Shape::Count,
    "Calls that may come at once, as tokens in a bucket; as many as the limit allows in a second unless said.",
);

/// The keys of `[object-store.name]`.
pub static OBJECT_STORE: &[Key] = &[
    key(
        "get-latency",
        Shape::Expression,
        "Until the first byte of an object; \"ops(1 object-get)\" unless said.",
    ),
    key(
        "put-latency",
        Shape::Expression,
        "Until an object that is put is safe, beside its bytes; \"ops(1 object-put)\" unless said.",
    ),
    station::SIZE,
    key(
        "throughput",
        Shape::Quantity(Dimension::Bandwidth),
        "Bytes per second of one connection, where objects have a size; 100MiB/s unless said.",
    ),
    key(
        "prefixes",
        Shape::Count,
        "The parts that keys are spread over by hash, from 1 to 100000: each has the limits by itself; 1 unless said.",
    ),
    key(
        "split-after",
        TIME,
        "A prefix that refuses calls for so long, never pausing for a minute, is split in two, each with all limits of its own: what many keys share grows, and a single key gains nothing. 30m unless said: S3 takes 30 to 60 minutes.",
    ),
    key(
        "get-limit",
        RATE,
        "Gets of a prefix; more are refused, as by 503 Slow Down. 5500/s unless said, as S3's.",
    ),
    key(
        "put-limit",
        RATE,
        "Puts of a prefix; more are refused. 3500/s unless said, as S3's.",
    ),
    BURST,
    AVAILABILITY,
    station::FAILURES,
    key(
        "get-price",
        CALL_PRICE,
        "What a get costs, such as \"$0.40/M\"; the catalogue's for S3 unless said.",
    ),
    key(
        "put-price",
        CALL_PRICE,
        "What a put costs; the catalogue's for S3 unless said.",
    ),
    key(
        "price",
        Shape::Quantity(Dimension::PricePerByte),
        "What a gigabyte from it costs, whichever way it takes; what [network] says unless said.",
    ),
    key(
        "stored",
        Shape::Quantity(Dimension::Bytes),
        "What it keeps, at the catalogue's price of S3 for a GB and month; nothing unless said.",
    ),
    station::REGION,
];

/// The keys of `[external.name]`.
pub static EXTERNAL: &[Key] = &[
    required(
        "latency",
        Shape::Expression,
        "Until it has answered, the way there and back included.",
    ),
    key(
        "limit",
        RATE,
        "Calls that it takes from this account; more are refused, as by 429 Too Many Requests. No limit unless said.",
    ),
    BURST,
    AVAILABILITY,
    station::FAILURES,
    key(
        "price",
        CALL_PRICE,
        "What a call costs that it lets in, such as \"$0.30\" or \"$0.10/k\"; nothing unless said.",
    ),
];

/// A store or a service of somebody else's as it was written.
#[derive(Clone, Debug)]
pub struct ExternalSpec {
    /// What is different in a store; none: it is a service.
    pub store: Option<StoreSpec>,
    /// Of a call, or of a get.
    pub terms: TermsSpec,
    /// Calls that may come at once.
    pub burst: Option<u32>,
    /// The share of calls that are answered well.
    pub availability: Option<f64>,
}

/// What an object store has beside.
#[derive(Clone, Debug)]
pub struct StoreSpec {
    /// Of a put.
    pub put: TermsSpec,
    /// Bytes per second of one connection.
    pub throughput: Option<f64>,
    /// The parts of the keys.
    pub prefixes: Option<u32>,
    /// How long one of them refuses calls until it is split.
    pub split_after: Option<SimDuration>,
    /// USD per byte from it.
    pub price: Option<f64>,
    /// Bytes that it keeps.
    pub stored: Option<f64>,
}

/// What holds for calls of one kind.
#[derive(Clone, Debug)]
pub struct TermsSpec {
    /// Until the first byte.
    pub latency: Option<Expression>,
    /// Calls per second.
    pub limit: Option<f64>,
    /// USD per call.
    pub price: Option<f64>,
}

/// Reads `[object-store.name]`.
pub fn object_store(mut r: Reader<'_, '_>) -> (ExternalSpec, PlacementSpec) {
    let terms = terms(&mut r, ["get-latency", "get-limit", "get-price"]);
    let store = StoreSpec {
        put: self::terms(&mut r, ["put-latency", "put-limit", "put-price"]),
        throughput: throughput(&mut r),
        prefixes: r.count("prefixes", 1, 100_000).map(|p| p.value),
        split_after: r.positive_duration("split-after").map(|t| t.value),
        price: r.quantity("price", Dimension::PricePerByte).map(|p| p.value),
        stored: r.quantity("stored", Dimension::Bytes).map(|b| b.value),
    };
    let burst = burst(&mut r);
    let placement = PlacementSpec {
        size: r.quantity("size", Dimension::Bytes).map(|s| s.value),
        region: r.text("region"),
        ..PlacementSpec::default()
    };
    rest(r, Some(store), terms, burst, placement)
}

/// Reads `[external.name]`.
pub fn external(mut r: Reader<'_, '_>) -> (ExternalSpec, PlacementSpec) {
    let terms = terms(&mut r, ["latency", "limit", "price"]);
    // Without a limit a burst has no effect: finish says so.
    let burst = if r.has("limit") { burst(&mut r) } else { None };
    rest(r, None, terms, burst, PlacementSpec::default())
}

/// Reads what both have, and ends.
fn rest(
    mut r: Reader<'_, '_>,
    store: Option<StoreSpec>,
    terms: TermsSpec,
    burst: Option<u32>,
    placement: PlacementSpec,
) -> (ExternalSpec, PlacementSpec) {
    let spec = ExternalSpec {
        store,
        terms,
        burst,
        availability: r.share("availability").map(|a| a.value),
    };
    let failures = station::failures(&mut r);
    r.finish();
    (
        spec,
        PlacementSpec {
            failures,
            ..placement
        },
    )
}

fn terms(r: &mut Reader<'_, '_>, [latency, limit, price]: [&str; 3]) -> TermsSpec {
    TermsSpec {
        latency: r.expression(latency),
        limit: r.rate(limit).map(|l| l.value),
        price: r.quantity(price, Dimension::PricePerCall).map(|p| p.value),
    }
}

fn burst(r: &mut Reader<'_, '_>) -> Option<u32> {
    r.count("burst", 1, 1_000_000_000).map(|b| b.value)
}

fn throughput(r: &mut Reader<'_, '_>) -> Option<f64> {
    let throughput = r.quantity("throughput", Dimension::Bandwidth)?;
    if throughput.value <= 0.0 {
        let problem = Diagnostic::error(&throughput.span, format!("{}: nothing passes", r.what));
        r.out.push(problem.label("expected a throughput above 0"));
    }
    Some(throughput.value)
}
