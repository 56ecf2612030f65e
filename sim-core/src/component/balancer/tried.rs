//! Where the attempts of the balancer's own calls went, for a further one to go elsewhere.

use std::collections::HashMap;

use crate::engine::Frames;
use crate::policy::eviction::HashOfKey;

/// By the slot of a call, of which there are no more than were ever in flight at once.
#[derive(Debug, Default)]
pub(super) struct Tried(HashMap<u64, Vec<u32>, HashOfKey>);

impl Tried {
    /// The instances that earlier attempts of a call went to, before `attempt` is sent.
    pub fn before(&mut self, frames: &Frames, attempt: u32) -> &mut Vec<u32> {
        let call = frames[attempt].parent;
        self.of(call, frames[call].attempt < 2)
    }

    /// The same for a call of which no attempt is made yet, or no further one.
    pub fn of(&mut self, call: u32, is_first: bool) -> &mut Vec<u32> {
        let tried = self.0.entry(u64::from(call)).or_default();
        // The slot may have held another call.
        if is_first {
            tried.clear();
        }
        tried
    }
}
