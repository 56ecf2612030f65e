//! How a point goes on after its warm-up, in words.

use scenarios::timeline::{Course, Moving, Subject};

use crate::quantity::{self, Unit};

/// What to know of a course: `steady`, or what moves and how.
#[must_use]
pub fn told(course: &Course) -> String {
    match course {
        Course::Steady => "steady".to_owned(),
        Course::Faults => "faults at given times: what happens is a story, not a steady state".to_owned(),
        Course::Unknown => "unknown: too short to tell whether it is steady".to_owned(),
        Course::Growing(what) => {
            format!("growing: {} as long as the trial lasts", subject(what, "grow"))
        }
        Course::Drifting { what, change } => {
            let verb = if *change < 0.0 { "fall" } else { "rise" };
            // Of a mean that is near nothing every change is a large part.
            let by = if change.abs() < 2.0 {
                format!(" by {} of the mean", percent(change.abs()))
            } else {
                String::new()
            };
            format!("drifting: {}{by} from beginning to end", subject(what, verb))
        }
        Course::Cycling { what, period_s } => format!(
            "cycling: {} up and down, once in {}",
            subject(what, "go"),
            quantity::value(Unit::Seconds, *period_s)
        ),
    }
}

fn percent(share: f64) -> String {
    format!("{}%", quantity::grouped(share * 100.0, 0))
}

/// Who does what.
fn subject(Subject { moving, name }: &Subject, verb: &str) -> String {
    match moving {
        Moving::Load => format!("requests of {name} {verb}"),
        Moving::Calls => format!("calls waiting or served at {name} {verb}"),
        Moving::Latency => {
            let verb = if verb == "go" {
                "goes".to_owned()
            } else {
                format!("{verb}s")
            };
            format!("the latency of {name} {verb}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_course_has_its_words() {
        let of = |moving| Subject {
            moving,
            name: "api".to_owned(),
        };
        let drifting = |change| Course::Drifting {
            what: of(Moving::Load),
            change,
        };
        let cycling = Course::Cycling {
            what: of(Moving::Latency),
            period_s: 86_400.0,
        };
        let all = [
            Course::Steady,
            Course::Unknown,
            Course::Faults,
            Course::Growing(of(Moving::Calls)),
            drifting(-0.124),
            drifting(3.0),
            cycling,
        ];
        assert_eq!(
            all.map(|c| told(&c)),
            [
                "steady",
                "unknown: too short to tell whether it is steady",
                "faults at given times: what happens is a story, not a steady state",
                "growing: calls waiting or served at api grow as long as the trial lasts",
                "drifting: requests of api fall by 12% of the mean from beginning to end",
                "drifting: requests of api rise from beginning to end",
                "cycling: the latency of api goes up and down, once in 24.0 h",
            ]
        );
    }
}
