//! Bars on tracks, in the Trace Event Format of Chrome, which Perfetto (ui.perfetto.dev) and chrome://tracing open.
//!
//! "Trace Event Format" (N. Duca and D. Sinclair, docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU), as an
//! object with `traceEvents`. A component is a process, an instance a thread, a visit a complete event (`X`) with the wait for a
//! worker in it, and an arrow (`s`, `f`) leads from the visit that made a call to the call's own. Bars of one thread must nest
//! (Perfetto drops those that don't), and visits of an instance with several workers overlap: what finds its thread taken goes to
//! a further thread of the instance.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::io::{self, Write};

use serde_json::json;
use sim_core::measure::visits::{Place, Visit};
use sim_core::time::SimTime;

use super::{Trace, micros, outcome};

/// Writes the document.
///
/// # Errors
/// When `out` can't be written.
pub fn write(trace: &Trace<'_>, out: &mut dyn Write) -> io::Result<()> {
    let tracks = Tracks::of(trace);
    let recording = trace.recording;
    let about = json!({
        "scenario": trace.scenario,
        "seed": recording.seed,
        "trial": recording.trial + 1,
        "visits_left_out": recording.visits.left_out,
    });
    write!(
        out,
        "{{\"displayTimeUnit\":\"ms\",\"otherData\":{about},\"traceEvents\":["
    )?;
    let mut lines = Lines { out, is_first: true };
    tracks.describe(trace, &mut lines)?;
    for (at, visit) in trace.visits().iter().enumerate() {
        let track = tracks.of_visit[at];
        bar(trace, visit, track, &mut lines)?;
        if let Some(from) = visit.within.map(|w| w as usize)
            && is_open(&trace.visits()[from], visit.arrived)
        {
            arrow(at, tracks.of_visit[from], track, visit.arrived, &mut lines)?;
        }
    }
    writeln!(out, "\n]}}")
}

/// One event a line.
struct Lines<'a> {
    out: &'a mut dyn Write,
    is_first: bool,
}

impl Lines<'_> {
    fn put(&mut self, event: &str) -> io::Result<()> {
        let comma = if std::mem::take(&mut self.is_first) {
            ""
        } else {
            ","
        };
        write!(self.out, "{comma}\n{event}")
    }
}

/// A process and a thread of it.
#[derive(Clone, Copy)]
struct Track {
    pid: usize,
    tid: u32,
}

/// An instance and how many of its threads come before.
type Lane = (Place, u32, u32);

struct Tracks {
    of_visit: Vec<Track>,
    lanes: BTreeMap<Lane, u32>,
}

/// The threads of an instance: those that are free, and when the others will be.
#[derive(Default)]
struct Threads {
    count: u32,
    free: BTreeSet<u32>,
    taken: BinaryHeap<Reverse<(SimTime, u32)>>,
}

impl Threads {
    fn take(&mut self, from: SimTime, until: SimTime) -> u32 {
        while let Some(Reverse((end, lane))) = self.taken.peek()
            && *end <= from
        {
            self.free.insert(*lane);
            self.taken.pop();
        }
        let lane = self.free.pop_first().unwrap_or_else(|| {
            self.count += 1;
            self.count - 1
        });
        self.taken.push(Reverse((until, lane)));
        lane
    }
}

impl Tracks {
    fn of(trace: &Trace<'_>) -> Self {
        let mut threads: BTreeMap<(Place, u32), Threads> = BTreeMap::new();
        let lane = |v: &Visit| {
            let until = v.ended.map_or(trace.recording.end, |e| e.0);
            let of_instance = threads.entry((v.place, v.instance)).or_default();
            (v.place, v.instance, of_instance.take(v.arrived, until))
        };
        let of_visit: Vec<Lane> = trace.visits().iter().map(lane).collect();
        // No thread has the number of a process: that would make it the main one.
        let first = 1 + pid(trace, Place::Component(u16::MAX));
        let sorted: BTreeSet<Lane> = of_visit.iter().copied().collect();
        let lanes: BTreeMap<Lane, u32> = sorted
            .into_iter()
            .zip(u32::try_from(first).unwrap_or(0)..)
            .collect();
        let track = |lane: &Lane| Track {
            pid: pid(trace, lane.0),
            tid: lanes[lane],
        };
        Self {
            of_visit: of_visit.iter().map(track).collect(),
            lanes,
        }
    }

    /// The names of the processes and threads, in the order in which they are to be shown.
    fn describe(&self, trace: &Trace<'_>, lines: &mut Lines<'_>) -> io::Result<()> {
        let places: BTreeSet<Place> = self.lanes.keys().map(|l| l.0).collect();
        for place in places {
            let pid = pid(trace, place);
            let name = trace.component(place);
            for (what, args) in [
                ("process_name", json!({ "name": name })),
                ("process_sort_index", json!({ "sort_index": pid })),
            ] {
                lines.put(&json!({ "ph": "M", "pid": pid, "name": what, "args": args }).to_string())?;
            }
        }
        for ((place, instance, lane), tid) in &self.lanes {
            let pid = pid(trace, *place);
            let more = match lane {
                0 => String::new(),
                n => format!(" ({})", n + 1),
            };
            let name = format!("{} {instance}{more}", trace.component(*place));
            for (what, args) in [
                ("thread_name", json!({ "name": name })),
                ("thread_sort_index", json!({ "sort_index": tid })),
            ] {
                let event = json!({ "ph": "M", "pid": pid, "tid": tid, "name": what, "args": args });
                lines.put(&event.to_string())?;
            }
        }
        Ok(())
    }
}

/// Clients come first, then the components, in the order of the scenario.
fn pid(trace: &Trace<'_>, place: Place) -> usize {
    match place {
        Place::Clients(c) => 1 + usize::from(c),
        Place::Component(c) => {
            1 + trace.names.clients.len() + usize::from(c).min(trace.names.components.len())
        }
    }
}

fn bar(trace: &Trace<'_>, visit: &Visit, track: Track, lines: &mut Lines<'_>) -> io::Result<()> {
    let Track { pid, tid } = track;
    let request = trace.request(visit);
    let (ended, how) = match visit.ended {
        Some((at, end)) => (at, outcome(end)),
        None => (trace.recording.end, "in flight"),
    };
    let mut args = json!({
        "client": trace.client(visit), "request": request.number, "attempt": visit.attempt, "outcome": how,
    });
    if let Some(key) = request.key {
        args["key"] = json!(key);
    }
    let name = json!(trace.op(visit));
    let (ts, dur) = (
        micros(visit.arrived.as_nanos()),
        micros((ended - visit.arrived).as_nanos()),
    );
    lines.put(&format!(
        "{{\"ph\":\"X\",\"pid\":{pid},\"tid\":{tid},\"ts\":{ts},\"dur\":{dur},\"name\":{name},\"cat\":\"visit\",\"args\":{args}}}"
    ))?;
    let taken = visit.started.unwrap_or(ended);
    if taken == visit.arrived {
        return Ok(());
    }
    let dur = micros((taken - visit.arrived).as_nanos());
    lines.put(&format!(
        "{{\"ph\":\"X\",\"pid\":{pid},\"tid\":{tid},\"ts\":{ts},\"dur\":{dur},\"name\":\"waiting\",\"cat\":\"waiting\"}}"
    ))
}

/// Whether a bar is there at an instant, so that an arrow can begin in it.
fn is_open(visit: &Visit, at: SimTime) -> bool {
    visit.ended.is_none_or(|e| e.0 > at)
}

fn arrow(id: usize, from: Track, to: Track, at: SimTime, lines: &mut Lines<'_>) -> io::Result<()> {
    let ts = micros(at.as_nanos());
    for (phase, Track { pid, tid }) in [("\"s\"", from), ("\"f\",\"bp\":\"e\"", to)] {
        lines.put(&format!(
            "{{\"ph\":{phase},\"pid\":{pid},\"tid\":{tid},\"ts\":{ts},\"id\":{id},\"name\":\"call\",\"cat\":\"call\"}}"
        ))?;
    }
    Ok(())
}
