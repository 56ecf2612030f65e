//! What a trial says about a known value, by the value's name in the table.

use sim_core::measure::{ComponentWindow, Histogram, TrialResult, WINDOWS};

use crate::cases::Case;
use crate::theory::WRONG;

type Value = Box<dyn Fn(&TrialResult) -> f64 + Send + Sync>;

/// How a known value is read off a trial.
pub enum What {
    /// One number a trial; their mean estimates the known value.
    Value(Value),
    /// A quantile of latencies (of a population of clients) or of waiting times (of a component).
    Quantile(f64, Source),
}

#[derive(Clone, Copy)]
pub enum Source {
    Latency(usize),
    Waiting(usize),
}

/// A known value and how to measure it.
pub struct Measure {
    pub field: String,
    /// Its place where the table has a list.
    pub place: usize,
    pub expected: f64,
    pub what: What,
}

/// Where a case's quantities are to be found: the clients are the first ones, the station is this component.
#[derive(Clone, Copy)]
pub struct View {
    pub station: usize,
    pub workers: f64,
}

/// A measure that is one number of each trial.
pub fn value(
    case: &Case,
    field: &str,
    place: usize,
    of: impl Fn(&TrialResult) -> f64 + Send + Sync + 'static,
) -> Measure {
    let expected = &case.expected[field];
    let expected = expected.get(place).unwrap_or(expected);
    Measure {
        field: field.to_owned(),
        place,
        expected: expected
            .as_f64()
            .unwrap_or_else(|| panic!("{}: {field} is no number", case.id)),
        what: What::Value(Box::new(of)),
    }
}

/// All known values of a case that a single station and its clients show; the others have to be listed as not measured.
pub fn standard(case: &Case, view: View) -> Vec<Measure> {
    case.known()
        .into_iter()
        .filter(|(_, values)| values.len() == 1)
        .filter_map(|(field, values)| {
            Some(Measure {
                field: field.to_owned(),
                place: 0,
                expected: right(case, field).unwrap_or(values[0]),
                what: what(field, view)?,
            })
        })
        .collect()
}

/// The right value, where the table's is wrong.
fn right(case: &Case, field: &str) -> Option<f64> {
    WRONG
        .iter()
        .find(|(id, of, _)| *id == case.id && *of == field)
        .map(|wrong| wrong.2)
}

fn what(field: &str, View { station, workers }: View) -> Option<What> {
    let plain = field.strip_suffix("_accepted").unwrap_or(field);
    if let Some((p, of)) = quantile(plain) {
        let source = match of {
            "wait" => Source::Waiting(station),
            "sojourn" | "response" | "" | "latency_of_success" => Source::Latency(0),
            _ => return None,
        };
        return Some(What::Quantile(p, source));
    }
    let of_station = move |f: fn(&ComponentWindow) -> f64| {
        Some(What::Value(Box::new(move |t| {
            total(t, station, f) / time(t, station)
        })))
    };
    match plain {
        "utilisation" | "utilisation_incl_repair" => Some(What::Value(Box::new(move |t| {
            total(t, station, |w| w.busy_ns as f64) / time(t, station) / workers
        }))),
        "p_n0" | "p_idle" | "p_empty" | "p_idle_server" | "p_all_thinking" if workers == 1.0 => {
            Some(What::Value(Box::new(move |t| {
                1.0 - total(t, station, |w| w.busy_ns as f64) / time(t, station)
            })))
        }
        "p_idle_server" => Some(What::Value(Box::new(move |t| {
            1.0 - total(t, station, |w| w.busy_ns as f64) / time(t, station) / workers
        }))),
        "p_wait" => Some(What::Value(Box::new(move |t| {
            let waits = waiting(t, station);
            waits.count_above(0) as f64 / waits.count() as f64
        }))),
        "mean_wait" => Some(What::Value(Box::new(move |t| seconds(&waiting(t, station))))),
        "mean_sojourn"
        | "mean"
        | "mean_total_sojourn"
        | "response_time"
        | "mean_sojourn_end_to_end"
        | "mean_latency_of_success" => Some(What::Value(Box::new(|t| seconds(&latency(t, 0))))),
        "var_sojourn" | "var" => Some(What::Value(Box::new(|t| variance(&latency(t, 0))))),
        "mean_in_system" | "mean_at_server" => of_station(|w| (w.busy_ns + w.queue_ns) as f64),
        "mean_queue" => of_station(|w| w.queue_ns as f64),
        "carried_erlangs" => of_station(|w| w.busy_ns as f64),
        "throughput" => of_station(|w| w.served as f64 * 1e9),
        "p_block" => Some(What::Value(Box::new(move |t| {
            total(t, station, |w| w.rejected as f64) / total(t, station, |w| w.arrived as f64)
        }))),
        _ => None,
    }
}

/// The name of a quantile: `p99_9_wait` is (0.999, "wait").
fn quantile(field: &str) -> Option<(f64, &str)> {
    let rest = field.strip_prefix('p')?;
    let (p, of) = [
        ("99_9", 0.999),
        ("50", 0.5),
        ("90", 0.9),
        ("95", 0.95),
        ("99", 0.99),
    ]
    .into_iter()
    .find_map(|(name, p)| rest.strip_prefix(name).map(|of| (p, of)))?;
    Some((p, of.strip_prefix('_').unwrap_or(of)))
}

/// Latencies of the requests that arrived after the warm-up; the last window's are left out, some of them have not ended.
pub fn latency(t: &TrialResult, clients: usize) -> Histogram {
    let mut all = Histogram::new();
    t.clients[clients].windows[..WINDOWS - 1]
        .iter()
        .for_each(|w| all.merge(&w.latency));
    all
}

/// Waiting times at a component.
pub fn waiting(t: &TrialResult, component: usize) -> Histogram {
    let mut all = Histogram::new();
    t.components[component]
        .windows
        .iter()
        .for_each(|w| all.merge(&w.waiting));
    all
}

/// The mean of a histogram in seconds.
pub fn seconds(of: &Histogram) -> f64 {
    of.mean().unwrap_or(f64::NAN) / 1e9
}

/// The variance in seconds squared, from the middles of the buckets.
fn variance(of: &Histogram) -> f64 {
    let mean = of.mean().unwrap_or(f64::NAN);
    let squares: f64 = of
        .buckets()
        .map(|b| {
            let off = (b.low as f64 + b.high as f64) / 2.0 - mean;
            off * off * f64::from(b.count)
        })
        .sum();
    squares / (of.count() as f64 - 1.0) / 1e18
}

/// The sum over the windows of a component.
pub fn total(t: &TrialResult, component: usize, f: impl Fn(&ComponentWindow) -> f64) -> f64 {
    t.components[component].windows.iter().map(f).sum()
}

/// The simulated time of a component's windows, in nanoseconds.
pub fn time(t: &TrialResult, component: usize) -> f64 {
    total(t, component, |w| w.time_ns as f64)
}

/// The share of the requests that ended well.
pub fn ok(t: &TrialResult) -> f64 {
    of_clients(t, |c| c.ok as f64) / of_clients(t, |c| (c.ok + c.failed()) as f64)
}

/// The sum over the first clients' windows.
pub fn of_clients(t: &TrialResult, f: impl Fn(&sim_core::measure::Counts) -> f64) -> f64 {
    t.clients[0].windows.iter().map(|w| f(&w.counts)).sum()
}

/// The histogram that a quantile is of.
pub fn histogram(t: &TrialResult, source: Source) -> Histogram {
    match source {
        Source::Latency(clients) => latency(t, clients),
        Source::Waiting(component) => waiting(t, component),
    }
}
