//! Two models on the same requests: which of them is right more often?

use super::objective::likely_shares;
use super::{AnytimeValid, EitherWay};
use crate::stats::guard::ln_mixture;
use crate::stats::special::{ln_beta, ln_beta_cdf, ln_beta_sf};
use crate::stats::{Alpha, Alternative, Interval, Measure, PairedCounts, Refusal};

/// A test of two models on the same requests, as under a shadow, at every look.
///
/// Only discordant pairs count, where one model is right and the other wrong: if neither model is
/// better, each such pair is an improvement or a regression with probability one half.
///
/// # Formula
/// Of the discordant pairs `c` are improvements and `b` regressions.
/// [`difference`](PairedTest::difference): `ln e = ln B(k/2 + c, k/2 + b) - ln B(k/2, k/2) +
/// (b + c) ln 2`. [`direction`](PairedTest::direction): the same with the Beta prior truncated to
/// one side of one half. The default `k` is 20.
///
/// # Assumptions
/// The pairs are independent given the requests: count one pair per unit, because a user for whom
/// one model fails has many pairs of one kind. The truth does not depend on the answer that was
/// given. A function of the counts, so parts merge.
///
/// # Models whose answers vary
/// "85 % agreement" says nothing while the control's agreement with itself is unknown. Let the
/// control answer twice, and count an answer as *right* if it agrees with the first one: the second
/// answer is the control's, the candidate's answer is the candidate's. A regression is then a
/// disagreement that the control's own noise does not explain.
///
/// Source: Lindon and Malek (2022), <https://doi.org/10.48550/arXiv.2011.03567>.
///
/// ```
/// use switchstand::stats::{Alpha, PairedCounts, anytime::PairedTest};
/// let pairs = PairedCounts::new(7_600, 90, 210, 2_100)?;
/// let reading = PairedTest::default().direction(&pairs, Alpha::ONE_PERCENT);
/// assert!(reading.better.is_significant());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedTest {
    half: f64,
}

impl PairedTest {
    /// Returns the test whose prior weighs `concentration` pairs, 1e-3 to 1e9.
    ///
    /// Small values find large differences sooner, large ones small differences.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for any other number.
    pub fn with_concentration(concentration: f64) -> Result<PairedTest, Refusal> {
        let holds = (1e-3..=1e9).contains(&concentration);
        let expected = "a number from 1e-3 to 1e9";
        Refusal::require(holds, "concentration", concentration, expected)?;
        let half = concentration / 2.0;
        Ok(PairedTest { half })
    }

    /// Returns the evidence in either direction, each at `alpha`.
    ///
    /// It is "better" if improvements outnumber regressions, "worse" if these are more.
    #[must_use]
    pub fn direction(&self, pairs: &PairedCounts, alpha: Alpha) -> EitherWay {
        let (better, worse) = (pairs.only_candidate(), pairs.only_control());
        let prior = (self.half, self.half);
        let ln_e = |ln_kept| ln_mixture(better, worse, prior, 0.5, ln_kept);
        EitherWay::new(ln_e(ln_beta_sf), ln_e(ln_beta_cdf), alpha)
    }

    /// Tests in both directions, with the odds of an improvement among the discordant pairs.
    ///
    /// # Errors
    /// [`Refusal::InsufficientData`] before the first discordant pair.
    pub fn difference(&self, pairs: &PairedCounts, alpha: Alpha) -> Result<AnytimeValid, Refusal> {
        if pairs.discordant() == 0 {
            return Err(Refusal::too_few("number of discordant pairs", 0, 1));
        }
        let better = pairs.only_candidate() as f64;
        let worse = pairs.only_control() as f64;
        let marginal =
            ln_beta(self.half + better, self.half + worse) - ln_beta(self.half, self.half);
        let (lower, missing) = likely_shares(better, worse, marginal + alpha.get().ln());
        let (lower, upper) = (lower / (1.0 - lower), (1.0 - missing) / missing);
        AnytimeValid {
            method: "mixture over the share of improvements among discordant pairs",
            measure: Measure::OddsRatio,
            effect: better / worse,
            interval: Interval::new(lower, upper, alpha),
            null: 1.0,
            alternative: Alternative::TwoSided,
            alpha,
            ln_e: marginal + (better + worse) * core::f64::consts::LN_2,
        }
        .checked()
    }
}

impl Default for PairedTest {
    /// Returns the test with a concentration of 20 pairs.
    fn default() -> PairedTest {
        PairedTest { half: 10.0 }
    }
}
