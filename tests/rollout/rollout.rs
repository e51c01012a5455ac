//! The laws of roll-outs, one test or more each, and a second, dumber machine to compare with.
#![cfg(all(feature = "serde", feature = "stats"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

mod carried;
mod climbing;
mod delay;
mod edges;
mod end;
mod evidence;
mod files;
mod force;
mod limits;
mod machine;
mod naive;
mod order;
mod outcomes;
mod per_step;
mod persons;
mod races;
mod ramps;
mod releases;
mod restarts;
mod shed_alarms;
mod shedding;
mod simulation;
mod stages;
mod stateful;
mod steps;
mod told;
mod wiring;
