//! The results of one metric.

use thiserror::Error;

use super::{Kind, Role};
use crate::stats::{Alpha, Interval, PValue, Refusal};

/// The results of one metric: the control's value and each candidate's comparison.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Finding {
    /// Name of the metric.
    pub metric: String,
    /// What kind of number it is.
    pub kind: Kind,
    /// What it is for.
    pub role: Role,
    /// Whether worth and margin are fractions of the control's absolute value.
    pub is_relative: bool,
    /// Units of the control that have a value.
    pub units: u64,
    /// The control's value; `None` without data.
    pub value: Option<f64>,
    /// Outcomes of the control that were announced and have not come; `None` unless all of the
    /// metric's outcomes are announced.
    pub pending: Option<u64>,
    /// The value up to which a unit counts, if the metric has a cap.
    pub cap: Option<f64>,
    /// Units of the control that had more than the cap.
    pub capped: u64,
    /// The candidates beside the control, in the order of the setup.
    pub comparisons: Vec<ArmFinding>,
}

/// The result of one metric for one candidate.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ArmFinding {
    /// The candidate's label.
    pub arm: String,
    /// Its units that have a value.
    pub units: u64,
    /// Its value; `None` without data.
    pub value: Option<f64>,
    /// Its pending outcomes, as [`Finding::pending`].
    pub pending: Option<u64>,
    /// Its units that had more than the cap.
    pub capped: u64,
    /// The comparison with the control, or what is missing for it.
    #[cfg_attr(feature = "serde", serde(serialize_with = "or_words"))]
    pub test: Result<Test, Missing>,
    /// By how much units that crossed may have changed the two values.
    pub(super) bias: f64,
}

/// The comparison of a candidate with the control in one metric, valid at every look.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Test {
    /// Candidate minus control.
    pub effect: f64,
    /// Effects that the data do not contradict: a confidence sequence at its part of the error rate
    /// (Bonferroni), so that all intervals of the read-out hold together.
    pub interval: Interval,
    /// The effect as a fraction of the control's absolute value; `None` if the control may be zero.
    pub relative: Option<Relative>,
    /// For a metric that is adjusted by the past: the result without the adjustment.
    pub unadjusted: Option<Unadjusted>,
    /// p-value, valid at every look. For a goal it tests that there is no difference, for a
    /// guardrail that the candidate is not worse by more than the margin.
    pub p: PValue,
    /// The same, adjusted by Holm's procedure for all tests.
    pub adjusted_p: f64,
    /// Error rate with which the adjusted p-value is compared.
    pub alpha: Alpha,
    /// For a guardrail, whether the candidate is shown to be worse by at most the margin.
    ///
    /// All guardrails must hold, so each is tested at the whole error rate, on one side: if the
    /// margin is exceeded, this is ever true with probability at most `alpha`.
    pub within_margin: bool,
    /// For a goal, whether any difference is shown to be smaller than what is worth having.
    pub within_worth: bool,
    /// Whether the error rate holds for every distribution, from the first unit on. If not, it was
    /// simulated for the distributions in the tables of the guide's chapter on A/B tests.
    pub is_exact: bool,
    /// Further units of all arms until this line is expected to be decided; 0 if it is decided.
    pub units_left: Option<u64>,
}

/// An effect as a fraction of the control's absolute value.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Relative {
    /// The effect divided by the control's absolute value; `None` without an event in the control.
    pub effect: Option<f64>,
    /// Relative effects that the data do not contradict.
    pub interval: Interval,
}

/// A comparison without the adjustment by the past, and what the adjustment saves.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Unadjusted {
    /// Candidate minus control.
    pub effect: f64,
    /// Effects that the data do not contradict.
    pub interval: Interval,
    /// The fraction of the squared standard error that the adjustment removes.
    pub variance_saved: f64,
    /// Units of both arms with a value and a known past.
    pub known: u64,
    /// Units of both arms with a value.
    pub units: u64,
}

/// The reason why a comparison cannot be made yet.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum Missing {
    /// Too few units have a value.
    #[error(
        "{control} units of the control and {candidate} of the candidate have values, some {needed} \
         of each are needed to tell how they vary: go on"
    )]
    TooFewUnits {
        /// The control's units with a value.
        control: u64,
        /// The candidate's units with a value.
        candidate: u64,
        /// About how many each needs.
        needed: u64,
    },
    /// The values do not vary.
    #[error(
        "all values of the {arm} are equal, so nothing tells what they might have been: \
             record more finely, or go on"
    )]
    NoVariation {
        /// Control or candidate.
        arm: &'static str,
    },
    /// The values are too uneven.
    #[error(
        "values too uneven: as if {units} units more were needed; record them with a cap, or as a \
         rate, or ask for a quantile of one value a unit"
    )]
    TooUneven {
        /// About how many more units, of both arms.
        units: u64,
    },
    /// There are no units.
    #[error(
        "no unit of {arm} was exposed yet: attach the experiment to the router, or call `expose`"
    )]
    NoUnits {
        /// Control or candidate.
        arm: &'static str,
    },
    /// The past is missing more often in one arm.
    #[error(
        "what units were like before is known of {control} % of the control's and of {candidate} % \
         of the candidate's: of whom must not depend on the arm"
    )]
    UnevenPast {
        /// Per cent of the control's units with a value.
        control: u64,
        /// Per cent of the candidate's units with a value.
        candidate: u64,
    },
    /// The arms' sizes in a segment do not fit their weights.
    #[error(
        "the arms' units in this segment do not fit their weights: which segment a unit is of must \
         not depend on the arm, and must be noted of both alike"
    )]
    UnevenSegment,
    /// Looks are planned, and none is being taken.
    #[error("it is tested when a planned look is taken, by `take_look`")]
    NoLook,
    /// A planned look sees too few events.
    #[error(
        "{found} units of both arms have an event, or none, at least {needed} are needed at a planned \
         look: look at any time, which needs none"
    )]
    TooFewEvents {
        /// Units with an event, or without one if those are fewer.
        found: u64,
        /// How many are needed.
        needed: u64,
    },
    /// The metric is a gauge.
    #[error("a gauge is shown and never tested: give its numbers per unit to have them tested")]
    Gauge,
    /// The arm was dropped.
    #[error("the arm was dropped; it is tested no more")]
    Dropped,
    /// The method gives no answer.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl Test {
    /// Tells whether the adjusted p-value is below the error rate.
    #[must_use]
    pub fn is_significant(&self) -> bool {
        self.adjusted_p < self.alpha.get()
    }
}

#[cfg(feature = "serde")]
fn or_words<S: serde::Serializer>(
    test: &Result<Test, Missing>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    use serde::Serialize as _;
    #[derive(serde::Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Stored<'a> {
        Compared(&'a Test),
        Missing(String),
    }
    match test {
        Ok(test) => Stored::Compared(test),
        Err(missing) => Stored::Missing(missing.to_string()),
    }
    .serialize(serializer)
}
