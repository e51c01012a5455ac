//! Means, ratios, counts and common rates, by groups of units.

use super::{Evidence, Pair};
use crate::experiment::{Missing, Relative, Unadjusted};
use crate::stats::{
    Alpha, Interval, PValue, Refusal,
    anytime::{
        AdjustedArms, GroupedArm, GroupedLook, GroupedRefusal, GroupedT, LabelProcess, PastGroups,
    },
    special::{t_quantile, t_sf},
};

/// Two arms by their groups, adjusted by the past if the metric is adjusted.
pub(super) struct Groups {
    test: GroupedT,
    arms: [GroupedArm; 2],
    look: GroupedLook,
    /// The comparison without the past, and the number of units with a known past.
    without: Option<(GroupedLook, u64)>,
}

impl Groups {
    pub(super) fn new(pair: &Pair<'_>) -> Result<Groups, Missing> {
        let [a, b] = pair
            .cells
            .map(|cell| GroupedArm::new(&cell.groups, cell.units));
        let (a, b) = (a?, b?);
        let weights = pair.weights.map(|weight| weight as f64);
        let all: f64 = pair.setup.arms.iter().map(|arm| arm.weight as f64).sum();
        let planned = pair.setup.planned as f64 * weights.iter().sum::<f64>() / all;
        let test = GroupedT::planned(planned, weights, pair.alpha)?;
        let compare = |a: &GroupedArm, b: &GroupedArm| {
            let look = test.compare(a, b);
            look.map_err(|refusal| missing(refusal, a, b))
        };
        let Some([past_a, past_b]) = pair.past()? else {
            return Ok(Groups {
                look: compare(&a, &b)?,
                test,
                arms: [a, b],
                without: None,
            });
        };
        let adjusted = AdjustedArms::new(&past_a, &past_b)?;
        let arms = [adjusted.control, adjusted.candidate];
        let known = known(&past_a) + known(&past_b);
        Ok(Groups {
            look: compare(&adjusted.control, &adjusted.candidate)?,
            test,
            arms,
            // Adjusted values may be even enough although the original ones are not.
            without: compare(&a, &b).ok().map(|look| (look, known)),
        })
    }
}

impl Evidence for Groups {
    fn is_exact(&self) -> bool {
        false
    }

    fn effect(&self) -> f64 {
        self.look.effect
    }

    fn interval(&self, alpha: Alpha) -> Result<Interval, Refusal> {
        Ok(self.look.interval(alpha))
    }

    fn p_against(&self, effect: f64) -> Result<PValue, Refusal> {
        Ok(p_of(self.look.ln_e_against(effect)))
    }

    fn relative(&self, alpha: Alpha) -> Option<Relative> {
        self.fieller(self.look.critical_t(alpha), alpha)
    }

    fn interval_once(&self, alpha: Alpha) -> Result<Interval, Refusal> {
        Ok(interval_once(&self.look, alpha))
    }

    fn p_once(&self, effect: f64) -> Result<f64, Refusal> {
        Ok(p_once(&self.look, effect))
    }

    fn relative_once(&self, alpha: Alpha) -> Option<Relative> {
        self.fieller(critical_once(&self.look, alpha), alpha)
    }

    fn p_relative_once(&self, effect: f64) -> Result<f64, Refusal> {
        let look = self.scaled(effect);
        Ok(look.map_or(1.0, |look| p_once(&look, 0.0)))
    }

    fn unadjusted_once(&self, alpha: Alpha) -> Option<Unadjusted> {
        let (raw, _) = self.without?;
        let found = self.unadjusted(alpha)?;
        let interval = interval_once(&raw, alpha);
        Some(Unadjusted { interval, ..found })
    }

    fn p_against_relative(&self, effect: f64) -> Result<PValue, Refusal> {
        let look = self.scaled(effect);
        Ok(p_of(look.map_or(0.0, |look| look.ln_e())))
    }

    /// Doubles the error rate, because the test is symmetric in the sign of the effect.
    fn one_sided(&self, alpha: Alpha) -> Alpha {
        Alpha::new(2.0 * alpha.get()).unwrap_or(alpha)
    }

    fn unadjusted(&self, alpha: Alpha) -> Option<Unadjusted> {
        let (raw, known) = self.without?;
        let [a, b] = &self.arms;
        Some(Unadjusted {
            effect: raw.effect,
            interval: raw.interval(alpha),
            variance_saved: 1.0 - (self.look.standard_error / raw.standard_error).powi(2),
            known,
            units: a.units + b.units,
        })
    }
}

impl Groups {
    /// Returns the relative effect by Fieller's method; `None` if the control may be zero.
    fn fieller(&self, critical: f64, alpha: Alpha) -> Option<Relative> {
        let [a, b] = &self.arms;
        let squared = critical.powi(2);
        let (x, y) = (a.ratio, b.ratio);
        let first = x * x - squared * a.variance;
        if first.is_nan() || first <= 0.0 {
            return None;
        }
        let last = y * y - squared * b.variance;
        let root = (x * x * y * y - first * last).max(0.0).sqrt();
        let of = |ratio: f64| (ratio - 1.0) * x.signum();
        let (one, other) = (of((x * y - root) / first), of((x * y + root) / first));
        Some(Relative {
            effect: Some((y - x) / x.abs()),
            interval: Interval::new(one.min(other), one.max(other), alpha),
        })
    }

    /// Compares the candidate with the control raised by the relative effect `effect`; the
    /// difference is 0 if that is the true one.
    fn scaled(&self, effect: f64) -> Option<GroupedLook> {
        let [a, b] = &self.arms;
        let times = 1.0 + effect * a.ratio.signum();
        let scaled = GroupedArm {
            ratio: times * a.ratio,
            variance: times * times * a.variance,
            ..*a
        };
        self.test.compare(&scaled, b).ok()
    }
}

/// Returns the `|t|` at which one look alone rejects.
fn critical_once(look: &GroupedLook, alpha: Alpha) -> f64 {
    -t_quantile(0.5 * alpha.get(), look.df)
}

fn interval_once(look: &GroupedLook, alpha: Alpha) -> Interval {
    let reach = critical_once(look, alpha) * look.standard_error;
    Interval::new(look.effect - reach, look.effect + reach, alpha)
}

fn p_once(look: &GroupedLook, effect: f64) -> f64 {
    let t = (look.effect - effect) / look.standard_error;
    2.0 * t_sf(t.abs(), look.df)
}

impl Pair<'_> {
    /// Returns both arms with the past of their units, if the metric is adjusted.
    ///
    /// # Errors
    /// [`Missing::UnevenPast`] if it is missing more often in one of them.
    fn past(&self) -> Result<Option<[PastGroups<'_>; 2]>, Missing> {
        if self.cells.iter().any(|cell| cell.past.is_empty()) {
            return Ok(None);
        }
        let past = self.cells.map(|cell| PastGroups {
            groups: &cell.groups,
            past: &cell.past,
            units: cell.units,
        });
        let known = past.each_ref().map(known);
        let units = self.cells.map(|cell| cell.units);
        let is_rare = 2 * known.iter().sum::<u64>() < units.iter().sum();
        let mut fewer = known;
        if !is_rare {
            for (fewer, units) in fewer.iter_mut().zip(units) {
                *fewer = units.saturating_sub(*fewer);
            }
        }
        let ([n_a, n_b], [s_a, s_b]) = (units, fewer);
        if n_a.min(n_b) > 0 {
            let observed = LabelProcess::new(n_b as f64 / (n_a + n_b) as f64)?;
            if observed.p(s_a, s_b).value < UNEVEN {
                let percent = |place: usize| {
                    let (known, units) = (known.get(place)?, units.get(place)?);
                    Some((100.0 * *known as f64 / *units as f64).round() as u64)
                };
                return Err(Missing::UnevenPast {
                    control: percent(0).unwrap_or_default(),
                    candidate: percent(1).unwrap_or_default(),
                });
            }
        }
        Ok(Some(past))
    }
}

/// Error rate of the check that the past is missing equally often in both arms.
const UNEVEN: f64 = 0.001;

/// Returns the units of which a past is known.
fn known(arm: &PastGroups<'_>) -> u64 {
    arm.past.iter().map(|[_, known]| *known as u64).sum()
}

fn p_of(ln_e: f64) -> PValue {
    let ln_p = (-ln_e).min(0.0) + 0.0;
    PValue::new(ln_p.exp(), ln_p)
}

/// Translates what the rules say about groups into units.
pub(in crate::experiment) fn missing(
    refusal: GroupedRefusal,
    a: &GroupedArm,
    b: &GroupedArm,
) -> Missing {
    match refusal {
        GroupedRefusal::TooFewGroups { .. } => Missing::TooFewUnits {
            control: a.units,
            candidate: b.units,
            // There are 256 groups. To hit 20 of them takes 21 random units on average, and nearly
            // always no more than 25.
            needed: 25,
        },
        GroupedRefusal::ZeroVariance { arm } => Missing::NoVariation { arm },
        GroupedRefusal::TooSkewed { needed, .. } => {
            // Skewness falls with the square root of the units.
            let times = needed / a.groups.min(b.groups) as f64;
            let units = (a.units + b.units) as f64 * (times - 1.0);
            let units = units.ceil() as u64;
            Missing::TooUneven { units }
        }
        GroupedRefusal::Refused(refusal) => Missing::Refused(refusal),
    }
}
