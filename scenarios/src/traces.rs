//! Recorded requests, keys and times, from files that somebody else wrote.
//!
//! Read are `.csv` with a header, a plain list of one value a line, and both gzipped (`.gz`). Times are seconds as
//! decimal numbers, or timestamps such as `2023-11-16 18:17:03.9799600`; they come out in whole nanoseconds since the
//! first row, by integer arithmetic, so that 100 ns ticks are exact.

mod table;
mod time;

use std::sync::Arc;

use table::Table;

use crate::quantity::{self, Dimension, shorten};

/// Where files come from. Only the command line touches them.
pub trait Files: Sync {
    /// The bytes of a file, by its path relative to the scenario's own.
    ///
    /// # Errors
    /// Why it can't be read, in words.
    fn read(&self, relative_path: &str) -> Result<Vec<u8>, String>;
}

/// No files at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("files can't be read here".to_owned())
    }
}

/// Recorded arrivals: when, and what else is known of each request.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Nanoseconds since the first request, not decreasing.
    pub times: Arc<[u64]>,
    /// The columns that were asked for, in that order; none where the file has no such column.
    pub columns: Vec<Option<Arc<[f64]>>>,
    /// All columns that the file has.
    pub names: Vec<String>,
}

/// Reads recorded arrivals. `time` is the column of times; a file with one column needs none.
///
/// # Errors
/// What is wrong with the file, with its line.
pub fn arrivals(
    files: &dyn Files,
    path: &str,
    time: Option<&str>,
    columns: &[String],
) -> Result<Recorded, String> {
    let table = Table::read(files, path)?;
    let place = (table.column(time, path)?, table.has_header(time));
    let mut clock = None;
    let mut last = 0;
    let times = table.map(place, path, |text| {
        let at = time::parse(text)?;
        let origin = *clock.get_or_insert(at);
        let since = u64::try_from(at - origin).map_err(|_| "this time is before the first one".to_owned())?;
        if since < last {
            return Err("this time is before the one of the line above".to_owned());
        }
        last = since;
        Ok(since)
    })?;
    let columns: Result<Vec<_>, String> = columns
        .iter()
        .map(|name| match table.names().iter().position(|n| n == name) {
            Some(place) => {
                let values = table.map((place, true), path, |text| match text.parse::<f64>() {
                    Ok(v) if v.is_finite() && v >= 0.0 => Ok(v),
                    _ => Err(format!("\"{}\" is not a number of at least 0", shorten(text))),
                })?;
                Ok(Some(Arc::from(values)))
            }
            None => Ok(None),
        })
        .collect();
    Ok(Recorded {
        times: Arc::from(times),
        columns: columns?,
        names: table.names().to_vec(),
    })
}

/// Reads recorded keys. Keys that aren't numbers are numbered in the order in which they come up.
///
/// # Errors
/// What is wrong with the file, with its line.
pub fn keys(files: &dyn Files, path: &str, column: Option<&str>) -> Result<Vec<u64>, String> {
    let table = Table::read(files, path)?;
    let place = (table.column(column, path)?, table.has_header(column));
    let numbers = table.map(place, path, |text| text.parse::<u64>().map_err(|_| String::new()));
    if let Ok(numbers) = numbers {
        return Ok(numbers);
    }
    let mut known = std::collections::BTreeMap::new();
    table.map(place, path, |text| {
        let next = known.len() as u64;
        Ok(*known.entry(text.to_owned()).or_insert(next))
    })
}

/// Reads recorded durations in nanoseconds. `unit` is what a number without a unit counts.
///
/// # Errors
/// What is wrong with the file, with its line.
pub fn durations(
    files: &dyn Files,
    path: &str,
    column: Option<&str>,
    unit: Option<f64>,
) -> Result<Vec<f64>, String> {
    let table = Table::read(files, path)?;
    let place = (table.column(column, path)?, table.has_header(column));
    table.map(place, path, |text| {
        match (quantity::parse(text, Dimension::Duration), unit) {
            (Ok(nanos), _) => Ok(nanos),
            (Err(_), Some(unit)) => quantity::parse(text, Dimension::Number)
                .map(|v| v * unit)
                .map_err(|e| e.message),
            (Err(e), None) => Err(format!("{}; give the unit of bare numbers: unit=1ms", e.message)),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// One file, whatever it is called.
    struct One(Vec<u8>);

    impl Files for One {
        fn read(&self, _: &str) -> Result<Vec<u8>, String> {
            Ok(self.0.clone())
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder
            .write_all(bytes)
            .and_then(|()| encoder.finish())
            .expect("memory takes it")
    }

    const AZURE: &str = "TIMESTAMP,ContextTokens,Note\r\n2023-11-16 18:17:03.9799600,4808,a\r\n\
                         2023-11-16 18:17:04.0319600,3180,b\r\n2023-11-17 00:00:00.0000001,110,c";

    #[test]
    fn timestamps_are_exact_to_the_tick() {
        for bytes in [AZURE.as_bytes().to_vec(), gzip(AZURE.as_bytes())] {
            let path = if bytes[0] == b'T' { "a.csv" } else { "a.csv.gz" };
            let columns = ["ContextTokens".to_owned(), "Missing".to_owned()];
            let trace = arrivals(&One(bytes), path, Some("TIMESTAMP"), &columns).expect("it is well formed");
            assert_eq!(*trace.times, [0, 52_000_000, 20_576_020_040_100]);
            assert_eq!(trace.columns[0].as_deref(), Some(&[4808.0, 3180.0, 110.0][..]));
            assert_eq!(trace.columns[1], None);
        }
    }

    #[test]
    fn errors_name_the_line() {
        let error = |text: &str| arrivals(&One(text.into()), "t.csv", None, &[]).expect_err(text);
        assert_eq!(
            error("0.5\n1.5\nx\n"),
            "t.csv, line 3: \"x\" is not a time in seconds or a timestamp"
        );
        assert_eq!(
            error("1.5\n0.5\n"),
            "t.csv, line 2: this time is before the first one"
        );
        assert_eq!(error(""), "t.csv is empty");
        assert_eq!(
            error("a,b\n1,2\n"),
            "t.csv has the columns \"a\" or \"b\": say which one is meant"
        );
    }

    #[test]
    fn a_list_needs_no_header_and_no_last_line_end() {
        assert_eq!(keys(&One(b"7\n3\n7".to_vec()), "k.txt", None), Ok(vec![7, 3, 7]));
        assert_eq!(
            keys(&One(b"b\na\nb\n".to_vec()), "k.txt", None),
            Ok(vec![0, 1, 0])
        );
        assert_eq!(
            durations(&One(b"1\n2.5\n".to_vec()), "k.txt", None, Some(1e6)),
            Ok(vec![1e6, 2.5e6])
        );
    }

    #[test]
    fn what_unpacks_without_end_is_refused() {
        let bomb = gzip(&vec![b'1'; 3 << 20]);
        let error = table::unpack(&bomb, 1 << 20).expect_err("three times the limit");
        assert_eq!(error, "it unpacks to more than 1 MiB");
    }
}
