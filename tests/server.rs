//! The example server under real HTTP, with shadows that do their worst.
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
#[path = "server/with_bad_shadows.rs"]
mod with_bad_shadows;
