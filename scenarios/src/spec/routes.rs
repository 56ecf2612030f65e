//! The `routes` of `[balancer.name]`: which of several components a call goes to.

use sim_core::model::Part;

use super::key::{Key, SHARE, Shape, key, required};
use super::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::source::{Span, Spanned};

/// More routes than this are refused.
const MOST: usize = 1000;

/// The keys of a route.
pub static ROUTE: &[Key] = &[
    key(
        "op",
        Shape::Name,
        "Takes only calls of this operation; of any unless said.",
    ),
    key(
        "share",
        SHARE,
        "Takes this share of the calls that come to the route, each by chance; all of them unless said.",
    ),
    key(
        "keys",
        SHARE,
        "Instead: takes the calls for this share of the keys, by their hash; a key always goes the same way.",
    ),
    key(
        "sources",
        SHARE,
        "Instead: takes the calls from this share of the sources, by their hash; a user always goes the same way.",
    ),
    required("to", Shape::Name, "The service or balancer that they go to."),
];

/// A route as it was written.
#[derive(Clone, Debug)]
pub struct RouteSpec {
    /// Where it stands.
    pub span: Span,
    /// The operation whose calls it takes; none: any.
    pub op: Option<Spanned<String>>,
    /// How many of them.
    pub part: Part,
    /// Where they go.
    pub to: Spanned<String>,
}

/// Reads the routes of a balancer; none if one of them could not be read.
pub(super) fn read(r: &mut Reader<'_, '_>) -> Vec<RouteSpec> {
    let Some(items) = r.list("routes") else {
        return Vec::new();
    };
    let at = r.key_span("routes");
    if items.is_empty() || items.len() > MOST {
        let problem = Diagnostic::error(&at, format!("{}: there are {} routes", r.what, items.len()));
        r.out.push(problem.label(format!("expected 1 to {MOST}")));
        return Vec::new();
    }
    let each = items.iter().enumerate().map(|(i, item)| {
        let what = format!("{}.routes.{i}", r.what);
        Reader::open(item, &item.span, what, ROUTE, r.out).and_then(|route| one(route, &item.span))
    });
    // All of them are looked at, whatever is wrong with the first.
    let routes: Vec<Option<RouteSpec>> = each.collect();
    let routes: Option<Vec<RouteSpec>> = routes.into_iter().collect();
    routes.unwrap_or_default()
}

fn one(mut r: Reader<'_, '_>, span: &Span) -> Option<RouteSpec> {
    let op = r.text("op");
    let mut part = Some(Part::All);
    for (key, of) in [
        ("share", Part::Calls as fn(f64) -> Part),
        ("keys", Part::Keys),
        ("sources", Part::Sources),
    ] {
        if !r.has(key) {
            continue;
        }
        if part != Some(Part::All) {
            let message = format!("{}: {key} is one part too many", r.what);
            let problem = Diagnostic::error(&r.key_span(key), message);
            r.out
                .push(problem.label("expected one of `share`, `keys` and `sources`"));
        }
        part = r.share(key).map(|share| of(share.value));
    }
    let to = r.text("to");
    r.finish();
    Some(RouteSpec {
        span: span.clone(),
        op,
        part: part?,
        to: to?,
    })
}
