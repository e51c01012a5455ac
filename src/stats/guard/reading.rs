//! What a guard says at one moment.

use core::fmt;

use super::GuardVerdict;
use crate::stats::PValue;
use crate::stats::anytime::p_of;

/// The evidence of one e-process and what it needs to be conclusive.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct LnEvidence {
    /// Natural logarithm of the e-value: by how much a bettor against the null hypothesis has
    /// multiplied the stake.
    pub ln_e: f64,
    /// Value of `ln_e` from which the null hypothesis is rejected, `ln(1 / alpha)`.
    pub threshold: f64,
}

impl LnEvidence {
    /// Tells whether there is enough evidence to reject the null hypothesis.
    #[must_use]
    pub fn is_significant(&self) -> bool {
        self.ln_e >= self.threshold
    }

    /// Returns the p-value of this moment, `min(1, exp(-ln_e))`.
    ///
    /// Under the null hypothesis the probability that it *ever* falls to `p` is at most `p`.
    #[must_use]
    pub fn p(&self) -> PValue {
        p_of(self.ln_e)
    }

    /// Returns how much `ln_e` is missing; 0 if there is enough.
    #[must_use]
    pub fn missing(&self) -> f64 {
        (self.threshold - self.ln_e).max(0.0)
    }
}

/// What a guard says at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Reading {
    /// Evidence that the candidate's rate of bad events is above the harm boundary.
    pub harm: LnEvidence,
    /// Evidence that the candidate's rate of bad events is below the safe boundary.
    pub safe: LnEvidence,
    /// Counted bad events of the candidate.
    pub candidate_events: u64,
    /// Counted bad events of the control.
    pub control_events: u64,
    /// Bad events of the candidate that count for safety: those that thinning keeps. All of them
    /// where each request is its own unit.
    pub kept_candidate_events: u64,
    /// Further bad events of units that had one before. 0 where each request is its own unit.
    pub repeated_events: u64,
    /// Fraction of all units that are counted at all: 1 until a bounded set of units overflows,
    /// then halved each time.
    pub units_sampled: f64,
}

impl Reading {
    /// Returns the verdict that the evidence of this moment allows.
    #[must_use]
    pub fn verdict(&self) -> GuardVerdict {
        GuardVerdict::of(self.harm.is_significant(), self.safe.is_significant())
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} bad events of the candidate, {} of the control; evidence of harm {:.2} of \
             {:.2}, of safety {:.2} of {:.2} (natural logarithms)",
            self.verdict(),
            self.candidate_events,
            self.control_events,
            self.harm.ln_e,
            self.harm.threshold,
            self.safe.ln_e,
            self.safe.threshold,
        )?;
        if self.units_sampled < 1.0 {
            let percent = 100.0 * self.units_sampled;
            write!(
                f,
                "; {percent:.3} % of the units are counted, the set was full"
            )?;
        }
        Ok(())
    }
}
