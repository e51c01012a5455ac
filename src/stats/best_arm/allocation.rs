//! The shares of traffic that find the best arm soonest.

use super::leading;
use crate::stats::special::find_root;
use crate::stats::{Alpha, Moments, Refusal};

/// The shares of traffic with which the best arm is found soonest.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Allocation {
    /// Index of the arm with the largest mean.
    pub leader: usize,
    /// Share of each arm; together 1.
    pub weights: Vec<f64>,
    /// Log likelihood per unit, under these shares, that the leader gains on the closest rival.
    ///
    /// About `ln(1 / alpha)` divided by it units are needed in all.
    pub rate: f64,
}

/// Returns the shares that equalise the evidence against all rivals of the leader.
///
/// # Formula
/// The weights maximise the least `d_a^2 / (2 (s_b^2 / w_b + s_a^2 / w_a))` over the rivals `a` of
/// the leader `b`. At the optimum all are equal to one `w_b y / 2`, which gives
/// `w_a / w_b = s_a^2 / (d_a^2 / y - s_b^2)`, and `y` solves `sum s_b^2 (w_a / w_b)^2 / s_a^2 = 1`,
/// a single root.
///
/// # Assumptions
/// Normal values with known means and variances. Use it for planning, with earlier data: shares
/// that follow the outcomes of a running test bias its means.
///
/// Source: Garivier and Kaufmann (2016), Optimal best arm identification with fixed confidence,
/// theorem 5, Conference on Learning Theory, <https://doi.org/10.48550/arXiv.1602.04589>.
///
/// # Errors
/// [`Refusal::InsufficientData`] for fewer than two arms, or two values in an arm;
/// [`Refusal::ZeroVariance`] if an arm does not vary; [`Refusal::OutOfRange`] if two arms share
/// the largest mean.
pub fn optimal_allocation(arms: &[Moments]) -> Result<Allocation, Refusal> {
    let arms = known(arms)?;
    let (leader, best) = leader(&arms)?;
    let rivals = || {
        arms.iter()
            .enumerate()
            .filter(move |&(arm, _)| arm != leader)
    };
    let closest = rivals()
        .map(|(_, arm)| best.mean - arm.mean)
        .fold(f64::INFINITY, f64::min);
    let what = "lead of the best arm";
    Refusal::require(closest > 0.0, what, closest, "a positive number")?;
    // With u = x / (1 - x), where x is y over its upper end, nothing cancels.
    let rest = |arm: &Known, u: f64| {
        let ratio = (best.mean - arm.mean) / closest;
        u / ((ratio * ratio - 1.0) * (1.0 + u) + 1.0)
    };
    let relative = |arm: &Known| arm.variance / best.variance;
    let excess = |u: f64| {
        let terms = rivals().map(|(_, arm)| relative(arm) * rest(arm, u).powi(2));
        terms.sum::<f64>() - 1.0
    };
    // The closest rivals alone reach 1 at the upper end.
    let upper = rivals()
        .filter(|(_, arm)| best.mean - arm.mean <= closest)
        .map(|(_, arm)| 1.0 / relative(arm).sqrt())
        .fold(f64::INFINITY, f64::min);
    let u = find_root(excess, 0.0, upper * (1.0 + 1e-12), 0.0);
    let to_leader = |index: usize, arm: &Known| {
        if index == leader {
            1.0
        } else {
            relative(arm) * rest(arm, u)
        }
    };
    let ratios = arms
        .iter()
        .enumerate()
        .map(|(index, arm)| to_leader(index, arm));
    let total: f64 = ratios.clone().sum();
    let weights: Vec<f64> = ratios.map(|ratio| ratio / total).collect();
    let y = closest * closest / best.variance * (u / (1.0 + u));
    let rate = 0.5 * y / total;
    if weights.iter().chain([&rate]).any(|number| number.is_nan()) {
        return Err(Refusal::Overflow { what: "allocation" });
    }
    Ok(Allocation {
        leader,
        weights,
        rate,
    })
}

/// Each arm's distance from the leader, in log likelihood.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LikelihoodRatios {
    /// Index of the arm with the largest mean.
    pub leader: usize,
    /// Log likelihood ratio of each arm against the leader; `None` for itself.
    pub ln_ratios: Vec<Option<f64>>,
    /// The heuristic threshold `ln((1 + ln N) / alpha)` for `N` units in all.
    pub heuristic_threshold: f64,
}

/// Returns how far the leader is ahead of each arm, and a common threshold.
///
/// `(m_b - m_a)^2 / (2 (s_b^2 / n_b + s_a^2 / n_a))`. The threshold is a heuristic of other
/// software and *not* proven for estimated variances: with two equal arms it was exceeded in 6.4 %
/// of runs at a nominal 5 %. Decide by [`best_mean`](super::best_mean).
///
/// # Errors
/// As [`optimal_allocation`], but arms may share the largest mean.
pub fn likelihood_ratios(arms: &[Moments], alpha: Alpha) -> Result<LikelihoodRatios, Refusal> {
    let arms = known(arms)?;
    let (leader, best) = leader(&arms)?;
    let ratio = |arm: &Known| {
        let lead = best.mean - arm.mean;
        lead * lead / (2.0 * (best.variance / best.n + arm.variance / arm.n))
    };
    let ln_ratios = arms.iter().enumerate();
    let ln_ratios = ln_ratios.map(|(index, arm)| (index != leader).then(|| ratio(arm)));
    let total: f64 = arms.iter().map(|arm| arm.n).sum();
    Ok(LikelihoodRatios {
        leader,
        ln_ratios: ln_ratios.collect(),
        heuristic_threshold: total.ln().ln_1p() - alpha.get().ln(),
    })
}

/// An arm's figures, taken as known.
#[derive(Clone, Copy, Debug)]
struct Known {
    n: f64,
    mean: f64,
    variance: f64,
}

fn known(arms: &[Moments]) -> Result<Vec<Known>, Refusal> {
    let known = |arm: &Moments| match (arm.mean(), arm.variance()) {
        (Some(_), Some(0.0)) => Err(Refusal::ZeroVariance { what: "an arm" }),
        (Some(mean), Some(variance)) => Ok(Known {
            n: arm.n() as f64,
            mean,
            variance,
        }),
        _ => Err(Refusal::too_few("an arm", arm.n(), 2)),
    };
    arms.iter().map(known).collect()
}

fn leader(arms: &[Known]) -> Result<(usize, &Known), Refusal> {
    let means: Vec<f64> = arms.iter().map(|arm| arm.mean).collect();
    leading(&means, arms)
}
