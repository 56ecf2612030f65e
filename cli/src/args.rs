//! What may be written on the command line.

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use scenarios::comparison::Figure;

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 an objective is missed or can't be decided (with --check); 2 the scenario or the arguments are
wrong; 3 the simulated system ran away; 4 a file can't be read or written; 101 a bug of ours; 130 stopped by Ctrl-C.";

/// How deep may a distributed system be loaded and still come home? A deterministic capacity simulator.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Simulate a scenario, each of its variants, and print latencies, availability and cost
    Run(Once),
    /// Simulate every combination of the values of the sweep table and of --vary; write charts and data
    Sweep(Sweep),
    /// Say of each variant whether it is better than the first one, worse, the same, or can't be told
    Compare(Compare),
    /// Find the largest load at which the objective is met, with an interval, and what breaks first
    Limit(Limit),
    /// Read a scenario and report every problem, without simulating anything
    Check(Check),
    /// List the scenarios that come with the program, with the question each of them asks
    List,
    /// Print a scenario that comes with the program, to be saved and changed
    Show {
        /// Its name, as `list` shows it
        name: String,
    },
    /// Print the reference of the scenario language: every table, key, policy, law and number, in Markdown
    Reference,
    /// Print the numbers that every programmer should know: latencies, availability, prices
    Numbers(Numbers),
}

/// Which scenario, and what is changed in it.
#[derive(Debug, Group)]
pub struct Input {
    /// A file (.toml or .json), the name of a scenario that comes with the program, or - for the standard input
    #[arg(value_name = "SCENARIO")]
    pub scenario: PathBuf,
    /// Change a value of the scenario, such as service.api.instances=4; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Only this variant of the scenario; may be repeated
    #[arg(long, value_name = "NAME")]
    pub variant: Vec<String>,
}

/// How much is simulated.
#[derive(Clone, Copy, Debug, Group)]
pub struct Effort {
    /// Where all randomness begins, instead of the scenario's run.seed
    #[arg(long)]
    pub seed: Option<u64>,
    /// Independent trials of each point, instead of the scenario's run.trials
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub trials: Option<u32>,
    /// Threads; as many as there are processors, unless said. The results are the same
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Show no progress
    #[arg(long, short)]
    pub quiet: bool,
}

/// `run` and `sweep`.
#[derive(Debug, Group)]
pub struct Run {
    #[command(flatten)]
    pub input: Input,
    /// Vary a value: service.api.instances=2,4,8 or "clients.users.rate=100/s .. 900/s in 5 steps"; may be repeated
    #[arg(long, value_name = "PATH=VALUES")]
    pub vary: Vec<String>,
    #[command(flatten)]
    pub effort: Effort,
    /// Print one JSON document instead of tables
    #[arg(long)]
    pub json: bool,
    /// Write results.json, results.csv and the charts into this folder; `run` writes timelines too
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// The kind of charts (a timeline comes as both)
    #[arg(long, value_enum, default_value_t = Format::Svg)]
    pub format: Format,
    /// Exit with 1 if an objective of the scenario is missed or can't be decided
    #[arg(long)]
    pub check: bool,
}

/// `run`.
#[derive(Debug, Group)]
pub struct Once {
    #[command(flatten)]
    pub run: Run,
    #[command(flatten)]
    pub trace: Trace,
}

/// Which requests are shown one by one.
#[derive(Debug, Group)]
pub struct Trace {
    /// Write the way of every request into this file: .csv has one row a visit of a component by a call of the request, .json
    /// opens in Perfetto (ui.perfetto.dev). The first row of each attempt is the clients' own. The results stay the same
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    /// With --trace: of this share of the requests only, such as 1% or 0.01. The same numbers of the same clients in each
    /// variant
    #[arg(long, value_name = "SHARE", default_value = "100%", value_parser = share, requires = "trace")]
    pub trace_share: f64,
    /// With --trace: in this trial, from 1
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000), requires = "trace")]
    pub trace_trial: u32,
    /// With --trace: this many rows at most; how many more there were is said
    #[arg(long, value_name = "ROWS", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..=100_000_000), requires = "trace")]
    pub trace_limit: u32,
}

/// `sweep`.
#[derive(Debug, Group)]
pub struct Sweep {
    #[command(flatten)]
    pub run: Run,
    /// Simulate everything again instead of going on with the points that an earlier sweep left in the folder
    #[arg(long)]
    pub fresh: bool,
}

/// `compare`.
#[derive(Debug, Group)]
pub struct Compare {
    #[command(flatten)]
    pub input: Input,
    /// A second scenario, to be compared with the first, instead of the first one's variants
    #[arg(value_name = "SCENARIO2")]
    pub second: Option<PathBuf>,
    /// A difference up to this share of the first one's value doesn't matter, such as 2% or 0.02
    #[arg(long, value_name = "SHARE", default_value = "1%", value_parser = share)]
    pub tolerance: f64,
    /// What to compare instead of the usual: a list of mean, p50, p90, p95, p99, p99.9, goodput, availability, utilization,
    /// queue-length, hit-ratio, stale-reads, replica-lag, cost
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = measure)]
    pub measure: Vec<&'static [Figure]>,
    #[command(flatten)]
    pub effort: Effort,
    /// Print one JSON document instead of a table
    #[arg(long)]
    pub json: bool,
    /// Write comparison.json and the chart of differences into this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// The kind of chart
    #[arg(long, value_enum, default_value_t = Format::Svg)]
    pub format: Format,
}

/// `limit`.
#[derive(Debug, Group)]
pub struct Limit {
    #[command(flatten)]
    pub input: Input,
    /// The load and the range to look in: clients.users.rate=100/s..9000/s
    #[arg(long, value_name = "PATH=A..B")]
    pub vary: String,
    #[command(flatten)]
    pub effort: Effort,
    /// Print one JSON document instead of words and a table
    #[arg(long)]
    pub json: bool,
    /// Write limit.json, the curve's data and its charts into this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// The kind of charts
    #[arg(long, value_enum, default_value_t = Format::Svg)]
    pub format: Format,
    /// Exit with 1 if the objective is met nowhere, or the limit can't be told
    #[arg(long)]
    pub check: bool,
}

/// `check`.
#[derive(Debug, Group)]
pub struct Check {
    #[command(flatten)]
    pub input: Input,
    /// List what is assumed because the scenario doesn't say it
    #[arg(long)]
    pub assumptions: bool,
}

/// `numbers`.
#[derive(Debug, Group)]
pub struct Numbers {
    /// latency, nines, powers, prices, failures, or the name of one latency; latency unless said
    pub page: Option<String>,
    /// With prices: only those whose name or description contains this
    pub filter: Option<String>,
    /// Latencies as they were in this year
    #[arg(long, value_parser = clap::value_parser!(i32).range(1990..=2030))]
    pub year: Option<i32>,
}

/// The kind of charts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Scalable
    Svg,
    /// Pixels
    Png,
}

impl From<Format> for reports::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Svg => Self::Svg,
            Format::Png => Self::Png,
        }
    }
}

/// `2%` or `0.02`.
fn measure(text: &str) -> Result<&'static [Figure], String> {
    let found = Figure::WORDS.into_iter().find(|(word, _)| *word == text.trim());
    found.map(|(_, figures)| figures).ok_or_else(|| {
        format!(
            "expected one of {}",
            Figure::WORDS.map(|(word, _)| word).join(", ")
        )
    })
}

fn share(text: &str) -> Result<f64, String> {
    let (number, size) = match text.trim().strip_suffix('%') {
        Some(percent) => (percent, 0.01),
        None => (text, 1.0),
    };
    match number.trim().parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&(share * size)) => Ok(share * size),
        _ => Err("expected a share between 0 and 100%, such as 2% or 0.02".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_share_is_a_percentage_or_a_fraction() {
        assert_eq!(share("2%"), Ok(0.02));
        assert_eq!(share("0.02"), Ok(0.02));
        assert!(
            share("200%").is_err() && share("-1%").is_err() && share("NaN").is_err() && share("x").is_err()
        );
    }
}
