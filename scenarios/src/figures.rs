//! From trials to a point, in two halves: what the ordinary trials say, and then what failures add to it; and from points
//! to the results of an experiment.

use sim_core::measure::{STEPS_PER_WINDOW, TrialResult};
use sim_core::simulation::Outages;
use sim_core::stats::Estimate;
use sim_core::stats::trend::Trend;

use crate::availability::loss::{self, Observation};
use crate::availability::script::{Case, Ordinary, cases};
use crate::availability::{Rare, Split};
use crate::cost::cost;
use crate::experiment::{Options, Planned};
use crate::families;
use crate::gathered::gathered;
use crate::objective::verdict;
use crate::per_trial::per_trial;
use crate::precision::{Known, Next, Precision};
use crate::results::{Axis, OfTrial, Point, Results, State};
use crate::scenario::Names;
use crate::steadiness::{self, Cut, Slowest, movement};
use crate::summary::{Summary, summarise};
use crate::timeline::{Course, Timeline, course, timeline};
use crate::transient;

/// What the ordinary trials of a point say, and which trials under failures are to follow.
#[derive(Debug)]
pub struct Half {
    summary: Summary,
    state: State,
    trials: u32,
    events: u64,
    warnings: Vec<String>,
    rare: Vec<Rare>,
    cases: Vec<Case>,
    unseen: f64,
    per_trial: Vec<OfTrial>,
    cut: Cut,
    course: Course,
    timeline: Option<Timeline>,
    /// What the scripts need to know.
    pub ordinary: Ordinary,
}

/// Sums up the ordinary trials.
#[must_use]
pub fn half(planned: &Planned, split: &Split, trials: &[TrialResult]) -> Half {
    let scenario = &planned.scenario;
    let d = split.model.description();
    let is_transient = transient::is_transient(d);
    let cut = if is_transient {
        let windows = transient::before_faults(d, trials);
        let found = windows.map(|windows| steadiness::cut_within(d.warm_up, trials, windows));
        // Figures of the run as it stands need no steady state.
        Cut {
            need: None,
            slowest: None,
            ..found.unwrap_or(Cut::NONE)
        }
    } else {
        steadiness::cut(d.warm_up, trials)
    };
    let state = match steadiness::state(trials, &scenario.names.components) {
        // Queues that grow while a fault lasts are what one looks for.
        State::Overloaded { .. } if is_transient => State::Steady,
        state => state,
    };
    let course = if is_transient {
        Course::Faults
    } else {
        course(&scenario.names, trials, cut, &state)
    };
    let with_wholes = families::with_wholes(&d.components, trials);
    let mut summary = if is_transient {
        let none = Cut { windows: 0, ..cut };
        let whole = transient::whole(&with_wholes, cut);
        let mut summary = summarise(&split.model, &whole, none, &state);
        if state == State::Steady {
            transient::values(&mut summary, &whole);
        }
        summary
    } else {
        summarise(&split.model, &with_wholes, cut, &state)
    };
    let mut warnings = unsettled(&state, cut, &scenario.names);
    if state == State::Steady && !is_transient {
        warnings.extend(moving(cut, trials, &scenario.names.clients));
    }
    warnings.extend(missing(&state, cut, &summary, &scenario.names.clients));
    deadlocks(trials, &scenario.names.components, &mut warnings);
    let frequent = split.outages != Outages::None;
    let uncounted = !split.rare.is_empty() && (state != State::Steady || is_transient);
    if is_transient {
        warnings.insert(
            0,
            "the run has faults: its figures are of the run as it stands, faults included, and not of a steady state; trials are its only intervals"
                .to_owned(),
        );
    }
    if frequent || uncounted {
        // Nothing says what failures cost by themselves.
        summary
            .clients
            .iter_mut()
            .for_each(|c| c.lost_to_failures = Estimate::default());
    }
    if frequent {
        warnings.push(
            "failures are so frequent that they happen by chance in the trials: what they cost is counted with overload"
                .to_owned(),
        );
    }
    if uncounted {
        warnings
            .push("what rare failures cost is not counted here: there is no steady state to lose".to_owned());
    }
    // A point without a steady state has no long run in which failures could have their share.
    let rare = if state == State::Steady && !is_transient {
        split.rare.clone()
    } else {
        Vec::new()
    };
    let (cases, unseen) = cases(d, &rare);
    let requests: u64 = summary.clients.iter().map(|c| c.offered - c.in_flight).sum();
    let latency = |c: &crate::results::ClientFigures| c.latency_s.mean.value;
    Half {
        ordinary: Ordinary {
            requests_per_s: requests as f64 / summary.measured_s.max(1e-9),
            latency_s: summary.clients.iter().filter_map(latency).fold(0.0, f64::max),
            warm_up_s: summary.warm_up_s,
            lost: summary
                .clients
                .iter()
                .filter_map(|c| c.lost_to_overload.value)
                .fold(0.0, f64::max),
        },
        state,
        trials: u32::try_from(trials.len()).unwrap_or(u32::MAX),
        events: trials.iter().map(|t| t.events).sum(),
        warnings,
        rare,
        cases,
        unseen,
        per_trial: with_wholes.iter().map(|t| per_trial(t, cut)).collect(),
        summary,
        cut,
        course,
        timeline: None,
    }
}

/// Why a point has no steady state, or one that is in doubt.
fn unsettled(state: &State, cut: Cut, names: &Names) -> Vec<String> {
    let mut warnings = Vec::new();
    match state {
        State::Steady => {}
        State::Overloaded { component } => {
            let who = component.as_deref().unwrap_or("a component");
            warnings.push(format!(
                "{who} is offered more than it can serve: its queue grows as long as the run lasts, so latencies have no value"
            ));
        }
        State::RanAway => {
            warnings.push("the run hit its budget of events or calls in flight and was ended".to_owned());
        }
    }
    if *state != State::Steady {
        return warnings;
    }
    if let Some(need) = cut.need {
        let slowest = match cut.slowest {
            Some(Slowest::Clients(c)) => names.clients.get(c),
            Some(Slowest::Component(c)) => names.components.get(c),
            None => None,
        };
        let slowest = slowest.map_or("the system", String::as_str);
        warnings.push(format!(
            "not enough data: a trial is hardly longer than {slowest} remembers its start; a run.duration about {:.0} times as long \
             should do, and more trials don't help",
            need.ceil()
        ));
    }
    if !cut.is_found {
        warnings.push(
            "no end of the warm-up was found; half of each trial was cut: simulate a longer time".to_owned(),
        );
    }
    warnings
}

/// Which latencies go on moving after the warm-up.
fn moving(cut: Cut, trials: &[TrialResult], clients: &[String]) -> Vec<String> {
    let mut warnings = Vec::new();
    for (client, name) in clients.iter().enumerate() {
        let moves = match movement(trials, cut, client) {
            Trend::Growing { rise } | Trend::Drifting { rise } => {
                let way = if rise > 0.0 { "rises" } else { "falls" };
                format!(
                    "still {way} after the warm-up, by {:.0}% in the run",
                    100.0 * rise.abs()
                )
            }
            Trend::Cycling { period } => {
                let step = trials.first().map_or(0.0, |t| t.window.as_secs_f64()) / STEPS_PER_WINDOW as f64;
                format!("comes back every {:.0} s", (period as f64 * step).max(1.0))
            }
            Trend::Steady | Trend::Unknown => continue,
        };
        warnings.push(format!(
            "{name}: latency {moves}: figures are means over the run, not over a steady state"
        ));
    }
    warnings
}

/// What there was too little data for, though there is a steady state.
fn missing(state: &State, cut: Cut, summary: &Summary, clients: &[String]) -> Vec<String> {
    let mut warnings = Vec::new();
    if *state != State::Steady || cut.need.is_some() {
        return warnings;
    }
    for (name, figures) in clients.iter().zip(&summary.clients) {
        let l = &figures.latency_s;
        let all = [
            ("p50", l.p50),
            ("p90", l.p90),
            ("p95", l.p95),
            ("p99", l.p99),
            ("p99.9", l.p99_9),
        ];
        let missing: Vec<&(&str, Estimate)> = all.iter().filter(|(_, e)| e.value.is_none()).collect();
        if figures.ok == 0 {
            warnings.push(format!(
                "{name}: not one request ended well, so there is no latency"
            ));
            continue;
        }
        if missing.is_empty() {
            continue;
        }
        let which: Vec<&str> = missing.iter().map(|m| m.0).collect();
        let need = missing.iter().filter_map(|m| m.1.need).fold(0.0, f64::max);
        let need = if need > 1.0 {
            format!("; about {:.0} times as much should do", need.ceil())
        } else {
            String::new()
        };
        warnings.push(format!("{name}: not enough data for {}{need}", which.join(", ")));
    }
    warnings
}

/// Names the pools of connections whose users locked each other up.
fn deadlocks(trials: &[TrialResult], names: &[String], warnings: &mut Vec<String>) {
    for (i, name) in names.iter().enumerate() {
        let windows = trials
            .iter()
            .filter_map(|t| t.components.get(i))
            .flat_map(|c| &c.windows);
        let seen: u64 = windows.map(|w| w.deadlocks).sum();
        if seen > 0 {
            warnings.push(format!(
                "{name}: deadlock: all connections of an instance were held by calls that waited for another one (seen {seen} times)"
            ));
        }
    }
}

impl Half {
    /// The trials under failures that are to be run: a case and the number of its trial.
    #[must_use]
    pub fn jobs(&self) -> Vec<(Case, u64)> {
        self.cases
            .iter()
            .flat_map(|c| (0..c.trials).map(|n| (c.clone(), n)))
            .collect()
    }

    /// What is to be done for a wished precision. Where there is no steady state, no number of trials helps.
    #[must_use]
    pub fn next(&self, planned: &Planned, precision: &Precision) -> Next {
        if self.state != State::Steady {
            return Next::Enough;
        }
        let (scenario, summary) = (&planned.scenario, &self.summary);
        let clients = named(&scenario.names.clients, &summary.clients);
        let components = named(&scenario.names.components, &summary.components);
        let cost = cost(&scenario.usd_per_hour, &summary.usage_usd_per_hour, &[]);
        let known = Known {
            clients: &clients,
            components: &components,
            usd_per_month: cost.as_ref().map(|c| &c.usd_per_month),
        };
        precision.next(self.trials, &known)
    }

    /// Adds what a reader should know.
    pub fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// Adds what the ordinary trials did over time.
    pub fn add_timeline(&mut self, planned: &Planned, split: &Split, trials: &[TrialResult]) {
        let names = &planned.scenario.names;
        let trials = families::with_wholes(&split.model.description().components, trials);
        self.timeline = Some(timeline(&split.model, names, &trials, self.cut));
    }

    /// The point, with what the trials under failures showed, in the order of [`Self::jobs`].
    #[must_use]
    pub fn whole(self, planned: &Planned, observations: Vec<Observation>, frequent: bool) -> Point {
        let Self {
            mut summary,
            state,
            trials,
            mut events,
            mut warnings,
            rare,
            cases,
            unseen,
            per_trial,
            course,
            timeline,
            ..
        } = self;
        let scenario = &planned.scenario;
        events += observations.iter().map(|o| o.events).sum::<u64>();
        let mut observations = observations.into_iter();
        let seen: Vec<(Case, Vec<Observation>)> = cases
            .into_iter()
            .map(|c| {
                let of_case = observations.by_ref().take(c.trials as usize);
                let whole = of_case.filter(|o| !o.clients.is_empty()).collect();
                (c, whole)
            })
            .filter(|(_, o): &(Case, Vec<Observation>)| !o.is_empty())
            .collect();
        if !rare.is_empty() {
            let d = scenario.model.description();
            loss::add(
                d,
                &mut summary.clients,
                summary.measured_s,
                &seen,
                unseen,
                frequent,
            );
        }
        for rare in &rare {
            let name = &scenario.names.components[rare.component];
            let up = f64::from(rare.instances) * (1.0 - rare.down());
            if let Some(instances) = &mut summary.components[rare.component].instances {
                *instances = Estimate::between(up, up, up);
            }
            let of = |o: fn(&Observation) -> bool| {
                seen.iter()
                    .any(|(c, all)| c.rare.component == rare.component && all.iter().any(o))
            };
            let down = format!("while an instance of {name} is down");
            if of(|o| o.ran_away) {
                warnings.push(format!(
                    "{down} the run hits its budget: availability may be lower"
                ));
            } else if of(|o| o.grows) {
                warnings.push(format!(
                    "{down} calls pile up, the more the longer the repair takes: what is lost until they are worked off is extrapolated"
                ));
            } else if of(|o| !o.recovers) {
                warnings.push(format!(
                    "after a repair of {name} the system does not recover in the time simulated: availability may be lower"
                ));
            }
        }
        let names = |names: &[String]| names.to_vec();
        let clients: Vec<_> = names(&scenario.names.clients)
            .into_iter()
            .zip(summary.clients)
            .collect();
        let mut point = Point {
            variant: planned.variant.clone(),
            set: planned.set.clone(),
            at: planned.at.clone(),
            trials,
            cost: cost(&scenario.usd_per_hour, &summary.usage_usd_per_hour, &clients),
            clients,
            components: names(&scenario.names.components)
                .into_iter()
                .zip(summary.components)
                .collect(),
            slo: None,
            state,
            warm_up_s: summary.warm_up_s,
            warnings,
            events,
            per_trial,
            course,
            timeline,
        };
        point.slo = scenario.slo.as_ref().map(|o| verdict(o, &point));
        point
    }
}

fn named<'a, T>(names: &'a [String], figures: &'a [T]) -> Vec<(&'a str, &'a T)> {
    names.iter().map(String::as_str).zip(figures).collect()
}

/// The results of an experiment from its points that are done.
#[must_use]
pub fn results(planned: &[Planned], axes: &[Axis], options: Options, points: Vec<Point>) -> Results {
    let scenarios = || planned.iter().map(|p| &p.scenario);
    let first = scenarios().next();
    let mut assumptions: Vec<String> = Vec::new();
    let warnings = gathered(scenarios().flat_map(|s| s.warnings.iter().cloned()));
    for scenario in scenarios() {
        extend(&mut assumptions, scenario.assumptions.iter().cloned());
    }
    if scenarios().any(|s| {
        s.model
            .description()
            .components
            .iter()
            .any(|c| c.failures.is_some())
    }) {
        extend(&mut assumptions, [
            "instances fail independently of one another, and repairs last exponentially long".to_owned(),
            "failures of different components are added up: that two components are down at once is left out".to_owned(),
        ]);
    }
    Results {
        scenario: first.map(|s| s.name.clone()).unwrap_or_default(),
        question: first.and_then(|s| s.question.clone()),
        seed: options.seed.or(first.map(|s| s.seed)).unwrap_or_default(),
        trials: options.trials.or(first.map(|s| s.trials)).unwrap_or_default(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        assumptions,
        warnings,
        slo: first.and_then(|s| s.slo.clone()),
        axes: axes.to_vec(),
        points,
    }
}

/// Adds what isn't there yet.
fn extend(list: &mut Vec<String>, more: impl IntoIterator<Item = String>) {
    for item in more {
        if !list.contains(&item) {
            list.push(item);
        }
    }
}
