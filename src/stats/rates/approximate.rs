//! Comparisons of two event rates for many events.

use super::Events;
use crate::stats::fixed_horizon::law::{interval, normal_p, normal_reach};
use crate::stats::fixed_horizon::wald::UNBOUNDED;
use crate::stats::proportions::RatioEstimate;
use crate::stats::{Alpha, Alternative, FixedHorizon, Measure, Refusal, Statistic};

/// Tests a difference of event rates by the score test.
///
/// `z = (c_b / e_b - c_a / e_a) / sqrt(N / (e_a + e_b) (1/e_a + 1/e_b))` with `N` events in all.
/// The interval combines the score intervals of the two rates; near alpha it may disagree with the
/// test. For fewer than about ten events per arm take [`exact_mid_p`](super::exact_mid_p).
///
/// Interval: Zou and Donner (2008), <https://doi.org/10.1002/sim.3095>.
///
/// # Errors
/// [`Refusal::ZeroVariance`] without any event, [`Refusal::Overflow`] for a rate too large for
/// an `f64`.
pub fn score(
    control: &Events,
    candidate: &Events,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let (ea, eb) = (control.exposure, candidate.exposure);
    let total = (control.count + candidate.count) as f64;
    // (1/e_a + 1/e_b) / (e_a + e_b) is the reciprocal of the product.
    let pooled = (total / ea / eb).sqrt();
    result(
        "score test of event rates",
        difference(control, candidate, 0.0) / pooled,
        pooled,
        (control, candidate),
        alpha,
        alternative,
    )
}

/// Tests a difference of event rates on the scale of square roots.
///
/// `z = 2 (sqrt((c_b + 3/8) / e_b) - sqrt((c_a + 3/8) / e_a)) / sqrt(1/e_a + 1/e_b)`: there the
/// variance does not depend on the rate. Interval as for [`score`].
///
/// Huffman (1984), Applied Statistics 33, 224-226.
///
/// # Errors
/// As [`score`].
pub fn variance_stabilised(
    control: &Events,
    candidate: &Events,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let root = |arm: &Events| ((arm.count as f64 + 0.375) / arm.exposure).sqrt();
    let spread = (1.0 / control.exposure.sqrt()).hypot(1.0 / candidate.exposure.sqrt());
    // The difference of roots, from the difference of what is under them.
    let under = difference(control, candidate, 0.375);
    let z = 2.0 * (under / (root(candidate) + root(control))) / spread;
    let error = |arm: &Events| (arm.count as f64).sqrt() / arm.exposure;
    result(
        "square-root test of event rates",
        z,
        error(control).hypot(error(candidate)),
        (control, candidate),
        alpha,
        alternative,
    )
}

/// Returns the ratio of two event rates with the interval of its logarithm.
///
/// `c_b e_a / (c_a e_b)`; the standard error of its logarithm is `sqrt(1/c_a + 1/c_b)`. For fewer
/// than about ten events per arm take the interval of [`exact`](super::exact).
///
/// Price and Bonett (2000), <https://doi.org/10.1016/S0167-9473(99)00100-0>.
///
/// # Errors
/// [`Refusal::ZeroDenominator`] if an arm has no event, [`Refusal::Overflow`] for a ratio that
/// is not a positive `f64`.
pub fn log_ratio(
    control: &Events,
    candidate: &Events,
    alpha: Alpha,
) -> Result<RatioEstimate, Refusal> {
    if control.count == 0 || candidate.count == 0 {
        return Err(Refusal::zero("number of events of an arm"));
    }
    let (a, b) = (control.count as f64, candidate.count as f64);
    let ratio = b / a * (control.exposure / candidate.exposure);
    if !(ratio > 0.0 && ratio.is_finite()) {
        return Err(Refusal::overflow("ratio of the event rates"));
    }
    Ok(RatioEstimate::new(
        "log interval of event rates",
        Measure::RateRatio,
        ratio,
        (1.0 / a + 1.0 / b).sqrt(),
        alpha,
    ))
}

/// Returns `(c_b + more) / e_b - (c_a + more) / e_a` without cancellation.
fn difference(control: &Events, candidate: &Events, more: f64) -> f64 {
    let (a, b) = (control.count as f64 + more, candidate.count as f64 + more);
    let (ea, eb) = (control.exposure, candidate.exposure);
    // Kahan's difference of two products, by one rounding error kept.
    let product = a * eb;
    let lost = a.mul_add(eb, -product);
    (b.mul_add(ea, -product) - lost) / ea / eb
}

fn result(
    method: &'static str,
    z: f64,
    standard_error: f64,
    (control, candidate): (&Events, &Events),
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    if control.count + candidate.count == 0 {
        return Err(Refusal::no_variance("number of events of both arms"));
    }
    let effect = difference(control, candidate, 0.0);
    let reach = normal_reach(alpha, alternative);
    let (a, b) = (score_bounds(control, reach), score_bounds(candidate, reach));
    // The distances from either estimate to the bound that counts.
    let lower = effect - (candidate.rate() - b.0).hypot(a.1 - control.rate());
    let upper = effect + (b.1 - candidate.rate()).hypot(control.rate() - a.0);
    if ![z, standard_error, lower, upper]
        .iter()
        .all(|number| number.is_finite())
    {
        return Err(Refusal::Overflow { what: "event rate" });
    }
    Ok(FixedHorizon {
        method,
        measure: Measure::EventRateDifference,
        effect,
        standard_error,
        interval: interval((lower, upper), UNBOUNDED, alpha, alternative),
        null: 0.0,
        alternative,
        alpha,
        statistic: Statistic::Normal { z },
        p: normal_p(z, alternative),
    })
}

/// Returns the rates whose score `(c - e r) / sqrt(e r)` is `z` and `-z`.
fn score_bounds(arm: &Events, z: f64) -> (f64, f64) {
    let count = arm.count as f64;
    let half = 0.5 * z * z;
    let root = z * (count + 0.5 * half).sqrt();
    let upper = count + half + root;
    // The product of the bounds is the squared count: no cancellation for few events.
    let lower = if count == 0.0 {
        0.0
    } else {
        count * count / upper
    };
    (lower / arm.exposure, upper / arm.exposure)
}
