//! The hypergeometric law.

use super::binomial::ln_mass;

/// Returns `P(X = k)`: `k` successes among `draws` without replacement.
///
/// The population holds `successes` successes. Zero where `k` is impossible, NaN where draws or
/// successes exceed the population.
pub(crate) fn hypergeometric_pmf(k: u64, population: u64, successes: u64, draws: u64) -> f64 {
    let (Some(failures), Some(left)) = (
        population.checked_sub(successes),
        population.checked_sub(draws),
    ) else {
        return f64::NAN;
    };
    let (Some(missed), Some(blanks)) = (successes.checked_sub(k), draws.checked_sub(k)) else {
        return 0.0;
    };
    let Some(left_blanks) = failures.checked_sub(blanks) else {
        return 0.0;
    };
    if draws == 0 || left == 0 {
        return 1.0;
    }
    // Three binomial masses with one probability, which cancels; its value only must keep
    // all three away from underflow.
    let p = draws as f64 / population as f64;
    let q = left as f64 / population as f64;
    let ln = ln_mass(k as f64, missed as f64, p, q)
        + ln_mass(blanks as f64, left_blanks as f64, p, q)
        - ln_mass(draws as f64, left as f64, p, q);
    ln.exp().min(1.0)
}

/// Returns `P(X <= k)`.
pub(crate) fn hypergeometric_cdf(k: u64, population: u64, successes: u64, draws: u64) -> f64 {
    let low = (draws + successes).saturating_sub(population);
    (low..=k)
        .map(|j| hypergeometric_pmf(j, population, successes, draws))
        .sum::<f64>()
        .min(1.0)
}

/// Returns `P(X > k)`.
pub(crate) fn hypergeometric_sf(k: u64, population: u64, successes: u64, draws: u64) -> f64 {
    let high = draws.min(successes);
    (k.saturating_add(1)..=high)
        .map(|j| hypergeometric_pmf(j, population, successes, draws))
        .sum::<f64>()
        .min(1.0)
}
