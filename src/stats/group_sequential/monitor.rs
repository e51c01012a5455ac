//! A running trial, with looks at any information.

#[cfg(feature = "serde")]
mod stored;

use super::design::{lower_of, next_boundary, start};
use super::fractions::{MOST_LOOKS, check_step};
use super::futility::Futility;
use super::recursion::Recursion;
use super::{Conclusion, GroupSequential, Interim, Spending, TrialVerdict};
use crate::stats::fixed_horizon::law;
use crate::stats::fixed_horizon::wald::UNBOUNDED;
use crate::stats::planning::Sides;
use crate::stats::{Alpha, Alternative, Refusal};

/// A running trial, with the decision at each look whether it may stop.
///
/// Looks need no fixed times: the boundary of each depends on the information so far and on what
/// the [`Spending`] function allows by then. The first look at or beyond the planned maximum (an
/// *over-run*) is the last one and spends the rest. If a trial must end earlier (an *under-run*),
/// call [`last_look`](Monitor::last_look), which also spends the rest. Boundaries are exact for the
/// real information. Whether and when to look must not depend on the effect seen so far;
/// [`AnytimeT`](crate::stats::anytime::AnytimeT) allows that.
///
/// ```
/// use switchstand::stats::{Alpha, Alternative};
/// use switchstand::stats::group_sequential::{Monitor, Spending, TrialVerdict};
/// let spending = Spending::OBRIEN_FLEMING;
/// let mut trial =
///     Monitor::new(spending, Alpha::FIVE_PERCENT, Alternative::TwoSided, 10_000.0)?;
/// let first = trial.look(4_000.0, 0.05, 0.022)?;
/// assert_eq!(first.verdict, TrialVerdict::Continue);
/// let second = trial.look(8_000.0, 0.06, 0.016)?;
/// assert_eq!(second.verdict, TrialVerdict::EffectShown);
/// let conclusion = trial.conclusion().ok_or("still running")?;
/// assert!(conclusion.p.value < 0.05 && conclusion.estimate < 0.06);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The stored form has only the looks; reading it computes the boundaries again.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "stored::State", into = "stored::State")
)]
pub struct Monitor {
    spending: Spending,
    alpha: Alpha,
    alternative: Alternative,
    maximum: f64,
    futility: Option<Futility>,
    /// The trial without its futility boundary, which is not binding.
    recursion: Recursion,
    /// The trial that obeys it.
    obeying: Recursion,
    spent: f64,
    looks: Vec<Interim>,
}

impl Monitor {
    /// Returns a trial before its first look.
    ///
    /// `maximum` is the planned information in whatever unit the looks will be given in: units
    /// of both arms, events, or the inverse of the squared standard error.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for a maximum that is not positive and finite.
    pub fn new(
        spending: Spending,
        alpha: Alpha,
        alternative: Alternative,
        maximum: f64,
    ) -> Result<Monitor, Refusal> {
        let holds = maximum > 0.0 && maximum.is_finite();
        let expected = "a positive finite number";
        Refusal::require(holds, "maximal information", maximum, expected)?;
        let recursion = start(sides_of(alternative));
        Ok(Monitor {
            spending,
            alpha,
            alternative,
            maximum,
            futility: None,
            obeying: recursion.clone(),
            recursion,
            spent: 0.0,
            looks: Vec::new(),
        })
    }

    /// Returns the trial with advice to give up; call it before the first look.
    ///
    /// `1 - power` is spent by this function; the drift is that of the `design`'s
    /// [`inflation`](GroupSequential::inflation) at this power, from which the maximum must come.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for a two-sided alternative, after the first look, or for what
    /// [`GroupSequential::inflation`] refuses.
    pub fn with_futility(
        self,
        design: &GroupSequential,
        power: f64,
        spending: Spending,
    ) -> Result<Monitor, Refusal> {
        let is_one = self.alternative != Alternative::TwoSided;
        Refusal::require(is_one, "number of sides", 2.0, "1 for futility")?;
        let (what, taken) = ("number of looks taken", self.looks.len() as f64);
        Refusal::require(taken == 0.0, what, taken, "0 when futility is planned")?;
        let drift = design.inflation(power)?.drift;
        let rate = 1.0 - power;
        Ok(Monitor {
            futility: Some(Futility {
                spending,
                rate,
                drift,
            }),
            ..self
        })
    }

    /// Takes a look at this information, estimate and standard error.
    ///
    /// A refused look changes nothing.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] if the information is not at least 0.0001 of the maximum more than
    /// at the look before, after 200 looks, or for a standard error below 0;
    /// [`Refusal::ZeroVariance`] for one of 0; [`Refusal::NonFinite`] for NaN and infinities;
    /// [`Refusal::Concluded`] if the trial has ended.
    pub fn look(
        &mut self,
        information: f64,
        effect: f64,
        standard_error: f64,
    ) -> Result<Interim, Refusal> {
        let is_last = information >= self.maximum;
        let time = information / self.maximum;
        self.take(time, effect, standard_error, is_last)
    }

    /// Takes the last look before the planned maximum, and spends what is left.
    ///
    /// # Errors
    /// As [`look`](Monitor::look).
    pub fn last_look(
        &mut self,
        information: f64,
        effect: f64,
        standard_error: f64,
    ) -> Result<Interim, Refusal> {
        self.take(information / self.maximum, effect, standard_error, true)
    }

    /// Returns the looks so far, in order.
    #[must_use]
    pub fn looks(&self) -> &[Interim] {
        &self.looks
    }

    /// Returns what the trial has shown, once a look advises to stop.
    #[must_use]
    pub fn conclusion(&self) -> Option<Conclusion> {
        let last = self.looks.last()?;
        (last.verdict != TrialVerdict::Continue).then(|| Conclusion::of(&self.looks, last))
    }

    fn take(
        &mut self,
        time: f64,
        effect: f64,
        standard_error: f64,
        is_last: bool,
    ) -> Result<Interim, Refusal> {
        self.check(time, effect, standard_error)?;
        let sides = sides_of(self.alternative);
        let rate = sides.rate_of_each(self.alpha);
        let before = self.looks.last().map_or(0.0, |look| look.fraction);
        let spent = if is_last {
            rate
        } else {
            self.spending.spent(rate, time)
        };
        // Worked on copies, so that a refusal changes nothing.
        let mut recursion = self.recursion.clone();
        let boundary = next_boundary(&mut recursion, time, self.spent, spent, sides)?;
        let mut obeying = self.obeying.clone();
        let futility = self.futility.map(|futility| {
            if is_last {
                return boundary;
            }
            futility.boundary(&mut obeying, (before, time), boundary)
        });
        let size = effect / standard_error;
        let (z, reach) = match self.alternative {
            Alternative::Less => (-size, boundary * standard_error),
            Alternative::Greater | Alternative::TwoSided => (size, boundary * standard_error),
        };
        let is_shown = match sides {
            Sides::Two => z.abs() > boundary,
            Sides::One => z > boundary,
        };
        let verdict = match (is_shown, is_last) {
            (true, _) => TrialVerdict::EffectShown,
            (false, true) => TrialVerdict::NoEffectShown,
            (false, false) if futility.is_some_and(|least| z < least) => TrialVerdict::Futile,
            (false, false) => TrialVerdict::Continue,
        };
        let interim = Interim {
            number: self.looks.len() + 1,
            fraction: time,
            effect,
            standard_error,
            z,
            boundary,
            futility,
            spent_so_far: match sides {
                Sides::Two => 2.0 * spent,
                Sides::One => spent,
            },
            interval: law::interval(
                (effect - reach, effect + reach),
                UNBOUNDED,
                self.alpha,
                self.alternative,
            ),
            alternative: self.alternative,
            alpha: self.alpha,
            verdict,
        };
        recursion.pass(time, lower_of(boundary, sides), boundary);
        obeying.pass(time, futility.unwrap_or(f64::NEG_INFINITY), boundary);
        self.recursion = recursion;
        self.obeying = obeying;
        self.spent = spent;
        self.looks.push(interim);
        Ok(interim)
    }

    fn check(&self, time: f64, effect: f64, standard_error: f64) -> Result<(), Refusal> {
        Refusal::require_finite("estimate", effect)?;
        if standard_error == 0.0 {
            return Err(Refusal::ZeroVariance { what: "estimate" });
        }
        Refusal::require_positive("standard error", standard_error)?;
        if !(effect / standard_error).is_finite() {
            return Err(Refusal::overflow("estimate in standard errors"));
        }
        let ended = |look: &&Interim| {
            matches!(
                look.verdict,
                TrialVerdict::EffectShown | TrialVerdict::NoEffectShown
            )
        };
        if let Some(look) = self.looks.last().filter(ended) {
            return Err(Refusal::Concluded { look: look.number });
        }
        let holds = self.looks.len() < MOST_LOOKS;
        let number = self.looks.len() as f64 + 1.0;
        Refusal::require(holds, "number of looks", number, "at most 200")?;
        let before = self.looks.last().map_or(0.0, |look| look.fraction);
        check_step(before, time)
    }
}

pub(super) fn sides_of(alternative: Alternative) -> Sides {
    match alternative {
        Alternative::TwoSided => Sides::Two,
        Alternative::Greater | Alternative::Less => Sides::One,
    }
}
