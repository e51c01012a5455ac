//! The exact test of two arms.

use super::goodness_of_fit::Expected;
use crate::stats::special::{
    binomial_cdf, binomial_sf, ln_add_exp, ln_binomial_cdf, ln_binomial_pmf, ln_binomial_sf,
};
use crate::stats::{PValue, Refusal};

/// Relative difference below which two probabilities count as tied; both are off by less.
const TIE: f64 = 1e-10;

/// Tests the sizes of two arms by the exact binomial test.
///
/// The probability of all splits of the units that are no more likely than the observed one.
/// It holds its level for any number of units; for a thousand or more the chi-squared test
/// says the same.
///
/// Clopper and Pearson (1934), <https://doi.org/10.1093/biomet/26.4.404>.
///
/// # Errors
/// As [`check`](super::check).
pub fn exact_binomial(counts: [u64; 2], weights: [f64; 2]) -> Result<PValue, Refusal> {
    let expected = Expected::new(&counts, &weights)?;
    let [first, _] = counts;
    let share = expected.arms.first().map_or(0.5, |arm| arm.share);
    Ok(two_sided(first, expected.total, share))
}

/// Returns the probability of all counts that are no more likely than `count`.
pub(super) fn two_sided(count: u64, total: u64, share: f64) -> PValue {
    let observed = ln_binomial_pmf(count, total, share) + TIE;
    let no_more_likely = |k: u64| ln_binomial_pmf(k, total, share) <= observed;
    // The probabilities rise to the mode and fall from there.
    let mode = ((total as f64 + 1.0) * share).floor().min(total as f64) as u64;
    if no_more_likely(mode) {
        return PValue::new(1.0, 0.0);
    }
    // The last count below the mode, and the first above, that is no more likely.
    let low = (no_more_likely(0)).then(|| boundary(0, mode, &no_more_likely));
    let high = (no_more_likely(total)).then(|| boundary(total, mode, &no_more_likely));
    let (mut p, mut ln_p) = (0.0, f64::NEG_INFINITY);
    if let Some(low) = low {
        p += binomial_cdf(low, total, share);
        ln_p = ln_binomial_cdf(low, total, share);
    }
    // Above the mode, which is at least 0, so the bound itself is at least 1.
    if let Some(high) = high.and_then(|high| high.checked_sub(1)) {
        p += binomial_sf(high, total, share);
        ln_p = ln_add_exp(ln_p, ln_binomial_sf(high, total, share));
    }
    PValue::of_one_tail(p.min(1.0), || ln_p)
}

/// Returns the count nearest to `without` that holds, between `with` and `without`.
fn boundary(with: u64, without: u64, holds: &impl Fn(u64) -> bool) -> u64 {
    let (mut with, mut without) = (with, without);
    while with.abs_diff(without) > 1 {
        let middle = with.midpoint(without);
        if holds(middle) {
            with = middle;
        } else {
            without = middle;
        }
    }
    with
}
