//! A service: instances that run call plans, each with its workers, its queue and its cores.

mod batch;
mod by_size;
mod cores;
mod fork;
mod leaving;
mod life;
mod on_demand;
mod pauses;
mod sessions;

use super::program::{Compiler, Instruction, Program};
use crate::engine::{Context, Note, Outcome, Role, SiteTable, Then, What};
use crate::measure::Meter;
use crate::model::{Batch, ComponentId, Description, Discipline, Service};
use crate::random::{Law, Stream};
use crate::station::{Entered, Patience, Pool, Sharing};
use crate::time::{SimDuration, SimTime};
use life::{Life, Rules};
use on_demand::{Crew, Starter};
use pauses::Pausing;
use sessions::Sessions;

#[derive(Debug)]
struct Instance {
    pool: Pool,
    /// Where `work` shares cores; none: every worker has one of its own.
    cores: Option<Sharing>,
    /// When those who wait give up.
    patience: Patience,
    life: Life,
    /// The workers that are idle or being started, where they come on demand.
    crew: Crew,
    pausing: Pausing,
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
    /// Whether a call that comes has nothing to pass but the queue: no memory that it must fit into, no batch, no order of the
    /// queue that needs its work, no worker to be started.
    enters_simply: bool,
    /// Whether a piece of work takes a worker and its time, and nothing else: no shared cores, no cold start.
    works_simply: bool,
    /// Where the plans begin that a pool of connections can be asked for.
    parts: Vec<u32>,
    /// The service whose connections these are, if it is a pool.
    pub pool_of: Option<u16>,
    /// When it was last looked whether all connections are held by calls that wait for another one.
    last_search: SimTime,
    /// How instances start, and who of them serves.
    rules: Rules,
    /// What instances remember of callers, where they do.
    sessions: Option<Sessions>,
    batch: Option<Batch>,
    /// How workers are started, where they come on demand.
    starter: Option<Starter>,
    /// How long calls wait.
    patience: Option<(Law, Stream)>,
    pub meter: Meter,
}

impl ServiceState {
    pub fn new(number: u16, d: &Description, service: &Service, first: u32, sites: &mut SiteTable) -> Self {
        let of = &d.components[usize::from(number)];
        // Where nobody pauses, work needs no cores that could stand still.
        let can_pause = d.can_pause(ComponentId(number));
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
        let starter = service.on_demand.as_ref().map(|rule| Starter {
            set_up: rule.set_up.clone(),
            stream: open("set-up"),
            keep_alive: rule.keep_alive,
        });
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
                    cores: Sharing::of(station).or_else(|| can_pause.then(Sharing::one_each)),
                    zone: sites.place(number, of, i),
                    patience: Patience::default(),
                    life: Life::default(),
                    crew: Crew::default(),
                    pausing: Pausing::new(
                        sites.seed,
                        sites.trial,
                        of.name.purpose("pause").index(u64::from(i)),
                    ),
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
            enters_simply: service.memory.is_none()
                && service.sessions.is_none()
                && service.batch.is_none()
                && service.on_demand.is_none()
                && station.discipline != Discipline::Shortest,
            works_simply: service.cold.is_none() && !station.shares_cores() && !can_pause,
            parts: if service.pool_of.is_some() {
                plans.clone()
            } else {
                Vec::new()
            },
            pool_of: service.pool_of.map(|id| id.0),
            last_search: SimTime::ZERO,
            patience,
            rules,
            sessions: Sessions::of(service),
            batch: service.batch,
            starter,
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
            self.arrive(ctx, frame, at)
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

    /// Whether an instance is there and doesn't answer.
    pub fn is_silent(&self, instance: u32) -> bool {
        let instance = &self.instances[instance as usize];
        instance.hangs || instance.is_up && instance.pausing.is_any()
    }

    /// A call reaches its instance.
    #[inline]
    pub fn reach(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let at = ctx.frames[frame].instance;
        // Another one serves by now: who stands by takes no calls that were sent before.
        if self.rules.active.is_some_and(|active| active != at) {
            self.meter.now.lost += 1;
            return ctx.answer(frame, Outcome::Unreachable);
        }
        self.arrive(ctx, frame, at)
    }

    /// A call is at the instance `at`.
    #[inline(always)]
    fn arrive(&mut self, ctx: &mut Context, frame: u32, at: u32) -> Then {
        let instance = &self.instances[at as usize];
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
        let f = &mut ctx.frames[frame];
        let Some(entry) = self.entries[usize::from(f.op)] else {
            return ctx.answer(frame, Outcome::Error);
        };
        f.pc = entry;
        if !self.enters_simply {
            return self.enter(ctx, frame);
        }
        f.is_inside = true;
        self.queue_up(ctx, frame, at)
    }

    /// A call that is at the beginning of its plan comes to the station, with more to pass there than the queue.
    #[inline(never)]
    fn enter(&mut self, ctx: &mut Context, frame: u32) -> Then {
        if !(self.fits(ctx, frame) && self.knows(ctx, frame)) {
            return ctx.answer(frame, Outcome::Rejected);
        }
        let f = &mut ctx.frames[frame];
        f.is_inside = true;
        let at = f.instance;
        if self.batch.is_some() {
            return self.enter_batch(ctx, frame);
        }
        if self.is_by_size {
            return self.enter_by_size(ctx, frame);
        }
        if self.starter.is_some() {
            return self.enter_on_demand(ctx, frame);
        }
        self.queue_up(ctx, frame, at)
    }

    /// A call begins its plan, or waits for a worker.
    #[inline(always)]
    fn queue_up(&mut self, ctx: &mut Context, frame: u32, at: u32) -> Then {
        let pool = &mut self.instances[at as usize].pool;
        match pool.enter(ctx.now, frame, &mut ctx.frames, &mut self.meter) {
            Entered::Starts => self.run(ctx, frame, 0),
            Entered::Waits => self.wait_patiently(ctx, frame),
            Entered::Refused => ctx.answer(frame, Outcome::Rejected),
        }
    }

    /// A call that has come begins to wait, for as long as its patience lasts.
    #[inline(always)]
    fn wait_patiently(&mut self, ctx: &mut Context, frame: u32) -> Then {
        if self.patience.is_some() {
            self.lose_patience(ctx, frame);
        }
        Then::Nothing
    }

    /// Does a piece of work that has been drawn.
    fn work(&mut self, ctx: &mut Context, frame: u32, work: SimDuration) -> Then {
        if !self.works(ctx, frame, work) {
            return ctx.after(SimDuration::ZERO, frame);
        }
        Then::Nothing
    }

    /// Begins a piece of work that has been drawn: whether it takes time.
    #[inline(never)]
    fn works(&mut self, ctx: &mut Context, frame: u32, work: SimDuration) -> bool {
        let at = ctx.frames[frame].instance;
        let work = self.slowed(ctx.now, at, work);
        if self.instances[at as usize].cores.is_some() {
            self.share(ctx, frame, work);
            return true;
        }
        if work.is_zero() {
            return false;
        }
        let _ = ctx.after(work, frame);
        true
    }

    /// The frame's own step is over.
    #[inline(always)]
    pub fn step_done(&mut self, ctx: &mut Context, frame: u32) -> Then {
        self.run(ctx, frame, 1)
    }

    /// Goes on with a plan until it must wait: `done` of its instructions after the one it is at.
    #[inline]
    fn run(&mut self, ctx: &mut Context, frame: u32, done: u32) -> Then {
        let mut f = &mut ctx.frames[frame];
        f.pc += done;
        loop {
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
                        f = &mut ctx.frames[frame];
                    }
                    let time = self.program.demands[demand].next(f, &ctx.traces);
                    if !self.works_simply {
                        if self.works(ctx, frame, time) {
                            return Then::Nothing;
                        }
                    } else if !time.is_zero() {
                        f.has_event = true;
                        ctx.calendar.schedule(ctx.now + time, What::StepDone, frame);
                        return Then::Nothing;
                    }
                    f = &mut ctx.frames[frame];
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
                    if self.is_event_loop && f.at_station {
                        self.leave(ctx, frame);
                    }
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

    /// A call's worker is free for the next that waits.
    #[inline(always)]
    fn leave(&mut self, ctx: &mut Context, frame: u32) {
        let at = ctx.frames[frame].instance;
        let pool = &mut self.instances[at as usize].pool;
        let next = pool.leave(ctx.now, frame, &mut ctx.frames, &mut self.meter);
        if let Some(next) = next {
            self.start(ctx, next);
        }
        if self.starter.is_some() {
            self.spare(ctx.now, at, next.is_none());
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
    #[inline(always)]
    fn start(&mut self, ctx: &mut Context, frame: u32) {
        let f = &mut ctx.frames[frame];
        if self.is_by_size
            && let Some(work) = self.instances[f.instance as usize].pool.size_of_next()
        {
            let _ = self.work(ctx, frame, work);
            return;
        }
        // By far the most plans begin with work: it is scheduled here, others go through the loop.
        if self.works_simply
            && let Instruction::Work(demand) = &self.program.code[f.pc as usize]
        {
            let time = self.program.demands[usize::from(*demand)].next(f, &ctx.traces);
            f.has_event = true;
            ctx.calendar.schedule(ctx.now + time, What::StepDone, frame);
        } else {
            self.start_otherwise(ctx, frame);
        }
    }

    /// The same where work takes more than a worker, or the plan begins with something else.
    #[inline(never)]
    fn start_otherwise(&mut self, ctx: &mut Context, frame: u32) {
        let f = &mut ctx.frames[frame];
        if let Instruction::Work(demand) = &self.program.code[f.pc as usize]
            && self.instances[f.instance as usize].cores.is_none()
        {
            let time = self.program.demands[usize::from(*demand)].next(f, &ctx.traces);
            let _ = self.work(ctx, frame, time);
        } else {
            f.has_event = true;
            ctx.also(Then::Start(frame));
        }
    }

    /// What the frame waited for has ended.
    #[inline(always)]
    pub fn resume(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        if outcome == Outcome::Ok {
            self.run(ctx, frame, 1)
        } else {
            self.end(ctx, frame, outcome)
        }
    }

    /// A branch begins, or the service of a call that waited.
    pub fn begin(&mut self, ctx: &mut Context, frame: u32) -> Then {
        self.run(ctx, frame, 0)
    }
}
