//! `plimsoll numbers`: what every programmer should know, with the source of every figure.

use scenarios::catalog::{latency, numbers};
use scenarios::diagnostic::did_you_mean;

use crate::args::Numbers;
use crate::exit::{Exit, Failure};
use crate::output;

const PAGES: [&str; 5] = ["latency", "nines", "powers", "prices", "failures"];

/// Prints a page.
///
/// # Errors
/// When there is no such page, or it can't be written.
pub fn numbers(args: &Numbers) -> Result<Exit, Failure> {
    let page = args.page.as_deref().unwrap_or("latency");
    if let Some(filter) = args.filter.as_deref().filter(|_| page != "prices") {
        return Err(Failure::wrong(format!(
            "\"{filter}\" is one word too many: only prices can be searched"
        )));
    }
    if args.year.is_some() && page != "latency" {
        return Err(Failure::wrong("--year is for the page of latencies only")
            .help("plimsoll numbers latency --year 2012"));
    }
    let text = match page {
        "latency" => numbers::latency_table(args.year),
        "nines" => numbers::nines_table(),
        "powers" => numbers::powers_of_two_table(),
        "prices" => numbers::prices_table(args.filter.as_deref()),
        "failures" => numbers::failures_table(),
        name => numbers::latency_page(name).ok_or_else(|| unknown(name))?,
    };
    output::print(&text)?;
    Ok(Exit::Done)
}

fn unknown(name: &str) -> Failure {
    let failure = Failure::wrong(format!("there is no page and no latency called \"{name}\""));
    let near = did_you_mean(name, PAGES.into_iter().chain(latency::names()));
    failure.help(near.unwrap_or_else(|| format!("the pages are {}", PAGES.join(", "))))
}
