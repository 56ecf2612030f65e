//! A balancer: chooses an instance for every call, from what it sent, what came back, and what its checks found.
//!
//! Of each component behind it, it has a view of its own: the numbers of [`Context::backends`] and [`Context::health`] are
//! those of views. The first view of a balancer has the balancer's own number.

mod routes;
mod sticky;

use routes::Routes;
use sticky::Sticky;

use crate::engine::{Context, Frames, NONE, Note, Outcome, Role, SiteTable, Then};
use crate::measure::Meter;
use crate::measure::visits::End;
use crate::model::{Balancer, Component, FailOpen, Route, Station};
use crate::policy::balancing::{Asked, Router};
use crate::random::{Law, Stream};
use crate::station::{Entered, Pool};
use crate::time::SimDuration;

/// Where a call at a balancer is in its life.
mod stage {
    /// Waits for, or uses, the balancer's capacity.
    pub(super) const AT_POOL: u8 = 0;
    /// On its way through.
    pub(super) const DELAYED: u8 = 1;
}

/// What a balancer has a view of, and who calls it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Behind {
    /// The numbers of its views, one for each component behind it.
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
    zone: u16,
    views: Vec<View>,
    /// Which view is for which call, where there are several.
    routes: Option<Routes>,
    /// Whether its checks need to know of calls as they are sent.
    tells_of_calls: bool,
    /// Whether calls are turned away when nobody is healthy.
    is_strict: bool,
    latency: Option<(Law, Stream)>,
    capacity: Option<(Pool, SimDuration)>,
    /// Whether it is only a choice: no delay, no capacity, services behind it.
    is_transparent: bool,
    pub meter: Meter,
    is_up: bool,
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
        let station = Station {
            workers: Some(1),
            queue: balancer.queue,
            ..Station::default()
        };
        let mut views = Vec::with_capacity(behind.views.len());
        for (place, view) in behind.views.iter().enumerate() {
            let name = of.name_of_view(place);
            let callers = behind.callers.clone();
            views.push(View {
                number: *view,
                forward: balancer.forward[place].0,
                site: sites.add_forward((number, *view), place, balancer, name.purpose("forward")),
                router: Router::new(balancer.policy, &balancer.routing, callers, name, seed, trial),
                sticky: balancer.sticky.map(Sticky::new),
            });
        }
        let is_strict = balancer.fail_open == FailOpen::Never && balancer.watches();
        // A call that has nowhere to go comes to the balancer after all, and must not look for its route a second time.
        let has_way =
            balancer.routes.is_empty() || !is_strict && balancer.routes.iter().any(Route::takes_everything);
        Self {
            number,
            zone: sites.place(number, 0, 1),
            views,
            routes: (!balancer.routes.is_empty()).then(|| {
                let draws = Stream::open(seed, trial, of.name.purpose("route"));
                Routes::new(balancer.routes.clone(), draws)
            }),
            is_strict,
            latency: balancer
                .latency
                .clone()
                .map(|law| (law, Stream::open(seed, trial, of.name.purpose("latency")))),
            capacity: balancer
                .capacity
                .map(|rate| (Pool::new(&station), SimDuration::from_f64_nanos(1e9 / rate))),
            is_transparent: behind.are_services
                && has_way
                && balancer.latency.is_none()
                && balancer.capacity.is_none()
                && balancer.timeout.is_none()
                && balancer.retry.is_none(),
            tells_of_calls: balancer.passive_check.is_some(),
            meter: Meter::new(1),
            is_up: true,
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

    /// Sends a call to the balancer.
    #[inline]
    pub fn send(&mut self, ctx: &mut Context, frame: u32) -> Then {
        if ctx.travel(frame, 0, self.zone) {
            self.reach(ctx, frame)
        } else {
            Then::Nothing
        }
    }

    /// A call reaches the balancer.
    #[inline]
    pub fn reach(&mut self, ctx: &mut Context, frame: u32) -> Then {
        if !self.is_up {
            self.meter.now.lost += 1;
            return ctx.answer(frame, Outcome::Unreachable);
        }
        let Some((pool, time)) = &mut self.capacity else {
            self.meter.now.arrived += 1;
            ctx.frames.note(frame, ctx.now, || Note::Start);
            return self.delay(ctx, frame);
        };
        self.meter.now.arrived += 1;
        match pool.enter(ctx.now, frame, &mut ctx.frames, &mut self.meter) {
            Entered::Starts => ctx.after(*time, frame),
            Entered::Waits => Then::Nothing,
            Entered::Refused => ctx.answer(frame, Outcome::Rejected),
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

    /// The call has passed the capacity, or the delay.
    pub fn step_done(&mut self, ctx: &mut Context, frame: u32) -> Then {
        if ctx.frames[frame].stage == stage::AT_POOL
            && let Some((pool, time)) = &mut self.capacity
        {
            let next = pool.leave(ctx.now, frame, &mut ctx.frames, &mut self.meter);
            if let Some(next) = next {
                let _ = ctx.after(*time, next);
            }
            return self.delay(ctx, frame);
        }
        self.call(ctx, frame)
    }

    /// Makes the balancer's own call to where the call is to go.
    #[inline]
    fn call(&mut self, ctx: &mut Context, frame: u32) -> Then {
        match self.place_for(ctx, frame) {
            Some(place) => ctx.begin_call(frame, self.views[place].site),
            None => ctx.answer(frame, Outcome::Error),
        }
    }

    /// The place of the view that is for a call; none where no route takes it.
    #[inline(always)]
    fn place_for(&mut self, ctx: &Context, frame: u32) -> Option<usize> {
        match &mut self.routes {
            None => Some(0),
            Some(routes) => routes.of(&ctx.frames[frame]),
        }
    }

    /// Chooses the instance, in the view of this place, for a call that the balancer makes; none where nobody may be chosen.
    #[inline(always)]
    pub fn choose(&mut self, ctx: &mut Context, frame: u32, place: usize) -> Option<u32> {
        let view = &mut self.views[place];
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
            None => choose(),
            Some(sticky) => sticky.next(bound(frames, frame, self.number), *now, backends, choose),
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
    pub fn pass(&mut self, ctx: &mut Context, frame: u32) -> Option<u32> {
        if !self.is_transparent || ctx.has_network || !self.is_up {
            return None;
        }
        let place = self.place_for(ctx, frame)?;
        // Where nobody may be chosen, the balancer itself says so.
        let at = self.choose(ctx, frame, place)?;
        let view = &self.views[place];
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
        let (at_station, is_waiting) = (f.at_station, f.is_waiting);
        let mut next = None;
        if let Some((pool, time)) = &mut self.capacity {
            if is_waiting {
                pool.give_up(ctx.now, frame, &mut ctx.frames, &mut self.meter);
            } else if at_station {
                next = pool.leave(ctx.now, frame, &mut ctx.frames, &mut self.meter);
            }
            if let Some(next) = next {
                let _ = ctx.after(*time, next);
            }
        }
        ctx.frames.note(frame, ctx.now, || Note::Leave(End::Cancelled));
        ctx.kill(frame, Outcome::Timeout);
    }

    /// A call has come back from an instance.
    #[inline]
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
        ctx.answer(frame, outcome)
    }

    /// The balancer itself crashes, or is repaired.
    pub fn set_up(&mut self, ctx: &mut Context, is_up: bool) {
        if self.is_up == is_up {
            return;
        }
        self.is_up = is_up;
        self.meter.instances(ctx.now, if is_up { 1 } else { -1 });
        if !is_up {
            let lost = super::lose_calls_at_station(ctx, self.number, 0, &mut self.meter);
            self.meter.now.lost += lost;
            if let Some((pool, _)) = &mut self.capacity {
                pool.clear(&mut ctx.frames);
            }
            let sticky = self.views.iter_mut().filter_map(|v| v.sticky.as_mut());
            sticky.for_each(Sticky::crash);
        }
    }

    pub fn is_up(&self) -> bool {
        self.is_up
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
