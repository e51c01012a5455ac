//! When the looks of a trial are planned.

use crate::stats::Refusal;

/// The most looks of one trial; more of them gain next to nothing.
pub(super) const MOST_LOOKS: usize = 200;

/// The least information between two looks, as a fraction of the maximum.
///
/// Closer looks see the same observations, and cost a finer integration.
pub(super) const LEAST_STEP: f64 = 1e-4;

/// The fractions of the maximal information at which looks are planned.
///
/// Information is the inverse of the estimate's variance. For means and rates it is proportional to
/// the number of units, so use fractions of the units.
///
/// ```
/// use switchstand::stats::group_sequential::Fractions;
/// assert_eq!(Fractions::equally_spaced(4)?.as_slice(), [0.25, 0.5, 0.75, 1.0]);
/// assert!(Fractions::new(&[0.5, 0.4, 1.0]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Fractions(Vec<f64>);

impl Fractions {
    /// Returns `looks` equally spaced fractions, the last of them 1.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] unless there are 1 to 200 looks.
    pub fn equally_spaced(looks: usize) -> Result<Fractions, Refusal> {
        check_number(looks)?;
        let k = looks as f64;
        Ok(Fractions((1..=looks).map(|look| look as f64 / k).collect()))
    }

    /// Returns these fractions, which ascend and are at most 1.
    ///
    /// If the last is less than 1, the trial is planned to end before its error rate is spent.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] unless there are 1 to 200 looks, at most 1 and each at least
    /// 0.0001 after the one before.
    pub fn new(fractions: &[f64]) -> Result<Fractions, Refusal> {
        check_number(fractions.len())?;
        let mut before = 0.0;
        for &fraction in fractions {
            check_step(before, fraction)?;
            Refusal::require(fraction <= 1.0, FRACTION, fraction, "at most 1")?;
            before = fraction;
        }
        Ok(Fractions(fractions.to_vec()))
    }

    /// Returns the fractions in ascending order.
    #[must_use]
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }
}

const FRACTION: &str = "information fraction";

fn check_number(looks: usize) -> Result<(), Refusal> {
    let holds = (1..=MOST_LOOKS).contains(&looks);
    Refusal::require(holds, "number of looks", looks as f64, "from 1 to 200")
}

/// Refuses a look that comes too soon after the one before.
pub(super) fn check_step(before: f64, fraction: f64) -> Result<(), Refusal> {
    // The slack is the rounding of fractions that are given in decimals.
    let holds = fraction.is_finite() && fraction - before >= LEAST_STEP * (1.0 - 1e-9);
    let expected = "at least 0.0001 more than at the look before";
    Refusal::require(holds, FRACTION, fraction, expected)
}
