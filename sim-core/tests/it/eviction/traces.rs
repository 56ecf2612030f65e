//! Lists of keys: four that anyone can generate, and one that was recorded.

use std::io::Read;

/// SplitMix64's output function (Steele, Lea and Flood, OOPSLA 2014).
pub fn mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Keys below 1000, the small ones more often: floor(1000 x^3) for uniform x.
fn skewed(seed: u64) -> impl Iterator<Item = u64> {
    (0u64..).map(move |i| {
        let state = seed.wrapping_add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let x = (mix(state) >> 11) as f64 / (1u64 << 53) as f64;
        (1000.0 * (x * x * x)) as u64
    })
}

/// The list of this name.
pub fn keys(name: &str) -> Vec<u64> {
    const COUNT: usize = 10_000;
    match name {
        "skew" => skewed(1).take(COUNT).collect(),
        // After every 2000 keys 300 that never come again.
        "skew_scan" => {
            let (mut drawn, mut fresh) = (skewed(2), 1_000_000..);
            let is_scan = |i: &usize| i % 2300 >= 2000;
            (0..COUNT)
                .filter_map(|i| if is_scan(&i) { fresh.next() } else { drawn.next() })
                .collect()
        }
        "loop150" => (0..COUNT as u64).map(|i| i % 150).collect(),
        "shift" => (0u64..)
            .zip(skewed(3).take(COUNT))
            .map(|(i, key)| (key + 250 * (i / 5000)) % 1000)
            .collect(),
        "web07" => {
            let packed = include_bytes!("../../data/cache2k-web07.txt.gz");
            let mut text = String::new();
            let read = flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut text);
            read.expect("a packed text");
            text.lines().map(|l| l.trim().parse().expect("a key")).collect()
        }
        _ => panic!("no list of keys is called {name}"),
    }
}
