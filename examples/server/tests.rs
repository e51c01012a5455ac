//! The example server under real HTTP: shadows that do their worst, roll-outs, and a policy with segments.

mod http;
mod with_a_rollout;
mod with_bad_shadows;
mod with_persons;
mod with_segments;
