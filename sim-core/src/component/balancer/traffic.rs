//! What passes through one instance of a balancer: the calls under way, which may be too many, and what is paid for them.
//!
//! AWS bills its balancers by the hour and by capacity units, of which the amount that counts is the largest of new
//! connections, open connections, bytes and rules looked at (Elastic Load Balancing, "pricing"). The four are summed up from
//! the beginning of an hour, so that what is owed, the largest of them, only grows, and can be booked at every look. A source keeps
//! its connection until nothing has come over it for long enough; that time is booked when it is known that it will pass.
//! Bytes are those of answers: requests have no size.

use std::collections::HashMap;

use crate::engine::NO_SOURCE;
use crate::model::{Fee, Machine};
use crate::policy::eviction::HashOfKey;
use crate::time::{SimDuration, SimTime};

const HOUR: SimDuration = SimDuration::from_nanos(3_600_000_000_000);

#[derive(Debug)]
pub(super) struct Traffic {
    /// Calls under way.
    calls: u32,
    most: u32,
    ledger: Option<Box<Ledger>>,
}

/// What is paid for, since the hour began.
#[derive(Debug)]
struct Ledger {
    fee: Fee,
    keeps: SimDuration,
    /// Routes of a call that count.
    rules_of_call: u64,
    hour: u64,
    /// Until when each source keeps its connection.
    kept: HashMap<u64, SimTime, HashOfKey>,
    /// Calls from nowhere under way, each with a connection of its own, and since when they are as many.
    unnamed: u64,
    since: SimTime,
    new: u64,
    open_ns: u128,
    bytes: u64,
    rules: u64,
    /// What has been booked, in 10^-12 USD.
    booked: u64,
}

impl Traffic {
    pub fn new(machine: &Machine, routes: usize) -> Self {
        Self {
            calls: 0,
            most: machine.most_calls.unwrap_or(u32::MAX),
            ledger: machine.fee.map(|fee| {
                Box::new(Ledger {
                    fee,
                    keeps: machine.keeps,
                    rules_of_call: (routes as u64).saturating_sub(u64::from(fee.free_rules)),
                    hour: 0,
                    kept: HashMap::default(),
                    unnamed: 0,
                    since: SimTime::ZERO,
                    new: 0,
                    open_ns: 0,
                    bytes: 0,
                    rules: 0,
                    booked: 0,
                })
            }),
        }
    }

    /// Whether it wants to know how large answers are.
    pub fn is_billed(&self) -> bool {
        self.ledger.is_some()
    }

    /// A call comes: whether there is room for it.
    pub fn begins(&mut self, now: SimTime, source: u32) -> bool {
        if self.calls >= self.most {
            return false;
        }
        self.calls += 1;
        if let Some(ledger) = &mut self.ledger {
            ledger.rules += ledger.rules_of_call;
            if source == NO_SOURCE {
                ledger.new += 1;
                ledger.unnamed(now, 1);
            } else if !ledger.extends(now, source) {
                ledger.new += 1;
            }
        }
        true
    }

    /// A call has been answered with so many bytes.
    pub fn ends(&mut self, now: SimTime, source: u32, bytes: u64) {
        self.calls -= 1;
        if let Some(ledger) = &mut self.ledger {
            ledger.bytes += bytes;
            if source == NO_SOURCE {
                ledger.unnamed(now, -1);
            } else {
                ledger.extends(now, source);
            }
        }
    }

    /// What is owed since the last look, in 10^-12 USD.
    pub fn bill(&mut self, now: SimTime) -> u64 {
        self.ledger.as_mut().map_or(0, |ledger| ledger.bill(now))
    }
}

impl Ledger {
    /// A source's connection is kept from now on; whether it had one.
    fn extends(&mut self, now: SimTime, source: u32) -> bool {
        let until = now + self.keeps;
        let old = self.kept.insert(u64::from(source), until);
        let open = old.filter(|old| *old > now);
        self.open_ns += u128::from((until - open.unwrap_or(now)).as_nanos());
        open.is_some()
    }

    /// So many more calls from nowhere are under way.
    fn unnamed(&mut self, now: SimTime, change: i64) {
        self.open_ns += u128::from(self.unnamed) * u128::from((now - self.since).as_nanos());
        self.since = now;
        self.unnamed = self.unnamed.saturating_add_signed(change);
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a sum of money, which nobody needs to 16 digits"
    )]
    fn bill(&mut self, now: SimTime) -> u64 {
        self.unnamed(now, 0);
        let (seconds_of_hour, ns_of_hour) = (3600.0, HOUR.as_nanos() as f64);
        let unit_hours = [
            self.new as f64 / (self.fee.new_per_s * seconds_of_hour),
            self.open_ns as f64 / (self.fee.open * ns_of_hour),
            self.bytes as f64 / self.fee.bytes_per_hour,
            self.rules as f64 / (self.fee.rules_per_s * seconds_of_hour),
        ];
        let most = unit_hours.into_iter().fold(0.0, f64::max);
        let owed = (most * self.fee.unit as f64) as u64;
        let due = owed.saturating_sub(self.booked);
        self.booked = self.booked.max(owed);
        let hour = now.as_nanos() / HOUR.as_nanos();
        if hour > self.hour {
            self.hour = hour;
            (self.new, self.open_ns, self.bytes, self.rules, self.booked) = (0, 0, 0, 0, 0);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALB: Fee = Fee {
        unit: 8_000_000_000,
        new_per_s: 25.0,
        open: 3000.0,
        bytes_per_hour: 1e9,
        rules_per_s: 1000.0,
        free_rules: 10,
    };

    fn traffic(routes: usize) -> Traffic {
        let machine = Machine {
            fee: Some(ALB),
            keeps: SimDuration::from_secs_f64(60.0),
            ..Machine::default()
        };
        Traffic::new(&machine, routes)
    }

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs_f64(seconds)
    }

    /// An hour of calls, a hundred per second that take 10 ms each and bring so many bytes, from so many sources.
    fn usd_of_an_hour(sources: Option<u32>, bytes: u64, routes: usize) -> f64 {
        let mut t = traffic(routes);
        let mut due = 0;
        for call in 0..360_000u32 {
            let begin = f64::from(call) / 100.0;
            let source = sources.map_or(NO_SOURCE, |n| call % n);
            assert!(t.begins(at(begin), source));
            t.ends(at(begin + 0.01), source, bytes);
            if call % 1000 == 999 {
                due += t.bill(at(begin + 0.01));
            }
        }
        due as f64 * 1e-12
    }

    #[test]
    fn the_largest_of_four_dimensions_is_paid() {
        let is = |found: f64, units: f64| {
            let expected = 0.008 * units;
            assert!(
                (found / expected - 1.0).abs() < 2e-3,
                "{found} instead of {expected}"
            );
        };
        // 100 new connections per second are 4 units.
        is(usd_of_an_hour(None, 0, 3), 4.0);
        // Kept connections are not new: 6000 that are open for an hour each are 2 units.
        is(usd_of_an_hour(Some(6000), 0, 3), 2.0);
        // 100 answers per second of 50 kB are 18 GB in an hour.
        is(usd_of_an_hour(None, 50_000, 3), 18.0);
        // 90 routes that count, a hundred times per second, are 9 units.
        is(usd_of_an_hour(Some(10), 0, 100), 9.0);
    }

    #[test]
    fn a_connection_is_new_again_when_it_was_idle_for_too_long() {
        let mut t = traffic(0);
        let count = |t: &Traffic| t.ledger.as_ref().map_or(0, |l| l.new);
        for (second, new) in [(0.0, 1), (59.0, 1), (118.0, 1), (178.5, 2)] {
            t.begins(at(second), 7);
            t.ends(at(second), 7, 0);
            assert_eq!(count(&t), new, "{second}");
        }
    }
}
