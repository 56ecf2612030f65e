//! From an expression to the law that the engine draws from.

use std::collections::BTreeMap;

use sim_core::model::{Demand, Term};
use sim_core::random::{Law, LawError};

use super::{Amount, Expression, Family, Kind, Op};
use crate::catalog::latency;
use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean};
use crate::quantity::{self, Dimension};
use crate::source::Span;
use crate::traces::{self, Files};

/// What all expressions of a scenario share while they become laws.
pub struct Laws<'a> {
    /// The year of the latency numbers.
    pub year: i32,
    /// Where recorded values are read from.
    pub files: &'a dyn Files,
    /// The columns of traces that expressions name, with the first place of each; a term knows its column by its place.
    pub columns: Vec<(String, Span)>,
    /// What was assumed on the way.
    pub assumptions: Vec<String>,
    recorded: BTreeMap<(String, Option<String>), Option<Law>>,
}

impl<'a> Laws<'a> {
    /// Laws of a year.
    #[must_use]
    pub fn new(year: i32, files: &'a dyn Files) -> Self {
        Self {
            year,
            files,
            columns: Vec::new(),
            assumptions: Vec::new(),
            recorded: BTreeMap::new(),
        }
    }

    /// A time that does not depend on the request, in nanoseconds.
    pub fn law(&mut self, expression: &Expression, out: &mut Diagnostics) -> Option<Law> {
        let demand = self.demand(expression, out)?;
        if demand.terms.is_empty() {
            return Some(demand.base);
        }
        let problem = Diagnostic::error(
            &expression.span,
            "this time can't depend on a column of the trace",
        );
        out.push(problem.label("only work, waits and service times can"));
        None
    }

    /// A time that may depend on the request.
    pub fn demand(&mut self, expression: &Expression, out: &mut Diagnostics) -> Option<Demand> {
        let (mut base, mut terms) = (Vec::new(), Vec::new());
        self.collect(expression, 1.0, &mut base, &mut terms, out)?;
        let base = if base.len() == 1 { base.pop() } else { None }.map_or_else(
            || {
                if base.is_empty() {
                    Law::constant(0.0)
                } else {
                    Law::sum(base)
                }
            },
            Ok,
        );
        Some(Demand {
            base: sound(base, &expression.span, out)?,
            terms,
        })
    }

    /// Splits a sum into what depends on the request and what does not.
    fn collect(
        &mut self,
        expression: &Expression,
        scale: f64,
        base: &mut Vec<Law>,
        terms: &mut Vec<Term>,
        out: &mut Diagnostics,
    ) -> Option<()> {
        match &expression.kind {
            Kind::Sum(parts) => {
                let mut all = Some(());
                for part in parts {
                    all = self.collect(part, scale, base, terms, out).and(all);
                }
                all
            }
            Kind::Product(factors) => {
                let (time, scale, column) = product(factors, scale);
                let Some((column, span)) = column else {
                    return self.collect(time?, scale, base, terms, out);
                };
                let per_unit = self.plain(time?, scale, out)?;
                let place = self.column(column, span);
                terms.push(Term {
                    per_unit,
                    column: place,
                });
                Some(())
            }
            _ => {
                base.push(self.plain(expression, scale, out)?);
                Some(())
            }
        }
    }

    /// The place of a column, a new one if nobody named it before.
    fn column(&mut self, name: &str, span: &Span) -> u16 {
        let place = self.columns.iter().position(|c| c.0 == name).unwrap_or_else(|| {
            self.columns.push((name.to_owned(), span.clone()));
            self.columns.len() - 1
        });
        u16::try_from(place).unwrap_or(u16::MAX)
    }

    /// A law whose values are `scale` times those that were written.
    fn plain(&mut self, expression: &Expression, scale: f64, out: &mut Diagnostics) -> Option<Law> {
        let span = &expression.span;
        let law = match &expression.kind {
            Kind::Constant(nanos) => Law::constant(nanos * scale),
            Kind::Law { family, form, values } => of_family(family, *form, values, scale),
            Kind::Recorded { file, column, unit } => {
                return self.recorded(file, column.as_deref(), *unit, scale, span, out);
            }
            Kind::Mix(parts) => {
                let laws: Vec<_> = parts
                    .iter()
                    .map(|(w, e)| Some((*w, self.plain(e, scale, out)?)))
                    .collect();
                Law::mixture(laws.into_iter().collect::<Option<_>>()?)
            }
            Kind::Sum(parts) => {
                let laws: Vec<_> = parts.iter().map(|e| self.plain(e, scale, out)).collect();
                Law::sum(laws.into_iter().collect::<Option<_>>()?)
            }
            Kind::Product(factors) => match product(factors, scale) {
                (Some(time), scale, None) => return self.plain(time, scale, out),
                _ => {
                    let problem = Diagnostic::error(span, "a column of the trace can't stand here");
                    out.push(problem.label("only in a sum: 15ms + 30us * ContextTokens"));
                    return None;
                }
            },
            Kind::Ops(ops) => {
                let laws: Vec<_> = ops.iter().map(|op| self.op(op, scale, out)).collect();
                Law::sum(
                    laws.into_iter()
                        .collect::<Option<Vec<_>>>()?
                        .into_iter()
                        .flatten()
                        .collect(),
                )
            }
            Kind::Number(_) | Kind::Column(_) => {
                out.push(Diagnostic::error(span, "this is not a time").label(Dimension::Duration.expected()));
                return None;
            }
        };
        sound(law, span, out)
    }

    /// One entry of the table of latency numbers, so many times.
    fn op(&mut self, op: &Op, scale: f64, out: &mut Diagnostics) -> Option<Vec<Law>> {
        /// More independent draws than this are not made for one operation.
        const MOST_DRAWS: f64 = 16.0;
        let Some(entry) = latency::lookup(&op.name) else {
            let problem = Diagnostic::error(&op.span, format!("there is no latency number \"{}\"", op.name));
            let help = did_you_mean(&op.name, latency::names());
            out.push(
                problem
                    .label("expected an operation that `plimsoll numbers` lists")
                    .maybe_help(help),
            );
            return None;
        };
        let figure = entry.at(self.year);
        let one = match (figure.kind, op.amount) {
            (latency::Kind::Time, Amount::Times(times)) => figure.nanos * times,
            (latency::Kind::PerByte, Amount::Bytes(bytes)) => figure.nanos * bytes,
            (latency::Kind::Time, Amount::Bytes(_)) => {
                let problem = Diagnostic::error(&op.span, format!("\"{}\" is a single operation", op.name));
                out.push(problem.label("expected a count, as in 3 ssd-random-read"));
                return None;
            }
            (latency::Kind::PerByte, Amount::Times(_)) => {
                let problem = Diagnostic::error(&op.span, format!("\"{}\" takes a time per byte", op.name));
                out.push(problem.label("expected a size, as in 64KiB memory-sequential-read"));
                return None;
            }
        };
        let assumption = format!(
            "ops: {} is {} ({}, {}, {})",
            op.name,
            human(figure.nanos),
            if figure.kind == latency::Kind::PerByte {
                "per byte"
            } else {
                figure.statistic
            },
            figure.source,
            figure.year_used
        );
        if !self.assumptions.contains(&assumption) {
            self.assumptions.push(assumption);
        }
        let laws = match (figure.p99_ratio, op.amount) {
            // Each of a few operations has its own luck; a fraction of one, or very many, are a multiple of one.
            (Some(ratio), Amount::Times(times))
                if times.fract() == 0.0 && (1.0..=MOST_DRAWS).contains(&times) =>
            {
                let single = figure.nanos * scale;
                let count = times as usize;
                vec![Law::lognormal(single, single * ratio); count]
            }
            (Some(ratio), _) => vec![Law::lognormal(one * scale, one * scale * ratio)],
            (None, _) => vec![Law::constant(one * scale)],
        };
        let laws: Vec<_> = laws.into_iter().map(|law| sound(law, &op.span, out)).collect();
        laws.into_iter().collect()
    }

    /// Recorded values of a file.
    fn recorded(
        &mut self,
        file: &str,
        column: Option<&str>,
        unit: Option<f64>,
        scale: f64,
        span: &Span,
        out: &mut Diagnostics,
    ) -> Option<Law> {
        let key = (format!("{file} {unit:?} {scale}"), column.map(str::to_owned));
        if let Some(known) = self.recorded.get(&key) {
            return known.clone();
        }
        let law = traces::durations(self.files, file, column, unit)
            .map_err(|message| {
                out.push(Diagnostic::error(span, message).label("expected a file of recorded times"));
            })
            .ok()
            .and_then(|values| {
                sound(
                    Law::empirical(values.iter().map(|v| v * scale).collect()),
                    span,
                    out,
                )
            });
        self.recorded.insert(key, law.clone());
        law
    }
}

/// The time of a product, what it is multiplied by, and the column if there is one.
fn product(factors: &[Expression], scale: f64) -> (Option<&Expression>, f64, Option<(&str, &Span)>) {
    let (mut time, mut scale, mut column) = (None, scale, None);
    for factor in factors {
        match &factor.kind {
            Kind::Number(number) => scale *= number,
            Kind::Column(name) => column = Some((name.as_str(), &factor.span)),
            _ => time = Some(factor),
        }
    }
    (time, scale, column)
}

/// The law of a family; times scale, shapes don't.
fn of_family(family: &Family, form: usize, values: &[f64], scale: f64) -> Result<Law, LawError> {
    let v = |i: usize| values.get(i).copied().unwrap_or(f64::NAN);
    let t = |i: usize| v(i) * scale;
    match (family.name, form) {
        ("constant", _) => Law::constant(t(0)),
        ("exp", _) => Law::exponential(t(0)),
        ("lognormal", 0) => Law::lognormal(t(0), t(1)),
        ("lognormal", _) => Law::lognormal_with_mean(t(0), v(1)),
        ("erlang", _) => {
            let k = v(0);
            if k.fract() != 0.0 || !(1.0..=1e6).contains(&k) {
                return Err(LawError::OutOfRange {
                    parameter: "k (a whole number)",
                    value: k,
                    low: 1.0,
                    high: 1e6,
                });
            }
            Law::erlang(k as u32, t(1))
        }
        ("hyperexp", _) => Law::hyperexponential(t(0), v(1)),
        ("gamma", 0) => Law::gamma(t(0), v(1)),
        ("gamma", _) => Law::gamma(t(0), 1.0 / v(1)),
        ("weibull", 0) => Law::weibull(t(0), v(1)),
        ("weibull", _) => Law::weibull_with_mean(t(0), v(1)),
        ("uniform", _) => Law::uniform(t(0), t(1)),
        ("pareto", _) => Law::bounded_pareto(t(0), v(1), t(2)),
        (name, _) => Err(LawError::Empty { law: name }),
    }
}

/// The law, or the problem with it.
fn sound(law: Result<Law, LawError>, span: &Span, out: &mut Diagnostics) -> Option<Law> {
    let problem = match law {
        Ok(law) => return Some(law),
        Err(LawError::OutOfOrder {
            smaller,
            smaller_value,
            larger,
            larger_value,
        }) => {
            let sizes = format!(
                "{smaller} is {}, {larger} is {}",
                human(smaller_value),
                human(larger_value)
            );
            Diagnostic::error(span, format!("{larger} is below {smaller}")).label(sizes)
        }
        Err(LawError::OutOfRange {
            value: 0.0,
            parameter,
            ..
        }) => {
            let problem = Diagnostic::error(span, format!("{parameter} can't be 0"));
            problem
                .label("expected a time above 0")
                .help("write \"0s\" for no time at all")
        }
        Err(LawError::OutOfRange {
            parameter,
            value,
            low,
            high,
        }) => {
            let (bound, relation) = if value < low {
                (low, "at least")
            } else {
                (high, "at most")
            };
            let problem = Diagnostic::error(span, format!("{parameter} is {}", quantity::rounded(value, 4)));
            problem.label(format!("it must be {relation} {}", quantity::rounded(bound, 4)))
        }
        Err(error) => Diagnostic::error(span, error.to_string()).label("this distribution is impossible"),
    };
    out.push(problem);
    None
}

/// Nanoseconds as a person writes them, in the largest unit that leaves at least one: `2.5ms`.
fn human(nanos: f64) -> String {
    let units = [
        (86_400e9, "d"),
        (3600e9, "h"),
        (60e9, "min"),
        (1e9, "s"),
        (1e6, "ms"),
        (1e3, "us"),
        (1.0, "ns"),
    ];
    let (size, unit) = units.into_iter().find(|u| nanos >= u.0).unwrap_or((1.0, "ns"));
    format!("{}{unit}", quantity::rounded(nanos / size, 4))
}
