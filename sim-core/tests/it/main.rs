//! Integration tests of sim-core, one module a subject, in one binary so that it links once.

mod cases;
mod coverage;
mod theory;
