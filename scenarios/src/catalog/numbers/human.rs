//! Figures as people read them: three digits, a unit that fits, columns that line up.

/// A number with three significant digits and no zeros that say nothing.
pub(super) fn three_digits(value: f64) -> String {
    let rounded: f64 = format!("{value:.2e}").parse().unwrap_or(value);
    let decimals = match rounded.abs() {
        x if x >= 100.0 => 0,
        x if x >= 10.0 => 1,
        x if x >= 1.0 => 2,
        x if x >= 0.1 => 3,
        x if x >= 0.01 => 4,
        _ => 6,
    };
    let text = format!("{rounded:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// The largest of `units` (size and name, growing) of which there is at least one, else the first.
fn scaled(value: f64, units: &[(f64, &str)]) -> String {
    // Compared after rounding, so that 999.9 ns are 1 us and not 1000 ns.
    let rounded: f64 = format!("{value:.2e}").parse().unwrap_or(value);
    let (size, unit) = units
        .iter()
        .rev()
        .find(|(size, _)| rounded >= *size)
        .unwrap_or(&units[0]);
    format!("{} {unit}", three_digits(value / size))
}

/// A time in nanoseconds: `100 ns`, `0.5 ns`, `250 us`, `1.5 s`.
pub(super) fn time(nanos: f64) -> String {
    scaled(nanos, &[(1.0, "ns"), (1e3, "us"), (1e6, "ms"), (1e9, "s")])
}

/// A time in seconds, as long as it may be: `8.64 s`, `43.2 min`, `3.65 d`.
pub(super) fn long_time(seconds: f64) -> String {
    if seconds < 1.0 {
        return time(seconds * 1e9);
    }
    scaled(
        seconds,
        &[(1.0, "s"), (60.0, "min"), (3600.0, "h"), (86_400.0, "d")],
    )
}

/// A time on the scale on which a nanosecond lasts a second: `0.5 s`, `1.67 min`, `4.75 years`.
pub(super) fn in_slow_motion(nanos: f64) -> String {
    const YEAR: f64 = 31_536_000.0;
    scaled(
        nanos,
        &[
            (1.0, "s"),
            (60.0, "min"),
            (3600.0, "h"),
            (86_400.0, "days"),
            (YEAR, "years"),
        ],
    )
}

/// A range of times in seconds, or one time if both ends are the same.
pub(super) fn long_time_range([low, high]: [f64; 2]) -> String {
    if low == high {
        long_time(low)
    } else {
        format!("{} to {}", long_time(low), long_time(high))
    }
}

/// A range, or one value if both ends are the same.
pub(super) fn range([low, high]: [f64; 2]) -> String {
    if low == high {
        three_digits(low)
    } else {
        format!("{} to {}", three_digits(low), three_digits(high))
    }
}

/// An amount of dollars: cents where there are whole ones, four digits below that.
pub(super) fn dollars(usd: f64) -> String {
    if usd >= 10.0 {
        format!("{usd:.2}")
    } else if usd >= 0.01 || usd == 0.0 {
        format!("{usd:.4}")
    } else {
        format!("{usd:.8}").trim_end_matches('0').to_owned()
    }
}

/// A whole number with a comma between thousands.
pub(super) fn grouped(value: u128) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_take_the_unit_that_fits() {
        let cases = [
            (0.5, "0.5 ns"),
            (100.0, "100 ns"),
            (999.9, "1 us"),
            (250_000.0, "250 us"),
            (8e6, "8 ms"),
            (1.5e9, "1.5 s"),
        ];
        for (nanos, text) in cases {
            assert_eq!(time(nanos), text);
        }
        assert_eq!(long_time(0.0864), "86.4 ms");
        assert_eq!(long_time(2592.0), "43.2 min");
        assert_eq!(long_time(31_536.0), "8.76 h");
        assert_eq!(in_slow_motion(1.5e8), "4.76 years");
        assert_eq!(in_slow_motion(0.5), "0.5 s");
    }

    #[test]
    fn numbers_keep_three_digits() {
        for (value, text) in [
            (0.0, "0"),
            (0.0136, "0.0136"),
            (1.0, "1"),
            (11.57, "11.6"),
            (1234.0, "1230"),
        ] {
            assert_eq!(three_digits(value), text);
        }
        assert_eq!(grouped(1 << 30), "1,073,741,824");
        assert_eq!(grouped(1), "1");
        assert_eq!(dollars(0.145), "0.1450");
        assert_eq!(dollars(0.000_016_666_7), "0.00001667");
    }
}
