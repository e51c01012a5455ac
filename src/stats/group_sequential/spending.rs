//! How an error rate is spent over the course of a trial.

use crate::stats::Refusal;
use crate::stats::special::{normal_isf, normal_sf};

/// A spending function: how much of an error rate may be spent at each fraction of the information.
///
/// In the formulas `a` is the rate that is spent in the end, that of one side, and `t` the
/// fraction of the information.
///
/// Lan and DeMets (1983), <https://doi.org/10.1093/biomet/70.3.659>.
///
/// ```
/// use switchstand::stats::group_sequential::Spending;
/// let cautious = Spending::OBRIEN_FLEMING;
/// assert!(cautious.spent(0.025, 0.5) < 0.002);
/// assert_eq!(cautious.spent(0.025, 1.0), 0.025);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Family", into = "Family"))]
pub struct Spending(Family);

#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
enum Family {
    ObrienFleming,
    Pocock,
    HwangShihDecani(f64),
    Power(f64),
}

impl Spending {
    /// Spends little early on, as O'Brien and Fleming's boundaries do: the default.
    ///
    /// `2 (1 - Φ(z / sqrt t))` with `z` the normal quantile of `1 - a / 2`. The final look stays
    /// almost as powerful as a test without looks. O'Brien and Fleming (1979),
    /// <https://doi.org/10.2307/2530245>.
    pub const OBRIEN_FLEMING: Spending = Spending(Family::ObrienFleming);

    /// Spends nearly evenly, as Pocock's boundaries do: early stops, a larger maximum.
    ///
    /// `a ln(1 + (e - 1) t)`; the boundaries are nearly equal.
    ///
    /// Pocock (1977), <https://doi.org/10.1093/biomet/64.2.191>.
    pub const POCOCK: Spending = Spending(Family::Pocock);

    /// Spends `a (1 - exp(-gamma t)) / (1 - exp(-gamma))`.
    ///
    /// A `gamma` of -4 is near O'Brien and Fleming, 1 near Pocock, 0 spends evenly.
    ///
    /// Hwang, Shih and De Cani (1990), <https://doi.org/10.1002/sim.4780091207>.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] unless `gamma` lies between -40 and 40.
    pub fn hwang_shih_decani(gamma: f64) -> Result<Spending, Refusal> {
        let holds = (-40.0..=40.0).contains(&gamma);
        Refusal::require(holds, "gamma", gamma, "a number from -40 to 40")?;
        Ok(Spending(Family::HwangShihDecani(gamma)))
    }

    /// Spends `a t^rho`: 3 is near O'Brien and Fleming, 1 spends evenly.
    ///
    /// Kim and DeMets (1987), <https://doi.org/10.1093/biomet/74.1.149>.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] unless `rho` lies above 0 and is at most 40.
    pub fn power(rho: f64) -> Result<Spending, Refusal> {
        let holds = rho > 0.0 && rho <= 40.0;
        Refusal::require(holds, "rho", rho, "a number above 0 and at most 40")?;
        Ok(Spending(Family::Power(rho)))
    }

    /// Returns what may be spent of `rate` by the fraction `t` of the information.
    ///
    /// 0 at 0 and before, all of `rate` from 1 on. NaN if an argument is NaN.
    #[must_use]
    pub fn spent(self, rate: f64, t: f64) -> f64 {
        if t <= 0.0 {
            return 0.0;
        }
        if t >= 1.0 {
            return rate;
        }
        rate * match self.0 {
            Family::ObrienFleming => 2.0 * normal_sf(normal_isf(0.5 * rate) / t.sqrt()) / rate,
            Family::Pocock => ((core::f64::consts::E - 1.0) * t).ln_1p(),
            Family::HwangShihDecani(0.0) => t,
            Family::HwangShihDecani(gamma) => (-gamma * t).exp_m1() / (-gamma).exp_m1(),
            Family::Power(rho) => t.powf(rho),
        }
    }
}

impl Default for Spending {
    fn default() -> Spending {
        Spending::OBRIEN_FLEMING
    }
}

impl From<Spending> for Family {
    fn from(spending: Spending) -> Family {
        spending.0
    }
}

impl TryFrom<Family> for Spending {
    type Error = Refusal;

    fn try_from(family: Family) -> Result<Spending, Refusal> {
        match family {
            Family::HwangShihDecani(gamma) => Spending::hwang_shih_decani(gamma),
            Family::Power(rho) => Spending::power(rho),
            Family::ObrienFleming | Family::Pocock => Ok(Spending(family)),
        }
    }
}
