//! Evidence that you may look at at any time, as often as you like.
//!
//! Fixed-horizon tests are valid for one look. Everything here keeps its error rate over all looks
//! together, also when a look decides whether to go on: the evidence is an *e-value*: the wealth of
//! a bettor against the null hypothesis who started with 1. By Ville's inequality the probability
//! that it ever reaches `1 / alpha` under the null hypothesis is at most `alpha`. Intervals are
//! confidence sequences: the probability that any of them ever misses the truth is at most `alpha`.
//!
//! | question | method | state |
//! |---|---|---|
//! | is the rate of bad events higher? | [`guard`](super::guard) | mergeable |
//! | do two means differ? | [`AnytimeT`], the default; [`MixtureSprt`], [`AsymptoticSequence`] | moments, mergeable |
//! | do means, ratios or counts of units with many values differ? | [`GroupedT`], less what the past explains by [`AdjustedArms`] | sums by group, mergeable |
//! | do two rates differ, however rare the events? | [`LabelProcess`], each unit's first event | counts, mergeable |
//! | do two means differ, whatever the tails? | [`BoundedDifference`] | depends on the order |
//! | what is the mean of values with known bounds? | [`EmpiricalBernstein`], [`BettingCapital`], [`hedged_interval`] | depends on the order |
//! | what is the p99 of a latency, and is it higher? | [`QuantileSequence`] | histogram, mergeable |
//! | is an error rate at most 1 %? | [`RateObjective`] | counts, mergeable |
//! | do two proportions differ, without asymptotics? | [`SafeTwoProportions`] | depends on the order |
//! | which of two models is right more often on the same requests? | [`PairedTest`], [`PairedNonInferiority`] | counts, mergeable |
//! | is traffic split as asked? | [`SampleRatioProcess`] | counts, mergeable |
//! | how far does a centred sum move from 0? (to build other methods) | [`MixtureBoundary`], [`stitched_bound`] | sums, mergeable |
//!
//! "Depends on the order" means that two states cannot be merged: run one per process and combine
//! their e-values, by their [product](super::evidence::product) if the observations are
//! independent, by their [mean](super::evidence::mean) otherwise.
//!
//! Where a method holds only for large samples, it refuses to answer while the samples are too
//! small for their skewness ([`SkewnessRule`]): a canary of 5 % with a heavy-tailed metric would
//! otherwise raise false alarms in 41 of 100 harmless releases.

mod anytime_t;
mod anytime_valid;
mod asymptotic;
mod boundary;
mod bounded;
mod bounded_difference;
mod either_way;
mod grouped_past;
mod grouped_t;
mod label_process;
mod mixture_sprt;
mod non_inferiority;
mod objective;
mod paired;
mod quantile;
mod running_intersection;
mod running_p;
mod safe_two_proportions;
mod sample_ratio;
mod skewness_rule;

pub use anytime_t::AnytimeT;
pub use anytime_valid::AnytimeValid;
pub(crate) use anytime_valid::p_of;
pub use asymptotic::AsymptoticSequence;
pub use boundary::{MixtureBoundary, stitched_bound};
pub use bounded::{
    BettingCapital, Capital, EmpiricalBernstein, hedged_interval, hoeffding_interval,
};
pub use bounded_difference::BoundedDifference;
pub use either_way::EitherWay;
pub use grouped_past::{AdjustedArms, PastGroups};
pub use grouped_t::{GroupedArm, GroupedLook, GroupedRefusal, GroupedT};
pub use label_process::LabelProcess;
pub use mixture_sprt::MixtureSprt;
pub use non_inferiority::PairedNonInferiority;
pub use objective::{RateObjective, rate_interval};
pub use paired::PairedTest;
pub use quantile::{QuantileSequence, Ranked};
pub use running_intersection::{Running, RunningIntersection};
pub use running_p::RunningP;
pub use safe_two_proportions::SafeTwoProportions;
pub use sample_ratio::SampleRatioProcess;
pub use skewness_rule::SkewnessRule;
