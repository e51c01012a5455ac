//! One look of a trial.

use core::fmt;

use crate::stats::measure::significant;
use crate::stats::{Alpha, Alternative, Interval};

/// The decision at a look.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum TrialVerdict {
    /// There is not enough evidence yet: go on to the next look.
    Continue,
    /// An effect is shown, in the direction of its sign: stop.
    EffectShown,
    /// The planned effect is unlikely to be found: stopping is advised, going on is allowed.
    Futile,
    /// The last look has shown no effect: stop.
    NoEffectShown,
}

impl fmt::Display for TrialVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrialVerdict::Continue => "continue",
            TrialVerdict::EffectShown => "effect shown",
            TrialVerdict::Futile => "futile",
            TrialVerdict::NoEffectShown => "no effect shown",
        })
    }
}

/// A look's boundary, its repeated confidence interval and its verdict.
///
/// The interval is the effect plus and minus the boundary in standard errors. All looks'
/// intervals together cover the effect with probability `1 - alpha`, whether the trial stops by
/// its boundaries or not: the null hypothesis is rejected exactly if this one excludes 0.
///
/// Jennison and Turnbull (1989), Journal of the Royal Statistical Society B 51, 305-361.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Interim {
    /// The number of this look, from 1.
    pub number: usize,
    /// Fraction of the planned maximum; more than 1 after an over-run.
    pub fraction: f64,
    /// The estimate at this look.
    pub effect: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Effect in standard errors, in the direction that is tested.
    pub z: f64,
    /// The z that rejects the null hypothesis here.
    pub boundary: f64,
    /// The z below which the trial may be given up, if it was planned so.
    pub futility: Option<f64>,
    /// Error rate spent up to here, on all sides together.
    pub spent_so_far: f64,
    /// Repeated confidence interval; one-sided if the alternative is.
    pub interval: Interval,
    /// Direction of the test.
    pub alternative: Alternative,
    /// Error rate over all looks.
    pub alpha: Alpha,
    /// The decision at this look.
    pub verdict: TrialVerdict,
}

impl fmt::Display for Interim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "look {} at {:.1} % of the maximum: {}, effect {}, repeated interval {} to {}, \
             z = {:.2} against {:.2}",
            self.number,
            100.0 * self.fraction,
            self.verdict,
            significant(self.effect),
            significant(self.interval.lower),
            significant(self.interval.upper),
            self.z,
            self.boundary,
        )
    }
}
