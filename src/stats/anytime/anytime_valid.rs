//! The result of a method that may be looked at any time.

use core::fmt;

use crate::stats::{Alpha, Alternative, Interval, Measure, PValue, Refusal};

/// Effect, confidence sequence and evidence that are valid at every look.
///
/// The interval is the one of this look. Its error rate holds over all looks together, so the
/// intersection of all looks' intervals is valid too
/// ([`RunningIntersection`](super::RunningIntersection)).
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct AnytimeValid {
    /// Name of the method.
    pub method: &'static str,
    /// What the effect measures.
    pub measure: Measure,
    /// The estimate, candidate against control.
    pub effect: f64,
    /// Effects that the observations do not contradict; one-sided if the alternative is.
    pub interval: Interval,
    /// Effect that the null hypothesis states, or its limit if the alternative is one-sided.
    pub null: f64,
    /// Direction that the test looks in.
    pub alternative: Alternative,
    /// Error rate over all looks.
    pub alpha: Alpha,
    /// Natural logarithm of the e-value against the null hypothesis, at this look.
    pub ln_e: f64,
}

impl AnytimeValid {
    /// Returns the p-value of this look, `min(1, 1 / e)`.
    ///
    /// The smallest of all looks is valid as well ([`RunningP`](super::RunningP)).
    #[must_use]
    pub fn p(&self) -> PValue {
        p_of(self.ln_e)
    }

    /// Refuses evidence in which an overflow has met an underflow.
    pub(super) fn checked(self) -> Result<AnytimeValid, Refusal> {
        let numbers = [self.ln_e, self.interval.lower, self.interval.upper];
        if numbers.iter().any(|number| number.is_nan()) {
            return Err(Refusal::overflow("evidence"));
        }
        Ok(self)
    }

    /// Tells whether the evidence suffices to reject the null hypothesis, `e >= 1 / alpha`.
    #[must_use]
    pub fn is_significant(&self) -> bool {
        self.ln_e >= -self.alpha.get().ln()
    }
}

pub(crate) fn p_of(ln_e: f64) -> PValue {
    // The sum turns a negative zero into zero.
    let ln_p = (-ln_e).min(0.0) + 0.0;
    PValue::new(ln_p.exp(), ln_p)
}

impl fmt::Display for AnytimeValid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}, {} % confidence sequence {} to {}, {} ({}, valid at every look)",
            self.measure.name(),
            self.measure.show(self.effect),
            (self.interval.level * 1e4).round() / 1e2,
            self.measure.show(self.interval.lower),
            self.measure.show(self.interval.upper),
            self.p(),
            self.method,
        )
    }
}
