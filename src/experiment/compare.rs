//! One metric of one candidate beside the control.

use super::{
    Guarantee, Kind, Missing, Relative, Role, Setup, Test, Unadjusted, quantile, totals::CellTotals,
};
use crate::stats::{
    Alpha, Counts, Interval, PValue, Refusal, Worse,
    anytime::{
        AdjustedArms, GroupedArm, GroupedLook, GroupedRefusal, GroupedT, LabelProcess, PastGroups,
    },
};

/// What the comparison of two arms is made from.
pub(super) struct Pair<'a> {
    pub(super) setup: &'a Setup,
    pub(super) kind: Kind,
    pub(super) role: Role,
    /// Each line's part of the error rate.
    pub(super) alpha: Alpha,
    /// Of control and candidate.
    pub(super) cells: [&'a CellTotals; 2],
    /// Units exposed to control and candidate.
    pub(super) units: [u64; 2],
    pub(super) weights: [u64; 2],
    /// Units of all arms, before any were forgotten.
    pub(super) all_units: f64,
}

/// An effect and what may be said of it at any error rate.
struct Found<I, P> {
    effect: f64,
    interval: I,
    /// The p-value of the effect being this one.
    p_against: P,
    relative: Option<Relative>,
    unadjusted: Option<Unadjusted>,
    guarantee: Guarantee,
}

/// Returns the value of a metric in one arm.
pub(super) fn value(cell: &CellTotals, kind: Kind, exposed: u64) -> Option<f64> {
    match kind {
        Kind::Rate => (exposed > 0).then(|| cell.events as f64 / exposed as f64),
        Kind::Quantile { order } => cell.values.quantile(order).ok(),
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
            Kind::Rate => self.rates(),
            Kind::Quantile { order } => self.quantiles(order),
            _ => self.groups(),
        }
    }

    fn rates(&self) -> Result<Test, Missing> {
        let [n_a, n_b] = self.units;
        for (arm, units) in [("the control", n_a), ("the candidate", n_b)] {
            if units == 0 {
                return Err(Missing::NoUnits { arm });
            }
        }
        let [s_a, s_b] = self.cells.map(|cell| cell.events);
        let [w_a, w_b] = self.weights.map(|weight| weight as f64);
        // The declared share is what the proof is about, the observed one what protects where it
        // does not hold; whichever says less decides.
        let declared = LabelProcess::new(w_b / (w_a + w_b))?;
        let observed = LabelProcess::new(n_b as f64 / (n_a + n_b) as f64)?;
        let both = [declared, observed];
        let (a, b) = (Counts::new(s_a, n_a)?, Counts::new(s_b, n_b)?);
        let interval = |alpha: Alpha| -> Result<Interval, Refusal> {
            let [one, other] = both.map(|process| process.difference_interval(&a, &b, alpha));
            Ok(hull(one?, other?, alpha))
        };
        let p_against = |effect: f64| -> Result<PValue, Refusal> {
            if effect == 0.0 {
                let [one, other] = both.map(|process| process.p(s_a, s_b));
                return Ok(if one.value > other.value { one } else { other });
            }
            p_of_intervals(interval, effect)
        };
        let [one, other] = both.map(|process| process.ratio_interval(s_a, s_b, self.alpha));
        let ratios = hull(one, other, self.alpha);
        let (r_a, r_b) = (s_a as f64 / n_a as f64, s_b as f64 / n_b as f64);
        self.conclude(&Found {
            effect: r_b - r_a,
            interval,
            p_against,
            relative: Some(Relative {
                effect: (s_a > 0).then(|| r_b / r_a - 1.0),
                interval: Interval::new(ratios.lower - 1.0, ratios.upper - 1.0, self.alpha),
            }),
            unadjusted: None,
            guarantee: Guarantee::Exact,
        })
    }

    fn groups(&self) -> Result<Test, Missing> {
        let [a, b] = self
            .cells
            .map(|cell| GroupedArm::new(&cell.groups, cell.units));
        let (a, b) = (a?, b?);
        let weights = self.weights.map(|weight| weight as f64);
        let all: f64 = self.setup.arms.iter().map(|arm| arm.weight as f64).sum();
        let planned = self.setup.planned as f64 * weights.iter().sum::<f64>() / all;
        let test = GroupedT::planned(planned, weights, self.alpha)?;
        let compare = |a: &GroupedArm, b: &GroupedArm| {
            let look = test.compare(a, b);
            look.map_err(|refusal| missing(refusal, a, b))
        };
        let (a, b, unadjusted) = match self.past()? {
            None => (a, b, None),
            Some(past) => {
                let AdjustedArms {
                    control, candidate, ..
                } = AdjustedArms::new(&past[0], &past[1])?;
                // Adjusted values may be even enough where those before are not.
                let raw = compare(&a, &b).ok();
                (control, candidate, raw.map(|raw| (raw, past)))
            }
        };
        let look = compare(&a, &b)?;
        let unadjusted = unadjusted.map(|(raw, past)| Unadjusted {
            effect: raw.effect,
            interval: raw.interval(self.alpha),
            variance_saved: 1.0 - (look.standard_error / raw.standard_error).powi(2),
            known: past.iter().map(known).sum(),
            units: a.units + b.units,
        });
        let p_against = |effect: f64| -> Result<PValue, Refusal> {
            let ln_p = (-look.ln_e_against(effect)).min(0.0) + 0.0;
            Ok(PValue::new(ln_p.exp(), ln_p))
        };
        self.conclude(&Found {
            effect: look.effect,
            interval: |alpha| Ok(look.interval(alpha)),
            p_against,
            relative: relative(&look, &a, &b, self.alpha),
            unadjusted,
            guarantee: Guarantee::Simulated,
        })
    }

    /// Returns both arms with what was known of their units before, if the metric is adjusted.
    ///
    /// # Errors
    /// [`Missing::UnevenPast`] where it is missing more often in one of them.
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

    fn quantiles(&self, order: f64) -> Result<Test, Missing> {
        let [a, b] = self.cells.map(|cell| &cell.values);
        let [control, candidate] = self.cells.map(|cell| cell.units);
        if control.min(candidate) == 0 {
            return Err(Missing::TooFewUnits {
                control,
                candidate,
                needed: 1,
            });
        }
        let value = a.quantile(order)?;
        let effect = b.quantile(order)? - value;
        let interval = |alpha| quantile::difference(a, b, order, alpha);
        self.conclude(&Found {
            effect,
            interval,
            p_against: |effect| p_of_intervals(interval, effect),
            relative: None,
            unadjusted: None,
            guarantee: Guarantee::Exact,
        })
    }

    fn conclude<I, P>(&self, found: &Found<I, P>) -> Result<Test, Missing>
    where
        I: Fn(Alpha) -> Result<Interval, Refusal>,
        P: Fn(f64) -> Result<PValue, Refusal>,
    {
        let certain = PValue::new(1.0, 0.0);
        let interval = (found.interval)(self.alpha)?;
        let mut within_margin = false;
        let (p, target) = match self.role {
            Role::Goal { worth, .. } => {
                let p = (found.p_against)(0.0)?;
                (p, found.effect.abs().max(worth))
            }
            Role::Watched => ((found.p_against)(0.0)?, found.effect.abs()),
            Role::Guardrail { worse, margin } => {
                let limit = match worse {
                    Worse::Higher => margin,
                    Worse::Lower => -margin,
                };
                let whole = (found.interval)(self.setup.alpha)?;
                within_margin = greatest(&whole, worse) <= margin;
                let excess = badness(found.effect, worse) - margin;
                let p = match excess > 0.0 {
                    true => (found.p_against)(limit)?,
                    false => certain,
                };
                (p, excess.abs())
            }
        };
        let times = (0.5 * interval.width() / target).powi(2);
        let left = self.all_units * (times - 1.0).max(0.0);
        let is_decided = within_margin || p.value < self.alpha.get();
        let units_left = match is_decided {
            true => Some(0),
            false => left.is_finite().then_some(left.ceil() as u64),
        };
        Ok(Test {
            effect: found.effect,
            interval,
            relative: found.relative,
            unadjusted: found.unadjusted,
            p,
            adjusted_p: 1.0,
            alpha: self.setup.alpha,
            within_margin,
            guarantee: found.guarantee,
            units_left,
        })
    }
}

/// Error rate of the check that a past is missing as often in both arms.
const UNEVEN: f64 = 0.001;

/// Returns the units of which a past is known.
fn known(arm: &PastGroups<'_>) -> u64 {
    arm.past.iter().map(|[_, known]| *known as u64).sum()
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

fn hull(one: Interval, other: Interval, alpha: Alpha) -> Interval {
    let (lower, upper) = (one.lower.min(other.lower), one.upper.max(other.upper));
    Interval::new(lower, upper, alpha)
}

/// Returns the p-value: the error rate at which the interval would just exclude the effect.
fn p_of_intervals(
    interval: impl Fn(Alpha) -> Result<Interval, Refusal>,
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

/// Says in units what the rules say of groups.
fn missing(refusal: GroupedRefusal, a: &GroupedArm, b: &GroupedArm) -> Missing {
    match refusal {
        GroupedRefusal::TooFewGroups { .. } => Missing::TooFewUnits {
            control: a.units,
            candidate: b.units,
            // 256 groups, of which 20 are hit by 21 units at random in the mean, nearly always
            // by 25.
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

/// Returns the relative effect by Fieller's method, none where the control is not told from zero.
fn relative(look: &GroupedLook, a: &GroupedArm, b: &GroupedArm, alpha: Alpha) -> Option<Relative> {
    let squared = look.critical_t(alpha).powi(2);
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
