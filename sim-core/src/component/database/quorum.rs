//! Quorums: all replicas of a key are equal, a write is answered by the first W of them and a read by the first R.
//!
//! As in Dynamo (G. DeCandia and others, SOSP 2007) an instance coordinates a call: it asks all N replicas, and their answers come in
//! their own time. A read returns the newest version among its replies; it is stale when a newer one was answered before it began,
//! which is how PBS counts (P. Bailis and others, "Probabilistically bounded staleness for practical partial quorums", VLDB 2012). The
//! station's time is the way there and the work (PBS's W and R), `reply` the way back (A and S). There is no read repair; a replica
//! that was down is told what it missed when it is back.

use super::DatabaseState;
use super::versions::Versions;
use crate::component::branches::branch_of;
use crate::engine::{Ask, Context, Note, Outcome, Then};
use crate::model::{Component, Quorum};
use crate::random::{Law, Stream};
use crate::time::SimDuration;

/// Where a call is in its life.
mod stage {
    /// At a replica; or for the call itself no reply has what it must see.
    pub(super) const ASKED: u8 = 0;
    /// A reply is on its way back.
    pub(super) const REPLIES: u8 = 1;
    /// A reply has brought what the call must see.
    pub(super) const FRESH: u8 = 2;
}

#[derive(Debug)]
pub(super) struct Quorums {
    read: u16,
    write: u16,
    reply: Option<(Law, Stream)>,
    versions: Versions,
}

impl Quorums {
    pub fn new(quorum: &Quorum, of: &Component, replicas: u32, (seed, trial): (u64, u64)) -> Self {
        let open = || Stream::open(seed, trial, of.name.purpose("reply"));
        Self {
            read: quorum.read,
            write: quorum.write,
            reply: quorum.reply.clone().map(|law| (law, open())),
            versions: Versions::new(replicas),
        }
    }

    fn need(&self, ask: Ask) -> u16 {
        if ask == Ask::Write { self.write } else { self.read }
    }
}

impl DatabaseState {
    /// A call is at the instance that coordinates it: all replicas are asked.
    #[inline(never)]
    pub(super) fn coordinate(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let Some(quorums) = &mut self.quorums else {
            return Then::Nothing;
        };
        let f = &mut ctx.frames[frame];
        f.is_inside = true;
        f.joined = 0;
        f.spoilt = 0;
        f.stage = stage::ASKED;
        // The version that it writes, or must see.
        f.pc = if f.ask == Ask::Write {
            quorums.versions.begin(f.key)
        } else {
            quorums.versions.answered(f.key)
        };
        let f = f.clone();
        ctx.frames.note(frame, ctx.now, || Note::Start);
        for at in 0..self.count() {
            let branch = branch_of(ctx, frame, &f);
            if ctx.travel(branch, at, self.instances[at as usize].zone) {
                let then = self.reach(ctx, branch);
                ctx.also(then);
            }
        }
        Then::Nothing
    }

    /// A replica is done with its part, or its reply is with the coordinator.
    #[inline(never)]
    pub(super) fn part_done(&mut self, ctx: &mut Context, branch: u32) -> Then {
        let Some(quorums) = &mut self.quorums else {
            return Then::Nothing;
        };
        let f = &mut ctx.frames[branch];
        if f.stage == stage::REPLIES {
            return ctx.answer(branch, Outcome::Ok);
        }
        let (at, key, parent, here) = (f.instance, f.key, f.parent, f.zone);
        if f.ask == Ask::Write {
            quorums.versions.put(key, at, f.pc);
        } else {
            f.pc = quorums.versions.of(key, at);
        }
        f.stage = stage::REPLIES;
        let mut time = quorums.reply.as_mut().map_or(SimDuration::ZERO, |(law, stream)| {
            law.sample_duration(&mut stream.next())
        });
        let is_awaited = ctx.frames[parent].turn == ctx.frames[branch].parent_turn;
        if is_awaited {
            let there = ctx.frames[parent].zone;
            time += ctx.delay(self.number, here, there);
        }
        self.leave(ctx, branch);
        if time.is_zero() || !is_awaited {
            return ctx.answer(branch, Outcome::Ok);
        }
        ctx.after(time, branch)
    }

    /// A replica's reply is there; it brings version `seen`. Or the replica can't answer.
    #[inline(never)]
    pub fn join(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome, seen: u32) -> Then {
        let n = u16::try_from(self.count()).unwrap_or(u16::MAX);
        let Some(quorums) = &mut self.quorums else {
            return Then::Nothing;
        };
        let f = &mut ctx.frames[frame];
        let need = quorums.need(f.ask);
        if outcome == Outcome::Ok {
            f.joined += 1;
            if seen >= f.pc {
                f.stage = stage::FRESH;
            }
        } else {
            f.spoilt += 1;
        }
        if f.joined < need {
            if f.spoilt + need <= n {
                return Then::Nothing;
            }
            // The replies that are still to come find another turn.
            f.turn = f.turn.wrapping_add(1);
            return ctx.answer(frame, Outcome::Error);
        }
        f.turn = f.turn.wrapping_add(1);
        let (key, version, is_fresh) = (f.key, f.pc, f.stage == stage::FRESH);
        if f.ask == Ask::Write {
            quorums.versions.answer(key, version);
        } else {
            self.meter.now.reads += 1;
            self.meter.now.stale_reads += u64::from(!is_fresh);
        }
        ctx.answer(frame, Outcome::Ok)
    }

    /// A replica is back and is told what it missed.
    pub(super) fn hand_off(&mut self, instance: u32) {
        if let Some(quorums) = &mut self.quorums {
            quorums.versions.hand_off(instance);
        }
    }
}
