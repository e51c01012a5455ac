//! Plans for a difference of two means.

use super::{Design, SampleSize, Sides, check_positive, check_units, critical};
use crate::stats::special::{noncentral_t_sf, normal_cdf, t_quantile};
use crate::stats::state::MAX_COUNT;
use crate::stats::{Alpha, Refusal};

/// Returns the size for finding a difference of means, by the normal distribution.
///
/// `(z_a + z_b)^2 (s_1^2 + s_2^2 / r) / d^2` control units, with r candidate units per control
/// unit. A t test needs one or two units more per arm, see [`t_test_sample_size`].
///
/// Lachin (1981), <https://doi.org/10.1016/0197-2456(81)90001-5>.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a standard deviation that is not positive and finite or a
/// difference that is zero or not finite, [`Refusal::Overflow`] above 2^53 units.
pub fn sample_size(
    difference: f64,
    deviations: [f64; 2],
    design: &Design,
) -> Result<SampleSize, Refusal> {
    let [s1, s2] = check(difference, deviations)?;
    let (za, zb) = design.quantiles();
    let (a, b) = (s1 / difference, s2 / difference);
    design.size((za + zb) * (za + zb) * (a * a + b * b / design.ratio()))
}

/// Returns the probability that a z test finds the difference.
///
/// `Φ(|d| / se - z_a)`, plus the far tail if two-sided; a one-sided test looks in the direction
/// of the difference.
///
/// # Errors
/// As [`sample_size`], and [`Refusal::InsufficientData`] for an arm without units.
pub fn power(
    difference: f64,
    deviations: [f64; 2],
    units: [u64; 2],
    alpha: Alpha,
    sides: Sides,
) -> Result<f64, Refusal> {
    let deviations = check(difference, deviations)?;
    let size = difference.abs() / standard_error(deviations, units)?;
    let za = critical(alpha, sides);
    let far = match sides {
        Sides::Two => normal_cdf(-size - za),
        Sides::One => 0.0,
    };
    Ok((normal_cdf(size - za) + far).min(1.0))
}

/// Returns the smallest difference of means that a test of this size finds.
///
/// `(z_a + z_b) sqrt(s_1^2 / n_a + s_2^2 / n_b)`. The design's ratio is not used; the numbers of
/// units replace it.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a standard deviation that is not positive and finite, or a power
/// that is no more than alpha; [`Refusal::InsufficientData`] for an arm without units.
pub fn detectable_difference(
    deviations: [f64; 2],
    units: [u64; 2],
    design: &Design,
) -> Result<f64, Refusal> {
    let deviations = check(1.0, deviations)?;
    let (za, zb) = design.quantiles();
    Refusal::require(za + zb > 0.0, "power", design.power(), "more than alpha")?;
    Ok((za + zb) * standard_error(deviations, units)?)
}

/// Returns the exact probability that Student's t test finds the difference.
///
/// From the noncentral t law with `n_a + n_b - 2` degrees of freedom and noncentrality `|d| / s
/// sqrt(n_a n_b / (n_a + n_b))`, for normal values of equal variance.
///
/// Cohen (1988), <https://doi.org/10.4324/9780203771587>, chapter 2.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a standard deviation that is not positive and finite or a
/// difference that is zero or not finite, [`Refusal::InsufficientData`] for fewer than two units
/// in an arm.
pub fn t_test_power(
    difference: f64,
    deviation: f64,
    units: [u64; 2],
    alpha: Alpha,
    sides: Sides,
) -> Result<f64, Refusal> {
    check(difference, [deviation; 2])?;
    let [na, nb] = units;
    let (na, nb) = (
        check_units("control", na, 2)?,
        check_units("candidate", nb, 2)?,
    );
    let df = na + nb - 2.0;
    let noncentrality = difference.abs() / deviation * (na * (nb / (na + nb))).sqrt();
    if !noncentrality.is_finite() {
        return Ok(1.0);
    }
    let t = -t_quantile(sides.rate_of_each(alpha), df);
    let far = match sides {
        Sides::Two => noncentral_t_sf(t, df, -noncentrality),
        Sides::One => 0.0,
    };
    Ok((noncentral_t_sf(t, df, noncentrality) + far).min(1.0))
}

/// Returns the least units per arm with which Student's t test has the power.
///
/// For arms of equal size; the design's ratio is not used. See [`t_test_power`].
///
/// # Errors
/// As [`sample_size`].
pub fn t_test_sample_size(
    difference: f64,
    deviation: f64,
    design: &Design,
) -> Result<u64, Refusal> {
    check(difference, [deviation; 2])?;
    let reaches = |n: u64| {
        t_test_power(
            difference,
            deviation,
            [n, n],
            design.alpha(),
            design.sides(),
        )
        .map(|power| power >= design.power())
    };
    let (mut too_few, mut enough) = (1, 2);
    while !reaches(enough)? {
        too_few = enough;
        enough *= 2;
        if enough > MAX_COUNT / 2 {
            return Err(Refusal::overflow("sample size"));
        }
    }
    while enough - too_few > 1 {
        let middle = enough.midpoint(too_few);
        if reaches(middle)? {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    Ok(enough)
}

fn standard_error([s1, s2]: [f64; 2], units: [u64; 2]) -> Result<f64, Refusal> {
    let [na, nb] = units;
    let (na, nb) = (
        check_units("control", na, 1)?,
        check_units("candidate", nb, 1)?,
    );
    Ok((s1 / na.sqrt()).hypot(s2 / nb.sqrt()))
}

fn check(difference: f64, deviations: [f64; 2]) -> Result<[f64; 2], Refusal> {
    let holds = difference != 0.0 && difference.is_finite();
    let what = "difference that is planned for";
    Refusal::require(holds, what, difference, "a finite number other than 0")?;
    for deviation in deviations {
        check_positive("standard deviation", deviation)?;
    }
    Ok(deviations)
}
