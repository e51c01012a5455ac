//! Which of two versions was right, if that can be known for both.

use super::IndependentTruth;
use crate::stats::{PairedCounts, PairedMoments, Refusal};

/// The counts of how right two versions were on the same requests.
///
/// Only a truth that is independent of the action is accepted. A truth that depends on the
/// primary's answer says nothing about the shadow's answer:
///
/// ```compile_fail,E0308
/// use switchstand::comparison::{PairedOutcomes, TruthOfAction};
/// let clicked = TruthOfAction(true);
/// PairedOutcomes::default().record(&clicked, &"item 1", &"item 2", |_, clicked| *clicked);
/// ```
///
/// ```
/// use switchstand::comparison::{IndependentTruth, PairedOutcomes};
/// let mut outcomes = PairedOutcomes::default();
/// let digit = IndependentTruth(7);
/// outcomes.record(&digit, &7, &1, |answer, digit| answer == digit)?;
/// assert_eq!(outcomes.right().only_control(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct PairedOutcomes {
    right: PairedCounts,
    loss: PairedMoments,
}

impl PairedOutcomes {
    /// Counts one request by whether each version was right.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] above 2^53 pairs; nothing is counted then.
    pub fn record<T, P>(
        &mut self,
        IndependentTruth(truth): &IndependentTruth<T>,
        primary: &P,
        shadow: &P,
        is_right: impl Fn(&P, &T) -> bool,
    ) -> Result<(), Refusal> {
        let mut one = PairedCounts::default();
        one.record(is_right(primary, truth), is_right(shadow, truth));
        self.right.merge(&one)
    }

    /// Accumulates the loss of each version in one request.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] or [`Refusal::Overflow`] for a loss that cannot be accumulated;
    /// nothing is added then.
    pub fn record_loss<T, P>(
        &mut self,
        IndependentTruth(truth): &IndependentTruth<T>,
        primary: &P,
        shadow: &P,
        loss: impl Fn(&P, &T) -> f64,
    ) -> Result<(), Refusal> {
        self.loss.record(loss(primary, truth), loss(shadow, truth))
    }

    /// Adds the requests of `other`.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] above 2^53 pairs; nothing is added then.
    pub fn merge(&mut self, other: &PairedOutcomes) -> Result<(), Refusal> {
        let mut next = *self;
        next.right.merge(&other.right)?;
        next.loss.merge(&other.loss)?;
        *self = next;
        Ok(())
    }

    /// Returns the requests by who was right: the primary is the control.
    #[must_use]
    pub const fn right(&self) -> &PairedCounts {
        &self.right
    }

    /// Returns the paired losses: the primary's as `x`, the shadow's as `y`.
    #[must_use]
    pub const fn loss(&self) -> &PairedMoments {
        &self.loss
    }
}
