//! The example server under real HTTP: shadows that do their worst, and roll-outs.

mod http;
mod with_a_rollout;
mod with_bad_shadows;
mod with_persons;
