//! Writes the recorded uploads that the shipped scenario `trace-replay` replays: made up, and the same bytes at every call.
//!
//! Half of the uploads come at random over an afternoon of half an hour, the others in bursts of forty within ten
//! seconds, as when a guided tour ends. Sizes are lognormal: most pictures are small, some are very large.
//!
//! `cargo run -p scenarios --example uploads > scenarios/src/catalog/shipped/uploads.csv`

use std::fmt::Write;

use sim_core::random::{Law, Stream, StreamName};

/// Uploads in all.
const UPLOADS: usize = 2000;
/// Uploads of one burst.
const BURST: usize = 40;
/// Seconds that they are spread over.
const AFTERNOON_S: f64 = 1800.0;
/// Seconds that a burst takes.
const BURST_S: f64 = 10.0;

/// The trace: a header, then one line for each upload in the order of time.
pub fn csv() -> String {
    let stream = |purpose: &str| Stream::open(1, 0, StreamName::new("uploads").purpose(purpose));
    let (mut starts, mut offsets, mut sizes) = (stream("start"), stream("offset"), stream("size"));
    let size = Law::lognormal(1200.0, 12_000.0).expect("a median below the 99th percentile");
    let mut times: Vec<f64> = (0..UPLOADS / 2).map(|_| starts.uniform() * AFTERNOON_S).collect();
    for _ in 0..UPLOADS / 2 / BURST {
        let start = starts.uniform() * (AFTERNOON_S - BURST_S);
        times.extend((0..BURST).map(|_| start + offsets.uniform() * BURST_S));
    }
    times.sort_by(f64::total_cmp);
    let mut text = String::from("Seconds,Kilobytes\n");
    for time in times {
        let kilobytes = size.sample(&mut sizes.next());
        writeln!(text, "{time:.3},{kilobytes:.0}").expect("a string takes any text");
    }
    text
}

#[cfg_attr(
    test,
    expect(dead_code, reason = "the test that compares the bytes calls csv alone")
)]
fn main() {
    print!("{}", csv());
}
