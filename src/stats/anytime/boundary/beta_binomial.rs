//! The beta-binomial mixture, for sums of bounded values.

use crate::stats::planning::Sides;
use crate::stats::special::{ln_beta, ln_beta_cdf};

/// A mixture of the likelihood ratios of values that are `-g` or `h`, over a Beta law of their
/// chances whose mean is the null hypothesis, or over the side with a larger mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::stats) struct BetaBinomial {
    sides: Sides,
    g: f64,
    h: f64,
    /// Shapes of the Beta law of the chance to be `-g`.
    prior: (f64, f64),
    /// Its normalising constant, and that of the side that counts.
    ln_prior: f64,
    rho: f64,
}

impl BetaBinomial {
    /// Returns the mixture of about the spread of a normal one with parameter `rho`.
    pub(in crate::stats) fn new(sides: Sides, [g, h]: [f64; 2], rho: f64) -> BetaBinomial {
        let size = (rho - g * h).max(1e-3 * g * h);
        let prior = (size / (g * (g + h)), size / (h * (g + h)));
        let mixture = BetaBinomial {
            sides,
            g,
            h,
            prior,
            ln_prior: 0.0,
            rho,
        };
        let ln_prior = mixture.ln_mass(prior);
        BetaBinomial {
            ln_prior,
            ..mixture
        }
    }

    pub(super) const fn rho(&self) -> f64 {
        self.rho
    }

    /// Returns the greatest sum at intrinsic time `v`, where every value was `h`.
    pub(super) fn greatest(&self, v: f64) -> f64 {
        v / self.g
    }

    pub(super) fn allows(&self, s: f64, v: f64) -> bool {
        s <= self.greatest(v) && s >= -v / self.h
    }

    /// Returns the evidence, at a sum that values between `-g` and `h` can have.
    pub(in crate::stats) fn ln_e(&self, s: f64, v: f64) -> f64 {
        let (g, h) = (self.g, self.h);
        // How many values were at either end, or would have to be.
        let low = ((v - g * s) / (g * (g + h))).max(0.0);
        let high = ((v + h * s) / (h * (g + h))).max(0.0);
        let posterior = (self.prior.0 + low, self.prior.1 + high);
        // Under the null hypothesis a value is low with chance h / (g + h).
        self.ln_mass(posterior) - self.ln_prior + low * (g / h).ln_1p() + high * (h / g).ln_1p()
    }

    fn ln_mass(&self, (a, b): (f64, f64)) -> f64 {
        let whole = ln_beta(a, b);
        match self.sides {
            Sides::Two => whole,
            Sides::One => whole + ln_beta_cdf(self.h / (self.g + self.h), a, b),
        }
    }
}
