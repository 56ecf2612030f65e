//! What a point costs: hourly prices, and what was paid by the piece, over a month of 730 hours; and divided by what was
//! answered well in that time.

use sim_core::stats::Estimate;

use crate::results::{ClientFigures, Cost};

/// Hours of a month as clouds bill them: 365 days of 24 hours over 12.
const HOURS_PER_MONTH: f64 = 730.0;

/// The cost of a point, from the price of an hour of each component and what bytes and requests cost in an hour; none when nothing has a price.
#[must_use]
pub fn cost(
    usd_per_hour: &[Option<f64>],
    usage: &Estimate,
    clients: &[(String, ClientFigures)],
) -> Option<Cost> {
    let is_used = usage.value.is_some_and(|u| u > 0.0);
    if usd_per_hour.iter().all(Option::is_none) && !is_used {
        return None;
    }
    let month = |used: Option<f64>| -> Option<f64> {
        Some((usd_per_hour.iter().flatten().sum::<f64>() + used?) * HOURS_PER_MONTH)
    };
    let millions = 3600.0 * HOURS_PER_MONTH / 1e6;
    let goodput = |end: fn(&Estimate) -> Option<f64>| -> Option<f64> {
        clients.iter().map(|(_, c)| end(&c.goodput_per_s)).sum()
    };
    // A higher goodput makes a request cheaper, so the ends of the interval change places.
    let per_million = |used: Option<f64>, goodput: Option<f64>| -> Option<f64> {
        let goodput = goodput.filter(|g| *g > 0.0)?;
        Some(month(used)? / (goodput * millions))
    };
    Some(Cost {
        usd_per_month: Estimate {
            value: month(usage.value),
            low: month(usage.low),
            high: month(usage.high),
            need: None,
        },
        usd_per_million_ok: Estimate {
            value: per_million(usage.value, goodput(|e| e.value)),
            low: per_million(usage.low, goodput(|e| e.high)),
            high: per_million(usage.high, goodput(|e| e.low)),
            need: None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none() -> Estimate {
        Estimate::between(0.0, 0.0, 0.0)
    }

    #[test]
    fn a_month_of_two_instances_and_a_million_answers() {
        let client = ClientFigures {
            goodput_per_s: Estimate::between(90.0, 100.0, 110.0),
            ..ClientFigures::default()
        };
        let cost = cost(
            &[None, Some(0.2), Some(0.05)],
            &none(),
            &[("users".to_owned(), client.clone())],
        )
        .expect("there are prices");
        assert_eq!(cost.usd_per_month.value, Some(182.5));
        // 100/s for 2,628,000 s are 262.8 million.
        let per_million = cost.usd_per_million_ok;
        assert!((per_million.value.unwrap() - 182.5 / 262.8).abs() < 1e-12);
        assert!((per_million.low.unwrap() - 182.5 / (262.8 * 1.1)).abs() < 1e-12);
        assert!((per_million.high.unwrap() - 182.5 / (262.8 * 0.9)).abs() < 1e-12);
        // What is paid by the piece comes on top, with its own interval, and may be all there is.
        let usage = Estimate::between(0.5, 1.0, 1.5);
        let used = super::cost(&[None], &usage, &[("users".to_owned(), client)]).expect("bytes have a price");
        assert_eq!(used.usd_per_month, Estimate::between(365.0, 730.0, 1095.0));
        assert!((used.usd_per_million_ok.high.unwrap() - 1095.0 / (262.8 * 0.9)).abs() < 1e-12);
    }

    #[test]
    fn nothing_has_a_price() {
        assert_eq!(cost(&[None, None], &none(), &[]).map(|c| c.usd_per_month), None);
    }
}
