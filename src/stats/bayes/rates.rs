//! Two rates compared by beliefs about them.

use super::beta::{BetaLaw, rate};
use super::quadrature::{Belief, between_cuts, cuts, log_concave};
use crate::stats::special::find_root;
use crate::stats::{Alpha, Interval};

/// Returns the probability that either rate is larger, and the expected losses.
///
/// `P(p_B > p_A)` and the expected losses `E[max(p_A - p_B, 0)]` of choosing the candidate and
/// the reverse, for independent beliefs. All are integrals of positive functions, so the
/// smallest probability keeps its digits. About ten thousand evaluations of a beta law.
///
/// If less is better, as with errors, exchange the two probabilities and the two losses.
///
/// Do **not** stop because the probability passes 95 % if you look repeatedly: see the
/// [module](crate::stats::bayes).
///
/// Berry and others (2010), <https://doi.org/10.1201/EBK1439825488>, section 1.
///
/// ```
/// use switchstand::stats::{Counts, bayes::{self, BetaLaw}};
/// let control = BetaLaw::UNIFORM.updated(&Counts::new(20, 40)?);
/// let candidate = BetaLaw::UNIFORM.updated(&Counts::new(30, 45)?);
/// let belief = bayes::compare_rates(control, candidate);
/// assert!((belief.candidate_larger - 0.93853).abs() < 1e-5);
/// assert!(belief.loss_of_candidate < 0.003);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn compare_rates(control: BetaLaw, candidate: BetaLaw) -> RateBelief {
    let candidate_larger = exceeds(&candidate, &control);
    let control_larger = exceeds(&control, &candidate);
    // The larger loss is the smaller one plus the difference of the means: nothing cancels.
    let gain = candidate.mean() - control.mean();
    let (loss_of_candidate, loss_of_control) = if gain >= 0.0 {
        let loss = loss(&control, &candidate);
        (loss, loss + gain)
    } else {
        let loss = loss(&candidate, &control);
        (loss - gain, loss)
    };
    RateBelief {
        candidate_larger,
        control_larger,
        loss_of_candidate,
        loss_of_control,
    }
}

/// The beliefs about two rates together.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RateBelief {
    /// Probability that the candidate's rate is larger.
    pub candidate_larger: f64,
    /// Probability that the control's rate is larger, not computed from the other.
    pub control_larger: f64,
    /// Expected loss of choosing the candidate: how much smaller the rate is than the larger one.
    pub loss_of_candidate: f64,
    /// Expected loss of choosing the control: how much smaller the rate is than the larger one.
    pub loss_of_control: f64,
}

/// Returns the equal-tailed credible interval of the difference of rates, `p_B - p_A`.
///
/// By integration over the control's rate and a search for either end, to about 1e-9; some ten
/// thousand evaluations of a beta law.
#[must_use]
pub fn rate_difference(control: BetaLaw, candidate: BetaLaw, alpha: Alpha) -> Interval {
    let tail = 0.5 * alpha.get();
    let spread = control
        .standard_deviation()
        .hypot(candidate.standard_deviation());
    let middle = candidate.mean() - control.mean();
    let end = |tail: f64, lower: bool| {
        let excess = |d: f64| {
            let (below, above) = difference_tails(control, candidate, d);
            if lower { below - tail } else { tail - above }
        };
        let near = (
            (middle - 8.0 * spread).max(-1.0),
            (middle + 8.0 * spread).min(1.0),
        );
        let brackets = excess(near.0) < 0.0 && excess(near.1) > 0.0;
        let (low, high) = if brackets { near } else { (-1.0, 1.0) };
        find_root(excess, low, high, 1e-11)
    };
    Interval::new(end(tail, true), end(tail, false), alpha)
}

/// Returns the probability that the first rate is larger than the second.
fn exceeds(larger: &BetaLaw, smaller: &BetaLaw) -> f64 {
    let ln_f = |at: f64| larger.ln_density(at) + smaller.ln_tails(at).0;
    log_concave(ln_f, &features(larger, smaller), ends(larger, smaller)).min(1.0)
}

/// Returns by how much the first rate exceeds the second on average, 0 where it does not.
fn loss(first: &BetaLaw, second: &BetaLaw) -> f64 {
    // E[max(A - B, 0)] is the integral of P(B <= t < A) over t.
    let ln_f = |at: f64| first.ln_tails(at).1 + second.ln_tails(at).0 + first.ln_slope(at);
    log_concave(ln_f, &features(first, second), ends(first, second))
}

fn features(a: &BetaLaw, b: &BetaLaw) -> [(f64, f64); 2] {
    [(a.centre(), a.scale()), (b.centre(), b.scale())]
}

fn ends(a: &BetaLaw, b: &BetaLaw) -> (f64, f64) {
    let (a, b) = (a.ends(), b.ends());
    (a.0.min(b.0), a.1.max(b.1))
}

/// Returns `P(p_B - p_A <= d)` and its complement, to about 1e-12.
fn difference_tails(control: BetaLaw, candidate: BetaLaw, d: f64) -> (f64, f64) {
    let (low, high) = control.ends();
    let mut features = vec![(control.centre(), control.scale())];
    let log_odds = |x: f64| (x / (1.0 - x)).ln();
    // Where the candidate's rate would be at its centre, and where at 0 and 1: kinks.
    let shifted = candidate.mean() - d;
    if shifted > 0.0 && shifted < 1.0 {
        let scale = candidate.standard_deviation() / (shifted * (1.0 - shifted));
        features.push((log_odds(shifted), scale));
    }
    for kink in [-d, 1.0 - d] {
        if kink > 0.0 && kink < 1.0 {
            features.push((log_odds(kink), 1e-7));
        }
    }
    let centre = control.ln_density(control.centre());
    let cuts: Vec<f64> = cuts(&features, low, high)
        .into_iter()
        .filter(|at| control.ln_density(*at) > centre - 60.0)
        .collect();
    let of = |tail: &dyn Fn(f64) -> f64| {
        between_cuts(&cuts, |at| {
            control.ln_density(at).exp() * tail(rate(at).0 + d)
        })
    };
    let below = of(&|x| candidate.cdf(x));
    let above = of(&|x| {
        if x <= 0.0 {
            1.0
        } else if x >= 1.0 {
            0.0
        } else {
            candidate.sf(x)
        }
    });
    (below, above)
}
