//! Call plans: what an instance does for an operation, as a small list of steps.

use super::{ComponentId, OpId, Retry};
use crate::random::{Law, StreamName};
use crate::time::SimDuration;

/// The steps of one operation, in order.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Opens the random streams of its steps: the component's name and the operation's, so that a change of one plan moves
    /// no draw of another. Nested plans are numbered below it by the engine; theirs is not used.
    pub name: StreamName,
    /// Done one after the other while the worker is held.
    pub steps: Vec<Step>,
}

/// One step of a plan.
#[derive(Clone, Debug)]
pub enum Step {
    /// Uses a core for this long.
    Work(Demand),
    /// Waits without a core, the worker is held all the same.
    Wait(Demand),
    /// Calls another component and waits for its answer. A failed call fails the whole plan.
    Call(Call),
    /// Several plans at once.
    Parallel(Parallel),
    /// One of several plans, by weight. The weights need not sum to one.
    Choose(Vec<(f64, Plan)>),
}

/// Branches that start together.
#[derive(Clone, Debug)]
pub struct Parallel {
    /// The branches.
    pub branches: Vec<Plan>,
    /// How many must end well before the step is done: all of them, one (any), or n of m.
    pub need: u32,
    /// Whether the other branches are stopped then, with the calls that they made; otherwise they go on for nobody.
    pub cancel: bool,
}

/// A call of another component.
#[derive(Clone, Debug)]
pub struct Call {
    /// The component that is called.
    pub target: ComponentId,
    /// What is asked of it.
    pub access: Access,
    /// How long one attempt may take; the work it caused goes on all the same.
    pub timeout: Option<SimDuration>,
    /// What happens when an attempt fails.
    pub retry: Option<Retry>,
}

/// What a call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The operation that the caller itself is serving.
    Same,
    /// A named operation.
    Op(OpId),
    /// A connection of a pool, to do a plan of the pool's with it, by its place.
    Part(u16),
    /// A value from a cache.
    Get,
    /// A change of a value, through a cache.
    Put,
    /// A query of a database.
    Read,
    /// A change in a database.
    Write,
}

/// A duration that may depend on the request: a law plus terms `law * attribute`, in nanoseconds.
#[derive(Clone, Debug)]
pub struct Demand {
    /// What does not depend on the request.
    pub base: Law,
    /// What does.
    pub terms: Vec<Term>,
}

/// One term of a [`Demand`].
#[derive(Clone, Debug)]
pub struct Term {
    /// Nanoseconds per unit of the attribute.
    pub per_unit: Law,
    /// The place of the attribute among [`super::Trace::columns`] of the clients' trace.
    pub column: u16,
}

impl Demand {
    /// A demand that does not depend on the request.
    #[must_use]
    pub fn of(base: Law) -> Self {
        Self {
            base,
            terms: Vec::new(),
        }
    }
}
