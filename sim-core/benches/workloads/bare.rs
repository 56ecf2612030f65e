//! The bare loop of each workload: the same distributions, one latency histogram and nothing else, written by hand.
//!
//! What a loop needs no more is left out of it: no names, no components, no conservation, no levels. It sets the mark that the
//! engine is measured against. The loops draw from the engine's own streams and laws, so that the difference is the engine.

use std::collections::VecDeque;

use sim_core::measure::Histogram;
use sim_core::random::{Law, Stream, StreamName};

const SECOND: f64 = 1e9;

fn stream(purpose: &str) -> Stream {
    Stream::open(1, 0, StreamName::new("bare").purpose(purpose))
}

fn draw(law: &Law, stream: &mut Stream) -> u64 {
    law.sample_duration(&mut stream.next()).as_nanos()
}

/// A 4-ary heap of (time, sequence, what) with keys in one number; the top is replaced, not popped and pushed.
#[derive(Default)]
pub struct Heap {
    keys: Vec<u128>,
    sequence: u64,
    hole: bool,
}

impl Heap {
    #[inline]
    pub fn push(&mut self, at: u64, what: u32) {
        self.sequence += 1;
        let key = (u128::from(at) << 64) | u128::from((self.sequence << 28) | u64::from(what));
        if std::mem::take(&mut self.hole) {
            self.sink(key);
        } else {
            self.keys.push(key);
            let mut i = self.keys.len() - 1;
            while i > 0 && self.keys[(i - 1) / 4] > key {
                self.keys[i] = self.keys[(i - 1) / 4];
                i = (i - 1) / 4;
            }
            self.keys[i] = key;
        }
    }

    #[inline]
    pub fn pop(&mut self) -> (u64, u32) {
        if self.hole {
            let last = self.keys.pop().expect("an event");
            self.sink(last);
        }
        self.hole = true;
        let top = self.keys[0];
        ((top >> 64) as u64, top as u32 & 0x0fff_ffff)
    }

    #[inline]
    fn sink(&mut self, key: u128) {
        let keys = self.keys.as_mut_slice();
        let mut i = 0;
        loop {
            let first = 4 * i + 1;
            let (least, at) = if let Some([a, b, c, d]) = keys.get(first..first + 4) {
                let (l, x) = if b < a { (*b, 1) } else { (*a, 0) };
                let (r, y) = if d < c { (*d, 3) } else { (*c, 2) };
                if r < l { (r, first + y) } else { (l, first + x) }
            } else {
                match keys
                    .get(first..)
                    .and_then(|k| k.iter().enumerate().min_by_key(|k| k.1))
                {
                    Some((j, k)) => (*k, first + j),
                    None => break,
                }
            };
            if least >= key {
                break;
            }
            keys[i] = least;
            i = at;
        }
        keys[i] = key;
    }
}

/// M/M/c, first come, first served: the next arrival is a variable, departures are in a heap where there are several.
pub fn mmc(requests: u64, workers: u32, utilization: f64) -> Histogram {
    let mut latency = Histogram::new();
    let gap = Law::exponential(SECOND / (utilization * f64::from(workers) * 1000.0)).expect("a rate");
    let service = Law::exponential(1e6).expect("a mean");
    let (mut gaps, mut times) = (stream("gap"), stream("service"));
    let mut queue: VecDeque<u64> = VecDeque::new();
    if workers == 1 {
        let mut arrival = draw(&gap, &mut gaps);
        let mut departure = u64::MAX;
        let mut done = 0;
        while done < requests {
            if arrival < departure {
                if queue.is_empty() {
                    departure = arrival + draw(&service, &mut times);
                }
                queue.push_back(arrival);
                arrival += draw(&gap, &mut gaps);
            } else {
                let arrived = queue.pop_front().expect("a request in service");
                latency.record(departure - arrived);
                done += 1;
                departure = if queue.is_empty() {
                    u64::MAX
                } else {
                    departure + draw(&service, &mut times)
                };
            }
        }
        return latency;
    }
    let mut heap = Heap::default();
    let mut arrived = vec![0u64; workers as usize];
    let mut idle: Vec<u32> = (0..workers).collect();
    let arrival_event = workers;
    heap.push(draw(&gap, &mut gaps), arrival_event);
    let mut done = 0;
    while done < requests {
        let (now, what) = heap.pop();
        if what == arrival_event {
            heap.push(now + draw(&gap, &mut gaps), arrival_event);
            if let Some(worker) = idle.pop() {
                arrived[worker as usize] = now;
                heap.push(now + draw(&service, &mut times), worker);
            } else {
                queue.push_back(now);
            }
        } else {
            latency.record(now - arrived[what as usize]);
            done += 1;
            if let Some(next) = queue.pop_front() {
                arrived[what as usize] = next;
                heap.push(now + draw(&service, &mut times), what);
            } else {
                idle.push(what);
            }
        }
    }
    latency
}

#[derive(Clone, Copy)]
struct Request {
    arrived: u64,
    node: u32,
    stage: u32,
    replica: u32,
    turn: u32,
}

/// The four-stage web system, its timeouts in a ring.
pub fn web(requests: u64) -> (Histogram, u64) {
    const ARRIVAL: u32 = 0x0fff_ffff;
    const TIMEOUT: u64 = 1_000_000_000;
    let mut latency = Histogram::new();
    let scv = std::f64::consts::E - 1.0;
    let gap = Law::exponential(SECOND / 5120.0).expect("a rate");
    let work = Law::lognormal_with_mean(20e6, scv).expect("a mean");
    let read = Law::lognormal_with_mean(75e6, scv).expect("a mean");
    let (mut gaps, mut works, mut reads) = (stream("gap"), stream("work"), stream("read"));
    let (mut luck, mut choice) = (stream("luck"), stream("choice"));
    let mut heap = Heap::default();
    let mut slots: Vec<Request> = Vec::new();
    let mut free: Vec<u32> = Vec::new();
    let mut ring: VecDeque<(u64, u32, u32)> = VecDeque::new();
    let mut outstanding = [0u32; 16];
    let mut busy = [0u32; 16];
    let mut node_queues: Vec<VecDeque<u32>> = vec![VecDeque::new(); 16];
    let mut replica_busy = [0u32; 3];
    let mut replica_queues: Vec<VecDeque<u32>> = vec![VecDeque::new(); 3];
    let (mut done, mut timeouts) = (0, 0);
    heap.push(draw(&gap, &mut gaps), ARRIVAL);
    while done < requests {
        let (now, what) = heap.pop();
        while let Some((due, slot, turn)) = ring.front().copied() {
            if due > now {
                break;
            }
            ring.pop_front();
            if slots[slot as usize].turn == turn && slots[slot as usize].arrived + TIMEOUT == due {
                timeouts += 1;
                slots[slot as usize].arrived = u64::MAX;
            }
        }
        if what == ARRIVAL {
            heap.push(now + draw(&gap, &mut gaps), ARRIVAL);
            let node = (0..16).min_by_key(|i| outstanding[*i]).expect("a node") as u32;
            let slot = free.pop().unwrap_or_else(|| {
                slots.push(Request {
                    arrived: 0,
                    node: 0,
                    stage: 0,
                    replica: 0,
                    turn: 0,
                });
                slots.len() as u32 - 1
            });
            let turn = slots[slot as usize].turn;
            slots[slot as usize] = Request {
                arrived: now,
                node,
                stage: 0,
                replica: 0,
                turn,
            };
            ring.push_back((now + TIMEOUT, slot, turn));
            outstanding[node as usize] += 1;
            if busy[node as usize] < 8 {
                busy[node as usize] += 1;
                heap.push(now + draw(&work, &mut works), slot);
            } else {
                node_queues[node as usize].push_back(slot);
            }
            continue;
        }
        let request = &mut slots[what as usize];
        request.stage += 1;
        let is_over = match request.stage {
            1 => {
                let node = request.node as usize;
                heap.push(now + 500_000, what);
                match node_queues[node].pop_front() {
                    Some(next) => heap.push(now + draw(&work, &mut works), next),
                    None => busy[node] -= 1,
                }
                false
            }
            2 if luck.uniform() < 0.9 => true,
            2 => {
                let replica = choice.below(3) as u32;
                request.replica = replica;
                if replica_busy[replica as usize] < 16 {
                    replica_busy[replica as usize] += 1;
                    heap.push(now + draw(&read, &mut reads), what);
                } else {
                    replica_queues[replica as usize].push_back(what);
                }
                false
            }
            _ => {
                let replica = request.replica as usize;
                match replica_queues[replica].pop_front() {
                    Some(next) => heap.push(now + draw(&read, &mut reads), next),
                    None => replica_busy[replica] -= 1,
                }
                true
            }
        };
        if is_over {
            let request = &mut slots[what as usize];
            if request.arrived != u64::MAX {
                latency.record(now - request.arrived);
            }
            done += 1;
            request.turn += 1;
            outstanding[request.node as usize] -= 1;
            free.push(what);
        }
    }
    (latency, timeouts)
}
