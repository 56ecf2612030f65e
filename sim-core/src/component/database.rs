//! A database: shards by the hash of the key, each a primary with read replicas.
//!
//! A write goes to the shard's primary, a read to whom the model says. A replica sees a write some time after the primary
//! answered it; a read that a replica answers before that is counted as stale. When a primary crashes, writes fail until it
//! is repaired or, with failover, until a replica was promoted; replicas that are down are passed by once that was noticed.

use std::collections::{HashMap, VecDeque};

use super::demand::Drawn;
use crate::engine::{Ask, Context, NO_KEY, Note, Outcome, SiteTable, Then, What};
use crate::measure::Meter;
use crate::measure::visits::End;
use crate::model::{Component, Database, Failover, ReadsFrom};
use crate::policy::eviction::{HashOfKey, hash};
use crate::random::{Law, Stream};
use crate::station::{Entered, Pool};
use crate::time::SimTime;

#[derive(Debug)]
struct Instance {
    pool: Pool,
    zone: u16,
    is_up: bool,
    /// Whether callers know that it is down.
    is_avoided: bool,
    crashed: SimTime,
    /// On a replica, until when reads of a key are stale, for the keys that were written lately.
    behind: HashMap<u64, SimTime, HashOfKey>,
    /// The same in the order of the writes, to forget them.
    writes: VecDeque<(SimTime, u64)>,
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
    lag: Option<Law>,
    lag_stream: Stream,
    failover: Option<Failover>,
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
                    crashed: SimTime::ZERO,
                    behind: HashMap::default(),
                    writes: VecDeque::new(),
                })
                .collect(),
            read_time: Drawn::new(&db.read_time, seed, trial, of.name.purpose("read-time")),
            write_time: Drawn::new(&db.write_time, seed, trial, of.name.purpose("write-time")),
            reads_from: db.reads_from,
            choice: Stream::open(seed, trial, of.name.purpose("replica")),
            lag: db.lag.clone(),
            lag_stream: Stream::open(seed, trial, of.name.purpose("lag")),
            failover: db.failover,
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
        let within = if f.ask == Ask::Write {
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
        let demand = if f.ask == Ask::Write {
            &mut self.write_time
        } else {
            &mut self.read_time
        };
        let time = demand.next(f, &ctx.traces);
        ctx.after(time, frame)
    }

    /// A query is done.
    #[inline]
    pub fn step_done(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let f = &ctx.frames[frame];
        let (at, key, is_write) = (f.instance, f.key, f.ask == Ask::Write);
        self.meter.now.served += 1;
        if is_write {
            self.replicate(ctx.now, at, key);
        } else {
            self.meter.now.reads += 1;
            if self.lag.is_some()
                && self.instances[at as usize]
                    .behind
                    .get(&key)
                    .is_some_and(|t| *t > ctx.now)
            {
                self.meter.now.stale_reads += 1;
            }
        }
        let pool = &mut self.instances[at as usize].pool;
        let next = pool.leave(ctx.now, frame, &mut ctx.frames, &mut self.meter);
        if let Some(next) = next {
            let _ = self.serve(ctx, next);
        }
        ctx.answer(frame, Outcome::Ok)
    }

    /// A write that was answered is seen by each other instance of the shard after its lag.
    fn replicate(&mut self, now: SimTime, at: u32, key: u64) {
        let Some(lag) = &self.lag else {
            return;
        };
        if key == NO_KEY {
            return;
        }
        let shard = at / self.per_shard;
        for i in shard * self.per_shard..(shard + 1) * self.per_shard {
            if i == at {
                continue;
            }
            let seen = now + lag.sample_duration(&mut self.lag_stream.next());
            let replica = &mut self.instances[i as usize];
            let until = replica.behind.entry(key).or_insert(seen);
            *until = (*until).max(seen);
            replica.writes.push_back((seen, key));
            while replica.writes.front().is_some_and(|w| w.0 <= now) {
                if let Some((_, key)) = replica.writes.pop_front()
                    && replica.behind.get(&key).is_some_and(|t| *t <= now)
                {
                    replica.behind.remove(&key);
                }
            }
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

    /// An instance crashes: every call at it is lost.
    pub fn crash(&mut self, ctx: &mut Context, instance: u32) {
        let state = &mut self.instances[instance as usize];
        if !state.is_up {
            return;
        }
        state.is_up = false;
        state.crashed = ctx.now;
        self.meter.instances(ctx.now, -1);
        self.meter.now.lost += super::lose_calls(ctx, self.number, instance, &mut self.meter);
        self.instances[instance as usize].pool.clear(&mut ctx.frames);
        if let Some(failover) = self.failover {
            let noticed = ctx.now + failover.detect;
            ctx.calendar
                .schedule(noticed, What::Failover, self.first + instance);
            ctx.calendar
                .schedule(noticed + failover.promote, What::Failover, self.first + instance);
        }
    }

    /// A crash is noticed, or the time to promote a replica is over.
    pub fn failover(&mut self, ctx: &Context, instance: u32) {
        let (Some(failover), state) = (self.failover, &mut self.instances[instance as usize]) else {
            return;
        };
        let noticed = state.crashed + failover.detect;
        if state.is_up || ctx.now < noticed {
            return;
        }
        state.is_avoided = true;
        let shard = instance / self.per_shard;
        let within = instance % self.per_shard;
        if ctx.now >= noticed + failover.promote && self.primaries[shard as usize] == within {
            let heir =
                (0..self.per_shard).find(|i| self.instances[(shard * self.per_shard + i) as usize].is_up);
            if let Some(heir) = heir {
                self.primaries[shard as usize] = heir;
            }
        }
    }

    pub fn slow(&mut self, factor: f64) {
        self.read_time.slow(factor);
        self.write_time.slow(factor);
    }

    /// A crashed instance is up again.
    pub fn repair(&mut self, ctx: &mut Context, instance: u32) {
        let state = &mut self.instances[instance as usize];
        if !state.is_up {
            state.is_up = true;
            state.is_avoided = false;
            self.meter.instances(ctx.now, 1);
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
