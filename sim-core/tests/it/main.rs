//! Integration tests of sim-core, one module a subject, in one binary so that it links once.

mod analytic;
mod balancing;
mod build;
mod caches;
mod cases;
mod coverage;
mod databases;
mod determinism;
mod edges;
mod eviction;
mod external;
mod health;
mod identities;
mod late_timers;
mod machines;
mod on_demand;
mod random_models;
mod regions;
mod routes;
mod sessions;
mod shards;
mod theory;
mod transactions;
mod transfers;
mod usl;
mod visits;
