//! Checks of databases: whether there are the copies that reads and writes ask for.

use super::Fault;
use crate::model::{Database, Follow, MultiPrimary, ReadYourWrites, ReadsFrom};

/// The most writes that a replica applies at once.
const MOST_APPLIERS: u32 = 10_000;

pub(super) fn database(db: &Database, faults: &mut Vec<Fault>) {
    if db.reads_from == ReadsFrom::Replicas && db.replicas == 0 {
        faults.push(Fault::Range("reads-from"));
    }
    if let Follow::Applied(apply) = &db.replication.follow
        && !(1..=MOST_APPLIERS).contains(&apply.appliers)
    {
        faults.push(Fault::Range("appliers"));
    }
    if let Some(multi) = &db.multi {
        let has_one = db.failover.is_some() || db.replication.wait.is_some() || db.quorum.is_some();
        let is_sticky = matches!(db.read_your_writes, Some(ReadYourWrites::Sticky(_)));
        let follows = match (&db.replication.follow, multi.as_ref()) {
            (Follow::AtOnce, _) => false,
            (Follow::After(_), MultiPrimary::Certified { .. }) => false,
            (_, MultiPrimary::Certified { flow, .. }) => flow.resume_at <= flow.pause_above,
            _ => true,
        };
        if has_one || is_sticky || !follows || db.replicas == 0 {
            faults.push(Fault::Range("multi-primary"));
        }
    }
    // Who has no primary has no one place where a key is locked.
    if db.quorum.is_some() && db.locks {
        faults.push(Fault::Range("locks"));
    }
    if let Some(quorum) = &db.quorum {
        let n = db.replicas.saturating_add(1);
        let fits = |of: u16| (1..=n).contains(&u32::from(of));
        if n > u32::from(u16::MAX) || !fits(quorum.read) || !fits(quorum.write) {
            faults.push(Fault::Range("quorum"));
        }
    }
    if let Some(wait) = db.replication.wait {
        if !(1..=db.replicas).contains(&wait.copies) {
            faults.push(Fault::Range("copies"));
        }
        // What is seen at once can't be waited for: it takes a way to follow.
        if matches!(db.replication.follow, Follow::AtOnce) {
            faults.push(Fault::Range("replication"));
        }
    }
}
