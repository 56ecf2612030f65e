//! A balancer: chooses an instance for every call, from what it sent, what came back, and what its checks found.
//!
//! Of each component behind it, each of its instances has a view of its own, and knows nothing of what the others sent: the
//! numbers of [`Context::backends`] and [`Context::health`] are those of views. The first view of a balancer has the balancer's
//! own number.

mod instance;
mod routes;
mod sticky;
mod traffic;

use instance::{Instance, door};
use routes::Routes;
use sticky::Sticky;

use crate::engine::{Ask, Context, Frames, NO_SOURCE, NONE, Note, Outcome, Role, SiteTable, Then};
use crate::measure::Meter;
use crate::measure::visits::End;
use crate::model::{self, Balancer, Component, FailOpen, Layer, Route, StickyBy};
use crate::policy::balancing::{Asked, Backends, Router};
use crate::random::{Law, Stream};
use crate::station::Entered;
use crate::time::SimTime;

/// Where a call at a balancer is in its life.
mod stage {
    /// Waits for, or uses, one of its workers.
    pub(super) const AT_POOL: u8 = 0;
    /// On its way through.
    pub(super) const DELAYED: u8 = 1;
}

/// What a balancer has a view of, and who calls it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Behind {
    /// The numbers of its views, one for each component behind it, and so for each of its instances.
    pub views: Vec<u16>,
    /// Whether all of them are services.
    pub are_services: bool,
    /// How many may call from each place.
    pub callers: Vec<(u16, u32)>,
}

/// What it knows of one component, and how it chooses among its instances.
#[derive(Debug)]
struct View {
    number: u16,
    forward: u16,
    site: u16,
    router: Router,
    sticky: Option<Sticky>,
}

#[derive(Debug)]
pub(crate) struct BalancerState {
    number: u16,
    /// Those of the first instance, then those of the next.
    views: Vec<View>,
    /// How many components are behind it.
    behind: usize,
    /// Where in their turns its instances begin, if they take turns.
    starts: Option<Stream>,
    /// Which view is for which call, where there are several.
    routes: Option<Routes>,
    /// Whether its checks need to know of calls as they are sent.
    tells_of_calls: bool,
    /// Whether calls are turned away when nobody is healthy.
    is_strict: bool,
    instances: Vec<Instance>,
    /// Which instance a call comes to that comes from nowhere.
    doors: Stream,
    /// How long a worker has to do with a call.
    handling: Option<(Law, Stream)>,
    latency: Option<(Law, Stream)>,
    /// Whether it counts the calls that are under way.
    counts: bool,
    /// Whether it is only a choice: no delay, no workers, services behind it.
    is_transparent: bool,
    pub meter: Meter,
}

impl BalancerState {
    pub fn new(
        number: u16,
        of: &Component,
        balancer: &Balancer,
        behind: Behind,
        sites: &mut SiteTable,
    ) -> Self {
        let (seed, trial) = (sites.seed, sites.trial);
        let (machine, count) = (&balancer.machine, balancer.forward.len());
        let open = |purpose| Stream::open(seed, trial, of.name.purpose(purpose));
        let sticky = balancer
            .sticky
            .or((machine.layer == Layer::L4).then_some(model::Sticky {
                by: StickyBy::Source,
                lasts: machine.keeps,
                while_draining: true,
            }));
        let mut views = Vec::with_capacity(behind.views.len());
        for (view, (instance, place)) in (behind.views.iter())
            .zip((0..machine.instances).flat_map(|instance| (0..count).map(move |place| (instance, place))))
        {
            let name = of.name_of_view(instance, place);
            let callers = behind.callers.clone();
            let at = views.len();
            views.push(View {
                number: *view,
                forward: balancer.forward[place].0,
                site: sites.add_forward((number, *view), (at, place), balancer, name.purpose("forward")),
                router: Router::new(balancer.policy, &balancer.routing, callers, name, seed, trial),
                sticky: sticky.map(Sticky::new),
            });
        }
        let is_strict = balancer.fail_open == FailOpen::Never && balancer.watches();
        // A call that has nowhere to go comes to the balancer after all, and must not look for its route a second time.
        let has_way =
            balancer.routes.is_empty() || !is_strict && balancer.routes.iter().any(Route::takes_everything);
        let counts = machine.most_calls.is_some() || machine.fee.is_some();
        let with_law = |law: &Law, purpose| (law.clone(), open(purpose));
        Self {
            number,
            views,
            behind: count,
            starts: balancer.policy.takes_turns().then(|| open("start")),
            routes: (!balancer.routes.is_empty())
                .then(|| Routes::new(balancer.routes.clone(), open("route"))),
            is_strict,
            instances: (0..machine.instances)
                .map(|i| Instance::new(sites.place(number, i, of.zones), machine, balancer.routes.len()))
                .collect(),
            doors: open("door"),
            handling: machine.handling.as_ref().map(|h| with_law(&h.time, "work")),
            latency: balancer.latency.as_ref().map(|law| with_law(law, "latency")),
            is_transparent: behind.are_services
                && has_way
                && balancer.latency.is_none()
                && machine.handling.is_none()
                && !counts
                && balancer.timeout.is_none()
                && balancer.retry.is_none(),
            counts,
            tells_of_calls: balancer.passive_check.is_some(),
            meter: Meter::new(machine.instances),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the number of instances was checked"
    )]
    pub fn count(&self) -> u32 {
        self.instances.len() as u32
    }

    /// Lets all instances but the first begin somewhere in their turns, as if they had served for a while: otherwise all of them
    /// would choose the same at first, and go on in step for long.
    pub fn stagger(&mut self, backends: &[Backends]) {
        let Some(starts) = &mut self.starts else {
            return;
        };
        for view in self.views.iter_mut().skip(self.behind) {
            let backends = &backends[usize::from(view.number)];
            let nobody = Asked {
                key: 0,
                source: 0,
                zone: self.instances[0].zone,
            };
            for _ in 0..starts.next().below(backends.count() as u64) {
                view.router.next(backends, SimTime::ZERO, || nobody);
            }
        }
    }

    /// The numbers of its views, where its policy learns from answers.
    pub fn learners(&self) -> impl Iterator<Item = u16> {
        let learners = self.views.iter().filter(|v| v.router.learns());
        learners.map(|v| v.number)
    }

    /// The numbers of its views of a component.
    pub fn views_of(&self, component: u16) -> impl Iterator<Item = u16> {
        let views = self.views.iter().filter(move |v| v.forward == component);
        views.map(|v| v.number)
    }

    /// The components behind it.
    pub fn forward(&self) -> impl Iterator<Item = u16> {
        self.views.iter().map(|v| v.forward)
    }

    /// The instance that a call comes to: the one that a balancer in front chose, or the one that its caller uses.
    #[inline(always)]
    pub fn door(&mut self, frames: &Frames, frame: u32, chosen: Option<u32>) -> u32 {
        match (self.instances.len(), chosen) {
            (1, _) => 0,
            (_, Some(at)) => at,
            (count, None) => door(frames, frame, count, &mut self.doors),
        }
    }

    /// Sends a call to an instance of the balancer.
    #[inline(never)]
    pub fn send(&mut self, ctx: &mut Context, frame: u32, door: u32) -> Then {
        if ctx.travel(frame, door, self.instances[door as usize].zone) {
            self.reach(ctx, frame)
        } else {
            Then::Nothing
        }
    }

    /// A call reaches its instance of the balancer.
    #[inline(never)]
    pub fn reach(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let f = &mut ctx.frames[frame];
        let here = &mut self.instances[f.instance as usize];
        if !here.is_up {
            self.meter.now.lost += 1;
            return ctx.answer(frame, Outcome::Unreachable);
        }
        self.meter.now.arrived += 1;
        if self.counts {
            if !here.traffic.begins(ctx.now, f.source) {
                self.meter.now.rejected += 1;
                return ctx.answer(frame, Outcome::Rejected);
            }
            f.is_inside = true;
        }
        let Some(pool) = &mut here.pool else {
            ctx.frames.note(frame, ctx.now, || Note::Start);
            return self.delay(ctx, frame);
        };
        match pool.enter(ctx.now, frame, &mut ctx.frames, &mut self.meter) {
            Entered::Starts => self.handle(ctx, frame),
            Entered::Waits => Then::Nothing,
            Entered::Refused => self.answer(ctx, frame, Outcome::Rejected),
        }
    }

    /// A worker has a call in hand.
    fn handle(&mut self, ctx: &mut Context, frame: u32) -> Then {
        match &mut self.handling {
            None => self.delay(ctx, frame),
            Some((law, stream)) => ctx.after(law.sample_duration(&mut stream.next()), frame),
        }
    }

    #[inline]
    fn delay(&mut self, ctx: &mut Context, frame: u32) -> Then {
        match &mut self.latency {
            None => self.call(ctx, frame),
            Some((law, stream)) => {
                ctx.frames[frame].stage = stage::DELAYED;
                let time = law.sample_duration(&mut stream.next());
                ctx.after(time, frame)
            }
        }
    }

    /// A worker is done with the call, or the delay is over.
    #[inline(never)]
    pub fn step_done(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let f = &ctx.frames[frame];
        if f.stage == stage::AT_POOL && self.handling.is_some() {
            self.let_go(ctx, frame);
            return self.delay(ctx, frame);
        }
        self.call(ctx, frame)
    }

    /// A call leaves its worker, who takes the next one.
    fn let_go(&mut self, ctx: &mut Context, frame: u32) {
        let at = ctx.frames[frame].instance as usize;
        if let Some(pool) = &mut self.instances[at].pool
            && let Some(next) = pool.leave(ctx.now, frame, &mut ctx.frames, &mut self.meter)
        {
            let _ = self.handle(ctx, next);
        }
    }

    /// Makes the balancer's own call to where the call is to go.
    #[inline]
    fn call(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let door = ctx.frames[frame].instance;
        match self.view_for(ctx, frame, door) {
            Some(view) => ctx.begin_call(frame, self.views[view].site),
            None => self.answer(ctx, frame, Outcome::Error),
        }
    }

    /// The view of an instance that is for a call; none where no route takes it.
    #[inline(always)]
    fn view_for(&mut self, ctx: &Context, frame: u32, door: u32) -> Option<usize> {
        let first = door as usize * self.behind;
        match &mut self.routes {
            None => Some(first),
            Some(routes) => routes.of(&ctx.frames[frame]).map(|place| first + place),
        }
    }

    /// Chooses an instance, in one of the views, for a call that the balancer makes; none where nobody may be chosen.
    #[inline(always)]
    pub fn choose(&mut self, ctx: &mut Context, frame: u32, view: usize) -> Option<u32> {
        let view = &mut self.views[view];
        if self.is_strict && ctx.has_nobody(view.number) {
            return None;
        }
        let Context {
            backends,
            frames,
            now,
            ..
        } = ctx;
        let backends = &mut backends[usize::from(view.number)];
        if backends.has_news() {
            backends.learn(*now);
            view.router.hear(backends);
        }
        let router = &mut view.router;
        let mut choose = || router.next(backends, *now, || asked(frames, frame, self.number));
        let at = match &mut view.sticky {
            Some(sticky) if frames[frame].source != NO_SOURCE => {
                sticky.next(bound(frames, frame, self.number), *now, backends, choose)
            }
            _ => choose(),
        };
        backends.sent(at, *now);
        if self.tells_of_calls {
            ctx.sent_to(view.number, at);
        }
        Some(at)
    }

    /// Lets a call pass straight through to the instance that is chosen for it, where nothing holds it up here and no
    /// message takes time; the call remembers the way. Otherwise the balancer makes a call of its own for it.
    #[inline(always)]
    pub fn pass(&mut self, ctx: &mut Context, frame: u32, door: u32) -> Option<u32> {
        if !self.is_transparent || ctx.has_network || !self.instances[door as usize].is_up {
            return None;
        }
        let view = self.view_for(ctx, frame, door)?;
        // Where nobody may be chosen, the balancer itself says so.
        let at = self.choose(ctx, frame, view)?;
        let view = &self.views[view];
        self.meter.now.arrived += 1;
        ctx.frames.note(frame, ctx.now, || Note::Passage(self.number));
        let f = &mut ctx.frames[frame];
        f.arrived = ctx.now;
        f.via = view.number;
        f.component = view.forward;
        Some(at)
    }

    /// Nobody waits for a call any more that is still on its way through: it stops.
    pub fn abandon(&mut self, ctx: &mut Context, frame: u32) {
        let f = &ctx.frames[frame];
        if f.at_station && f.is_waiting {
            if let Some(pool) = &mut self.instances[f.instance as usize].pool {
                pool.give_up(ctx.now, frame, &mut ctx.frames, &mut self.meter);
            }
        } else if f.at_station {
            self.let_go(ctx, frame);
        }
        self.ends(ctx, frame, 0);
        ctx.frames.note(frame, ctx.now, || Note::Leave(End::Cancelled));
        ctx.kill(frame, Outcome::Timeout);
    }

    /// A call has come back from an instance.
    #[inline(never)]
    pub fn resume(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome, backend: u32) -> Then {
        let f = &ctx.frames[frame];
        let sent = f.arrived;
        if backend != NONE
            && let Some(chooser) = ctx.sites[usize::from(f.site)].chooser
        {
            let view = usize::from(chooser.view);
            ctx.came_back(view, backend, sent, outcome);
            ctx.learn(view, backend, outcome);
        }
        if self.counts && outcome == Outcome::Ok {
            let bytes = self.bytes(ctx, frame);
            self.ends(ctx, frame, bytes);
        }
        self.answer(ctx, frame, outcome)
    }

    /// The size of the answer that came back for a call, where it is paid for.
    #[cold]
    fn bytes(&self, ctx: &Context, frame: u32) -> u64 {
        let f = &ctx.frames[frame];
        if !self.instances[f.instance as usize].traffic.is_billed() {
            return 0;
        }
        ctx.ways
            .bytes(f.ask == Ask::Op, f.op, ctx.sites[usize::from(f.site)].target)
    }

    /// The balancer itself answers a call.
    #[inline]
    fn answer(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        self.ends(ctx, frame, 0);
        ctx.answer(frame, outcome)
    }

    /// A call is no longer under way, if it was.
    #[inline]
    fn ends(&mut self, ctx: &mut Context, frame: u32, bytes: u64) {
        if self.counts {
            let f = &mut ctx.frames[frame];
            if std::mem::take(&mut f.is_inside) {
                self.instances[f.instance as usize]
                    .traffic
                    .ends(ctx.now, f.source, bytes);
            }
        }
    }

    /// Books what is owed for what passed through since the last look.
    pub fn bill(&mut self, now: SimTime) {
        if self.counts {
            let due: u64 = self.instances.iter_mut().map(|i| i.traffic.bill(now)).sum();
            self.meter.now.usage_pusd += due;
        }
    }

    /// An instance of the balancer itself crashes, or is repaired.
    pub fn set_up(&mut self, ctx: &mut Context, instance: u32, is_up: bool) {
        let at = instance as usize;
        if std::mem::replace(&mut self.instances[at].is_up, is_up) == is_up {
            return;
        }
        self.meter.instances(ctx.now, if is_up { 1 } else { -1 });
        if !is_up {
            for frame in super::calls_at(ctx, self.number, instance, true) {
                self.ends(ctx, frame, 0);
            }
            let lost = super::lose_calls_at_station(ctx, self.number, instance, &mut self.meter);
            self.meter.now.lost += lost;
            if let Some(pool) = &mut self.instances[at].pool {
                pool.clear(&mut ctx.frames);
            }
            let views = self.views[at * self.behind..][..self.behind].iter_mut();
            views.filter_map(|v| v.sticky.as_mut()).for_each(Sticky::crash);
        }
    }

    pub fn is_up(&self, instance: u32) -> bool {
        self.instances[instance as usize].is_up
    }
}

/// By what a call that is to be sent may be bound to an instance: its source, and whether the balancer tries it again.
fn bound(frames: &Frames, frame: u32, balancer: u16) -> (u32, bool) {
    let f = &frames[frame];
    let is_retry = f.parent != NONE && {
        let p = &frames[f.parent];
        p.role == Role::Call && p.component == balancer && p.attempt > 1
    };
    (f.source, is_retry)
}

/// What a policy may know of a call that is to be sent.
fn asked(frames: &Frames, frame: u32, balancer: u16) -> Asked {
    let f = &frames[frame];
    let mut zone = f.zone;
    // A call that the balancer makes for another comes from that one's caller, as long as it waits.
    if f.parent != NONE {
        let p = &frames[f.parent];
        if p.role == Role::Call
            && p.component == balancer
            && p.parent != NONE
            && frames[p.parent].turn == p.parent_turn
        {
            zone = frames[p.parent].zone;
        }
    }
    Asked {
        key: f.key,
        source: f.source,
        zone,
    }
}
