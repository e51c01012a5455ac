//! Two samples compared by rank: shifts, and which values tend to be larger.
//!
//! | question | function |
//! |---|---|
//! | is the candidate's value larger, more often than not? | [`brunner_munzel`] |
//! | the same, if both distributions have one shape | [`mann_whitney`], small: [`mann_whitney_exact`] |
//! | by how much is it shifted? | [`hodges_lehmann`], interval in the tests |
//! | the same for pairs: a shadow against the live version | [`signed_rank`], small: [`signed_rank_exact`] |
//!
//! Ranks suit values with heavy tails, such as latency: one outlier counts as one value. They
//! answer another question than means do; the cost of a service depends on the mean. All of it is
//! for one look at a sample whose size was fixed beforehand, and for independent units.

mod brunner_munzel;
mod order;
mod permutation;
mod signed_rank;
pub(super) mod ties;

pub use brunner_munzel::brunner_munzel;
pub use signed_rank::{
    MAX_EXACT_DIFFERENCES, SignedRank, Zeros, pseudomedian, signed_rank, signed_rank_corrected,
    signed_rank_exact, signed_rank_statistic,
};

use super::fixed_horizon::law::{interval, normal_p, normal_reach};
use super::fixed_horizon::wald::UNBOUNDED;
use super::{Alpha, Alternative, FixedHorizon, Measure, PValue, Refusal, Sample, Statistic};
use order::{check_span, kth_difference, median_difference};
use permutation::Law;
use ties::{blocks, tie_sum};

/// The most values, of both samples, that [`mann_whitney_exact`] takes.
pub const MAX_EXACT: u64 = 100;

/// Tests whether the candidate's values tend to be larger, by Mann and Whitney's test.
///
/// `z = (U - n_a n_b / 2) / sd` without continuity correction, where `U` counts the pairs in
/// which the candidate's value is larger, ties as a half, and
/// `sd^2 = n_a n_b / 12 (N + 1 - sum(t^3 - t) / (N (N - 1)))` over blocks of `t` tied values.
/// Effect and interval are the Hodges-Lehmann shift and order statistics of the pairwise
/// differences; its standard error is what the interval's width amounts to.
///
/// The null hypothesis is that both distributions are the same. If they may differ in spread,
/// it errs more often than alpha: take [`brunner_munzel`]. For fewer than about ten values per
/// arm take [`mann_whitney_exact`]. `O(n log n)`; where only p is asked, take
/// [`UStatistic::p_value`] of [`u_statistic`], which is thirty times as fast.
///
/// Mann and Whitney (1947), <https://doi.org/10.1214/aoms/1177730491>; Hodges and Lehmann
/// (1963), <https://doi.org/10.1214/aoms/1177704172>.
///
/// # Errors
/// [`Refusal::AllTied`] if all values are equal, [`Refusal::Overflow`] if a difference is too
/// large for an `f64`.
///
/// ```
/// use switchstand::stats::{Alpha, Alternative, Sample, ranks};
/// let control = Sample::new(&[12.0, 15.0, 11.0, 18.0, 14.0, 13.5, 16.0, 12.5, 900.0])?;
/// let candidate = Sample::new(&[14.5, 19.0, 15.5, 21.0, 17.0, 20.0, 16.5, 18.5, 22.0])?;
/// let test = ranks::mann_whitney(
///     &control, &candidate, Alpha::FIVE_PERCENT, Alternative::TwoSided,
/// )?;
/// assert!(test.p.value < 0.05 && test.effect == 3.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn mann_whitney(
    control: &Sample,
    candidate: &Sample,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    asymptotic(
        "Mann-Whitney test, Hodges-Lehmann interval",
        0.0,
        (control, candidate),
        alpha,
        alternative,
    )
}

/// Tests as [`mann_whitney`] does, with a continuity correction of one half.
///
/// The correction imitates the exact test, and is conservative: prefer [`mann_whitney_exact`]
/// for small samples and [`mann_whitney`] for others.
///
/// # Errors
/// As [`mann_whitney`].
pub fn mann_whitney_corrected(
    control: &Sample,
    candidate: &Sample,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    asymptotic(
        "continuity-corrected Mann-Whitney test, Hodges-Lehmann interval",
        0.5,
        (control, candidate),
        alpha,
        alternative,
    )
}

/// Tests as [`mann_whitney`] does, by the exact permutation law of the ranks, ties included.
///
/// All splits of the pooled values into arms of these sizes are equally likely under the null
/// hypothesis; with ties the ranks are midranks. The interval's order statistics follow from the
/// law without ties, which is conservative if there are ties. Two-sided p is twice the smaller
/// tail. `O(N n N^2)` with `n` the smaller arm: up to [`MAX_EXACT`] values together. Source: as
/// [`mann_whitney`].
///
/// # Errors
/// As [`mann_whitney`], and [`Refusal::OutOfRange`] above [`MAX_EXACT`] values: take
/// [`mann_whitney`] then, which agrees with it to three digits there.
pub fn mann_whitney_exact(
    control: &Sample,
    candidate: &Sample,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let total = control.n() + candidate.n();
    let (what, expected) = (
        "number of values for the exact Mann-Whitney test",
        "at most 100; take the asymptotic test",
    );
    Refusal::require(total <= MAX_EXACT, what, total as f64, expected)?;
    let u = u_statistic(control, candidate);
    if u.null_deviation == 0.0 {
        return Err(Refusal::AllTied);
    }
    // The smaller arm is chosen, and its test turned around if it is the control.
    let swapped = control.n() < candidate.n();
    let (arm, of_arm, direction) = match (swapped, alternative) {
        (false, _) => (candidate.n(), u.candidate, alternative),
        (true, Alternative::Greater) => (control.n(), u.control, Alternative::Less),
        (true, Alternative::Less) => (control.n(), u.control, Alternative::Greater),
        (true, Alternative::TwoSided) => (control.n(), u.control, alternative),
    };
    let least = arm * (arm + 1);
    let law = Law::of_choice(&doubled_midranks(control, candidate), arm as usize);
    let p = law.p((2.0 * of_arm) as u64 + least, direction);
    let untied: Vec<u64> = (1..=total).map(|rank| 2 * rank).collect();
    let untied = Law::of_choice(&untied, arm as usize);
    let rank = |alternative| (untied.quantile(alpha, alternative).saturating_sub(least) / 2).max(1);
    shift(
        "exact Mann-Whitney test, Hodges-Lehmann interval",
        (control, candidate),
        rank,
        (Statistic::Exact, p),
        alpha,
        alternative,
    )
}

/// Returns Mann and Whitney's U of both arms and what follows from it.
///
/// It exists even if all values are tied. `O(n)` for sorted samples.
#[must_use]
pub fn u_statistic(control: &Sample, candidate: &Sample) -> UStatistic {
    let blocks = blocks(control.sorted(), candidate.sorted());
    let (mut controls, mut doubled) = (0_u64, 0.0);
    for block in &blocks {
        doubled += block.candidate as f64 * (2 * controls + block.control) as f64;
        controls += block.control;
    }
    let (na, nb) = (control.n() as f64, candidate.n() as f64);
    let total = na + nb;
    let ties = tie_sum(blocks.iter().map(|block| block.size()));
    let spread = total + 1.0 - ties / (total * (total - 1.0));
    let all_tied = blocks.len() == 1;
    let of_candidate = 0.5 * doubled;
    UStatistic {
        control: na * nb - of_candidate,
        candidate: of_candidate,
        superiority: of_candidate / (na * nb),
        null_deviation: if all_tied {
            0.0
        } else {
            (na * nb / 12.0 * spread).sqrt()
        },
    }
}

/// Mann and Whitney's U.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct UStatistic {
    /// Number of pairs in which the control's value is larger, ties as a half.
    pub control: f64,
    /// Number of pairs in which the candidate's value is larger, ties as a half.
    pub candidate: f64,
    /// Probability that a candidate's value exceeds a control's, ties as a half.
    pub superiority: f64,
    /// Standard deviation of U if both distributions are the same; 0 if all values are tied.
    pub null_deviation: f64,
}

impl UStatistic {
    /// Returns the p-value of [`mann_whitney`], without what its interval costs.
    ///
    /// Finding the order statistics among all pairwise differences takes some thirty times as
    /// long as counting U.
    ///
    /// # Errors
    /// [`Refusal::AllTied`] if all values are equal.
    pub fn p_value(&self, alternative: Alternative) -> Result<PValue, Refusal> {
        Ok(normal_p(self.z(0.0, alternative)?, alternative))
    }

    fn z(&self, continuity: f64, alternative: Alternative) -> Result<f64, Refusal> {
        if self.null_deviation == 0.0 {
            return Err(Refusal::AllTied);
        }
        let deviation = 0.5 * (self.candidate - self.control);
        Ok(corrected(deviation, continuity, alternative) / self.null_deviation)
    }
}

/// Returns the median of all pairwise differences, candidate minus control.
///
/// The shift that fits best if one distribution is the other one moved. It is not the
/// difference of the medians. `O(n log n)`.
///
/// Hodges and Lehmann (1963), <https://doi.org/10.1214/aoms/1177704172>.
///
/// # Errors
/// [`Refusal::Overflow`] if a difference is too large for an `f64`.
pub fn hodges_lehmann(control: &Sample, candidate: &Sample) -> Result<f64, Refusal> {
    check_span(control.sorted(), candidate.sorted())?;
    Ok(median_difference(control.sorted(), candidate.sorted()))
}

fn asymptotic(
    method: &'static str,
    continuity: f64,
    samples: (&Sample, &Sample),
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let (control, candidate) = samples;
    let u = u_statistic(control, candidate);
    let z = u.z(continuity, alternative)?;
    let (na, nb) = (control.n() as f64, candidate.n() as f64);
    let untied = (na * nb * (na + nb + 1.0) / 12.0).sqrt();
    let rank = |alternative| {
        let rank = 0.5 * na * nb - normal_reach(alpha, alternative) * untied;
        rank.floor().max(1.0) as u64
    };
    shift(
        method,
        samples,
        rank,
        (Statistic::Normal { z }, normal_p(z, alternative)),
        alpha,
        alternative,
    )
}

/// Moves a deviation from its mean towards zero, or against the alternative if one-sided.
fn corrected(deviation: f64, continuity: f64, alternative: Alternative) -> f64 {
    match alternative {
        Alternative::Greater => deviation - continuity,
        Alternative::Less => deviation + continuity,
        Alternative::TwoSided => {
            (deviation.abs() - continuity).max(0.0) * if deviation < 0.0 { -1.0 } else { 1.0 }
        }
    }
}

fn shift(
    method: &'static str,
    (control, candidate): (&Sample, &Sample),
    rank: impl Fn(Alternative) -> u64,
    reference: (Statistic, PValue),
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let effect = hodges_lehmann(control, candidate)?;
    let (a, b) = (control.sorted(), candidate.sorted());
    let after_last = control.n() * candidate.n() + 1;
    let bounds = |alternative| {
        let rank = rank(alternative);
        let mirrored = after_last.saturating_sub(rank).max(1);
        (kth_difference(a, b, rank), kth_difference(a, b, mirrored))
    };
    Ok(of_shift(
        method,
        effect,
        bounds,
        reference,
        alpha,
        alternative,
    ))
}

/// Returns the result of a rank test on a shift, whose standard error the interval tells.
fn of_shift(
    method: &'static str,
    effect: f64,
    bounds: impl Fn(Alternative) -> (f64, f64),
    (statistic, p): (Statistic, PValue),
    alpha: Alpha,
    alternative: Alternative,
) -> FixedHorizon {
    let (lower, upper) = bounds(Alternative::TwoSided);
    let reach = normal_reach(alpha, Alternative::TwoSided);
    // Each pair of bounds is a search among all pairs of values.
    let own = match alternative {
        Alternative::TwoSided => (lower, upper),
        _ => bounds(alternative),
    };
    FixedHorizon {
        method,
        measure: Measure::Shift,
        effect,
        standard_error: (0.5 * upper - 0.5 * lower) / reach,
        interval: interval(own, UNBOUNDED, alpha, alternative),
        null: 0.0,
        alternative,
        alpha,
        statistic,
        p,
    }
}

/// Returns twice the midrank of every value, in ascending order.
fn doubled_midranks(control: &Sample, candidate: &Sample) -> Vec<u64> {
    let sizes = blocks(control.sorted(), candidate.sorted())
        .into_iter()
        .map(ties::Block::size);
    doubled_ranks(sizes)
}

/// Returns twice the midrank of every value in blocks of these sizes.
fn doubled_ranks(sizes: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut before = 0;
    let mut ranks = Vec::new();
    for size in sizes {
        ranks.extend((0..size).map(|_| 2 * before + size + 1));
        before += size;
    }
    ranks
}
