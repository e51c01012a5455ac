//! Versions and their states: operators, leases, journals, stored state.

mod environments;
mod environments_model;
mod environments_stored;
mod handover;
mod journal;
mod operators;
mod pair;
mod router_threads;
