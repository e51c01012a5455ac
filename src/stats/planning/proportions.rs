//! Plans for a difference of two rates.

use super::{Design, SampleSize, Sides, check_units, critical};
use crate::stats::proportions::arcsine_difference;
use crate::stats::special::normal_cdf;
use crate::stats::{Alpha, Refusal};

/// Returns the size for the pooled z test, by Fleiss.
///
/// With `d = p_2 - p_1`, r candidate units per control unit and the mean rate `p`, the control
/// needs `(z_a sqrt((1 + 1/r) p q) + z_b sqrt(p_1 q_1 + p_2 q_2 / r))^2 / d^2`. This is the
/// plan for [`pooled_z`](crate::stats::proportions::pooled_z), without correction for
/// continuity.
///
/// Fleiss, Levin and Paik (2003), <https://doi.org/10.1002/0471445428>, chapter 4.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a rate outside of 0 to 1 or equal rates, [`Refusal::Overflow`]
/// above 2^53 units.
pub fn sample_size(
    control_rate: f64,
    candidate_rate: f64,
    design: &Design,
) -> Result<SampleSize, Refusal> {
    let rates = Rates::different(control_rate, candidate_rate)?;
    let (za, zb) = design.quantiles();
    let r = design.ratio();
    let mean = (rates.p1 + r * rates.p2) / (1.0 + r);
    let null = ((1.0 + 1.0 / r) * mean * (1.0 - mean)).sqrt();
    let root = (za * null + zb * rates.variance(r).sqrt()) / rates.difference;
    design.size(root * root)
}

/// Returns the size for the unpooled z test.
///
/// `(z_a + z_b)^2 (p_1 q_1 + p_2 q_2 / r) / d^2`: the simplest formula, and the one whose power
/// [`power`] gives back.
///
/// # Errors
/// As [`sample_size`].
pub fn sample_size_unpooled(
    control_rate: f64,
    candidate_rate: f64,
    design: &Design,
) -> Result<SampleSize, Refusal> {
    let rates = Rates::different(control_rate, candidate_rate)?;
    let (za, zb) = design.quantiles();
    let root = (za + zb) / rates.difference;
    design.size(root * root * rates.variance(design.ratio()))
}

/// Returns the size by Cohen's h, on the arcsine scale.
///
/// `(z_a + z_b)^2 (1 + 1/r) / h^2`. The variance is constant on that scale, so only h matters;
/// other software plans this way.
///
/// Cohen (1988), <https://doi.org/10.4324/9780203771587>, chapter 6.
///
/// # Errors
/// As [`sample_size`].
pub fn sample_size_arcsine(
    control_rate: f64,
    candidate_rate: f64,
    design: &Design,
) -> Result<SampleSize, Refusal> {
    let h = cohen_h(control_rate, candidate_rate)?;
    Rates::different(control_rate, candidate_rate)?;
    let (za, zb) = design.quantiles();
    let root = (za + zb) / h;
    design.size(root * root * (1.0 + 1.0 / design.ratio()))
}

/// Returns Cohen's h of two rates, `2 asin sqrt(p_2) - 2 asin sqrt(p_1)`.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a rate outside of 0 to 1.
pub fn cohen_h(control_rate: f64, candidate_rate: f64) -> Result<f64, Refusal> {
    let Rates { p1, p2, difference } = Rates::new(control_rate, candidate_rate)?;
    Ok(arcsine_difference(p1, 1.0 - p1, p2, 1.0 - p2, difference))
}

/// Returns the size for showing that the candidate is not worse by `margin`.
///
/// `(z_alpha + z_b)^2 (p_1 q_1 + p_2 q_2 / r) / (d + margin)^2`. The test is one-sided by nature:
/// the whole alpha lies on its side, whatever the design says. Plan with the rates that are
/// expected, usually equal ones.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a rate outside of 0 to 1, a margin that is not positive, or a
/// candidate that is worse by the margin already; [`Refusal::Overflow`] above 2^53 units.
pub fn non_inferiority(
    control_rate: f64,
    candidate_rate: f64,
    margin: f64,
    design: &Design,
) -> Result<SampleSize, Refusal> {
    super::check_positive("non-inferiority margin", margin)?;
    let rates = Rates::new(control_rate, candidate_rate)?;
    let room = rates.difference + margin;
    let what = "difference that is planned for";
    let expected = "more than minus the margin";
    Refusal::require(room > 0.0, what, rates.difference, expected)?;
    let (za, zb) = design.with_sides(Sides::One).quantiles();
    let root = (za + zb) / room;
    design.size(root * root * rates.variance(design.ratio()))
}

/// Returns the probability that the unpooled z test finds the difference.
///
/// `Φ(|d| / se - z_a)`, plus the far tail `Φ(-|d| / se - z_a)` if two-sided; a one-sided test
/// looks in the direction of the difference.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a rate outside of 0 to 1, [`Refusal::InsufficientData`] for an
/// arm without units, [`Refusal::ZeroVariance`] if both rates are 0 or 1.
pub fn power(
    control_rate: f64,
    candidate_rate: f64,
    units: [u64; 2],
    alpha: Alpha,
    sides: Sides,
) -> Result<f64, Refusal> {
    let rates = Rates::new(control_rate, candidate_rate)?;
    let [na, nb] = units;
    let (na, nb) = (
        check_units("control", na, 1)?,
        check_units("candidate", nb, 1)?,
    );
    let error = (rates.variance(nb / na) / na).sqrt();
    if error == 0.0 {
        return Err(Refusal::no_variance("outcome of both arms"));
    }
    let (size, za) = (rates.difference.abs() / error, critical(alpha, sides));
    let far = match sides {
        Sides::Two => normal_cdf(-size - za),
        Sides::One => 0.0,
    };
    Ok((normal_cdf(size - za) + far).min(1.0))
}

/// Two rates, each from 0 to 1.
#[derive(Clone, Copy, Debug)]
struct Rates {
    p1: f64,
    p2: f64,
    difference: f64,
}

impl Rates {
    fn new(p1: f64, p2: f64) -> Result<Rates, Refusal> {
        for (what, value) in [("control's rate", p1), ("candidate's rate", p2)] {
            let holds = (0.0..=1.0).contains(&value);
            Refusal::require(holds, what, value, "a number from 0 to 1")?;
        }
        Ok(Rates {
            p1,
            p2,
            difference: p2 - p1,
        })
    }

    fn different(p1: f64, p2: f64) -> Result<Rates, Refusal> {
        let rates = Rates::new(p1, p2)?;
        let expected = "another rate than the control's";
        let differ = rates.difference != 0.0;
        Refusal::require(differ, "candidate's rate", p2, expected)?;
        Ok(rates)
    }

    /// Returns the variance of the difference, times the control's units.
    fn variance(&self, ratio: f64) -> f64 {
        self.p1 * (1.0 - self.p1) + self.p2 * (1.0 - self.p2) / ratio
    }
}
