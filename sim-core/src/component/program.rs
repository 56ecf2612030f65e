//! Call plans as the engine runs them: a flat list of instructions, so that a call's state is one number.

use super::demand::Drawn;
use crate::engine::SiteTable;
use crate::model::{Plan, Step};
use crate::random::{Stream, StreamName};

/// One instruction, told apart by a tag of its own as the components are.
#[derive(Clone, Debug)]
#[repr(u8)]
pub(crate) enum Instruction {
    /// Use a core for a while: the place of the demand.
    Work(u16),
    /// Let time pass: the place of the demand.
    Wait(u16),
    /// Make a call: the number of the site.
    Call(u16),
    /// Start branches and wait for as many as are needed.
    Fork {
        branches: Box<[u32]>,
        need: u16,
        /// Whether the branches that are left then are stopped.
        cancels: bool,
    },
    /// Go to one of several places, by cumulative weight.
    Choose {
        cumulative: Box<[f64]>,
        places: Box<[u32]>,
        stream: u16,
    },
    /// Go to a place.
    Jump(u32),
    /// The plan, or the branch, is done.
    End,
}

/// All plans of a service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    pub code: Vec<Instruction>,
    pub demands: Vec<Drawn>,
    pub choices: Vec<Stream>,
}

/// Compiles the plans of one component.
pub(crate) struct Compiler<'a> {
    pub program: Program,
    pub sites: &'a mut SiteTable,
    pub seed: u64,
    pub trial: u64,
}

impl Compiler<'_> {
    /// Adds a plan; the place where it begins.
    pub fn plan(&mut self, plan: &Plan) -> u32 {
        let entry = self.here();
        self.steps(&plan.steps, plan.name);
        self.program.code.push(Instruction::End);
        entry
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "plans are read from text of bounded size"
    )]
    fn here(&self) -> u32 {
        self.program.code.len() as u32
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "plans are read from text of bounded size"
    )]
    fn steps(&mut self, steps: &[Step], name: StreamName) {
        for (i, step) in (0u64..).zip(steps) {
            let name = name.index(i);
            match step {
                Step::Work(demand) | Step::Wait(demand) => {
                    let place = self.program.demands.len() as u16;
                    self.program
                        .demands
                        .push(Drawn::new(demand, self.seed, self.trial, name));
                    self.program.code.push(match step {
                        Step::Work(_) => Instruction::Work(place),
                        _ => Instruction::Wait(place),
                    });
                }
                Step::Call(call) => {
                    let site = self.sites.add(call, self.seed, self.trial, name);
                    self.program.code.push(Instruction::Call(site));
                }
                Step::Parallel(parallel) => {
                    let at = self.program.code.len();
                    // Two places to fill in: the fork, and the way past its branches for when it is done.
                    self.program.code.extend([Instruction::End, Instruction::End]);
                    let branches = (0u64..)
                        .zip(&parallel.branches)
                        .map(|(b, branch)| {
                            let place = self.here();
                            self.steps(&branch.steps, name.index(b));
                            self.program.code.push(Instruction::End);
                            place
                        })
                        .collect();
                    self.program.code[at] = Instruction::Fork {
                        branches,
                        need: parallel.need as u16,
                        cancels: parallel.cancel,
                    };
                    self.program.code[at + 1] = Instruction::Jump(self.here());
                }
                Step::Choose(options) => {
                    let at = self.program.code.len();
                    self.program.code.push(Instruction::End);
                    let stream = self.program.choices.len() as u16;
                    self.program
                        .choices
                        .push(Stream::open(self.seed, self.trial, name.purpose("choose")));
                    let total: f64 = options.iter().map(|o| o.0).sum();
                    let mut sum = 0.0;
                    let cumulative = options
                        .iter()
                        .map(|o| {
                            sum += o.0 / total;
                            sum
                        })
                        .collect();
                    let mut jumps = Vec::new();
                    let places = (0u64..)
                        .zip(options)
                        .map(|(o, option)| {
                            let place = self.here();
                            self.steps(&option.1.steps, name.index(o));
                            jumps.push(self.program.code.len());
                            self.program.code.push(Instruction::End);
                            place
                        })
                        .collect();
                    let after = self.here();
                    jumps
                        .into_iter()
                        .for_each(|j| self.program.code[j] = Instruction::Jump(after));
                    self.program.code[at] = Instruction::Choose {
                        cumulative,
                        places,
                        stream,
                    };
                }
            }
        }
    }
}
