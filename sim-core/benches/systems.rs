//! W1, W2 and W3: the engine beside the bare loop, in requests per second.

mod workloads;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sim_core::simulation::{Condition, Simulation, simulate};

const REQUESTS: u64 = 200_000;

fn systems(c: &mut Criterion) {
    let requests = REQUESTS as f64;
    let models = [
        ("mm1", workloads::mmc(requests, 1, 0.8)),
        ("mm64", workloads::mmc(requests, 64, 0.9)),
        ("web", workloads::web(requests)),
    ];
    for (name, model) in &models {
        let mut group = c.benchmark_group(*name);
        group.throughput(Throughput::Elements(REQUESTS)).sample_size(20);
        group.bench_function("engine", |b| {
            let condition = Condition::default();
            b.iter(|| simulate(model, 1, 0, &condition).events);
        });
        group.bench_function("event by event", |b| {
            let condition = Condition::default();
            b.iter(|| {
                let mut simulation = Simulation::by_events(model, 1, 0, &condition);
                while simulation.advance(1 << 20) {}
                simulation.finish().events
            });
        });
        group.bench_function("bare loop", |b| match *name {
            "mm1" => b.iter(|| workloads::bare::mmc(REQUESTS, 1, 0.8).count()),
            "mm64" => b.iter(|| workloads::bare::mmc(REQUESTS, 64, 0.9).count()),
            _ => b.iter(|| workloads::bare::web(REQUESTS).0.count()),
        });
        group.finish();
    }
}

criterion_group!(benches, systems);
criterion_main!(benches);
