//! What a balancer knows of a component behind it, and how it chooses among that one's instances.

use super::Behind;
use super::sticky::Sticky;
use super::waiting::Waiting;
use crate::engine::{Context, Frames, NO_SOURCE, NONE, Role, SiteTable};
use crate::model::{self, Balancer, Component, Layer, StickyBy};
use crate::policy::balancing::{Asked, Router};

/// What one instance of a balancer knows of one component.
#[derive(Debug)]
pub(super) struct View {
    pub number: u16,
    pub forward: u16,
    /// Where the balancer's own calls to the component are made.
    pub site: u16,
    pub router: Router,
    pub sticky: Option<Sticky>,
    /// Where calls wait for room at the instances, if there is a limit.
    pub waiting: Option<Box<Waiting>>,
}

/// The views of a balancer: those of its first instance, then those of the next.
pub(super) fn views(
    number: u16,
    of: &Component,
    balancer: &Balancer,
    behind: &Behind,
    sites: &mut SiteTable,
) -> Vec<View> {
    let (seed, trial) = (sites.seed, sites.trial);
    let (machine, count) = (&balancer.machine, balancer.forward.len());
    let sticky = balancer
        .sticky
        .or((machine.layer == Layer::L4).then_some(model::Sticky {
            by: StickyBy::Source,
            lasts: machine.keeps,
            while_draining: true,
        }));
    // What comes before the policy looks at no room: its groups are those who are well.
    let is_hashed = balancer.policy.sees_keys() || balancer.policy.sees_sources();
    let is_bound = |place| is_hashed || balancer.routing.has_groups(place);
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
            router: Router::new(balancer, place, callers, name, seed, trial),
            sticky: sticky.map(Sticky::new),
            waiting: balancer
                .limit
                .map(|limit| Box::new(Waiting::new(limit, is_bound(place)))),
        });
    }
    views
}

impl View {
    /// Chooses an instance for a call of the balancer of this number, which counts it as sent: another one than it has
    /// `tried`, if there is one.
    #[inline(always)]
    pub fn choose(&mut self, ctx: &mut Context, frame: u32, balancer: u16, tried: &[u32]) -> u32 {
        let Context {
            backends,
            frames,
            now,
            ..
        } = ctx;
        let backends = &mut backends[usize::from(self.number)];
        self.router.hear(backends, *now);
        let router = &mut self.router;
        let mut choose = || router.next(backends, *now, tried, || asked(frames, frame, balancer));
        let at = match &mut self.sticky {
            Some(sticky) if frames[frame].source != NO_SOURCE => {
                sticky.next(bound(frames, frame, balancer), *now, backends, choose)
            }
            _ => choose(),
        };
        backends.sent(at, *now);
        at
    }

    /// The instance that was chosen for a call of the balancer when there was room, which counts it as sent.
    pub fn chosen(&self, ctx: &mut Context, frame: u32) -> u32 {
        let parent = ctx.frames[frame].parent;
        let at = ctx.frames[parent].pc;
        ctx.backends[usize::from(self.number)].sent(at, ctx.now);
        at
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
        choices: 0,
    }
}
