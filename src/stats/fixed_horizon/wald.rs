//! Tests of an estimate by its distance from the null value in standard errors.

use super::law::{interval, normal_p, normal_reach, student_p, student_reach};
use super::{FixedHorizon, Statistic};
use crate::stats::{Alpha, Alternative, Measure, PValue, Refusal};

/// The range of an effect that has no bounds.
pub(crate) const UNBOUNDED: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

/// An estimate whose interval reaches equally far to both sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wald {
    pub(crate) method: &'static str,
    pub(crate) measure: Measure,
    /// What overflows if a number of the test does.
    pub(crate) what: &'static str,
    pub(crate) effect: f64,
    /// Above zero.
    pub(crate) standard_error: f64,
    pub(crate) null: f64,
    /// The least and the greatest effect: where a one-sided interval ends.
    pub(crate) range: (f64, f64),
}

impl Wald {
    /// Refers the distance to the normal law.
    pub(crate) fn normal(
        self,
        alpha: Alpha,
        alternative: Alternative,
    ) -> Result<FixedHorizon, Refusal> {
        let z = self.distance();
        self.result(
            Statistic::Normal { z },
            normal_reach(alpha, alternative),
            || normal_p(z, alternative),
            alpha,
            alternative,
        )
    }

    /// Refers the distance to Student's law.
    pub(crate) fn student(
        self,
        degrees_of_freedom: f64,
        alpha: Alpha,
        alternative: Alternative,
    ) -> Result<FixedHorizon, Refusal> {
        let t = self.distance();
        self.result(
            Statistic::StudentT {
                t,
                degrees_of_freedom,
            },
            student_reach(alpha, degrees_of_freedom, alternative),
            || student_p(t, degrees_of_freedom, alternative),
            alpha,
            alternative,
        )
    }

    fn distance(&self) -> f64 {
        (self.effect - self.null) / self.standard_error
    }

    fn result(
        self,
        statistic: Statistic,
        quantile: f64,
        p: impl FnOnce() -> PValue,
        alpha: Alpha,
        alternative: Alternative,
    ) -> Result<FixedHorizon, Refusal> {
        let reach = quantile * self.standard_error;
        let (lower, upper) = (self.effect - reach, self.effect + reach);
        if ![self.distance(), lower, upper]
            .map(f64::is_finite)
            .iter()
            .all(|&finite| finite)
        {
            return Err(Refusal::Overflow { what: self.what });
        }
        Ok(FixedHorizon {
            method: self.method,
            measure: self.measure,
            effect: self.effect,
            standard_error: self.standard_error,
            interval: interval((lower, upper), self.range, alpha, alternative),
            null: self.null,
            alternative,
            alpha,
            statistic,
            p: p(),
        })
    }
}
