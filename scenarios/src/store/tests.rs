use proptest::prelude::*;
use sim_core::measure::{
    ClientResult, ClientStep, ClientWindow, ComponentResult, ComponentWindow, Counts, Histogram, STEPS, Stop,
    TrialResult, WARM_UP_STEPS, WARM_UP_WINDOWS, WINDOWS,
};
use sim_core::simulation::{Condition, Outages, simulate};
use sim_core::time::{SimDuration, SimTime};

use super::trial::{Shape, decode, encode};
use super::*;
use crate::experiment::systems::{System, mm1};

fn histogram(values: &[(u64, u32)]) -> Histogram {
    let mut histogram = Histogram::new();
    for (value, shift) in values {
        histogram.record(value >> (shift % 64));
    }
    histogram
}

/// Trials with numbers of all sizes, made from a few that are drawn.
fn any_trial() -> impl Strategy<Value = TrialResult> {
    let values = prop::collection::vec(any::<(u64, u32)>(), 0..40);
    let shape = (0usize..3, 0usize..3);
    (
        shape,
        values,
        any::<[u64; 4]>(),
        any::<(u128, u32, Option<u64>)>(),
    )
        .prop_map(|(shape, values, n, (wide, step, limit))| {
            let small = |i: usize| n[i % 4] >> (28 + i as u32 % 36);
            let counts = |i: usize| Counts {
                offered: 6 * small(i),
                ok: small(i),
                timeout: small(i),
                rejected: small(i) / 2,
                error: small(i) / 3,
                unreachable: small(i),
            };
            let some = |i: usize| histogram(&values[..values.len().saturating_sub(i)]);
            let client_window = |i: usize| ClientWindow {
                counts: counts(i),
                attempts: small(i),
                latency: some(i),
            };
            let client_step = |i: u32| ClientStep {
                offered: step >> (i % 32),
                ok: step.wrapping_mul(i),
                failed: i,
                latency_ns: n[1].wrapping_mul(u64::from(i)),
            };
            let warm_up = step % 2;
            let client = ClientResult {
                whole: counts(0),
                windows: (0..WINDOWS).map(client_window).collect(),
                steps: (0..STEPS as u32).map(client_step).collect(),
                warm_up_windows: (0..WARM_UP_WINDOWS * warm_up as usize)
                    .map(client_window)
                    .collect(),
                warm_up_steps: (0..WARM_UP_STEPS as u32 * warm_up).map(client_step).collect(),
            };
            let window = |i: usize| ComponentWindow {
                time_ns: n[0],
                arrived: small(i),
                served: small(i + 1),
                rejected: small(i + 2),
                lost: 0,
                wasted: small(i + 3),
                deadlocks: small(i + 3),
                busy_ns: wide >> i,
                core_busy_ns: wide / 3,
                queue_ns: 0,
                up_ns: u128::MAX,
                waiting: some(2 * i),
                hits: small(i),
                misses: 1,
                reads: small(i),
                stale_reads: 0,
                open_reads: small(i),
                usage_pusd: 7,
                writes: 0,
                lost_writes: 0,
                conflicts: small(i),
                lag: some(i),
                lock_wait: some(i + 2),
            };
            let component = ComponentResult {
                instances: step,
                workers: limit,
                cores: limit.map(|l| l / 2),
                windows: (0..WINDOWS).map(window).collect(),
                steps: (0..STEPS).map(|i| i as f32 / 3.0).collect(),
                warm_up_windows: (0..WARM_UP_WINDOWS * warm_up as usize).map(window).collect(),
                warm_up_steps: (0..WARM_UP_STEPS as u32 * warm_up).map(|i| i as f32).collect(),
            };
            TrialResult {
                trial: n[3],
                start: SimTime::from_nanos(n[2] / 2),
                window: SimDuration::from_nanos(n[1]),
                end: SimTime::from_nanos(n[2]),
                stop: [Stop::Duration, Stop::Finished, Stop::Budget][step as usize % 3],
                events: n[0],
                clients: vec![client; shape.0],
                components: vec![component; shape.1],
            }
        })
}

fn shape_of(trial: &TrialResult) -> Shape {
    Shape {
        clients: trial.clients.len(),
        components: trial.components.len(),
    }
}

/// A trial of a system with failures, a balancer and a bounded queue.
fn real() -> TrialResult {
    let system = System {
        instances: 3,
        rate: 1200.0,
        queue: Some(50),
        timeout_s: Some(0.1),
        check: Some((1.0, 2)),
        failures: Some((3.0, 1.0)),
        ..mm1(0.5, 5.0)
    };
    let condition = Condition {
        outages: Outages::ByChance,
        ..Condition::default()
    };
    simulate(&system.model(), 1, 4, &condition)
}

/// Bytes deflated as those of a trial are.
fn deflated(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn inflated(bytes: &[u8]) -> Vec<u8> {
    use std::io::Read;
    let mut all = Vec::new();
    flate2::read::DeflateDecoder::new(bytes)
        .read_to_end(&mut all)
        .expect("it was deflated");
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_trial_comes_back(trial in any_trial()) {
        let found = decode(&encode(&trial), trial.trial, shape_of(&trial));
        prop_assert_eq!(found, Some(trial));
    }

    /// What is read of damaged bytes is nothing, or a trial that would have been written as just these bytes.
    #[test]
    fn damaged_bytes_are_refused_or_mean_what_they_say(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
        below in any::<bool>(),
    ) {
        let trial = real();
        let mut bytes = encode(&trial);
        if below {
            bytes = inflated(&bytes);
        }
        for (place, value) in &damage {
            let place = place.index(bytes.len());
            bytes[place] = *value;
        }
        if damage.len() == 3 {
            bytes.truncate(cut.index(bytes.len()));
        }
        let inner = if below { bytes.clone() } else { Vec::new() };
        if below {
            bytes = deflated(&bytes);
        }
        let found = decode(&bytes, trial.trial, shape_of(&trial));
        if let (Some(found), true) = (found, below) {
            prop_assert_eq!(inflated(&encode(&found)), inner);
        }
    }

    #[test]
    fn any_bytes_at_all_are_no_point(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(Kept::decode(&bytes, "k"), None);
        prop_assert_eq!(decode(&bytes, 0, Shape { clients: 1, components: 1 }), None);
        // With a good beginning and sum as well.
        bytes.splice(0..0, MAGIC.iter().copied());
        let sum = crc(&bytes);
        bytes.extend_from_slice(&sum);
        if let Some(kept) = Kept::decode(&bytes, "k") {
            prop_assert_eq!(kept.encode("k"), bytes);
        }
    }

    #[test]
    fn a_point_with_a_changed_byte_is_none(place in any::<prop::sample::Index>(), by in 1u8..) {
        let mut bytes = kept().encode("k");
        let place = place.index(bytes.len());
        bytes[place] ^= by;
        prop_assert_eq!(Kept::decode(&bytes, "k"), None);
        prop_assert_eq!(Kept::decode(&bytes[..place], "k"), None);
    }
}

fn kept() -> Kept {
    Kept {
        about: About {
            program: PROGRAM.to_owned(),
            seed: 7,
            scenario: "shop".to_owned(),
        },
        trials: [(0, vec![1, 2, 3]), (9, vec![])].into(),
        observations: [(u128::MAX, vec![4])].into(),
    }
}

#[test]
fn a_point_comes_back_under_its_own_key_only() {
    let bytes = kept().encode("k");
    assert_eq!(Kept::decode(&bytes, "k"), Some(kept()));
    assert_eq!(Kept::decode(&bytes, "j"), None);
    assert_eq!(about(&bytes), Some(kept().about));
    assert_eq!(about(&bytes[..40]), None);
    assert_eq!(about(b"something else"), None);
}

#[test]
fn a_real_trial_is_small() {
    let trial = real();
    let bytes = encode(&trial);
    assert_eq!(decode(&bytes, 4, shape_of(&trial)).as_ref(), Some(&trial));
    assert_eq!(decode(&bytes, 5, shape_of(&trial)), None);
    let other = Shape {
        clients: 1,
        components: 1,
    };
    assert_eq!(decode(&bytes, 4, other), None);
    // Some 6000 requests in 32 windows of two components and one population.
    assert!((1000..60_000).contains(&bytes.len()), "{}", bytes.len());
}

#[test]
fn a_bomb_is_not_inflated_to_its_end() {
    let bomb = deflated(&vec![0; 100 << 20]);
    let shape = Shape {
        clients: 1,
        components: 0,
    };
    assert!(bomb.len() < 1 << 20);
    assert_eq!(decode(&bomb, 0, shape), None);
}
