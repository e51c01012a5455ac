//! Evidence that adds up over servers.

use core::convert::Infallible;
use std::collections::BTreeMap;

use crate::{
    experiment::{ExperimentError, Part},
    rollout::{Evidence, EvidenceError},
    stats::{
        Histogram, Moments, Refusal,
        guard::{RateGuard, StageTally},
    },
};

/// Evidence of several servers that adds up to what one server would have counted.
///
/// Any partition of the events, in any order, must give the same sum. A server with several guards
/// reports a map of them by name; a type of your own adds up field by field.
pub trait FleetEvidence: Clone {
    /// The reason why two pieces of evidence do not add up.
    type Refused: std::error::Error;

    /// Adds what another server has counted.
    ///
    /// # Errors
    /// If the two are of different kinds; then `self` is unchanged.
    fn add(&mut self, other: &Self) -> Result<(), Self::Refused>;
}

macro_rules! evidence {
    ($($kind:ty: $refused:ty;)+) => {$(
        impl FleetEvidence for $kind {
            type Refused = $refused;

            fn add(&mut self, other: &$kind) -> Result<(), $refused> {
                self.merge(other)
            }
        }
    )+};
}

evidence! {
    RateGuard: Refusal;
    StageTally: Refusal;
    Part: ExperimentError;
    Evidence: EvidenceError;
}

impl FleetEvidence for Histogram {
    type Refused = Refusal;

    fn add(&mut self, other: &Histogram) -> Result<(), Refusal> {
        self.merge(other)
    }
}

impl FleetEvidence for Moments {
    type Refused = Refusal;

    fn add(&mut self, other: &Moments) -> Result<(), Refusal> {
        self.merge(other)
    }
}

/// No evidence, for a server that only follows.
impl FleetEvidence for () {
    type Refused = Infallible;

    fn add(&mut self, (): &()) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Evidence by name; a name that only one side has is added.
impl<E: FleetEvidence> FleetEvidence for BTreeMap<String, E> {
    type Refused = E::Refused;

    fn add(&mut self, other: &BTreeMap<String, E>) -> Result<(), E::Refused> {
        let mut sum = self.clone();
        for (name, theirs) in other {
            match sum.get_mut(name) {
                Some(ours) => ours.add(theirs)?,
                None => {
                    sum.insert(name.clone(), theirs.clone());
                }
            }
        }
        *self = sum;
        Ok(())
    }
}
