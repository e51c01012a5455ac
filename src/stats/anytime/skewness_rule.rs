//! Whether samples are large enough for their skewness.

use crate::stats::{HigherMoments, Refusal};

/// A rule that refuses methods for large samples while these are too small for their skewness.
///
/// A mean of `n` values is near enough to normal for a 95 % interval if `n >= 355 * skewness^2`,
/// in each arm on its own (Kohavi, Deng, Longbotham and Xu 2014,
/// <https://doi.org/10.1145/2623330.2623341>). A small arm may not have seen the tail yet, so the
/// larger skewness of both arms counts for both. With values of which most are zero, an arm in
/// which nothing has happened yet has no variance and is refused too.
///
/// The rule looks at the observations, so it is no proof: a tail that neither arm has seen is not
/// refused. For values with known bounds use the bounded methods, which need no such rule.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "f64", into = "f64"))]
pub struct SkewnessRule(f64);

impl SkewnessRule {
    /// 355 observations per squared skewness.
    pub const DEFAULT: SkewnessRule = SkewnessRule(355.0);

    /// Returns the rule `n >= factor * skewness^2`.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] unless `factor` is finite and at least 0; 0 refuses nothing but
    /// samples that do not vary.
    pub fn new(factor: f64) -> Result<SkewnessRule, Refusal> {
        let holds = factor.is_finite() && factor >= 0.0;
        let expected = "a finite number, at least 0";
        Refusal::require(holds, "factor of the skewness rule", factor, expected)?;
        Ok(SkewnessRule(factor))
    }

    /// Returns the observations per squared skewness that each arm needs.
    #[must_use]
    pub const fn factor(self) -> f64 {
        self.0
    }

    /// Checks two arms.
    ///
    /// # Errors
    /// [`Refusal::InsufficientData`] below two observations, [`Refusal::ZeroVariance`] where an
    /// arm does not vary, [`Refusal::TooSkewed`] where an arm is too small.
    pub fn check(self, a: &HigherMoments, b: &HigherMoments) -> Result<(), Refusal> {
        let skewness = self
            .skewness_of("control", a)?
            .max(self.skewness_of("candidate", b)?);
        let needed = self.0 * skewness * skewness;
        for (what, arm) in [("control", a), ("candidate", b)] {
            if (arm.n() as f64) < needed {
                return Err(Refusal::TooSkewed {
                    what,
                    skewness,
                    found: arm.n(),
                    needed: needed.ceil(),
                });
            }
        }
        Ok(())
    }

    fn skewness_of(self, what: &'static str, arm: &HigherMoments) -> Result<f64, Refusal> {
        if arm.n() < 2 {
            return Err(Refusal::too_few(what, arm.n(), 2));
        }
        arm.skewness()
            .map(f64::abs)
            .ok_or(Refusal::ZeroVariance { what })
    }
}

impl Default for SkewnessRule {
    fn default() -> SkewnessRule {
        SkewnessRule::DEFAULT
    }
}

impl TryFrom<f64> for SkewnessRule {
    type Error = Refusal;

    fn try_from(factor: f64) -> Result<SkewnessRule, Refusal> {
        SkewnessRule::new(factor)
    }
}

impl From<SkewnessRule> for f64 {
    fn from(rule: SkewnessRule) -> f64 {
        rule.0
    }
}
