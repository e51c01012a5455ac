//! An inference server that reads handwritten digits, and changes its model while it runs.
//!
//! It is small enough to copy. `/predict` answers JSON and `/predict/stream` a stream of events,
//! `/metrics` is for Prometheus, `/live` and `/ready` for whoever starts it. Orders come over HTTP
//! below `/admin`, or from a release file that is read again when it changes. After a restart the
//! server continues where it was. It ends when its last stream has ended.

mod admin;
mod app;
pub mod batcher;
mod gate;
mod known;
mod log;
mod metrics;
pub mod models;
mod predict;
mod release_file;
mod rollout;
mod server;
mod stored;
mod stream;
#[cfg(test)]
mod tests;
mod timer;

pub use app::{Fault, Pixels, Reader, Settings};
pub use log::Log;
pub use server::Server;
