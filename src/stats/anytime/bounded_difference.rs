//! Two arms' means of bounded values, without asymptotics, on any split.

use super::Capital;
use super::bounded::unit_value;
use crate::stats::Refusal;
use crate::stats::guard::{CandidateShare, Side};

/// A bettor on the difference of two means of values in `[0, 1]`, whatever their tails.
///
/// Use it if a [`SkewnessRule`](super::SkewnessRule) refuses: fix a cap beforehand, divide the
/// values by it, and limit them to 1.
///
/// # Formula
/// A value `y` of a unit that went to the candidate with probability `pi` is scored
/// `z = (y - q) / pi`, otherwise `z = -(y - q) / (1 - pi)`, where `q` is the mean of all values
/// before and one of 1/2. Whatever `q` is, the mean of `z` is candidate's mean minus control's.
/// Against "at most `null`" the capital is multiplied by `1 + l (z - null)`, with the bet
/// `l = sum(z - null) / (sum((z - null)^2) + 1 / (4 pi (1 - pi)))` over the past, kept between 0
/// and half of what could lose everything; against "at least `null`" likewise, reversed.
///
/// # Assumptions
/// Each value's unit was assigned at random with the stated share, which may change; values lie in
/// `[0, 1]`. Units count once. Given the past the difference is at most (at least) `null`.
///
/// # When not to use it
/// For plain counts of bad events: a [`guard`](crate::stats::guard) has far more power in a small
/// arm, where a score can be as large as `1 / pi`.
///
/// It depends on the order of the values, so two of them cannot be merged.
///
/// Source: Waudby-Smith and Ramdas (2024), <https://doi.org/10.1093/jrsssb/qkad009>.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundedDifference {
    null: f64,
    n: u64,
    sum: f64,
    distance: f64,
    squares: f64,
    capital: Capital,
}

impl BoundedDifference {
    /// Returns the bettor against the difference `null`, between -1 and 1, exclusive.
    ///
    /// Non-inferiority with a margin is evidence *above* `-margin`.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] or [`Refusal::OutOfRange`] for any other number.
    pub fn new(null: f64) -> Result<BoundedDifference, Refusal> {
        let what = "null difference";
        Refusal::require_finite(what, null)?;
        let holds = -1.0 < null && null < 1.0;
        Refusal::require(holds, what, null, "a number between -1 and 1")?;
        Ok(BoundedDifference {
            null,
            n: 0,
            sum: 0.0,
            distance: 0.0,
            squares: 0.0,
            capital: Capital::default(),
        })
    }

    /// Takes in one unit's value.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] or [`Refusal::OutOfRange`] for a value outside of `[0, 1]`; the
    /// state stays as it was.
    pub fn record(&mut self, side: Side, share: CandidateShare, value: f64) -> Result<(), Refusal> {
        let y = unit_value("value", value)?;
        let pi = share.get();
        let past = self.n as f64 + 1.0;
        let centre = (self.sum + 0.5) / past;
        let distance = match side {
            Side::Candidate => (y - centre) / pi,
            Side::Control => (centre - y) / (1.0 - pi),
        } - self.null;
        // How far below and above the null value a score may be.
        let below = (centre / pi).max((1.0 - centre) / (1.0 - pi)) + self.null;
        let above = ((1.0 - centre) / pi).max(centre / (1.0 - pi)) - self.null;
        let second = (self.squares + 0.25 / (pi * (1.0 - pi))) / past;
        let bet = self.distance / past / second;
        let up = bet.clamp(0.0, 0.5 / below.max(f64::MIN_POSITIVE));
        let down = (-bet).clamp(0.0, 0.5 / above.max(f64::MIN_POSITIVE));
        self.capital.ln_above += (up * distance).ln_1p();
        self.capital.ln_below += (-down * distance).ln_1p();
        self.n += 1;
        self.sum += y;
        self.distance += distance;
        self.squares += distance * distance;
        Ok(())
    }

    /// Returns how many values were taken in.
    #[must_use]
    pub const fn n(&self) -> u64 {
        self.n
    }

    /// Returns the estimated difference, candidate minus control, none before the first value.
    #[must_use]
    pub fn estimate(&self) -> Option<f64> {
        (self.n > 0).then(|| self.distance / self.n as f64 + self.null)
    }

    /// Returns what the bettors have made of their stakes.
    #[must_use]
    pub const fn capital(&self) -> Capital {
        self.capital
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::{BoundedDifference, Capital};
    use crate::stats::state::{StateError, stored_form};

    const NAME: &str = "bounded difference";

    stored_form!(
        NAME,
        version 1,
        BoundedDifference {
            null: f64,
            n: u64,
            sum: f64,
            distance: f64,
            squares: f64,
            capital: Capital,
        },
        |state| {
            let null = BoundedDifference::new(state.null).is_ok();
            StateError::require(null, NAME, "the null difference is out of range")?;
            let possible = (0.0..=state.n as f64).contains(&state.sum)
                && state.distance.is_finite()
                && (0.0..=f64::MAX).contains(&state.squares)
                && state.capital.is_finite();
            StateError::require(possible, NAME, "no values lead to it")
        },
    );
}
