//! Experiments that go on with what a store has, against those that never stopped.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::systems::{System, mm1};
use super::*;

/// A store in memory.
#[derive(Default)]
struct Memory {
    points: Mutex<HashMap<String, Vec<u8>>>,
    keys: Mutex<Vec<String>>,
    is_full: AtomicBool,
}

impl Memory {
    fn points(&self) -> std::sync::MutexGuard<'_, HashMap<String, Vec<u8>>> {
        self.points.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    fn begin(&self, keys: &[String]) {
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys.to_vec();
    }

    fn load(&self, key: &str) -> Option<Vec<u8>> {
        self.points().get(key).cloned()
    }

    fn save(&self, key: &str, bytes: &[u8]) -> Result<(), String> {
        if self.is_full.load(Ordering::Relaxed) {
            return Err("the disk is full".to_owned());
        }
        self.points().insert(key.to_owned(), bytes.to_vec());
        Ok(())
    }
}

/// Adds up events, and stops after so many points that were run.
#[derive(Default)]
struct Watch {
    stop: AtomicBool,
    after: Option<usize>,
    events: AtomicU64,
    found: AtomicUsize,
}

impl Watcher for Watch {
    fn progress(&self, progress: &Progress) {
        self.events.fetch_max(progress.events, Ordering::Relaxed);
        self.found.fetch_max(progress.points_found, Ordering::Relaxed);
        let new = progress.points_done.saturating_sub(progress.points_found);
        if self.after.is_some_and(|after| new >= after) {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

fn go(
    points: &[Planned],
    trials: Option<u32>,
    store: Option<&Memory>,
    after: Option<usize>,
) -> (Found, Watch) {
    let watch = Watch {
        after,
        ..Watch::default()
    };
    let options = Options {
        trials,
        threads: 2,
        ..Options::default()
    };
    let found = match store {
        Some(store) => run_kept(store, points, &[], options, &watch, &watch.stop),
        None => run(points, &[], options, &watch, &watch.stop),
    };
    (found.expect("threads"), watch)
}

fn text(found: &Found) -> String {
    assert_eq!((found.missing.len(), found.unsaved.as_deref()), (0, None));
    format!("{:?}", found.results)
}

/// Points with and without rare failures, one that is overloaded, and one with a wished precision.
fn points() -> Vec<Planned> {
    let failing = System {
        instances: 2,
        rate: 300.0,
        check: Some((1.0, 2)),
        timeout_s: Some(0.2),
        failures: Some((1e6, 600.0)),
        ..mm1(0.5, 5.0)
    };
    let mut precise = mm1(0.7, 5.0).planned(3);
    precise.scenario.precision = Some(Precision::of_p99(0.15));
    let mut points = vec![failing.planned(3), mm1(1.3, 5.0).planned(3), precise];
    points.extend((1..9).map(|u| mm1(f64::from(u) * 0.1, 5.0).planned(3)));
    points
}

#[test]
fn a_sweep_that_was_stopped_goes_on_to_the_same_figures() {
    let points = points();
    let whole = text(&go(&points, None, None, None).0);
    let store = Memory::default();
    let mut calls = 0;
    loop {
        let (found, _) = go(&points, None, Some(&store), Some(3));
        calls += 1;
        assert!(calls < 20, "every call does some points");
        if found.missing.is_empty() {
            assert_eq!(text(&found), whole);
            break;
        }
    }
    // From now on nothing is left to be simulated.
    let (found, watch) = go(&points, None, Some(&store), None);
    assert_eq!(text(&found), whole);
    assert_eq!(
        (
            watch.events.into_inner(),
            watch.found.into_inner(),
            store.points().len()
        ),
        (0, points.len(), points.len())
    );
    assert_eq!(take(&store.keys).len(), points.len());
}

#[test]
fn trials_are_added_to_those_that_are_there() {
    let points = points();
    let at_once = text(&go(&points, Some(6), None, None).0);
    let store = Memory::default();
    let (_, first) = go(&points, Some(4), Some(&store), None);
    let (found, added) = go(&points, Some(6), Some(&store), None);
    assert_eq!(text(&found), at_once);
    // Trials under failures depend on what all ordinary trials say, and are run again.
    let (first, added) = (first.events.into_inner(), added.events.into_inner());
    assert!(added > 0 && added < first, "{added} after {first}");
    let (_, all) = go(&points, Some(6), Some(&store), None);
    assert_eq!(all.events.into_inner(), 0);
    // Fewer are the first of them.
    let fewer = text(&go(&points[1..], Some(4), Some(&store), None).0);
    assert_eq!(fewer, text(&go(&points[1..], Some(4), None, None).0));
}

#[test]
fn another_seed_or_system_finds_nothing_of_this_one() {
    let store = Memory::default();
    let planned = mm1(0.5, 2.0).planned(2);
    go(std::slice::from_ref(&planned), None, Some(&store), None);
    let events = |change: fn(&mut Planned)| {
        let mut other = planned.clone();
        change(&mut other);
        go(&[other], None, Some(&store), None).1.events.into_inner()
    };
    assert_eq!(events(|_| {}), 0);
    assert!(events(|p| p.scenario.seed = 2) > 0);
    assert!(events(|p| p.scenario.model = mm1(0.5, 2.000_000_001).model()) > 0);
    // What no trial depends on may change: a price is applied to the trials that there are.
    assert_eq!(events(|p| p.scenario.usd_per_hour = vec![Some(1.0)]), 0);
    assert_eq!(events(|p| p.scenario.name = "other".to_owned()), 0);
}

#[test]
fn damage_in_a_store_is_repaired_by_running_again() {
    let store = Memory::default();
    let planned = [mm1(0.5, 2.0).planned(2)];
    let whole = text(&go(&planned, None, Some(&store), None).0);
    let before = store.points().clone();
    for bytes in store.points().values_mut() {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    }
    let (found, watch) = go(&planned, None, Some(&store), None);
    assert_eq!(text(&found), whole);
    assert!(watch.events.into_inner() > 0);
    assert_eq!(*store.points(), before);
}

#[test]
fn a_store_that_is_full_ends_the_experiment_and_leaves_what_it_has() {
    let points = points();
    let store = Memory::default();
    go(&points, None, Some(&store), Some(2));
    let kept = store.points().clone();
    store.is_full.store(true, Ordering::Relaxed);
    let (found, _) = go(&points, None, Some(&store), None);
    assert_eq!(found.unsaved.as_deref(), Some("the disk is full"));
    assert!(!found.missing.is_empty());
    assert_eq!(*store.points(), kept);
}

#[test]
fn a_budget_of_trials_is_kept_and_it_is_said_what_more_would_take() {
    let mut planned = mm1(0.9, 20.0).planned(3);
    planned.scenario.precision = Some(Precision {
        most_trials: 6,
        ..Precision::of_p99(0.01)
    });
    let (found, _) = go(&[planned], None, None, None);
    let point = &found.results.points[0];
    assert_eq!(point.trials, 6);
    let warning = point.warnings.iter().find(|w| w.contains("with 6 trials"));
    assert!(
        warning.is_some_and(|w| w.starts_with("users: p99 is not known to 1 %")),
        "{:?}",
        point.warnings
    );
}
