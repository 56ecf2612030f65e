//! What a trial under failures showed, as bytes and back: the floats to their last bit.

use super::{Observation, Seen, Share};
use crate::store::bytes::{Reader, Writer};

/// Bytes that a population of clients takes.
const EACH: usize = 9 * 8 + 2;

/// The bytes of an observation.
#[must_use]
pub fn encode(observation: &Observation) -> Vec<u8> {
    let Observation {
        clients,
        ran_away,
        grows,
        is_even,
        recovers,
        events,
    } = observation;
    let mut w = Writer::default();
    for flag in [ran_away, grows, is_even, recovers] {
        w.flag(*flag);
    }
    w.whole(*events);
    w.size(clients.len());
    for seen in clients {
        let Seen {
            before,
            degraded,
            until_noticed,
            after_repair,
            after_repair_times,
            is_even,
            recovers,
            noticed,
            degraded_s,
        } = seen;
        for Share { lost, ended } in [before, degraded, after_repair] {
            w.float(*lost);
            w.float(*ended);
        }
        for x in [until_noticed, after_repair_times, noticed] {
            w.float(*x);
        }
        w.float(*degraded_s);
        w.flag(*is_even);
        w.flag(*recovers);
    }
    w.bytes
}

/// The observation of these bytes, if it is one of so many populations of clients, or of none at all.
#[must_use]
pub fn decode(bytes: &[u8], clients: usize) -> Option<Observation> {
    let mut r = Reader::new(bytes);
    let (ran_away, grows) = (r.flag()?, r.flag()?);
    let (is_even, recovers) = (r.flag()?, r.flag()?);
    let events = r.whole()?;
    let count = r.count(EACH).filter(|c| *c == 0 || *c == clients)?;
    let share = |r: &mut Reader<'_>| {
        Some(Share {
            lost: r.float()?,
            ended: r.float()?,
        })
    };
    let seen = |r: &mut Reader<'_>| {
        let (before, degraded, after_repair) = (share(r)?, share(r)?, share(r)?);
        Some(Seen {
            before,
            degraded,
            after_repair,
            until_noticed: r.float()?,
            after_repair_times: r.float()?,
            noticed: r.float()?,
            degraded_s: r.float()?,
            is_even: r.flag()?,
            recovers: r.flag()?,
        })
    };
    let clients = (0..count).map(|_| seen(&mut r)).collect::<Option<_>>()?;
    r.end()?;
    Some(Observation {
        clients,
        ran_away,
        grows,
        is_even,
        recovers,
        events,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn share() -> impl Strategy<Value = Share> {
        (0.0f64..1e9, 0.0f64..1e9).prop_map(|(lost, ended)| Share { lost, ended })
    }

    fn seen() -> impl Strategy<Value = Seen> {
        let shares = (share(), share(), share());
        (shares, any::<(u32, f32, bool, bool)>()).prop_map(
            |((before, degraded, after_repair), (a, b, is_even, recovers))| Seen {
                before,
                degraded,
                until_noticed: f64::from(a) / 3.0,
                after_repair,
                after_repair_times: f64::from(a) * 0.1,
                is_even,
                recovers,
                noticed: if b.is_nan() { 0.5 } else { f64::from(b) },
                degraded_s: f64::from(a).sqrt(),
            },
        )
    }

    proptest! {
        #[test]
        fn observations_come_back(
            clients in prop::collection::vec(seen(), 0..4),
            flags in any::<[bool; 4]>(),
            events in any::<u64>(),
            wrong in any::<prop::sample::Index>(),
        ) {
            let count = clients.len();
            let [ran_away, grows, is_even, recovers] = flags;
            let observation = Observation { clients, ran_away, grows, is_even, recovers, events };
            let bytes = encode(&observation);
            prop_assert_eq!(decode(&bytes, count), Some(observation));
            prop_assert_eq!(decode(&bytes[..wrong.index(bytes.len())], count), None);
            prop_assert!(count == 0 || decode(&bytes, count + 1).is_none());
        }
    }
}
