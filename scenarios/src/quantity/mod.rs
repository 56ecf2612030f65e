//! Numbers with units, as people write them: `250ms`, `2000/s`, `4GiB`, `99.9%`, `$0.17/h`, `200k items`.
//!
//! Digits are kept as decimals until the unit is known, so that `0.1us` is exactly 100 ns.

mod decimal;

pub use decimal::Decimal;

/// What a quantity measures, and in which unit its value is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// A time in nanoseconds.
    Duration,
    /// Events per second.
    Rate,
    /// Bytes.
    Bytes,
    /// A share of one: `99.9%`, or `0.999`.
    Fraction,
    /// USD per hour.
    Price,
    /// Bytes per second: `10Gbit/s`, `100MB/s`.
    Bandwidth,
    /// USD per byte: `$0.09/GB`.
    PricePerByte,
    /// USD per call: `$0.30`, `$0.40/M`.
    PricePerCall,
    /// Things, such as keys: `200k items`, or `1_000_000`.
    Items,
    /// A number without a unit.
    Number,
}

/// A quantity that was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    /// What it measures.
    pub dimension: Dimension,
    /// How much, in the dimension's unit.
    pub value: f64,
}

/// Why a text is not the quantity that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantityError {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// Hours in a month, as clouds bill them: 365 days of 24 hours over twelve.
pub const HOURS_PER_MONTH: f64 = 730.0;

const DURATIONS: &[(&str, f64)] = &[
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("μs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("min", 60e9),
    ("h", 3600e9),
    ("d", 86_400e9),
    ("w", 604_800e9),
];
const RATES: &[(&str, f64)] = &[
    ("/s", 1.0),
    ("k/s", 1e3),
    ("M/s", 1e6),
    ("/m", 1.0 / 60.0),
    ("/min", 1.0 / 60.0),
    ("/h", 1.0 / 3600.0),
    ("/d", 1.0 / 86_400.0),
];
const BYTES: &[(&str, f64)] = &[
    ("B", 1.0),
    ("kB", 1e3),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
];
const FRACTIONS: &[(&str, f64)] = &[("%", 0.01)];
const PRICES: &[(&str, f64)] = &[("/h", 1.0), ("/d", 1.0 / 24.0), ("/month", 1.0 / HOURS_PER_MONTH)];
const BANDWIDTHS: &[(&str, f64)] = &[
    ("bit/s", 0.125),
    ("kbit/s", 125.0),
    ("Mbit/s", 125e3),
    ("Gbit/s", 125e6),
    ("Tbit/s", 125e9),
    ("B/s", 1.0),
    ("kB/s", 1e3),
    ("MB/s", 1e6),
    ("GB/s", 1e9),
    ("KiB/s", 1024.0),
    ("MiB/s", 1_048_576.0),
    ("GiB/s", 1_073_741_824.0),
];
const PRICES_PER_BYTE: &[(&str, f64)] = &[
    ("/GB", 1e-9),
    ("/TB", 1e-12),
    ("/MB", 1e-6),
    ("/GiB", 1.0 / 1_073_741_824.0),
];
const PRICES_PER_CALL: &[(&str, f64)] = &[("/k", 1e-3), ("/M", 1e-6)];
const ITEMS: &[(&str, f64)] = &[
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("items", 1.0),
    ("item", 1.0),
    ("k items", 1e3),
    ("M items", 1e6),
    ("G items", 1e9),
    ("keys", 1.0),
    ("k keys", 1e3),
    ("M keys", 1e6),
];

impl Dimension {
    /// The units with their sizes.
    fn units(self) -> &'static [(&'static str, f64)] {
        match self {
            Self::Duration => DURATIONS,
            Self::Rate => RATES,
            Self::Bytes => BYTES,
            Self::Fraction => FRACTIONS,
            Self::Price => PRICES,
            Self::Bandwidth => BANDWIDTHS,
            Self::PricePerByte => PRICES_PER_BYTE,
            Self::PricePerCall => PRICES_PER_CALL,
            Self::Items => ITEMS,
            Self::Number => &[],
        }
    }

    /// What it is, with an example.
    #[must_use]
    pub fn expected(self) -> &'static str {
        match self {
            Self::Duration => "expected a time such as \"250ms\"",
            Self::Rate => "expected a rate such as \"2000/s\"",
            Self::Bytes => "expected a size such as \"4GiB\"",
            Self::Fraction => "expected a share such as \"99.9%\" or 0.999",
            Self::Price => "expected a price such as \"$0.17/h\"",
            Self::Bandwidth => "expected a bandwidth such as \"10Gbit/s\"",
            Self::PricePerByte => "expected a price such as \"$0.09/GB\"",
            Self::PricePerCall => "expected a price such as \"$0.30\" or \"$0.40/M\"",
            Self::Items => "expected a number of things such as \"200k items\" or 200_000",
            Self::Number => "expected a number",
        }
    }

    /// What it is, for a sentence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Duration => "a time",
            Self::Rate => "a rate",
            Self::Bytes => "a size",
            Self::Fraction => "a share",
            Self::Price => "a price",
            Self::Bandwidth => "a bandwidth",
            Self::PricePerByte => "a price of bytes",
            Self::PricePerCall => "a price of a call",
            Self::Items => "a number of things",
            Self::Number => "a number",
        }
    }

    /// The unit to suggest for a bare number; none where a bare number is right.
    #[must_use]
    pub fn usual_unit(self) -> Option<&'static str> {
        match self {
            Self::Duration => Some("ms"),
            Self::Rate => Some("/s"),
            Self::Bytes => Some("MiB"),
            Self::Price => Some("/h"),
            Self::Bandwidth => Some("Gbit/s"),
            Self::PricePerByte => Some("/GB"),
            Self::PricePerCall | Self::Fraction | Self::Items | Self::Number => None,
        }
    }

    /// What to write instead of a bare number.
    #[must_use]
    pub fn suggestion(self, number: &str) -> Option<String> {
        let unit = self.usual_unit()?;
        let (dollar, meant) = match self {
            Self::Duration => ("", "milliseconds are"),
            Self::Rate => ("", "a rate per second is"),
            Self::Bytes => ("", "mebibytes are"),
            Self::Bandwidth => ("", "gigabits per second are"),
            Self::PricePerByte => ("$", "a price per gigabyte is"),
            _ => ("$", "a price per hour is"),
        };
        Some(format!("write \"{dollar}{number}{unit}\" if {meant} meant"))
    }

    /// The unit in which charts show it: seconds, per second, and so on; and how large it is in this dimension's own.
    #[must_use]
    pub fn chart_unit(self) -> (&'static str, f64) {
        match self {
            Self::Duration => ("s", 1e9),
            Self::Rate => ("1/s", 1.0),
            Self::Bytes => ("B", 1.0),
            Self::Price => ("USD/h", 1.0),
            Self::Bandwidth => ("B/s", 1.0),
            Self::PricePerByte => ("USD/B", 1.0),
            Self::PricePerCall => ("USD", 1.0),
            Self::Fraction | Self::Items | Self::Number => ("", 1.0),
        }
    }
}

/// Splits a text into its leading number and the rest, both without surrounding space.
#[must_use]
pub fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let length = decimal::length(text);
    (&text[..length], text[length..].trim())
}

/// Reads a quantity of a known dimension.
///
/// # Errors
/// What is wrong and what to write instead.
pub fn parse(text: &str, dimension: Dimension) -> Result<f64, QuantityError> {
    let wrong = |message: String, help: Option<String>| Err(QuantityError { message, help });
    let trimmed = text.trim();
    let body = match (dimension, trimmed.strip_prefix('$')) {
        (Dimension::Price | Dimension::PricePerByte | Dimension::PricePerCall, Some(rest)) => rest,
        (Dimension::Price | Dimension::PricePerByte | Dimension::PricePerCall, None)
            if decimal::length(trimmed) > 0 =>
        {
            return wrong(
                "a price begins with a dollar sign".into(),
                Some(format!("write \"${trimmed}\"")),
            );
        }
        _ => trimmed,
    };
    if let Some(rest) = body.strip_prefix('-')
        && decimal::length(rest) > 0
    {
        return wrong(format!("{} can't be negative", dimension.name()), None);
    }
    let (number, unit) = split(body);
    if number.is_empty() {
        return wrong(format!("\"{}\" is not {}", shorten(text), dimension.name()), None);
    }
    let Some(decimal) = Decimal::parse(number) else {
        return wrong(
            format!("\"{}\" is not a number that can be used", shorten(number)),
            None,
        );
    };
    let size = match dimension.units().iter().find(|u| u.0 == unit) {
        Some(found) => found.1,
        None if unit.is_empty() && dimension.usual_unit().is_none() => 1.0,
        None if unit.is_empty() => {
            return wrong(
                format!("{} needs a unit", dimension.name()),
                dimension.suggestion(number),
            );
        }
        None => {
            let known: Vec<&str> = dimension
                .units()
                .iter()
                .map(|u| u.0)
                .filter(|u| u.is_ascii())
                .collect();
            let other = belongs_to(unit).filter(|d| *d != dimension);
            let message = match other {
                Some(other) => format!(
                    "\"{}\" is {}, not {}",
                    shorten(text),
                    other.name(),
                    dimension.name()
                ),
                None => format!("\"{}\" is not a unit of {}", shorten(unit), dimension.name()),
            };
            let units = (!known.is_empty()).then(|| format!("units are {}", known.join(", ")));
            return wrong(message, units);
        }
    };
    let value = decimal.times(size);
    if value.is_finite() {
        Ok(value)
    } else {
        wrong(format!("\"{}\" is too large", shorten(text)), None)
    }
}

/// Reads a quantity whose dimension its unit tells; a bare number is a [`Dimension::Number`].
#[must_use]
pub fn parse_any(text: &str) -> Option<Quantity> {
    let text = text.trim();
    let body = text.strip_prefix('$').unwrap_or(text);
    let (number, unit) = split(body);
    let dimension = match (text.starts_with('$'), unit) {
        (true, unit) if PRICES_PER_BYTE.iter().any(|u| u.0 == unit) => Dimension::PricePerByte,
        (true, unit) if unit.is_empty() || PRICES_PER_CALL.iter().any(|u| u.0 == unit) => {
            Dimension::PricePerCall
        }
        (true, _) => Dimension::Price,
        (false, "") => Dimension::Number,
        (false, unit) => belongs_to(unit)?,
    };
    if number.is_empty() {
        return None;
    }
    parse(text, dimension)
        .ok()
        .map(|value| Quantity { dimension, value })
}

/// The dimension that has this unit.
fn belongs_to(unit: &str) -> Option<Dimension> {
    [
        Dimension::Duration,
        Dimension::Rate,
        Dimension::Bytes,
        Dimension::Fraction,
        Dimension::Items,
        Dimension::Bandwidth,
    ]
    .into_iter()
    .find(|d| d.units().iter().any(|u| u.0 == unit))
}

/// A number to so many significant digits, without trailing zeros.
#[must_use]
pub fn rounded(value: f64, digits: usize) -> String {
    // The standard library's scientific form rounds decimally; reading it back drops the zeros.
    format!("{value:.*e}", digits.max(1) - 1)
        .parse::<f64>()
        .map_or_else(|_| value.to_string(), |v| v.to_string())
}

/// The beginning of a text, for a message.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_exact_in_their_unit() {
        for (text, dimension, value) in [
            ("250ms", Dimension::Duration, 250e6),
            ("0.1us", Dimension::Duration, 100.0),
            ("1.5 µs", Dimension::Duration, 1500.0),
            ("30d", Dimension::Duration, 2_592e12),
            ("2_000/s", Dimension::Rate, 2000.0),
            ("6k/s", Dimension::Rate, 6000.0),
            ("60/min", Dimension::Rate, 1.0),
            ("4GiB", Dimension::Bytes, 4_294_967_296.0),
            ("99.9%", Dimension::Fraction, 0.999),
            ("0.999", Dimension::Fraction, 0.999),
            ("$0.17/h", Dimension::Price, 0.17),
            ("$730/month", Dimension::Price, 1.0),
            ("$0.30", Dimension::PricePerCall, 0.3),
            ("$0.25/k", Dimension::PricePerCall, 0.000_25),
            ("200k items", Dimension::Items, 200_000.0),
            ("1_000_000", Dimension::Items, 1e6),
            ("1e3", Dimension::Number, 1000.0),
        ] {
            assert_eq!(parse(text, dimension), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let message = |text, dimension| {
            let error = parse(text, dimension).expect_err(text);
            format!("{} | {}", error.message, error.help.unwrap_or_default())
        };
        assert_eq!(
            message("250", Dimension::Duration),
            "a time needs a unit | write \"250ms\" if milliseconds are meant"
        );
        assert_eq!(
            message("-5ms", Dimension::Duration),
            "a time can't be negative | "
        );
        assert_eq!(
            message("5ms", Dimension::Rate),
            "\"5ms\" is a time, not a rate | units are /s, k/s, M/s, /m, /min, /h, /d"
        );
        assert_eq!(message("nan", Dimension::Number), "\"nan\" is not a number | ");
        assert_eq!(
            message("1e400s", Dimension::Duration),
            "\"1e400\" is not a number that can be used | "
        );
        assert_eq!(
            message("0.17/h", Dimension::Price),
            "a price begins with a dollar sign | write \"$0.17/h\""
        );
    }

    #[test]
    fn the_unit_tells_the_dimension() {
        assert_eq!(parse_any("5/s").map(|q| q.dimension), Some(Dimension::Rate));
        assert_eq!(parse_any("7").map(|q| q.dimension), Some(Dimension::Number));
        assert_eq!(parse_any("round-robin"), None);
    }
}
