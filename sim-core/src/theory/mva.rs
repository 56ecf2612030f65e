//! Closed networks: a fixed number of users who think, then send a request through the stations, then think again.
//!
//! Sources: M. Reiser and S. S. Lavenberg, Mean-value analysis of closed multichain queuing networks (1980); the machine
//! repairman: L. Kleinrock, Queueing Systems vol. 1 (1975), 3.8; the arrival theorem: Lavenberg and Reiser (1980) and
//! K. C. Sevcik and I. Mitrani (1981); bounds: P. J. Denning and J. P. Buzen (1978).
//!
//! Symbols: N users, Z mean think time (any law), D(k) demand at station k = visits * mean service, X throughput, R response
//! time. Valid for one-worker stations: exponential in order of arrival, or processor sharing with any law.

use super::birth_death::stationary;
use super::stages::Staged;
use super::{MOST_STATES, NoSteadyState, count, not_negative, positive};

/// Steady state of a closed network with one class of users.
#[derive(Debug, Clone, PartialEq)]
pub struct Closed {
    /// Requests per second.
    pub throughput: f64,
    /// Mean time from sending a request to its answer.
    pub response_time: f64,
    /// The part of it spent at each station, all visits together.
    pub residence: Vec<f64>,
    /// Mean number of requests at each station.
    pub in_station: Vec<f64>,
    /// Busy fraction of each station.
    pub utilization: Vec<f64>,
}

/// Exact mean value analysis. Times in seconds; at least one demand or the think time is above zero.
pub fn closed(users: u32, think: f64, demands: &[f64]) -> Result<Closed, NoSteadyState> {
    count(users, "users")?;
    check_times(think, demands)?;
    if u64::from(users) * demands.len() as u64 > 10 * MOST_STATES {
        return Err(NoSteadyState::OutOfRange("users times stations"));
    }
    let mut in_station = vec![0.0; demands.len()];
    let (mut throughput, mut response_time, mut residence) = (0.0, 0.0, Vec::new());
    for n in 1..=users {
        // An arrival finds the station as it is, on average, with one user fewer.
        residence = demands
            .iter()
            .zip(&in_station)
            .map(|(d, queue)| d * (1.0 + queue))
            .collect();
        response_time = residence.iter().sum();
        throughput = f64::from(n) / (think + response_time);
        in_station = residence.iter().map(|r: &f64| throughput * r).collect();
    }
    let utilization = demands.iter().map(|d| throughput * d).collect();
    Ok(Closed {
        throughput,
        response_time,
        residence,
        in_station,
        utilization,
    })
}

/// Users above which the slowest station must saturate: N* = (Z + sum of D) / largest D. Infinite without demand.
pub fn saturation_users(think: f64, demands: &[f64]) -> Result<f64, NoSteadyState> {
    check_times(think, demands)?;
    Ok((think + demands.iter().sum::<f64>()) / demands.iter().fold(0.0_f64, |a, &b| a.max(b)))
}

/// The most that N users can get whatever the laws: X <= min(N / (Z + sum of D), 1 / largest D).
pub fn throughput_bound(users: u32, think: f64, demands: &[f64]) -> Result<f64, NoSteadyState> {
    check_times(think, demands)?;
    let most = demands.iter().fold(0.0_f64, |a, &b| a.max(b));
    Ok((f64::from(users) / (think + demands.iter().sum::<f64>())).min(1.0 / most))
}

fn check_times(think: f64, demands: &[f64]) -> Result<(), NoSteadyState> {
    not_negative(think, "think time")?;
    for &demand in demands {
        not_negative(demand, "demand")?;
    }
    if demands.len() > 1000 {
        return Err(NoSteadyState::OutOfRange("number of stations"));
    }
    positive(
        think + demands.iter().sum::<f64>(),
        "sum of think time and demands",
    )
    .map(|_| ())
}

/// One class of users of a closed network with several.
#[derive(Debug, Clone, PartialEq)]
pub struct UserClass {
    /// How many there are.
    pub users: u32,
    /// Mean think time in seconds.
    pub think: f64,
    /// Demand at each station in seconds.
    pub demands: Vec<f64>,
}

/// Steady state of a closed network with several classes.
#[derive(Debug, Clone, PartialEq)]
pub struct ClosedClasses {
    /// Requests per second of each class.
    pub throughput: Vec<f64>,
    /// Mean response time of each class.
    pub response_time: Vec<f64>,
    /// Mean number of requests at each station, all classes together.
    pub in_station: Vec<f64>,
}

/// Exact mean value analysis over all populations; fails if there are more than ten million values to go through.
///
/// Stations share the worker, or serve all classes with one exponential law in order of arrival.
pub fn closed_classes(classes: &[UserClass]) -> Result<ClosedClasses, NoSteadyState> {
    let stations = classes.first().map_or(0, |c| c.demands.len());
    let mut populations: u64 = 1;
    for class in classes {
        check_times(class.think, &class.demands)?;
        if class.demands.len() != stations {
            return Err(NoSteadyState::OutOfRange("number of demands of a class"));
        }
        populations = populations.saturating_mul(u64::from(class.users) + 1);
    }
    let work = populations
        .saturating_mul(stations.max(1) as u64)
        .saturating_mul(classes.len().max(1) as u64);
    if classes.is_empty() || work > MOST_STATES {
        return Err(NoSteadyState::OutOfRange("number of populations"));
    }
    // Populations are numbered with the first class varying fastest; one user fewer of a class is one stride back.
    let mut queues = vec![0.0; populations as usize * stations];
    let mut throughput = vec![0.0; classes.len()];
    let mut response_time = vec![0.0; classes.len()];
    for population in 1..populations as usize {
        let (mut stride, mut rest) = (1, population);
        let mut here = vec![0.0; stations];
        for (r, class) in classes.iter().enumerate() {
            let size = class.users as usize + 1;
            let users = rest % size;
            if users > 0 {
                let before = &queues[(population - stride) * stations..][..stations];
                let residence: Vec<f64> = class
                    .demands
                    .iter()
                    .zip(before)
                    .map(|(d, queue)| d * (1.0 + queue))
                    .collect();
                response_time[r] = residence.iter().sum();
                throughput[r] = users as f64 / (class.think + response_time[r]);
                here.iter_mut()
                    .zip(&residence)
                    .for_each(|(q, time)| *q += throughput[r] * time);
            }
            rest /= size;
            stride *= size;
        }
        queues[population * stations..][..stations].copy_from_slice(&here);
    }
    let in_station = queues[(populations as usize - 1) * stations..].to_vec();
    Ok(ClosedClasses {
        throughput,
        response_time,
        in_station,
    })
}

/// N users with exponential think times before one station of c exponential workers in order of arrival (M/M/c//N).
#[derive(Debug, Clone)]
pub struct MachineRepair {
    service: f64,
    workers: u32,
    /// P(n at the station), n from 0 to N.
    at_station: Vec<f64>,
    response: Staged,
}

impl MachineRepair {
    /// Mean think time and mean service time in seconds, both above zero.
    pub fn new(users: u32, think: f64, service: f64, workers: u32) -> Result<MachineRepair, NoSteadyState> {
        count(users, "users")?;
        count(workers, "workers")?;
        positive(think, "think time")?;
        positive(service, "service time")?;
        let law = |population: u32| {
            stationary(
                population as usize,
                |n| (f64::from(population) - n as f64) / think,
                |n| f64::from(workers).min(n as f64) / service,
            )
        };
        let at_station = law(users);
        let response = Staged::new(&law(users - 1), workers, 1.0 / service);
        Ok(MachineRepair {
            service,
            workers,
            at_station,
            response,
        })
    }

    /// P(n at the station) for n from 0 to N.
    pub fn probabilities(&self) -> &[f64] {
        &self.at_station
    }

    /// Mean number waiting or in service.
    pub fn mean_at_station(&self) -> f64 {
        self.at_station
            .iter()
            .enumerate()
            .map(|(n, p)| p * n as f64)
            .sum()
    }

    /// Requests per second: busy workers over the service time.
    pub fn throughput(&self) -> f64 {
        self.utilization() * f64::from(self.workers) / self.service
    }

    /// Mean time from sending a request to its answer.
    pub fn response_time(&self) -> f64 {
        let throughput = self.throughput();
        if throughput > 0.0 {
            self.mean_at_station() / throughput
        } else {
            self.service
        }
    }

    /// The busy fraction of worker-time.
    pub fn utilization(&self) -> f64 {
        let c = f64::from(self.workers);
        self.at_station
            .iter()
            .enumerate()
            .map(|(n, p)| p * c.min(n as f64))
            .sum::<f64>()
            / c
    }

    /// P(all workers are busy).
    pub fn p_all_busy(&self) -> f64 {
        self.at_station.iter().skip(self.workers as usize).sum()
    }

    /// The p-quantile of the response time; None if p is not in [0, 1).
    pub fn response_quantile(&self, p: f64) -> Option<f64> {
        self.response.sojourn_quantile(p)
    }
}
