//! Whether a candidate is at most a margin worse, on the same requests.

use super::EitherWay;
use crate::stats::{Alpha, PairedCounts, Refusal};

/// A test at every look whether the candidate's accuracy is at most a margin lower.
///
/// # Formula
/// A pair's difference `d` is 1 for an improvement, -1 for a regression, 0 otherwise. Against
/// "the mean of `d` is at most `-margin`" a bettor with bet `l` has
/// `(1 + l (1 + m))^improvements (1 + l m)^ties (1 - l (1 - m))^regressions`, a supermartingale
/// for each `l < 1 / (1 - m)`. The evidence is the mean over ten bets, each half of the one before,
/// the largest half of what is allowed; in the other direction likewise.
///
/// # Assumptions
/// Pairs as for [`PairedTest`](super::PairedTest), with one mean difference throughout. A function
/// of the counts, so parts merge.
///
/// Source: Waudby-Smith and Ramdas (2024), <https://doi.org/10.1093/jrsssb/qkad009>.
///
/// ```
/// use switchstand::stats::{Alpha, PairedCounts, anytime::PairedNonInferiority};
/// let test = PairedNonInferiority::new(0.01, Alpha::ONE_PERCENT)?;
/// let pairs = PairedCounts::new(38_500, 600, 600, 300)?;
/// let reading = test.reading(&pairs);
/// assert!(reading.better.is_significant() && !reading.worse.is_significant());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedNonInferiority {
    margin: f64,
    alpha: Alpha,
}

const BETS: i32 = 10;

impl PairedNonInferiority {
    /// Returns the test of a margin from 0 to 0.5.
    ///
    /// Each verdict has error rate `alpha`.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] or [`Refusal::OutOfRange`] for any other margin.
    pub fn new(margin: f64, alpha: Alpha) -> Result<PairedNonInferiority, Refusal> {
        Refusal::require_finite("margin", margin)?;
        let holds = (0.0..=0.5).contains(&margin);
        Refusal::require(holds, "margin", margin, "a number from 0 to 0.5")?;
        Ok(PairedNonInferiority { margin, alpha })
    }

    /// Returns the evidence in these pairs.
    ///
    /// It is "better" if the candidate is less than the margin worse, else "worse".
    #[must_use]
    pub fn reading(&self, pairs: &PairedCounts) -> EitherWay {
        let counts = [
            (pairs.only_candidate(), 1.0 + self.margin),
            (pairs.both() + pairs.neither(), self.margin),
            (pairs.only_control(), self.margin - 1.0),
        ];
        // Each outcome's distance from the margin, in the direction that is bet on.
        let evidence = |direction: f64, worst: f64| {
            let ln_capital = |bet: f64| -> f64 {
                let ln = |&(count, distance): &(u64, f64)| {
                    count as f64 * (direction * bet * distance).ln_1p()
                };
                counts.iter().map(ln).sum()
            };
            let capitals = || (1..=BETS).map(|step| ln_capital(0.5_f64.powi(step) / worst));
            let largest = capitals().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = capitals().map(|ln| (ln - largest).exp()).sum();
            largest + (sum / f64::from(BETS)).ln()
        };
        let (worst, best) = (1.0 - self.margin, 1.0 + self.margin);
        EitherWay::new(evidence(1.0, worst), evidence(-1.0, best), self.alpha)
    }
}
