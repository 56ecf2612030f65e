//! Callers that come back: to whom they are bound, and what an instance remembers of them.

use crate::time::SimDuration;

/// How a balancer binds a source to an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sticky {
    /// Who remembers.
    pub by: StickyBy,
    /// For how long.
    pub lasts: SimDuration,
    /// Whether an instance that is being drained still gets the calls of those who are bound to it.
    pub while_draining: bool,
}

/// Who remembers to which instance a source is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StickyBy {
    /// The balancer, since the last call from there; a balancer that crashes has forgotten all.
    Source,
    /// The caller, in a cookie, since it was set.
    Cookie,
}
