//! Results as charts, tables and documents, in memory.
//!
//! Nothing here touches a file or the terminal: every function takes [`Results`] and gives text or bytes, the same for the same
//! results. [`files`] gives everything that an experiment leaves behind; [`table`] what a person reads at once; [`json`] what a
//! script reads.

pub mod chart;
mod course;
pub mod csv;
mod figures;
#[cfg(test)]
mod fixture;
pub mod json;
mod moments;
pub mod quantity;
pub mod table;
pub mod trace;

use std::collections::BTreeSet;

use scenarios::comparison::Comparison;
use scenarios::limit::Limit;
use scenarios::results::Results;

pub use chart::Format;
use chart::Percentile;

/// Every file of an experiment, name and content: `results.json`, `results.csv`, and the charts for which there is something to draw.
#[must_use]
pub fn files(results: &Results, format: Format) -> Vec<(String, Vec<u8>)> {
    let charts = [
        ("p99", chart::latency(results, Percentile::P99, format)),
        ("availability", chart::availability(results, format)),
        ("cost", chart::cost(results, format)),
        ("utilization", chart::utilization(results, format)),
    ];
    let mut files = vec![
        ("results.json".to_owned(), json::document(results).into_bytes()),
        ("results.csv".to_owned(), csv::table(results).into_bytes()),
    ];
    files.extend(
        charts
            .into_iter()
            .filter_map(|(name, bytes)| Some((format!("{name}.{}", format.extension()), bytes?))),
    );
    files
}

/// What a run leaves behind beside [`files`], name and content: `timeline.csv`, and each point's timeline as `timeline.svg` and `timeline.png`,
/// with its variant or its number in the name where there are several.
#[must_use]
pub fn timeline_files(results: &Results) -> Vec<(String, Vec<u8>)> {
    let table = csv::timelines(results).map(|table| ("timeline.csv".to_owned(), table.into_bytes()));
    let mut files: Vec<(String, Vec<u8>)> = table.into_iter().collect();
    for (point, name) in results.points.iter().zip(timeline_names(results)) {
        for format in [Format::Svg, Format::Png] {
            let bytes = chart::timeline(results, point, format);
            files.extend(bytes.map(|bytes| (format!("{name}.{}", format.extension()), bytes)));
        }
    }
    files
}

/// What the timelines of the points are called.
fn timeline_names(results: &Results) -> Vec<String> {
    if results.points.len() == 1 {
        return vec!["timeline".to_owned()];
    }
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "-_".contains(c) {
            c
        } else {
            '-'
        }
    };
    let names: Vec<String> = results
        .points
        .iter()
        .filter_map(|p| {
            Some(format!(
                "timeline-{}",
                p.variant.as_ref()?.chars().map(plain).collect::<String>()
            ))
        })
        .collect();
    // Names that differ in their case alone are the same to some file systems.
    let different: BTreeSet<String> = names.iter().map(|n| n.to_lowercase()).collect();
    let is_short = names.iter().all(|n| n.len() <= 100);
    if different.len() == results.points.len() && is_short {
        return names;
    }
    (1..=results.points.len())
        .map(|n| format!("timeline-{n}"))
        .collect()
}

/// Every file of a comparison, name and content: `comparison.json` and the chart of differences.
#[must_use]
pub fn comparison_files(comparison: &Comparison, format: Format) -> Vec<(String, Vec<u8>)> {
    vec![
        (
            "comparison.json".to_owned(),
            json::comparison(comparison).into_bytes(),
        ),
        (
            format!("differences.{}", format.extension()),
            chart::differences(comparison, format),
        ),
    ]
}

/// What a limit leaves behind beside the files of its curve, name and content: `limit.json`, and the chart of latency against load
/// with the limit in it.
#[must_use]
pub fn limit_files(limit: &Limit, format: Format) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![("limit.json".to_owned(), json::limit(limit).into_bytes())];
    files.extend(chart::limit(limit, format).map(|bytes| (format!("limit.{}", format.extension()), bytes)));
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(results: &Results, format: Format) -> Vec<String> {
        files(results, format).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_sweep_leaves_charts_and_a_run_does_not() {
        assert_eq!(
            names(&fixture::sweep(), Format::Svg),
            [
                "results.json",
                "results.csv",
                "p99.svg",
                "availability.svg",
                "cost.svg",
                "utilization.svg"
            ]
        );
        assert_eq!(
            names(&fixture::run(), Format::Png),
            ["results.json", "results.csv"]
        );
    }
}
