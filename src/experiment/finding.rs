//! What one metric says of each candidate.

use thiserror::Error;

use super::{Kind, Role};
use crate::stats::{Alpha, Interval, PValue, Refusal};

/// What one metric says.
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
    /// Whether worth and margin are parts of the control's absolute value.
    pub is_relative: bool,
    /// Units of the control that have a value.
    pub units: u64,
    /// The control's value, none where there are no data.
    pub value: Option<f64>,
    /// Outcomes of the control that were announced and have not come; none unless all of the
    /// metric's outcomes are announced.
    pub pending: Option<u64>,
    /// Up to which value a unit counts, where the metric has a cap.
    pub cap: Option<f64>,
    /// Units of the control that had more than the cap.
    pub capped: u64,
    /// The candidates beside the control, in the order of the setup.
    pub comparisons: Vec<ArmFinding>,
}

/// What one metric says of one candidate.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ArmFinding {
    /// The candidate's label.
    pub arm: String,
    /// Its units that have a value.
    pub units: u64,
    /// Its value, none where there are no data.
    pub value: Option<f64>,
    /// Its pending outcomes, as [`Finding::pending`].
    pub pending: Option<u64>,
    /// Its units that had more than the cap.
    pub capped: u64,
    /// The comparison with the control, or what is missing for one.
    #[cfg_attr(feature = "serde", serde(serialize_with = "or_words"))]
    pub test: Result<Test, Missing>,
    /// By how much units that crossed may have moved the two values.
    pub(super) bias: f64,
}

/// The comparison of one metric in one candidate with the control, valid at every look.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Test {
    /// Candidate minus control.
    pub effect: f64,
    /// Effects that the observations do not contradict: a confidence sequence, at its part of
    /// the error rate (Bonferroni), so that all intervals of the read-out hold together.
    pub interval: Interval,
    /// The effect in parts of the control's absolute value; none where the control is not told
    /// from zero.
    pub relative: Option<Relative>,
    /// Of a metric that is adjusted by the past: what it would be without.
    pub unadjusted: Option<Unadjusted>,
    /// p-value, valid at every look: of a goal that there is a difference, of a guardrail that the
    /// candidate is worse by more than the margin.
    pub p: PValue,
    /// The same, adjusted by Holm for the whole family.
    pub adjusted_p: f64,
    /// Error rate that the adjusted p-value is compared with.
    pub alpha: Alpha,
    /// For a guardrail, whether the candidate is worse by at most the margin.
    ///
    /// All guardrails must hold, so each is tested at the whole error rate, on one side: where a
    /// margin is exceeded, this is ever said with probability `alpha` at most.
    pub within_margin: bool,
    /// For a goal, whether any difference is smaller than what is worth having.
    pub within_worth: bool,
    /// Whether the error rate holds for every law, from the first unit on; if not, for the laws of
    /// the tables in the guide's chapter on A/B tests.
    pub is_exact: bool,
    /// Further units of all arms until this line is expected to be decided; 0 if it is.
    pub units_left: Option<u64>,
}

/// An effect in parts of the control's absolute value.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Relative {
    /// The effect over the control's absolute value; none without an event in the control.
    pub effect: Option<f64>,
    /// Relative effects that the observations do not contradict.
    pub interval: Interval,
}

/// A comparison without what the past explains, and what that has saved.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Unadjusted {
    /// Candidate minus control.
    pub effect: f64,
    /// Effects that the observations do not contradict.
    pub interval: Interval,
    /// Part of the squared standard error that the adjustment took away.
    pub variance_saved: f64,
    /// Units of both arms of which a past is known, among those with a value.
    pub known: u64,
    /// Units of both arms with a value.
    pub units: u64,
}

/// What is missing for a comparison.
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
    /// Tells whether the line's p-value suffices, over the whole family.
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
