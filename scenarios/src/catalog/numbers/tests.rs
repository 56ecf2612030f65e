use super::*;
use crate::catalog::{latency, prices};

fn pages() -> Vec<String> {
    let mut pages = vec![
        latency_table(None),
        latency_table(Some(1995)),
        latency_table(Some(2020)),
        nines_table(),
        failures_table(),
        powers_of_two_table(),
        prices_table(None),
        prices_table(Some("c7g")),
        prices_table(Some("no such thing")),
    ];
    pages.extend(latency::names().map(|name| latency_page(name).unwrap()));
    pages
}

#[test]
fn pages_fit_a_terminal() {
    for page in pages() {
        assert!(page.ends_with('\n') && !page.ends_with("\n\n"), "{page}");
        for line in page.lines() {
            assert!(
                line.chars().count() <= 100,
                "{} columns: {line}",
                line.chars().count()
            );
            assert_eq!(line.trim_end(), line);
        }
    }
}

#[test]
fn every_entry_is_on_its_page() {
    let (famous, year) = (latency_table(None), latency_table(Some(2015)));
    for entry in latency::entries() {
        let row = format!("  {} ", entry.name);
        assert!(famous.contains(&row) && year.contains(&row), "{}", entry.name);
    }
    let prices = prices_table(None);
    for name in prices::names() {
        assert!(prices.contains(&format!("  {name} ")), "{name}");
    }
}

#[test]
fn a_filter_keeps_what_it_names() {
    let page = prices_table(Some("DB.r7g"));
    assert!(page.contains("db.r7g.2xlarge") && !page.contains("c7g.xlarge"));
    assert_eq!(
        prices_table(Some("nothing")),
        "No price is known for \"nothing\".\n"
    );
}

#[test]
fn nines_read_as_people_know_them() {
    let page = nines_table();
    let table: String = page.lines().take(13).map(|line| format!("{line}\n")).collect();
    insta::assert_snapshot!(table, @r"
    Downtime that an availability allows

      availability          year     30 days        week         day
      90%                 36.5 d         3 d      16.8 h       2.4 h
      95%                 18.3 d       1.5 d       8.4 h       1.2 h
      99%                 3.65 d       7.2 h      1.68 h    14.4 min
      99.5%               1.83 d       3.6 h    50.4 min     7.2 min
      99.9%               8.76 h    43.2 min    10.1 min    1.44 min
      99.95%              4.38 h    21.6 min    5.04 min      43.2 s
      99.99%            52.6 min    4.32 min    1.01 min      8.64 s
      99.995%           26.3 min    2.16 min      30.2 s      4.32 s
      99.999%           5.26 min      25.9 s      6.05 s      864 ms
      99.9999%            31.5 s      2.59 s      605 ms     86.4 ms
    ");
}

#[test]
fn famous_figures_stand_side_by_side() {
    let page = latency_table(None);
    let rows: String = [
        "memory-reference",
        "ssd-random-read",
        "memory-sequential-read",
        "ca-netherlands",
    ]
    .iter()
    .filter_map(|name| page.lines().find(|line| line.starts_with(&format!("  {name}"))))
    .map(|line| format!("{line}\n"))
    .collect();
    insta::assert_snapshot!(rows, @r"
      memory-reference                   100 ns      100 ns      100 ns     89.5 ns  2024 e     1.49 min
      ssd-random-read                                            150 us      100 us  2026 d    1.16 days
      memory-sequential-read        256 ns/KiB?  256 ns/KiB  256 ns/KiB 47.7 ns/KiB  2026 d       47.7 s
      ca-netherlands-round-trip         150 ms?      150 ms      150 ms      150 ms  2012 c   4.76 years
    ");
}

#[test]
fn one_number_shows_all_that_is_known() {
    insta::assert_snapshot!(latency_page("ssd-read").unwrap(), @r"
    ssd-random-read: random read of 4-8 KiB from SSD
      written ops(2 ssd-random-read)
      also called ssd-read
      4 KB in 2012, 8 KiB in 2026

      2012        150 us  typical
            Jonas Boner, Latency Numbers Every Programmer Should Know
      2026        100 us  typical
            Simon Eskildsen, napkin-math, re-measured on a GCP c4-standard-48-lssd
      2026         16 us  formula
            Colin Scott, Interactive latencies: formulas by year
    ");
    assert_eq!(latency_page("no-such-number"), None);
}
