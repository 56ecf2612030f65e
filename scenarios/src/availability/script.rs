//! Trials in which instances crash by a script: so many are down from the start, one more crashes, and, where it is the
//! only one, it is repaired again.
//!
//! The real repair takes minutes to hours, of which the script simulates as much as it takes to know what is lost while the
//! instance is down and everybody knows it. Crashes fall at evenly spread phases of the health checks from trial to trial
//! (systematic sampling: W. G. Cochran, "Sampling Techniques", 3rd edition, chapter 8), since the phase decides how long a
//! crash goes unnoticed.

use sim_core::measure::STEPS;
use sim_core::model::{Clients, ComponentId, Description, FailureMode, Kind, Model, Storage, WarmUp};
use sim_core::random::Stream;
use sim_core::simulation::{Condition, Outage, Outages};
use sim_core::time::{SimDuration, SimTime};

use super::states::{self, State};
use super::{Rare, checks};

/// Trials of a state with one instance down, and with more.
const TRIALS: [u64; 2] = [8, 3];
/// Requests that a phase should see.
const REQUESTS: f64 = 20_000.0;
/// How much longer the phases after the crash become, one after the other, where the system has not settled by their end.
pub const STRETCHES: [f64; 3] = [1.0, 4.0, 16.0];
/// Requests that a script may see at the most for its phases to become longer.
const MOST_REQUESTS: f64 = 1_000_000.0;

/// What the ordinary trials found of a point.
#[derive(Clone, Copy, Debug)]
pub struct Ordinary {
    /// Requests per second that had an end, over all clients.
    pub requests_per_s: f64,
    /// Mean latency over all clients in seconds.
    pub latency_s: f64,
    /// The warm-up of a trial in seconds.
    pub warm_up_s: f64,
    /// The share of requests lost while everything is up, the greatest of all clients.
    pub lost: f64,
}

/// Some instances of a component down at once, to be simulated.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Whose instances.
    pub rare: Rare,
    /// How many are down, and how often that is so.
    pub state: State,
    /// With one down: which ones are meant, since the primary of a database is not like its replicas, nor who serves like who stands by.
    among: Vec<u32>,
    /// The trials to run.
    pub trials: u64,
}

/// The cases to be simulated, and for every rare component the probability of states that are not.
#[must_use]
pub fn cases(d: &Description, rare: &[Rare]) -> (Vec<Case>, f64) {
    let (mut cases, mut unseen) = (Vec::new(), 0.0);
    for rare in rare {
        let (states, rest) = states::states(rare.instances, rare.down(), rare.mtbf_s);
        unseen += rest;
        for state in states {
            for among in groups(d, rare, state.down) {
                let share = among.len() as f64 / f64::from(rare.instances);
                let state = State {
                    probability: state.probability * share,
                    crashes_per_s: state.crashes_per_s * share,
                    ..state
                };
                cases.push(Case {
                    rare: *rare,
                    state,
                    among,
                    trials: TRIALS[usize::from(state.down > 1)],
                });
            }
        }
    }
    (cases, unseen)
}

/// Instances that play the same part.
fn groups(d: &Description, rare: &Rare, down: u32) -> Vec<Vec<u32>> {
    let all = 0..rare.instances;
    match &d.components[rare.component].kind {
        Kind::Database(db) if down == 1 && db.replicas > 0 => {
            let (primaries, replicas) = all.partition(|i| i % (db.replicas + 1) == 0);
            vec![primaries, replicas]
        }
        Kind::Service(s) if down == 1 && s.takeover.is_some() && rare.instances > 1 => {
            vec![vec![0], (1..rare.instances).collect()]
        }
        _ => vec![all.collect()],
    }
}

/// A trial to run, and when what happens in it.
#[derive(Clone, Debug)]
pub struct Script {
    /// The model with the script's duration.
    pub model: Model,
    /// The number of the trial, which no ordinary trial and no other case has.
    pub trial: u64,
    /// The crashes.
    pub condition: Condition,
    /// The length of a step in seconds.
    pub step_s: f64,
    /// The step from which on requests may be lost because they are in flight when the instance crashes.
    pub exposed: usize,
    /// The step that begins with the crash.
    pub crash: usize,
    /// The step from which on the crash is noticed and the system has settled.
    pub settled: usize,
    /// The step that begins with the repair, or the end.
    pub repair: usize,
    /// Seconds from the crash until it is noticed, at the most.
    pub notice_s: f64,
}

/// How long the phases of a script are, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Phases {
    warm_up: f64,
    before: f64,
    notice: f64,
    settle: f64,
    degraded: f64,
    back: f64,
    /// Between two health checks.
    interval: f64,
}

fn phases(d: &Description, case: &Case, ordinary: &Ordinary, stretch: f64) -> Phases {
    let duration = d.duration.as_secs_f64();
    let patience = d.clients.iter().map(patience).fold(0.0, f64::max);
    let longest = (duration / 4.0).max(10.0);
    let settle = (2.0 * patience + 20.0 * ordinary.latency_s)
        .max(duration / 24.0)
        .min(longest);
    let failures = d.components[case.rare.component].failures;
    let (mut notice, mut back, mut interval) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (_, balancer) in checks(d, case.rare.component) {
        if let Some(check) = balancer.health_check {
            let between = (check.interval + check.jitter).as_secs_f64();
            let hangs = failures.is_some_and(|f| f.mode == FailureMode::Hang);
            let waits = if hangs { check.timeout.as_secs_f64() } else { 0.0 };
            let failing = between.max(waits) * f64::from(check.fails) + waits;
            interval = interval.max(check.interval.as_secs_f64());
            notice = notice.max(failing);
            back = back.max(between * f64::from(check.passes));
        }
    }
    let fill = if keeps_keys(d) {
        ordinary.warm_up_s.min(duration / 2.0)
    } else {
        0.0
    };
    match &d.components[case.rare.component].kind {
        Kind::Database(db) => {
            notice = db.failover.as_ref().map_or(0.0, |f| f.takes_s());
        }
        // A cache node comes back empty.
        Kind::Cache(_) => back = fill,
        Kind::Service(s) => notice = notice.max(s.takeover.map_or(0.0, SimDuration::as_secs_f64)),
        // Who calls one of several balancers turns to another one, and comes back, in the same time.
        Kind::Balancer(b) => {
            let convergence = b.machine.convergence.map_or(0.0, SimDuration::as_secs_f64);
            notice = notice.max(convergence);
            back = back.max(convergence);
        }
        Kind::Dns(_) | Kind::Cdn(_) | Kind::Shards(_) | Kind::External(_) => {}
    }
    let enough = (REQUESTS / ordinary.requests_per_s.max(1e-9)).max(10.0);
    let with_others = if case.state.down > 1 { notice + settle } else { 0.0 };
    Phases {
        warm_up: settle.max(fill) + with_others,
        before: settle,
        notice,
        settle: settle * stretch,
        degraded: (duration / 12.0).min(enough).max(settle) * stretch,
        back: back + settle * stretch,
        interval,
    }
}

/// How long a client may wait for its answer, all attempts included; none known: 0.
fn patience(clients: &Clients) -> f64 {
    let attempts = clients.call.retry.as_ref().map_or(1, |r| r.attempts);
    clients
        .call
        .timeout
        .map_or(0.0, |t| t.as_secs_f64() * f64::from(attempts))
}

fn keeps_keys(d: &Description) -> bool {
    d.components.iter().any(|c| match &c.kind {
        Kind::Cache(cache) => matches!(cache.storage, Storage::Keys { .. }),
        _ => false,
    })
}

/// The script of trial `number` of a case, with the phases after the crash `stretch` times as long as usual; none when
/// that would take too long, or its times are beyond what a model can hold.
#[must_use]
pub fn script(
    model: &Model,
    case: &Case,
    ordinary: &Ordinary,
    seed: u64,
    number: u64,
    stretch: f64,
) -> Option<Script> {
    let d = model.description();
    let phases = phases(d, case, ordinary, stretch);
    let component = u64::try_from(case.rare.component).ok()?;
    let first = u64::from(*case.among.first()?);
    let trial = ((component + 1) << 40) | (u64::from(case.state.down) << 20) | (first.min(1) << 19) | number;
    let is_alone = case.state.down == 1;
    // Evenly spread phases of the checks; the repair's in the opposite order.
    let part = (number as f64 + 0.5) / case.trials as f64;
    let down = chosen(d, case, seed, number);
    let crashing = u64::from(*down.first()?);
    let check = checks(d, case.rare.component).next().map(|(place, balancer)| {
        let is_it = |f: &ComponentId| f.index() == case.rare.component;
        let view = balancer.forward.iter().position(is_it).unwrap_or(0);
        let name = d.components[place].name_of_view(0, view);
        let name = name.purpose("health-check").index(crashing);
        Stream::open(seed, trial, name).uniform()
    });
    let aligned = |at: f64, part: f64| match check {
        None => at,
        Some(phase) => {
            let turns = phase + part - at / phases.interval;
            at + (turns - turns.floor()) * phases.interval
        }
    };
    let crash = aligned(phases.warm_up + phases.before, part);
    let settled = crash + phases.notice + phases.settle;
    let degraded = settled + phases.degraded;
    let repair = if is_alone {
        aligned(degraded, 1.0 - part)
    } else {
        degraded
    };
    let end = if is_alone { repair + phases.back } else { repair };
    if stretch > 1.0 && end * ordinary.requests_per_s > MOST_REQUESTS {
        return None;
    }
    let step = SimDuration::from_secs_f64((end - phases.warm_up) / STEPS as f64)
        .as_nanos()
        .max(1);
    let warm_up = SimDuration::from_secs_f64(phases.warm_up);
    let at_step = |t: f64| (((t - phases.warm_up) * 1e9 / step as f64).round() as usize).min(STEPS);
    let time_of = |s: usize| SimTime::ZERO + warm_up + SimDuration::from_nanos(step) * s as u64;
    let mut description = d.clone();
    description.warm_up = WarmUp::For(warm_up);
    description.duration = warm_up + SimDuration::from_nanos(step) * STEPS as u64;
    let (crash, repair) = (at_step(crash), at_step(repair));
    let id = ComponentId(u16::try_from(component).ok()?);
    let outage = |(i, instance): (usize, u32)| Outage {
        component: id,
        instance,
        from: if i == 0 { time_of(crash) } else { SimTime::ZERO },
        until: if is_alone { time_of(repair) } else { SimTime::MAX },
    };
    let outages = down.into_iter().enumerate().map(outage).collect();
    let step_s = SimDuration::from_nanos(step).as_secs_f64();
    Some(Script {
        model: Model::new(description).ok()?,
        trial,
        condition: Condition {
            outages: Outages::Given(outages),
            ..Condition::default()
        },
        step_s,
        exposed: crash.saturating_sub((phases.before / step_s) as usize / 2),
        crash,
        settled: at_step(settled).min(repair),
        repair,
        notice_s: phases.notice,
    })
}

/// The instances that are down in this trial; the first crashes last.
fn chosen(d: &Description, case: &Case, seed: u64, number: u64) -> Vec<u32> {
    let mut instances = case.among.clone();
    let n = instances.len();
    if case.state.down == 1 {
        return vec![instances[(number % n as u64) as usize]];
    }
    // Any so many, each set as likely as any other (Fisher and Yates 1938).
    let name = d.components[case.rare.component].name.purpose("down together");
    let mut stream = Stream::open(seed, number, name.index(u64::from(case.state.down)));
    let down = (case.state.down as usize).min(n);
    for i in 0..down {
        let other = i + stream.below((n - i) as u64) as usize;
        instances.swap(i, other);
    }
    instances.truncate(down);
    instances
}
