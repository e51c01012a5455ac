//! One metric of one candidate beside the control.

pub(super) mod groups;
mod rates;

use super::{
    Kind, Missing, Relative, Role, Setup, Test, Unadjusted,
    looks::{AtLook, Look},
    quantile::Quantiles,
    request_quantile::RequestQuantiles,
    totals::CellTotals,
};
use crate::stats::{Alpha, Interval, PValue, Refusal, Worse};
use groups::Groups;
use rates::Rates;

/// The input of a comparison of two arms.
pub(super) struct Pair<'a> {
    pub(super) setup: &'a Setup,
    pub(super) kind: Kind,
    pub(super) role: Role,
    /// Whether worth and margin are fractions of the control's value.
    pub(super) is_relative: bool,
    /// Each line's part of the error rate.
    pub(super) alpha: Alpha,
    /// Of control and candidate.
    pub(super) cells: [&'a CellTotals; 2],
    /// Units exposed to control and candidate.
    pub(super) units: [u64; 2],
    pub(super) weights: [u64; 2],
    /// Units of all arms, before any were forgotten.
    pub(super) all_units: f64,
    /// The look that is being taken, if looks are planned.
    pub(super) look: Option<&'a Look>,
}

/// An effect with its p-values and intervals, valid at every look.
pub(super) trait Evidence {
    fn is_exact(&self) -> bool;

    /// Says what is missing for a test.
    fn ready(&self) -> Result<(), Missing> {
        Ok(())
    }

    fn effect(&self) -> f64;

    fn interval(&self, alpha: Alpha) -> Result<Interval, Refusal>;

    /// Returns the p-value of the hypothesis that the effect is this one.
    fn p_against(&self, effect: f64) -> Result<PValue, Refusal>;

    /// Returns the effect divided by the control's absolute value; `None` if that value may be 0.
    ///
    /// A quantile has no relative effect, and no p-value of one.
    fn relative(&self, _: Alpha) -> Option<Relative> {
        None
    }

    /// Returns the p-value of the hypothesis that the relative effect is this one.
    fn p_against_relative(&self, _: f64) -> Result<PValue, Refusal> {
        Ok(PValue::new(1.0, 0.0))
    }

    fn unadjusted(&self, _: Alpha) -> Option<Unadjusted> {
        None
    }

    /// Returns the error rate of the interval whose one side errs at most at this rate.
    fn one_sided(&self, alpha: Alpha) -> Alpha {
        alpha
    }

    // The result for one look alone.

    fn ready_once(&self) -> Result<(), Missing> {
        Ok(())
    }

    fn interval_once(&self, alpha: Alpha) -> Result<Interval, Refusal> {
        self.interval(alpha)
    }

    fn p_once(&self, effect: f64) -> Result<f64, Refusal> {
        Ok(p_of_intervals(&|alpha| self.interval_once(alpha), effect)?.value)
    }

    fn relative_once(&self, alpha: Alpha) -> Option<Relative> {
        self.relative(alpha)
    }

    fn p_relative_once(&self, effect: f64) -> Result<f64, Refusal> {
        Ok(self.p_against_relative(effect)?.value)
    }

    fn unadjusted_once(&self, alpha: Alpha) -> Option<Unadjusted> {
        self.unadjusted(alpha)
    }
}

/// Returns the value of a metric in one arm.
pub(super) fn value(cell: &CellTotals, kind: Kind, exposed: u64) -> Option<f64> {
    match kind {
        Kind::Rate => (exposed > 0).then(|| cell.events as f64 / exposed as f64),
        Kind::Quantile { order } => cell.values.quantile(order).ok(),
        Kind::RequestQuantile { order } => cell.requests.quantile(order),
        Kind::Gauge => None,
        _ => {
            let [numerator, denominator] = cell.total();
            (denominator > 0.0).then(|| numerator / denominator)
        }
    }
}

impl Pair<'_> {
    pub(super) fn test(&self) -> Result<Test, Missing> {
        match self.kind {
            Kind::Gauge => Err(Missing::Gauge),
            Kind::Rate => self.conclude(&Rates::new(self)?),
            Kind::Quantile { order } => self.conclude(&Quantiles::new(self, order)?),
            Kind::RequestQuantile { order } => self.conclude(&RequestQuantiles::new(self, order)?),
            _ => self.conclude(&Groups::new(self)?),
        }
    }

    fn conclude(&self, evidence: &dyn Evidence) -> Result<Test, Missing> {
        match self.look {
            Some(look) => self.judge(&AtLook { evidence, look }),
            None => self.judge(evidence),
        }
    }

    fn judge(&self, evidence: &dyn Evidence) -> Result<Test, Missing> {
        evidence.ready()?;
        let effect = evidence.effect();
        let interval = evidence.interval(self.alpha)?;
        let relative = evidence.relative(self.alpha);
        // Worth and margin are compared with the effect, or with the relative effect.
        let found = match self.is_relative {
            false => effect,
            // If the control has no event, any event of the candidate is infinitely many times as
            // many.
            true => match relative.and_then(|relative| relative.effect) {
                Some(effect) => effect,
                None if effect == 0.0 => 0.0,
                None => effect.signum() * f64::INFINITY,
            },
        };
        let range = |alpha: Alpha| match self.is_relative {
            false => evidence.interval(alpha).map(Some),
            true => Ok(evidence.relative(alpha).map(|relative| relative.interval)),
        };
        let own = range(self.alpha)?;
        let (mut within_margin, mut within_worth) = (false, false);
        let (p, target) = match self.role {
            Role::Goal { worth, .. } => {
                within_worth = own.is_some_and(|own| own.lower >= -worth && own.upper <= worth);
                (evidence.p_against(0.0)?, found.abs().max(worth))
            }
            Role::Watched => (evidence.p_against(0.0)?, found.abs()),
            Role::Guardrail { worse, margin } => {
                let whole = range(evidence.one_sided(self.setup.alpha))?;
                within_margin = whole.is_some_and(|whole| greatest(&whole, worse) <= margin);
                let limit = match worse {
                    Worse::Higher => margin,
                    Worse::Lower => -margin,
                };
                let excess = badness(found, worse) - margin;
                let p = match (excess > 0.0, self.is_relative) {
                    (false, _) => PValue::new(1.0, 0.0),
                    (true, false) => evidence.p_against(limit)?,
                    (true, true) => evidence.p_against_relative(limit)?,
                };
                (p, excess.abs())
            }
        };
        let is_decided = within_margin || p.value < self.alpha.get();
        let left = own.map(|own| {
            let times = (0.5 * own.width() / target).powi(2);
            self.all_units * (times - 1.0).max(0.0)
        });
        let units_left = match is_decided {
            true => Some(0),
            false => left
                .filter(|left| left.is_finite())
                .map(|left| left.ceil() as u64),
        };
        Ok(Test {
            effect,
            interval,
            relative,
            unadjusted: evidence.unadjusted(self.alpha),
            p,
            adjusted_p: 1.0,
            alpha: self.setup.alpha,
            within_margin,
            within_worth,
            is_exact: evidence.is_exact(),
            units_left,
        })
    }
}

/// Returns how much worse an effect is.
pub(super) const fn badness(effect: f64, worse: Worse) -> f64 {
    match worse {
        Worse::Higher => effect,
        Worse::Lower => -effect,
    }
}

/// Returns how much worse the candidate is at most.
pub(super) const fn greatest(interval: &Interval, worse: Worse) -> f64 {
    match worse {
        Worse::Higher => interval.upper,
        Worse::Lower => -interval.lower,
    }
}

/// Returns the p-value: the least error rate at which the interval excludes the effect.
pub(super) fn p_of_intervals(
    interval: &dyn Fn(Alpha) -> Result<Interval, Refusal>,
    effect: f64,
) -> Result<PValue, Refusal> {
    let excludes = |ln_alpha: f64| -> Result<bool, Refusal> {
        let alpha = Alpha::new(ln_alpha.exp()).unwrap_or(Alpha::FIVE_PERCENT);
        Ok(!interval(alpha)?.contains(effect))
    };
    let p = |ln_p: f64| PValue::new(ln_p.exp(), ln_p);
    let (mut low, mut high) = (-50.0, -1e-9);
    if excludes(low)? {
        return Ok(p(low));
    }
    if !excludes(high)? {
        return Ok(p(0.0));
    }
    for _ in 0..20 {
        let middle = 0.5 * (low + high);
        if excludes(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(p(high))
}
