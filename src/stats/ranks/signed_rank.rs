//! Paired values compared by the ranks of their differences.

use super::order::{kth_average, median_average};
use super::permutation::Law;
use super::ties::{Block, blocks, tie_sum};
use super::{corrected, doubled_ranks, of_shift};
use crate::stats::fixed_horizon::law::{normal_p, normal_reach};
use crate::stats::{Alpha, Alternative, FixedHorizon, PValue, Refusal, Sample, Statistic};

/// The most differences, zeros left out, that [`signed_rank_exact`] takes.
pub const MAX_EXACT_DIFFERENCES: u64 = 300;

/// The treatment of differences of zero.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Zeros {
    /// They are dropped before ranking, Wilcoxon's way.
    #[default]
    Drop,
    /// They are ranked, then their ranks are dropped, Pratt's way.
    Rank,
}

/// Tests whether paired differences lie around zero, by Wilcoxon's signed-rank test.
///
/// The sum of the ranks of the positive differences among all by size, standardised without
/// continuity correction; midranks for ties, in size and in the variance. Effect and interval
/// are the median of the Walsh averages and order statistics of them, zeros dropped.
///
/// The null hypothesis is that the differences are symmetric around zero. It needs differences,
/// candidate minus control, of independent requests. `O(n log n)`; where only p is asked, take
/// [`SignedRank::p_value`] of [`signed_rank_statistic`].
///
/// Wilcoxon (1945), <https://doi.org/10.2307/3001968>; Pratt (1959),
/// <https://doi.org/10.1080/01621459.1959.10501526>.
///
/// # Errors
/// [`Refusal::ZeroVariance`] if all differences are zero.
///
/// ```
/// use switchstand::stats::{Alpha, Alternative, Sample, ranks};
/// let differences = Sample::new(&[0.4, 0.9, -0.1, 0.3, 0.7, 1.2, 0.2, -0.3, 0.8, 0.5])?;
/// let test = ranks::signed_rank(
///     &differences, ranks::Zeros::Drop, Alpha::FIVE_PERCENT, Alternative::TwoSided,
/// )?;
/// assert!(test.p.value < 0.05 && test.interval.contains(test.effect));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn signed_rank(
    differences: &Sample,
    zeros: Zeros,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let sum = signed_rank_statistic(differences, zeros)?;
    asymptotic(
        "signed-rank test",
        0.0,
        &sum,
        differences,
        alpha,
        alternative,
    )
}

/// Tests as [`signed_rank`] does, with a continuity correction of one half, zeros dropped.
///
/// It imitates the exact test, and is conservative.
///
/// # Errors
/// As [`signed_rank`].
pub fn signed_rank_corrected(
    differences: &Sample,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let sum = signed_rank_statistic(differences, Zeros::Drop)?;
    asymptotic(
        "continuity-corrected signed-rank test",
        0.5,
        &sum,
        differences,
        alpha,
        alternative,
    )
}

/// Tests as [`signed_rank`] does, by the exact law of the signs, zeros dropped, ties included.
///
/// All signs are equally likely under the null hypothesis, given the sizes of the differences.
/// The interval's order statistics follow from the law without ties, which is conservative if
/// there are ties. Two-sided p is twice the smaller tail. `O(n^3)`: up to
/// [`MAX_EXACT_DIFFERENCES`].
///
/// # Errors
/// As [`signed_rank`], and [`Refusal::OutOfRange`] above [`MAX_EXACT_DIFFERENCES`] differences:
/// take [`signed_rank`] then.
pub fn signed_rank_exact(
    differences: &Sample,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let sum = signed_rank_statistic(differences, Zeros::Drop)?;
    let (what, expected) = (
        "number of differences for the exact signed-rank test",
        "at most 300; take the asymptotic test",
    );
    Refusal::require(sum.n <= MAX_EXACT_DIFFERENCES, what, sum.n as f64, expected)?;
    let sizes = blocks_of_sizes(differences).into_iter().map(Block::size);
    let law = Law::of_signs(&doubled_ranks(sizes));
    let p = law.p((2.0 * sum.positive) as u64, alternative);
    let untied: Vec<u64> = (1..=sum.n).map(|rank| 2 * rank).collect();
    let untied = Law::of_signs(&untied);
    let rank = |alternative| (untied.quantile(alpha, alternative) / 2).max(1);
    Ok(centre(
        "exact signed-rank test",
        differences,
        rank,
        (Statistic::Exact, p),
        alpha,
        alternative,
    ))
}

/// Returns Wilcoxon's sums of signed ranks and their law under the null hypothesis.
///
/// # Errors
/// [`Refusal::ZeroVariance`] if all differences are zero.
pub fn signed_rank_statistic(differences: &Sample, zeros: Zeros) -> Result<SignedRank, Refusal> {
    let blocks = blocks_of_sizes(differences);
    let n: u64 = blocks.iter().map(|block| block.size()).sum();
    if n == 0 {
        return Err(NO_DIFFERENCE);
    }
    let ranked_below = match zeros {
        Zeros::Drop => 0,
        Zeros::Rank => differences.n() - n,
    };
    let (mut before, mut positive, mut negative) = (ranked_below, 0.0, 0.0);
    for block in &blocks {
        let midrank = 0.5 * (2 * before + block.size() + 1) as f64;
        positive += midrank * block.candidate as f64;
        negative += midrank * block.control as f64;
        before += block.size();
    }
    // Sums and sums of squares of the ranks 1 to k.
    let sum = |k: f64| k * (k + 1.0);
    let squares = |k: f64| k * (k + 1.0) * (2.0 * k + 1.0);
    let (all, dropped) = ((n + ranked_below) as f64, ranked_below as f64);
    let ties = tie_sum(blocks.iter().map(|block| block.size()));
    let variance = (squares(all) - squares(dropped)) / 24.0 - ties / 48.0;
    Ok(SignedRank {
        n,
        positive,
        negative,
        null_mean: (sum(all) - sum(dropped)) / 4.0,
        null_deviation: variance.sqrt(),
    })
}

/// Wilcoxon's sums of signed ranks.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SignedRank {
    /// Number of differences that are not zero.
    pub n: u64,
    /// Sum of the ranks of the positive differences.
    pub positive: f64,
    /// Sum of the ranks of the negative differences.
    pub negative: f64,
    /// Mean of either sum if the differences are symmetric around zero.
    pub null_mean: f64,
    /// Standard deviation of either sum then.
    pub null_deviation: f64,
}

impl SignedRank {
    /// Returns the p-value of [`signed_rank`], without what its interval costs.
    #[must_use]
    pub fn p_value(&self, alternative: Alternative) -> PValue {
        normal_p(self.z(0.0, alternative), alternative)
    }

    fn z(&self, continuity: f64, alternative: Alternative) -> f64 {
        let deviation = self.positive - self.null_mean;
        corrected(deviation, continuity, alternative) / self.null_deviation
    }
}

/// Returns the median of the averages of any two differences, zeros dropped.
///
/// Each difference is averaged with itself too. It estimates the centre of a symmetric
/// distribution, and is nearly as exact as the mean but bears outliers. `O(n log n)`.
///
/// Hodges and Lehmann (1963), <https://doi.org/10.1214/aoms/1177704172>.
///
/// # Errors
/// [`Refusal::ZeroVariance`] if all differences are zero.
pub fn pseudomedian(differences: &Sample) -> Result<f64, Refusal> {
    match &without_zeros(differences)[..] {
        [] => Err(NO_DIFFERENCE),
        sorted => Ok(median_average(sorted)),
    }
}

const NO_DIFFERENCE: Refusal = Refusal::no_variance("paired difference");

fn asymptotic(
    method: &'static str,
    continuity: f64,
    sum: &SignedRank,
    differences: &Sample,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let z = sum.z(continuity, alternative);
    let n = sum.n as f64;
    let averages = n * (n + 1.0) / 2.0;
    let untied = (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0).sqrt();
    let rank = |alternative| {
        let rank = 0.5 * averages - normal_reach(alpha, alternative) * untied;
        rank.floor().max(1.0) as u64
    };
    Ok(centre(
        method,
        differences,
        rank,
        (Statistic::Normal { z }, normal_p(z, alternative)),
        alpha,
        alternative,
    ))
}

fn centre(
    method: &'static str,
    differences: &Sample,
    rank: impl Fn(Alternative) -> u64,
    reference: (Statistic, PValue),
    alpha: Alpha,
    alternative: Alternative,
) -> FixedHorizon {
    let sorted = without_zeros(differences);
    let n = sorted.len() as u64;
    let after_last = n * (n + 1) / 2 + 1;
    let bounds = |alternative| {
        let rank = rank(alternative);
        let mirrored = after_last.saturating_sub(rank).max(1);
        (kth_average(&sorted, rank), kth_average(&sorted, mirrored))
    };
    of_shift(
        method,
        median_average(&sorted),
        bounds,
        reference,
        alpha,
        alternative,
    )
}

fn without_zeros(differences: &Sample) -> Vec<f64> {
    let kept = differences.sorted().iter().copied();
    kept.filter(|difference| *difference != 0.0).collect()
}

/// Returns the blocks of equal sizes; the negative differences stand for the control.
fn blocks_of_sizes(differences: &Sample) -> Vec<Block> {
    let sorted = differences.sorted();
    let negative: Vec<f64> = sorted
        .iter()
        .rev()
        .filter(|d| **d < 0.0)
        .map(|d| -d)
        .collect();
    let positive: Vec<f64> = sorted.iter().copied().filter(|d| *d > 0.0).collect();
    blocks(&negative, &positive)
}
