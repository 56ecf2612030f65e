//! Disciplines: operations to classes and weights, and what would have no effect.

use std::sync::Arc;

use sim_core::model::{CoreRule, Discipline, Plan, Service, Station, Step};

use super::components::Lowering;
use crate::diagnostic::{Diagnostic, did_you_mean, one_of};
use crate::source::Spanned;
use crate::spec::discipline::DisciplineSpec;
use crate::spec::service::ServiceSpec;
use crate::spec::station::{Limit, StationSpec};

/// Classes and weights are kept in 16 bits.
const LAST: u16 = u16::MAX - 1;

impl Lowering<'_, '_> {
    /// The station as it is meant: where cores are taken away, a call that comes must not wait for a worker first.
    pub(super) fn for_discipline(&mut self, s: &ServiceSpec, path: &str) -> StationSpec {
        let mut station = s.station.clone();
        let is_of_cores = s.discipline.as_ref().is_some_and(|d| d.value.is_of_cores());
        if is_of_cores && station.workers.is_none() {
            self.assume(
                path,
                "workers = \"unlimited\", for the discipline is one of its cores",
            );
            station.workers = Some(Limit::Unlimited);
        }
        station
    }

    /// Writes the order of service into the station.
    pub(super) fn discipline(&mut self, s: &ServiceSpec, path: &str, station: &mut Station) {
        let Some(written) = &s.discipline else {
            return;
        };
        let classes = |this: &mut Self, order: &[Spanned<String>]| -> Arc<[u16]> {
            for op in order {
                this.known_op(op, path);
            }
            let class = |op: &String| order.iter().position(|o| o.value == *op).unwrap_or(order.len());
            let classes = this.index.ops.iter().map(class);
            classes.map(|c| u16::try_from(c).unwrap_or(LAST)).collect()
        };
        if written.value.is_of_cores() && station.workers.is_none() && station.cores.is_none() {
            self.assume(path, "cores = 1");
            station.cores = Some(1);
        }
        match &written.value {
            DisciplineSpec::Fifo => {}
            DisciplineSpec::Lifo(preemptive) => {
                station.discipline = Discipline::Lifo;
                if *preemptive {
                    station.core_rule = CoreRule::Newest;
                }
            }
            DisciplineSpec::Priority(order, preemptive) => {
                let class_of = classes(self, order);
                if *preemptive {
                    station.core_rule = CoreRule::Priority {
                        class_of: class_of.clone(),
                    };
                }
                station.discipline = Discipline::Priority { class_of };
            }
            DisciplineSpec::Sjf => station.discipline = Discipline::Shortest,
            DisciplineSpec::Srpt => {
                station.discipline = Discipline::Shortest;
                station.core_rule = CoreRule::LeastRemaining;
            }
            DisciplineSpec::Sharing(weights) => {
                for (op, _) in weights {
                    self.known_op(op, path);
                }
                let weight = |op: &String| weights.iter().find(|w| w.0.value == *op).map_or(1.0, |w| w.1);
                station.core_rule = CoreRule::Weighted {
                    weight_of: self.index.ops.iter().map(weight).collect(),
                };
            }
        }
        if written.value.is_of_cores() && !station.shares_cores() {
            let workers = station.workers.map_or("unlimited".to_owned(), |w| w.to_string());
            let message = format!("{path}: this discipline has no effect with workers = {workers}");
            let problem = Diagnostic::error(&written.span, message)
                .label("it decides who gets the cores, and here every worker has one of its own")
                .note("a call that holds a worker keeps it to its end, whatever other components it asks meanwhile");
            self.out
                .push(problem.help("leave `workers` out, or give it more workers than `cores`"));
        }
    }

    /// Reports an operation that nobody ever asks for.
    fn known_op(&mut self, op: &Spanned<String>, path: &str) {
        if self.index.ops.contains(&op.value) {
            return;
        }
        let names = || self.index.ops.iter().map(String::as_str);
        let problem = Diagnostic::error(
            &op.span,
            format!(
                "{path}.discipline names the operation \"{}\", which nobody asks for",
                op.value
            ),
        );
        let hint = did_you_mean(&op.value, names());
        self.out.push(
            problem
                .label(format!("expected {}", one_of(names())))
                .maybe_help(hint),
        );
    }

    /// Warns where the work that a queue is ordered by is not known when a call comes.
    pub(super) fn sizes(&mut self, s: &ServiceSpec, path: &str, service: &Service) {
        let begins_otherwise = |p: &Plan| !matches!(p.steps.first(), Some(Step::Work(_)));
        if let Some(written) = &s.discipline
            && service.station.discipline == Discipline::Shortest
            && service.plans.iter().any(begins_otherwise)
        {
            let message = format!("{path}: not every plan begins with work");
            let problem = Diagnostic::warning(&written.span, message)
                .label("a queue of the shortest first compares the first work of each call");
            self.out
                .push(problem.note("calls whose plan begins otherwise go first"));
        }
    }
}
