//! The laws of roll-outs, one test or more each, and a second, dumber machine to compare with.
#![cfg(all(feature = "serde", feature = "stats"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

#[path = "rollout/climbing.rs"]
mod climbing;
#[path = "rollout/delay.rs"]
mod delay;
#[path = "rollout/edges.rs"]
mod edges;
#[path = "rollout/evidence.rs"]
mod evidence;
#[path = "rollout/limits.rs"]
mod limits;
#[path = "rollout/machine.rs"]
mod machine;
#[path = "rollout/naive.rs"]
mod naive;
#[path = "rollout/order.rs"]
mod order;
#[path = "rollout/releases.rs"]
mod releases;
#[path = "rollout/restarts.rs"]
mod restarts;
#[path = "rollout/simulation.rs"]
mod simulation;
#[path = "rollout/stages.rs"]
mod stages;
#[path = "rollout/wiring.rs"]
mod wiring;
