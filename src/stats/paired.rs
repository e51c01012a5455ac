//! Two models that answered the same requests: a shadow against the live version.
//!
//! | question | function |
//! |---|---|
//! | is the candidate right more often? | [`mcnemar_mid_p`], interval of Tango |
//! | the same, never erring more often than alpha | [`mcnemar_exact`] |
//! | how large is the difference? | [`tango`], [`bonett_price`] |
//! | is the candidate's score higher? | [`paired_t`] |
//! | may one score stand for the other? | [`bland_altman`] |
//!
//! Pairing removes the differences between requests, so it needs far fewer of them than two
//! separate groups. It is valid for outcomes that do not depend on which answer was shown:
//! correctness against a known truth, not a click. All of it is for one look at a sample whose size
//! was fixed beforehand.

mod differences;
mod intervals;

pub use differences::{BlandAltman, bland_altman, cohen_dz, paired_t};
pub use intervals::{bonett_price, discordant_odds, tango, wald};

use super::fixed_horizon::law::{interval, normal_p, normal_reach};
use super::special::{binomial_cdf, binomial_pmf, ln_binomial_cdf, ln_binomial_pmf};
use super::{Alpha, Alternative, FixedHorizon, Measure, PValue, PairedCounts, Refusal, Statistic};

/// Tests whether two models are right equally often, by McNemar's exact mid-p test.
///
/// Of the pairs in which exactly one model is right, a fair coin decides which under the null
/// hypothesis. The mid-p counts only half of the probability of the observed outcome. It hardly
/// ever errs more often than alpha, and has nearly the power of the chi-squared form: the default.
/// Interval: [`tango`].
///
/// Without a discordant pair p is 1: the models were right on the same requests.
///
/// Fagerland, Lydersen and Laake (2013), <https://doi.org/10.1186/1471-2288-13-91>.
///
/// # Errors
/// [`Refusal::InsufficientData`] without any pair.
///
/// ```
/// use switchstand::stats::{Alpha, Alternative, PairedCounts, paired};
/// let pairs = PairedCounts::new(794, 86, 150, 570)?;
/// let test = paired::mcnemar_mid_p(&pairs, Alpha::FIVE_PERCENT, Alternative::TwoSided)?;
/// assert!((test.effect - 0.04).abs() < 1e-12 && test.p.value < 1e-4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn mcnemar_mid_p(
    pairs: &PairedCounts,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let coin = Coin::new(pairs);
    let p = match alternative {
        Alternative::Greater => coin.mid(pairs.only_control()),
        Alternative::Less => coin.mid(pairs.only_candidate()),
        Alternative::TwoSided if pairs.only_control() == pairs.only_candidate() => {
            let at_least = 1.0 - 0.5 * binomial_pmf(pairs.only_control(), coin.throws, 0.5);
            PValue::new(at_least, at_least.ln())
        }
        Alternative::TwoSided => {
            let fewer = pairs.only_control().min(pairs.only_candidate());
            let one = coin.mid(fewer);
            PValue::of_two_tails(one.value, || one.ln_p)
        }
    };
    let p = if pairs.discordant() == 0 { CERTAIN } else { p };
    result(
        "McNemar mid-p test, Tango interval",
        pairs,
        Statistic::Exact,
        p,
        alpha,
        alternative,
    )
}

/// Tests whether two models are right equally often, by McNemar's exact test.
///
/// Twice the smaller tail of a fair coin thrown once per discordant pair. It never errs more often
/// than alpha, and usually far less often; [`mcnemar_mid_p`] has more power. Interval: [`tango`].
///
/// Without a discordant pair p is 1: the models were right on the same requests.
///
/// McNemar (1947), <https://doi.org/10.1007/BF02295996>.
///
/// # Errors
/// [`Refusal::InsufficientData`] without any pair.
pub fn mcnemar_exact(
    pairs: &PairedCounts,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let coin = Coin::new(pairs);
    let p = match alternative {
        Alternative::Greater => coin.at_most(pairs.only_control()),
        Alternative::Less => coin.at_most(pairs.only_candidate()),
        Alternative::TwoSided => {
            let fewer = pairs.only_control().min(pairs.only_candidate());
            let one = coin.at_most(fewer);
            PValue::of_two_tails(one.value, || one.ln_p)
        }
    };
    result(
        "McNemar exact test, Tango interval",
        pairs,
        Statistic::Exact,
        p,
        alpha,
        alternative,
    )
}

/// Tests whether two models are right equally often, by McNemar's chi-squared test.
///
/// `(c - b)^2 / (b + c)` of the two kinds of discordant pair, on one degree of freedom; one-sided
/// by its signed root. For a few dozen discordant pairs or more. Interval: [`tango`].
///
/// McNemar (1947), <https://doi.org/10.1007/BF02295996>.
///
/// # Errors
/// [`Refusal::InsufficientData`] without any pair, [`Refusal::ZeroVariance`] without a
/// discordant one.
pub fn mcnemar_chi_squared(
    pairs: &PairedCounts,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let method = "McNemar chi-squared test, Tango interval";
    chi_squared(method, 0.0, pairs, alpha, alternative)
}

/// Tests as [`mcnemar_chi_squared`], with a correction for continuity, which loses power.
///
/// `max(|c - b| - 1, 0)^2 / (b + c)`. It is more conservative than even the exact test; it is
/// here because other software reports it.
///
/// Edwards (1948), <https://doi.org/10.1007/BF02289261>.
///
/// # Errors
/// As [`mcnemar_chi_squared`].
pub fn mcnemar_corrected(
    pairs: &PairedCounts,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let method = "McNemar chi-squared test with continuity correction, Tango interval";
    chi_squared(method, 1.0, pairs, alpha, alternative)
}

fn chi_squared(
    method: &'static str,
    correction: f64,
    pairs: &PairedCounts,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    check(pairs)?;
    if pairs.discordant() == 0 {
        return Err(Refusal::no_variance("difference of the paired answers"));
    }
    let excess = pairs.only_candidate() as f64 - pairs.only_control() as f64;
    let size = (excess.abs() - correction).max(0.0);
    let discordant = pairs.discordant() as f64;
    let statistic = Statistic::ChiSquared {
        chi_squared: size * (size / discordant),
        degrees_of_freedom: 1.0,
    };
    let z = size.copysign(excess) / discordant.sqrt();
    result(
        method,
        pairs,
        statistic,
        normal_p(z, alternative),
        alpha,
        alternative,
    )
}

/// The p-value of observations that say nothing against the null hypothesis.
const CERTAIN: PValue = PValue::new(1.0, 0.0);

/// A fair coin, thrown once per discordant pair.
#[derive(Clone, Copy, Debug)]
struct Coin {
    throws: u64,
}

impl Coin {
    const fn new(pairs: &PairedCounts) -> Coin {
        Coin {
            throws: pairs.discordant(),
        }
    }

    /// Returns the probability of at most `count` heads.
    fn at_most(self, count: u64) -> PValue {
        PValue::of_one_tail(binomial_cdf(count, self.throws, 0.5), || {
            ln_binomial_cdf(count, self.throws, 0.5)
        })
    }

    /// Returns the probability of fewer than `count` heads, and half of that of `count`.
    fn mid(self, count: u64) -> PValue {
        let tail = binomial_cdf(count, self.throws, 0.5);
        let p = tail - 0.5 * binomial_pmf(count, self.throws, 0.5);
        PValue::of_one_tail(p, || {
            let ln_tail = ln_binomial_cdf(count, self.throws, 0.5);
            let ln_share = ln_binomial_pmf(count, self.throws, 0.5) - ln_tail;
            // A part of the tail, also where both are -10^15 and rounded to the next eighth.
            ln_tail + (-0.5 * ln_share.min(0.0).exp()).ln_1p()
        })
    }
}

fn check(pairs: &PairedCounts) -> Result<(), Refusal> {
    if pairs.n() == 0 {
        return Err(Refusal::too_few("pairs", 0, 1));
    }
    Ok(())
}

fn result(
    method: &'static str,
    pairs: &PairedCounts,
    statistic: Statistic,
    p: PValue,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    check(pairs)?;
    let bounds = intervals::tango_bounds(pairs, normal_reach(alpha, alternative));
    Ok(FixedHorizon {
        method,
        measure: Measure::RateDifference,
        effect: intervals::difference(pairs),
        standard_error: intervals::standard_error(pairs),
        interval: interval(bounds, (-1.0, 1.0), alpha, alternative),
        null: 0.0,
        alternative,
        alpha,
        statistic,
        p,
    })
}
