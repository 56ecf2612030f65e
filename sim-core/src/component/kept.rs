//! What a node of a cache, or an edge of a CDN, keeps: the keys in their store, and of each value until when it is good, when it was read and how long that took.

use crate::math::ln;
use crate::model::{Eviction, Freshness};
use crate::policy::eviction::Store;
use crate::random::{Law, Stream, StreamName};
use crate::time::{SimDuration, SimTime};

/// The bytes of values: a key's are always the same, in every trial, for its sample is the one of its own number.
#[derive(Clone, Debug)]
pub(super) struct Sizes {
    law: Law,
    draws: Stream,
}

impl Sizes {
    pub fn new(law: &Law, seed: u64, name: StreamName) -> Self {
        Self {
            law: law.clone(),
            draws: Stream::open(seed, 0, name),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "cut off at both ends"
    )]
    pub fn of(&self, key: u64) -> u32 {
        let bytes = self.law.sample(&mut self.draws.clone().at(key).next());
        bytes.round().clamp(1.0, f64::from(u32::MAX)) as u32
    }
}

/// What is known of a value beside its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value {
    /// When it is too old.
    pub until: SimTime,
    /// When the origin answered it: whatever changed later isn't in it.
    pub read: SimTime,
    /// How long the origin took.
    pub took: SimDuration,
}

impl Value {
    /// Good for ever, and older than any change.
    const PLAIN: Self = Self {
        until: SimTime::MAX,
        read: SimTime::ZERO,
        took: SimDuration::ZERO,
    };
}

/// What a look-up finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// A value that is good.
    Good,
    /// A value that is good, but whose reader is the one to renew it.
    Early,
    /// A value that is too old, but may be answered while it is renewed.
    Stale,
    /// Nothing that may be answered, unless perhaps when the origin fails.
    Nothing,
}

#[derive(Clone, Debug)]
pub(super) struct Kept {
    store: Store,
    /// By place. Empty where values are good for ever and never change.
    values: Vec<Value>,
    /// Keys whose values are nowhere else, some of them not any more.
    dirty: Vec<u64>,
}

impl Kept {
    pub fn new(eviction: Eviction, capacity: Option<u64>, has_sizes: bool, draws: Stream) -> Self {
        Self {
            store: Store::new(eviction, capacity, has_sizes, draws),
            values: Vec::new(),
            dirty: Vec::new(),
        }
    }

    /// Looks a value up; one that is good is used by that.
    #[inline]
    pub fn look_up(&mut self, key: u64, now: SimTime, rules: &Freshness, draws: &mut Stream) -> Seen {
        let Some(at) = self.store.find(key) else {
            return Seen::Nothing;
        };
        if let Some(value) = self.values.get(at.index()) {
            if value.until <= now {
                return self.look_up_old(key, now, rules);
            }
            if let Some(beta) = rules.early
                && is_early(value.until - now, value.took, beta, draws.uniform())
            {
                return Seen::Early;
            }
        }
        self.store.hit(at, now);
        Seen::Good
    }

    fn look_up_old(&mut self, key: u64, now: SimTime, rules: &Freshness) -> Seen {
        let age = self.age(key, now).unwrap_or(SimDuration::ZERO);
        if age < rules.revalidate {
            if let Some(at) = self.store.find(key) {
                self.store.hit(at, now);
            }
            return Seen::Stale;
        }
        if age >= rules.if_error && !rules.confirms {
            self.store.expire(key);
        }
        Seen::Nothing
    }

    /// How long a value has been too old; none: it isn't there, or good.
    pub fn age(&self, key: u64, now: SimTime) -> Option<SimDuration> {
        let until = self.value(key)?.until;
        (until <= now).then(|| now - until)
    }

    fn value(&self, key: u64) -> Option<&Value> {
        self.values.get(self.store.find(key)?.index())
    }

    /// When the value was read from the origin; at the very beginning, where that isn't known.
    pub fn read(&self, key: u64) -> SimTime {
        self.value(key).map_or(SimTime::ZERO, |v| v.read)
    }

    /// When the value was read from the origin and until when it is good; none: it isn't there.
    pub fn span(&self, key: u64) -> Option<(SimTime, SimTime)> {
        let value = self.values.get(self.store.find(key)?.index());
        Some(value.map_or((SimTime::ZERO, SimTime::MAX), |v| (v.read, v.until)))
    }

    /// The value is known to be as it was at the origin at `read`.
    pub fn confirm(&mut self, key: u64, read: SimTime) {
        if let Some(at) = self.store.find(key)
            && let Some(value) = self.values.get_mut(at.index())
        {
            value.read = read;
        }
    }

    /// The value is good until then.
    pub fn renew(&mut self, key: u64, until: SimTime) {
        if let Some(at) = self.store.find(key)
            && let Some(value) = self.values.get_mut(at.index())
        {
            value.until = until;
        }
    }

    /// When it is too old, if it comes in now.
    pub fn end(rules: &Freshness, now: SimTime, draws: &mut Stream) -> SimTime {
        let Some(ttl) = rules.ttl else {
            return SimTime::MAX;
        };
        let spread = if rules.jitter > 0.0 {
            1.0 + rules.jitter * (2.0 * draws.uniform() - 1.0)
        } else {
            1.0
        };
        now + ttl.scaled(spread)
    }

    /// Keeps a value until it is evicted or forgotten; whether it was let in.
    pub fn insert(&mut self, key: u64, weight: u32, now: SimTime, value: Value) -> bool {
        let Some(at) = self.store.insert(key, weight, now) else {
            return false;
        };
        if self.values.len() <= at.index() {
            if value == Value::PLAIN {
                return true;
            }
            self.values.resize(at.index() + 1, Value::PLAIN);
        }
        self.values[at.index()] = value;
        true
    }

    /// Forgets a value.
    pub fn remove(&mut self, key: u64) {
        self.store.remove(key);
    }

    /// The value is nowhere else; whether it is here.
    pub fn mark_dirty(&mut self, key: u64) -> bool {
        match self.store.find(key) {
            Some(at) => {
                if self.store.mark_dirty(at) {
                    self.dirty.push(key);
                }
                true
            }
            None => false,
        }
    }

    pub fn is_dirty(&self, key: u64) -> bool {
        self.store.find(key).is_some_and(|at| self.store.is_dirty(at))
    }

    /// A key whose value was nowhere else: it is taken to be safe from now on.
    pub fn next_dirty(&mut self) -> Option<u64> {
        while let Some(key) = self.dirty.pop() {
            if self.store.clean(key) {
                return Some(key);
            }
        }
        None
    }

    /// A key whose value was nowhere else and was evicted.
    pub fn next_spilled(&mut self) -> Option<u64> {
        self.store.next_spilled()
    }

    /// Forgets all; how many values were nowhere else.
    pub fn clear(&mut self) -> u64 {
        let mut lost = 0;
        while self.next_dirty().is_some() || self.next_spilled().is_some() {
            lost += 1;
        }
        self.store.clear();
        self.values.clear();
        lost
    }
}

/// XFetch: whether this reader renews a value that is good for so long still: now - took * beta * ln(u) >= expiry.
///
/// A. Vattani, F. Chierichetti and K. Lowenstein, "Optimal probabilistic cache stampede prevention", VLDB 2015.
fn is_early(left: SimDuration, took: SimDuration, beta: f64, uniform: f64) -> bool {
    took.as_nanos() as f64 * beta * -ln(1.0 - uniform) >= left.as_nanos() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(eviction: Eviction, capacity: Option<u64>) -> Kept {
        Kept::new(
            eviction,
            capacity,
            false,
            Stream::open(1, 0, StreamName::new("kept")),
        )
    }

    fn at(nanos: u64) -> SimTime {
        SimTime::from_nanos(nanos)
    }

    fn until(nanos: u64) -> Value {
        Value {
            until: at(nanos),
            ..Value::PLAIN
        }
    }

    fn look_up(kept: &mut Kept, key: u64, now: u64, rules: &Freshness) -> Seen {
        let mut draws = Stream::open(1, 0, StreamName::new("early"));
        kept.look_up(key, at(now), rules, &mut draws)
    }

    #[test]
    fn a_key_has_the_same_size_whenever_it_is_asked_for() {
        let law = Law::uniform(100.0, 200.0).expect("a law");
        let sizes = Sizes::new(&law, 1, StreamName::new("item-size"));
        let first: Vec<u32> = (0..1000).map(|k| sizes.of(k)).collect();
        let again: Vec<u32> = (0..1000).rev().map(|k| sizes.of(k)).collect();
        assert!(first.iter().eq(again.iter().rev()));
        let mean = first.iter().sum::<u32>() / 1000;
        assert!((145..155).contains(&mean) && first.iter().all(|s| (100..=200).contains(s)));
    }

    #[test]
    fn a_value_is_good_until_its_time_and_not_at_it() {
        let (mut kept, rules) = (kept(Eviction::Lru, None), Freshness::default());
        kept.insert(1, 1, SimTime::ZERO, until(10));
        assert_eq!(look_up(&mut kept, 1, 9, &rules), Seen::Good);
        assert_eq!(look_up(&mut kept, 1, 10, &rules), Seen::Nothing);
        assert_eq!(
            look_up(&mut kept, 1, 9, &rules),
            Seen::Nothing,
            "it was forgotten"
        );
    }

    #[test]
    fn an_old_value_is_answered_while_it_is_renewed_and_kept_for_when_the_origin_fails() {
        let nanos = SimDuration::from_nanos;
        let rules = Freshness {
            revalidate: nanos(5),
            if_error: nanos(20),
            ..Freshness::default()
        };
        let mut kept = kept(Eviction::Lru, None);
        kept.insert(1, 1, SimTime::ZERO, until(10));
        assert_eq!(look_up(&mut kept, 1, 14, &rules), Seen::Stale);
        assert_eq!(look_up(&mut kept, 1, 15, &rules), Seen::Nothing);
        assert_eq!(kept.age(1, at(29)), Some(nanos(19)));
        assert_eq!(look_up(&mut kept, 1, 30, &rules), Seen::Nothing);
        assert_eq!(kept.age(1, at(30)), None, "it was forgotten");
    }

    #[test]
    fn removed_and_cleared_values_are_gone_and_their_places_are_used_again() {
        let (mut kept, rules) = (kept(Eviction::Fifo, Some(2)), Freshness::default());
        for key in [1, 2] {
            kept.insert(key, 1, SimTime::ZERO, Value::PLAIN);
        }
        kept.remove(1);
        kept.insert(3, 1, SimTime::ZERO, Value::PLAIN);
        assert_eq!(look_up(&mut kept, 2, 0, &rules), Seen::Good);
        assert_eq!(look_up(&mut kept, 3, 0, &rules), Seen::Good);
        assert_eq!(kept.store.find(3).map(|p| p.index()), Some(0));
        kept.clear();
        assert_eq!(look_up(&mut kept, 2, 0, &rules), Seen::Nothing);
    }

    #[test]
    fn values_that_are_nowhere_else_are_told_when_they_go() {
        let mut kept = kept(Eviction::Fifo, Some(2));
        for key in [1, 2, 3] {
            kept.insert(key, 1, SimTime::ZERO, Value::PLAIN);
            kept.mark_dirty(key);
        }
        assert_eq!(kept.next_spilled(), Some(1));
        assert_eq!(kept.next_dirty(), Some(3));
        kept.insert(4, 1, SimTime::ZERO, Value::PLAIN);
        assert_eq!(kept.next_spilled(), Some(2));
        kept.mark_dirty(3);
        assert_eq!(kept.clear(), 1);
    }

    /// P(early) with x left is exp(-x / (took * beta)): the rows of tests/data/stampede.json.
    #[test]
    fn readers_renew_early_as_often_as_published() {
        let text = include_str!("../../tests/data/stampede.json");
        let recorded: serde_json::Value = serde_json::from_str(text).expect("recorded probabilities");
        let mut draws = Stream::open(1, 0, StreamName::new("early"));
        let rows = recorded["xfetch"].as_array().expect("rows");
        for row in rows {
            let number = |field: &str| row[field].as_f64().expect("a number");
            let seconds = |field: &str| SimDuration::from_secs_f64(number(field));
            let (left, took) = (seconds("seconds_to_expiry"), seconds("delta_s"));
            let trials = 200_000;
            let early = (0..trials)
                .filter(|_| is_early(left, took, number("beta"), draws.uniform()))
                .count();
            let (share, known) = (early as f64 / f64::from(trials), number("expect_p_recompute"));
            let error = (known * (1.0 - known) / f64::from(trials)).sqrt();
            assert!((share - known).abs() <= 3.5 * error, "{row}: {share}");
        }
        assert_eq!(rows.len(), 5);
    }
}
