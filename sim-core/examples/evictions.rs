//! Nanoseconds an access and bytes a key of every rule of eviction: `cargo run --release -p sim-core --example evictions [KEYS]`.
//!
//! Keys are drawn with Zipf's popularity (exponent 0.9) from twice as many as fit; a tenth of the accesses warms up.

use std::time::Instant;

use sim_core::model::Eviction;
use sim_core::policy::eviction::Store;
use sim_core::random::{Popularity, Stream, StreamName};
use sim_core::time::SimTime;

fn main() {
    let fits: u64 = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_000_000);
    let popularity = Popularity::zipf(2 * fits, 0.9).expect("a popularity");
    let mut stream = Stream::open(1, 0, StreamName::new("keys"));
    let keys: Vec<u64> = (0..6 * fits)
        .map(|_| popularity.sample(&mut stream.next()))
        .collect();
    let (warm_up, measured) = keys.split_at(keys.len() / 10);
    println!("{fits} values fit, {} accesses", measured.len());
    for eviction in Eviction::ALL {
        let draws = Stream::open(1, 0, StreamName::new("eviction"));
        let mut store = Store::new(eviction, Some(fits), false, draws);
        let mut at = 0;
        let mut ask = |store: &mut Store, key: &u64| {
            at += 1_000_000;
            store.access(*key, 1, SimTime::from_nanos(at))
        };
        warm_up.iter().for_each(|k| {
            ask(&mut store, k);
        });
        let start = Instant::now();
        let hits = measured.iter().filter(|k| ask(&mut store, k)).count();
        let nanos = start.elapsed().as_nanos() as f64 / measured.len() as f64;
        let bytes = store.bytes() as f64 / store.len() as f64;
        let ratio = hits as f64 / measured.len() as f64;
        println!("{eviction:?}: {nanos:.0} ns an access, {bytes:.0} bytes a key, {ratio:.4} hits");
    }
}
