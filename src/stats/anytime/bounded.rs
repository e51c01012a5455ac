//! Means of values between 0 and 1, without any assumption on their distribution.
//!
//! Scores, accuracies, judgements; a value in `[low, high]` is mapped by
//! `(x - low) / (high - low)`, a paired difference `d` of such values by `(d + 1) / 2`.
//!
//! # Assumptions
//! Given the past, each value has the same mean. Nothing else is assumed, not even independence. If
//! the mean drifts, there is no single number to estimate, and a running intersection becomes empty
//! ([`Running::Drift`](super::Running::Drift)).
//!
//! Source: Waudby-Smith and Ramdas (2024), <https://doi.org/10.1093/jrsssb/qkad009>.

mod betting;
mod empirical_bernstein;
mod hoeffding;
mod predictor;

pub use betting::{BettingCapital, Capital, hedged_interval};
pub use empirical_bernstein::EmpiricalBernstein;
pub use hoeffding::hoeffding_interval;

use crate::stats::Refusal;

/// Refuses what is not a number from 0 to 1.
pub(super) fn unit_value(what: &'static str, value: f64) -> Result<f64, Refusal> {
    Refusal::require_finite(what, value)?;
    let holds = (0.0..=1.0).contains(&value);
    Refusal::require(holds, what, value, "a number from 0 to 1").map(|()| value)
}
