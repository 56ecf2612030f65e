//! Several primaries: every instance takes writes, and two writes of a key that don't know of each other conflict.
//!
//! Where the last writer wins both are answered and the later one takes the other's place (M. Kleppmann, "Designing Data-Intensive
//! Applications", 2017, chapter 5). Where writes are certified, as in Galera, a write is sent to all when its work is done, and the first one
//! in that order wins: it is refused if its instance hadn't applied an earlier one of its key when it began. An instance with too much
//! to apply pauses all writes (flow control), and so does the loss of a member until the others agree on who is left; who is left
//! without a majority of the last view answers nobody (codership/galera, certification.cpp, gcs.cpp, replicator_smm_params.cpp).

use std::collections::HashMap;

use super::{DatabaseState, stage};
use crate::engine::{Ask, Context, NO_KEY, Outcome, Then};
use crate::model::{Component, FlowControl, MultiPrimary};
use crate::policy::eviction::HashOfKey;
use crate::random::{Law, Stream};
use crate::time::{SimDuration, SimTime};

/// A key that writes under way want to change.
#[derive(Debug)]
struct Wanted {
    /// How many of them.
    writes: u32,
    /// The number of the newest certified write since the first of them began, and its instance.
    newest: u32,
    by: u32,
    /// The number of the newest one by any other instance.
    before: u32,
}

#[derive(Debug)]
struct Certification {
    broadcast: Option<(Law, Stream)>,
    flow: FlowControl,
    stall: Option<(Law, Stream)>,
    /// Until when no write is sent, for a member was lost.
    stalled: SimTime,
    /// Until when no write is sent, for an instance has too much to apply.
    paused: SimTime,
    /// Instances in the last view that had a majority of the one before, and those that are up.
    members: u32,
    up: u32,
    /// Writes that are sent and not certified yet.
    sent: u32,
    /// The number of the last certified write.
    last: u32,
    wanted: HashMap<u64, Wanted, HashOfKey>,
}

#[derive(Debug)]
pub(super) struct Multi {
    /// None where the last writer wins.
    certification: Option<Certification>,
}

impl Multi {
    pub fn new(multi: &MultiPrimary, of: &Component, instances: u32, (seed, trial): (u64, u64)) -> Self {
        let with = |law: &Option<Law>, purpose| {
            let open = || Stream::open(seed, trial, of.name.purpose(purpose));
            law.clone().map(|law| (law, open()))
        };
        let certification = match multi {
            MultiPrimary::LastWriterWins => None,
            MultiPrimary::Certified {
                broadcast,
                flow,
                stall,
            } => Some(Certification {
                broadcast: with(broadcast, "broadcast"),
                flow: *flow,
                stall: with(stall, "stall"),
                stalled: SimTime::ZERO,
                paused: SimTime::ZERO,
                members: instances,
                up: instances,
                sent: 0,
                last: 0,
                wanted: HashMap::default(),
            }),
        };
        Self { certification }
    }

    /// Whether whoever is up may answer calls.
    pub fn answers(&mut self, now: SimTime) -> bool {
        self.certification.as_mut().is_none_or(|c| c.answers(now))
    }

    /// So many instances are up from now on; `is_loss`: one fewer than before.
    pub fn set_up(&mut self, now: SimTime, up: u32, is_loss: bool) {
        let Some(c) = &mut self.certification else {
            return;
        };
        c.answers(now);
        c.up = up;
        if is_loss && let Some((law, stream)) = &mut c.stall {
            c.stalled = c.stalled.max(now + law.sample_duration(&mut stream.next()));
        }
    }
}

impl Certification {
    /// As long as nobody knows who is left the last view holds. Then those who are up are the next one, if they are a majority.
    fn answers(&mut self, now: SimTime) -> bool {
        if now < self.stalled {
            return true;
        }
        let is_majority = 2 * self.up > self.members;
        if is_majority {
            self.members = self.up;
        }
        is_majority
    }

    /// A write that began is certified, or gone.
    fn leave(&mut self, key: u64) {
        if let Some(wanted) = self.wanted.get_mut(&key) {
            wanted.writes -= 1;
            if wanted.writes == 0 {
                self.wanted.remove(&key);
            }
        }
    }

    /// Whether a write is the first one: whether none of its key by another instance is newer than the `seen` ones that were certified
    /// when it began, and its instance `knew_all` of those.
    fn certify(&mut self, key: u64, instance: u32, (seen, knew_all): (u32, bool)) -> bool {
        let Some(wanted) = self.wanted.get_mut(&key) else {
            return true;
        };
        let by_others = if wanted.by == instance {
            wanted.before
        } else {
            wanted.newest
        };
        let wins = knew_all && by_others <= seen;
        if wins {
            self.last += 1;
            if wanted.by != instance {
                wanted.before = wanted.newest;
            }
            (wanted.newest, wanted.by) = (self.last, instance);
        }
        self.leave(key);
        wins
    }
}

impl DatabaseState {
    /// A write begins its work: what it doesn't know of must not be certified before it.
    pub(super) fn begin_anywhere(&mut self, ctx: &mut Context, frame: u32) {
        let f = &ctx.frames[frame];
        let (key, knows_all) = (f.key, self.behind(f.instance, f.key) <= ctx.now);
        let Some(c) = self.multi.as_mut().and_then(|m| m.certification.as_mut()) else {
            return;
        };
        let f = &mut ctx.frames[frame];
        f.spoilt = u16::from(!knows_all);
        f.pc = c.last;
        if key != NO_KEY {
            let nobody = || Wanted {
                writes: 0,
                newest: 0,
                by: u32::MAX,
                before: 0,
            };
            c.wanted.entry(key).or_insert_with(nobody).writes += 1;
        }
    }

    /// A write's work is done, it may be sent, or it is certified.
    pub(super) fn write_anywhere(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let f = &ctx.frames[frame];
        let (at, key, is_sent) = (f.instance, f.key, f.stage == stage::SENT);
        let (knew_all, seen) = (f.spoilt == 0, f.pc);
        let is_behind = self.behind(at, key) > ctx.now;
        let Some(c) = self.multi.as_mut().and_then(|m| m.certification.as_mut()) else {
            // It takes the place of one that it has not seen, which nobody will see again.
            self.meter.now.writes += 1;
            self.meter.now.lost_writes += u64::from(is_behind);
            self.spread(ctx, at, key, false);
            return self.finish(ctx, frame, Outcome::Ok);
        };
        c.sent -= u32::from(is_sent);
        if !c.answers(ctx.now) {
            c.leave(key);
            return self.finish(ctx, frame, Outcome::Error);
        }
        if !is_sent {
            let go = c.stalled.max(c.paused);
            if go > ctx.now {
                return ctx.after(go - ctx.now, frame);
            }
            return self.send_to_all(ctx, frame);
        }
        let wins = c.certify(key, at, (seen, knew_all));
        self.meter.now.writes += 1;
        if !wins {
            self.meter.now.conflicts += 1;
            return self.finish(ctx, frame, Outcome::Error);
        }
        self.spread(ctx, at, key, true);
        self.pause(ctx.now);
        self.finish(ctx, frame, Outcome::Ok)
    }

    /// A write is sent, unless as many are on their way as the instance with the longest line may still get: then it looks again later.
    fn send_to_all(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let round_trip = self.round_trip(ctx, ctx.frames[frame].instance);
        let longest = self.up().map(|i| self.waiting(i, ctx.now)).max().unwrap_or(0);
        let Some(c) = self.multi.as_mut().and_then(|m| m.certification.as_mut()) else {
            return Then::Nothing;
        };
        let time = c.broadcast.as_mut().map_or(SimDuration::ZERO, |(law, stream)| {
            law.sample_duration(&mut stream.next())
        });
        if longest + c.sent as usize <= c.flow.pause_above as usize {
            c.sent += 1;
            ctx.frames[frame].stage = stage::SENT;
        }
        ctx.after(time + round_trip, frame)
    }

    /// The instances that are up.
    fn up(&self) -> impl Iterator<Item = u32> {
        (0..).zip(&self.instances).filter(|i| i.1.is_up).map(|i| i.0)
    }

    /// Writes that wait to be applied on an instance.
    fn waiting(&self, instance: u32, now: SimTime) -> usize {
        self.copies.as_deref().map_or(0, |c| c.waiting(instance, now))
    }

    /// How long the network takes to the farthest of the others, and back.
    fn round_trip(&self, ctx: &mut Context, at: u32) -> SimDuration {
        let here = self.instances[at as usize].zone;
        let mut longest = SimDuration::ZERO;
        for other in self.instances.iter().filter(|i| i.is_up) {
            let there = ctx.delay(self.number, here, other.zone);
            longest = longest.max(there + ctx.delay(self.number, other.zone, here));
        }
        longest
    }

    /// A write is done, and goes to the other instances, which have it already where it was `sent` to be certified.
    fn spread(&mut self, ctx: &mut Context, at: u32, key: u64, is_sent: bool) {
        if let Some(copies) = &mut self.copies {
            copies.spread(ctx, &mut self.meter, &self.instances, (at, key, is_sent));
        }
    }

    /// Pauses all writes if an instance has too much to apply.
    fn pause(&mut self, now: SimTime) {
        let Some(c) = self.multi.as_ref().and_then(|m| m.certification.as_ref()) else {
            return;
        };
        let is_paused = now < c.paused;
        let most = if is_paused {
            c.flow.resume_at
        } else {
            c.flow.pause_above
        };
        let too_long = self.up().filter(|i| self.waiting(*i, now) > most as usize);
        let until = |i| {
            let copies = self.copies.as_deref();
            copies.map_or(now, |copies| copies.waits_for(i, now, c.flow.resume_at))
        };
        let until = too_long.map(until).max();
        if let (Some(until), Some(multi)) = (until, &mut self.multi)
            && let Some(c) = &mut multi.certification
        {
            c.paused = c.paused.max(until);
        }
    }

    /// An instance crashes, and the writes that have begun there will never be sent.
    pub(super) fn lose_primary(&mut self, ctx: &Context, instance: u32) {
        let up = self.count_up();
        let Some(multi) = &mut self.multi else {
            return;
        };
        multi.set_up(ctx.now, up, true);
        let Some(c) = &mut multi.certification else {
            return;
        };
        let has_begun = |f: &crate::engine::Frame| {
            let is_here = f.component == self.number && f.instance == instance && f.at_station;
            is_here && !f.is_waiting && f.ask == Ask::Write && f.stage != stage::LOCKED_OUT
        };
        for (_, f) in ctx.frames.iter().filter(|f| has_begun(f.1)) {
            c.sent -= u32::from(f.stage == stage::SENT);
            c.leave(f.key);
        }
    }
}
