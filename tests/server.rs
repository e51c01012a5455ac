//! The example server under real HTTP: shadows that do their worst, and roll-outs.
#![cfg(all(feature = "serde", feature = "stats"))]

#[cfg(test)]
#[path = "../examples/server/app.rs"]
mod app;
#[cfg(test)]
#[path = "server/http.rs"]
mod http;
#[cfg(test)]
#[path = "../examples/server/metrics.rs"]
mod metrics;
#[cfg(test)]
#[path = "../examples/server/ramp.rs"]
mod ramp;
#[cfg(test)]
#[path = "../examples/server/rollout.rs"]
mod rollout;
#[cfg(test)]
#[path = "server/with_a_rollout.rs"]
mod with_a_rollout;
#[cfg(test)]
#[path = "server/with_bad_shadows.rs"]
mod with_bad_shadows;
