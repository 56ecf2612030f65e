//! The draws of every law, bit for bit: a change here changes the results of everybody's scenarios.
//!
//! The same table must hold under `cargo test -p sim-core` and `cargo test --workspace`, in debug and release builds.

use super::{Draw, Law, Popularity, Stream, StreamName};

/// A fingerprint of a sequence of numbers that misses no bit of any of them (FNV-1a over whole words).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Fingerprint {
        Fingerprint(0xcbf2_9ce4_8422_2325)
    }
}

impl Fingerprint {
    pub(crate) fn add(&mut self, x: f64) {
        self.add_bits(x.to_bits());
    }

    pub(crate) fn add_bits(&mut self, bits: u64) {
        self.0 = (self.0 ^ bits)
            .wrapping_mul(0x0000_0100_0000_01b3)
            .rotate_left(29);
    }

    pub(crate) fn value(self) -> u64 {
        self.0
    }
}

/// The bits of the first sample, and the fingerprint of ten thousand.
fn draws(sample: impl Fn(&mut Draw) -> u64) -> (u64, u64) {
    let mut stream = Stream::open(42, 7, StreamName::new("golden").purpose("draws"));
    let first = sample(&mut stream.clone().next());
    let mut print = Fingerprint::default();
    for _ in 0..10_000 {
        print.add_bits(sample(&mut stream.next()));
    }
    (first, print.value())
}

#[test]
fn draws_are_the_same_bits_in_every_build() {
    let of_law = |law: Result<Law, _>| {
        let law = law.unwrap();
        draws(|draw| law.sample(draw).to_bits())
    };
    let of_keys = |keys: u64, exponent: f64| {
        let popularity = Popularity::zipf(keys, exponent).unwrap();
        draws(|draw| popularity.sample(draw))
    };
    let part = |mean| Law::exponential(mean).unwrap();
    let table = [
        (
            "bits",
            draws(Draw::bits),
            (0x19678d65e38d9ca0, 0x65f46b3963791889),
        ),
        (
            "below",
            draws(|draw| draw.below(1_000)),
            (0x0000000000000063, 0xb4ae4b00c6abbc0e),
        ),
        (
            "exponential number",
            draws(|draw| draw.exponential().to_bits()),
            (0x3fc074dc9f41cb72, 0xf2f66ff5334f4bb3),
        ),
        (
            "normal number",
            draws(|draw| draw.normal().to_bits()),
            (0x3fc0c66576022116, 0xd39066cb2675f211),
        ),
        (
            "uniform number",
            draws(|draw| draw.uniform().to_bits()),
            (0x3fb9678d65e38d98, 0x95156bf139adbee6),
        ),
        (
            "constant",
            of_law(Law::constant(5e6)),
            (0x415312d000000000, 0x4762697ec10833fe),
        ),
        (
            "exponential",
            of_law(Law::exponential(5e6)),
            (0x41239e1f648561f4, 0x7505de442ec85383),
        ),
        (
            "uniform",
            of_law(Law::uniform(1e6, 3e6)),
            (0x41324988aa9fe6df, 0xf8fb1743e354135e),
        ),
        (
            "lognormal",
            of_law(Law::lognormal(2e6, 12e6)),
            (0x4140e120b565c1d9, 0x2a4158676d9a86e6),
        ),
        (
            "lognormal with mean",
            of_law(Law::lognormal_with_mean(2e6, 1.7)),
            (0x413529e9d5931c2d, 0x3db1ad60658bdf97),
        ),
        (
            "erlang",
            of_law(Law::erlang(3, 5e6)),
            (0x416030e7602fe08b, 0xa0a9a66b155a2485),
        ),
        (
            "erlang of many",
            of_law(Law::erlang(40, 5e6)),
            (0x41534f9470ce2080, 0x4953d199d2a826a2),
        ),
        (
            "hyperexponential",
            of_law(Law::hyperexponential(5e6, 4.0)),
            (0x41551c2466c11004, 0x34d6f688b5fe89c5),
        ),
        (
            "gamma",
            of_law(Law::gamma(5e6, 2.5)),
            (0x41520bd5c2049954, 0xe227f4ad329a9b6d),
        ),
        (
            "gamma below one",
            of_law(Law::gamma(5e6, 0.3)),
            (0x40c2a346e7dc32ed, 0x5410b448d58891a9),
        ),
        (
            "weibull",
            of_law(Law::weibull(5e6, 0.7)),
            (0x411049cb8af0501e, 0x144a50a49748d093),
        ),
        (
            "weibull with mean",
            of_law(Law::weibull_with_mean(5e6, 2.2)),
            (0x4140f42f1e220007, 0xdfbeba1150af7c92),
        ),
        (
            "bounded pareto",
            of_law(Law::bounded_pareto(1e6, 1.5, 1e9)),
            (0x41305c1d148ae5ea, 0x11bfdce5843070f5),
        ),
        (
            "empirical",
            of_law(Law::empirical(vec![3.0, 1.0, 2.0, 7.5])),
            (0x3ff0000000000000, 0x81443a1e46e4cdbf),
        ),
        (
            "mixture",
            of_law(Law::mixture(vec![(0.9, part(1e6)), (0.1, part(1e7))])),
            (0x410e73ea20ad4270, 0x67b343eff6247a4d),
        ),
        (
            "sum",
            of_law(Law::sum(vec![part(1e6), part(1e7), Law::constant(3.0).unwrap()])),
            (0x4144038effd95b39, 0x62827fb3192064ab),
        ),
        (
            "even keys",
            of_keys(1_000, 0.0),
            (0x0000000000000063, 0xb4ae4b00c6abbc0e),
        ),
        (
            "few keys",
            of_keys(1_000, 0.9),
            (0x0000000000000063, 0xe015f93ff62fe2db),
        ),
        (
            "many keys",
            of_keys(1_000_000_000, 0.9),
            (0x0000000017dcedd2, 0xbe095b6cee36167c),
        ),
    ];
    for (name, found, expect) in table {
        assert_eq!(found, expect, "{name}: ({:#018x}, {:#018x})", found.0, found.1);
    }
}
