//! The branches of parallel steps under way, for those that may have to be stopped.
//!
//! A list of frames for each step, used again and again; a frame is known by its slot and the slot's life.

#[derive(Debug, Default)]
pub(crate) struct Forks {
    lists: Vec<Vec<(u32, u32)>>,
    free: Vec<u32>,
}

impl Forks {
    /// An empty list; its number.
    #[expect(clippy::cast_possible_truncation, reason = "not more than calls in flight")]
    pub fn take(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.lists.push(Vec::new());
            self.lists.len() as u32 - 1
        })
    }

    pub fn add(&mut self, list: u32, frame: u32, life: u32) {
        self.lists[list as usize].push((frame, life));
    }

    pub fn branches(&self, list: u32) -> &[(u32, u32)] {
        &self.lists[list as usize]
    }

    pub fn give_back(&mut self, list: u32) {
        self.lists[list as usize].clear();
        self.free.push(list);
    }
}
