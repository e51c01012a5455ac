//! Pearson's and the likelihood-ratio test of counts against weights.

use crate::stats::fixed_horizon::law::normal_p;
use crate::stats::special::{chi2_sf, ln_chi2_sf};
use crate::stats::{Alternative, PValue, Refusal};

/// A test of counts against weights, valid for one look.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct GoodnessOfFit {
    /// The statistic, about chi-squared if units arrive by the weights.
    pub statistic: f64,
    /// Degrees of freedom, one less than there are arms.
    pub degrees_of_freedom: u64,
    /// How surprising the counts are then.
    pub p: PValue,
}

/// Tests counts against weights by Pearson's chi-squared statistic.
///
/// `sum (O - E)^2 / E` on as many degrees of freedom as there are arms, less one. For expected
/// counts of about five or more in every arm.
///
/// Pearson (1900), <https://doi.org/10.1080/14786440009463897>.
///
/// # Errors
/// As [`check`](super::check).
pub fn chi_squared(counts: &[u64], weights: &[f64]) -> Result<GoodnessOfFit, Refusal> {
    let expected = Expected::new(counts, weights)?;
    Ok(expected.test(Arm::pearson))
}

/// Tests counts against weights by the likelihood ratio, G.
///
/// `2 sum O ln(O / E)`, an arm without units contributing 0; otherwise as [`chi_squared`].
///
/// Wilks (1938), <https://doi.org/10.1214/aoms/1177732360>.
///
/// # Errors
/// As [`check`](super::check).
pub fn g_test(counts: &[u64], weights: &[f64]) -> Result<GoodnessOfFit, Refusal> {
    let expected = Expected::new(counts, weights)?;
    // The deviations sum to zero, so they may be taken off: the rest does not cancel.
    Ok(expected.test(|arm| 2.0 * arm.expected * excess_entropy(arm.deviation / arm.expected)))
}

/// Returns the first arm's deviation in standard deviations, without continuity correction.
///
/// `(O - N w) / sqrt(N w (1 - w))`; with two arms its square is [`chi_squared`]'s statistic.
///
/// # Errors
/// As [`check`](super::check).
pub fn z_of_first_arm(counts: &[u64], weights: &[f64]) -> Result<f64, Refusal> {
    let expected = Expected::new(counts, weights)?;
    let first = expected.arms.first();
    Ok(first.map_or(0.0, |arm| arm.z(&expected)))
}

/// Counts with what the weights would have given.
pub(super) struct Expected {
    pub(super) total: u64,
    pub(super) arms: Vec<Arm>,
}

pub(super) struct Arm {
    pub(super) count: u64,
    /// Weight over the sum of weights.
    pub(super) share: f64,
    /// Weight of the others over the sum of weights.
    rest: f64,
    pub(super) expected: f64,
    /// Count minus expected, rounded once.
    pub(super) deviation: f64,
}

impl Expected {
    pub(super) fn new(counts: &[u64], weights: &[f64]) -> Result<Expected, Refusal> {
        if counts.len() != weights.len() {
            return Err(Refusal::unequal(
                "counts and weights",
                counts.len(),
                weights.len(),
            ));
        }
        if counts.len() < 2 {
            return Err(Refusal::too_few("list of arms", counts.len() as u64, 2));
        }
        let positive = |weight: f64| weight > 0.0 && weight.is_finite();
        let all: f64 = weights.iter().sum();
        // A share that underflows is no share: nothing could be expected of it.
        let usable = |weight: f64| positive(weight) && weight / all > 0.0;
        if let Some(&value) = weights.iter().find(|&&weight| !usable(weight)) {
            return Err(Refusal::OutOfRange {
                what: "weight of an arm",
                value,
                expected: "a positive finite number, not negligible beside the others",
            });
        }
        let total = counts
            .iter()
            .fold(0_u64, |sum, &count| sum.saturating_add(count));
        if total > crate::stats::state::MAX_COUNT || !all.is_finite() {
            return Err(Refusal::overflow("sum of counts or weights"));
        }
        if total == 0 {
            return Err(Refusal::too_few("arms", 0, 1));
        }
        let pairs = || counts.iter().zip(weights);
        let arm = |(i, (&count, &weight)): (usize, (&u64, &f64))| {
            let others = pairs().enumerate().filter(|(j, _)| *j != i);
            // O - E = sum (O_i w_j - O_j w_i) / W over the others: where the sizes are right
            // the large numbers cancel exactly, not after rounding.
            let excess: f64 = others
                .clone()
                .map(|(_, (&n, &w))| difference_of_products(count as f64, w, n as f64, weight))
                .sum();
            Arm {
                count,
                share: weight / all,
                rest: others.map(|(_, (_, &w))| w).sum::<f64>() / all,
                expected: total as f64 * (weight / all),
                deviation: excess / all,
            }
        };
        let arms: Vec<Arm> = pairs().enumerate().map(arm).collect();
        let statistic: f64 = arms.iter().map(Arm::pearson).sum();
        if !statistic.is_finite() {
            return Err(Refusal::overflow("deviation of an arm's size"));
        }
        Ok(Expected { total, arms })
    }

    fn test(&self, term: impl Fn(&Arm) -> f64) -> GoodnessOfFit {
        let statistic: f64 = self.arms.iter().map(term).sum();
        let degrees_of_freedom = self.arms.len() as u64 - 1;
        let df = degrees_of_freedom as f64;
        GoodnessOfFit {
            statistic,
            degrees_of_freedom,
            p: PValue::of_one_tail(chi2_sf(statistic, df), || ln_chi2_sf(statistic, df)),
        }
    }
}

impl Arm {
    /// Returns the arm's part of Pearson's statistic.
    fn pearson(&self) -> f64 {
        self.deviation * (self.deviation / self.expected)
    }

    fn z(&self, all: &Expected) -> f64 {
        self.deviation / (all.total as f64 * self.share * self.rest).sqrt()
    }

    /// Tests this arm against all others together.
    pub(super) fn against_rest(&self, all: &Expected) -> PValue {
        normal_p(self.z(all), Alternative::TwoSided)
    }
}

/// Returns `a b - c d`, off by no more than rounding the result once or twice (Kahan).
fn difference_of_products(a: f64, b: f64, c: f64, d: f64) -> f64 {
    let product = c * d;
    let error = (-c).mul_add(d, product);
    a.mul_add(b, -product) + error
}

/// Returns `(1 + r) ln(1 + r) - r` for `r >= -1`, about `r^2 / 2` near zero.
fn excess_entropy(r: f64) -> f64 {
    if r <= -1.0 {
        return 1.0;
    }
    if r.abs() > 0.1 {
        return (1.0 + r) * r.ln_1p() - r;
    }
    // sum of (-r)^k / (k (k - 1)) from k = 2; the first term left out is below 1e-17 of it.
    let mut sum = 0.0;
    for k in (2..=18).rev() {
        let k = f64::from(k);
        sum = sum * -r + 1.0 / (k * (k - 1.0));
    }
    sum * r * r
}
