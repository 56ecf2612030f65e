//! A trial's measurements as bytes: exact, and small, since of a histogram only the buckets that hold something are kept.
//!
//! The bytes are deflated (RFC 1951). Reading is strict: a trial of another shape, a count that contradicts another, or a byte
//! too many, and there is no trial; and it takes no more memory than a trial of the expected shape can have.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use sim_core::measure::{
    ClientResult, ClientStep, ClientWindow, ComponentResult, ComponentWindow, Counts, Histogram, STEPS, Stop,
    TrialResult, WARM_UP_STEPS, WARM_UP_WINDOWS, WINDOWS,
};
use sim_core::time::{SimDuration, SimTime};

use super::bytes::{Reader, Writer};

/// How many populations of clients and how many components a trial has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Populations of clients.
    pub clients: usize,
    /// Components.
    pub components: usize,
}

/// No window counts more: sums over all windows of all trials stay far below what 64 bits hold.
const MOST: u64 = 1 << 40;
/// No population of clients or component takes more bytes before they are deflated: 40 windows with every bucket in use.
const MOST_BYTES: u64 = 10 << 20;

/// The bytes of a trial.
#[must_use]
pub fn encode(trial: &TrialResult) -> Vec<u8> {
    let mut w = Writer::default();
    let TrialResult {
        trial,
        start,
        window,
        end,
        stop,
        events,
        clients,
        components,
    } = trial;
    w.whole(*trial);
    w.whole(start.as_nanos());
    w.whole(window.as_nanos());
    w.whole(end.as_nanos());
    w.whole(match stop {
        Stop::Duration => 0u8,
        Stop::Finished => 1,
        Stop::Budget => 2,
        Stop::Interrupted => 3,
    });
    w.whole(*events);
    for client in clients {
        put_client(&mut w, client);
    }
    for component in components {
        put_component(&mut w, component);
    }
    // Writing into memory can't fail; were it to, nothing would be kept of this trial, and it would be run again.
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(3));
    let written = encoder.write_all(&w.bytes);
    encoder
        .finish()
        .ok()
        .filter(|_| written.is_ok())
        .unwrap_or_default()
}

/// The trial of these bytes, if they are trial `number` of a system of this shape.
#[must_use]
pub fn decode(bytes: &[u8], number: u64, shape: Shape) -> Option<TrialResult> {
    let most = MOST_BYTES * (shape.clients + shape.components + 1) as u64;
    let mut inflated = Vec::new();
    DeflateDecoder::new(bytes)
        .take(most)
        .read_to_end(&mut inflated)
        .ok()?;
    let mut r = Reader::new(&inflated);
    let trial = TrialResult {
        trial: r.whole()?,
        start: SimTime::from_nanos(r.whole()?),
        window: SimDuration::from_nanos(r.whole()?),
        end: SimTime::from_nanos(r.whole()?),
        stop: match r.whole::<u8>()? {
            0 => Stop::Duration,
            1 => Stop::Finished,
            2 => Stop::Budget,
            3 => Stop::Interrupted,
            _ => return None,
        },
        events: r.whole()?,
        clients: (0..shape.clients)
            .map(|_| client(&mut r))
            .collect::<Option<_>>()?,
        components: (0..shape.components)
            .map(|_| component(&mut r))
            .collect::<Option<_>>()?,
    };
    r.end()?;
    (trial.trial == number && trial.start <= trial.end).then_some(trial)
}

/// A number of things that happened.
fn number(r: &mut Reader<'_>) -> Option<u64> {
    r.whole().filter(|n| *n <= MOST)
}

fn put_counts(w: &mut Writer, counts: &Counts) {
    let Counts {
        offered,
        ok,
        timeout,
        rejected,
        error,
        unreachable,
    } = counts;
    for n in [offered, ok, timeout, rejected, error, unreachable] {
        w.whole(*n);
    }
}

fn counts(r: &mut Reader<'_>) -> Option<Counts> {
    let counts = Counts {
        offered: number(r)?,
        ok: number(r)?,
        timeout: number(r)?,
        rejected: number(r)?,
        error: number(r)?,
        unreachable: number(r)?,
    };
    (counts.ok + counts.failed() <= counts.offered).then_some(counts)
}

fn put_histogram(w: &mut Writer, histogram: &Histogram) {
    w.size(histogram.buckets().count());
    let (Some(min), Some(max)) = (histogram.min(), histogram.max()) else {
        return;
    };
    w.whole(min);
    w.whole(max);
    w.whole(histogram.sum());
    let mut last = 0;
    for bucket in histogram.buckets() {
        let number = Histogram::number_of(&bucket);
        w.whole(number - last);
        w.whole(bucket.count);
        last = number;
    }
}

fn histogram(r: &mut Reader<'_>) -> Option<Histogram> {
    let buckets = r.count(2)?;
    if buckets == 0 {
        return Some(Histogram::new());
    }
    let (min, max, sum) = (r.whole()?, r.whole()?, r.whole()?);
    let mut last = 0u16;
    let mut pairs = Vec::with_capacity(buckets);
    for _ in 0..buckets {
        last = last.checked_add(r.whole()?)?;
        pairs.push((last, r.whole()?));
    }
    Histogram::restore(min, max, sum, pairs).filter(|h| h.count() <= MOST)
}

/// How many windows and steps of a warm-up follow: all or none.
fn warm_up(r: &mut Reader<'_>) -> Option<(usize, usize)> {
    let is_there = usize::from(r.flag()?);
    Some((is_there * WARM_UP_WINDOWS, is_there * WARM_UP_STEPS))
}

fn put_client(w: &mut Writer, client: &ClientResult) {
    let ClientResult {
        whole,
        windows,
        steps,
        warm_up_windows,
        warm_up_steps,
    } = client;
    put_counts(w, whole);
    w.flag(!warm_up_windows.is_empty());
    for ClientWindow {
        counts,
        attempts,
        latency,
    } in warm_up_windows.iter().chain(windows)
    {
        put_counts(w, counts);
        w.whole(*attempts);
        put_histogram(w, latency);
    }
    for ClientStep {
        offered,
        ok,
        failed,
        latency_ns,
    } in warm_up_steps.iter().chain(steps)
    {
        w.whole(*offered);
        w.whole(*ok);
        w.whole(*failed);
        w.whole(*latency_ns);
    }
}

fn client(r: &mut Reader<'_>) -> Option<ClientResult> {
    let whole = counts(r)?;
    let (warm_up_windows, warm_up_steps) = warm_up(r)?;
    let window = |r: &mut Reader<'_>| {
        Some(ClientWindow {
            counts: counts(r)?,
            attempts: number(r)?,
            latency: histogram(r)?,
        })
    };
    let warm_up_windows = (0..warm_up_windows).map(|_| window(r)).collect::<Option<_>>()?;
    let windows = (0..WINDOWS).map(|_| window(r)).collect::<Option<_>>()?;
    let step = |r: &mut Reader<'_>| {
        Some(ClientStep {
            offered: r.whole()?,
            ok: r.whole()?,
            failed: r.whole()?,
            latency_ns: r.whole()?,
        })
    };
    let warm_up_steps = (0..warm_up_steps).map(|_| step(r)).collect::<Option<_>>()?;
    let steps = (0..STEPS).map(|_| step(r)).collect::<Option<_>>()?;
    Some(ClientResult {
        whole,
        windows,
        steps,
        warm_up_windows,
        warm_up_steps,
    })
}

fn put_component(w: &mut Writer, component: &ComponentResult) {
    let ComponentResult {
        instances,
        workers,
        cores,
        windows,
        steps,
        warm_up_windows,
        warm_up_steps,
    } = component;
    w.whole(*instances);
    for limit in [workers, cores] {
        w.flag(limit.is_some());
        w.whole(limit.unwrap_or_default());
    }
    w.flag(!warm_up_windows.is_empty());
    for window in warm_up_windows.iter().chain(windows) {
        put_component_window(w, window);
    }
    for step in warm_up_steps.iter().chain(steps) {
        w.bytes.extend_from_slice(&step.to_bits().to_le_bytes());
    }
}

fn put_component_window(w: &mut Writer, window: &ComponentWindow) {
    let ComponentWindow {
        time_ns,
        arrived,
        served,
        rejected,
        lost,
        wasted,
        deadlocks,
        busy_ns,
        core_busy_ns,
        queue_ns,
        up_ns,
        waiting,
        hits,
        misses,
        reads,
        stale_reads,
        open_reads,
        usage_pusd,
        writes,
        lost_writes,
        conflicts,
        lag,
        lock_wait,
    } = window;
    w.whole(*time_ns);
    for n in [
        arrived,
        served,
        rejected,
        lost,
        wasted,
        deadlocks,
        hits,
        misses,
        reads,
        stale_reads,
        open_reads,
        writes,
        lost_writes,
        conflicts,
    ] {
        w.whole(*n);
    }
    for integral in [busy_ns, core_busy_ns, queue_ns, up_ns] {
        w.whole(*integral);
    }
    w.whole(*usage_pusd);
    put_histogram(w, waiting);
    put_histogram(w, lag);
    put_histogram(w, lock_wait);
}

fn component(r: &mut Reader<'_>) -> Option<ComponentResult> {
    let instances = r.whole()?;
    let mut limit = || {
        let (is_some, value) = (r.flag()?, r.whole::<u64>()?);
        (is_some || value == 0).then_some(is_some.then_some(value))
    };
    let (workers, cores) = (limit()?, limit()?);
    let (warm_up_windows, warm_up_steps) = warm_up(r)?;
    let warm_up_windows = (0..warm_up_windows)
        .map(|_| component_window(r))
        .collect::<Option<_>>()?;
    let windows = (0..WINDOWS).map(|_| component_window(r)).collect::<Option<_>>()?;
    let step = |r: &mut Reader<'_>| Some(f32::from_bits(u32::from_le_bytes(r.array()?)));
    let warm_up_steps = (0..warm_up_steps).map(|_| step(r)).collect::<Option<_>>()?;
    let steps = (0..STEPS).map(|_| step(r)).collect::<Option<_>>()?;
    Some(ComponentResult {
        instances,
        workers,
        cores,
        windows,
        steps,
        warm_up_windows,
        warm_up_steps,
    })
}

fn component_window(r: &mut Reader<'_>) -> Option<ComponentWindow> {
    let time_ns = r.whole()?;
    let mut n = || number(r);
    let (arrived, served, rejected, lost, wasted) = (n()?, n()?, n()?, n()?, n()?);
    let deadlocks = n()?;
    let (hits, misses, reads, stale_reads) = (n()?, n()?, n()?, n()?);
    let open_reads = n()?;
    let (writes, lost_writes, conflicts) = (n()?, n()?, n()?);
    Some(ComponentWindow {
        time_ns,
        arrived,
        served,
        rejected,
        lost,
        wasted,
        deadlocks,
        busy_ns: r.whole()?,
        core_busy_ns: r.whole()?,
        queue_ns: r.whole()?,
        up_ns: r.whole()?,
        usage_pusd: r.whole()?,
        waiting: histogram(r)?,
        hits,
        misses,
        reads,
        stale_reads,
        open_reads,
        writes,
        lost_writes,
        conflicts,
        lag: histogram(r)?,
        lock_wait: histogram(r)?,
    })
}
