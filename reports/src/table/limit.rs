//! What `plimsoll limit` found, in words, above the table of the loads that were tried.

use scenarios::limit::{Answer, Limit};
use sim_core::stats::Estimate;

use super::{Style, sweep};
use crate::quantity::{Unit, on_axis, value};

/// The answer, what breaks first, the headroom, and the curve.
#[must_use]
pub fn limit(found: &Limit, style: Style) -> String {
    let unit = found.axis.unit.as_deref().unwrap_or_default();
    let load = |x: f64| on_axis(unit, x);
    let path = &found.axis.path;
    let mut lines = vec![match &found.answer {
        Answer::UpTo(limit) => format!("the objective is met up to {path} = {}", between(limit, &load)),
        Answer::Throughout => format!(
            "the objective is met at every load that was tried, from {} to {}: look further",
            load(found.range.0),
            load(found.range.1)
        ),
        Answer::Nowhere => format!(
            "the objective is met at no load that was tried, not even at {}",
            load(found.range.0)
        ),
        Answer::NotMonotone(pairs) => {
            let held: Vec<String> = pairs
                .iter()
                .map(|p| format!("{} to {}", load(p.0), load(p.1)))
                .collect();
            format!(
                "there is no single limit: the objective is met from {}",
                held.join(", and from ")
            )
        }
        Answer::Undecided { low, high } => format!(
            "it can't be told yet: the objective is met up to {} at least, and broken from {} on",
            low.map_or_else(|| "no load that is known".to_owned(), load),
            high.map_or_else(|| "no load that is known".to_owned(), load)
        ),
    }];
    for (i, (bound, answer)) in found.bounds.iter().enumerate() {
        let what = match answer {
            Answer::UpTo(limit) => format!("holds up to {}", between(limit, &load)),
            Answer::Throughout => "holds throughout".to_owned(),
            Answer::Nowhere => "holds nowhere".to_owned(),
            Answer::NotMonotone(_) => "breaks and holds again".to_owned(),
            Answer::Undecided { .. } => "can't be told".to_owned(),
        };
        let first = if i == 0 && found.bounds.len() > 1 {
            ", and breaks first"
        } else {
            ""
        };
        lines.push(format!("  {}: {what}{first}", bound.name()));
    }
    if let Some(busiest) = &found.busiest {
        lines.push(format!(
            "  busiest at {}: {}, {} utilized",
            load(busiest.load),
            busiest.component,
            value(Unit::Share, busiest.utilization)
        ));
    }
    if let (Some(at), Some(headroom)) = (found.stands_at, &found.headroom) {
        let share = |x: f64| value(Unit::Share, x);
        lines.push(format!(
            "  headroom from {}: {}",
            load(at),
            between(headroom, &share)
        ));
    }
    lines.extend(found.advice.iter().map(|a| format!("note: {a}")));
    format!("{}\n\n{}", lines.join("\n"), sweep(&found.curve, style))
}

/// `4,510/s (4,480/s .. 4,540/s)`.
fn between(figure: &Estimate, text: &dyn Fn(f64) -> String) -> String {
    match (figure.value, figure.low, figure.high) {
        (Some(v), Some(l), Some(h)) => format!("{} ({} .. {}, 95%)", text(v), text(l), text(h)),
        (Some(v), _, _) => text(v),
        _ => "—".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn the_answer_comes_first_and_says_what_breaks() {
        let style = Style {
            width: 100,
            colour: false,
        };
        let text = limit(&fixture::limit(), style);
        let first: Vec<&str> = text.lines().take(5).collect();
        assert_eq!(
            first,
            [
                "the objective is met up to clients.users.rate = 5,020/s (4,960/s .. 5,080/s, 95%)",
                "  p99 of users: holds up to 5,020/s (4,960/s .. 5,080/s, 95%), and breaks first",
                "  availability of users: holds throughout",
                "  busiest at 5,000/s: api, 88.9% utilized",
                "  headroom from 2,000/s: 151.0% (148.0% .. 154.0%, 95%)",
            ]
        );
    }
}
