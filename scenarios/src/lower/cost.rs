//! Types of instances: their cores and their prices.

use crate::catalog::prices;
use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean};
use crate::source::Spanned;
use crate::spec::ScenarioSpec;

/// A type of instance, from `[prices]` or from the catalogue.
pub(super) struct Machine {
    /// USD per hour.
    pub usd_per_hour: f64,
    /// Its cores, where it has any.
    pub vcpu: Option<u32>,
    /// Where the price is from, for the list of assumptions.
    pub from: String,
}

/// Looks a type up, first in `[prices]`.
pub(super) fn machine(spec: &ScenarioSpec, name: &Spanned<String>, out: &mut Diagnostics) -> Option<Machine> {
    let known = prices::lookup(&name.value);
    if let Some(own) = spec.prices.iter().find(|p| p.name == name.value) {
        let vcpu = own.vcpu.or_else(|| known.and_then(|k| k.vcpu));
        return Some(Machine {
            usd_per_hour: own.usd_per_hour,
            vcpu,
            from: "[prices]".to_owned(),
        });
    }
    if let Some(known) = known {
        let from = format!(
            "{}, {}, on demand, catalogue of {}",
            known.provider,
            known.region,
            prices::CATALOGUE_DATE
        );
        return Some(Machine {
            usd_per_hour: known.usd_per_hour,
            vcpu: known.vcpu,
            from,
        });
    }
    let mut names: Vec<&str> = spec.prices.iter().map(|p| p.name.as_str()).collect();
    prices::names().for_each(|name| names.push(name));
    let problem = Diagnostic::error(
        &name.span,
        format!("there is no instance type \"{}\"", name.value),
    );
    let help = did_you_mean(&name.value, names).unwrap_or_else(|| {
        format!(
            "describe it: [prices] \"{}\" = {{ price = \"$1/h\", vcpu = 4 }}",
            name.value
        )
    });
    out.push(
        problem
            .label("expected a type of the catalogue or of [prices]")
            .help(help),
    );
    None
}
