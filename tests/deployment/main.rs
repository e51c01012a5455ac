//! Versions and their states: operators, leases, journals, stored state.

mod deployments;
mod deployments_model;
mod deployments_stored;
mod handover;
mod journal;
mod operators;
mod pair;
mod router_threads;
mod shared_lists;
mod snapshots;
