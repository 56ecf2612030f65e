//! A service: instances that run call plans, each with its workers, its queue and its cores.

mod batch;
mod fork;
mod leaving;
mod life;

use super::program::{Compiler, Instruction, Program};
use crate::engine::{Context, Note, Outcome, Role, SiteTable, Then};
use crate::measure::Meter;
use crate::model::{Batch, Component, Discipline, Service};
use crate::random::{Law, Stream};
use crate::station::{Entered, Patience, Pool, Sharing};
use crate::time::{SimDuration, SimTime};
use life::{Life, Rules};

#[derive(Debug)]
struct Instance {
    pool: Pool,
    /// Where `work` shares cores; none: every worker has one of its own.
    cores: Option<Sharing>,
    /// When those who wait give up.
    patience: Patience,
    life: Life,
    /// When a batch that isn't full will be looked at, as last scheduled.
    batch_due: Option<SimTime>,
    zone: u16,
    is_up: bool,
    /// Whether it takes calls although it is not up, and never answers them.
    hangs: bool,
}

#[derive(Debug)]
pub(crate) struct ServiceState {
    number: u16,
    program: Program,
    /// For every operation where its plan begins.
    entries: Vec<Option<u32>>,
    instances: Vec<Instance>,
    /// The number of the first instance over all components.
    first: u32,
    /// Whose turn it is when callers come without a balancer.
    next: u32,
    pub cancel_on_timeout: bool,
    /// Whether a worker is let go while its call waits.
    is_event_loop: bool,
    /// Whether the queue needs to know the work of a call that comes.
    is_by_size: bool,
    /// Where the plans begin that a pool of connections can be asked for.
    parts: Vec<u32>,
    /// The service whose connections these are, if it is a pool.
    pub pool_of: Option<u16>,
    /// When it was last looked whether all connections are held by calls that wait for another one.
    last_search: SimTime,
    /// How instances start, and who of them serves.
    rules: Rules,
    batch: Option<Batch>,
    /// How long calls wait.
    patience: Option<(Law, Stream)>,
    pub meter: Meter,
}

impl ServiceState {
    pub fn new(number: u16, of: &Component, service: &Service, first: u32, sites: &mut SiteTable) -> Self {
        let mut compiler = Compiler {
            program: Program::default(),
            seed: sites.seed,
            trial: sites.trial,
            sites,
        };
        let plans: Vec<u32> = service.plans.iter().map(|p| compiler.plan(p)).collect();
        let station = &service.station;
        let open = |purpose: &str| Stream::open(compiler.seed, compiler.trial, of.name.purpose(purpose));
        let rules = Rules::new(service, open("start-up"));
        let patience = service.patience.clone().map(|law| (law, open("patience")));
        Self {
            number,
            entries: service
                .plan_of
                .iter()
                .map(|p| p.map(|p| plans[usize::from(p)]))
                .collect(),
            program: compiler.program,
            instances: (0..service.instances)
                .map(|i| Instance {
                    pool: Pool::new(station),
                    cores: Sharing::of(station),
                    zone: sites.place(number, i, of.zones),
                    patience: Patience::default(),
                    life: Life::default(),
                    batch_due: None,
                    is_up: true,
                    hangs: false,
                })
                .collect(),
            first,
            next: 0,
            cancel_on_timeout: service.cancel_on_timeout,
            is_event_loop: service.is_event_loop,
            is_by_size: station.discipline == Discipline::Shortest,
            parts: if service.pool_of.is_some() {
                plans.clone()
            } else {
                Vec::new()
            },
            pool_of: service.pool_of.map(|id| id.0),
            last_search: SimTime::ZERO,
            patience,
            rules,
            batch: service.batch,
            meter: Meter::new(service.instances),
        }
    }

    /// Sends a call to the instance that a balancer chose; for a caller that comes without one, to the next in turn.
    #[inline(always)]
    pub fn send(&mut self, ctx: &mut Context, frame: u32, chosen: Option<u32>) -> Then {
        if self.pool_of.is_some() {
            return self.connect(ctx, frame);
        }
        let chosen = chosen.or(self.rules.active);
        let at = chosen.unwrap_or_else(|| {
            let at = self.next;
            self.next = if at as usize + 1 == self.instances.len() {
                0
            } else {
                at + 1
            };
            at
        });
        let zone = self.instances[at as usize].zone;
        if ctx.travel(frame, at, zone) {
            self.reach(ctx, frame)
        } else {
            Then::Nothing
        }
    }

    /// A call asks its own instance's pool for a connection.
    #[inline(never)]
    fn connect(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let parent = ctx.frames[frame].parent;
        let caller = &ctx.frames[parent];
        let (instance, zone) = (caller.instance, caller.zone);
        let part = usize::from(ctx.sites[usize::from(caller.site)].part);
        let f = &mut ctx.frames[frame];
        f.instance = instance;
        f.zone = zone;
        f.pc = self.parts[part];
        ctx.frames.note(frame, ctx.now, || Note::Arrival);
        if !self.instances[instance as usize].is_up {
            self.meter.now.lost += 1;
            return ctx.answer(frame, Outcome::Unreachable);
        }
        self.meter.now.arrived += 1;
        self.enter(ctx, frame)
    }

    pub fn is_up(&self, instance: u32) -> bool {
        self.instances[instance as usize].is_up
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the number of instances was checked"
    )]
    pub fn count(&self) -> u32 {
        self.instances.len() as u32
    }

    pub fn hangs(&self, instance: u32) -> bool {
        self.instances[instance as usize].hangs
    }

    /// A call reaches its instance.
    #[inline(always)]
    pub fn reach(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let f = &mut ctx.frames[frame];
        let instance = &mut self.instances[f.instance as usize];
        if !instance.is_up {
            if instance.hangs {
                self.meter.now.arrived += 1;
                ctx.freeze(frame);
                return Then::Nothing;
            }
            self.meter.now.lost += 1;
            return ctx.answer(frame, Outcome::Unreachable);
        }
        self.meter.now.arrived += 1;
        let Some(entry) = self.entries[usize::from(f.op)] else {
            return ctx.answer(frame, Outcome::Error);
        };
        f.pc = entry;
        self.enter(ctx, frame)
    }

    /// A call that is at the beginning of its plan comes to the station.
    #[inline(always)]
    fn enter(&mut self, ctx: &mut Context, frame: u32) -> Then {
        if self.rules.memory.is_some() && !self.fits(ctx, frame) {
            return ctx.answer(frame, Outcome::Rejected);
        }
        let f = &mut ctx.frames[frame];
        f.is_inside = true;
        if self.batch.is_some() {
            return self.enter_batch(ctx, frame);
        }
        if self.is_by_size {
            return self.enter_by_size(ctx, frame);
        }
        match self.instances[f.instance as usize]
            .pool
            .enter(ctx.now, frame, &mut ctx.frames, &mut self.meter)
        {
            Entered::Starts => self.run(ctx, frame),
            Entered::Waits => self.wait_patiently(ctx, frame),
            Entered::Refused => ctx.answer(frame, Outcome::Rejected),
        }
    }

    /// A call that has come begins to wait, for as long as its patience lasts.
    #[inline(always)]
    fn wait_patiently(&mut self, ctx: &mut Context, frame: u32) -> Then {
        if let Some((law, stream)) = &mut self.patience {
            let until = ctx.now + law.sample_duration(&mut stream.next());
            let at = ctx.frames[frame].instance;
            let patience = &mut self.instances[at as usize].patience;
            if let Some(look) = patience.begin(until, frame, &ctx.frames) {
                ctx.calendar
                    .schedule(look, crate::engine::What::Impatient, self.first + at);
            }
        }
        Then::Nothing
    }

    /// A call reaches a queue that is ordered by work: it is drawn here.
    #[inline(never)]
    fn enter_by_size(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let f = &ctx.frames[frame];
        let size = match &self.program.code[f.pc as usize] {
            Instruction::Work(demand) => {
                Some(self.program.demands[usize::from(*demand)].next(f, &ctx.traces))
            }
            _ => None,
        };
        let pool = &mut self.instances[f.instance as usize].pool;
        match pool.enter_sized(ctx.now, frame, size, &mut ctx.frames, &mut self.meter) {
            Entered::Starts => match size {
                Some(work) => self.work(ctx, frame, work),
                None => self.run(ctx, frame),
            },
            Entered::Waits => self.wait_patiently(ctx, frame),
            Entered::Refused => ctx.answer(frame, Outcome::Rejected),
        }
    }

    /// Does a piece of work that has been drawn.
    fn work(&mut self, ctx: &mut Context, frame: u32, work: SimDuration) -> Then {
        let work = self.slowed(ctx.now, ctx.frames[frame].instance, work);
        if self.instances[ctx.frames[frame].instance as usize]
            .cores
            .is_some()
        {
            self.share(ctx, frame, work);
            return Then::Nothing;
        }
        ctx.after(work, frame)
    }

    /// The frame's own step is over.
    #[inline]
    pub fn step_done(&mut self, ctx: &mut Context, frame: u32) -> Then {
        ctx.frames[frame].pc += 1;
        self.run(ctx, frame)
    }

    /// Goes on with a plan until it must wait.
    #[inline]
    fn run(&mut self, ctx: &mut Context, frame: u32) -> Then {
        loop {
            let f = &mut ctx.frames[frame];
            match &self.program.code[f.pc as usize] {
                Instruction::Work(demand) => {
                    let demand = usize::from(*demand);
                    if self.is_event_loop && !f.at_station {
                        if self.is_by_size {
                            return self.enter_by_size_again(ctx, frame, demand);
                        }
                        if !self.enter_again(ctx, frame) {
                            return Then::Nothing;
                        }
                    }
                    let f = &mut ctx.frames[frame];
                    let mut time = self.program.demands[demand].next(f, &ctx.traces);
                    if self.rules.cold.is_some() {
                        time = self.slowed(ctx.now, f.instance, time);
                    }
                    let f = &mut ctx.frames[frame];
                    if self.instances[f.instance as usize].cores.is_some() {
                        self.share(ctx, frame, time);
                        return Then::Nothing;
                    }
                    if !time.is_zero() {
                        return ctx.after(time, frame);
                    }
                    f.pc += 1;
                }
                Instruction::Wait(demand) => {
                    let time = self.program.demands[usize::from(*demand)].next(f, &ctx.traces);
                    if !time.is_zero() {
                        self.let_go(ctx, frame);
                        return ctx.after(time, frame);
                    }
                    f.pc += 1;
                }
                Instruction::Call(site) => {
                    let site = *site;
                    self.let_go(ctx, frame);
                    return ctx.begin_call(frame, site);
                }
                Instruction::Fork { branches, .. } => {
                    super::branches::fork(ctx, frame, branches.iter().copied());
                    self.let_go(ctx, frame);
                    return Then::Nothing;
                }
                Instruction::Choose {
                    cumulative,
                    places,
                    stream,
                } => {
                    let u = self.program.choices[usize::from(*stream)].uniform();
                    let at = cumulative
                        .iter()
                        .position(|c| u <= *c)
                        .unwrap_or(places.len() - 1);
                    f.pc = places[at];
                }
                Instruction::Jump(place) => f.pc = *place,
                Instruction::End => return self.end(ctx, frame, Outcome::Ok),
            }
        }
    }

    /// In an event loop a call that begins to wait lets its worker go.
    #[inline]
    fn let_go(&mut self, ctx: &mut Context, frame: u32) {
        if self.is_event_loop && ctx.frames[frame].at_station {
            self.leave(ctx, frame);
        }
    }

    /// In an event loop a call that has waited needs a worker again: whether it has one at once.
    fn enter_again(&mut self, ctx: &mut Context, frame: u32) -> bool {
        let pool = &mut self.instances[ctx.frames[frame].instance as usize].pool;
        pool.enter_regardless(ctx.now, frame, None, &mut ctx.frames, &mut self.meter) == Entered::Starts
    }

    /// The same where the queue is ordered by work.
    #[inline(never)]
    fn enter_by_size_again(&mut self, ctx: &mut Context, frame: u32, demand: usize) -> Then {
        let f = &ctx.frames[frame];
        let work = self.program.demands[demand].next(f, &ctx.traces);
        let pool = &mut self.instances[f.instance as usize].pool;
        match pool.enter_regardless(ctx.now, frame, Some(work), &mut ctx.frames, &mut self.meter) {
            Entered::Starts => self.work(ctx, frame, work),
            _ => Then::Nothing,
        }
    }

    /// A call's worker is free for the next that waits.
    #[inline(always)]
    fn leave(&mut self, ctx: &mut Context, frame: u32) {
        let pool = &mut self.instances[ctx.frames[frame].instance as usize].pool;
        if let Some(next) = pool.leave(ctx.now, frame, &mut ctx.frames, &mut self.meter) {
            self.start(ctx, next);
        }
    }

    /// A call is over; the service of one that waited starts instead.
    #[inline(always)]
    fn end(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        let f = &mut ctx.frames[frame];
        if f.role == Role::Branch {
            if f.at_station {
                self.leave(ctx, frame);
            }
            return ctx.answer(frame, outcome);
        }
        if self.batch.is_some() {
            return self.end_batch(ctx, frame, outcome);
        }
        f.is_inside = false;
        let at_station = f.at_station;
        self.meter.now.served += 1;
        if at_station {
            self.leave(ctx, frame);
        }
        ctx.answer(frame, outcome)
    }

    /// The service of a call that waited starts.
    #[inline]
    fn start(&mut self, ctx: &mut Context, frame: u32) {
        let f = &mut ctx.frames[frame];
        if self.is_by_size
            && let Some(work) = self.instances[f.instance as usize].pool.size_of_next()
        {
            let _ = self.work(ctx, frame, work);
            return;
        }
        // By far the most plans begin with work: it is scheduled here, others go through the loop.
        if let Instruction::Work(demand) = &self.program.code[f.pc as usize]
            && self.instances[f.instance as usize].cores.is_none()
        {
            let mut time = self.program.demands[usize::from(*demand)].next(f, &ctx.traces);
            if self.rules.cold.is_some() {
                time = self.slowed(ctx.now, f.instance, time);
            }
            let _ = ctx.after(time, frame);
        } else {
            f.has_event = true;
            ctx.also(Then::Start(frame));
        }
    }

    /// What the frame waited for has ended.
    #[inline]
    pub fn resume(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        if outcome == Outcome::Ok {
            ctx.frames[frame].pc += 1;
            self.run(ctx, frame)
        } else {
            self.end(ctx, frame, outcome)
        }
    }

    /// A branch begins, or the service of a call that waited.
    pub fn begin(&mut self, ctx: &mut Context, frame: u32) -> Then {
        self.run(ctx, frame)
    }

    /// Puts a piece of work on the shared cores.
    #[inline(never)]
    fn share(&mut self, ctx: &mut Context, frame: u32, work: SimDuration) {
        let f = &ctx.frames[frame];
        let (at, op) = (f.instance, f.op);
        self.with_cores(ctx, at, |cores, now| cores.add(now, frame, op, work));
    }

    /// The shared cores of an instance may have finished something.
    pub fn shared(&mut self, ctx: &mut Context, instance: u32) -> Then {
        let mut ended = None;
        self.with_cores(ctx, instance, |cores, now| {
            ended = cores.take_ended(now);
            if ended.is_some() {
                cores.look_again(now)
            } else {
                None
            }
        });
        match ended {
            Some(frame) => self.step_done(ctx, frame),
            None => Then::Nothing,
        }
    }

    /// Changes what the cores do, and keeps the calendar and the meter in step with it.
    fn with_cores(
        &mut self,
        ctx: &mut Context,
        instance: u32,
        change: impl FnOnce(&mut Sharing, SimTime) -> Option<SimTime>,
    ) {
        let Some(cores) = &mut self.instances[instance as usize].cores else {
            return;
        };
        let before = cores.busy();
        let look = change(cores, ctx.now);
        let by = i64::from(cores.busy()) - i64::from(before);
        if by != 0 {
            self.meter.cores(ctx.now, by);
        }
        if let Some(at) = look {
            ctx.calendar
                .schedule(at, crate::engine::What::Shared, self.first + instance);
        }
    }
}
