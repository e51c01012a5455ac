//! The record of an operation, from which the state can be rebuilt.

use std::borrow::Cow;

use thiserror::Error;

use super::{Deployments, Operation, OperationError};
use crate::timestamp::Timestamp;

/// An operation's origin: in whose name, when, why and against which generation.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Order<'a> {
    at: Option<Timestamp>,
    actor: &'a str,
    cause: &'a str,
    expected: Option<u64>,
}

impl<'a> Order<'a> {
    /// Starts an order given at this time, without a name.
    #[must_use]
    pub const fn new(at: Timestamp) -> Order<'a> {
        Order::of(Some(at))
    }

    /// Starts an order of which the time may be unknown.
    pub(crate) const fn of(at: Option<Timestamp>) -> Order<'a> {
        Order {
            at,
            actor: "",
            cause: "",
            expected: None,
        }
    }

    /// Names who acts.
    #[must_use]
    pub const fn named(self, actor: &'a str) -> Order<'a> {
        Order { actor, ..self }
    }

    /// Says why. A rejection has a cause of its own, which goes before this one.
    #[must_use]
    pub const fn because(self, cause: &'a str) -> Order<'a> {
        Order { cause, ..self }
    }

    /// Makes the order fail if an operation has succeeded since `generation`.
    ///
    /// A rejection is carried out in any case.
    #[must_use]
    pub const fn expecting(self, generation: u64) -> Order<'a> {
        Order {
            expected: Some(generation),
            ..self
        }
    }
}

/// An operation that succeeded.
///
/// The changes since a known state are that state's whole history: see [`Deployments::replay`].
/// Changes are numbered without gaps, so a log that is out of order can be sorted, and missing
/// changes are noticed.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Change<'a> {
    /// When, in the application's time, if it is known.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub at: Option<Timestamp>,
    /// Who did it, in the application's words; empty if nobody was named.
    pub actor: Cow<'a, str>,
    /// Why, in the operator's words; empty if nothing was said.
    #[cfg_attr(feature = "serde", serde(default))]
    pub cause: Cow<'a, str>,
    /// The generation that the operation made.
    pub generation: u64,
    /// What was done.
    pub operation: Cow<'a, Operation>,
}

impl<'a> Change<'a> {
    pub(crate) fn new(
        order: &Order<'a>,
        generation: u64,
        operation: Cow<'a, Operation>,
    ) -> Change<'a> {
        let cause = match &operation {
            Cow::Borrowed(Operation::Reject { cause, .. }) => Cow::Borrowed(cause.as_str()),
            Cow::Owned(Operation::Reject { cause, .. }) => Cow::Owned(cause.clone()),
            _ => Cow::Borrowed(order.cause),
        };
        Change {
            at: order.at,
            actor: Cow::Borrowed(order.actor),
            cause,
            generation,
            operation,
        }
    }

    /// Returns the change's number: the first change of a router has number 1.
    ///
    /// Every change raises the generation by one, so its number is the generation that it made.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.generation
    }

    /// Returns the generation that the operation started from.
    #[must_use]
    pub const fn before(&self) -> u64 {
        self.generation.saturating_sub(1)
    }

    /// Returns the same change without borrowing.
    #[must_use]
    pub fn into_owned(self) -> Change<'static> {
        Change {
            at: self.at,
            actor: Cow::Owned(self.actor.into_owned()),
            cause: Cow::Owned(self.cause.into_owned()),
            generation: self.generation,
            operation: Cow::Owned(self.operation.into_owned()),
        }
    }
}

impl Deployments {
    /// Carries out an operation under an order, and returns its record.
    ///
    /// `None` if nothing changed, as by the release of the policy that is in force.
    ///
    /// # Errors
    /// [`OperationError::Stale`] if the order expected another generation, and as for
    /// [`apply`](Deployments::apply); nothing changes then.
    pub fn carry_out(
        &mut self,
        operation: Operation,
        order: &Order<'_>,
    ) -> Result<Option<Change<'static>>, OperationError> {
        let before = self.versions.generation;
        if !matches!(operation, Operation::Reject { .. }) {
            self.check_generation(order.expected)?;
        }
        self.apply(&operation)?;
        let generation = self.versions.generation;
        let change = || Change::new(order, generation, Cow::Owned(operation)).into_owned();
        Ok((generation != before).then(change))
    }

    /// Refuses an operator who saw another generation than the present one.
    pub(crate) fn check_generation(&self, expected: Option<u64>) -> Result<(), OperationError> {
        match expected {
            Some(expected) if expected != self.versions.generation => Err(OperationError::Stale {
                expected,
                found: self.versions.generation,
            }),
            _ => Ok(()),
        }
    }

    /// Returns the state after recorded changes, in their order.
    ///
    /// # Errors
    /// [`ReplayError`] names the change that does not follow from the state before it.
    pub fn replay<'c, 'a: 'c>(
        mut self,
        changes: impl IntoIterator<Item = &'c Change<'a>>,
    ) -> Result<Deployments, ReplayError> {
        for change in changes {
            let expected = self.versions.generation.saturating_add(1);
            if change.sequence() != expected {
                return Err(ReplayError::Gap {
                    expected,
                    found: change.sequence(),
                });
            }
            // A recorded change took a generation, also for an equal policy in the first edition.
            let policy = change.operation.check_policy(&self.policy);
            self.apply_counted(&change.operation, policy)
                .map_err(|source| ReplayError::Refused {
                    sequence: change.sequence(),
                    source,
                })?;
        }
        Ok(self)
    }
}

/// Why changes are not the history of a state.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum ReplayError {
    /// A change is missing, or stands twice.
    #[error("change {expected} was expected, {found} was found: replay all changes in their order")]
    Gap {
        /// The number of the change that would follow.
        expected: u64,
        /// The number of the change that was found.
        found: u64,
    },
    /// A change is not possible in the state that it is said to have changed.
    #[error("change {sequence}: {source}")]
    Refused {
        /// The change's number.
        sequence: u64,
        /// Why it is not possible.
        source: OperationError,
    },
}
