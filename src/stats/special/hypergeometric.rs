//! The hypergeometric law.
//!
//! All code is our own. The tails of statrs 0.19.1 have an absolute error below 1e-13. But they are
//! summed from the far end of the support: a count of a million takes about a million terms, each
//! of three log-binomials.

use super::binomial::ln_mass;
use super::quadrature::integrate;
use super::tails::at_most_one;

/// Returns `P(X = k)`: `k` successes among `draws` without replacement.
///
/// The population holds `successes` successes. Zero where `k` is impossible, NaN where draws or
/// successes exceed the population.
pub fn hypergeometric_pmf(k: u64, population: u64, successes: u64, draws: u64) -> f64 {
    at_most_one(ln_hypergeometric_pmf(k, population, successes, draws).exp())
}

/// Returns `ln P(X = k)`, minus infinity where `k` is impossible.
pub fn ln_hypergeometric_pmf(k: u64, population: u64, successes: u64, draws: u64) -> f64 {
    Law::new(population, successes, draws).map_or(f64::NAN, |law| {
        if k < law.lowest || k > law.highest {
            f64::NEG_INFINITY
        } else {
            law.ln_mass(k as f64)
        }
    })
}

/// Returns `ln P(X <= k)`, finite where the probability underflows.
pub fn ln_hypergeometric_cdf(k: u64, population: u64, successes: u64, draws: u64) -> f64 {
    Law::new(population, successes, draws).map_or(f64::NAN, |law| law.ln_tails(k).0)
}

/// Returns `ln P(X > k)`, finite where the probability underflows.
pub fn ln_hypergeometric_sf(k: u64, population: u64, successes: u64, draws: u64) -> f64 {
    Law::new(population, successes, draws).map_or(f64::NAN, |law| law.ln_tails(k).1)
}

/// Returns `P(X <= k)`. NaN where draws or successes exceed the population.
pub fn hypergeometric_cdf(k: u64, population: u64, successes: u64, draws: u64) -> f64 {
    Law::new(population, successes, draws).map_or(f64::NAN, |law| law.tails(k).0)
}

/// Returns `P(X > k)`. NaN where draws or successes exceed the population.
pub fn hypergeometric_sf(k: u64, population: u64, successes: u64, draws: u64) -> f64 {
    Law::new(population, successes, draws).map_or(f64::NAN, |law| law.tails(k).1)
}

/// Standard deviation above which masses are integrated instead of summed.
///
/// There the midpoint rule's second correction is below 1e-15, and a sum would be long.
const SMOOTH_FROM: f64 = 1000.0;

/// Terms after which a sum stops: below `SMOOTH_FROM` all that count lie within ten deviations.
const MAX_TERMS: u32 = 20_000;

struct Law {
    successes: f64,
    failures: f64,
    draws: f64,
    left: f64,
    lowest: u64,
    highest: u64,
}

impl Law {
    fn new(population: u64, successes: u64, draws: u64) -> Option<Self> {
        let failures = population.checked_sub(successes)?;
        let left = population.checked_sub(draws)?;
        Some(Self {
            successes: successes as f64,
            failures: failures as f64,
            draws: draws as f64,
            left: left as f64,
            lowest: draws.saturating_sub(failures),
            highest: draws.min(successes),
        })
    }

    /// Returns the mass at `k`, which may lie between two integers, inside of the support.
    ///
    /// Three binomial masses with one probability, which cancels (Loader 2000).
    fn mass(&self, k: f64) -> f64 {
        at_most_one(self.ln_mass(k).exp())
    }

    fn ln_mass(&self, k: f64) -> f64 {
        let population = self.draws + self.left;
        if self.draws == 0.0 || self.left == 0.0 {
            return 0.0;
        }
        let (p, q) = (self.draws / population, self.left / population);
        let hit = ln_mass(k, self.successes - k, p, q);
        let missed = ln_mass(self.draws - k, self.failures - (self.draws - k), p, q);
        hit + missed - ln_mass(self.draws, self.left, p, q)
    }

    /// Returns `P(X <= k)` and `P(X > k)`, the smaller one without cancellation.
    fn tails(&self, k: u64) -> (f64, f64) {
        if k < self.lowest {
            return (0.0, 1.0);
        }
        if k >= self.highest {
            return (1.0, 0.0);
        }
        let population = self.draws + self.left;
        let mean = self.draws * (self.successes / population);
        if (k as f64) < mean {
            let lower = self.sum(k as f64, self.lowest as f64);
            (lower, 1.0 - lower)
        } else {
            let upper = self.sum((k + 1) as f64, self.highest as f64);
            (1.0 - upper, upper)
        }
    }

    /// Returns the logarithms of both tails; where one underflows, its sum is taken apart.
    fn ln_tails(&self, k: u64) -> (f64, f64) {
        let (lower, upper) = self.tails(k);
        let ln = |tail: f64, other: f64, start: u64, end: u64| {
            if tail > 1e-290 {
                if other < tail {
                    (-other).ln_1p()
                } else {
                    tail.ln()
                }
            } else if (self.lowest..=self.highest).contains(&start) {
                let start = start as f64;
                self.ln_mass(start) + self.terms(start, end as f64).ln()
            } else {
                f64::NEG_INFINITY
            }
        };
        (
            ln(lower, upper, k, self.lowest),
            ln(upper, lower, k.saturating_add(1), self.highest),
        )
    }

    /// Returns the sum of masses from `start` outward to `end`.
    fn sum(&self, start: f64, end: f64) -> f64 {
        let population = self.draws + self.left;
        let variance = self.draws
            * (self.successes / population)
            * (self.failures / population)
            * (self.left / (population - 1.0).max(1.0));
        let first = self.mass(start);
        if variance > SMOOTH_FROM * SMOOTH_FROM {
            return self.integral(start, end, variance.sqrt(), first);
        }
        at_most_one(first * self.terms(start, end))
    }

    /// Returns the sum in units of the mass at `start`.
    fn terms(&self, start: f64, end: f64) -> f64 {
        let up = end >= start;
        let (mut k, mut term, mut sum) = (start, 1.0, 1.0);
        for _ in 0..MAX_TERMS {
            if k == end {
                break;
            }
            let base = if up { k } else { k - 1.0 };
            let above = (self.successes - base) * (self.draws - base);
            let below = (base + 1.0) * (self.failures - self.draws + base + 1.0);
            term *= if up { above / below } else { below / above };
            k += if up { 1.0 } else { -1.0 };
            sum += term;
            if term < 1e-17 * sum {
                break;
            }
        }
        sum
    }

    /// Returns the sum by the midpoint rule with its first correction.
    fn integral(&self, start: f64, end: f64, deviation: f64, first: f64) -> f64 {
        let direction = if end >= start { 1.0 } else { -1.0 };
        let reach = (10.0 * deviation).min((end - start).abs());
        if reach < 1.0 || first == 0.0 {
            return first;
        }
        let edge = start - 0.5 * direction;
        let area = integrate(|d| self.mass(edge + direction * d), 0.0, reach, 10);
        // The slope of the mass at the edge, outward.
        let slope = first - self.mass(start - direction);
        (area + slope / 24.0).clamp(0.0, 1.0)
    }
}
