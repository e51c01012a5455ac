//! Decides inside a running inference server which model version answers a request.

#[cfg(feature = "stats")]
pub mod stats;
