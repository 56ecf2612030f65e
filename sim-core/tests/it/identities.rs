//! What adds up in every result, whatever was simulated.

use sim_core::measure::{
    ClientStep, Counts, STEPS_PER_WINDOW, Stop, TrialResult, WARM_UP_STEPS, WARM_UP_WINDOWS,
};
use sim_core::model::{Model, WarmUp};

/// What has to add up in every result, a fixed warm-up included.
pub fn hold(model: &Model, t: &TrialResult) {
    let (windows, steps) = match model.description().warm_up {
        WarmUp::Auto => (0, 0),
        WarmUp::For(_) => (WARM_UP_WINDOWS, WARM_UP_STEPS),
    };
    for clients in &t.clients {
        let mut whole = Counts::default();
        assert_eq!(clients.warm_up_windows.len(), windows);
        assert_eq!(clients.warm_up_steps.len(), steps);
        let all_steps = [&clients.warm_up_steps[..], &clients.steps].concat();
        let all_windows = clients.warm_up_windows.iter().chain(&clients.windows);
        for (window, steps) in all_windows.zip(all_steps.chunks(STEPS_PER_WINDOW)) {
            let c = &window.counts;
            assert!(c.ok + c.failed() <= c.offered, "more ended than arrived: {c:?}");
            assert_eq!(window.latency.count(), c.ok, "a latency for each that ended well");
            assert!(
                window.attempts >= c.ok + c.failed(),
                "an attempt for each that ended"
            );
            let sum = |f: fn(&ClientStep) -> u32| -> u64 { steps.iter().map(|s| u64::from(f(s))).sum() };
            assert_eq!(sum(|s| s.offered), c.offered);
            assert_eq!(sum(|s| s.ok), c.ok);
            assert_eq!(sum(|s| s.failed), c.failed());
            let latencies: u64 = steps.iter().map(|s| s.latency_ns).sum();
            assert_eq!(u128::from(latencies), window.latency.sum());
            whole.add(c);
        }
        assert_eq!(whole, clients.whole, "windows are all there is");
    }
    for c in &t.components {
        let mut simulated = 0;
        assert_eq!(c.warm_up_windows.len(), windows);
        assert_eq!(c.warm_up_steps.len(), steps);
        for w in c.warm_up_windows.iter().chain(&c.windows) {
            simulated += w.time_ns;
            let time = u128::from(w.time_ns);
            assert!(
                c.workers.is_none_or(|n| w.busy_ns <= u128::from(n) * time),
                "more workers than there are"
            );
            assert!(
                c.cores.is_none_or(|n| w.core_busy_ns <= u128::from(n) * time),
                "more cores than there are"
            );
            assert!(
                w.up_ns <= u128::from(c.instances) * time,
                "more instances than there are"
            );
            assert!(w.stale_reads <= w.reads);
        }
        if t.stop == Stop::Duration {
            assert_eq!(simulated, t.end.as_nanos(), "windows are gapless");
        }
    }
}
