//! Open networks of M/M/c stations: each station behaves as if alone, fed at the rate that the traffic equations give.
//!
//! Sources: P. J. Burke, The output of a queuing system (1956) and E. Reich (1957) for tandems, whose sojourns are independent;
//! J. R. Jackson, Networks of waiting lines (1957); L. Kleinrock, Queueing Systems vol. 1 (1975), 4.8.
//!
//! Valid for Poisson outside arrivals, exponential service in order of arrival, and every utilization below 1. Sojourn
//! quantiles need one worker a station: with more, requests overtake and successive sojourns are dependent.

use super::mmc::Mmc;
use super::quantile::quantile;
use super::{NoSteadyState, not_negative, probability};
use crate::math::exp;

/// The most stations of a tandem whose law of sojourn is computed, and of a network whose equations are solved.
const MOST_STATIONS: usize = 256;

/// M/M/1 stations in a row, all fed by the same requests.
#[derive(Debug, Clone)]
pub struct Tandem {
    /// mu - lambda of each station: the rate of its exponential sojourn.
    spare_rates: Vec<f64>,
}

impl Tandem {
    /// Arrivals per second at the first station, and the service rate of each, per second.
    pub fn new(arrival_rate: f64, service_rates: &[f64]) -> Result<Tandem, NoSteadyState> {
        if service_rates.is_empty() || service_rates.len() > MOST_STATIONS {
            return Err(NoSteadyState::OutOfRange("number of stations"));
        }
        for &mu in service_rates {
            Mmc::new(arrival_rate, mu, 1)?;
        }
        Ok(Tandem {
            spare_rates: service_rates.iter().map(|mu| mu - arrival_rate).collect(),
        })
    }

    /// Mean time from the first arrival to the last departure.
    pub fn mean_sojourn(&self) -> f64 {
        self.spare_rates.iter().map(|r| 1.0 / r).sum()
    }

    /// Its variance.
    pub fn var_sojourn(&self) -> f64 {
        self.spare_rates.iter().map(|r| 1.0 / (r * r)).sum()
    }

    /// P(T > t), the tail of a sum of independent exponentials, equal or not.
    ///
    /// The matrix exponential of the stages by scaling and squaring: all entries are positive, so nothing cancels, where
    /// the usual partial fractions break down for nearly equal rates.
    pub fn sojourn_survival(&self, t: f64) -> f64 {
        let n = self.spare_rates.len();
        let fastest = self.spare_rates.iter().fold(0.0_f64, |a, &b| a.max(b));
        let mut doublings = 0;
        let mut step = t;
        while fastest * step > 0.5 && doublings < 1000 {
            step /= 2.0;
            doublings += 1;
        }
        let mut power = short_step(&self.spare_rates, fastest, step);
        for _ in 0..doublings {
            let mut square = vec![0.0; n * n];
            for i in 0..n {
                for k in i..n {
                    for j in k..n {
                        square[i * n + j] += power[i * n + k] * power[k * n + j];
                    }
                }
            }
            power = square;
        }
        power[..n].iter().sum::<f64>().min(1.0)
    }

    /// The p-quantile of the sojourn; None if p is not in [0, 1).
    pub fn sojourn_quantile(&self, p: f64) -> Option<f64> {
        quantile(p, self.mean_sojourn(), |t| self.sojourn_survival(t))
    }
}

/// Probabilities to go from stage i to stage j within a step of at most half a mean stage, row by row.
fn short_step(rates: &[f64], fastest: f64, step: f64) -> Vec<f64> {
    // The Poisson sum of the chain uniformized at the fastest rate; 20 terms reach the last digit at a mean of 1/2.
    const TERMS: u32 = 20;
    let n = rates.len();
    let mean = fastest * step;
    let mut weight = exp(-mean);
    let mut total = vec![0.0; n * n];
    let mut after = vec![0.0; n * n];
    for i in 0..n {
        after[i * n + i] = 1.0;
    }
    for m in 1..=TERMS {
        total
            .iter_mut()
            .zip(&after)
            .for_each(|(sum, p)| *sum += weight * p);
        weight *= mean / f64::from(m);
        for i in 0..n {
            for j in (i..n).rev() {
                let moved = if j > i {
                    after[i * n + j - 1] * rates[j - 1] / fastest
                } else {
                    0.0
                };
                after[i * n + j] = after[i * n + j] * (1.0 - rates[j] / fastest) + moved;
            }
        }
    }
    total
}

/// One station of an open network, as it is described.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenStation {
    /// Arrivals from outside, per second.
    pub outside_rate: f64,
    /// Service rate of one worker, per second.
    pub service_rate: f64,
    /// Number of workers.
    pub workers: u32,
    /// Probability to go to each station next, in their order; what is missing to 1 leaves.
    pub routes: Vec<f64>,
}

/// A stable open Jackson network.
#[derive(Debug, Clone)]
pub struct Jackson {
    throughput: Vec<f64>,
    stations: Vec<Mmc>,
    outside_rate: f64,
}

impl Jackson {
    /// Solves the traffic equations throughput(j) = outside(j) + sum of throughput(i) route(i, j).
    pub fn new(stations: &[OpenStation]) -> Result<Jackson, NoSteadyState> {
        let throughput = traffic(stations)?;
        let stations_alone = stations
            .iter()
            .zip(&throughput)
            .map(|(s, &rate)| Mmc::new(rate, s.service_rate, s.workers))
            .collect::<Result<Vec<_>, _>>()?;
        let outside_rate = stations.iter().map(|s| s.outside_rate).sum();
        Ok(Jackson {
            throughput,
            stations: stations_alone,
            outside_rate,
        })
    }

    /// Requests per second through each station.
    pub fn throughput(&self) -> &[f64] {
        &self.throughput
    }

    /// Each station as an M/M/c of its own.
    pub fn stations(&self) -> &[Mmc] {
        &self.stations
    }

    /// Mean number in the whole network.
    pub fn mean_in_system(&self) -> f64 {
        self.stations.iter().map(Mmc::mean_in_system).sum()
    }

    /// Mean time from entering to leaving the network, by Little's law; 0 without arrivals.
    pub fn mean_sojourn(&self) -> f64 {
        if self.outside_rate == 0.0 {
            0.0
        } else {
            self.mean_in_system() / self.outside_rate
        }
    }
}

/// Requests per second through each station, whether or not it can keep up.
///
/// Fails if routes are no probabilities, or if requests never leave.
pub fn traffic(stations: &[OpenStation]) -> Result<Vec<f64>, NoSteadyState> {
    let n = stations.len();
    if n == 0 || n > MOST_STATIONS {
        return Err(NoSteadyState::OutOfRange("number of stations"));
    }
    for station in stations {
        not_negative(station.outside_rate, "outside arrival rate")?;
        let sum: f64 = station.routes.iter().sum();
        if station.routes.len() != n || sum > 1.0 + 1e-12 {
            return Err(NoSteadyState::OutOfRange("routes"));
        }
        for &route in &station.routes {
            probability(route, "route")?;
        }
    }
    // Rows of (identity - transposed routes | outside rates), then Gaussian elimination with partial pivoting.
    let mut rows: Vec<Vec<f64>> = (0..n)
        .map(|j| {
            let mut row: Vec<f64> = (0..n)
                .map(|i| f64::from(u8::from(i == j)) - stations[i].routes[j])
                .collect();
            row.push(stations[j].outside_rate);
            row
        })
        .collect();
    for column in 0..n {
        let pivot = (column..n)
            .max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs()))
            .unwrap_or(column);
        rows.swap(column, pivot);
        let (done, rest) = rows.split_at_mut(column + 1);
        let top = &done[column];
        if top[column].abs() < 1e-12 {
            return Err(NoSteadyState::OutOfRange("routes that requests never leave by"));
        }
        for row in rest {
            let factor = row[column] / top[column];
            for (value, above) in row.iter_mut().zip(top).skip(column) {
                *value -= factor * above;
            }
        }
    }
    let mut rates = vec![0.0; n];
    for j in (0..n).rev() {
        let known: f64 = (j + 1..n).map(|i| rows[j][i] * rates[i]).sum();
        rates[j] = ((rows[j][n] - known) / rows[j][j]).max(0.0);
    }
    Ok(rates)
}
