//! The forecast of one method.

use core::fmt;

use super::trial::{Quantity, Trial};
use super::{SampleSize, Sides, means, proportions};
use crate::stats::anytime::{AsymptoticSequence, SkewnessRule};
use crate::stats::group_sequential::{Fractions, GroupSequential, Spending};
use crate::stats::guard::{RateGuard, RateTest, Scenario};
use crate::stats::{Alternative, Refusal};

/// A method, by how often you may look.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum TrialMethod {
    /// One look, at a size fixed beforehand.
    FixedHorizon,
    /// A few planned looks, by O'Brien and Fleming's spending.
    GroupSequential,
    /// Any look, by [`AnytimeT`](crate::stats::anytime::AnytimeT) or an
    /// [`AsymptoticSequence`], which agree in large samples.
    Anytime,
    /// Any look, by the split of bad events.
    RateGuard,
}

/// A forecast of what one method needs. Numbers are requests to both arms together.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Forecast {
    /// The method.
    pub method: TrialMethod,
    /// Expected number until it ends, if the effect is the planned one; infinite if it may never
    /// end. The guard's is up to a fifth too large where `found_by` is not known.
    pub expected: f64,
    /// Expected number until it ends, if there is no effect; infinite if it goes on.
    pub expected_without_effect: f64,
    /// The number by which it has found the planned effect with probability `found_with`; `None`
    /// for a guard with too many events for its exact distribution.
    pub found_by: Option<f64>,
    /// The planned power; for the guard, which has no end, 0.9.
    pub found_with: f64,
    /// Why its error rate would not hold, if so.
    pub too_few: Option<TooFew>,
}

/// A warning that the normal law is too far away at the first look.
///
/// The skewness of the test statistic may be that which the [`SkewnessRule`] tolerates of a mean;
/// it vanishes under an even split, where the arms' skewnesses cancel. Beyond that each arm wants
/// five events and five non-events.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TooFew {
    /// Observations of both arms at the first look.
    pub found: f64,
    /// Observations that they would need.
    pub needed: f64,
}

/// Looks of the anytime-valid test follow each other after so many times as many observations.
const STEP: f64 = 1.1;
/// Before this part of the fixed-horizon size nothing is ever found.
const FIRST: f64 = 0.05;
/// How many times the first size, or the fixed-horizon one, is followed at most.
const MOST_DOUBLINGS: i32 = 12;
/// What stands for the fixed-horizon size where only ratios to it matter.
const UNIT: f64 = 1e6;

impl Trial {
    pub(super) fn fixed_horizon(&self) -> Result<Forecast, Refusal> {
        let observations = self.fixed_size()?.total() as f64;
        let requests = observations * self.requests_per_observation();
        Ok(Forecast {
            method: TrialMethod::FixedHorizon,
            expected: requests,
            expected_without_effect: requests,
            found_by: Some(requests),
            found_with: self.design.power(),
            too_few: self.too_few(observations),
        })
    }

    pub(super) fn group_sequential(&self) -> Result<Forecast, Refusal> {
        let fixed = self.fixed_size()?.total() as f64;
        let (alpha, sides) = (self.design.alpha(), self.design.sides());
        let looks = Fractions::equally_spaced(self.looks)?;
        let design = GroupSequential::new(&looks, Spending::OBRIEN_FLEMING, alpha, sides)?;
        let inflation = design.inflation(self.design.power())?;
        let requests = fixed * self.requests_per_observation();
        Ok(Forecast {
            method: TrialMethod::GroupSequential,
            expected: requests * inflation.expected,
            expected_without_effect: requests * inflation.expected_without_effect,
            found_by: Some(requests * inflation.maximum),
            found_with: self.design.power(),
            too_few: self.too_few(fixed * inflation.maximum / self.looks as f64),
        })
    }

    /// Forecasts by the law of the statistic at looks that lie a tenth apart.
    ///
    /// The sequence is narrowest at the fixed-horizon size. It says nothing while the
    /// [`SkewnessRule`] refuses, and so does the forecast.
    pub(super) fn anytime(&self) -> Result<Forecast, Refusal> {
        let fixed = self.fixed_size()?.total() as f64;
        let (za, zb) = self.design.quantiles();
        let first = FIRST.max(self.least_observations() / fixed);
        for doublings in 2..=MOST_DOUBLINGS {
            let last = first.max(1.0) * 2.0_f64.powi(doublings);
            let law = self.law_of_any_look(first, last)?;
            let until = |drift: f64| Course::of(&law, drift, last);
            let (with, without) = (until(za + zb), until(0.0));
            if let Some(end) = with.time_of(self.design.power(), first) {
                let requests = fixed * self.requests_per_observation();
                return Ok(Forecast {
                    method: TrialMethod::Anytime,
                    expected: requests * with.mean_until(end),
                    expected_without_effect: requests * without.mean_until(end),
                    found_by: Some(requests * end),
                    found_with: self.design.power(),
                    too_few: None,
                });
            }
        }
        Err(Refusal::overflow("size of an anytime-valid test"))
    }

    /// Returns the law of a test with looks from `first` to `last`, in sizes of the fixed-horizon
    /// plan.
    fn law_of_any_look(&self, first: f64, last: f64) -> Result<GroupSequential, Refusal> {
        let (alpha, sides) = (self.design.alpha(), self.design.sides());
        let count = ((last / first).ln() / STEP.ln()).ceil();
        let step = (first / last).powf(1.0 / count);
        let times: Vec<f64> = (0..=count as i32).rev().map(|i| step.powi(i)).collect();
        let sequence = AsymptoticSequence::new(UNIT as u64, alpha)?;
        let alternative = match sides {
            Sides::Two => Alternative::TwoSided,
            Sides::One => Alternative::Greater,
        };
        let boundary = |fraction: f64| {
            let n = (fraction * last * UNIT).round();
            let look = sequence.estimate(0.0, 1.0, n as u64, alternative)?;
            Ok(-look.interval.lower * n.sqrt())
        };
        GroupSequential::with_stated_boundary(&Fractions::new(&times)?, boundary, alpha, sides)
    }

    /// Forecasts the rate guard; none for a mean, and for a rate that does not rise.
    pub(super) fn rate_guard(&self) -> Result<Option<Forecast>, Refusal> {
        let Quantity::Rate { control, candidate } = self.quantity else {
            return Ok(None);
        };
        let rates = [control, candidate].map(|rate| self.rate_of_observation(rate));
        let [control, candidate] = rates;
        if candidate <= control {
            return Ok(None);
        }
        let alpha = self.design.alpha();
        let test = RateTest::default().with_alpha(alpha, alpha);
        let guard = RateGuard::where_each_request_is_its_own_unit(test);
        let ratio = candidate / control;
        let scenario = Scenario {
            ratio,
            control_rate: control / self.requests_per_observation(),
            share: self.share,
        };
        let outlook = guard.outlook(&scenario).map_err(|_| Refusal::OutOfRange {
            what: "ratio of the rates",
            value: ratio,
            expected: "a ratio from 1e-9 to 1e9",
        })?;
        Ok(Some(Forecast {
            method: TrialMethod::RateGuard,
            expected: outlook.requests,
            expected_without_effect: f64::INFINITY,
            found_by: outlook.exact.then_some(outlook.requests_90),
            found_with: 0.9,
            too_few: None,
        }))
    }

    /// Returns the plan for one look, in observations.
    fn fixed_size(&self) -> Result<SampleSize, Refusal> {
        match self.quantity {
            Quantity::Rate { control, candidate } => proportions::sample_size(
                self.rate_of_observation(control),
                self.rate_of_observation(candidate),
                &self.design,
            ),
            Quantity::Mean {
                difference,
                deviation,
            } => means::sample_size(difference, [deviation; 2], &self.design),
        }
    }

    /// Returns the observations in both arms with which the skewness rule is content.
    ///
    /// The law of a mean's values is unknown beforehand; of two rates the rarer one counts.
    fn least_observations(&self) -> f64 {
        let Quantity::Rate { control, candidate } = self.quantity else {
            return 0.0;
        };
        let most = self
            .squared_skewness(control)
            .max(self.squared_skewness(candidate));
        let smaller_share = self.share.get().min(1.0 - self.share.get());
        SkewnessRule::DEFAULT.factor() * most / smaller_share
    }

    fn too_few(&self, found: f64) -> Option<TooFew> {
        let Quantity::Rate { control, .. } = self.quantity else {
            return None;
        };
        let (share, p) = (self.share.get(), self.rate_of_observation(control));
        let smallest = share.min(1.0 - share) * p.min(1.0 - p);
        // With equal rates the statistic's skewness is that of one value, times this.
        let lopsided = (1.0 - 2.0 * share).powi(2) / (share * (1.0 - share));
        let tolerated = SkewnessRule::DEFAULT.factor() * self.squared_skewness(control);
        let needed = (tolerated * lopsided).max(5.0 / smallest);
        (found < needed).then_some(TooFew { found, needed })
    }

    /// Returns the squared skewness of an observation that has the event or not.
    fn squared_skewness(&self, rate: f64) -> f64 {
        let p = self.rate_of_observation(rate);
        (1.0 - 2.0 * p).powi(2) / (p * (1.0 - p))
    }
}

/// The chances to stop by each look, in sizes of the fixed-horizon plan.
struct Course(Vec<(f64, f64)>);

impl Course {
    /// Returns the course under the drift of the fixed-horizon size; the law's maximum is `last` of
    /// them.
    fn of(law: &GroupSequential, drift: f64, last: f64) -> Course {
        let mut stopped = 0.0;
        let exits = law.exits(drift * last.sqrt()).into_iter();
        Course(
            exits
                .map(|exit| {
                    stopped += exit.above + exit.below;
                    (exit.fraction * last, stopped)
                })
                .collect(),
        )
    }

    /// Returns the time by which it has stopped with this probability, between looks by line.
    fn time_of(&self, probability: f64, first: f64) -> Option<f64> {
        let mut before = (first, 0.0);
        for &(time, stopped) in &self.0 {
            if stopped >= probability {
                let part = (probability - before.1) / (stopped - before.1);
                return Some(before.0 + part * (time - before.0));
            }
            before = (time, stopped);
        }
        None
    }

    /// Returns the mean time until it stops, or until `end`.
    fn mean_until(&self, end: f64) -> f64 {
        // The integral of the chance to run on, which falls at looks only.
        let (mut mean, mut time, mut running) = (0.0, 0.0, 1.0);
        for &(look, stopped) in self.0.iter().take_while(|(look, _)| *look < end) {
            mean += running * (look - time);
            (time, running) = (look, 1.0 - stopped);
        }
        mean + running * (end - time)
    }
}

impl fmt::Display for TrialMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrialMethod::FixedHorizon => "one look",
            TrialMethod::GroupSequential => "planned looks",
            TrialMethod::Anytime => "any look",
            TrialMethod::RateGuard => "rate guard",
        })
    }
}
