//! One release on many servers: the processes of a fleet, and how frequent false alarms are.
#![allow(
    clippy::disallowed_methods,
    reason = "processes wait and look at the clock; the library may not"
)]

pub mod alarms;
pub mod leader;
pub mod server;
pub mod sizes;
pub mod stage;
pub mod wire;

/// What may go wrong here, said in words.
pub type Fault = Box<dyn std::error::Error>;
