//! Progressive roll-outs and the guards that stop them.

mod fleet;
mod fleet_orders;
mod mistakes;
mod rate_guard;
mod rollout;
