//! Clients, the keys they ask for, and the traces they replay.

use std::sync::Arc;

use sim_core::model::{Access, Arrivals, Call, Clients, ComponentId, KeySpace, Keys, Trace};
use sim_core::random::{Law, Popularity, StreamName};

use super::names::{Index, ONLY_OP};
use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean, one_of};
use crate::expression::Laws;
use crate::source::{Span, Spanned};
use crate::spec::clients::{ArrivalsSpec, ClientsSpec};
use crate::spec::keys::KeysSpec;
use crate::spec::{KindSpec, ScenarioSpec};
use crate::traces::{self, Files};

/// Clients and what belongs to them.
pub(super) struct Lowered {
    pub clients: Vec<Clients>,
    pub key_spaces: Vec<KeySpace>,
    pub traces: Vec<Trace>,
    /// For every population the columns of its trace, if it replays one.
    pub columns: Vec<Option<Columns>>,
}

/// The columns of a trace.
pub(super) struct Columns {
    /// All that the file has.
    names: Vec<String>,
    /// For every column that an expression names, whether the file has it.
    has: Vec<bool>,
}

/// Lowers all clients. None if one of them could not be, which was reported.
pub(super) fn lower(
    spec: &ScenarioSpec,
    index: &Index<'_>,
    laws: &mut Laws<'_>,
    files: &dyn Files,
    assumptions: &mut Vec<String>,
    out: &mut Diagnostics,
) -> Option<Lowered> {
    let key_spaces: Vec<_> = spec
        .keys
        .iter()
        .map(|k| key_space(k, files, assumptions, out))
        .collect();
    let mut traces = Vec::new();
    let mut columns = Vec::new();
    let mut all = Vec::new();
    for clients in &spec.clients {
        let what = format!("clients.{}", clients.name.value);
        let target = clients.calls.as_ref().and_then(|name| {
            let kinds = ["balancer", "service", "cache", "database", "cdn", "object-store"];
            index.component(name, &kinds, &format!("{what}: calls"), out)
        });
        let (arrivals, of_trace) = arrivals(clients, laws, files, &mut traces, out);
        columns.push(of_trace);
        let keys = asked_keys(clients, spec).and_then(|name| find_keys(name, spec, out));
        if clients.timeout.is_none() {
            assumptions.push(format!("{what}: no timeout, clients wait for ever"));
        }
        if clients.retry.is_none() {
            assumptions.push(format!("{what}: no retries"));
        }
        if let Some(ArrivalsSpec::Poisson(_)) = clients.arrivals {
            assumptions.push(format!("{what}: arrivals are Poisson"));
        }
        let mix = if clients.mix.is_empty() {
            vec![(index.op(ONLY_OP), 1.0)]
        } else {
            clients
                .mix
                .iter()
                .map(|(op, weight)| (index.op(&op.value), *weight))
                .collect()
        };
        all.push(
            target
                .zip(arrivals)
                .map(|(target, arrivals): (ComponentId, Arrivals)| Clients {
                    name: StreamName::new(&clients.name.value),
                    call: Call {
                        target,
                        access: Access::Same,
                        timeout: clients.timeout.as_ref().map(|t| t.value),
                        retry: clients.retry.clone(),
                    },
                    arrivals,
                    mix,
                    keys,
                    sources: clients.sources,
                }),
        );
    }
    let clients: Option<Vec<_>> = all.into_iter().collect();
    let key_spaces: Option<Vec<_>> = key_spaces.into_iter().collect();
    Some(Lowered {
        clients: clients?,
        key_spaces: key_spaces?,
        traces,
        columns,
    })
}

/// The name of the keys that clients ask for: their own, or those that the CDN says which they call.
pub(super) fn asked_keys<'a>(
    clients: &'a ClientsSpec,
    spec: &'a ScenarioSpec,
) -> Option<&'a Spanned<String>> {
    if clients.key.is_some() {
        return clients.key.as_ref();
    }
    let called = clients.calls.as_ref()?;
    let named = spec.components.iter().filter(|c| c.name.value == called.value);
    named
        .filter_map(|c| match &c.kind {
            KindSpec::Cdn(cdn) => cdn.keys.as_ref(),
            _ => None,
        })
        .next()
}

fn find_keys(name: &Spanned<String>, spec: &ScenarioSpec, out: &mut Diagnostics) -> Option<usize> {
    let place = spec.keys.iter().position(|k| k.name.value == name.value);
    if place.is_none() {
        let names = || spec.keys.iter().map(|k| k.name.value.as_str());
        let problem = Diagnostic::error(&name.span, format!("there are no keys \"{}\"", name.value));
        let label = match names().next() {
            Some(_) => format!("expected {}", one_of(names())),
            None => format!("expected a table [keys.{}]", name.value),
        };
        out.push(
            problem
                .label(label)
                .maybe_help(did_you_mean(&name.value, names())),
        );
    }
    place
}

fn key_space(
    spec: &KeysSpec,
    files: &dyn Files,
    assumptions: &mut Vec<String>,
    out: &mut Diagnostics,
) -> Option<KeySpace> {
    let name = StreamName::new(&spec.name.value);
    if let Some((file, column)) = &spec.trace {
        return match traces::keys(files, &file.value, column.as_deref()) {
            Ok(keys) => Some(KeySpace {
                name,
                keys: Keys::Recorded(Arc::from(keys)),
            }),
            Err(message) => {
                out.push(Diagnostic::error(&file.span, message).label("expected a file of recorded keys"));
                None
            }
        };
    }
    if spec.exponent.is_none() {
        assumptions.push(format!("keys.{}: popularity = \"uniform\"", spec.name.value));
    }
    let count = spec.count.as_ref()?;
    let exponent = spec.exponent.as_ref().map_or(0.0, |e| e.value);
    match Popularity::zipf(count.value, exponent) {
        Ok(popularity) => Some(KeySpace {
            name,
            keys: Keys::Drawn(popularity),
        }),
        Err(error) => {
            let possible = (1..=1 << 40).contains(&count.value);
            let at = spec
                .exponent
                .as_ref()
                .filter(|_| possible)
                .map_or(&count.span, |e| &e.span);
            let problem = Diagnostic::error(at, format!("keys.{}: {error}", spec.name.value));
            out.push(problem.label("expected 1 to 2^40 keys, and an exponent from 0 to 10"));
            None
        }
    }
}

fn arrivals(
    clients: &ClientsSpec,
    laws: &mut Laws<'_>,
    files: &dyn Files,
    traces: &mut Vec<Trace>,
    out: &mut Diagnostics,
) -> (Option<Arrivals>, Option<Columns>) {
    let renewal = |gap: Law| Some(Arrivals::Renewal { gap });
    let arrivals = match &clients.arrivals {
        None => None,
        Some(ArrivalsSpec::Poisson(rate)) => Law::exponential(1e9 / rate).ok().and_then(renewal),
        Some(ArrivalsSpec::Paced(rate)) => Law::constant(1e9 / rate).ok().and_then(renewal),
        Some(ArrivalsSpec::Gaps(law)) => {
            let gap = laws.law(law, out);
            if gap.as_ref().is_some_and(|g| g.mean() < 1.0) {
                let problem =
                    Diagnostic::error(&law.span, "requests would come without any time between them");
                out.push(problem.label("expected a mean of at least 1ns"));
            }
            gap.and_then(renewal)
        }
        Some(ArrivalsSpec::Closed { users, think }) => {
            let law = match think {
                Some(think) => laws.law(think, out),
                None => Law::constant(0.0).ok(),
            };
            law.map(|think| Arrivals::Closed { users: *users, think })
        }
        Some(ArrivalsSpec::Trace { file, time, span }) => {
            let names: Vec<String> = laws.columns.iter().map(|c| c.0.clone()).collect();
            let recorded = match traces::arrivals(files, &file.value, time.as_deref(), &names) {
                Ok(recorded) => recorded,
                Err(message) => {
                    let at = if message.contains("can't be read:") {
                        &file.span
                    } else {
                        span
                    };
                    out.push(Diagnostic::error(at, message).label("expected a file of recorded requests"));
                    return (None, None);
                }
            };
            let has = recorded.columns.iter().map(Option::is_some).collect();
            let length = recorded.times.len();
            // A column that the file does not have is never looked at: whoever needs it was reported.
            let columns = recorded.columns.into_iter();
            let columns = columns
                .map(|c| c.unwrap_or_else(|| Arc::from(vec![0.0; length])))
                .collect();
            traces.push(Trace {
                times: recorded.times,
                columns,
            });
            let place = traces.len() - 1;
            return (
                Some(Arrivals::Trace(place)),
                Some(Columns {
                    names: recorded.names,
                    has,
                }),
            );
        }
    };
    (arrivals, None)
}

/// The problem of requests without an attribute that a component needs, if they are.
pub(super) fn lacks(
    clients: &ClientsSpec,
    columns: Option<&Columns>,
    column: usize,
    name: &str,
    span: &Span,
) -> Option<Diagnostic> {
    let message = format!("requests of clients.{} have no \"{name}\"", clients.name.value);
    let Some(columns) = columns else {
        let problem = Diagnostic::error(span, message).label("this is no time, and no column of a trace");
        let help = "a name in an expression is a column of the trace that the clients replay";
        let note = "expected a time such as \"250ms\", or clients with `arrivals = { trace = ... }`";
        return Some(problem.help(help).note(note));
    };
    if columns.has.get(column).copied().unwrap_or(false) {
        return None;
    }
    let names = || columns.names.iter().map(String::as_str);
    let label = format!("the trace has {}", one_of(names()));
    Some(
        Diagnostic::error(span, message)
            .label(label)
            .maybe_help(did_you_mean(name, names())),
    )
}
