//! A comparison sees nothing where there is nothing, and finds what is there: fewer comparisons than the example
//! `compare_coverage` makes, with the same promises.

#[path = "../examples/compare_coverage.rs"]
mod compare_coverage;

use compare_coverage::{QUEUE, SHOP, compared, false_alarms, found};
use sim_core::stats::paired::Verdict;

#[test]
fn a_scenario_is_the_same_as_itself_to_the_last_bit() {
    for text in [QUEUE, SHOP] {
        for trials in [2, 5] {
            let set = ["run.duration=10s".to_owned(), format!("run.trials={trials}")];
            let comparison = compared(text, [(&set, 7), (&set, 7)], 0.0);
            let measures = &comparison.pairs[0].measures;
            assert!(measures.len() >= 5);
            for measure in measures {
                // A percentile of one trial may be unknown, and what failures cost is estimated apart from the trials.
                let Some(paired) = measure.paired else {
                    assert_eq!(measure.verdict, Verdict::CannotTell { trials: None });
                    continue;
                };
                assert_eq!(paired.difference.value, Some(0.0), "{measure:?}");
                assert_eq!(measure.verdict, Verdict::Same, "{measure:?}");
            }
        }
    }
}

#[test]
fn another_seed_alone_is_told_apart_in_at_most_8_of_100() {
    let set = ["run.duration=12s".to_owned(), "run.trials=3".to_owned()];
    let alarms = false_alarms(QUEUE, &set, 100, 0.0);
    assert!(alarms.len() <= 8, "{alarms:?}");
    let set = ["run.duration=8s".to_owned(), "run.trials=4".to_owned()];
    let alarms = false_alarms(SHOP, &set, 100, 0.0);
    assert!(alarms.len() <= 8, "{alarms:?}");
}

#[test]
fn five_percent_less_work_is_found_because_trials_are_paired() {
    let faster = ["service.api.service-time=exp(4.75ms)".to_owned()];
    let (paired, factor) = found(QUEUE, &faster, 10, true);
    assert_eq!(paired, 10);
    assert!(factor > 10.0, "{factor}");
    let (apart, factor) = found(QUEUE, &faster, 10, false);
    assert!(apart <= 5, "{apart}");
    assert!((0.3..3.0).contains(&factor), "{factor}");
}
