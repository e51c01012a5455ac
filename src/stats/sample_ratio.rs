//! Whether the arms have the sizes that the assignment should have given them.
//!
//! A sample ratio that does not fit the configured weights means that units were lost, counted
//! twice or sent to the wrong arm, and not at random: no effect measured on such arms can be
//! trusted, whatever its p-value. It is checked first, and no verdict is given while it fails. Six
//! in a hundred experiments of a large platform failed it (Fabijan and others, 2019,
//! <https://doi.org/10.1145/3292500.3330722>).
//!
//! [`check`] is for one look. Alert at 0.001 and not at 0.05 ([`Alpha::ONE_PER_MILLE`]), because it
//! is run on every experiment.

mod exact;
mod goodness_of_fit;

pub use exact::exact_binomial;
pub use goodness_of_fit::{GoodnessOfFit, chi_squared, g_test, z_of_first_arm};

use core::fmt;

use super::fixed_horizon::round_percent;
use super::measure::significant;
use super::{Alpha, PValue, Refusal, multiplicity};
use goodness_of_fit::Expected;

/// Units below which two arms are checked by the exact test.
const EXACT_BELOW: u64 = 1000;

/// Checks the arms' sizes against their weights, and finds the arm that is wrong.
///
/// Two arms with fewer than 1000 units by the exact binomial test, all others by Pearson's
/// chi-squared test. Each arm is also tested against the rest, with Holm's adjustment, which shows
/// which of several is wrong.
///
/// # Errors
/// [`Refusal::InsufficientData`] for fewer than two arms or no units,
/// [`Refusal::LengthMismatch`] if weights and counts differ in number,
/// [`Refusal::OutOfRange`] for a weight that is not positive and finite: leave out an arm of
/// weight 0, units in it are another fault.
///
/// ```
/// use switchstand::stats::{Alpha, sample_ratio};
/// let check = sample_ratio::check(&[821_588, 815_482], &[1.0, 1.0], Alpha::ONE_PER_MILLE)?;
/// assert!(!check.is_consistent());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check(counts: &[u64], weights: &[f64], alpha: Alpha) -> Result<SampleRatio, Refusal> {
    let expected = Expected::new(counts, weights)?;
    let against_rest = |arm: &goodness_of_fit::Arm| match counts {
        [_, _] if expected.total < EXACT_BELOW => {
            exact::two_sided(arm.count, expected.total, arm.share)
        }
        _ => arm.against_rest(&expected),
    };
    let alone: Vec<PValue> = expected.arms.iter().map(against_rest).collect();
    let p: Vec<f64> = alone.iter().map(|p| p.value).collect();
    let (method, p_of_all) = match alone.as_slice() {
        // Both arms are the same test: one is too large exactly as the other is too small.
        [first, _] if expected.total < EXACT_BELOW => ("exact binomial test", *first),
        _ => ("chi-squared test", chi_squared(counts, weights)?.p),
    };
    let adjusted = match p.as_slice() {
        [first, _] => vec![*first; 2],
        _ => multiplicity::holm(&p)?,
    };
    let arms = expected.arms.iter().zip(adjusted);
    Ok(SampleRatio {
        method,
        p: p_of_all,
        alpha,
        arms: arms
            .map(|(arm, adjusted_p)| ArmShare {
                count: arm.count,
                expected: arm.expected,
                relative_deviation: arm.deviation / arm.expected,
                adjusted_p,
            })
            .collect(),
    })
}

/// The check of the arms' sizes, valid for one look.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
#[must_use = "no effect can be trusted while the sample ratio does not match"]
pub struct SampleRatio {
    /// Name of the test of all arms.
    pub method: &'static str,
    /// P-value of the sizes, if units are assigned as configured.
    pub p: PValue,
    /// Error rate below which p is an alert.
    pub alpha: Alpha,
    /// The arms, in the order of the input.
    pub arms: Vec<ArmShare>,
}

/// How far one arm's size is from what was configured.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ArmShare {
    /// Units in the arm.
    pub count: u64,
    /// Units that its weight would give it.
    pub expected: f64,
    /// Units too many over units expected; negative for too few.
    pub relative_deviation: f64,
    /// p-value of this arm against the rest, adjusted by Holm for the number of arms.
    pub adjusted_p: f64,
}

impl SampleRatio {
    /// Tells whether the sizes do not contradict the weights.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        self.p.value >= self.alpha.get()
    }

    /// Returns the largest relative deviation of an arm, by size.
    ///
    /// With a hundred million units a deviation of 0.02 % is significant. It may be a fault worth
    /// finding, but it cannot bias an effect by more than its own size.
    #[must_use]
    pub fn largest_deviation(&self) -> f64 {
        let sizes = self.arms.iter().map(|arm| arm.relative_deviation.abs());
        sizes.fold(0.0, f64::max)
    }

    /// Yields the positions of the arms whose size is wrong, each tested against the rest.
    pub fn deviating_arms(&self) -> impl Iterator<Item = usize> + '_ {
        let arms = self.arms.iter().enumerate();
        arms.filter(|(_, arm)| arm.adjusted_p < self.alpha.get())
            .map(|(index, _)| index)
    }
}

impl fmt::Display for SampleRatio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_consistent() {
            "matches"
        } else {
            "DOES NOT MATCH"
        };
        write!(
            f,
            "sample ratio {verdict}: largest deviation {} %, {} ({}, alert below {} %)",
            significant(100.0 * self.largest_deviation()),
            self.p,
            self.method,
            round_percent(self.alpha.get()),
        )
    }
}
