//! One row a visit, in the order of arrival; times in seconds from the start of the trial.
//!
//! Quoting follows RFC 4180 (Shafranovich 2005). What did not happen is an empty field: `key` of a request without one, `started_s`
//! of a call that no worker took, `ended_s` and `outcome` of a call that was still there when the trial ended.

use std::io::{self, Write};

use super::{Trace, outcome, seconds};

/// The header.
pub const COLUMNS: &str =
    "client,request,op,key,attempt,component,instance,arrived_s,started_s,ended_s,outcome";

/// Writes the table with its header.
///
/// # Errors
/// When `out` can't be written.
pub fn write(trace: &Trace<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{COLUMNS}")?;
    for visit in trace.visits() {
        let request = trace.request(visit);
        let key = request.key.map(|k| k.to_string()).unwrap_or_default();
        let started = visit.started.map(seconds).unwrap_or_default();
        let (ended, how) = match visit.ended {
            Some((at, end)) => (seconds(at), outcome(end)),
            None => (String::new(), ""),
        };
        writeln!(
            out,
            "{},{},{},{key},{},{},{},{},{started},{ended},{how}",
            quoted(trace.client(visit)),
            request.number,
            quoted(trace.op(visit)),
            visit.attempt,
            quoted(trace.component(visit.place)),
            visit.instance,
            seconds(visit.arrived),
        )?;
    }
    Ok(())
}

fn quoted(name: &str) -> String {
    if name.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}
