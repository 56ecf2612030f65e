//! The families of probability laws that the language knows, with the parameters of each.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::quantity::{self, Dimension};
use crate::source::Span;

/// A family of laws by name.
#[derive(Debug, PartialEq)]
pub struct Family {
    /// How it is written.
    pub name: &'static str,
    /// The sets of parameters that it can be given by; without names, the first is meant.
    pub forms: &'static [&'static [(&'static str, Dimension)]],
    /// What it is, for completion in editors.
    pub about: &'static str,
    /// The publication that it follows.
    pub source: &'static str,
}

use Dimension::{Duration, Number};

/// All families.
pub static FAMILIES: &[Family] = &[
    Family {
        name: "constant",
        forms: &[&[("value", Duration)]],
        about: "always the same",
        source: "D. G. Kendall, Annals of Mathematical Statistics 24 (1953): the D of his notation",
    },
    Family {
        name: "exp",
        forms: &[&[("mean", Duration)]],
        about: "exponential",
        source: "L. Kleinrock, Queueing Systems 1 (1975), section 2.4",
    },
    Family {
        name: "lognormal",
        forms: &[
            &[("p50", Duration), ("p99", Duration)],
            &[("mean", Duration), ("scv", Number)],
        ],
        about: "lognormal, by its median and 99th percentile or by its mean and squared coefficient of variation",
        source: "N. L. Johnson, S. Kotz, N. Balakrishnan, Continuous Univariate Distributions 1 (1994), chapter 14",
    },
    Family {
        name: "erlang",
        forms: &[&[("k", Number), ("mean", Duration)]],
        about: "a sum of k exponential phases",
        source: "A. K. Erlang (1917); L. Devroye, Non-Uniform Random Variate Generation (1986), IX.3",
    },
    Family {
        name: "hyperexp",
        forms: &[&[("mean", Duration), ("scv", Number)]],
        about: "one of two exponential phases, more variable than one",
        source: "W. Whitt, Operations Research 30 (1982), equation 3.7: balanced means",
    },
    Family {
        name: "gamma",
        forms: &[
            &[("mean", Duration), ("shape", Number)],
            &[("mean", Duration), ("scv", Number)],
        ],
        about: "gamma, by its mean and shape (or scv, which is 1/shape)",
        source: "G. Marsaglia, W. W. Tsang, ACM TOMS 26 (2000)",
    },
    Family {
        name: "weibull",
        forms: &[
            &[("scale", Duration), ("shape", Number)],
            &[("mean", Duration), ("shape", Number)],
        ],
        about: "Weibull, by its scale or mean, and its shape",
        source: "W. Weibull, Journal of Applied Mechanics 18 (1951)",
    },
    Family {
        name: "uniform",
        forms: &[&[("min", Duration), ("max", Duration)]],
        about: "equally likely anywhere between two times",
        source: "the inverse transform",
    },
    Family {
        name: "pareto",
        forms: &[&[("min", Duration), ("alpha", Number), ("max", Duration)]],
        about: "a power law between two times",
        source: "M. E. Crovella, M. Harchol-Balter, C. D. Murta, SIGMETRICS 1998: the bounded Pareto law",
    },
];

/// The words that look like families and are not: they have a grammar of their own.
pub(super) const SPECIAL: &[&str] = &["mix", "ops", "empirical"];

/// Every word that may stand before a parenthesis.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().map(|f| f.name).chain(SPECIAL.iter().copied())
}

/// One argument as it was written.
pub(crate) struct Argument<'a> {
    /// Its name, if it has one.
    pub name: Option<(&'a str, Span)>,
    /// Its value.
    pub text: String,
    /// Where its value stands.
    pub span: Span,
}

impl Family {
    /// The family of this name.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        FAMILIES.iter().find(|f| f.name == name)
    }

    /// The forms in words: `p50 and p99, or mean and scv`.
    fn describe(&self) -> String {
        let forms: Vec<String> = self
            .forms
            .iter()
            .map(|f| f.iter().map(|p| p.0).collect::<Vec<_>>().join(" and "))
            .collect();
        format!("{} takes {}", self.name, forms.join(", or "))
    }

    /// Finds the form that the arguments fill, and reads their values.
    pub(super) fn fill(
        &'static self,
        arguments: &[Argument<'_>],
        span: &Span,
    ) -> Result<(usize, Vec<f64>), Diagnostic> {
        let all: Vec<&str> = self.forms.iter().flat_map(|f| f.iter().map(|p| p.0)).collect();
        for argument in arguments {
            if let Some((name, at)) = &argument.name
                && !all.contains(name)
            {
                let problem = Diagnostic::error(at, format!("{} has no parameter \"{name}\"", self.name));
                return Err(problem.label(self.describe()).maybe_help(did_you_mean(name, all)));
            }
        }
        let fits = |form: &&[(&str, Dimension)]| {
            arguments.iter().all(|a| {
                a.name
                    .as_ref()
                    .is_none_or(|(n, _)| form.iter().any(|p| p.0 == *n))
            })
        };
        let incomplete = || {
            Diagnostic::error(span, format!("{} needs other parameters", self.name)).label(self.describe())
        };
        let Some(form) = self
            .forms
            .iter()
            .position(|f| fits(f) && f.len() == arguments.len())
        else {
            let missing: Vec<&str> = match self.forms.iter().find(|f| fits(f)) {
                Some(form) if form.len() > arguments.len() && arguments.iter().all(|a| a.name.is_some()) => {
                    let given = |p: &str| {
                        arguments
                            .iter()
                            .any(|a| a.name.as_ref().is_some_and(|(n, _)| *n == p))
                    };
                    form.iter().map(|p| p.0).filter(|p| !given(p)).collect()
                }
                _ => return Err(incomplete()),
            };
            return Err(incomplete().note(format!("{} is missing", missing.join(" and "))));
        };
        let mut values = vec![None; self.forms[form].len()];
        for (i, argument) in arguments.iter().enumerate() {
            let place = match &argument.name {
                Some((name, _)) => self.forms[form].iter().position(|p| p.0 == *name).unwrap_or(i),
                None => i,
            };
            if values[place].is_some() {
                let name = self.forms[form][place].0;
                return Err(Diagnostic::error(
                    &argument.span,
                    format!("\"{name}\" is given twice"),
                ));
            }
            let dimension = self.forms[form][place].1;
            let value = quantity::parse(&argument.text, dimension).map_err(|e| {
                Diagnostic::error(&argument.span, e.message)
                    .label(dimension.expected())
                    .maybe_help(e.help)
            })?;
            values[place] = Some(value);
        }
        // As many values as places, and no place twice: every place is filled.
        Ok((form, values.into_iter().flatten().collect()))
    }
}
