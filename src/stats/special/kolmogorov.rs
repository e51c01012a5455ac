//! The limiting law of Kolmogorov's statistic.

use super::normal::SQRT_TAU;
use std::f64::consts::PI;

/// Returns `P(K > lambda)` of Kolmogorov's limiting law; 1 for `lambda <= 0`.
///
/// The alternating series above 1.1, below it the theta series of the cdf: three and four
/// terms reach the last bit where the two meet.
pub fn kolmogorov_sf(lambda: f64) -> f64 {
    if lambda.is_nan() {
        return f64::NAN;
    }
    if lambda < 0.04 {
        return 1.0;
    }
    if lambda < 1.1 {
        let rate = PI * PI / (8.0 * lambda * lambda);
        let sum: f64 = [1.0_f64, 3.0, 5.0, 7.0]
            .iter()
            .map(|odd| (-odd * odd * rate).exp())
            .sum();
        return (1.0 - SQRT_TAU / lambda * sum).clamp(0.0, 1.0);
    }
    let rate = -2.0 * lambda * lambda;
    let sum = rate.exp() - (4.0 * rate).exp() + (9.0 * rate).exp() - (16.0 * rate).exp();
    (2.0 * sum).clamp(0.0, 1.0)
}
