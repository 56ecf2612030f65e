//! Warnings as a person wants them: each kind once, however many points it is true of.

/// Each warning once. Those that differ in their figures only are told by the first of them and a count.
#[must_use]
pub fn gathered(warnings: impl IntoIterator<Item = String>) -> Vec<String> {
    struct Kind {
        shape: String,
        first: String,
        same: usize,
        alike: usize,
    }
    let mut kinds: Vec<Kind> = Vec::new();
    for warning in warnings {
        let shape = shape(&warning);
        match kinds.iter_mut().find(|k| k.shape == shape) {
            Some(kind) if kind.first == warning => kind.same += 1,
            Some(kind) => kind.alike += 1,
            None => kinds.push(Kind {
                shape,
                first: warning,
                same: 1,
                alike: 0,
            }),
        }
    }
    let told = |kind: Kind| match (kind.same, kind.alike) {
        (1, 0) => kind.first,
        (times, 0) => format!("{} (at {times} points)", kind.first),
        (times, more) => format!(
            "{} (and, with other figures, at {} more)",
            kind.first,
            times - 1 + more
        ),
    };
    kinds.into_iter().map(told).collect()
}

/// What stays of a warning when its figures are taken away: the same for warnings that differ only in them.
#[must_use]
pub fn shape(warning: &str) -> String {
    let words = warning.split(' ').filter(|w| !is_figure(w));
    words.collect::<Vec<_>>().join(" ")
}

/// A number, with or without a unit or punctuation; or one of a list of percentiles.
fn is_figure(word: &str) -> bool {
    let bare = word.trim_start_matches(['(', 'p', '$']);
    bare.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(warnings: &[&str]) -> Vec<String> {
        gathered(warnings.iter().map(|&w| w.to_owned()))
    }

    #[test]
    fn a_warning_that_is_true_of_many_points_is_told_once() {
        assert_eq!(
            of(&["a queue grows", "a queue grows", "other"]),
            ["a queue grows (at 2 points)", "other"]
        );
        assert_eq!(
            of(&[
                "api is offered 900 calls/s and can serve 700 at most (utilization 1.3): overloaded",
                "api is offered 950 calls/s and can serve 700 at most (utilization 1.4): overloaded",
                "db is offered 950 calls/s and can serve 700 at most (utilization 1.4): overloaded",
            ]),
            [
                "api is offered 900 calls/s and can serve 700 at most (utilization 1.3): overloaded \
                 (and, with other figures, at 1 more)",
                "db is offered 950 calls/s and can serve 700 at most (utilization 1.4): overloaded",
            ]
        );
        assert_eq!(
            of(&[
                "no data for p99, p99.9; 6 times as much",
                "no data for p99.9; 3 times as much"
            ])
            .len(),
            1
        );
    }
}
