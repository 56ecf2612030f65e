//! The figures as a table for spreadsheets and data frames: one row a point, one column a figure and each of its bounds.
//!
//! Quoting follows RFC 4180 (Shafranovich 2005). The units are those of the JSON document: seconds, USD, fractions. An axis
//! stands in the base unit of its quantity where it is a number, and as it was written where it isn't. A figure that is not known
//! is an empty field. Components that only some points have leave empty fields at the others.

mod timeline;

use std::collections::HashMap;

use scenarios::results::{Point, Results};
use sim_core::stats::Estimate;

use crate::figures;

pub use timeline::timelines;

/// The table with its header.
#[must_use]
pub fn table(results: &Results) -> String {
    let rows: Vec<Vec<(String, String)>> = results.points.iter().map(|point| row(results, point)).collect();
    write_table(&rows)
}

/// Rows of fields under the names of their columns, with a header.
fn write_table(rows: &[Vec<(String, String)>]) -> String {
    // Columns in the order in which the rows first show them; the map only finds a column's place.
    let mut columns: Vec<&str> = Vec::new();
    let mut place: HashMap<&str, usize> = HashMap::new();
    for (name, _) in rows.iter().flatten() {
        place.entry(name).or_insert_with(|| {
            columns.push(name);
            columns.len() - 1
        });
    }
    let mut text = String::new();
    write_row(&mut text, &columns);
    for row in rows {
        let mut fields = vec![""; columns.len()];
        for (name, field) in row {
            fields[place[name.as_str()]] = field;
        }
        write_row(&mut text, &fields);
    }
    text
}

/// A point's fields under the names of their columns.
fn row(results: &Results, point: &Point) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut put = |name: String, field: String| fields.push((name, field));
    put("variant".to_owned(), point.variant.clone().unwrap_or_default());
    for (number, axis) in results.axes.iter().enumerate() {
        put(axis.path.clone(), axis_value(point, number, &axis.path));
    }
    put("trials".to_owned(), point.trials.to_string());
    put(
        "state".to_owned(),
        figures::trouble(point).unwrap_or_else(|| "steady".to_owned()),
    );
    put("warm_up_s".to_owned(), number(Some(point.warm_up_s)));
    let steady = figures::has_latency(point);
    for (name, clients) in &point.clients {
        for (figure, count) in figures::counts_of_clients(clients) {
            put(format!("{name}.{figure}"), count.to_string());
        }
        for (figure, _, value) in figures::latencies(clients) {
            put_estimate(
                &mut put,
                &format!("{name}.{figure}"),
                if steady { *value } else { Estimate::default() },
            );
        }
        for (figure, _, value) in figures::rates_of_clients(clients) {
            put_estimate(&mut put, &format!("{name}.{figure}"), *value);
        }
    }
    for (name, component) in &point.components {
        for (figure, _, value) in figures::of_component(component) {
            put_estimate(&mut put, &format!("{name}.{figure}"), *value);
        }
    }
    if let Some(cost) = &point.cost {
        for (figure, _, value) in figures::of_cost(cost) {
            put_estimate(&mut put, &format!("cost.{figure}"), *value);
        }
    }
    if let Some(verdict) = point.slo {
        put("slo.met".to_owned(), verdict.word().to_owned());
    }
    fields
}

/// The point's value on an axis: its number, or else what was written.
fn axis_value(point: &Point, axis: usize, path: &str) -> String {
    match point.at.get(axis).copied().flatten().filter(|at| at.is_finite()) {
        Some(at) => at.to_string(),
        None => point
            .set
            .iter()
            .rfind(|(set, _)| set == path)
            .map(|(_, value)| value.clone())
            .unwrap_or_default(),
    }
}

fn put_estimate(put: &mut impl FnMut(String, String), name: &str, figure: Estimate) {
    put(name.to_owned(), number(figure.value));
    put(format!("{name}_low"), number(figure.low));
    put(format!("{name}_high"), number(figure.high));
}

fn number(value: Option<f64>) -> String {
    value
        .filter(|v| v.is_finite())
        .map(|v| serde_json::json!(v).to_string())
        .unwrap_or_default()
}

fn write_row(text: &mut String, fields: &[&str]) {
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        if field.contains(['"', ',', '\n', '\r']) || field.starts_with(' ') || field.ends_with(' ') {
            text.push('"');
            text.push_str(&field.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(field);
        }
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn the_header_and_two_rows() {
        let mut results = fixture::sweep();
        results.points.retain(|p| p.variant.as_deref() == Some("small"));
        results.points = vec![results.points[0].clone(), results.points[13].clone()];
        // One field a line, side by side, is easier to review than three very long lines.
        let table = table(&results);
        let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
        let side_by_side: Vec<String> = (0..lines[0].len())
            .map(|c| format!("{} | {} | {}", lines[0][c], lines[1][c], lines[2][c]))
            .collect();
        insta::assert_snapshot!(side_by_side.join("\n"));
    }

    #[test]
    fn every_row_has_every_column() {
        let mut results = fixture::sweep();
        let extra = results.points[3].components[0].1.clone();
        results.points[3].components.push(("extra".to_owned(), extra));
        let table = table(&results);
        let widths: Vec<usize> = table.lines().map(|line| line.split(',').count()).collect();
        assert_eq!(widths.len(), 43);
        assert!(widths.iter().all(|w| *w == widths[0]), "{widths:?}");
    }

    #[test]
    fn quotes_commas_and_line_breaks_are_quoted() {
        let mut text = String::new();
        write_row(&mut text, &["a,b", "say \"hi\"", "two\nlines", "plain", " edge"]);
        assert_eq!(
            text,
            "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",plain,\" edge\"\n"
        );
    }
}
