//! The confidence sequence that knows nothing but the bounds.

use super::unit_value;
use crate::stats::{Alpha, Interval, Refusal};

/// Returns the interval for a mean that `n` values in `[0, 1]` average to.
///
/// # Formula
/// `mean` plus and minus `sqrt((v + rho) (ln(1 + v / rho) + 2 ln(1 / alpha))) / n`, `v = n / 4`,
/// `rho = (n_best / 4) / (2 ln(1 / alpha) + ln(1 + 2 ln(1 / alpha)))`, clipped to `[0, 1]`; it is
/// narrowest at `n_best`. A function of count and mean, so parts merge. It takes the variance to
/// be the largest possible, 1/4: for anything but fair coins the other bounded methods are
/// narrower.
///
/// Assumptions: as for [the bounded methods](crate::stats::anytime).
/// Source: Howard, Ramdas, McAuliffe and Sekhon (2021), <https://doi.org/10.1214/20-AOS1991>.
///
/// # Errors
/// [`Refusal::InsufficientData`] if `n` or `n_best` is 0, [`Refusal::OutOfRange`] if `mean` lies
/// outside of `[0, 1]`.
pub fn hoeffding_interval(
    n: u64,
    mean: f64,
    n_best: u64,
    alpha: Alpha,
) -> Result<Interval, Refusal> {
    unit_value("mean", mean)?;
    for (what, found) in [("sample", n), ("best sample", n_best)] {
        if found == 0 {
            let needed = 1;
            return Err(Refusal::too_few(what, found, needed));
        }
    }
    let (n, v) = (n as f64, n as f64 / 4.0);
    let twice = -2.0 * alpha.get().ln();
    let rho = n_best as f64 / 4.0 / (twice + twice.ln_1p());
    let radius = ((v + rho) * ((v / rho).ln_1p() + twice)).sqrt() / n;
    let (lower, upper) = ((mean - radius).max(0.0), (mean + radius).min(1.0));
    Ok(Interval::new(lower, upper, alpha))
}
