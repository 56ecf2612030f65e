//! Prices as a page: instance types by family, then what else is on a bill.

use std::fmt::Write as _;

use super::human::dollars;
use super::legend::Legend;
use super::without_trailing_blanks;
use crate::catalog::prices::{self, Discounted, HOURS_PER_MONTH, Instance};

/// Instance types whose name or description contains `filter`, and other prices that do; all of them without one.
pub fn prices_table(filter: Option<&str>) -> String {
    let wanted = filter.map(str::to_lowercase);
    let matches = |texts: [&str; 2]| {
        wanted
            .as_ref()
            .is_none_or(|part| texts.iter().any(|text| text.to_lowercase().contains(part)))
    };
    let mut legend = Legend::default();
    let mut rows = String::new();
    let mut heading = "";
    for instance in prices::instances()
        .iter()
        .filter(|instance| matches([&instance.name, instance.what]))
    {
        if instance.what != heading {
            heading = instance.what;
            let _ = writeln!(rows, "\n{heading}");
        }
        price_row(&mut rows, &mut legend, instance);
    }
    let mut page = String::new();
    if !rows.is_empty() {
        let place = "AWS us-east-1, Linux, USD";
        let _ = writeln!(
            page,
            "{place}, catalogue of {}; a month is {HOURS_PER_MONTH} hours\n",
            prices::CATALOGUE_DATE
        );
        page.push_str("                           vCPU   memory GiB      an hour      a month    reserved        spot\n");
        page.push_str(rows.trim_start_matches('\n'));
    }
    let others: Vec<_> = prices::services()
        .iter()
        .filter(|row| matches([&row.name, &row.what]))
        .collect();
    if !others.is_empty() {
        page.push_str(if page.is_empty() {
            "Other prices, USD\n\n"
        } else {
            "\nOther prices, USD\n\n"
        });
    }
    for row in others {
        let mark = legend.mark(&row.source);
        let _ = writeln!(
            page,
            "  {:<50}{:>12} per {:<20}{mark}",
            row.what,
            dollars(row.usd),
            row.per
        );
    }
    if page.is_empty() {
        return format!("No price is known for {:?}.\n", filter.unwrap_or_default());
    }
    page.push_str(
        "\nReserved: an hour, one year, nothing up front. ~ marks an estimate by the ratio of other types.\n",
    );
    page.push_str("* vCPU and memory were not looked up.\n\n");
    page.push_str(&legend.text());
    without_trailing_blanks(&page)
}

fn price_row(rows: &mut String, legend: &mut Legend, instance: &'static Instance) {
    const GIB: f64 = (1_u64 << 30) as f64;
    let mark = legend.mark_checked(instance.source, instance.price_checked);
    let star = if instance.shape_checked { " " } else { "*" };
    let vcpu = instance.vcpu.map_or(String::new(), |vcpu| vcpu.to_string());
    let memory = instance.memory_bytes.map_or(String::new(), |bytes| {
        // Two decimals: what a cache leaves to its user is no round number.
        let text = format!("{:.2}", bytes as f64 / GIB);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    });
    let less = |price: Option<Discounted>| {
        price.map_or(String::new(), |price| {
            let about = if price.source.is_none() { "~" } else { "" };
            format!("{about}{}", dollars(price.usd_per_hour))
        })
    };
    let _ = write!(rows, "  {:<22}{:>7}{star}{memory:>12}", instance.name, vcpu);
    let _ = write!(
        rows,
        "{:>13}{:>13}",
        dollars(instance.usd_per_hour),
        dollars(instance.usd_per_month())
    );
    match instance.usd_per_unit_hour {
        Some(unit) => {
            let _ = writeln!(rows, "  + {} a unit  {mark}", dollars(unit));
        }
        None => {
            let _ = writeln!(
                rows,
                "{:>12}{:>12}  {mark}",
                less(instance.reserved),
                less(instance.spot)
            );
        }
    }
}
