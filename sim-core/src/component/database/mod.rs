//! A database: a primary with read replicas.
//!
//! A write goes to the primary, a read to whom the model says. A replica sees a write some time after the primary
//! answered it; a read that a replica answers before that is counted as stale. When a primary crashes, writes fail until it
//! is repaired or, with failover, until a replica was promoted; replicas that are down are passed by once that was noticed.
//! A write that waits for copies holds its worker: it is the connection that waits.
//! Databases without a primary, or with several, have files of their own for what is different there.

mod copies;
mod failover;
mod follower;
mod locks;
mod multi;
mod quorum;
mod recent;
mod versions;

use super::demand::{Drawn, Factors};
use crate::engine::{Ask, Context, Note, Outcome, Role, SiteTable, Then, What};
use crate::measure::Meter;
use crate::measure::visits::End;
use crate::model::{Component, Database, ReadYourWrites, ReadsFrom};
use crate::random::Stream;
use crate::station::{Entered, Pool};
use crate::time::SimTime;
use copies::Copies;
use locks::Locks;
use multi::Multi;
use quorum::Quorums;
use recent::Recent;

/// Where a query is in its life.
mod stage {
    /// It waits for a worker, or is served.
    pub(super) const BEGUN: u8 = 0;
    /// It has a worker, and waits for the lock of its key.
    pub(super) const LOCKED_OUT: u8 = 1;
    /// A write that is sent to all instances.
    pub(super) const SENT: u8 = 2;
}

#[derive(Debug)]
struct Instance {
    pool: Pool,
    zone: u16,
    is_up: bool,
    /// Whether callers know that it is down.
    is_avoided: bool,
    /// When its last crash is noticed, and when a replica can take its place.
    noticed: SimTime,
    replaced: SimTime,
}

#[derive(Debug)]
pub(crate) struct DatabaseState {
    number: u16,
    first: u32,
    primary: u32,
    instances: Vec<Instance>,
    /// For every instance who has which key; empty where writes lock nothing.
    locks: Vec<Locks>,
    read_time: Drawn,
    write_time: Drawn,
    reads_from: ReadsFrom,
    choice: Stream,
    /// None where replicas see everything at once.
    copies: Option<Box<Copies>>,
    /// Keys that are read at the primary for they were written lately; none where nobody cares.
    recent: Option<Box<Recent>>,
    /// Whether a replica waits until it has applied what a read must see.
    waits_for_position: bool,
    failover: Option<Box<failover::Rule>>,
    /// Where there is no primary.
    quorums: Option<Box<Quorums>>,
    /// Where all instances take writes.
    multi: Option<Box<Multi>>,
    pub meter: Meter,
}

impl DatabaseState {
    pub fn new(number: u16, of: &Component, db: &Database, first: u32, sites: &SiteTable) -> Self {
        let (seed, trial) = (sites.seed, sites.trial);
        let count = db.replicas + 1;
        Self {
            number,
            first,
            primary: 0,
            instances: (0..count)
                .map(|i| Instance {
                    pool: Pool::new(&db.station),
                    zone: sites.place(number, of, i),
                    is_up: true,
                    is_avoided: false,
                    noticed: SimTime::ZERO,
                    replaced: SimTime::ZERO,
                })
                .collect(),
            locks: if db.locks {
                vec![Locks::new(); count as usize]
            } else {
                Vec::new()
            },
            read_time: Drawn::new(&db.read_time, seed, trial, of.name.purpose("read-time")),
            write_time: Drawn::new(&db.write_time, seed, trial, of.name.purpose("write-time")),
            // Any instance coordinates the calls of a quorum, and takes those of several primaries.
            reads_from: if db.quorum.is_some() || db.multi.is_some() {
                ReadsFrom::Any
            } else {
                db.reads_from
            },
            choice: Stream::open(seed, trial, of.name.purpose("replica")),
            copies: Copies::new(number, of, db, (seed, trial)),
            recent: match db.read_your_writes {
                Some(ReadYourWrites::Sticky(time)) => Some(Box::new(Recent::new(time))),
                _ => None,
            },
            waits_for_position: db.read_your_writes == Some(ReadYourWrites::Position),
            failover: (db.failover.as_ref()).map(|f| Box::new(failover::Rule::new(f, of, (seed, trial)))),
            quorums: (db.quorum.as_ref()).map(|q| Box::new(Quorums::new(q, of, count, (seed, trial)))),
            multi: (db.multi.as_ref()).map(|m| Box::new(Multi::new(m, of, count, (seed, trial)))),
            meter: Meter::new(count),
        }
    }

    /// Chooses the instance of a call.
    #[inline]
    pub fn send(&mut self, ctx: &mut Context, frame: u32, is_write: bool) -> Then {
        let f = &mut ctx.frames[frame];
        if f.ask == Ask::Op {
            f.ask = if is_write { Ask::Write } else { Ask::Read };
        }
        let (is_write, key) = (f.ask == Ask::Write, f.key);
        let is_recent = |recent: &Recent| recent.has(key, ctx.now);
        let goes_to_primary = is_write && self.quorums.is_none() && self.multi.is_none();
        let at = if goes_to_primary || self.recent.as_deref().is_some_and(is_recent) {
            self.primary
        } else {
            self.reader()
        };
        let zone = self.instances[at as usize].zone;
        if ctx.travel(frame, at, zone) {
            self.reach(ctx, frame)
        } else {
            Then::Nothing
        }
    }

    /// Which instance answers a read.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "drawn below the number of replicas"
    )]
    fn reader(&mut self) -> u32 {
        let (primary, count) = (self.primary, self.count());
        let among = match self.reads_from {
            ReadsFrom::Primary => return primary,
            ReadsFrom::Replicas => count - 1,
            ReadsFrom::Any => count,
        };
        if among == 0 {
            return primary;
        }
        let drawn = self.choice.below(u64::from(among)) as u32;
        let skips_primary = self.reads_from == ReadsFrom::Replicas;
        let mut at = drawn + u32::from(skips_primary && drawn >= primary);
        // Whoever is known to be down is passed by; when all are, the call fails where it would have gone.
        for _ in 0..count {
            if !self.instances[at as usize].is_avoided {
                return at;
            }
            at = (at + 1) % count;
        }
        at
    }

    /// A call reaches its instance.
    #[inline]
    pub fn reach(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let instance = &mut self.instances[ctx.frames[frame].instance as usize];
        if !instance.is_up {
            self.meter.now.lost += 1;
            return ctx.answer(frame, Outcome::Unreachable);
        }
        if self.quorums.is_some() && ctx.frames[frame].role == Role::Call {
            return self.coordinate(ctx, frame);
        }
        self.meter.now.arrived += 1;
        if let Some(multi) = &mut self.multi
            && !multi.answers(ctx.now)
        {
            self.meter.now.lost += 1;
            return ctx.answer(frame, Outcome::Error);
        }
        match instance
            .pool
            .enter(ctx.now, frame, &mut ctx.frames, &mut self.meter)
        {
            Entered::Starts => self.serve(ctx, frame),
            Entered::Waits => Then::Nothing,
            Entered::Refused => ctx.answer(frame, Outcome::Rejected),
        }
    }

    /// A worker has a query: it begins, unless it is a write whose key is locked.
    #[inline]
    fn serve(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let f = &ctx.frames[frame];
        if f.ask == Ask::Write
            && let Some(locks) = self.locks.get_mut(f.instance as usize)
        {
            if !locks.take(ctx.now, frame, &mut ctx.frames) {
                ctx.frames[frame].stage = stage::LOCKED_OUT;
                return Then::Nothing;
            }
            return self.locked(ctx, frame, ctx.now);
        }
        self.begin(ctx, frame)
    }

    /// A write that has waited for its key since then has it.
    #[inline(never)]
    fn locked(&mut self, ctx: &mut Context, frame: u32, since: SimTime) -> Then {
        self.meter.now.lock_wait.record((ctx.now - since).as_nanos());
        ctx.frames[frame].stage = stage::BEGUN;
        self.begin(ctx, frame)
    }

    #[inline]
    fn begin(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let f = &ctx.frames[frame];
        let is_write = f.ask == Ask::Write;
        if is_write && self.multi.is_some() {
            self.begin_anywhere(ctx, frame);
        }
        let f = &ctx.frames[frame];
        let demand = if is_write {
            &mut self.write_time
        } else {
            &mut self.read_time
        };
        let mut time = demand.next(f, &ctx.traces);
        if self.waits_for_position && !is_write {
            let seen = self.behind(f.instance, f.key);
            if seen > ctx.now {
                time += seen - ctx.now;
            }
        }
        ctx.after(time, frame)
    }

    /// Until when a read of this key is stale on this instance.
    #[inline]
    fn behind(&self, instance: u32, key: u64) -> SimTime {
        let copies = self.copies.as_deref();
        copies.map_or(SimTime::ZERO, |c| c.behind(instance, key))
    }

    /// A query is done.
    #[inline]
    pub fn step_done(&mut self, ctx: &mut Context, frame: u32) -> Then {
        if self.quorums.is_some() {
            return self.part_done(ctx, frame);
        }
        let f = &ctx.frames[frame];
        let (at, key) = (f.instance, f.key);
        if f.ask == Ask::Write {
            return if self.multi.is_some() {
                self.write_anywhere(ctx, frame)
            } else {
                self.written(ctx, frame)
            };
        }
        self.meter.now.reads += 1;
        if self.behind(at, key) > ctx.now {
            self.meter.now.stale_reads += 1;
        }
        self.finish(ctx, frame, Outcome::Ok)
    }

    /// A write is in its primary's log.
    #[inline(never)]
    fn written(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let Some(copies) = &mut self.copies else {
            return self.answer_write(ctx, frame);
        };
        let f = &ctx.frames[frame];
        let (at, key) = (f.instance, f.key);
        let is_answered = copies.ship(ctx, &mut self.meter, &self.instances, (frame, at, key));
        if is_answered {
            return self.answer_write(ctx, frame);
        }
        self.look_for_copies(ctx);
        Then::Nothing
    }

    /// Answers the writes that have waited for copies and have them.
    #[inline(never)]
    pub fn look_for_copies(&mut self, ctx: &mut Context) {
        let primary = self.primary;
        while let Some(copies) = &mut self.copies {
            match copies.next_answered(ctx.now, primary) {
                Ok(frame) => {
                    let answer = self.answer_write(ctx, frame);
                    ctx.also(answer);
                }
                Err(look) => {
                    if let Some(at) = look {
                        ctx.calendar.schedule(at, What::Copies, self.first + primary);
                    }
                    return;
                }
            }
        }
    }

    #[inline]
    fn answer_write(&mut self, ctx: &mut Context, frame: u32) -> Then {
        if let Some(recent) = &mut self.recent {
            recent.note(ctx.frames[frame].key, ctx.now);
        }
        if self.copies.is_some() && self.failover.is_some() {
            self.meter.now.writes += 1;
        }
        self.finish(ctx, frame, Outcome::Ok)
    }

    /// A query leaves, and is answered.
    #[inline]
    fn finish(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        let f = &ctx.frames[frame];
        if f.ask == Ask::Write
            && let Some(locks) = self.locks.get_mut(f.instance as usize)
            && let Some((next, since)) = locks.give_back(f.key, &mut ctx.frames)
        {
            let _ = self.locked(ctx, next, since);
        }
        self.leave(ctx, frame);
        ctx.answer(frame, outcome)
    }

    /// A query leaves its station.
    #[inline]
    fn leave(&mut self, ctx: &mut Context, frame: u32) {
        let at = ctx.frames[frame].instance;
        self.meter.now.served += 1;
        let pool = &mut self.instances[at as usize].pool;
        let next = pool.leave(ctx.now, frame, &mut ctx.frames, &mut self.meter);
        if let Some(next) = next {
            let _ = self.serve(ctx, next);
        }
    }

    /// Nobody waits for a query any more: it stops, unless it is a write that has begun.
    pub fn abandon(&mut self, ctx: &mut Context, frame: u32) {
        let f = &ctx.frames[frame];
        let has_begun = f.at_station && !f.is_waiting && f.stage != stage::LOCKED_OUT;
        if has_begun && f.ask == Ask::Write {
            return;
        }
        let pool = &mut self.instances[f.instance as usize].pool;
        let next = pool.abandon(ctx.now, frame, &mut ctx.frames, &mut self.meter);
        ctx.frames.note(frame, ctx.now, || Note::Leave(End::Cancelled));
        ctx.kill(frame, Outcome::Timeout);
        if let Some(next) = next {
            let _ = self.serve(ctx, next);
        }
    }

    pub fn slow(&mut self, factors: &Factors) {
        self.read_time.slow(factors);
        self.write_time.slow(factors);
        if let Some(copies) = &mut self.copies {
            copies.factors = factors.clone();
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the number of instances was checked"
    )]
    pub fn count(&self) -> u32 {
        self.instances.len() as u32
    }

    pub fn is_up(&self, instance: u32) -> bool {
        self.instances[instance as usize].is_up
    }
}
