//! The copies of every shard: the primary's log on its way to the replicas, and the writes that wait until enough of them have it.
//!
//! Semi-synchronous replication is MySQL's: a write waits for acknowledgements no longer than a timeout; then all that wait are
//! answered and nobody waits any more until the replicas have caught up (MySQL manual, "Semisynchronous Replication",
//! `rpl_semi_sync_source_timeout`). Synchronous replication is PostgreSQL's `synchronous_standby_names = 'ANY k (...)'`, which
//! waits for as long as it takes.

use std::collections::VecDeque;

use super::follower::{Entry, Fate, Follower, NEVER};
use super::{Instance, within};
use crate::engine::Context;
use crate::measure::Meter;
use crate::model::{Apply, Component, Database, Follow, Wait};
use crate::random::{Law, Stream};
use crate::time::{SimDuration, SimTime};

/// When a write is seen on a replica.
#[derive(Debug)]
enum Rule {
    After {
        lag: Law,
        stream: Stream,
    },
    Applied {
        time: Law,
        transfer: Option<Law>,
        streams: Vec<[Stream; 2]>,
    },
}

/// The log of one shard.
#[derive(Debug, Default)]
struct Log {
    /// How many writes it holds.
    end: u64,
    /// Calls whose writes wait for copies, in the order of the log, with the writes' numbers and times.
    open: VecDeque<(u32, u64, SimTime)>,
    /// When it is looked next whether copies are there.
    look: SimTime,
    /// Whether nobody waits, for replicas once took too long.
    is_asynchronous: bool,
}

#[derive(Debug)]
pub(super) struct Copies {
    /// The component's number, in whose name messages are sent.
    number: u16,
    per_shard: u32,
    rule: Rule,
    wait: Option<Wait>,
    followers: Vec<Follower>,
    logs: Vec<Log>,
    /// How many times as long as usual replicas take to apply a write.
    pub factor: f64,
}

impl Copies {
    /// None where replicas see everything at once.
    pub fn new(number: u16, of: &Component, db: &Database, (seed, trial): (u64, u64)) -> Option<Box<Self>> {
        let open = |purpose| Stream::open(seed, trial, of.name.purpose(purpose));
        let count = db.shards * (db.replicas + 1);
        let (rule, appliers) = match &db.replication.follow {
            _ if db.replicas == 0 => return None,
            Follow::AtOnce => return None,
            Follow::After(lag) => {
                let rule = Rule::After {
                    lag: lag.clone(),
                    stream: open("lag"),
                };
                (rule, 1)
            }
            Follow::Applied(Apply {
                time,
                appliers,
                transfer,
            }) => {
                let numbered = |purpose, i| Stream::open(seed, trial, of.name.purpose(purpose).index(i));
                let streams = |i| [numbered("transfer", i), numbered("apply", i)];
                let rule = Rule::Applied {
                    time: time.clone(),
                    transfer: transfer.clone(),
                    streams: (0..u64::from(count)).map(streams).collect(),
                };
                (rule, *appliers)
            }
        };
        Some(Box::new(Self {
            number,
            per_shard: db.replicas + 1,
            rule,
            wait: db.replication.wait,
            followers: (0..count).map(|_| Follower::new(appliers)).collect(),
            logs: (0..db.shards).map(|_| Log::default()).collect(),
            factor: 1.0,
        }))
    }

    fn shard(&self, of: u32) -> std::ops::Range<u32> {
        let first = of / self.per_shard * self.per_shard;
        first..first + self.per_shard
    }

    /// Until when a read of this key is stale on this instance.
    #[inline]
    pub fn behind(&self, instance: u32, key: u64) -> SimTime {
        self.followers[instance as usize].behind(key)
    }

    /// The primary has a write: it goes to the replicas. Whether the call is to be answered at once; otherwise it waits.
    pub fn ship(
        &mut self,
        ctx: &mut Context,
        meter: &mut Meter,
        instances: &[Instance],
        (frame, primary, key): (u32, u32, u64),
    ) -> bool {
        let (now, shard) = (ctx.now, (primary / self.per_shard) as usize);
        let log = &mut self.logs[shard];
        let followers = &mut self.followers[within(self.per_shard, shard)];
        // Once the replicas have everything again that was written meanwhile, writes wait again.
        if let Some(wait) = self.wait.filter(|_| log.is_asynchronous) {
            let last = log.end.saturating_sub(1);
            log.is_asynchronous = copies(followers, last, primary % self.per_shard, now) < wait.copies;
        }
        let is_open = self.wait.is_some() && !log.is_asynchronous;
        let here = instances[primary as usize].zone;
        for (i, follower) in (primary - primary % self.per_shard..).zip(followers) {
            if i == primary {
                continue;
            }
            let there = &instances[i as usize];
            let mut entry = match &mut self.rule {
                Rule::After { lag, stream } => {
                    let seen = now + lag.sample_duration(&mut stream.next());
                    Entry {
                        key,
                        made: now,
                        received: seen,
                        seen,
                        known: seen,
                        takes: SimDuration::ZERO,
                        fate: Fate::Open,
                    }
                }
                Rule::Applied {
                    time,
                    transfer,
                    streams,
                } => {
                    let [of_transfer, of_apply] = &mut streams[i as usize];
                    let transfer = transfer.as_ref();
                    let transfer =
                        transfer.map_or(SimDuration::ZERO, |t| t.sample_duration(&mut of_transfer.next()));
                    let takes = time.sample_duration(&mut of_apply.next()).scaled(self.factor);
                    let sent = now + transfer + ctx.delay(self.number, here, there.zone);
                    let mut entry = Entry {
                        key,
                        made: now,
                        received: NEVER,
                        seen: NEVER,
                        known: NEVER,
                        takes,
                        fate: Fate::Open,
                    };
                    if there.is_up {
                        entry.received = follower.receives(sent);
                        entry.seen = follower.applies(entry.received, takes);
                        entry.known = entry.received;
                    }
                    entry
                }
            };
            match self.wait {
                Some(wait) if entry.known != NEVER => {
                    let known = if wait.applied { entry.seen } else { entry.received };
                    entry.known = known + ctx.delay(self.number, there.zone, here);
                }
                Some(_) => {}
                None => entry.known = SimTime::ZERO,
            }
            if entry.seen != NEVER {
                meter.now.lag.record((entry.seen - now).as_nanos());
            }
            follower.push(entry);
        }
        log.end += 1;
        if is_open {
            log.open.push_back((frame, log.end - 1, now));
        } else {
            self.answered(primary, self.logs[shard].end - 1, now);
        }
        !is_open
    }

    /// A write's caller is told that it is done.
    fn answered(&mut self, primary: u32, number: u64, now: SimTime) {
        for i in self.shard(primary).filter(|i| *i != primary) {
            let follower = &mut self.followers[i as usize];
            follower.answered(number, now);
            follower.forget(now);
        }
    }

    /// The next call whose write waits for nothing any more. Otherwise says when to look again, where it isn't known already.
    pub fn next_answered(&mut self, now: SimTime, primary: u32) -> Result<u32, Option<SimTime>> {
        let shard = (primary / self.per_shard) as usize;
        let (Some(wait), log) = (self.wait, &mut self.logs[shard]) else {
            return Err(None);
        };
        let Some(&(frame, number, made)) = log.open.front() else {
            return Err(None);
        };
        let followers = &self.followers[within(self.per_shard, shard)];
        let at = primary % self.per_shard;
        let deadline = wait.timeout.map_or(NEVER, |t| made + t);
        let is_there = copies(followers, number, at, now) >= wait.copies;
        if !is_there && now >= deadline {
            log.is_asynchronous = true;
        }
        if is_there || log.is_asynchronous {
            log.open.pop_front();
            self.answered(primary, number, now);
            return Ok(frame);
        }
        let known = others(followers, at)
            .map(|f| f.known(number))
            .filter(|t| *t > now);
        let look = known.chain([deadline]).min().unwrap_or(NEVER);
        let is_new = look != NEVER && (log.look <= now || look < log.look);
        if is_new {
            log.look = look;
        }
        Err(is_new.then_some(look))
    }

    /// An instance crashes; its calls are gone.
    pub fn crash(&mut self, now: SimTime, instance: u32, is_primary: bool) {
        self.followers[instance as usize].stop(now);
        if is_primary {
            self.logs[(instance / self.per_shard) as usize].open.clear();
            for i in self.shard(instance).filter(|i| *i != instance) {
                self.followers[i as usize].cut(now);
                self.followers[i as usize].leave_open_writes();
            }
        }
    }

    /// The primary is there, and so is this replica: it gets what it lacks.
    pub fn resume(&mut self, now: SimTime, replica: u32, meter: &mut Meter) {
        let waits_for_applied = self.wait.is_some_and(|w| w.applied);
        self.followers[replica as usize].resume(now, waits_for_applied, |lag| {
            meter.now.lag.record(lag.as_nanos());
        });
    }

    /// Writes that a replica never got.
    pub fn lacks(&self, replica: u32) -> u64 {
        self.followers[replica as usize].lacks()
    }

    /// When a replica has applied all that it has.
    pub fn is_through(&self, replica: u32) -> SimTime {
        self.followers[replica as usize].is_through()
    }

    /// A replica becomes the primary: what it never got is lost for all. Returns how many answered writes that are.
    pub fn promote(&mut self, now: SimTime, heir: u32) -> u64 {
        let log = &mut self.logs[(heir / self.per_shard) as usize];
        let follower = &mut self.followers[heir as usize];
        let lost = follower.lost();
        log.end -= follower.lacks();
        log.is_asynchronous = false;
        let end = log.end;
        follower.take_over(end);
        for i in self.shard(heir).filter(|i| *i != heir) {
            self.followers[i as usize].rewind(end, now);
        }
        lost
    }
}

/// The replicas of a shard, given the place of its primary.
fn others(followers: &[Follower], primary: u32) -> impl Iterator<Item = &Follower> {
    (0u32..)
        .zip(followers)
        .filter(move |f| f.0 != primary)
        .map(|f| f.1)
}

/// How many replicas have a write, as far as the primary knows.
fn copies(followers: &[Follower], number: u64, primary: u32, now: SimTime) -> u32 {
    others(followers, primary)
        .map(|f| u32::from(f.known(number) <= now))
        .sum()
}
