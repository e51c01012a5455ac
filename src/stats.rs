//! Answers statistical questions about a release, and knows nothing of routing.
//!
//! Control is always named `a`, candidate `b`, and an effect is `b - a`.

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
#[allow(
    dead_code,
    unused_imports,
    reason = "the reference vectors pin the whole family; some of it serves no method yet"
)]
pub(crate) mod special;
pub(crate) mod state;

pub use alpha::{Alpha, AlphaError};
pub use counts::Counts;
pub use fixed_horizon::{FixedHorizon, Statistic};
pub use higher_moments::HigherMoments;
pub use histogram::Histogram;
pub use interval::Interval;
pub use measure::Measure;
pub use moments::Moments;
pub use p_value::{Alternative, PValue};
pub use paired_counts::PairedCounts;
pub use paired_moments::PairedMoments;
pub use ratio_moments::RatioMoments;
pub use refusal::Refusal;
pub use sample::Sample;
