//! Versions and their states: operators, leases, journals, stored state.

mod awaited_validation;
mod deployments;
mod deployments_model;
mod deployments_stored;
mod equal_policies;
mod handover;
mod journal;
mod memory;
mod operators;
mod pair;
mod restored_elsewhere;
mod router_threads;
mod shared_lists;
mod snapshots;
