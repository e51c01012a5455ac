//! Which method to use, and why.

use core::fmt;

use super::trial::{Counting, Quantity, Trial};
use super::{Forecast, Sides, TrialMethod};
use crate::stats::Refusal;
use crate::stats::measure::significant;

/// The units that each method needs, and the recommended method.
///
/// Its text names all numbers, for a review.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialComparison {
    trial: Trial,
    forecasts: Vec<Forecast>,
    recommended: Forecast,
}

impl Trial {
    /// Compares one look, planned looks, any look and the rate guard.
    ///
    /// One look follows the formulas of [`proportions`](super::proportions) and
    /// [`means`](super::means), planned looks the law of
    /// [`GroupSequential`](crate::stats::group_sequential::GroupSequential), any look the same law
    /// with looks a tenth apart (looking more often ends it a little sooner), the guard
    /// [`RateGuard::outlook`](crate::stats::guard::RateGuard::outlook). The guard is only compared
    /// for rates that rise.
    ///
    /// It recommends the method that ends soonest if the effect exists, among those whose error
    /// rate holds in arms of this size.
    ///
    /// # Errors
    /// What the plan of one look refuses, a size above 2^53 among them.
    pub fn compare(&self) -> Result<TrialComparison, Refusal> {
        let fixed = self.fixed_horizon()?;
        let mut forecasts = vec![fixed, self.group_sequential()?, self.anytime()?];
        forecasts.extend(self.rate_guard()?);
        // The anytime-valid test holds in any arm: it says nothing before it may.
        let holding = forecasts.iter().filter(|row| row.too_few.is_none());
        let soonest = holding.min_by(|x, y| x.expected.total_cmp(&y.expected));
        let recommended = *soonest.unwrap_or(&fixed);
        Ok(TrialComparison {
            trial: *self,
            forecasts,
            recommended,
        })
    }
}

impl TrialComparison {
    /// Returns the forecast of each method.
    #[must_use]
    pub fn forecasts(&self) -> &[Forecast] {
        &self.forecasts
    }

    /// Returns the forecast of a method; `None` if it does not apply.
    #[must_use]
    pub fn forecast(&self, method: TrialMethod) -> Option<&Forecast> {
        self.forecasts.iter().find(|row| row.method == method)
    }

    /// Returns the recommended method.
    #[must_use]
    pub const fn recommended(&self) -> &Forecast {
        &self.recommended
    }

    fn write_question(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Trial { design, share, .. } = &self.trial;
        match self.trial.quantity {
            Quantity::Rate { control, candidate } => {
                let percent = |rate: f64| significant(100.0 * rate);
                write!(f, "A rate of {} %", percent(candidate))?;
                write!(f, " against {} %", percent(control))?;
            }
            Quantity::Mean {
                difference,
                deviation,
            } => {
                write!(f, "A difference of means of {:+}", significant(difference))?;
                write!(f, " at a standard deviation of {}", significant(deviation))?;
            }
        }
        write!(
            f,
            ", {} % to the candidate",
            significant(100.0 * share.get())
        )?;
        match self.trial.counting {
            Counting::EachRequest => f.write_str(", each request counts")?,
            Counting::EachUnit { requests, .. } => {
                write!(
                    f,
                    ", each unit counts once in {} requests",
                    significant(requests)
                )?;
            }
        }
        let sides = match design.sides() {
            Sides::Two => "two-sided",
            Sides::One => "one-sided",
        };
        let (alpha, power) = (100.0 * design.alpha().get(), 100.0 * design.power());
        write!(
            f,
            "; error rate {} % {sides}, power {} %.",
            significant(alpha),
            significant(power)
        )
    }

    fn write_row(&self, f: &mut fmt::Formatter<'_>, row: &Forecast) -> fmt::Result {
        write!(
            f,
            "\n{:<14} {:>20} {:>20} {:>20}",
            row.method.to_string(),
            self.duration(row.expected),
            self.duration(row.expected_without_effect),
            row.found_by
                .map_or_else(|| "not known".to_owned(), |by| self.duration(by)),
        )?;
        if row.found_with != self.trial.design.power() {
            write!(f, " (with {} %)", significant(100.0 * row.found_with))?;
        }
        if let Some(few) = row.too_few {
            let (found, needed) = (few.found.ceil(), few.needed.ceil());
            write!(
                f,
                " (does not hold: {found} counted at the first look, {needed} needed)"
            )?;
        }
        Ok(())
    }

    /// Writes requests, and days where the traffic is known.
    fn duration(&self, requests: f64) -> String {
        if !requests.is_finite() {
            return "no end".to_owned();
        }
        let whole = format!("{:.0}", requests.ceil());
        match self.trial.requests_per_day {
            Some(day) => format!("{whole} ({:.1} d)", requests / day),
            None => whole,
        }
    }

    fn write_advice(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let best = &self.recommended;
        let needed = self.duration(best.expected);
        write!(f, "\nTake {}: ", Name(best.method, self.trial.looks))?;
        write!(
            f,
            "if the effect is there, it ends soonest, after {needed} requests"
        )?;
        if let Some(fixed) = self.forecast(TrialMethod::FixedHorizon)
            && best.method != TrialMethod::FixedHorizon
        {
            let part = 100.0 * best.expected / fixed.expected;
            write!(f, ", {part:.0} % of what one look needs")?;
        }
        f.write_str(match best.method {
            TrialMethod::FixedHorizon => ". Look once, when all have come.",
            TrialMethod::GroupSequential => {
                ". Look at the planned times only; it ends at its maximum, whatever it shows then."
            }
            TrialMethod::Anytime => ". Look as often as you like, and end it when you like.",
            TrialMethod::RateGuard => {
                ". Look with every request; it holds in small arms and through changes of the \
                 share. It finds harm alone and ends with the ramp."
            }
        })?;
        if let (TrialMethod::GroupSequential, Some(any)) =
            (best.method, self.forecast(TrialMethod::Anytime))
        {
            let times = any.expected / best.expected;
            write!(
                f,
                " Being free to look at any time would take {times:.2} times as much"
            )?;
            f.write_str(match times > 2.0 {
                true => ": while events are so rare in an arm, those methods say nothing.",
                false => ".",
            })?;
        }
        if self.forecasts.iter().any(|row| row.too_few.is_some()) {
            f.write_str(
                " What does not hold rests on the normal law, which is far away while events \
                 are rare and one arm is small.",
            )?;
        }
        Ok(())
    }
}

/// A method as advice names it.
struct Name(TrialMethod, usize);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            TrialMethod::FixedHorizon => f.write_str("a fixed horizon"),
            TrialMethod::GroupSequential => {
                write!(f, "a group sequential test of {} looks", self.1)
            }
            TrialMethod::Anytime => f.write_str("an anytime-valid test"),
            TrialMethod::RateGuard => f.write_str("the rate guard"),
        }
    }
}

impl fmt::Display for TrialComparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_question(f)?;
        write!(
            f,
            "\n{:<14} {:>20} {:>20} {:>20}",
            "requests", "if it is there", "if it is not", "found by"
        )?;
        for row in &self.forecasts {
            self.write_row(f, row)?;
        }
        self.write_advice(f)
    }
}
