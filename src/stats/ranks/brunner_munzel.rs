//! The probability that a candidate's value is the larger one.

use super::ties::blocks;
use super::u_statistic;
use crate::stats::fixed_horizon::wald::Wald;
use crate::stats::{Alpha, Alternative, FixedHorizon, Measure, Refusal, Sample};

/// Tests whether a candidate's value exceeds a control's half of the time.
///
/// Brunner and Munzel's test of `P(B > A) + P(B = A) / 2 = 1/2`. The distributions may differ
/// in spread and shape, which invalidates [`mann_whitney`](super::mann_whitney): the default.
/// The standard error is that of the placements, ranks among both arms less ranks within one;
/// Student's law with Satterthwaite's degrees of freedom. p is below alpha exactly if the
/// interval excludes 1/2. The interval may reach beyond 0 and 1. `O(n)` for sorted samples.
///
/// Fewer than about ten values per arm are too few.
///
/// Brunner and Munzel (2000),
/// <https://doi.org/10.1002/(SICI)1521-4036(200001)42:1%3C17::AID-BIMJ17%3E3.0.CO;2-U>.
///
/// # Errors
/// [`Refusal::InsufficientData`] for fewer than two values in an arm, [`Refusal::ZeroVariance`]
/// if the samples do not overlap or all values are tied.
///
/// ```
/// use switchstand::stats::{Alpha, Alternative, Sample, ranks};
/// let control = Sample::new(&[1.0, 2.0, 3.0, 4.0, 5.0])?;
/// let candidate = Sample::new(&[3.5, 4.5, 5.5, 6.5, 2.5])?;
/// let test = ranks::brunner_munzel(
///     &control, &candidate, Alpha::FIVE_PERCENT, Alternative::TwoSided,
/// )?;
/// assert_eq!(test.effect, 0.76);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn brunner_munzel(
    control: &Sample,
    candidate: &Sample,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    for (what, arm) in [("control", control), ("candidate", candidate)] {
        if arm.n() < 2 {
            return Err(Refusal::too_few(what, arm.n(), 2));
        }
    }
    let (na, nb) = (control.n() as f64, candidate.n() as f64);
    let effect = u_statistic(control, candidate).superiority;
    // A placement is how many of the other arm lie below, ties as a half.
    let (mut below_a, mut below_b) = (0.0, 0.0);
    let (mut spread_a, mut spread_b) = (0.0, 0.0);
    for block in blocks(control.sorted(), candidate.sorted()) {
        let (a, b) = (block.control as f64, block.candidate as f64);
        let of_a = below_b + 0.5 * b - nb * (1.0 - effect);
        let of_b = below_a + 0.5 * a - na * effect;
        spread_a += a * of_a * of_a;
        spread_b += b * of_b * of_b;
        below_a += a;
        below_b += b;
    }
    // Squared standard errors of the effect that either arm brings.
    let u = spread_a / (na - 1.0) / (nb * nb * na);
    let v = spread_b / (nb - 1.0) / (na * na * nb);
    let total = u + v;
    if total == 0.0 {
        return Err(Refusal::no_variance("order of the arms' values"));
    }
    let (share_a, share_b) = (u / total, v / total);
    let degrees_of_freedom =
        1.0 / (share_a * share_a / (na - 1.0) + share_b * share_b / (nb - 1.0));
    Wald {
        method: "Brunner-Munzel test",
        measure: Measure::Superiority,
        what: "superiority in standard errors",
        effect,
        standard_error: total.sqrt(),
        null: 0.5,
        range: (0.0, 1.0),
    }
    .student(degrees_of_freedom, alpha, alternative)
}
