//! Whether traffic is split as asked, checked at every request.

use super::anytime_valid::p_of;
use super::objective::{likely_shares, one_less};
use crate::stats::special::ln_beta;
use crate::stats::state::MAX_COUNT;
use crate::stats::{Alpha, Interval, PValue, Refusal};

/// A test at every request whether units fall into the arms in the proportions asked for.
///
/// A mismatch means that assignment or logging is broken, so that no other number can be trusted.
///
/// # Formula
/// Expected proportions `t_i`, a Dirichlet prior with parameters `k t_i`, counts `S_i`, and the
/// multivariate beta function `B`: `ln e = ln B(k t + S) - ln B(k t) - sum S_i ln t_i`.
///
/// # Assumptions
/// Each unit is counted once, at its first exposure, while the proportions are constant; start
/// again when they change, and add up the `ln_e` of all stages: their product is an e-value, too,
/// so the error rate holds over the whole ramp. With a hundred million units a harmless deviation
/// of 0.02 % is significant: look at the size of the deviation too.
///
/// Mergeable: it is a function of the counts. The default `k` is 100.
///
/// Source: Lindon and Malek (2022), <https://doi.org/10.48550/arXiv.2011.03567>.
///
/// ```
/// use switchstand::stats::anytime::SampleRatioProcess;
/// let mut ratio = SampleRatioProcess::new(&[0.5, 0.5])?;
/// ratio.record(0, 5_000)?;
/// ratio.record(1, 5_400)?;
/// assert!(ratio.p().value < 0.01);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "stored::State", into = "stored::State")
)]
pub struct SampleRatioProcess {
    concentration: f64,
    arms: Vec<Arm>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Arm {
    expected: f64,
    count: u64,
}

impl SampleRatioProcess {
    /// Returns the test of proportions `weights`, of which the sum does not matter.
    ///
    /// # Errors
    /// [`Refusal::InsufficientData`] below two arms; [`Refusal::NonFinite`] or
    /// [`Refusal::OutOfRange`] for a weight that is not positive, since an arm that should get
    /// nothing is not part of the split.
    pub fn new(weights: &[f64]) -> Result<SampleRatioProcess, Refusal> {
        SampleRatioProcess::with_concentration(weights, 100.0)
    }

    /// Returns the test with another concentration of the prior, 1e-3 to 1e9.
    ///
    /// Small ones find large deviations sooner, large ones find small deviations.
    ///
    /// # Errors
    /// As [`new`](SampleRatioProcess::new), and [`Refusal::OutOfRange`] for the concentration.
    pub fn with_concentration(
        weights: &[f64],
        concentration: f64,
    ) -> Result<SampleRatioProcess, Refusal> {
        if weights.len() < 2 {
            return Err(Refusal::too_few("number of arms", weights.len() as u64, 2));
        }
        let holds = (1e-3..=1e9).contains(&concentration);
        let expected = "a number from 1e-3 to 1e9";
        Refusal::require(holds, "concentration", concentration, expected)?;
        let what = "weight of an arm";
        for &weight in weights {
            Refusal::require_finite(what, weight)?;
        }
        let sum: f64 = weights.iter().sum();
        for &weight in weights {
            // A part below 1e-12 of the whole is as good as nothing.
            let counts = weight > 0.0 && weight / sum >= 1e-12;
            let expected = "a positive weight, at least 10^-12 of their sum";
            Refusal::require(counts || sum.is_infinite(), what, weight, expected)?;
        }
        if !sum.is_finite() {
            return Err(Refusal::overflow("sum of the weights"));
        }
        let arm = |weight: &f64| Arm {
            expected: weight / sum,
            count: 0,
        };
        Ok(SampleRatioProcess {
            concentration,
            arms: weights.iter().map(arm).collect(),
        })
    }

    /// Counts `units` units of the arm at this index.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] if there is no such arm, [`Refusal::Overflow`] above 2^53 units.
    pub fn record(&mut self, arm: usize, units: u64) -> Result<(), Refusal> {
        let total = self.n().saturating_add(units);
        if total > MAX_COUNT {
            return Err(Refusal::overflow("number of units"));
        }
        let arm = self.arms.get_mut(arm).ok_or(Refusal::OutOfRange {
            what: "index of an arm",
            value: arm as f64,
            expected: "an index below the number of arms",
        })?;
        arm.count += units;
        Ok(())
    }

    /// Adds the units of `other`.
    ///
    /// # Errors
    /// [`Refusal::LengthMismatch`] or [`Refusal::OutOfRange`] if the two test different things,
    /// [`Refusal::Overflow`] above 2^53 units; then `self` is unchanged.
    pub fn merge(&mut self, other: &SampleRatioProcess) -> Result<(), Refusal> {
        if self.arms.len() != other.arms.len() {
            return Err(Refusal::unequal(
                "the arms of two ratio checks",
                self.arms.len(),
                other.arms.len(),
            ));
        }
        let differs = |(ours, theirs): &(&Arm, &Arm)| ours.expected != theirs.expected;
        let pairs = || self.arms.iter().zip(&other.arms);
        if let Some((_, theirs)) = pairs().find(differs) {
            return Err(Refusal::OutOfRange {
                what: "expected proportion of the other check",
                value: theirs.expected,
                expected: "the same proportion",
            });
        }
        if self.concentration != other.concentration {
            return Err(Refusal::OutOfRange {
                what: "concentration of the other check",
                value: other.concentration,
                expected: "the same concentration",
            });
        }
        let mut merged = self.clone();
        for (index, arm) in other.arms.iter().enumerate() {
            merged.record(index, arm.count)?;
        }
        *self = merged;
        Ok(())
    }

    /// Returns the number of units in all arms.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.arms.iter().map(|arm| arm.count).sum()
    }

    /// Returns the logarithm of the e-value against the proportions asked for.
    #[must_use]
    pub fn ln_e(&self) -> f64 {
        let k = self.concentration;
        // The multivariate beta function as a chain of beta functions, each arm against all
        // before it: differences of log-gammas of large counts would keep few digits.
        let (mut prior, mut posterior, mut ln_e) = (0.0, 0.0, 0.0);
        for arm in &self.arms {
            let (own_prior, count) = (k * arm.expected, arm.count as f64);
            let own_posterior = own_prior + count;
            if prior > 0.0 {
                ln_e += ln_beta(posterior, own_posterior) - ln_beta(prior, own_prior);
            }
            ln_e -= count * arm.expected.ln();
            prior += own_prior;
            posterior += own_posterior;
        }
        ln_e
    }

    /// Returns the p-value of this moment, `min(1, 1 / e)`.
    ///
    /// The smallest of all looks is valid as well ([`RunningP`](super::RunningP)).
    #[must_use]
    pub fn p(&self) -> PValue {
        p_of(self.ln_e())
    }

    /// Returns the second arm's proportions that the counts do not contradict, for two arms.
    ///
    /// None for more arms and before the first unit.
    #[must_use]
    pub fn interval(&self, alpha: Alpha) -> Option<Interval> {
        let (lower, missing) = self.likely_shares(alpha)?;
        Some(Interval::new(lower, one_less(missing), alpha))
    }

    /// Returns the least proportion of the second arm, and what the greatest lacks to 1.
    fn likely_shares(&self, alpha: Alpha) -> Option<(f64, f64)> {
        let [first, second] = *self.arms.as_slice() else {
            return None;
        };
        if first.count == 0 && second.count == 0 {
            return None;
        }
        let k = self.concentration;
        let (prior_1, prior_2) = (k * first.expected, k * second.expected);
        let (first, second) = (first.count as f64, second.count as f64);
        let marginal = ln_beta(prior_1 + first, prior_2 + second) - ln_beta(prior_1, prior_2);
        Some(likely_shares(second, first, marginal + alpha.get().ln()))
    }

    /// Returns the interval of the log rate ratio, second arm over first, for two arms.
    ///
    /// It is the interval of two streams of *events* whose common rate may drift while their
    /// exposures have the proportions asked for: count events instead of units.
    #[must_use]
    pub fn ln_rate_ratio_interval(&self, alpha: Alpha) -> Option<Interval> {
        let [first, second] = *self.arms.as_slice() else {
            return None;
        };
        let (lower, missing) = self.likely_shares(alpha)?;
        let even = (second.expected / first.expected).ln();
        let lower = lower.ln() - (-lower).ln_1p() - even;
        let upper = (-missing).ln_1p() - missing.ln() - even;
        Some(Interval::new(lower, upper, alpha))
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::{Arm, SampleRatioProcess};
    use crate::stats::state::StateError;

    const NAME: &str = "sample ratio process";
    const VERSION: u32 = 1;

    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct State {
        version: u32,
        concentration: f64,
        expected: Vec<f64>,
        counts: Vec<u64>,
    }

    impl From<SampleRatioProcess> for State {
        fn from(process: SampleRatioProcess) -> State {
            State {
                version: VERSION,
                concentration: process.concentration,
                expected: process.arms.iter().map(|arm| arm.expected).collect(),
                counts: process.arms.iter().map(|arm| arm.count).collect(),
            }
        }
    }

    impl TryFrom<State> for SampleRatioProcess {
        type Error = StateError;

        fn try_from(state: State) -> Result<SampleRatioProcess, StateError> {
            StateError::check_version(NAME, state.version, VERSION)?;
            let same = state.expected.len() == state.counts.len();
            StateError::require(same, NAME, "proportions and counts differ in number")?;
            let sum: f64 = state.expected.iter().sum();
            StateError::require(
                (sum - 1.0).abs() < 1e-9,
                NAME,
                "the proportions do not sum to 1",
            )?;
            let inconsistent = |why| StateError::Inconsistent { what: NAME, why };
            let checked =
                SampleRatioProcess::with_concentration(&state.expected, state.concentration)
                    .map_err(|_| {
                        inconsistent("a proportion or the concentration is out of range")
                    })?;
            // The proportions as stored, not divided by their sum once more.
            let arm = |(&expected, &count): (&f64, &u64)| Arm { expected, count };
            let arms = state.expected.iter().zip(&state.counts).map(arm).collect();
            let process = SampleRatioProcess { arms, ..checked };
            let total = process
                .arms
                .iter()
                .try_fold(0_u64, |sum, arm| sum.checked_add(arm.count));
            let fits = total.is_some_and(|total| total <= super::MAX_COUNT);
            StateError::require(fits, NAME, "more than 2^53 units")?;
            Ok(process)
        }
    }
}
