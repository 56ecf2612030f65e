//! How much each instance behind a balancer is to get, and on which level it is: for the only component there, or by name for
//! each of those that its routes lead to.

use sim_core::model::{Balancing, ComponentId, Levels, MOST_KETAMA_WEIGHT, Routing};

use super::components::Lowering;
use crate::diagnostic::{Diagnostic, did_you_mean, one_of};
use crate::source::Spanned;
use crate::spec::KindSpec;
use crate::spec::balancer::BalancerSpec;
use crate::spec::shares::ForComponent;

impl Lowering<'_, '_> {
    /// The weights of the instances of each component behind a balancer; none where none were written.
    pub(super) fn weights(
        &mut self,
        b: &BalancerSpec,
        forward: &[ComponentId],
        policy: Balancing,
        path: &str,
    ) -> Option<Vec<Vec<u32>>> {
        let written = self.for_each(forward, &b.weights, "weights", path)?;
        for weights in written.iter().flatten() {
            let sum = weights.value.iter().map(|w| u64::from(*w)).sum::<u64>();
            if policy.is_ketama() && sum > MOST_KETAMA_WEIGHT {
                let message = format!("{path}: these weights would take more than 8 million points");
                let problem = Diagnostic::error(&weights.span, message);
                self.out
                    .push(problem.label(format!("expected a sum of at most {MOST_KETAMA_WEIGHT}")));
                return None;
            }
        }
        self.one_for_each_instance(forward, &written, "weights", path)
    }

    /// What comes before the choice, with the levels of each component behind a balancer.
    pub(super) fn routing(
        &mut self,
        b: &BalancerSpec,
        forward: &[ComponentId],
        path: &str,
    ) -> Option<Routing> {
        let mut routing = b.routing.clone();
        if let Some(rule) = routing.levels.pop() {
            if rule.overprovisioning_percent == 140 {
                self.assume(path, "overprovisioning = 1.4");
            }
            let written = self.for_each(forward, &b.priorities, "priorities", path)?;
            for priorities in written.iter().flatten() {
                let all = &priorities.value;
                let last = all.iter().copied().max().unwrap_or(0);
                if let Some(empty) = (0..last).find(|p| !all.contains(p)) {
                    let message = format!("{path}: no instance has priority {empty}");
                    let problem = Diagnostic::error(&priorities.span, message);
                    self.out
                        .push(problem.label(format!("expected every number from 0 to {last}")));
                    return None;
                }
            }
            let all = self.one_for_each_instance(forward, &written, "priorities", path)?;
            let levels = all.into_iter().map(|of| Levels {
                priorities: of.into_iter().map(|p| p as u16).collect(),
                ..rule.clone()
            });
            routing.levels = levels.collect();
        } else if !b.backups.is_empty() {
            routing.levels = self.backups(b, forward, path)?;
        }
        Some(routing)
    }

    /// The last instances on a level of their own, to which calls spill over only when nobody before them is left.
    fn backups(&mut self, b: &BalancerSpec, forward: &[ComponentId], path: &str) -> Option<Vec<Levels>> {
        let written = self.for_each(forward, &b.backups, "backups", path)?;
        let mut levels = Vec::new();
        for (to, backups) in forward.iter().zip(written) {
            let (name, instances) = self.size(*to);
            let count = backups.map_or(0, |b| b.value);
            if let Some(backups) = backups.filter(|b| b.value >= instances) {
                let message = format!("{path}: there are {count} backups, and {name} has {instances} in all");
                let problem = Diagnostic::error(&backups.span, message);
                self.out
                    .push(problem.label(format!("expected at most {}", instances.saturating_sub(1))));
                return None;
            }
            levels.push(Levels {
                priorities: match count {
                    0 => Vec::new(),
                    _ => (0..instances)
                        .map(|at| u16::from(at >= instances - count))
                        .collect(),
                },
                // A single one that is left counts as all of them.
                overprovisioning_percent: 100 * instances,
                by_weight: false,
            });
        }
        Some(levels)
    }

    /// What was written for each component behind a balancer.
    fn for_each<'w, T>(
        &mut self,
        forward: &[ComponentId],
        written: &'w [ForComponent<T>],
        what: &str,
        path: &str,
    ) -> Option<Vec<Option<&'w Spanned<T>>>> {
        let names: Vec<&str> = forward
            .iter()
            .map(|to| self.spec.components[to.index()].name.value.as_str())
            .collect();
        let mut found = vec![None; forward.len()];
        for ForComponent { name, of } in written {
            let place = match name {
                None if forward.len() == 1 => Some(0),
                None => None,
                Some(name) => names.iter().position(|n| *n == name.value),
            };
            let Some(place) = place else {
                let problem = match name {
                    None => {
                        let message = format!("{path}: {what} are for the instances of one component");
                        let help = format!("say whose they are: `{what} = {{ {} = ... }}`", names[0]);
                        let problem = Diagnostic::error(&of.span, message);
                        problem.label("its routes lead to several").help(help)
                    }
                    Some(name) => {
                        let message = format!("{path}: {what}: \"{}\" isn't behind it", name.value);
                        Diagnostic::error(&name.span, message)
                            .label(format!("expected {}", one_of(names.iter().copied())))
                            .maybe_help(did_you_mean(&name.value, names.iter().copied()))
                    }
                };
                self.out.push(problem);
                return None;
            };
            found[place] = Some(of);
        }
        Some(found)
    }

    /// Lists that are as long as there are instances; none where none was written.
    fn one_for_each_instance(
        &mut self,
        forward: &[ComponentId],
        written: &[Option<&Spanned<Vec<u32>>>],
        what: &str,
        path: &str,
    ) -> Option<Vec<Vec<u32>>> {
        for (to, list) in forward.iter().zip(written) {
            let (name, instances) = self.size(*to);
            let Some(list) = list.filter(|list| list.value.len() != instances as usize) else {
                continue;
            };
            let message = format!(
                "{path}: there are {} {what}, and {name} has {instances} instance{}",
                list.value.len(),
                if instances == 1 { "" } else { "s" }
            );
            let problem = Diagnostic::error(&list.span, message);
            self.out
                .push(problem.label(format!("expected {instances}, one for each instance in order")));
            return None;
        }
        if written.iter().all(Option::is_none) {
            return Some(Vec::new());
        }
        let lists = written
            .iter()
            .map(|list| list.map_or_else(Vec::new, |l| l.value.clone()));
        Some(lists.collect())
    }

    /// The path of a component behind a balancer, and how many instances it has.
    fn size(&self, to: ComponentId) -> (String, u32) {
        let component = &self.spec.components[to.index()];
        let instances = match &component.kind {
            KindSpec::Service(s) => s.instances.as_ref(),
            KindSpec::Balancer(b) => b.instances.as_ref(),
            _ => None,
        };
        (component.path(), instances.map_or(1, |i| i.value))
    }
}

#[cfg(test)]
mod tests {
    use sim_core::model::{Balancer, Kind};

    use crate::document::{Choice, Document};
    use crate::traces::NoFiles;

    /// A balancer in front of three instances of one service and two of another, with `more` written in its table.
    fn edge(more: &str) -> Balancer {
        let text = format!(
            "name = \"two\"\n[run]\nduration = \"10s\"\n[clients.users]\ncalls = \"edge\"\nrate = \"9/s\"\n\
             [balancer.edge]\nroutes = [{{ share = \"5%\", to = \"canary\" }}, {{ to = \"api\" }}]\n{more}\n\
             [service.api]\ninstances = 3\non.default = [{{ work = \"1ms\" }}]\n\
             [service.canary]\ninstances = 2\non.default = [{{ work = \"1ms\" }}]\n"
        );
        let (document, problems) = Document::parse("two.toml", text.as_bytes(), &NoFiles);
        let document = document.unwrap_or_else(|| panic!("{problems:?}"));
        let points = document.points(&Choice::default()).0.expect("points");
        let (scenario, problems) = document.scenario(&points.list[0]);
        let scenario = scenario.unwrap_or_else(|| panic!("{problems:?}"));
        let kinds = scenario.model.description().components.iter().map(|c| &c.kind);
        let mut balancers = kinds.filter_map(|k| match k {
            Kind::Balancer(b) => Some(b.clone()),
            _ => None,
        });
        balancers.next().expect("a balancer")
    }

    #[test]
    fn what_is_written_by_name_is_for_the_instances_of_that_component() {
        // The first route's component comes first.
        let b = edge("weights = { api = [3, 1, 1] }\npriorities = { api = [0, 0, 1], canary = [1, 0] }");
        assert_eq!((b.weights_of(0), b.weights_of(1)), (&[][..], &[3, 1, 1][..]));
        let levels = [0, 1].map(|place| b.routing.levels_of(place).map(|l| l.priorities.clone()));
        assert_eq!(levels, [Some(vec![1, 0]), Some(vec![0, 0, 1])]);
        let b = edge("backups = { api = 2 }");
        let levels = [0, 1].map(|place| b.routing.levels_of(place).map(|l| l.priorities.clone()));
        assert_eq!(levels, [None, Some(vec![0, 1, 1])]);
    }
}
