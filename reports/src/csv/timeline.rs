//! Timelines as a table: one row a step of a point, one column a figure and each of its bounds.
//!
//! `from_s` and `to_s` are simulated seconds from the start of a trial, `window` numbers the windows from 1, `warm_up` is 1 where the
//! figures of the point leave the step out. Per client: `offered_per_s`, `ok_per_s`, `failed_per_s` and `latency_s.mean` of the requests that
//! arrived in the step. Per component: `calls`, those that wait or are served, averaged over the step. Percentiles, utilization, instances,
//! hit ratio, stale reads and lag are known by window, and stand in each step of theirs. Empty is what is not known.

use scenarios::results::{Point, Results};
use scenarios::timeline::Timeline;

use super::{axis_value, number, put_estimate, write_table};
use crate::moments::{Moment, of_clients, of_component, steps_per_window};

/// The table of all points that have a timeline; none where no point has one.
#[must_use]
pub fn timelines(results: &Results) -> Option<String> {
    let rows: Vec<Vec<(String, String)>> = results
        .points
        .iter()
        .filter_map(|point| Some((point, point.timeline.as_ref()?)))
        .flat_map(|(point, timeline)| {
            let steps = timeline.step_edges_s.len().saturating_sub(1);
            (0..steps).map(move |step| row(results, point, timeline, step))
        })
        .collect();
    (!rows.is_empty()).then(|| write_table(&rows))
}

fn row(results: &Results, point: &Point, timeline: &Timeline, step: usize) -> Vec<(String, String)> {
    let window = step / steps_per_window(timeline);
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut put = |name: String, field: String| fields.push((name, field));
    put("variant".to_owned(), point.variant.clone().unwrap_or_default());
    for (at, axis) in results.axes.iter().enumerate() {
        put(axis.path.clone(), axis_value(point, at, &axis.path));
    }
    let (from, to) = (timeline.step_edges_s[step], timeline.step_edges_s[step + 1]);
    put("from_s".to_owned(), number(Some(from)));
    put("to_s".to_owned(), number(Some(to)));
    put("window".to_owned(), (window + 1).to_string());
    let is_warm_up = f64::midpoint(from, to) < timeline.warm_up_s;
    put("warm_up".to_owned(), u8::from(is_warm_up).to_string());
    let at = Moment::Step(step, window);
    for (name, clients) in &timeline.clients {
        for (figure, value) in of_clients(clients, at) {
            put_estimate(&mut put, &format!("{name}.{figure}"), value);
        }
    }
    for (name, component) in &timeline.components {
        for (figure, value) in of_component(component, at) {
            put_estimate(&mut put, &format!("{name}.{figure}"), value);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn the_header_and_a_row_of_each_kind() {
        let table = timelines(&fixture::with_timeline(3)).expect("a timeline");
        let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
        assert_eq!(lines.len(), 1 + 640);
        assert!(lines.iter().all(|l| l.len() == lines[0].len()));
        let side_by_side: Vec<String> = (0..lines[0].len())
            .map(|c| format!("{} | {} | {}", lines[0][c], lines[1][c], lines[640][c]))
            .collect();
        insta::assert_snapshot!(side_by_side.join("\n"));
    }

    #[test]
    fn no_timeline_no_table() {
        assert_eq!(timelines(&fixture::sweep()), None);
    }
}
