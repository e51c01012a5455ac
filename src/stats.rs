//! Answers statistical questions about a release; it uses nothing of the routing.
//!
//! Control is always named `a`, candidate `b`, and an effect is `b - a`. Every answer is a value
//! with its error rate, or a [`Refusal`] that says what is missing.
//!
//! # Which question, which method
//! First decide how often you will look. A test for *one look* is wrong if you repeat it until it
//! is significant: with a look after every observation, 5 % become 60 % in the end. *Planned looks*
//! are a few, up to a maximum. *Any time* means after every request, and needs the most
//! observations. [`planning::Trial::compare`] says in numbers which needs the fewest for a release.
//!
//! | question | data | function | looks | when not |
//! |---|---|---|---|---|
//! | does the candidate do harm, and may it grow? | bad events per arm, share at each | [`guard::RateGuard`] | any time | the event is not rare: compare rates |
//! | is one arm's error rate within its objective? | [`Counts`] of one arm | [`anytime::RateObjective`] | any time | you want a comparison |
//! | do two rates differ? | [`Counts`] | [`compare::two_arms`], [`proportions`] | one | few events: [`exact`]; repeated looks |
//! | the same | successes and failures in order | [`anytime::SafeTwoProportions`] | any time | rare events: the guard |
//! | do two means differ? | [`Moments`] | [`compare::two_arms`], [`means`] | one | heavy tails in a small arm |
//! | the same | [`HigherMoments`] | [`anytime::AnytimeT`], [`anytime::AsymptoticSequence`] | any time | heavy tails: it refuses |
//! | the same, whatever the tails | values with known bounds | [`anytime::BoundedDifference`] | any time | bounds far beyond the values |
//! | the same, at a few planned looks | any estimate and its information | [`group_sequential::Monitor`] | planned | there is no maximum size |
//! | the same, with less noise | values before and during | [`covariate`] | one | the release can change the covariate |
//! | do ratios of sums differ, by user? | [`RatioMoments`] | [`ratios`] | one | the denominator is near 0 |
//! | do event rates per exposure differ? | counts and exposures | [`rates`] | one | counts spread more than Poisson's |
//! | do latencies differ, at p99? | [`Sample`], [`Histogram`] | [`quantiles`] | one | fewer than 368 values for p99 |
//! | the same | the same | [`anytime::QuantileSequence`] | any time | a user has several values |
//! | is one arm's value usually larger? | [`Sample`] | [`ranks`] | one | costs depend on the mean |
//! | which of two models is right on the same requests? | [`PairedCounts`] | [`paired`] | one | the outcome depends on the answer shown |
//! | the same | discordant pairs | [`anytime::PairedTest`], [`anytime::PairedNonInferiority`] | any time | the same |
//! | may the candidate take the control's place? | [`Moments`], pairs | [`equivalence`], [`proportions::non_inferiority`] | one | no margin was set beforehand |
//! | do two models agree? | [`agreement::ConfusionMatrix`] | [`agreement`] | one | the model's agreement with itself is unknown |
//! | do they rank alike? | scores and labels | [`ranking`] | one | thresholds matter, not ranks |
//! | have inputs or scores drifted? | [`Histogram`], [`Sample`] | [`drift`] | one | the sample is so large that every drift is significant |
//! | is traffic split as asked? | units per arm | [`sample_ratio`] | one | repeated looks |
//! | the same | the same | [`anytime::SampleRatioProcess`] | any time | a unit was counted twice |
//! | which of several arms is best? | [`Moments`] per arm | [`best_arm`] | any time | one arm is the control that must be beaten |
//! | how probable is it that B is better? | [`Counts`], [`Moments`] | [`bayes`] | one | an error rate must hold: stopping at 95 % does not |
//! | what would a policy that did not run have earned? | propensities and rewards | [`off_policy`] | any time | the log does not cover it: it refuses |
//! | several metrics, arms or segments at once? | their p-values or e-values | [`multiplicity`] | as theirs | they were chosen after a look |
//! | what do shadow and canary say together? | e-values against one claim | [`evidence`] | any time | the claims differ |
//! | how long will it take, and by which method? | rates or a deviation, split, traffic | [`planning`] | before | the effect is only hoped for |
//!
//! # When in doubt
//! Watch with the [`guard`], decide with [`anytime::AnytimeT`], and report at the end with
//! [`compare`], which chooses the test for one look and names it.

pub mod agreement;
mod alpha;
pub mod anytime;
pub mod bayes;
pub mod best_arm;
pub mod compare;
mod counts;
pub mod covariate;
pub mod drift;
pub mod equivalence;
pub mod evidence;
pub mod exact;
mod fixed_horizon;
pub mod group_sequential;
pub mod guard;
mod higher_moments;
mod histogram;
mod interval;
pub mod means;
pub(crate) mod measure;
mod moments;
pub mod multiplicity;
pub mod off_policy;
mod p_value;
mod pair_sums;
pub mod paired;
mod paired_counts;
mod paired_moments;
pub mod planning;
pub mod proportions;
pub mod quantiles;
pub mod ranking;
pub mod ranks;
pub mod rates;
mod ratio_moments;
pub mod ratios;
mod refusal;
mod sample;
pub mod sample_ratio;
#[doc(hidden)]
pub mod special;
pub(crate) mod state;

pub use alpha::Alpha;
pub use counts::Counts;
pub use fixed_horizon::{Alternative, FixedHorizon, Statistic};
pub use higher_moments::HigherMoments;
pub use histogram::Histogram;
pub use interval::Interval;
pub use measure::{Measure, Worse};
pub use moments::Moments;
pub use p_value::PValue;
pub use pair_sums::PairSums;
pub use paired_counts::PairedCounts;
pub use paired_moments::PairedMoments;
pub use ratio_moments::RatioMoments;
pub use refusal::Refusal;
pub use sample::Sample;
