//! The same scenario and seed give the same bytes, on however many threads; another seed gives others.

use super::{run, shop};

#[test]
fn one_two_and_seven_threads_print_the_same_bytes() {
    let folder = shop();
    let of = |threads: &str, seed: &str| {
        let ran = run(
            folder.path(),
            &[
                "sweep",
                "shop.toml",
                "--json",
                "--threads",
                threads,
                "--seed",
                seed,
            ],
        );
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out
    };
    let one = of("1", "7");
    assert!(one.contains("\"latency_s\""), "{one}");
    assert_eq!(of("2", "7"), one);
    assert_eq!(of("7", "7"), one);
    assert_ne!(of("7", "8"), one);
}
