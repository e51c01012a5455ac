//! The result of a comparison of two arms.

use core::fmt;

use crate::stats::fixed_horizon::round_percent;
use crate::stats::measure::significant;
use crate::stats::sample_ratio::SampleRatio;
use crate::stats::{FixedHorizon, Measure};

/// Effect, sizes and verdict of one comparison, for one look.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TwoArms {
    /// The verdict.
    pub verdict: TwoArmsVerdict,
    /// Test and interval of the difference, candidate minus control.
    pub effect: FixedHorizon,
    /// The effect relative to the control; `None` if the control is not clearly above or below
    /// zero.
    pub relative: Option<RelativeEffect>,
    /// The control's rate or mean.
    pub control: f64,
    /// The candidate's rate or mean.
    pub candidate: f64,
    /// The check of the sizes of both arms.
    pub sample_ratio: SampleRatio,
}

/// The verdict of a comparison.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum TwoArmsVerdict {
    /// The candidate's value is higher than the control's.
    Higher,
    /// The candidate's value is lower than the control's.
    Lower,
    /// No difference is shown. This does not mean that the arms are equal.
    Undecided,
    /// The arms do not have the right sizes, so there is no verdict.
    Withheld,
}

impl TwoArmsVerdict {
    pub(super) fn of(effect: &FixedHorizon, sample_ratio: &SampleRatio) -> TwoArmsVerdict {
        if !sample_ratio.is_consistent() {
            return TwoArmsVerdict::Withheld;
        }
        if !effect.is_significant() {
            return TwoArmsVerdict::Undecided;
        }
        if effect.interval.lower > effect.null {
            TwoArmsVerdict::Higher
        } else if effect.interval.upper < effect.null {
            TwoArmsVerdict::Lower
        } else {
            TwoArmsVerdict::Undecided
        }
    }
}

/// An effect relative to the control's value, with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RelativeEffect {
    /// Name of the interval.
    pub method: &'static str,
    /// Candidate over control, minus 1.
    pub effect: f64,
    /// Lower bound, at the level of the absolute interval.
    pub lower: f64,
    /// Upper bound, at the level of the absolute interval.
    pub upper: f64,
}

impl fmt::Display for TwoArms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effect = &self.effect;
        let (noun, percent) = match effect.measure {
            Measure::RateDifference => ("rate", true),
            _ => ("mean", false),
        };
        let alpha = round_percent(effect.alpha.get());
        let shown = |value: f64| effect.measure.show(value);
        match self.verdict {
            TwoArmsVerdict::Higher | TwoArmsVerdict::Lower => writeln!(
                f,
                "The candidate's {noun} is {} than the control's: the difference lies between \
                 {} and {}.",
                if self.verdict == TwoArmsVerdict::Higher {
                    "HIGHER"
                } else {
                    "LOWER"
                },
                shown(effect.interval.lower),
                shown(effect.interval.upper)
            )?,
            TwoArmsVerdict::Undecided => writeln!(
                f,
                "UNDECIDED: the {noun}s may be equal; the difference lies between {} and {}.",
                shown(effect.interval.lower),
                shown(effect.interval.upper)
            )?,
            TwoArmsVerdict::Withheld => writeln!(
                f,
                "NO VERDICT: the arms do not have the sizes they should have. Find out why \
                 before reading the effect."
            )?,
        }
        writeln!(f, "  {effect}")?;
        if let Some(relative) = &self.relative {
            let percent = |value: f64| Measure::RelativeDifference.show(value);
            writeln!(
                f,
                "  relative {}, {} % interval {} to {} ({})",
                percent(relative.effect),
                round_percent(effect.interval.level),
                percent(relative.lower),
                percent(relative.upper),
                relative.method
            )?;
        }
        let values = [("control  ", self.control), ("candidate", self.candidate)];
        for ((name, value), arm) in values.into_iter().zip(&self.sample_ratio.arms) {
            match percent {
                true => write!(f, "  {name} {} %", significant(100.0 * value))?,
                false => write!(f, "  {name} mean {}", significant(value))?,
            }
            writeln!(f, " of n = {}", arm.count)?;
        }
        writeln!(f, "  {}", self.sample_ratio)?;
        write!(
            f,
            "  alpha {alpha} %, two-sided; valid for one look at a sample size fixed beforehand"
        )
    }
}
