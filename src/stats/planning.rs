//! How many units, and how much time, it takes to find an effect.
//!
//! A test for one look needs its size fixed beforehand; if it is too small, "not significant" says
//! nothing. Plan with the smallest effect that would change the decision, not with the effect that
//! you hope for.
//!
//! | question | item |
//! |---|---|
//! | which method would find it soonest, and what does it cost to wait? | [`Trial::compare`] |
//! | how many units for one look at two rates, at two means? | [`proportions`], [`means`] |
//! | how many for a few planned looks? | [`GroupSequential::inflation`](super::group_sequential::GroupSequential::inflation) |
//! | how long until a running guard would notice? | [`RateGuard::outlook`](super::guard::RateGuard::outlook) |

mod comparison;
mod design;
mod forecast;
pub mod means;
pub mod proportions;
mod sample_size;
mod trial;

pub use comparison::TrialComparison;
pub use design::{Design, Sides};
pub use forecast::{Forecast, TooFew, TrialMethod};
pub use sample_size::SampleSize;
pub use trial::{Counting, Quantity, Trial};

use super::special::normal_isf;
use super::{Alpha, Refusal};

/// Returns the normal quantile that the test statistic must exceed.
fn critical(alpha: Alpha, sides: Sides) -> f64 {
    normal_isf(sides.rate_of_each(alpha))
}

fn check_positive(what: &'static str, value: f64) -> Result<(), Refusal> {
    let holds = value > 0.0 && value.is_finite();
    Refusal::require(holds, what, value, "a positive finite number")
}

fn check_units(what: &'static str, units: u64, needed: u64) -> Result<f64, Refusal> {
    if units < needed {
        return Err(Refusal::too_few(what, units, needed));
    }
    Ok(units as f64)
}
