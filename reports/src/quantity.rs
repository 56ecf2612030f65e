//! Numbers as people read them: units that fit their size, three digits, thousands separated, the interval beside the value.
//!
//! A figure is shown to three significant digits, or to as many as its interval supports; an availability to as many
//! nines as it has and two digits more, since "99.9%" and "99.99%" are an hour and six minutes of a month.

use sim_core::stats::Estimate;

/// What a figure counts, which decides its unit and its digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A time, given in seconds.
    Seconds,
    /// A share close to one, given as a fraction.
    Availability,
    /// Any other share, given as a fraction.
    Share,
    /// Money, given in US dollars.
    Usd,
    /// Something per second.
    PerSecond,
    /// A plain number.
    Plain,
}

/// How a value of one size is written: what multiplies it and what stands around it.
struct Frame {
    factor: f64,
    prefix: &'static str,
    suffix: &'static str,
}

fn frame(unit: Unit, value: f64) -> Frame {
    let (factor, prefix, suffix) = match unit {
        Unit::Seconds => match value.abs() {
            0.0 => (1e3, "", " ms"),
            v if v < 999.5e-9 => (1e9, "", " ns"),
            v if v < 999.5e-6 => (1e6, "", " us"),
            v if v < 999.5e-3 => (1e3, "", " ms"),
            v if v < 600.0 => (1.0, "", " s"),
            v if v < 36_000.0 => (1.0 / 60.0, "", " min"),
            _ => (1.0 / 3600.0, "", " h"),
        },
        Unit::Availability | Unit::Share => (100.0, "", "%"),
        Unit::Usd => (1.0, "$", ""),
        Unit::PerSecond => (1.0, "", "/s"),
        Unit::Plain => (1.0, "", ""),
    };
    Frame {
        factor,
        prefix,
        suffix,
    }
}

/// Decimals that show `digits` significant digits of a number, between 0 and 9.
fn decimals(number: f64, digits: i32) -> usize {
    if number == 0.0 || !number.is_finite() {
        return 0;
    }
    // The exponent after rounding: 0.9996 to three digits is 1.00.
    let written = format!("{:.*e}", digits.max(1) as usize - 1, number.abs());
    let magnitude = written
        .split_once('e')
        .and_then(|(_, exponent)| exponent.parse().ok())
        .unwrap_or(0);
    (digits - 1 - magnitude).clamp(0, 9) as usize
}

/// Decimals of a value inside its frame (`number` is the value times the frame's factor).
fn value_decimals(unit: Unit, value: f64, number: f64) -> usize {
    match unit {
        Unit::Availability => {
            let lost = (1.0 - value) * 100.0;
            // Nothing lost is written "100%"; above 99 % the lost share decides.
            if lost <= 0.0 {
                0
            } else {
                decimals(lost.min(10.0), 2).min(7)
            }
        }
        Unit::Share if number.abs() >= 10.0 => 1,
        Unit::Share if number.abs() >= 1.0 => 2,
        Unit::Share => decimals(number, 2),
        Unit::Usd if number.abs() >= 100.0 => 0,
        Unit::Usd if number.abs() >= 1.0 => 2,
        Unit::Seconds | Unit::Usd | Unit::PerSecond | Unit::Plain => decimals(number, 3),
    }
}

/// A number with `decimals` decimals and its thousands separated by commas.
#[must_use]
pub fn grouped(number: f64, decimals: usize) -> String {
    if !number.is_finite() {
        return "—".to_owned();
    }
    if number.abs() >= 1e15 {
        return format!("{number:.2e}");
    }
    let written = format!("{:.decimals$}", number.abs());
    let (whole, fraction) = written.split_once('.').unwrap_or((&written, ""));
    let mut text = String::new();
    if number < 0.0 && written.bytes().any(|b| b.is_ascii_digit() && b != b'0') {
        text.push('-');
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// A value with its unit and no interval, such as `23.0 ms`, `99.95%` or `$1,234`.
#[must_use]
pub fn value(unit: Unit, value: f64) -> String {
    let Frame {
        factor,
        prefix,
        suffix,
    } = frame(unit, value);
    let number = value * factor;
    // Plain counts are whole far more often than not.
    let decimals = match unit {
        Unit::Plain | Unit::PerSecond if number.fract() == 0.0 => 0,
        _ => value_decimals(unit, value, number),
    };
    format!("{prefix}{}{suffix}", grouped(number, decimals))
}

/// A round number as an axis shows it: `20 ms`, not `20.0 ms`.
#[must_use]
pub fn round(unit: Unit, value: f64) -> String {
    let Frame {
        factor,
        prefix,
        suffix,
    } = frame(unit, value);
    let number = value * factor;
    let mut written = grouped(
        number,
        decimals(number, 4).max(usize::from(unit == Unit::Availability) * 5),
    );
    if written.contains('.') {
        written.truncate(written.trim_end_matches('0').trim_end_matches('.').len());
    }
    format!("{prefix}{written}{suffix}")
}

/// A figure with its 95 % interval: `23.0 ms ± 0.4`, or `23.0 ms (22.6 .. 24.1)` where the interval is lopsided.
///
/// A value without interval stands alone; [`without_interval`] says why. None when there is no value.
#[must_use]
pub fn estimate(unit: Unit, figure: &Estimate) -> Option<String> {
    let middle = figure.value.filter(|v| v.is_finite())?;
    let (Some(low), Some(high)) = (figure.low, figure.high) else {
        return Some(value(unit, middle));
    };
    if !(low.is_finite() && high.is_finite()) || (low == middle && high == middle) {
        return Some(value(unit, middle));
    }
    let Frame {
        factor,
        prefix,
        suffix,
    } = frame(unit, middle);
    let (number, below, above) = (middle * factor, (middle - low) * factor, (high - middle) * factor);
    let half = f64::midpoint(below, above);
    let base = value_decimals(unit, middle, number);
    let digits = base.max(decimals(half, 1)).min(base + 2);
    let show = |n: f64| grouped(n, digits);
    Some(if (below - above).abs() <= 0.25 * half.abs() {
        format!("{prefix}{}{suffix} ± {}", show(number), show(half))
    } else {
        format!(
            "{prefix}{}{suffix} ({} .. {})",
            show(number),
            show(low * factor),
            show(high * factor)
        )
    })
}

/// Whether a figure is known, and if not or only without interval, why: `not enough data; 8x the run would do`.
#[must_use]
pub fn without_interval(figure: &Estimate) -> Option<String> {
    let known = |bound: Option<f64>| bound.is_some_and(f64::is_finite);
    if known(figure.value) && known(figure.low) && known(figure.high) {
        return None;
    }
    Some(match figure.need.filter(|need| need.is_finite() && *need > 1.0) {
        Some(need) => format!("not enough data; {}x the run would do", grouped(need.ceil(), 0)),
        None => "not enough data".to_owned(),
    })
}

const BINARY: [(f64, &str); 4] = [
    (1_099_511_627_776.0, "TiB"),
    (1_073_741_824.0, "GiB"),
    (1_048_576.0, "MiB"),
    (1024.0, "KiB"),
];

/// What numbers up to `most` are counted in on an axis, so that its ticks are round: 3600 seconds, 1024 bytes, or 1.
#[must_use]
pub fn axis_step(unit: &str, most: f64) -> f64 {
    match unit {
        "B" => BINARY
            .iter()
            .map(|(size, _)| *size)
            .find(|size| most.abs() >= *size)
            .unwrap_or(1.0),
        "s" if most.abs() >= 36_000.0 => 3600.0,
        "s" if most.abs() >= 600.0 => 60.0,
        _ => 1.0,
    }
}

/// The number of an axis with its unit: `4,500/s`, `20 ms`, `8`.
#[must_use]
pub fn on_axis(unit: &str, value: f64) -> String {
    match unit {
        "1/s" => round(Unit::PerSecond, value),
        "s" => round(Unit::Seconds, value),
        "USD" => round(Unit::Usd, value),
        "" => round(Unit::Plain, value),
        "USD/h" => format!("{}/h", round(Unit::Usd, value)),
        "B" => {
            let size = axis_step("B", value);
            let unit = BINARY
                .iter()
                .find(|(known, _)| *known == size)
                .map_or("B", |(_, unit)| unit);
            format!("{} {unit}", round(Unit::Plain, value / size))
        }
        other => format!("{} {other}", round(Unit::Plain, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(unit: Unit, low: f64, middle: f64, high: f64, expect: &str) {
        let figure = Estimate {
            value: Some(middle),
            low: Some(low),
            high: Some(high),
            need: None,
        };
        assert_eq!(estimate(unit, &figure).as_deref(), Some(expect));
    }

    #[test]
    fn figures_carry_their_intervals() {
        check(Unit::Seconds, 0.0226, 0.023, 0.0234, "23.0 ms ± 0.4");
        check(Unit::Seconds, 0.0226, 0.023, 0.0251, "23.0 ms (22.6 .. 25.1)");
        check(Unit::Seconds, 0.022_98, 0.023, 0.023_02, "23.00 ms ± 0.02");
        check(Unit::Seconds, 0.00098, 0.001, 0.00102, "1.00 ms ± 0.02");
        check(Unit::Availability, 0.9993, 0.9995, 0.9997, "99.950% ± 0.020");
        check(Unit::Usd, 934.0, 934.0, 934.0, "$934");
        check(Unit::Usd, 1200.0, 1234.0, 1268.0, "$1,234 ± 34");
        check(Unit::Share, 0.5, 0.52, 0.54, "52.0% ± 2.0");
        check(Unit::Share, 2.1e-6, 3e-6, 3.9e-6, "0.00030% ± 0.00009");
    }

    #[test]
    fn units_fit_the_size() {
        let written: Vec<_> = [0.0, 3.2e-9, 4.56e-5, 0.9996, 1.5, 700.0, 1e5]
            .iter()
            .map(|v| value(Unit::Seconds, *v))
            .collect();
        assert_eq!(
            written,
            [
                "0 ms", "3.20 ns", "45.6 us", "1.00 s", "1.50 s", "11.7 min", "27.8 h"
            ]
        );
    }

    #[test]
    fn availability_shows_its_nines() {
        let written: Vec<_> = [1.0, 0.999_98, 0.9995, 0.98, 0.5, 0.0]
            .iter()
            .map(|v| value(Unit::Availability, *v))
            .collect();
        assert_eq!(written, ["100%", "99.9980%", "99.950%", "98.0%", "50%", "0%"]);
    }

    #[test]
    fn ticks_have_no_idle_zeros() {
        assert_eq!(on_axis("1/s", 4500.0), "4,500/s");
        assert_eq!(on_axis("s", 0.02), "20 ms");
        assert_eq!(on_axis("", 0.25), "0.25");
        assert_eq!(on_axis("B", 1_610_612_736.0), "1.5 GiB");
        assert_eq!(on_axis("B", 512.0), "512 B");
        assert_eq!(on_axis("USD/h", 0.17), "$0.17/h");
        assert_eq!(round(Unit::Availability, 0.9999), "99.99%");
        assert_eq!(round(Unit::Usd, 0.05), "$0.05");
    }

    #[test]
    fn what_is_missing_says_why() {
        let figure = Estimate {
            value: Some(0.1),
            low: None,
            high: None,
            need: Some(7.2),
        };
        assert_eq!(
            without_interval(&figure).as_deref(),
            Some("not enough data; 8x the run would do")
        );
        assert_eq!(
            without_interval(&Estimate::default()).as_deref(),
            Some("not enough data")
        );
        assert_eq!(estimate(Unit::Seconds, &Estimate::default()), None);
    }

    #[test]
    fn hostile_numbers_stay_short() {
        for bad in [
            f64::NAN,
            f64::INFINITY,
            -f64::MAX,
            f64::MAX,
            f64::MIN_POSITIVE,
            -0.0,
        ] {
            for unit in [Unit::Seconds, Unit::Availability, Unit::Usd, Unit::Plain] {
                assert!(value(unit, bad).chars().count() < 40, "{bad} {unit:?}");
                assert!(round(unit, bad).chars().count() < 40, "{bad} {unit:?}");
            }
        }
    }
}
