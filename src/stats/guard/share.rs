//! The candidate's share of the traffic.

use core::cmp::Ordering;
use core::hash::{Hash, Hasher};

use super::margins::check_ratio;
use crate::stats::Refusal;

/// The candidate's share of the traffic that is compared.
///
/// A number from 1e-12 to 1 - 1e-12, the probability with which a unit's draw sends it to the
/// candidate, among the units that go to either the candidate or the control. With more than two
/// arms, divide the candidate's share by the sum of the two. A release at 0 % or 100 % compares
/// nothing, so it has no such share.
///
/// ```
/// use switchstand::stats::guard::CandidateShare;
/// assert_eq!(CandidateShare::new(0.05)?.get(), 0.05);
/// assert!(CandidateShare::new(1.0).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "f64", into = "f64"))]
pub struct CandidateShare(f64);

impl CandidateShare {
    /// Returns the share `value`, from 1e-12 to 1 - 1e-12.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] for NaN and infinity, [`Refusal::OutOfRange`] for any other number
    /// out of range.
    pub const fn new(value: f64) -> Result<CandidateShare, Refusal> {
        if value >= 1e-12 && value <= 1.0 - 1e-12 {
            return Ok(CandidateShare(value));
        }
        Err(if value.is_finite() {
            out_of_range(value)
        } else {
            let what = "the candidate's share";
            Refusal::NonFinite { what, value }
        })
    }

    /// Returns the share of two arms of integer weights, `candidate / (candidate + control)`.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] if either weight is zero.
    pub fn of_weights(candidate: u64, control: u64) -> Result<CandidateShare, Refusal> {
        let (candidate, control) = (candidate as f64, control as f64);
        CandidateShare::new(candidate / (candidate + control))
            .map_err(|_| out_of_range(if candidate == 0.0 { 0.0 } else { 1.0 }))
    }

    /// Returns the share as a number between 0 and 1.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// Returns the probability that a bad event is the candidate's, by the rates' ratio.
    ///
    /// `share * ratio / (share * ratio + 1 - share)`, candidate's rate over control's.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] or [`Refusal::OutOfRange`] unless `ratio` lies between 1e-9 and 1e9.
    pub fn event_probability(self, ratio: f64) -> Result<f64, Refusal> {
        check_ratio("the rate ratio", ratio)?;
        Ok(self.theta(ratio))
    }

    pub(crate) fn theta(self, ratio: f64) -> f64 {
        let weighted = self.0 * ratio;
        weighted / (weighted + (1.0 - self.0))
    }
}

const fn out_of_range(value: f64) -> Refusal {
    Refusal::OutOfRange {
        what: "the candidate's share",
        value,
        expected: "a number from 1e-12 to 1 - 1e-12",
    }
}

// A share is never NaN and never a signed zero, so equality of bits is equality of numbers.
impl PartialEq for CandidateShare {
    fn eq(&self, other: &CandidateShare) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for CandidateShare {}

impl Hash for CandidateShare {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl PartialOrd for CandidateShare {
    fn partial_cmp(&self, other: &CandidateShare) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for CandidateShare {
    fn cmp(&self, other: &CandidateShare) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl TryFrom<f64> for CandidateShare {
    type Error = Refusal;

    fn try_from(value: f64) -> Result<CandidateShare, Refusal> {
        CandidateShare::new(value)
    }
}

impl From<CandidateShare> for f64 {
    fn from(share: CandidateShare) -> f64 {
        share.0
    }
}
