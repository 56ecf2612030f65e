//! Decimal numbers, kept as digits and a power of ten until their unit is known.

/// `digits * 10^exponent`, never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    digits: u64,
    exponent: i32,
}

/// How many bytes at the start of a text are a number: digits with underscores, a point, an exponent.
pub(super) fn length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while at < bytes.len() && (bytes[at].is_ascii_digit() || (bytes[at] == b'_' && at > 0)) {
            at += 1;
        }
        at
    };
    let mut end = digits(0);
    if end == 0 {
        return 0;
    }
    if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            end = digits(end + 1 + sign);
        }
    }
    end
}

impl Decimal {
    /// Reads a whole text; none if it is not a number, or has more than 18 significant digits or an absurd exponent.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if length(text) != text.len() || text.is_empty() {
            return None;
        }
        let text: String = text.chars().filter(|c| *c != '_').collect();
        let (mantissa, power) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
            None => (&text[..], 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let fraction = fraction.trim_end_matches('0');
        let digits = format!("{whole}{fraction}");
        let digits = digits.trim_start_matches('0');
        if digits.len() > 18 || fraction.len() > 300 || !(-300..=300).contains(&power) {
            return None;
        }
        let digits = if digits.is_empty() {
            0
        } else {
            digits.parse().ok()?
        };
        Some(Self {
            digits,
            exponent: power - i32::try_from(fraction.len()).ok()?,
        })
    }

    /// The number times the size of a unit, rounded once where the result is not representable.
    #[must_use]
    pub fn times(self, size: f64) -> f64 {
        // Units at least as large as one are whole numbers: in integers `0.1 us` is exact.
        if size >= 1.0 && self.digits > 0 {
            let product = u128::from(self.digits) * u128::from(size as u64);
            return scaled(product, self.exponent);
        }
        // A percent sign moves the decimal point, nothing else.
        if size == 0.01 {
            return scaled(u128::from(self.digits), self.exponent - 2);
        }
        if size > 0.0 && (1.0 / size).round() * size == 1.0 {
            return scaled(u128::from(self.digits), self.exponent) / (1.0 / size).round();
        }
        scaled(u128::from(self.digits), self.exponent) * size
    }
}

/// `digits * 10^exponent`, correctly rounded by the standard library's decimal reader.
fn scaled(digits: u128, exponent: i32) -> f64 {
    format!("{digits}e{exponent}").parse().unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_ends_where_its_unit_begins() {
        for (text, expected) in [
            ("250ms", 3),
            ("1.5e3s", 5),
            ("1e", 1),
            ("1_000/s", 5),
            ("1..2", 1),
            ("_1", 0),
            ("", 0),
        ] {
            assert_eq!(length(text), expected, "{text}");
        }
    }

    #[test]
    fn no_digit_is_lost_before_the_unit() {
        assert_eq!(Decimal::parse("0.3").map(|d| d.times(1e9)), Some(300_000_000.0));
        assert_eq!(Decimal::parse("99.95").map(|d| d.times(0.01)), Some(0.9995));
        assert_eq!(Decimal::parse("1.2.3"), None);
        assert_eq!(Decimal::parse("12345678901234567890"), None);
    }
}
