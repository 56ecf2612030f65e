//! What a draw costs: the bare functions, a stream, and the laws that matter most, per value.
//!
//! Each iteration makes a thousand values and adds them up, so that the figures are throughput, as in a simulation,
//! where the processor works ahead while a draw is under way.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sim_core::math;
use sim_core::random::{Law, Popularity, Stream, StreamName};
use sim_core::time::SimDuration;
use std::hint::black_box;

const VALUES: u64 = 1_000;

fn stream() -> Stream {
    Stream::open(1, 0, StreamName::new("bench").purpose("draws"))
}

fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("draws");
    group.throughput(Throughput::Elements(VALUES));

    let mut stream = stream();
    let arguments: Vec<f64> = (0..VALUES).map(|_| stream.uniform()).collect();
    group.bench_function("std ln", |b| {
        b.iter(|| black_box(&arguments).iter().map(|x| x.ln()).sum::<f64>())
    });
    group.bench_function("std exp", |b| {
        b.iter(|| black_box(&arguments).iter().map(|x| x.exp()).sum::<f64>())
    });
    group.bench_function("ln", |b| {
        b.iter(|| black_box(&arguments).iter().map(|x| math::ln(*x)).sum::<f64>())
    });
    group.bench_function("exp", |b| {
        b.iter(|| black_box(&arguments).iter().map(|x| math::exp(*x)).sum::<f64>())
    });
    group.bench_function("normal quantile", |b| {
        b.iter(|| {
            black_box(&arguments)
                .iter()
                .map(|x| math::normal_quantile(*x))
                .sum::<f64>()
        })
    });
    group.bench_function("uniform", |b| {
        b.iter(|| (0..VALUES).map(|_| stream.uniform()).sum::<f64>())
    });
    group.bench_function("below", |b| {
        b.iter(|| (0..VALUES).map(|_| stream.below(64)).sum::<u64>())
    });

    let laws = [
        ("constant", Law::constant(5e6)),
        ("exponential", Law::exponential(5e6)),
        ("lognormal", Law::lognormal(2e6, 12e6)),
        ("erlang 3", Law::erlang(3, 5e6)),
        ("hyperexponential", Law::hyperexponential(5e6, 4.0)),
        ("gamma 2.5", Law::gamma(5e6, 2.5)),
        ("weibull", Law::weibull(5e6, 0.7)),
        ("bounded pareto", Law::bounded_pareto(1e6, 1.5, 1e9)),
    ];
    for (name, law) in laws {
        let law = black_box(law.expect("the parameters are possible"));
        group.bench_function(name, |b| {
            b.iter(|| {
                (0..VALUES)
                    .map(|_| law.sample_duration(&mut stream.next()))
                    .sum::<SimDuration>()
            })
        });
    }
    for (name, keys) in [("few keys", 10_000), ("many keys", 100_000_000)] {
        let popularity = black_box(Popularity::zipf(keys, 0.99).expect("the parameters are possible"));
        group.bench_function(name, |b| {
            b.iter(|| {
                (0..VALUES)
                    .map(|_| popularity.sample(&mut stream.next()))
                    .sum::<u64>()
            })
        });
    }
    group.finish();
}

criterion_group!(draws, benches);
criterion_main!(draws);
