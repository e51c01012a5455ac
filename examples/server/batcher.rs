//! Models that read many images at once, and the two places for what collects them.
//!
//! [`before`] the router a batch is dealt to the versions, and each is called once. [`behind`] it
//! each version collects for itself, and the router sees a model that awaits like any other. Take
//! the second where you can: all that the router does for single requests (the live version that
//! steps in, deadlines) stays as it is. The first is for one batch that must not be torn, as of a
//! device that several versions share.

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::Duration,
};

use crate::{Fault, Pixels};

pub mod before;
pub mod behind;

/// A model that reads many images in one call.
pub trait ReadsMany: Send + Sync {
    /// Reads all images, in their order: one answer for each.
    fn read_many(&self, images: &[&Pixels]) -> Vec<Result<u32, Fault>>;
}

/// How large a batch may become, and how long the first of it waits for others.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest number of images.
    pub size: usize,
    /// The longest time; what it costs in latency it brings in throughput.
    pub wait: Duration,
}

/// Waits for the next batch; none once nobody can send any more.
#[expect(
    clippy::disallowed_methods,
    reason = "a server may look at the clock; the library may not"
)]
fn collect<T>(requests: &Receiver<T>, limits: Limits) -> Option<Vec<T>> {
    let mut batch = vec![requests.recv().ok()?];
    let end = std::time::Instant::now() + limits.wait;
    while batch.len() < limits.size {
        let left = end.saturating_duration_since(std::time::Instant::now());
        match requests.recv_timeout(left) {
            Ok(request) => batch.push(request),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    Some(batch)
}

/// Lets a model read a batch; if it panics, or does not answer each image, it has failed.
fn read(model: &dyn ReadsMany, images: &[&Pixels]) -> Vec<Result<u32, Fault>> {
    let call = std::panic::AssertUnwindSafe(|| model.read_many(images));
    let mut read = std::panic::catch_unwind(call).unwrap_or_default();
    let lacking = || Err(Fault::Failed("the model gave no answer".to_owned()));
    read.resize_with(images.len(), lacking);
    read
}
