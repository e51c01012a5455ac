//! How many units an experiment needs, by the methods with which it decides.

mod power;

use super::{ExperimentError, Kind, Looks, Metric, Role, Setup};
use crate::stats::{
    Alpha,
    group_sequential::{Fractions, GroupSequential, Spending},
    planning::Sides,
};
use power::{Sizes, distance};

/// The values of a metric that are expected before the experiment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    law: Law,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Law {
    /// Values of units; skewness and excess kurtosis say how uneven they are.
    Values {
        effect: f64,
        deviation: f64,
        skewness: f64,
        kurtosis: f64,
    },
    Rates {
        control: f64,
        candidate: f64,
    },
}

/// More units than there will ever be.
const MOST: f64 = 1e15;

impl Expected {
    /// Returns values of units whose mean differs by `effect`, with this standard deviation.
    ///
    /// They are assumed to be normal; if not, use [`uneven`](Expected::uneven). If units have
    /// several values each, or for a ratio, give the deviation of a unit's contribution.
    #[must_use]
    pub const fn values(effect: f64, deviation: f64) -> Expected {
        let law = Law::Values {
            effect,
            deviation,
            skewness: 0.0,
            kurtosis: 0.0,
        };
        Expected { law }
    }

    /// Returns two rates: units that have an event, or successes among trials.
    #[must_use]
    pub const fn rates(control: f64, candidate: f64) -> Expected {
        let law = Law::Rates { control, candidate };
        Expected { law }
    }

    /// Returns the values with this skewness and excess kurtosis of a unit's value, from past data.
    ///
    /// Uneven values need more units until their mean can be tested at all. For rates it has no
    /// effect.
    #[must_use]
    pub const fn uneven(self, skewness: f64, kurtosis: f64) -> Expected {
        match self.law {
            Law::Values {
                effect, deviation, ..
            } => Expected {
                law: Law::Values {
                    effect,
                    deviation,
                    skewness,
                    kurtosis,
                },
            },
            Law::Rates { .. } => self,
        }
    }

    fn check(&self) -> Result<(), ExperimentError> {
        let require = ExperimentError::require;
        match self.law {
            Law::Values {
                effect,
                deviation,
                skewness,
                kurtosis,
            } => {
                let finite = "a finite number";
                require(effect.is_finite(), "expected effect", effect, finite)?;
                let holds = deviation > 0.0 && deviation.is_finite();
                let expected = "a positive finite number";
                require(holds, "expected deviation", deviation, expected)?;
                require(skewness.is_finite(), "expected skewness", skewness, finite)?;
                let holds = kurtosis >= -2.0 && kurtosis.is_finite();
                let expected = "a finite number of at least -2";
                require(holds, "expected excess kurtosis", kurtosis, expected)
            }
            Law::Rates { control, candidate } => {
                let expected = "a number from 0 to 1";
                for rate in [control, candidate] {
                    require((0.0..=1.0).contains(&rate), "expected rate", rate, expected)?;
                }
                Ok(())
            }
        }
    }
}

impl Setup {
    /// Returns the units of all arms after which a metric decides with probability `power`, if that
    /// is the planned size.
    ///
    /// It is for the candidate with the least weight, with the method, error rate and rules of the
    /// read-out: a goal finds the expected effect, a guardrail shows that the candidate stays
    /// within its margin. It does not count that some experiments decide at an earlier look. Give
    /// the result to [`with_planned_units`](Setup::with_planned_units).
    ///
    /// ```
    /// use switchstand::experiment::{Expected, Kind, Metric, Setup};
    /// use switchstand::stats::Worse;
    /// let spent = Metric::goal("spent", Kind::Mean, Worse::Lower, 1.0);
    /// let setup = Setup::new("r", [("a", 1), ("b", 1)], [spent])?;
    /// let even = setup.units_needed("spent", Expected::values(1.0, 10.0), 0.8)?;
    /// let uneven = Expected::values(1.0, 10.0).uneven(6.0, 100.0);
    /// assert!(setup.units_needed("spent", uneven, 0.8)? > 5 * even);
    /// # Ok::<(), switchstand::experiment::ExperimentError>(())
    /// ```
    ///
    /// # Errors
    /// [`ExperimentError::Unknown`] for a name of no metric, [`ExperimentError::WrongKind`] for a
    /// gauge or a quantile, or for values where the metric is a rate,
    /// [`ExperimentError::OutOfRange`] for a number that cannot be, or where no number of units
    /// suffices: an effect of 0, or one beyond the margin.
    pub fn units_needed(
        &self,
        metric: &str,
        expected: Expected,
        power: f64,
    ) -> Result<u64, ExperimentError> {
        expected.check()?;
        let holds = power > 0.0 && power < 1.0;
        let range = "a number strictly between 0 and 1";
        ExperimentError::require(holds, "power", power, range)?;
        let metric = self.metrics.get(self.metric(metric)?);
        let Some(metric) = metric else { return Ok(0) };
        let times = match self.looks {
            Looks::GroupSequential { looks } => {
                let looks = Fractions::equally_spaced(looks as usize)?;
                let (spending, part) = (Spending::OBRIEN_FLEMING, self.part_of(metric));
                let design = GroupSequential::new(&looks, spending, part, Sides::Two)?;
                design.inflation(power)?.maximum
            }
            _ => 1.0,
        };
        let suffices = |units: f64| -> Result<bool, ExperimentError> {
            Ok(self.power(metric, expected, units)? >= power)
        };
        let mut high = 64.0;
        while !suffices(high)? {
            high *= 2.0;
            let expected = "what some number of units would show: an effect, inside of a margin";
            ExperimentError::require(high < MOST, "units needed", high, expected)?;
        }
        // To one per cent: the power is not more exact than that.
        let mut low = 0.5 * high;
        while high - low > 0.01 * high {
            let middle = 0.5 * (low + high);
            if suffices(middle)? {
                high = middle;
            } else {
                low = middle;
            }
        }
        Ok((times * high).ceil() as u64)
    }

    /// Returns the units that a metric needs under each choice of looks: any time, one, and some,
    /// as many as the setup has or five.
    ///
    /// With more looks the maximum number of units is larger; but a group sequential test, and one
    /// at any time, often decides before that.
    ///
    /// # Errors
    /// As [`units_needed`](Setup::units_needed).
    pub fn units_by_looks(
        &self,
        metric: &str,
        expected: Expected,
        power: f64,
    ) -> Result<[(Looks, u64); 3], ExperimentError> {
        let some = match self.looks {
            Looks::GroupSequential { looks } => looks,
            _ => 5,
        };
        let needed = |looks| {
            let setup = Setup {
                looks,
                ..self.clone()
            };
            Ok::<_, ExperimentError>((looks, setup.units_needed(metric, expected, power)?))
        };
        Ok([
            needed(Looks::Anytime)?,
            needed(Looks::One)?,
            needed(Looks::GroupSequential { looks: some })?,
        ])
    }

    /// Returns a metric's part of the error rate.
    fn part_of(&self, metric: &Metric) -> Alpha {
        let is_anytime = self.looks == Looks::Anytime;
        match metric.role {
            // All guardrails must hold, so each is tested at the whole error rate; metrics by
            // groups on one side.
            Role::Guardrail { .. } if metric.kind == Kind::Rate && is_anytime => self.alpha,
            Role::Guardrail { .. } => Alpha::new(2.0 * self.alpha.get()).unwrap_or(self.alpha),
            _ => Alpha::new(self.alpha.get() / self.family() as f64).unwrap_or(self.alpha),
        }
    }

    /// Returns the probability that a look after so many units decides.
    fn power(
        &self,
        metric: &Metric,
        expected: Expected,
        units: f64,
    ) -> Result<f64, ExperimentError> {
        let all: f64 = self.arms.iter().map(|arm| arm.weight as f64).sum();
        let Some((control, candidates)) = self.arms.split_first() else {
            return Ok(0.0);
        };
        let least = candidates.iter().map(|arm| arm.weight).min();
        let weights = [control.weight, least.unwrap_or(1)].map(|weight| weight as f64);
        let sizes = Sizes {
            is_once: self.looks != Looks::Anytime,
            units: weights.map(|weight| units * weight / all),
            weights,
            alpha: self.part_of(metric),
        };
        let wrong = |expected| ExperimentError::WrongKind {
            name: metric.name.clone(),
            expected,
        };
        let margin = match (metric.role, metric.relative, expected.law) {
            (Role::Guardrail { margin, .. }, false, _) => Some(margin),
            (Role::Guardrail { margin, .. }, true, Law::Rates { control, .. }) => {
                Some(margin * control)
            }
            (Role::Guardrail { .. }, true, Law::Values { .. }) => {
                return Err(wrong("no plan by values where its margin is relative"));
            }
            _ => None,
        };
        match (metric.kind, expected.law) {
            (Kind::Gauge | Kind::Quantile { .. } | Kind::RequestQuantile { .. }, _) => {
                Err(wrong("no plan: neither a gauge nor a quantile has one"))
            }
            (Kind::Rate, Law::Rates { control, candidate }) => {
                sizes.rates([control, candidate], margin, metric)
            }
            (Kind::Rate, Law::Values { .. }) => Err(wrong("expected rates")),
            (
                _,
                Law::Values {
                    effect,
                    deviation,
                    skewness,
                    kurtosis,
                },
            ) => {
                let effect = distance(effect, margin, metric);
                sizes.groups(effect / deviation, [[skewness, kurtosis]; 2])
            }
            (_, Law::Rates { control, candidate }) => {
                let effect = distance(candidate - control, margin, metric);
                let spread = |p: f64| p * (1.0 - p);
                let deviation = (0.5 * (spread(control) + spread(candidate))).sqrt();
                let shapes = [control, candidate].map(|p| {
                    let variance = spread(p).max(f64::MIN_POSITIVE);
                    [
                        (1.0 - 2.0 * p) / variance.sqrt(),
                        (1.0 - 6.0 * variance) / variance,
                    ]
                });
                sizes.groups(effect / deviation, shapes)
            }
        }
    }
}
