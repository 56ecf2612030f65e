//! The `sticky` of `[balancer.name]`: calls from one source go to the same instance.

use sim_core::model::{Sticky, StickyBy};

use super::key::{Key, Shape, TIME, key, required};
use super::reader::Reader;

/// The keys of `sticky`.
pub static STICKY: &[Key] = &[
    required(
        "by",
        Shape::Word(&["source", "cookie"]),
        "Who remembers: the balancer by the caller's address (\"source\"), until it crashes, or the caller (\"cookie\").",
    ),
    required(
        "lasts",
        TIME,
        "How long a caller stays bound: since its last call by source (HAProxy's expire), since it was set by cookie (AWS: 1d).",
    ),
    key(
        "while-draining",
        Shape::Flag,
        "Whether an instance that is drained still gets the calls bound to it, as in nginx and HAProxy; false unless said, as in AWS.",
    ),
];

/// Reads `sticky`.
pub(super) fn read(r: &mut Reader<'_, '_>) -> Option<Sticky> {
    let mut table = r.table("sticky", STICKY)?;
    let by = table.word("by");
    let lasts = table.positive_duration("lasts");
    let while_draining = table.flag("while-draining").unwrap_or(false);
    table.finish();
    Some(Sticky {
        by: if by?.value == 0 {
            StickyBy::Source
        } else {
            StickyBy::Cookie
        },
        lasts: lasts?.value,
        while_draining,
    })
}
