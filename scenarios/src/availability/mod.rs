//! Availability where failures are too rare to be seen: an instance that fails every 30 days is never seen to fail in a
//! minute of simulated time, and must count all the same.
//!
//! Instances fail and are repaired independently, so the number of a component's instances that are down has a binomial
//! distribution with parameter mttr / (mtbf + mttr), whatever the laws of the two times (an alternating renewal process:
//! S. M. Ross, "Introduction to Probability Models", 7.5). For each number down that matters, trials are run in which
//! just so many instances are crashed by a script ([`script`]); what is lost there, beyond what is lost while everything is
//! up, is weighted with the state's probability, and what is lost between a crash and its detection with the rate of
//! crashes ([`loss`]). This is conditioning as a variance reduction (Law 2015, "Simulation Modeling and Analysis", 11.6).
//! Losses by different components are added: that two components are down at once is second order, and left out.

pub mod loss;
pub mod script;
pub mod states;
#[cfg(test)]
mod tests;

use sim_core::model::{Component, Description, Failures, Kind, Model};
use sim_core::simulation::Outages;

/// Failures expected in all trials of a point from which on they are left to chance in the trials themselves: with 50
/// failures the loss is known to about 30 %, and everything that failures do to one another is in it.
const ENOUGH_FAILURES: f64 = 50.0;
/// A repair that takes longer than this part of a trial can't be left to chance: trials begin with everything up.
const LONGEST_REPAIR: f64 = 0.1;

/// A component whose failures the trials themselves don't show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rare {
    /// Its place in the model.
    pub component: usize,
    /// Its instances.
    pub instances: u32,
    /// Mean seconds from being up to the next crash.
    pub mtbf_s: f64,
    /// Mean seconds from a crash to being up again.
    pub mttr_s: f64,
}

impl Rare {
    /// The probability that an instance is down.
    #[must_use]
    pub fn down(&self) -> f64 {
        self.mttr_s / (self.mtbf_s + self.mttr_s)
    }
}

/// Which failures the ordinary trials of a point show, and which must be added.
#[derive(Clone, Debug)]
pub struct Split {
    /// What fails in the ordinary trials.
    pub outages: Outages,
    /// The model of the ordinary trials: without the rare failures.
    pub model: Model,
    /// What must be added.
    pub rare: Vec<Rare>,
}

/// Decides for every component with failures whether they are frequent enough to be left to chance in `trials` trials.
#[must_use]
pub fn split(model: &Model, trials: u32) -> Split {
    let d = model.description();
    let duration = d.duration.as_secs_f64();
    let mut ordinary = d.clone();
    let mut rare = Vec::new();
    for (place, component) in d.components.iter().enumerate() {
        let Some(Failures { mtbf, mttr, .. }) = component.failures else {
            continue;
        };
        let (mtbf_s, mttr_s) = (mtbf.as_secs_f64(), mttr.as_secs_f64());
        let instances = instances(component);
        let expected = f64::from(trials) * f64::from(instances) * duration / (mtbf_s + mttr_s);
        if expected < ENOUGH_FAILURES || mttr_s > LONGEST_REPAIR * duration {
            ordinary.components[place].failures = None;
            rare.push(Rare {
                component: place,
                instances,
                mtbf_s,
                mttr_s,
            });
        }
    }
    let has_frequent = ordinary.components.iter().any(|c| c.failures.is_some());
    Split {
        outages: if has_frequent {
            Outages::ByChance
        } else {
            Outages::None
        },
        // What was valid stays so without failures.
        model: Model::new(ordinary).unwrap_or_else(|_| model.clone()),
        rare,
    }
}

/// The instances of a component.
#[must_use]
pub fn instances(component: &Component) -> u32 {
    u32::try_from(component.instances()).unwrap_or(u32::MAX)
}

/// The balancers that check the instances of a component, by place.
fn checks(d: &Description, component: usize) -> impl Iterator<Item = (usize, &sim_core::model::Balancer)> {
    d.components
        .iter()
        .enumerate()
        .filter_map(move |(place, c)| match &c.kind {
            Kind::Balancer(b)
                if b.forward.iter().any(|f| f.index() == component) && b.health_check.is_some() =>
            {
                Some((place, b))
            }
            _ => None,
        })
}
