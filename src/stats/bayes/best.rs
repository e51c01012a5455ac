//! Which of several arms is best.

use super::quadrature::{Belief, cuts, nodes};
use super::{BetaLaw, NormalLaw};
use crate::stats::Refusal;

/// The most arms that are compared at once.
pub const MAX_ARMS: usize = 64;

/// The beliefs about several arms together, in the order of the arms.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Best {
    /// Probability of being the best arm; Thompson sampling routes in these shares.
    pub probability: Vec<f64>,
    /// Mean of the probabilities of being best and second; top-two sampling at one half.
    pub top_two: Vec<f64>,
    /// Expected loss of choosing the arm, `E[max - own]`.
    pub expected_loss: Vec<f64>,
    /// Expected value of the best arm.
    pub expected_best: f64,
}

/// Returns how probable it is for each arm that its rate is the largest.
///
/// `P(p_i = max) = integral of the density of p_i times the product of P(p_j <= t)`, by quadrature
/// over independent beliefs, to about 1e-10. `O(k^2)` for `k` arms with overlapping beliefs: about
/// 20 ms for 32. Do **not** stop because the probability passes 95 % if you look repeatedly: see
/// the [module](super).
///
/// # Errors
/// [`Refusal::InsufficientData`] for fewer than two arms, [`Refusal::OutOfRange`] for more than
/// [`MAX_ARMS`].
///
/// ```
/// use switchstand::stats::{Counts, bayes::{self, BetaLaw}};
/// let arms = [(30, 100), (36, 100), (25, 100)];
/// let mut beliefs = Vec::new();
/// for (successes, trials) in arms {
///     beliefs.push(BetaLaw::UNIFORM.updated(&Counts::new(successes, trials)?));
/// }
/// let best = bayes::best_of_rates(&beliefs)?;
/// assert!(best.probability[1] > 0.7 && best.expected_loss[1] < 0.01);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn best_of_rates(arms: &[BetaLaw]) -> Result<Best, Refusal> {
    best(arms)
}

/// Returns how probable it is for each arm that its mean is the largest.
///
/// As [`best_of_rates`], for normal beliefs: estimates with their standard errors.
///
/// # Errors
/// As [`best_of_rates`], [`Refusal::ZeroVariance`] if a belief is certain, and
/// [`Refusal::Overflow`] if means and deviations exceed the range of an `f64` together.
pub fn best_of_means(arms: &[NormalLaw]) -> Result<Best, Refusal> {
    if arms.iter().any(|arm| arm.standard_deviation() == 0.0) {
        return Err(Refusal::no_variance("belief about an arm"));
    }
    best(arms)
}

fn best<B: Belief>(arms: &[B]) -> Result<Best, Refusal> {
    let k = arms.len();
    if k < 2 {
        return Err(Refusal::too_few("arms", k as u64, 2));
    }
    Refusal::require(k <= MAX_ARMS, "number of arms", k as f64, "at most 64")?;
    let features: Vec<(f64, f64)> = arms.iter().map(|arm| (arm.centre(), arm.scale())).collect();
    let low = arms
        .iter()
        .map(|arm| arm.ends().0)
        .fold(f64::INFINITY, f64::min);
    let high = arms
        .iter()
        .map(|arm| arm.ends().1)
        .fold(f64::NEG_INFINITY, f64::max);
    if !(high - low).is_finite() {
        return Err(Refusal::overflow("range of the arms' means"));
    }
    let mut sums = vec![Sums::default(); k];
    let mut at_node = vec![(0.0, 0.0, 0.0); k];
    let mut expected_best = 0.0;
    nodes(&cuts(&features, low, high), |at, weight| {
        for (node, arm) in at_node.iter_mut().zip(arms) {
            let (ln_lower, ln_upper) = arm.ln_tails(at);
            *node = (arm.ln_density(at).exp(), ln_lower.exp(), ln_upper.exp());
        }
        let slope = arms.first().map_or(0.0, |arm| arm.ln_slope(at).exp());
        let value = arms.first().map_or(0.0, |arm| arm.value(at));
        for (i, sums) in sums.iter_mut().enumerate() {
            // The probabilities that none and that one of the others is above.
            let (mut none, mut one) = (1.0, 0.0);
            for (_, (_, lower, upper)) in at_node.iter().enumerate().filter(|(j, _)| *j != i) {
                one = one * lower + none * upper;
                none *= lower;
            }
            let (density, lower, _) = at_node.get(i).copied().unwrap_or_default();
            sums.first += weight * density * none;
            sums.second += weight * density * one;
            sums.loss += weight * slope * lower * (1.0 - none);
            expected_best += weight * density * none * value;
        }
    });
    Ok(Best {
        probability: sums.iter().map(|s| s.first.min(1.0)).collect(),
        top_two: sums.iter().map(|s| 0.5 * (s.first + s.second)).collect(),
        expected_loss: sums.iter().map(|s| s.loss).collect(),
        expected_best,
    })
}

/// Integrals of one arm.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    first: f64,
    second: f64,
    loss: f64,
}
