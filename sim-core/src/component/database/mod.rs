//! A database: shards by the hash of the key, each a primary with read replicas.
//!
//! A write goes to the shard's primary, a read to whom the model says. A replica sees a write some time after the primary
//! answered it; a read that a replica answers before that is counted as stale. When a primary crashes, writes fail until it
//! is repaired or, with failover, until a replica was promoted; replicas that are down are passed by once that was noticed.
//! A write that waits for copies holds its worker: it is the connection that waits.

mod copies;
mod failover;
mod follower;
mod quorum;
mod recent;
mod versions;

use super::demand::Drawn;
use crate::engine::{Ask, Context, NO_KEY, Note, Outcome, Role, SiteTable, Then, What};
use crate::measure::Meter;
use crate::measure::visits::End;
use crate::model::{Component, Database, ReadYourWrites, ReadsFrom};
use crate::policy::eviction::hash;
use crate::random::Stream;
use crate::station::{Entered, Pool};
use crate::time::SimTime;
use copies::Copies;
use quorum::Quorums;
use recent::Recent;

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
    shards: u32,
    per_shard: u32,
    /// For every shard which of its instances is the primary.
    primaries: Vec<u32>,
    instances: Vec<Instance>,
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
    next_shard: u32,
    pub meter: Meter,
}

impl DatabaseState {
    pub fn new(number: u16, of: &Component, db: &Database, first: u32, sites: &SiteTable) -> Self {
        let (seed, trial) = (sites.seed, sites.trial);
        let per_shard = db.replicas + 1;
        let count = db.shards * per_shard;
        Self {
            number,
            first,
            shards: db.shards,
            per_shard,
            primaries: vec![0; db.shards as usize],
            instances: (0..count)
                .map(|i| Instance {
                    pool: Pool::new(&db.station),
                    zone: sites.place(number, i, of.zones),
                    is_up: true,
                    is_avoided: false,
                    noticed: SimTime::ZERO,
                    replaced: SimTime::ZERO,
                })
                .collect(),
            read_time: Drawn::new(&db.read_time, seed, trial, of.name.purpose("read-time")),
            write_time: Drawn::new(&db.write_time, seed, trial, of.name.purpose("write-time")),
            // Any replica coordinates the calls of a quorum.
            reads_from: if db.quorum.is_some() {
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
            failover: (db.failover.as_ref())
                .map(|f| Box::new(failover::Rule::new(f, of, db.shards, (seed, trial)))),
            quorums: (db.quorum.as_ref()).map(|q| Box::new(Quorums::new(q, of, per_shard, (seed, trial)))),
            next_shard: 0,
            meter: Meter::new(count),
        }
    }

    /// Chooses the instance of a call.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a remainder below the number of shards"
    )]
    pub fn send(&mut self, ctx: &mut Context, frame: u32, is_write: bool) -> Then {
        let f = &mut ctx.frames[frame];
        if f.ask == Ask::Op {
            f.ask = if is_write { Ask::Write } else { Ask::Read };
        }
        let shard = if self.shards == 1 {
            0
        } else if f.key == NO_KEY {
            self.next_shard = (self.next_shard + 1) % self.shards;
            self.next_shard
        } else {
            (hash(f.key) % u64::from(self.shards)) as u32
        };
        let (is_write, key) = (f.ask == Ask::Write, f.key);
        let is_recent = |recent: &Recent| recent.has(key, ctx.now);
        let within = if is_write && self.quorums.is_none() || self.recent.as_deref().is_some_and(is_recent) {
            self.primaries[shard as usize]
        } else {
            self.reader(shard)
        };
        let at = shard * self.per_shard + within;
        let zone = self.instances[at as usize].zone;
        if ctx.travel(frame, at, zone) {
            self.reach(ctx, frame)
        } else {
            Then::Nothing
        }
    }

    /// Which instance of the shard answers a read.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "drawn below the number of replicas"
    )]
    fn reader(&mut self, shard: u32) -> u32 {
        let primary = self.primaries[shard as usize];
        let among = match self.reads_from {
            ReadsFrom::Primary => return primary,
            ReadsFrom::Replicas => self.per_shard - 1,
            ReadsFrom::Any => self.per_shard,
        };
        if among == 0 {
            return primary;
        }
        let drawn = self.choice.below(u64::from(among)) as u32;
        let skips_primary = self.reads_from == ReadsFrom::Replicas;
        let mut at = drawn + u32::from(skips_primary && drawn >= primary);
        // Whoever is known to be down is passed by; when all are, the call fails where it would have gone.
        for _ in 0..self.per_shard {
            if !self.instances[(shard * self.per_shard + at) as usize].is_avoided {
                return at;
            }
            at = (at + 1) % self.per_shard;
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
        match instance
            .pool
            .enter(ctx.now, frame, &mut ctx.frames, &mut self.meter)
        {
            Entered::Starts => self.serve(ctx, frame),
            Entered::Waits => Then::Nothing,
            Entered::Refused => ctx.answer(frame, Outcome::Rejected),
        }
    }

    #[inline]
    fn serve(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let f = &ctx.frames[frame];
        let is_write = f.ask == Ask::Write;
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
            return self.written(ctx, frame);
        }
        self.meter.now.reads += 1;
        if self.behind(at, key) > ctx.now {
            self.meter.now.stale_reads += 1;
        }
        self.finish(ctx, frame)
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
        self.look_for_copies(ctx, at);
        Then::Nothing
    }

    /// Answers the writes of a shard that have waited for copies and have them.
    #[inline(never)]
    pub fn look_for_copies(&mut self, ctx: &mut Context, instance: u32) {
        let shard = instance / self.per_shard;
        let primary = shard * self.per_shard + self.primaries[shard as usize];
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
        self.finish(ctx, frame)
    }

    /// A query leaves, and is answered.
    #[inline]
    fn finish(&mut self, ctx: &mut Context, frame: u32) -> Then {
        self.leave(ctx, frame);
        ctx.answer(frame, Outcome::Ok)
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
        if f.at_station && !f.is_waiting && f.ask == Ask::Write {
            return;
        }
        let (at_station, is_waiting) = (f.at_station, f.is_waiting);
        let pool = &mut self.instances[f.instance as usize].pool;
        let mut next = None;
        if is_waiting {
            pool.give_up(ctx.now, frame, &mut ctx.frames, &mut self.meter);
        } else if at_station {
            next = pool.leave(ctx.now, frame, &mut ctx.frames, &mut self.meter);
        }
        ctx.frames.note(frame, ctx.now, || Note::Leave(End::Cancelled));
        ctx.kill(frame, Outcome::Timeout);
        if let Some(next) = next {
            let _ = self.serve(ctx, next);
        }
    }

    pub fn slow(&mut self, factor: f64) {
        self.read_time.slow(factor);
        self.write_time.slow(factor);
        if let Some(copies) = &mut self.copies {
            copies.factor = factor;
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

/// The instances of a shard.
fn within(per_shard: u32, shard: usize) -> std::ops::Range<usize> {
    let first = shard * per_shard as usize;
    first..first + per_shard as usize
}
