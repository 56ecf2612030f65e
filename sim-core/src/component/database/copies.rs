//! The copies of a database: the primary's log on its way to the replicas, and the writes that wait until enough of them have it.
//!
//! Semi-synchronous replication is MySQL's: a write waits for acknowledgements no longer than a timeout; then all that wait are
//! answered and nobody waits any more until the replicas have caught up (MySQL manual, "Semisynchronous Replication",
//! `rpl_semi_sync_source_timeout`). Synchronous replication is PostgreSQL's `synchronous_standby_names = 'ANY k (...)'`, which
//! waits for as long as it takes.

use std::collections::VecDeque;

use super::super::demand::Factors;
use super::Instance;
use super::follower::{Entry, Fate, Follower, NEVER};
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

/// What is written.
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
    rule: Rule,
    wait: Option<Wait>,
    followers: Vec<Follower>,
    log: Log,
    /// For each instance, how many times as long as usual it takes to apply a write.
    pub factors: Factors,
}

impl Copies {
    /// None where replicas see everything at once.
    pub fn new(number: u16, of: &Component, db: &Database, (seed, trial): (u64, u64)) -> Option<Box<Self>> {
        let open = |purpose| Stream::open(seed, trial, of.name.purpose(purpose));
        let count = db.replicas + 1;
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
            rule,
            wait: db.replication.wait,
            followers: (0..count).map(|_| Follower::new(appliers)).collect(),
            log: Log::default(),
            factors: (0..count).map(|_| 1.0).collect(),
        }))
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
        let (now, log) = (ctx.now, &mut self.log);
        // Once the replicas have everything again that was written meanwhile, writes wait again.
        if let Some(wait) = self.wait.filter(|_| log.is_asynchronous) {
            let last = log.end.saturating_sub(1);
            log.is_asynchronous = copies(&self.followers, last, primary, now) < wait.copies;
        }
        let is_open = self.wait.is_some() && !log.is_asynchronous;
        let here = instances[primary as usize].zone;
        for (i, follower) in (0..).zip(&mut self.followers) {
            if i == primary {
                continue;
            }
            let there = &instances[i as usize];
            let mut entry = self.rule.entry(
                ctx,
                follower,
                (self.number, here, there),
                (i, key, self.factors[i as usize]),
            );
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
            self.answered(primary, self.log.end - 1, now);
        }
        !is_open
    }

    /// All instances take writes: one that `from` has done goes to the others, who have it already where it `is_sent`. Whoever makes a
    /// write is up to date with its key, for the newest one stays.
    pub fn spread(
        &mut self,
        ctx: &mut Context,
        meter: &mut Meter,
        instances: &[Instance],
        (from, key, is_sent): (u32, u64, bool),
    ) {
        let here = instances[from as usize].zone;
        for (i, follower) in (0..).zip(&mut self.followers) {
            if i == from {
                follower.catch_up(key);
                continue;
            }
            let there = &instances[i as usize];
            let zone = if is_sent { there.zone } else { here };
            let mut entry = self.rule.entry(
                ctx,
                follower,
                (self.number, zone, there),
                (i, key, self.factors[i as usize]),
            );
            entry.known = SimTime::ZERO;
            if entry.seen != NEVER {
                meter.now.lag.record((entry.seen - ctx.now).as_nanos());
            }
            follower.learn(entry, ctx.now);
        }
    }

    /// Writes that wait to be applied on an instance.
    pub fn waiting(&self, instance: u32, now: SimTime) -> usize {
        self.followers[instance as usize].waiting(now)
    }

    /// When no more than `most` of them are left.
    pub fn waits_for(&self, instance: u32, now: SimTime, most: u32) -> SimTime {
        self.followers[instance as usize].waits_for(now, most as usize)
    }

    /// A write's caller is told that it is done.
    fn answered(&mut self, primary: u32, number: u64, now: SimTime) {
        for follower in others_mut(&mut self.followers, primary) {
            follower.answered(number, now);
            follower.forget(now);
        }
    }

    /// The next call whose write waits for nothing any more. Otherwise says when to look again, where it isn't known already.
    pub fn next_answered(&mut self, now: SimTime, primary: u32) -> Result<u32, Option<SimTime>> {
        let (Some(wait), log) = (self.wait, &mut self.log) else {
            return Err(None);
        };
        let Some(&(frame, number, made)) = log.open.front() else {
            return Err(None);
        };
        let deadline = wait.timeout.map_or(NEVER, |t| made + t);
        let is_there = copies(&self.followers, number, primary, now) >= wait.copies;
        if !is_there && now >= deadline {
            log.is_asynchronous = true;
        }
        if is_there || log.is_asynchronous {
            log.open.pop_front();
            self.answered(primary, number, now);
            return Ok(frame);
        }
        let known = others(&self.followers, primary)
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
            self.log.open.clear();
            for follower in others_mut(&mut self.followers, instance) {
                follower.cut(now);
                follower.leave_open_writes();
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
        let log = &mut self.log;
        let follower = &mut self.followers[heir as usize];
        let lost = follower.lost();
        log.end -= follower.lacks();
        log.is_asynchronous = false;
        let end = log.end;
        follower.take_over(end);
        for follower in others_mut(&mut self.followers, heir) {
            follower.rewind(end, now);
        }
        lost
    }
}

impl Rule {
    /// What becomes of a write that is on its way to a replica.
    fn entry(
        &mut self,
        ctx: &mut Context,
        follower: &mut Follower,
        (sender, here, there): (u16, u16, &Instance),
        (replica, key, factor): (u32, u64, f64),
    ) -> Entry {
        let now = ctx.now;
        let mut entry = Entry {
            key,
            made: now,
            received: NEVER,
            seen: NEVER,
            known: NEVER,
            takes: SimDuration::ZERO,
            fate: Fate::Open,
        };
        match self {
            Rule::After { lag, stream } => {
                let seen = now + lag.sample_duration(&mut stream.next());
                (entry.received, entry.seen, entry.known) = (seen, seen, seen);
            }
            Rule::Applied {
                time,
                transfer,
                streams,
            } => {
                let [of_transfer, of_apply] = &mut streams[replica as usize];
                let transfer = transfer.as_ref();
                let transfer =
                    transfer.map_or(SimDuration::ZERO, |t| t.sample_duration(&mut of_transfer.next()));
                entry.takes = time.sample_duration(&mut of_apply.next()).scaled(factor);
                let sent = now + transfer + ctx.delay(sender, here, there.zone);
                if there.is_up {
                    entry.received = follower.receives(sent);
                    entry.seen = follower.applies(entry.received, entry.takes);
                    entry.known = entry.received;
                }
            }
        }
        entry
    }
}

/// The replicas, given the place of the primary.
fn others(followers: &[Follower], primary: u32) -> impl Iterator<Item = &Follower> {
    (0u32..)
        .zip(followers)
        .filter(move |f| f.0 != primary)
        .map(|f| f.1)
}

fn others_mut(followers: &mut [Follower], primary: u32) -> impl Iterator<Item = &mut Follower> {
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
