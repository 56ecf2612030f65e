//! A file of rows and columns, in memory as text.

use std::io::Read;

use super::Files;
use crate::diagnostic::{did_you_mean, one_of};

/// A file that unpacks to more bytes than this is refused.
const MOST_BYTES: u64 = 1 << 30;
/// A file with more columns than this is refused.
const MOST_COLUMNS: usize = 1000;

/// Rows of text under names.
pub(super) struct Table {
    bytes: Vec<u8>,
    /// The fields of the first row.
    names: Vec<String>,
}

/// All of a gzipped file, unless it is larger than the limit.
pub(super) fn unpack(bytes: &[u8], limit: u64) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let read = flate2::read::MultiGzDecoder::new(bytes)
        .take(limit + 1)
        .read_to_end(&mut out);
    read.map_err(|e| format!("it can't be unpacked: {e}"))?;
    if out.len() as u64 > limit {
        Err(format!("it unpacks to more than {} MiB", limit >> 20))
    } else {
        Ok(out)
    }
}

impl Table {
    /// Reads and unpacks a file.
    pub(super) fn read(files: &dyn Files, path: &str) -> Result<Self, String> {
        let mut bytes = files
            .read(path)
            .map_err(|e| format!("{path} can't be read: {e}"))?;
        if bytes.starts_with(&[0x1f, 0x8b]) {
            bytes = unpack(&bytes, MOST_BYTES).map_err(|e| format!("{path}: {e}"))?;
        }
        let mut table = Self {
            bytes,
            names: Vec::new(),
        };
        let mut first = csv::StringRecord::new();
        match table.rows().read_record(&mut first) {
            Ok(true) if first.len() > MOST_COLUMNS => {
                return Err(format!("{path} has more than {MOST_COLUMNS} columns"));
            }
            Ok(true) => table.names = first.iter().map(|f| f.trim().to_owned()).collect(),
            Ok(false) => return Err(format!("{path} is empty")),
            Err(e) => return Err(wrong(path, &e)),
        }
        Ok(table)
    }

    /// The names of the columns; of a plain list the name is its first value.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The place of a column by its name. A plain list has one column, and needs no name.
    pub(super) fn column(&self, name: Option<&str>, path: &str) -> Result<usize, String> {
        match name {
            None if self.names.len() == 1 => Ok(0),
            None => {
                let names = one_of(self.names.iter().map(String::as_str));
                Err(format!("{path} has the columns {names}: say which one is meant"))
            }
            Some(name) => self.names.iter().position(|n| n == name).ok_or_else(|| {
                let names = || self.names.iter().map(String::as_str);
                let hint = did_you_mean(name, names()).map_or_else(String::new, |h| format!("; {h}"));
                format!(
                    "{path} has no column \"{name}\", its columns are {}{hint}",
                    one_of(names())
                )
            }),
        }
    }

    fn rows(&self) -> csv::Reader<&[u8]> {
        csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(&self.bytes)
    }

    /// Reads one column, `read` gets a field and its line. The first row is a header if there are several columns, or
    /// if a list was asked for by the name that stands there.
    pub(super) fn map<T>(
        &self,
        (column, header): (usize, bool),
        path: &str,
        mut read: impl FnMut(&str) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        let mut rows = self.rows();
        let mut row = csv::StringRecord::new();
        let mut out = Vec::new();
        let mut first = true;
        while rows.read_record(&mut row).map_err(|e| wrong(path, &e))? {
            if std::mem::take(&mut first) && header {
                continue;
            }
            let line = row.position().map_or(0, csv::Position::line);
            let field = row
                .get(column)
                .ok_or_else(|| format!("{path}, line {line}: this line has too few columns"))?;
            out.push(read(field.trim()).map_err(|e| format!("{path}, line {line}: {e}"))?);
        }
        if out.is_empty() {
            Err(format!("{path} has no rows"))
        } else {
            Ok(out)
        }
    }

    /// Whether the first row is a header, when this name was asked for.
    pub(super) fn has_header(&self, name: Option<&str>) -> bool {
        self.names.len() > 1 || name.is_some()
    }
}

/// What the CSV reader complains about, with the line.
fn wrong(path: &str, error: &csv::Error) -> String {
    let line = error.position().map_or(0, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => format!("{path}, line {line}: this is not UTF-8 text"),
        _ => format!("{path}, line {line}: this line can't be read"),
    }
}
