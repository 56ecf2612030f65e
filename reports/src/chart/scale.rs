//! Scales: from a figure to a height between zero and one, and the round numbers to label.
//!
//! The scale of nines places availability a at -log10(1 - a), so that 90 %, 99 % and 99.9 % are evenly spaced, which is how their
//! cost is spaced; it ends where the data end, since one itself lies infinitely high.

/// How an axis spreads its numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Evenly.
    Linear { low: f64, high: f64 },
    /// By factors of ten.
    Log { low: f64, high: f64 },
    /// By nines: the ends are numbers of nines; a `whole` scale stands for one at its upper end.
    Nines { low: f64, high: f64, whole: bool },
}

/// Steps of round numbers within a factor of ten.
const ROUND: [f64; 4] = [1.0, 2.0, 5.0, 10.0];

/// The smallest round number at or above a positive one.
fn round_up(value: f64) -> f64 {
    let power = 10f64.powi(value.log10().floor() as i32);
    ROUND
        .iter()
        .map(|step| step * power)
        .find(|round| *round >= value * (1.0 - 1e-9))
        .unwrap_or(value)
}

/// The largest round number at or below a positive one.
fn round_down(value: f64) -> f64 {
    let power = 10f64.powi(value.log10().floor() as i32);
    ROUND
        .iter()
        .rev()
        .map(|step| step * power)
        .find(|round| *round <= value * (1.0 + 1e-9))
        .unwrap_or(value)
}

/// What is drawn on a scale lies between these, so that no step, power or difference leaves the floats.
const SMALLEST: f64 = 1e-12;
const LARGEST: f64 = 1e18;

/// Nines beyond which availability is drawn as if it were one.
const MOST_NINES: f64 = 9.0;

impl Scale {
    /// A linear scale from zero where the numbers start near it; none without numbers.
    pub fn linear(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let (low, high) = range(numbers.into_iter().map(|n| n.clamp(-LARGEST, LARGEST)))?;
        let low = if low >= 0.0 && low <= high * 0.35 {
            0.0
        } else {
            low
        };
        if high - low <= high.abs().max(low.abs()) * 1e-9 {
            let margin = if high == 0.0 { 1.0 } else { high.abs() * 0.5 };
            return Some(Self::Linear {
                low: low - margin.min(low.abs()),
                high: high + margin,
            });
        }
        Some(Self::Linear { low, high })
    }

    /// A linear scale whose upper end is a round number.
    pub fn linear_rounded(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        match Self::linear(numbers)? {
            Self::Linear { low, high } => {
                let step = step(low, high, 6.0);
                Some(Self::Linear {
                    low: (low / step).floor() * step,
                    high: (high / step).ceil() * step,
                })
            }
            other => Some(other),
        }
    }

    /// The same for shares of a whole: there is nothing below none and above all.
    pub fn shares(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        match Self::linear_rounded(numbers)? {
            Self::Linear { low, high } => Some(Self::Linear {
                low: low.max(0.0),
                high: high.min(1.0),
            }),
            other => Some(other),
        }
    }

    /// A logarithmic scale; numbers that aren't positive have no place on it.
    pub fn log(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let positive = numbers
            .into_iter()
            .filter(|n| *n > 0.0)
            .map(|n| n.clamp(SMALLEST, LARGEST));
        let (low, high) = range(positive)?;
        let (low, high) = (round_down(low), round_up(high));
        Some(Self::Log {
            low,
            high: if high > low { high } else { low * 10.0 },
        })
    }

    /// A scale of nines that holds these availabilities; those of one add half a nine above the others.
    pub fn nines(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let (mut low, mut high, mut whole) = (f64::INFINITY, f64::NEG_INFINITY, false);
        for number in numbers.into_iter().filter(|n| !n.is_nan()) {
            let nines = nines(number);
            if nines > MOST_NINES {
                whole = true;
            } else {
                low = low.min(nines);
                high = high.max(nines);
            }
        }
        if !low.is_finite() {
            if !whole {
                return None;
            }
            (low, high) = (3.0, 4.0);
        }
        let low = (low * 2.0 - 0.2).floor().max(0.0) / 2.0;
        let high = (high + if whole { 0.6 } else { 0.1 }).max(low + 1.0);
        Some(Self::Nines { low, high, whole })
    }

    /// Where a number stands, from 0 at the low end to 1 at the high end; beyond them, at them.
    pub fn place(self, number: f64) -> f64 {
        let (number, low, high) = match self {
            Self::Linear { low, high } => (number, low, high),
            Self::Log { low, high } => (number.max(SMALLEST).log10(), low.log10(), high.log10()),
            Self::Nines { low, high, .. } => (nines(number), low, high),
        };
        let share = (number - low) / (high - low);
        if share.is_nan() {
            0.0
        } else {
            share.clamp(0.0, 1.0)
        }
    }

    /// The numbers to label, from low to high, about `many`; on a scale of nines that reaches past the data, one is the last.
    pub fn ticks(self, many: f64) -> Vec<f64> {
        match self {
            Self::Linear { low, high } => {
                let step = step(low, high, many);
                let first = (low / step - 1e-9).ceil();
                (0..100)
                    .map(|n| (first + f64::from(n)) * step)
                    .take_while(|tick| *tick <= high + step * 1e-9)
                    .map(|tick| if tick.abs() < step * 1e-9 { 0.0 } else { tick })
                    .collect()
            }
            Self::Log { low, high } => {
                let decades = (high / low).log10();
                let steps: &[f64] = match decades {
                    d if d <= 1.0 => &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0],
                    d if d <= 3.0 => &[1.0, 2.0, 5.0],
                    _ => &[1.0],
                };
                let stride = (decades / 9.0).ceil().max(1.0) as usize;
                let first = low.log10().floor() as i32;
                (first..=first + decades.ceil() as i32 + 1)
                    .step_by(stride)
                    .flat_map(|power| steps.iter().map(move |step| step * 10f64.powi(power)))
                    .filter(|tick| *tick >= low * (1.0 - 1e-9) && *tick <= high * (1.0 + 1e-9))
                    .collect()
            }
            Self::Nines { low, high, whole } => {
                let lost: &[f64] = if high - low > 3.5 {
                    &[1.0]
                } else {
                    &[1.0, 0.5, 0.2]
                };
                let mut ticks: Vec<f64> = (0..=MOST_NINES as i32)
                    .flat_map(|power| {
                        lost.iter().map(move |lost| {
                            (1.0 - lost * 10f64.powi(-power), f64::from(power) - lost.log10())
                        })
                    })
                    .filter(|(_, nines)| (low - 1e-9..=high + 1e-9).contains(nines))
                    .map(|(tick, _)| tick)
                    .collect();
                if whole {
                    ticks.push(1.0);
                }
                ticks
            }
        }
    }
}

/// How many nines an availability has: 3 for 99.9 %.
pub fn nines(availability: f64) -> f64 {
    let lost = (1.0 - availability).min(1.0);
    if lost <= 0.0 { f64::INFINITY } else { -lost.log10() }
}

fn range(numbers: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    numbers.filter(|n| n.is_finite()).fold(None, |range, n| {
        Some(range.map_or((n, n), |(low, high): (f64, f64)| (low.min(n), high.max(n))))
    })
}

fn step(low: f64, high: f64, many: f64) -> f64 {
    round_up(((high - low) / many).max(SMALLEST * 1e-6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_ticks_are_round() {
        let scale = Scale::linear([500.0, 7000.0]).expect("numbers");
        assert_eq!(
            scale.ticks(8.0),
            [0.0, 1000.0, 2000.0, 3000.0, 4000.0, 5000.0, 6000.0, 7000.0]
        );
    }

    #[test]
    fn shares_end_at_the_whole() {
        let ends = |numbers: [f64; 2]| Scale::shares(numbers).expect("numbers");
        assert_eq!(ends([1.0, 1.0]), Scale::Linear { low: 0.4, high: 1.0 });
        assert_eq!(ends([0.1, 0.97]), Scale::Linear { low: 0.0, high: 1.0 });
        assert_eq!(ends([0.0, 0.19]), Scale::Linear { low: 0.0, high: 0.2 });
    }

    #[test]
    fn log_ticks_are_one_two_five() {
        let scale = Scale::log([0.021, 0.9]).expect("numbers");
        assert_eq!(scale, Scale::Log { low: 0.02, high: 1.0 });
        assert_eq!(scale.ticks(6.0).len(), 6);
        assert_eq!(scale.place(0.02), 0.0);
        assert_eq!(scale.place(5.0), 1.0);
    }

    #[test]
    fn nines_are_evenly_spaced() {
        let scale = Scale::nines([0.9, 0.9999]).expect("numbers");
        let places: Vec<f64> = [0.9, 0.99, 0.999, 0.9999]
            .iter()
            .map(|a| scale.place(*a))
            .collect();
        let gaps: Vec<f64> = places.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.iter().all(|gap| (gap - gaps[0]).abs() < 1e-9), "{gaps:?}");
        assert!(scale.ticks(6.0).iter().any(|tick| (tick - 0.999).abs() < 1e-12));
    }

    #[test]
    fn one_stands_at_the_top_of_the_nines() {
        let scale = Scale::nines([0.999, 1.0]).expect("numbers");
        assert_eq!(scale.place(1.0), 1.0);
        assert_eq!(scale.ticks(6.0).last(), Some(&1.0));
        assert!(scale.place(0.999) < 0.9);
    }

    #[test]
    fn no_numbers_no_scale() {
        assert_eq!(Scale::linear([]), None);
        assert_eq!(Scale::log([0.0, -1.0, f64::NAN]), None);
        assert_eq!(Scale::nines([f64::NAN]), None);
    }

    #[test]
    fn one_number_has_a_place_inside() {
        for number in [0.0, 5.0, -3.0, 1e300, f64::MIN_POSITIVE] {
            let scale = Scale::linear_rounded([number]).expect("a number");
            assert!(scale.place(number).is_finite());
            assert!(
                (1..=100).contains(&scale.ticks(6.0).len()),
                "{number}: {:?}",
                scale.ticks(6.0)
            );
        }
    }
}
