//! Changes of several keys that stand or fall together, on shards that know nothing of each other.
//!
//! Two-phase commit (J. Gray, "Notes on data base operating systems", 1978; presumed abort: C. Mohan, B. Lindsay and R. Obermarck,
//! "Transaction management in the R* distributed database management system", ACM TODS 11(4), 1986): all participants prepare, the
//! coordinator forces its decision to its log, all commit. Keys are locked from before the prepare until after the commit; who
//! prepared and hears no more stays blocked until the coordinator is back. A transaction on one shard commits there alone. Locks
//! are taken in the order of the keys, so that no two transactions wait for each other.

use std::collections::HashMap;

use super::ShardsState;
use super::locks::Locks;
use crate::engine::{Ask, Context, NO_KEY, Note, Outcome, Role, SiteTable, Then};
use crate::measure::visits::End;
use crate::model::{Component, KeySpace, Keys, MOST_TRANSACTION_KEYS, Protocol, Shards};
use crate::policy::eviction::HashOfKey;
use crate::random::{Popularity, Stream};
use crate::time::SimDuration;

/// What a frame waits for. Numbers below are for what is no business of a coordinator.
pub(super) mod stage {
    /// A read, for the transaction that has its key.
    pub(in super::super) const READ_WAITS: u8 = 10;
    /// A change of one key, for its lock.
    pub(in super::super) const WRITE_WAITS: u8 = 11;
    /// The same, for its shard.
    pub(in super::super) const WRITES: u8 = 12;
    /// A transaction, for its next lock.
    pub(in super::super) const LOCKS: u8 = 13;
    /// For all to have prepared.
    pub(in super::super) const PREPARES: u8 = 14;
    /// For the coordinator's log.
    pub(in super::super) const DECIDES: u8 = 15;
    /// For all to have committed.
    pub(in super::super) const COMMITS: u8 = 16;
    /// For the only shard.
    pub(in super::super) const LOCAL: u8 = 17;
    /// A saga, for a lock of its next change.
    pub(in super::super) const STEP_LOCKS: u8 = 18;
    /// For that change.
    pub(in super::super) const STEPS: u8 = 19;
    /// For a shard that was down to be asked again.
    pub(in super::super) const PAUSES: u8 = 20;
}

/// How long it takes until a shard that failed is asked again for what was decided.
pub(super) const PAUSE: SimDuration = SimDuration::from_nanos(100_000_000);
const MOST: usize = MOST_TRANSACTION_KEYS as usize;

/// A transaction under way.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    frame: u32,
    pub keys: [u64; MOST],
    /// Locks that it has, the first ones; or the next change of a saga.
    pub next: usize,
    /// The first change that is refused; none: beyond the last.
    pub refused: usize,
    /// Whether what was done is being undone.
    pub is_back: bool,
    pub outcome: Outcome,
}

#[derive(Debug)]
pub(super) struct Coordinator {
    operations: Vec<bool>,
    /// Keys of a transaction; 0: there are none.
    pub count: usize,
    refused: f64,
    pub protocol: Protocol,
    popularity: Option<Popularity>,
    others: Stream,
    refusals: Stream,
    pub locks: Locks,
    pub list: Vec<Transaction>,
    pub free: Vec<u32>,
    /// Keys that sagas under way have changed, and how many of them.
    pub open: HashMap<u64, u32, HashOfKey>,
    /// Keys of transactions that wait for the coordinator to come back.
    in_doubt: Vec<u64>,
    is_up: bool,
}

/// Whether a frame waits for something that its coordinator knows of.
pub(super) fn is_coordinated(stage: u8) -> bool {
    stage >= stage::READ_WAITS
}

impl Coordinator {
    pub fn new(of: &Component, shards: &Shards, keys: Option<&KeySpace>, sites: &SiteTable) -> Self {
        let rule = shards.transactions.as_ref();
        let mut operations = vec![false; shards.scatters.len()];
        rule.into_iter()
            .flat_map(|t| &t.operations)
            .for_each(|op| operations[op.index()] = true);
        let open = |purpose| Stream::open(sites.seed, sites.trial, of.name.purpose(purpose));
        Self {
            operations,
            count: rule.map_or(0, |t| t.keys as usize),
            refused: rule.map_or(0.0, |t| t.refused),
            protocol: rule.map_or(Protocol::Saga, |t| t.protocol),
            popularity: keys.and_then(|k| match &k.keys {
                Keys::Drawn(popularity) => Some(popularity.clone()),
                Keys::Recorded(_) => None,
            }),
            others: open("transaction-keys"),
            refusals: open("refusals"),
            locks: Locks::default(),
            list: Vec::new(),
            free: Vec::new(),
            open: HashMap::default(),
            in_doubt: Vec::new(),
            is_up: true,
        }
    }

    /// The keys of a transaction: that of its request, and others as popular as theirs are.
    fn keys(&mut self, first: u64) -> [u64; MOST] {
        let mut keys = [NO_KEY; MOST];
        keys[0] = first;
        for i in 1..self.count {
            let all = self.popularity.as_ref().map_or(u64::MAX - 1, Popularity::keys);
            let mut draw = self.others.next();
            let mut key = match &self.popularity {
                Some(popularity) => popularity.sample(&mut draw),
                None => draw.bits() % all,
            };
            // Another key than those before; where there are not enough, some twice.
            for _ in 0..i {
                if keys[..i].contains(&key) {
                    key = (key + 1) % all;
                }
            }
            keys[i] = key;
        }
        keys
    }

    /// The first change that is refused, from one draw for each.
    fn first_refused(&mut self) -> usize {
        let mut first = self.count;
        for i in (0..self.count).rev() {
            if self.refusals.uniform() < self.refused {
                first = i;
            }
        }
        first
    }

    fn add(&mut self, of: Transaction) -> u32 {
        match self.free.pop() {
            Some(at) => {
                self.list[at as usize] = of;
                at
            }
            None => {
                self.list.push(of);
                u32::try_from(self.list.len() - 1).unwrap_or(u32::MAX)
            }
        }
    }
}

impl ShardsState {
    /// What comes to a database with transactions: a transaction, a change or a read; none: a call that just passes.
    pub(super) fn coordinate(&mut self, ctx: &mut Context, frame: u32, is_write: bool) -> Option<Then> {
        let c = &mut self.coordinator;
        let f = &mut ctx.frames[frame];
        let (key, waiter) = (f.key, (frame, f.life));
        if c.count == 0 || key == NO_KEY {
            return None;
        }
        if c.operations[usize::from(f.op)] {
            return Some(self.begin_transaction(ctx, frame));
        }
        if is_write {
            ctx.frames.note(frame, ctx.now, || Note::Arrival);
            ctx.frames[frame].stage = stage::WRITE_WAITS;
            return Some(if c.locks.take(key, false, waiter) {
                self.write_one(ctx, frame)
            } else {
                Then::Nothing
            });
        }
        if c.open.contains_key(&key) {
            self.meter.now.open_reads += 1;
        }
        c.locks.wait_for_transaction(key, waiter).then(|| {
            ctx.frames.note(frame, ctx.now, || Note::Arrival);
            ctx.frames[frame].stage = stage::READ_WAITS;
            Then::Nothing
        })
    }

    fn begin_transaction(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let c = &mut self.coordinator;
        ctx.frames.note(frame, ctx.now, || Note::Arrival);
        ctx.frames.note(frame, ctx.now, || Note::Start);
        let mut keys = c.keys(ctx.frames[frame].key);
        let refused = c.first_refused();
        if !c.is_up {
            self.meter.now.lost += 1;
            return ctx.answer(frame, Outcome::Unreachable);
        }
        let is_saga = c.protocol == Protocol::Saga;
        if !is_saga {
            keys[..c.count].sort_unstable();
        }
        let at = c.add(Transaction {
            frame,
            keys,
            next: 0,
            refused,
            is_back: false,
            outcome: Outcome::Ok,
        });
        // Where a call is of no instance, its place in the list stands there.
        ctx.frames[frame].instance = at;
        if is_saga {
            self.lock_step(ctx, frame)
        } else {
            self.lock_next(ctx, frame)
        }
    }

    /// The frame has what it waited for, or its pause is over.
    pub(super) fn go_on(&mut self, ctx: &mut Context, frame: u32) -> Then {
        match ctx.frames[frame].stage {
            stage::READ_WAITS => {
                // A read needs no lock: who comes after it has it.
                let key = ctx.frames[frame].key;
                self.hand_on(ctx, key);
                ctx.frames[frame].stage = 0;
                ctx.frames.note(frame, ctx.now, || Note::Start);
                ctx.frames.note(frame, ctx.now, || Note::Leave(End::Ok));
                self.lead(ctx, frame, self.placement.of(key))
            }
            stage::WRITE_WAITS => self.write_one(ctx, frame),
            stage::LOCKS => {
                let t = self.transaction(ctx, frame);
                let (key, is_last) = (t.keys[t.next], t.next);
                t.next = is_last + 1;
                self.coordinator.locks.is_of_transaction(key);
                self.lock_next(ctx, frame)
            }
            stage::STEP_LOCKS => self.step(ctx, frame),
            stage::DECIDES => self.commit(ctx, frame),
            stage::PAUSES if self.is_saga() => self.lock_step(ctx, frame),
            stage::PAUSES => self.commit(ctx, frame),
            _ => Then::Nothing,
        }
    }

    /// A shard, or all that were asked, have answered.
    pub(super) fn answered(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        match ctx.frames[frame].stage {
            stage::WRITES => {
                let key = ctx.frames[frame].key;
                self.hand_on(ctx, key);
                ctx.answer(frame, outcome)
            }
            stage::PREPARES => {
                let count = self.coordinator.count;
                let t = self.transaction(ctx, frame);
                // One that can't, or won't, is enough to forget all of it: no decision has to be kept for that.
                if outcome != Outcome::Ok || t.refused < count {
                    return self.end(ctx, frame, outcome);
                }
                ctx.frames[frame].stage = stage::DECIDES;
                let log = match self.coordinator.protocol {
                    Protocol::TwoPhaseCommit { log } => log,
                    Protocol::Saga => SimDuration::ZERO,
                };
                ctx.after(log, frame)
            }
            stage::COMMITS if outcome != Outcome::Ok => {
                // What was decided is done, however long that takes.
                ctx.frames[frame].stage = stage::PAUSES;
                ctx.after(PAUSE, frame)
            }
            stage::STEPS => self.stepped(ctx, frame, outcome),
            _ => self.end(ctx, frame, outcome),
        }
    }

    /// Changes one key that is locked.
    fn write_one(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let key = ctx.frames[frame].key;
        ctx.frames[frame].stage = stage::WRITES;
        ctx.frames.note(frame, ctx.now, || Note::Start);
        self.ask(ctx, frame, self.placement.of(key), Ask::Write)
    }

    /// Takes the locks of a transaction that it hasn't, one after the other, and then asks all to prepare.
    fn lock_next(&mut self, ctx: &mut Context, frame: u32) -> Then {
        let f = &mut ctx.frames[frame];
        let (waiter, at) = ((frame, f.life), f.instance as usize);
        f.stage = stage::LOCKS;
        let c = &mut self.coordinator;
        let count = c.count;
        let t = &mut c.list[at];
        while t.next < count {
            // A key that comes twice is locked once.
            let is_again = t.next > 0 && t.keys[t.next] == t.keys[t.next - 1];
            if !is_again && !c.locks.take(t.keys[t.next], true, waiter) {
                return Then::Nothing;
            }
            t.next += 1;
        }
        let shard = self.placement.of(t.keys[0]);
        let is_local = t.keys[..count].iter().all(|k| self.placement.of(*k) == shard);
        if is_local {
            ctx.frames[frame].stage = stage::LOCAL;
            let is_refused = t.refused < count;
            return if is_refused {
                self.end(ctx, frame, Outcome::Ok)
            } else {
                self.ask(ctx, frame, shard, Ask::Write)
            };
        }
        self.ask_all(ctx, frame, stage::PREPARES)
    }

    fn commit(&mut self, ctx: &mut Context, frame: u32) -> Then {
        self.ask_all(ctx, frame, stage::COMMITS)
    }

    /// Asks the shards of all keys at once: one branch for each key, by its place.
    fn ask_all(&mut self, ctx: &mut Context, frame: u32, stage: u8) -> Then {
        let count = u32::try_from(self.coordinator.count).unwrap_or(0);
        let f = &mut ctx.frames[frame];
        f.stage = stage;
        f.pc = count;
        super::fork(ctx, frame, 0..count);
        Then::Nothing
    }

    /// A branch of a transaction asks the shard of its key.
    pub(super) fn begin_part(&mut self, ctx: &mut Context, branch: u32) -> Then {
        let place = ctx.frames[branch].pc as usize;
        let key = self.transaction(ctx, branch).keys[place];
        ctx.frames[branch].key = key;
        self.ask(ctx, branch, self.placement.of(key), Ask::Write)
    }

    /// A transaction is over: its locks are free.
    fn end(&mut self, ctx: &mut Context, frame: u32, outcome: Outcome) -> Then {
        let t = self.transaction(ctx, frame).clone();
        self.unlock(ctx, &t);
        self.coordinator.free.push(ctx.frames[frame].instance);
        ctx.answer(frame, outcome)
    }

    /// Gives back the locks that a transaction has.
    fn unlock(&mut self, ctx: &mut Context, t: &Transaction) {
        let mut before = NO_KEY;
        for key in &t.keys[..t.next] {
            if *key != before {
                self.hand_on(ctx, *key);
            }
            before = *key;
        }
    }

    /// A lock is free: the next who waits for it goes on.
    pub(super) fn hand_on(&mut self, ctx: &mut Context, key: u64) {
        let c = &mut self.coordinator;
        let frames = &ctx.frames;
        let is_alive = |(frame, life): (u32, u32)| {
            let f = &frames[frame];
            f.life == life && f.role == Role::Call
        };
        if let Some(next) = c.locks.give_back(key, is_alive) {
            ctx.frames[next].has_event = true;
            ctx.also(Then::Start(next));
        }
    }

    /// The coordinator dies, or is back. Whoever had prepared keeps its locks meanwhile.
    pub fn set_coordinator(&mut self, ctx: &mut Context, is_up: bool) {
        let c = &mut self.coordinator;
        c.is_up = is_up;
        if is_up {
            for key in std::mem::take(&mut c.in_doubt) {
                self.hand_on(ctx, key);
            }
            return;
        }
        let is_under_way = |at: &usize| {
            let at = u32::try_from(*at).unwrap_or(u32::MAX);
            !c.free.contains(&at)
        };
        let under_way: Vec<usize> = (0..c.list.len()).filter(is_under_way).collect();
        for at in under_way {
            self.orphan(ctx, at);
        }
    }

    /// The coordinator of a transaction is gone: its caller learns so, and what is locked stays so where all may have prepared.
    fn orphan(&mut self, ctx: &mut Context, at: usize) {
        let c = &mut self.coordinator;
        let t = c.list[at].clone();
        let f = &ctx.frames[t.frame];
        let stage = f.stage;
        // A lock that the death of another one has just handed on to it.
        let was_handed = f.has_event && (stage == stage::LOCKS || stage == stage::STEP_LOCKS);
        c.free.push(u32::try_from(at).unwrap_or(u32::MAX));
        self.meter.now.lost += 1;
        ctx.kill(t.frame, Outcome::Error);
        if c.protocol == Protocol::Saga {
            // Whoever takes a saga up again does so from its log; until then others see what it had done.
            let has_lock = stage == stage::STEPS || was_handed;
            let changed = if t.is_back { t.refused } else { t.next };
            t.keys[..changed].iter().for_each(|key| c.mark(*key, false));
            if has_lock {
                self.hand_on(ctx, t.keys[t.next]);
            }
        } else if stage == stage::LOCKS || stage == stage::LOCAL {
            self.unlock(ctx, &t);
            if was_handed {
                self.hand_on(ctx, t.keys[t.next]);
            }
        } else {
            let mut keys = t.keys[..t.next].to_vec();
            keys.dedup();
            c.in_doubt.extend(keys);
        }
    }

    /// The transaction of a frame, or of a branch of it. (A frame that is at no instance has its place there.)
    pub(super) fn transaction(&mut self, ctx: &Context, frame: u32) -> &mut Transaction {
        &mut self.coordinator.list[ctx.frames[frame].instance as usize]
    }
}
