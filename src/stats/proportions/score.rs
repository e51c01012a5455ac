//! Score tests and intervals for a difference of two rates.

use super::{DIFFERENCES, Pair};
use crate::stats::fixed_horizon::law::{interval, normal_p, normal_reach};
use crate::stats::special::find_root;
use crate::stats::{
    Alpha, Alternative, Counts, FixedHorizon, Interval, Measure, Refusal, Statistic,
};

/// Steps of the maximum likelihood estimate; bisection alone needs 75 for a rate of 1e-7.
const MAX_STEPS: u32 = 200;

/// Tests a difference of rates with the score test of Miettinen and Nurminen.
///
/// `z(D) = (d - D) / sqrt(N/(N-1) (p_a q_a / n_a + p_b q_b / n_b))`, where the rates in the
/// variance are the most likely ones that differ by `D`. The test is `z(0)`, the interval all `D`
/// that the test does not reject: p is below alpha exactly if the interval excludes 0. It keeps its
/// level with a few units per arm.
///
/// Miettinen and Nurminen (1985), <https://doi.org/10.1002/sim.4780040211>.
///
/// # Errors
/// [`Refusal::InsufficientData`] for an arm without trials, [`Refusal::ZeroVariance`] if all
/// trials of both arms succeed or all fail; the interval exists even then, see
/// [`miettinen_nurminen_interval`].
pub fn miettinen_nurminen(
    control: &Counts,
    candidate: &Counts,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let pair = Pair::new(control, candidate)?;
    let bounds = bounds(&pair, normal_reach(alpha, alternative), correction(&pair));
    pair.result(
        "Miettinen-Nurminen score test and interval",
        (correction(&pair) * variance(&pair, 0.0)).sqrt(),
        bounds,
        alpha,
        alternative,
    )
}

/// Returns the score interval of Miettinen and Nurminen for a difference of rates.
///
/// See [`miettinen_nurminen`]. It exists for all counts: two arms of a hundred units without a
/// single success still show that the rates differ by less than 4 points.
///
/// # Errors
/// [`Refusal::InsufficientData`] for an arm without trials.
pub fn miettinen_nurminen_interval(
    control: &Counts,
    candidate: &Counts,
    alpha: Alpha,
) -> Result<Interval, Refusal> {
    let pair = Pair::new(control, candidate)?;
    let z = normal_reach(alpha, Alternative::TwoSided);
    let (lower, upper) = bounds(&pair, z, correction(&pair));
    Ok(Interval::new(lower, upper, alpha))
}

/// Tests whether the candidate's rate is worse than the control's by less than `margin`.
///
/// Farrington and Manning's score test of `p_b - p_a <= -margin` against greater:
/// `z = (d + margin) / sqrt(p_a q_a / n_a + p_b q_b / n_b)` at the most likely rates that
/// differ by `-margin`. A small p shows that the candidate is not inferior. The interval is
/// one-sided, and its lower bound exceeds `-margin` exactly if p is below alpha.
///
/// More successes must be better; for errors, count the answers without error. Fix the margin
/// beforehand, from the cost of a loss.
///
/// Farrington and Manning (1990), <https://doi.org/10.1002/sim.4780091208>.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a margin that is not strictly between 0 and 1,
/// [`Refusal::InsufficientData`] for an arm without trials.
pub fn non_inferiority(
    control: &Counts,
    candidate: &Counts,
    margin: f64,
    alpha: Alpha,
) -> Result<FixedHorizon, Refusal> {
    let holds = margin > 0.0 && margin < 1.0;
    let expected = "a number strictly between 0 and 1";
    Refusal::require(holds, "non-inferiority margin", margin, expected)?;
    let pair = Pair::new(control, candidate)?;
    let standard_error = variance(&pair, -margin).sqrt();
    let alternative = Alternative::Greater;
    let excess = pair.difference + margin;
    // Two certain rates at the margin itself: the observations lie on the null hypothesis.
    let z = if excess == 0.0 {
        0.0
    } else {
        excess / standard_error
    };
    let reach = normal_reach(alpha, alternative);
    Ok(FixedHorizon {
        method: "Farrington-Manning non-inferiority test",
        measure: Measure::RateDifference,
        effect: pair.difference,
        standard_error,
        interval: interval(bounds(&pair, reach, 1.0), DIFFERENCES, alpha, alternative),
        null: -margin,
        alternative,
        alpha,
        statistic: Statistic::Normal { z },
        p: normal_p(z, alternative),
    })
}

/// Returns `N / (N - 1)`, which makes the variance unbiased under equal rates.
fn correction(pair: &Pair) -> f64 {
    let total = pair.na + pair.nb;
    total / (total - 1.0)
}

/// Returns the differences at which the score is `z` and `-z`.
fn bounds(pair: &Pair, z: f64, correction: f64) -> (f64, f64) {
    if pair.is_mostly_successes() {
        let (lower, upper) = bounds(&pair.mirrored(), z, correction);
        return (0.0 - upper, 0.0 - lower);
    }
    if z < 0.0 {
        // One-sided at a level below one half each bound lies on the other side.
        let (lower, upper) = bounds(pair, -z, correction);
        return (upper, lower);
    }
    let (least, greatest) = DIFFERENCES;
    let d = pair.difference;
    let reach = |at: f64| z * (correction * variance(pair, at)).sqrt();
    // Where no arm varies both sides vanish at d itself, which is no bound: z there is 0.
    let lower = |at: f64| if at < d { d - at - reach(at) } else { -z };
    let upper = |at: f64| if at > d { d - at + reach(at) } else { z };
    (
        if d == least {
            least
        } else {
            find_root(lower, least, d, 0.0)
        },
        if d == greatest {
            greatest
        } else {
            find_root(upper, d, greatest, 0.0)
        },
    )
}

/// Returns the variance of the difference at the most likely rates that differ by `at`.
///
/// Of failures where these are fewer: `1 - p` of a rate near 1 has lost its digits.
fn variance(pair: &Pair, at: f64) -> f64 {
    if pair.is_mostly_successes() {
        return variance(&pair.mirrored(), 0.0 - at);
    }
    if at == 0.0 {
        let total = pair.na + pair.nb;
        let pooled = (pair.xa + pair.xb) / total * ((pair.fa + pair.fb) / total);
        return pooled / pair.na + pooled / pair.nb;
    }
    let pa = most_likely(pair, at);
    let pb = (pa + at).clamp(0.0, 1.0);
    pa * (1.0 - pa) / pair.na + pb * (1.0 - pb) / pair.nb
}

/// Returns the control's most likely rate if the candidate's is greater by `at`.
///
/// The score falls in the rate, so its zero is bracketed; Newton steps inside of the bracket,
/// bisection where they leave it. The closed form of the cubic needs the arc cosine of a
/// number that rounding takes beyond 1 at empty cells.
fn most_likely(pair: &Pair, at: f64) -> f64 {
    // 0 - D, as -D may be a negative zero, whose reciprocal is minus infinity.
    let (mut low, mut high) = ((0.0 - at).max(0.0), (1.0 - at).min(1.0));
    let score = |p: f64| {
        let (mut value, mut slope) = (0.0, 0.0);
        for (count, rate, sign) in [
            (pair.xa, p, 1.0),
            (pair.fa, 1.0 - p, -1.0),
            (pair.xb, p + at, 1.0),
            (pair.fb, 1.0 - p - at, -1.0),
        ] {
            if count > 0.0 {
                value += sign * count / rate.max(0.0);
                slope += count / rate / rate;
            }
        }
        (value, slope)
    };
    if low >= high || score(low).0 <= 0.0 {
        return low.min(1.0);
    }
    if score(high).0 >= 0.0 {
        return high;
    }
    // With D = 0 the pooled rate is the answer; it is a good start anywhere.
    let mut p = (pair.xa + pair.xb - at * pair.nb) / (pair.na + pair.nb);
    for step in 1..=MAX_STEPS {
        // A dozen are enough anywhere but at a pole, where each leaves one end as it is: from there
        // on every other step halves.
        if !(p > low && p < high) || step > 12 && step % 2 == 0 {
            p = 0.5 * (low + high);
            if !(p > low && p < high) {
                break;
            }
        }
        let (value, slope) = score(p);
        if value > 0.0 {
            low = p;
        } else {
            high = p;
        }
        let change = value / slope;
        if change.abs() <= f64::EPSILON * p {
            return p;
        }
        p += change;
    }
    // The last step may have left the bracket; that from a pole itself is NaN, which `max` drops.
    p.min(high).max(low)
}
