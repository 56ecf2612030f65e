//! What is being fetched from an origin at a node of a cache, or at an edge: who is on the way, and who waits for it.
//!
//! Waiting for another's miss as nginx's proxy_cache_lock, Varnish's waiting list and CloudFront's request collapsing do it: one call for
//! a key is at the origin and the others wait; one that waits too long goes by itself and keeps nothing, and when the first is out
//! for too long another one goes after it. If it fails the others fail with it, or the next one of them tries.

use std::collections::{HashMap, VecDeque};

use crate::engine::{Ask, Context, DIRECT, Frame, NO_CLIENT, NONE, Outcome, Role};
use crate::model::Coalesce;
use crate::policy::eviction::HashOfKey;
use crate::time::SimTime;

/// The stage of a call that waits for another's fetch.
pub(super) const AT_LEADER: u8 = 255;

/// The calls that wait, with their turns: one whose turn has changed is another call.
pub(super) type Waiting = VecDeque<(u32, u32)>;

/// A key that is being fetched.
#[derive(Debug)]
struct Fetch {
    since: SimTime,
    waiting: Waiting,
}

/// The keys that are being fetched.
#[derive(Debug, Default)]
pub(super) struct Fetches {
    of: HashMap<u64, Fetch, HashOfKey>,
}

impl Fetches {
    pub fn is_fetched(&self, key: u64) -> bool {
        self.of.contains_key(&key)
    }

    /// Somebody fetches a key from now on, for whom others may wait.
    pub fn begin(&mut self, key: u64, now: SimTime) {
        self.go_on(key, now, VecDeque::new());
    }

    fn go_on(&mut self, key: u64, since: SimTime, waiting: Waiting) {
        self.of.insert(key, Fetch { since, waiting });
    }

    /// Whether a call waits for another's fetch of the same key; otherwise it is the one that goes.
    pub fn waits(&mut self, ctx: &mut Context, frame: u32, key: u64, rule: Coalesce) -> bool {
        let Some(fetch) = self.of.get_mut(&key) else {
            self.begin(key, ctx.now);
            return false;
        };
        if rule.age.is_some_and(|age| fetch.since + age <= ctx.now) {
            fetch.since = ctx.now;
            return false;
        }
        fetch.waiting.push_back((frame, ctx.frames[frame].turn));
        ctx.frames[frame].stage = AT_LEADER;
        if let Some(timeout) = rule.timeout {
            let _ = ctx.after(timeout, frame);
        }
        true
    }

    /// Nobody fetches anything any more, nor waits for it.
    pub fn clear(&mut self) {
        self.of.clear();
    }

    /// A fetch is over: who waited for it.
    pub fn end(&mut self, key: u64) -> Waiting {
        self.of
            .remove(&key)
            .map(|fetch| fetch.waiting)
            .unwrap_or_default()
    }

    /// After a failure the next of those that wait goes to the origin, and the others wait for it.
    pub fn next_tries(&mut self, ctx: &Context, key: u64, mut waiting: Waiting) -> Option<u32> {
        while let Some((frame, turn)) = waiting.pop_front() {
            // One whose patience is in the calendar will go by itself.
            if is_waiting(ctx, frame, turn) && !ctx.frames[frame].has_event {
                self.go_on(key, ctx.now, waiting);
                return Some(frame);
            }
        }
        None
    }
}

/// Whether it is the call that began to wait, and it still does.
pub(super) fn is_waiting(ctx: &Context, frame: u32, turn: u32) -> bool {
    let f = &ctx.frames[frame];
    f.turn == turn && f.role == Role::Call && f.stage == AT_LEADER
}

/// Answers a call that waited.
pub(super) fn let_go(ctx: &mut Context, frame: u32, outcome: Outcome) {
    if ctx.frames[frame].has_event {
        // Its patience is still in the calendar, so its slot has to outlast it.
        ctx.kill(frame, outcome);
    } else {
        let answer = ctx.answer(frame, outcome);
        ctx.also(answer);
    }
}

/// A frame that nobody waits for, on behalf of another.
pub(super) fn detached(ctx: &mut Context, of: &Frame, ask: Ask, stage: u8) -> u32 {
    let frame = ctx.frames.take(Role::Call);
    let (turn, life) = (ctx.frames[frame].turn, ctx.frames[frame].life);
    ctx.frames[frame] = Frame {
        parent: NONE,
        turn,
        life,
        child: NONE,
        next: NONE,
        role: Role::Call,
        ask,
        stage,
        has_event: false,
        at_station: false,
        is_waiting: false,
        client: NO_CLIENT,
        via: DIRECT,
        is_forsaken: false,
        is_inside: false,
        ..of.clone()
    };
    frame
}
