//! The pages that `plimsoll numbers` prints: the catalogue as a person reads it, at most 100 columns wide.

use std::fmt::Write as _;

use super::availability::{self, DAY_S, NINES, YEAR_S};
use super::prices::HOURS_PER_MONTH;
use human::{grouped, long_time, long_time_range, range, three_digits};
use legend::Legend;

pub use latency_pages::{latency_page, latency_table};
pub use prices_page::prices_table;

mod human;
mod latency_pages;
mod legend;
mod prices_page;

/// What an availability allows: downtime by window, and what providers promise.
pub fn nines_table() -> String {
    let mut page = String::from("Downtime that an availability allows\n\n");
    let _ = writeln!(
        page,
        "  {:<14}{:>12}{:>12}{:>12}{:>12}",
        "availability", "year", "30 days", "week", "day"
    );
    for nines in NINES {
        let _ = write!(page, "  {:<14}", percent(nines));
        for days in [365.0, 30.0, 7.0, 1.0] {
            let _ = write!(
                page,
                "{:>12}",
                long_time(availability::downtime_s(nines, days * DAY_S))
            );
        }
        page.push('\n');
    }
    page.push_str("\nIn a row they multiply: 99.99% x 99.99% x 99.95% = 99.93%.\n");
    page.push_str(
        "Side by side the gaps multiply, if failures are independent: two of 99.5% make 99.9975%.\n",
    );
    page.push_str("\nPromised by providers (below it they pay; it is no forecast)\n\n");
    let mut legend = Legend::default();
    for row in availability::promises() {
        let mark = legend.mark_checked(&row.source, row.verified);
        let down = match row.availability {
            1.0 => "none".to_owned(),
            promised => long_time(availability::downtime_s(promised, YEAR_S)) + " a year",
        };
        let _ = writeln!(
            page,
            "  {:<38}{:>9}  {mark:<3}{down:>18}",
            row.what,
            percent(row.availability)
        );
    }
    page.push('\n');
    page.push_str(&legend.text());
    without_trailing_blanks(&page)
}

/// What fails how often, and how long until it is back.
pub fn failures_table() -> String {
    let mut legend = Legend::default();
    let mut page = String::from(
        "Failures a year of one part (of a cluster: in its first year), and the time until it is back\n\n",
    );
    for row in availability::parts() {
        let back = row.repair_s.map_or(String::new(), long_time_range);
        let mark = legend.mark(&row.source);
        let _ = writeln!(
            page,
            "  {:<46}{:>17}  {back:<15} {mark}",
            row.what,
            range(row.per_year)
        );
    }
    page.push_str("\nTimes of repair\n\n");
    for row in availability::repairs() {
        let mark = legend.mark_checked(&row.source, row.verified);
        let _ = writeln!(
            page,
            "  {:<48}  {:<18} {mark}",
            row.what,
            long_time_range(row.seconds)
        );
    }
    page.push_str("\nFailures are not independent\n\n");
    for row in availability::facts() {
        let value = format!("{} {}", range(row.value), row.unit);
        let _ = writeln!(page, "  {:<64}{value} {}", row.what, legend.mark(&row.source));
    }
    page.push('\n');
    page.push_str(&legend.text());
    without_trailing_blanks(&page)
}

/// Powers of two with their names, and facts for estimates in the head.
pub fn powers_of_two_table() -> String {
    let mut page = String::from("Powers of two\n\n");
    let rows = [
        (10, "thousand", "1 KiB"),
        (16, "65 thousand", "64 KiB"),
        (20, "million", "1 MiB"),
        (30, "billion", "1 GiB"),
        (32, "4.3 billion", "4 GiB"),
        (40, "trillion", "1 TiB"),
        (50, "quadrillion", "1 PiB"),
        (60, "quintillion", "1 EiB"),
        (64, "18 quintillion", "16 EiB"),
    ];
    for (exponent, about, bytes) in rows {
        let exact = grouped(1_u128 << exponent);
        let _ = writeln!(page, "  2^{exponent:<4}{exact:>28}   {about:<16}{bytes:>8}");
    }
    page.push_str("\nHandy facts\n\n");
    let per_day = |count: f64| format!("{}/s", three_digits(count / DAY_S));
    let facts = [
        ("seconds of a day", "86,400: about 10^5".to_owned()),
        ("seconds of a year", "31,536,000: about pi x 10^7".to_owned()),
        ("1 million requests a day", per_day(1e6)),
        ("100 million requests a day", per_day(1e8)),
        ("1 billion requests a day", per_day(1e9)),
        (
            "1000 requests/s",
            format!("{} million a day", three_digits(1e3 * DAY_S / 1e6)),
        ),
        (
            "1 KB a second, kept for a year",
            format!("{} GB", three_digits(1e3 * YEAR_S / 1e9)),
        ),
        ("1 Gbit/s", "125 MB/s, 1 KB in 8 us".to_owned()),
        (
            "light in fibre",
            "200 km in 1 ms: 100 km of distance cost 1 ms of round trip".to_owned(),
        ),
        ("hours of a month on a bill", three_digits(HOURS_PER_MONTH)),
        (
            "in the system = rate x time in it",
            "1000/s at 50 ms: 50 requests at once (Little 1961)".to_owned(),
        ),
    ];
    for (fact, value) in facts {
        let _ = writeln!(page, "  {fact:<36}{value}");
    }
    page
}

/// 0.9995 as `99.95%`: as many digits as are needed.
fn percent(fraction: f64) -> String {
    let text = format!("{:.4}", fraction * 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned() + "%"
}

fn without_trailing_blanks(page: &str) -> String {
    page.lines()
        .fold(String::with_capacity(page.len()), |mut text, line| {
            text.push_str(line.trim_end());
            text.push('\n');
            text
        })
}

#[cfg(test)]
mod tests;
