//! Clients: where requests arrive, and where their latency is measured, from the intended arrival.

use crate::engine::{
    Context, Frame, NO_CLIENT, NO_KEY, NO_ROW, NONE, NOWHERE, Note, Outcome, Role, SiteTable, Then, What,
};
use crate::measure::{ClientResult, Counts, STEPS_PER_WINDOW, Steps};
use crate::model::{Arrivals, Clients, Description, KeySpace, Keys};
use crate::random::{Law, Stream, StreamName};
use crate::time::{SimDuration, SimTime};

/// A frame of a closed loop's user who thinks.
const THINKS: u8 = 1;

#[derive(Debug)]
#[repr(u8)]
enum Source {
    Renewal { gap: Law, stream: Stream },
    Closed { think: Law, streams: Vec<Stream> },
    Trace { trace: u16, next: u32 },
}

#[derive(Debug)]
pub(crate) struct ClientState {
    number: u16,
    site: u16,
    /// Where requests begin.
    zone: u16,
    /// Whether a request is its call, without a frame for the client's side: nobody tries again, no user goes on.
    is_single: bool,
    source: Source,
    /// Cumulative weights of the operations; empty for a single one.
    mix: Vec<(u16, f64)>,
    only: u16,
    mix_stream: Stream,
    keys: Option<(Keys, Stream)>,
    next_key: usize,
    /// Requests that have arrived.
    arrived: u64,
    sources: Option<(u32, Stream)>,
    /// Whether no further request will arrive.
    pub is_over: bool,
    pub result: ClientResult,
}

impl ClientState {
    pub fn new(number: u16, clients: &Clients, d: &Description, sites: &mut SiteTable) -> Self {
        let (seed, trial) = (sites.seed, sites.trial);
        let open = |purpose: &str| Stream::open(seed, trial, clients.name.purpose(purpose));
        let total: f64 = clients.mix.iter().map(|m| m.1).sum();
        let mut sum = 0.0;
        let cumulative = |(op, weight): &(crate::model::OpId, f64)| {
            sum += weight / total;
            (op.0, sum)
        };
        let source = match &clients.arrivals {
            Arrivals::Renewal { gap } => Source::Renewal {
                gap: gap.clone(),
                stream: open("gap"),
            },
            Arrivals::Closed { users, think } => {
                let of_user =
                    |u| Stream::open(seed, trial, clients.name.purpose("think").index(u64::from(u)));
                Source::Closed {
                    think: think.clone(),
                    streams: (0..*users).map(of_user).collect(),
                }
            }
            Arrivals::Trace(trace) => Source::Trace {
                trace: u16::try_from(*trace).unwrap_or(u16::MAX),
                next: 0,
            },
        };
        let key_stream = |space: &KeySpace| stream_of_keys(clients.name, space, seed, trial);
        let is_single = clients.call.retry.is_none() && !matches!(source, Source::Closed { .. });
        let name = clients.name.purpose("call");
        Self {
            number,
            site: if is_single {
                sites.add_for_requests(&clients.call, name)
            } else {
                sites.add(&clients.call, seed, trial, name)
            },
            zone: 0,
            is_single,
            source,
            only: clients.mix[0].0.0,
            mix: if clients.mix.len() == 1 {
                Vec::new()
            } else {
                clients.mix.iter().map(cumulative).collect()
            },
            mix_stream: open("operation"),
            keys: clients
                .keys
                .map(|k| (d.key_spaces[k].keys.clone(), key_stream(&d.key_spaces[k]))),
            next_key: 0,
            arrived: 0,
            sources: clients.sources.map(|n| (n, open("source"))),
            is_over: false,
            result: ClientResult::with_room(Steps::of(d).count()),
        }
    }

    /// The ring of the requests' timeouts, where a request is its call.
    pub fn ring(&self, sites: &SiteTable) -> Option<u16> {
        sites.sites[usize::from(self.site)]
            .ring
            .filter(|_| self.is_single)
    }

    /// Schedules the first arrivals.
    pub fn begin(&mut self, ctx: &mut Context) {
        self.zone = match ctx.ways.homes[usize::from(self.number)] {
            NOWHERE => 0,
            home => home,
        };
        if let Source::Closed { think, streams } = &mut self.source {
            for (user, stream) in (0u32..).zip(streams) {
                let frame = ctx.frames.take(Role::Client);
                let f = &mut ctx.frames[frame];
                f.component = self.number;
                f.row = user;
                f.stage = THINKS;
                f.has_event = true;
                let time = think.sample_duration(&mut stream.next());
                ctx.calendar.schedule(ctx.now + time, What::Thought, frame);
            }
        } else {
            self.schedule_next(ctx);
        }
    }

    #[inline(always)]
    fn schedule_next(&mut self, ctx: &mut Context) {
        let number = u32::from(self.number);
        match &mut self.source {
            Source::Renewal { gap, stream } => {
                let at = ctx.now + gap.sample_duration(&mut stream.next());
                ctx.calendar.schedule(at, What::Arrival, number);
            }
            Source::Trace { trace, next } => {
                match ctx.traces[usize::from(*trace)].times.get(*next as usize) {
                    Some(at) => ctx
                        .calendar
                        .schedule(SimTime::from_nanos(*at), What::Arrival, number),
                    None => self.is_over = true,
                }
            }
            Source::Closed { .. } => {}
        }
    }

    /// A request arrives.
    #[inline]
    pub fn arrive(&mut self, ctx: &mut Context) -> Then {
        let (row, trace) = match &mut self.source {
            Source::Trace { trace, next } => {
                *next += 1;
                (*next - 1, *trace)
            }
            _ => (NO_ROW, 0),
        };
        self.schedule_next(ctx);
        let frame = ctx
            .frames
            .take(if self.is_single { Role::Call } else { Role::Client });
        self.send(ctx, frame, row, trace)
    }

    /// A user of a closed loop has thought, and sends.
    #[inline(never)]
    pub fn thought(&mut self, ctx: &mut Context, frame: u32) -> Then {
        ctx.frames[frame].stage = 0;
        let user = ctx.frames[frame].row;
        self.send(ctx, frame, user, 0)
    }

    #[inline(always)]
    fn send(&mut self, ctx: &mut Context, frame: u32, row: u32, trace: u16) -> Then {
        let op = if self.mix.is_empty() {
            self.only
        } else {
            let u = self.mix_stream.uniform();
            self.mix
                .iter()
                .find(|m| u <= m.1)
                .or(self.mix.last())
                .map_or(self.only, |m| m.0)
        };
        let key = match &mut self.keys {
            None => NO_KEY,
            Some((Keys::Drawn(popularity), stream)) => popularity.sample(&mut stream.next()),
            Some((Keys::Recorded(list), _)) => match list.get(self.next_key) {
                Some(key) => {
                    self.next_key += 1;
                    *key
                }
                None => {
                    // The list of keys is at its end, and so are the requests.
                    self.is_over = true;
                    ctx.frames.release(frame);
                    return Then::Nothing;
                }
            },
        };
        let source = self.source_of(row);
        let f = &mut ctx.frames[frame];
        f.parent = NONE;
        f.born = ctx.now;
        f.key = key;
        f.op = op;
        f.row = row;
        f.source = source;
        f.trace = trace;
        f.step = ctx.step;
        f.attempt = 0;
        f.zone = self.zone;
        self.arrived += 1;
        self.result.steps[usize::from(ctx.step)].offered += 1;
        if !self.is_single {
            f.component = self.number;
            ctx.frames.note(frame, ctx.now, || self.note(row));
            return ctx.begin_call(frame, self.site);
        }
        // The request is its call: whom it asks is written on it at once.
        let site = &ctx.sites[usize::from(self.site)];
        f.client = self.number;
        f.attempt = 1;
        f.component = site.target;
        f.ask = site.ask;
        if let Some(op) = site.op {
            f.op = op;
        }
        if let Some(ring) = site.ring {
            ctx.rings[usize::from(ring)].begin(ctx.now, frame, f.life, &mut ctx.calendar);
        }
        ctx.frames.note(frame, ctx.now, || self.note(row));
        Then::Send(frame)
    }

    /// Where a request comes from: a user of a closed loop is its own source.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "drawn below a 32-bit number")]
    fn source_of(&mut self, row: u32) -> u32 {
        match &mut self.sources {
            None => row,
            Some((count, stream)) => stream.below(u64::from(*count)) as u32,
        }
    }

    /// The request that has just arrived, for a trial that is recorded.
    fn note(&self, row: u32) -> Note {
        let is_closed = matches!(self.source, Source::Closed { .. });
        Note::Request {
            client: self.number,
            number: self.arrived - 1,
            user: if is_closed { row } else { 0 },
        }
    }

    /// A request has ended.
    #[inline]
    pub fn resume(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) {
        self.record(ctx.now, &ctx.frames[frame], outcome);
        let user = ctx.frames[frame].row;
        if let Source::Closed { think, streams } = &mut self.source {
            let time = think.sample_duration(&mut streams[user as usize].next());
            ctx.frames[frame].stage = THINKS;
            Self::think(ctx, frame, time);
        } else {
            ctx.frames.release(frame);
        }
    }

    /// Notes how a request ended.
    #[inline(always)]
    pub fn record(&mut self, now: SimTime, f: &Frame, outcome: Outcome) {
        let latency = (now - f.born).as_nanos();
        let step = &mut self.result.steps[usize::from(f.step)];
        let window = &mut self.result.windows[usize::from(f.step) / STEPS_PER_WINDOW];
        window.attempts += u64::from(f.attempt);
        if outcome == Outcome::Ok {
            step.ok += 1;
            step.latency_ns += latency;
            window.latency.record(latency);
        } else {
            count(&mut self.result.whole, outcome);
            count(&mut window.counts, outcome);
            step.failed += 1;
        }
    }

    fn think(ctx: &mut Context, frame: u32, time: SimDuration) {
        ctx.frames[frame].has_event = true;
        ctx.calendar.schedule(ctx.now + time, What::Thought, frame);
    }

    /// The clients whose request this frame is; none for a user who thinks, and for calls that requests cause.
    pub fn of_request(frame: &Frame) -> Option<u16> {
        match frame.role {
            Role::Client if frame.stage != THINKS => Some(frame.component),
            Role::Call | Role::Frozen if frame.client != NO_CLIENT => Some(frame.client),
            _ => None,
        }
    }
}

/// Keys belong to the requests, so they are drawn from a stream of their clients for this key space.
fn stream_of_keys(clients: StreamName, space: &KeySpace, seed: u64, trial: u64) -> Stream {
    Stream::open(seed, trial, clients.purpose("key").index(space.name.value()))
}

#[cold]
fn count(counts: &mut Counts, outcome: Outcome) {
    let at = match outcome {
        Outcome::Ok => &mut counts.ok,
        Outcome::Timeout => &mut counts.timeout,
        Outcome::Rejected => &mut counts.rejected,
        Outcome::Error => &mut counts.error,
        Outcome::Unreachable => &mut counts.unreachable,
    };
    *at += 1;
}
