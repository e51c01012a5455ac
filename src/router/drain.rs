//! How far a version is from being reclaimed.

use super::Router;
use crate::deployment::{OperationError, VersionState};

impl<M: Send + Sync + 'static> Router<M> {
    /// Tells how far a version is from being reclaimed; it does not wait.
    ///
    /// There is no notification: the caller polls, as often as fits the length of its requests.
    /// While the answer is [`Drain::Draining`], no new request can begin on the version.
    ///
    /// # Errors
    /// [`OperationError::UnknownVersion`] if the version is not deployed.
    pub fn drain(&self, version: &str) -> Result<Drain, OperationError> {
        // Both under one lock of the deployments: nobody publishes between the two.
        let deployments = self.shared.deployments.lock();
        let unknown = || OperationError::UnknownVersion {
            version: version.to_owned(),
        };
        let deployment = deployments.get(version).ok_or_else(unknown)?;
        let in_flight = self
            .shared
            .published
            .lock()
            .get(deployment.id())
            .ok_or_else(unknown)?
            .in_flight();
        Ok(match deployment.state() {
            VersionState::Retiring | VersionState::Rejected if in_flight == 0 => Drain::Quiesced,
            VersionState::Retiring | VersionState::Rejected => Drain::Draining { in_flight },
            state => Drain::Open { state, in_flight },
        })
    }
}

/// How far a version is from being reclaimed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Drain {
    /// The version may still get requests. Retire or reject it before you ask again.
    Open {
        /// The state that it is in.
        state: VersionState,
        /// How many leases are held on it.
        in_flight: usize,
    },
    /// It gets no new requests; ask again when some may have ended.
    Draining {
        /// How many leases are still held on it.
        in_flight: usize,
    },
    /// No request holds a lease, and none can: it can be reclaimed.
    Quiesced,
}
