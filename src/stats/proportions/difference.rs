//! Closed-form intervals for a difference of two rates.

use super::Pair;
use super::one_arm::wilson_bounds;
use crate::stats::special::normal_isf;
use crate::stats::{Alpha, Counts, Interval, Refusal};

/// Returns Newcombe's hybrid score interval for a difference of rates.
///
/// With the Wilson bounds `l, u` of each arm, `d - sqrt((p_b - l_b)^2 + (u_a - p_a)^2)` to `d +
/// sqrt((u_b - p_b)^2 + (p_a - l_a)^2)`. It has a closed form, stays within -1 and 1, works if an
/// arm has no successes, and its mean coverage is the stated level: the default.
///
/// Newcombe (1998), method 10,
/// <https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8%3C873::AID-SIM779%3E3.0.CO;2-I>.
///
/// # Errors
/// [`Refusal::InsufficientData`] for an arm without trials.
pub fn newcombe(control: &Counts, candidate: &Counts, alpha: Alpha) -> Result<Interval, Refusal> {
    let pair = Pair::new(control, candidate)?;
    let (lower, upper) = newcombe_bounds(&pair, normal_isf(alpha.get() / 2.0));
    Ok(Interval::new(lower, upper, alpha))
}

/// Returns Wald's interval for a difference of rates, as in textbooks; it is the worst one.
///
/// `d ± z sqrt(p_a q_a / n_a + p_b q_b / n_b)`, not clipped. It has width 0 if no arm varies, and
/// its coverage falls below a tenth of its level for rare events. Use it only for comparison.
///
/// # Errors
/// [`Refusal::InsufficientData`] for an arm without trials.
pub fn wald(control: &Counts, candidate: &Counts, alpha: Alpha) -> Result<Interval, Refusal> {
    let pair = Pair::new(control, candidate)?;
    let (lower, upper) = pair.wald_bounds(normal_isf(alpha.get() / 2.0));
    Ok(Interval::new(lower, upper, alpha))
}

/// Returns Agresti and Caffo's interval for a difference of rates.
///
/// Wald's interval after adding one success and one failure to each arm; not clipped. It is simple,
/// and far better than Wald's for small arms.
///
/// Agresti and Caffo (2000), <https://doi.org/10.1080/00031305.2000.10474560>.
///
/// # Errors
/// [`Refusal::InsufficientData`] for an arm without trials.
pub fn agresti_caffo(
    control: &Counts,
    candidate: &Counts,
    alpha: Alpha,
) -> Result<Interval, Refusal> {
    let more = |arm: &Counts| Counts::new(arm.successes() + 1, arm.trials() + 2);
    Pair::new(control, candidate)?;
    wald(&more(control)?, &more(candidate)?, alpha)
}

pub(super) fn newcombe_bounds(pair: &Pair, z: f64) -> (f64, f64) {
    let (pa, pb) = (pair.xa / pair.na, pair.xb / pair.nb);
    let (la, ua) = wilson_bounds(pair.xa, pair.na, z);
    let (lb, ub) = wilson_bounds(pair.xb, pair.nb, z);
    (
        pair.difference - (pb - lb).hypot(ua - pa),
        pair.difference + (ub - pb).hypot(pa - la),
    )
}
