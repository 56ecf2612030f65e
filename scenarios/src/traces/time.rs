//! Points in time as traces write them, in nanoseconds, exactly.

use crate::quantity::{Decimal, shorten};

/// Nanoseconds since 1970 for a timestamp, or since whenever for seconds.
///
/// A timestamp is `YYYY-MM-DD`, a space or `T`, `HH:MM:SS` with up to nine decimals, and perhaps `Z`. Digits beyond the
/// ninth decimal are cut.
pub(super) fn parse(text: &str) -> Result<i128, String> {
    let wrong = || format!("\"{}\" is not a time in seconds or a timestamp", shorten(text));
    if let Some((day, clock)) = text.split_once([' ', 'T']) {
        let clock = clock
            .strip_suffix('Z')
            .or_else(|| clock.strip_suffix("+00:00"))
            .unwrap_or(clock);
        let mut parts = day.splitn(3, '-').map(|p| whole(p, 4));
        let (Some(Some(year)), Some(Some(month)), Some(Some(day))) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong());
        };
        let mut parts = clock.splitn(3, ':');
        let (Some(hour), Some(minute), Some(second)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong());
        };
        let (Some(hour), Some(minute), Some(second)) = (whole(hour, 2), whole(minute, 2), seconds(second))
        else {
            return Err(wrong());
        };
        if !(1..=12).contains(&month)
            || !(1..=31).contains(&day)
            || hour > 23
            || minute > 59
            || second >= 61 * SECOND
        {
            return Err(wrong());
        }
        return Ok((days(year, month, day) * 86_400 + hour * 3600 + minute * 60) * SECOND + second);
    }
    match seconds(text) {
        Some(nanos) => Ok(nanos),
        // An exponent, as some programs write seconds.
        None => match Decimal::parse(text).map(|d| d.times(1e9)) {
            Some(nanos) if nanos < 1e18 => Ok(nanos.round() as i128),
            _ => Err(wrong()),
        },
    }
}

const SECOND: i128 = 1_000_000_000;

/// A whole number of at most so many digits.
fn whole(text: &str, digits: usize) -> Option<i128> {
    let fits = (1..=digits).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

/// Decimal seconds in nanoseconds.
fn seconds(text: &str) -> Option<i128> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nanos = format!("{:0<9}", &fraction[..fraction.len().min(9)]);
    Some(whole(seconds, 12)? * SECOND + whole(&nanos, 9)?)
}

/// Days since 1970-01-01 in the Gregorian calendar, counted with years that begin in March so that a leap day is the
/// last of its year (E. G. Richards, "Calendars", in: Explanatory Supplement to the Astronomical Almanac, 2012).
fn days(year: i128, month: i128, day: i128) -> i128 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 719_469
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact() {
        for (text, nanos) in [
            ("0", 0),
            ("12.000000001", 12_000_000_001),
            ("1.9799600", 1_979_960_000),
            ("1e-3", 1_000_000),
            ("1970-01-01 00:00:00", 0),
            ("2000-03-01T00:00:00Z", 951_868_800 * SECOND),
            (
                "2023-11-16 18:17:03.9799600",
                1_700_158_623 * SECOND + 979_960_000,
            ),
        ] {
            assert_eq!(parse(text), Ok(nanos), "{text}");
        }
        for text in [
            "",
            "x",
            "-1",
            "1.",
            "2023-13-01 00:00:00",
            "2023-11-16 18:17",
            "nan",
            "99999999999999",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
