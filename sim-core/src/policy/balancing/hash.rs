//! By the hash of the request's key: the same key goes to the same instance, until the number of instances changes.
//!
//! nginx's `hash $key` (`src/http/modules/ngx_http_upstream_hash_module.c`): 15 bits of the CRC-32 of the key's text, modulo the
//! sum of the weights. Where the instance may not be chosen, the number of the try is put in front of the key, its hash
//! added, and the next one looked at; after 20 such tries it is the turn of [`WeightedRoundRobin`].

use super::{Asked, Candidates, WeightedRoundRobin};

/// Tries before a choice by hash is left to the turn.
pub(super) const MOST_TRIES: u32 = 20;

#[derive(Clone, Debug, Default)]
pub(crate) struct Hash {
    fallback: WeightedRoundRobin,
}

impl Hash {
    pub fn next(&mut self, candidates: Candidates<'_>, asked: Asked) -> u32 {
        let mut digits = [0; 20];
        let key = decimal(asked.key, &mut digits);
        match pick(candidates, key) {
            Some(at) => at,
            None => self.fallback.next(candidates),
        }
    }
}

/// The instance of a key, if one that may be chosen is found soon enough.
pub(super) fn pick(candidates: Candidates<'_>, key: &[u8]) -> Option<u32> {
    if candidates.of.count() < 2 {
        return None;
    }
    let mut sum = 0u64;
    for tries in 0..=MOST_TRIES {
        let mut crc = crc32fast::Hasher::new();
        if tries > 0 {
            crc.update(decimal(u64::from(tries), &mut [0; 20]));
        }
        crc.update(key);
        sum += u64::from((crc.finalize() >> 16) & 0x7fff);
        let at = at_weight(candidates, sum);
        if candidates.contains(at) {
            return Some(at);
        }
    }
    None
}

/// The instance in whose weight a hash falls, modulo the sum of all weights: those that may not be chosen count too.
pub(super) fn at_weight(candidates: Candidates<'_>, hash: u64) -> u32 {
    let all = (0u32..).take(candidates.of.count());
    let weight = |i| u64::from(candidates.of.weight(i));
    let total: u64 = all.clone().map(weight).sum();
    let mut left = hash % total.max(1);
    for at in all {
        if left < weight(at) {
            return at;
        }
        left -= weight(at);
    }
    0
}

/// The decimal digits of a number.
pub(super) fn decimal(mut number: u64, digits: &mut [u8; 20]) -> &[u8] {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &digits[at..];
        }
    }
}
