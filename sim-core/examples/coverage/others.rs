//! Queues to look at that no constant of the statistics was chosen by.

use crate::queues::{Queue, queue};

/// Queues that no constant of the statistics was chosen by.
pub const OTHERS: [Queue; 5] = [
    queue("M/M/8 at 0.6", 8, 4.8, 1.0),
    queue("M/M/4 at 0.95", 4, 3.8, 1.0),
    queue("M/M/1 at 0.9", 1, 0.9, 1.0),
    Queue {
        stations: 2,
        ..queue("M/M/1 twice at 0.9", 1, 0.9, 1.0)
    },
    queue("M/G/1 scv 10 at 0.8", 1, 0.8, 10.0),
];
