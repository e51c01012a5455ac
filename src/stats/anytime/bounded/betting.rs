//! Bets against a stated mean.

use super::predictor::Predictor;
use super::unit_value;
use crate::stats::special::find_root;
use crate::stats::{Alpha, Interval, Refusal};

/// The logarithms of the wealth of two bettors who started with 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Capital {
    /// Evidence that the mean is above the null value: `ln_e` of the null "at most".
    pub ln_above: f64,
    /// Evidence that the mean is below the null value: `ln_e` of the null "at least".
    pub ln_below: f64,
}

impl Capital {
    /// Returns `ln_e` of the null "equal", by half of a stake on either side.
    ///
    /// Only the half that has grown more counts, so it reaches `1 / alpha` exactly when
    /// [`hedged_interval`] excludes the null value.
    #[must_use]
    pub fn ln_e(&self) -> f64 {
        self.ln_above.max(self.ln_below) - core::f64::consts::LN_2
    }

    #[cfg(feature = "serde")]
    pub(in crate::stats::anytime) const fn is_finite(&self) -> bool {
        self.ln_above.is_finite() && self.ln_below.is_finite()
    }

    fn bet(&mut self, bet: f64, null: f64, x: f64) {
        let above = bet.min(MOST / null);
        let below = bet.min(MOST / (1.0 - null));
        self.ln_above += (above * (x - null)).ln_1p();
        self.ln_below += (-below * (x - null)).ln_1p();
    }
}

/// The part of the capital that is risked at most.
const MOST: f64 = 0.5;

/// A bettor against one stated mean of values in `[0, 1]`, in constant memory.
///
/// Use it for a few null values, such as 0 and the margins of non-inferiority.
///
/// # Formula
/// Bets `l_i = sqrt(2 ln(2 / alpha) / (s2_{i-1} i ln(1 + i)))` follow from the past alone;
/// `ln_above = sum ln(1 + min(l_i, 1 / (2 m)) (x_i - m))` and `ln_below` with the sign reversed and
/// `1 - m` in place of `m`. Each is the logarithm of a supermartingale under its null hypothesis.
///
/// It depends on the order of the values, so two of them cannot be merged.
///
/// Assumptions and source: those of [the bounded methods](crate::stats::anytime).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BettingCapital {
    alpha: Alpha,
    null: f64,
    past: Predictor,
    capital: Capital,
}

impl BettingCapital {
    /// Returns the bettor against the mean `null`, a stake of one on either side.
    ///
    /// `alpha` sets the size of the bets; the evidence is valid at any other rate as well.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] or [`Refusal::OutOfRange`] unless `null` lies in `[0, 1]`.
    pub fn new(null: f64, alpha: Alpha) -> Result<BettingCapital, Refusal> {
        Ok(BettingCapital {
            alpha,
            null: unit_value("null value", null)?,
            past: Predictor::default(),
            capital: Capital::default(),
        })
    }

    /// Takes in one value.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] or [`Refusal::OutOfRange`] outside of `[0, 1]`; the state stays as
    /// it was.
    pub fn record(&mut self, value: f64) -> Result<(), Refusal> {
        let x = unit_value("value", value)?;
        let bet = self.past.bet(self.alpha.get());
        self.capital.bet(bet, self.null, x);
        self.past.see(x);
        Ok(())
    }

    /// Returns the null value.
    #[must_use]
    pub const fn null(&self) -> f64 {
        self.null
    }

    /// Returns how many values were taken in.
    #[must_use]
    pub const fn n(&self) -> u64 {
        self.past.t()
    }

    /// Returns the wealth of the bettors.
    #[must_use]
    pub const fn capital(&self) -> Capital {
        self.capital
    }
}

/// Returns the interval of means that hedged betting on all `values` does not contradict.
///
/// The narrowest of the bounded intervals, at the price of keeping all values: each look costs
/// about 60 passes over them. Valid at every look; the values must stand in order of arrival.
///
/// Formula: the `m` at which neither half stake of a [`BettingCapital`] against `m` has grown to
/// `1 / alpha`.
///
/// # Errors
/// [`Refusal::NonFinite`] or [`Refusal::OutOfRange`] for a value outside of `[0, 1]`.
pub fn hedged_interval(values: &[f64], alpha: Alpha) -> Result<Interval, Refusal> {
    let mut past = Predictor::default();
    let mut bets = Vec::with_capacity(values.len());
    for &value in values {
        let x = unit_value("value", value)?;
        bets.push((past.bet(alpha.get()), x));
        past.see(x);
    }
    let enough = (2.0 / alpha.get()).ln();
    let excess = |null: f64, side: fn(&Capital) -> f64| {
        let mut capital = Capital::default();
        for &(bet, x) in &bets {
            capital.bet(bet, null, x);
        }
        side(&capital) - enough
    };
    // The capital above falls with the null value, the capital below rises with it.
    let above = |null| excess(null, |capital| capital.ln_above);
    let below = |null| excess(null, |capital| capital.ln_below);
    let lower = if above(0.0) > 0.0 {
        find_root(above, 0.0, 1.0, 1e-13)
    } else {
        0.0
    };
    let upper = if below(1.0) > 0.0 {
        find_root(below, 0.0, 1.0, 1e-13)
    } else {
        1.0
    };
    Ok(Interval::new(lower, upper, alpha))
}

#[cfg(feature = "serde")]
mod stored {
    use super::{Alpha, BettingCapital, Capital, Predictor, unit_value};
    use crate::stats::state::{StateError, stored_form};

    const NAME: &str = "betting capital";

    stored_form!(
        NAME,
        version 1,
        BettingCapital {
            alpha: Alpha,
            null: f64,
            past: Predictor,
            capital: Capital,
        },
        |bettor| {
            let null = unit_value("null value", bettor.null).is_ok();
            StateError::require(null, NAME, "the null value is outside of 0 to 1")?;
            let possible = bettor.past.is_possible() && bettor.capital.is_finite();
            StateError::require(possible, NAME, "no values lead to it")
        },
    );
}
