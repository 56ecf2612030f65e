//! Which of the components behind a balancer a call goes to.

use super::OpId;

/// Takes the calls that meet all of its conditions, if no route before it does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Route {
    /// Only calls of this operation; none: of any.
    pub op: Option<OpId>,
    /// How many of them.
    pub part: Part,
    /// Where they go: the place in [`super::Balancer::forward`].
    pub to: u16,
}

/// A part of the calls that come to a route.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    /// All of them.
    All,
    /// This share, each call by chance.
    Calls(f64),
    /// Those for this share of the keys: a key always goes the same way.
    Keys(f64),
    /// Those from this share of the sources: a source always goes the same way.
    Sources(f64),
}

impl Route {
    /// Whether calls of an operation may go this way.
    #[must_use]
    pub fn may_take(&self, op: OpId) -> bool {
        self.op.is_none_or(|own| own == op)
    }

    /// Whether it leaves no call of an operation to those after it.
    #[must_use]
    pub fn takes_all(&self, op: OpId) -> bool {
        self.may_take(op) && self.part == Part::All
    }

    /// Whether it leaves no call at all to those after it.
    #[must_use]
    pub fn takes_everything(&self) -> bool {
        self.op.is_none() && self.part == Part::All
    }

    /// Whether requests need a key.
    #[must_use]
    pub fn sees_keys(&self) -> bool {
        matches!(self.part, Part::Keys(_))
    }

    /// Whether requests need a source.
    #[must_use]
    pub fn sees_sources(&self) -> bool {
        matches!(self.part, Part::Sources(_))
    }
}

/// The routes that calls of an operation may take, in their order, up to the one that leaves none.
pub fn routes_of(routes: &[Route], op: OpId) -> impl Iterator<Item = &Route> {
    let last = routes.iter().position(|r| r.takes_all(op));
    let open = routes.iter().take(last.map_or(routes.len(), |at| at + 1));
    open.filter(move |r| r.may_take(op))
}
