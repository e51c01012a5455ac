//! Progressive roll-outs and the guards that stop them.

mod rate_guard;
mod rollout;
