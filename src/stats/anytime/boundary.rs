//! Boundaries that a centred sum crosses at any time with probability at most alpha.

mod beta_binomial;
mod gamma;
mod normal;
mod stitched;

pub use stitched::stitched_bound;

pub(in crate::stats) use beta_binomial::BetaBinomial;

use crate::stats::planning::Sides;
use crate::stats::special::find_root;
use crate::stats::{Alpha, Refusal};
use gamma::{Gamma, Sums};
use normal::Normal;

/// A bound of a centred sum at all times, by a mixture of exponential supermartingales.
///
/// # Formula
/// `s` is a sum of deviations from the mean under the null hypothesis, and `v` its *intrinsic
/// time*, a variance of the sum that can be seen. The evidence [`ln_e`](MixtureBoundary::ln_e)`(s,
/// v)` averages `exp(l s - psi(l) v)` over a law of `l`, and the [`bound`](MixtureBoundary::bound)
/// is the smallest `s` at which it reaches `1 / alpha`. Every constructor takes the `v` at which
/// the bound should be tightest. One-sided boundaries are for large `s`; reverse the sign for small
/// ones.
///
/// | what is summed | boundary | intrinsic time |
/// |---|---|---|
/// | values whose variance is known, or that a normal law dominates | [`normal`](MixtureBoundary::normal) | sum of the variances |
/// | values between known bounds, range `c` | [`gamma_exponential`](MixtureBoundary::gamma_exponential) | sum of squared distances from a prediction: empirical Bernstein |
/// | counts, with scale `c` | [`gamma_poisson`](MixtureBoundary::gamma_poisson) | sum of the means |
/// | values between `-g` and `h` | [`beta_binomial`](MixtureBoundary::beta_binomial) | `g h` for each |
///
/// # When not to use it
/// These are the parts of confidence sequences. For two means, rates or quantiles use the complete
/// methods.
///
/// Source: Howard, Ramdas, McAuliffe and Sekhon (2021), Annals of Statistics 49, 1055-1080,
/// <https://doi.org/10.48550/arXiv.1810.08240>.
///
/// ```
/// use switchstand::stats::{Alpha, anytime::MixtureBoundary, planning::Sides};
/// let boundary = MixtureBoundary::normal(Sides::Two, 100.0, Alpha::FIVE_PERCENT)?;
/// let bound = boundary.bound(100.0, Alpha::FIVE_PERCENT)?;
/// assert!((bound - 30.352).abs() < 1e-3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MixtureBoundary(Mixture);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mixture {
    Normal(Normal),
    Gamma(Gamma),
    BetaBinomial(BetaBinomial),
}

impl MixtureBoundary {
    /// Returns the boundary for sub-Gaussian sums, tightest at intrinsic time `v`.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] or [`Refusal::OutOfRange`] unless `v` is positive;
    /// [`Refusal::OutOfRange`] for a one-sided boundary at an alpha of one half or more.
    pub fn normal(sides: Sides, v: f64, alpha: Alpha) -> Result<MixtureBoundary, Refusal> {
        let rho = rho(sides, v, alpha)?;
        Ok(MixtureBoundary(Mixture::Normal(Normal { sides, rho })))
    }

    /// Returns the one-sided boundary for sub-exponential sums of scale `c`.
    ///
    /// # Errors
    /// As [`normal`](MixtureBoundary::normal), also for a `c` that is not positive.
    pub fn gamma_exponential(c: f64, v: f64, alpha: Alpha) -> Result<MixtureBoundary, Refusal> {
        MixtureBoundary::gamma(Sums::Exponential, c, v, alpha)
    }

    /// Returns the one-sided boundary for sub-Poisson sums of scale `c`.
    ///
    /// # Errors
    /// As [`normal`](MixtureBoundary::normal), also for a `c` that is not positive.
    pub fn gamma_poisson(c: f64, v: f64, alpha: Alpha) -> Result<MixtureBoundary, Refusal> {
        MixtureBoundary::gamma(Sums::Poisson, c, v, alpha)
    }

    /// Returns the boundary for sums of values between `-g` and `h`.
    ///
    /// # Errors
    /// As [`normal`](MixtureBoundary::normal), also for a `g` or `h` that is not positive.
    pub fn beta_binomial(
        sides: Sides,
        [g, h]: [f64; 2],
        v: f64,
        alpha: Alpha,
    ) -> Result<MixtureBoundary, Refusal> {
        Refusal::require_positive("range below the mean", g)?;
        Refusal::require_positive("range above the mean", h)?;
        let mixture = BetaBinomial::new(sides, [g, h], rho(sides, v, alpha)?);
        Ok(MixtureBoundary(Mixture::BetaBinomial(mixture)))
    }

    /// Returns the natural logarithm of the evidence in a sum `s` at intrinsic time `v`.
    ///
    /// Minus infinity where a one-sided sum lies further below than its scale allows to tell.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] for NaN and infinities, [`Refusal::OutOfRange`] for a negative `v`
    /// or an `s` that values between `-g` and `h` cannot sum to, [`Refusal::Overflow`] where the
    /// evidence has no representation.
    pub fn ln_e(&self, s: f64, v: f64) -> Result<f64, Refusal> {
        Refusal::require_finite("centred sum", s)?;
        check_time(v)?;
        if let Mixture::BetaBinomial(mixture) = &self.0 {
            let expected = "what values between -g and h can sum to";
            Refusal::require(mixture.allows(s, v), "centred sum", s, expected)?;
        }
        let ln_e = self.evidence(s, v);
        if ln_e.is_nan() {
            return Err(Refusal::Overflow { what: "evidence" });
        }
        Ok(ln_e)
    }

    /// Returns the smallest sum from 0 on whose evidence reaches `1 / alpha`.
    ///
    /// At intrinsic time `v`. Where no possible sum of values between `-g` and `h` has as much
    /// evidence, the largest.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] or [`Refusal::OutOfRange`] for a `v` that is not finite or below 0,
    /// [`Refusal::Overflow`] where the bound has no representation.
    pub fn bound(&self, v: f64, alpha: Alpha) -> Result<f64, Refusal> {
        check_time(v)?;
        let lacks = |s: f64| self.evidence(s, v) + alpha.get().ln();
        if lacks(0.0) >= 0.0 {
            return Ok(0.0);
        }
        let most = match &self.0 {
            Mixture::BetaBinomial(mixture) => mixture.greatest(v),
            _ => f64::INFINITY,
        };
        if most.is_finite() && lacks(most) < 0.0 {
            return Ok(most);
        }
        let (mut under, mut over) = (0.0, (1.0 + v).sqrt().min(most));
        while lacks(over) < 0.0 && over < most {
            under = over;
            over = (2.0 * over).min(most);
        }
        let bound = find_root(lacks, under, over, 0.0);
        if bound.is_nan() {
            return Err(Refusal::Overflow { what: "bound" });
        }
        Ok(bound)
    }

    /// Returns the mixture's parameter, in units of intrinsic time.
    #[must_use]
    pub fn rho(&self) -> f64 {
        match &self.0 {
            Mixture::Normal(mixture) => mixture.rho,
            Mixture::Gamma(mixture) => mixture.rho,
            Mixture::BetaBinomial(mixture) => mixture.rho(),
        }
    }

    fn gamma(sums: Sums, scale: f64, v: f64, alpha: Alpha) -> Result<MixtureBoundary, Refusal> {
        Refusal::require_positive("scale", scale)?;
        let rho = rho(Sides::One, v, alpha)?;
        Ok(MixtureBoundary(Mixture::Gamma(Gamma { sums, scale, rho })))
    }

    fn evidence(&self, s: f64, v: f64) -> f64 {
        match &self.0 {
            Mixture::Normal(mixture) => mixture.ln_e(s, v),
            Mixture::Gamma(mixture) => mixture.ln_e(s, v),
            Mixture::BetaBinomial(mixture) => mixture.ln_e(s, v),
        }
    }
}

/// Returns the parameter that makes the normal mixture tightest at `v`.
///
/// One-sided boundaries take that of twice the error rate.
pub(in crate::stats) fn rho(sides: Sides, v: f64, alpha: Alpha) -> Result<f64, Refusal> {
    Refusal::require_positive("intrinsic time of the tightest bound", v)?;
    let rate = match sides {
        Sides::Two => alpha.get(),
        Sides::One => 2.0 * alpha.get(),
    };
    let expected = "a number below 0.5 for one side";
    Refusal::require(rate < 1.0, "alpha", alpha.get(), expected)?;
    let twice = -2.0 * rate.ln();
    Ok(v / (twice + twice.ln_1p()))
}

fn check_time(v: f64) -> Result<(), Refusal> {
    let what = "intrinsic time";
    Refusal::require_finite(what, v)?;
    Refusal::require(v >= 0.0, what, v, "a number not below 0")
}
