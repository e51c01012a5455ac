//! The checks that must hold before any number is read.

use super::{ArmFinding, ExperimentError, Finding, Kind, Part, totals::Totals};
use crate::stats::{PValue, Refusal, anytime::SampleRatioProcess};

/// Error rate of the sample ratio check, over all looks.
const SAMPLE_RATIO_ALPHA: f64 = 0.001;
/// The share of units of several arms above which there is no verdict.
const CROSSED: f64 = 0.01;
/// The assumed value of a unit that crossed, in multiples of its arm's mean, while there are few
/// such units.
const HEAVY: f64 = 10.0;
/// Below so many units their own mean is not used.
const FEW: u64 = 20;

/// The checks that come before any metric.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Checks {
    /// The arms, the control first.
    pub arms: Vec<Exposed>,
    /// Exposures of any unit to any arm: the requests that the experiment has seen.
    pub requests: u64,
    /// Fraction of all units that are kept, with their exposures and outcomes: 1 until there were
    /// too many. It causes no bias.
    pub units_sampled: f64,
    /// p-value of the sample ratio over the arms that were not dropped, valid at every look; `None`
    /// without units.
    pub sample_ratio_p: Option<PValue>,
    /// Units that were exposed to several arms, and count in none.
    pub crossed: u64,
    /// Units that moved from a dropped arm to another one, and that count in none.
    pub moved: u64,
    /// All outcomes but those of excluded units.
    pub records: u64,
    /// Units and outcomes that enter no metric.
    pub left_out: LeftOut,
}

/// The units of one arm.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Exposed {
    /// The arm's label.
    pub arm: String,
    /// Its part of the sum of all weights.
    pub weight: u64,
    /// Units exposed to it alone.
    pub units: u64,
    /// Units exposed to it and to another, none of them dropped.
    pub crossed: u64,
    /// Whether it was dropped during the experiment.
    pub dropped: bool,
}

/// Counts of units and outcomes that enter no metric: never exposed, excluded, outside of their
/// window, repeated.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LeftOut {
    /// Units with outcomes and no known exposure.
    pub never_exposed_units: u64,
    /// Their outcomes.
    pub never_exposed_records: u64,
    /// Units that were excluded and have been seen.
    pub excluded_units: u64,
    /// Their outcomes.
    pub excluded_records: u64,
    /// Outcomes before their unit's first exposure, or of units whose exposure has no time, of
    /// metrics with a window.
    pub early: u64,
    /// Outcomes after their window.
    pub late: u64,
    /// Outcomes with an id that came before.
    pub repeated: u64,
}

impl Checks {
    /// Tells whether more than one outcome in a hundred is of a unit that was never exposed.
    #[must_use]
    pub const fn are_many_never_exposed(&self) -> bool {
        self.left_out.never_exposed_records * 100 > self.records
    }

    pub(super) fn of(part: &Part, totals: &Totals) -> Result<Checks, ExperimentError> {
        let arms = part.exposed(totals);
        Ok(Checks {
            sample_ratio_p: sample_ratio(&arms)?,
            arms,
            requests: part.exposures,
            units_sampled: part.units_sampled(),
            crossed: totals.crossed,
            moved: totals.moved,
            records: totals.records,
            left_out: totals.left_out,
        })
    }

    /// Returns the units of all arms, scaled up to those that were forgotten.
    pub(super) fn all_units(&self) -> f64 {
        let kept: u64 = self.arms.iter().map(|arm| arm.units).sum();
        kept as f64 / self.units_sampled
    }

    /// Says why there is no verdict, if there is a reason.
    pub(super) fn fault(&self, findings: &[Finding]) -> Option<String> {
        let sizes = || {
            let sizes = self.arms.iter().filter(|arm| !arm.dropped);
            let sizes = sizes.map(|arm| format!("{} on {}", arm.units, arm.arm));
            sizes.collect::<Vec<_>>().join(", ")
        };
        match self.sample_ratio_p {
            None if self.crossed > 0 => {
                return Some(format!(
                    "all {} units were exposed to more than one arm, so they belong to none: route \
                     and expose by a key that stays, such as the user's",
                    self.crossed
                ));
            }
            None => {
                return Some(
                    "no unit was exposed yet: release the policy, and attach the experiment"
                        .to_owned(),
                );
            }
            Some(p) if p.value < SAMPLE_RATIO_ALPHA => {
                return Some(format!(
                    "the arms have {} units, which does not fit their weights: find out why before \
                     reading any number",
                    sizes()
                ));
            }
            Some(_) => {}
        }
        for arm in self.arms.iter().filter(|arm| !arm.dropped) {
            let of = arm.units + arm.crossed;
            if arm.crossed as f64 > CROSSED * of as f64 {
                return Some(format!(
                    "{} of {of} units of {} were exposed to another arm too, more than 1 %: their \
                     outcomes count nowhere, and those that are left are a choice; route by a key \
                     that stays",
                    arm.crossed, arm.arm
                ));
            }
        }
        findings.iter().find_map(Finding::bias).map(|(metric, arm)| {
            format!(
                "units of {arm} that were exposed to another arm too may have moved {metric:?} by \
                 more than a quarter of its interval's half width: route by a key that stays"
            )
        })
    }
}

impl Part {
    /// Returns the units of each arm.
    pub(super) fn exposed(&self, totals: &Totals) -> Vec<Exposed> {
        let planned = self.setup.arms.iter().zip(&totals.arms).zip(0..);
        planned
            .map(|((planned, arm), place)| Exposed {
                arm: planned.label.clone(),
                weight: planned.weight,
                units: arm.units,
                crossed: arm.crossed,
                dropped: self.course.is_dropped(place),
            })
            .collect()
    }
}

pub(super) fn sample_ratio(arms: &[Exposed]) -> Result<Option<PValue>, Refusal> {
    let running = || arms.iter().filter(|arm| !arm.dropped);
    if running().all(|arm| arm.units == 0) || running().count() < 2 {
        return Ok(None);
    }
    let weights: Vec<f64> = running().map(|arm| arm.weight as f64).collect();
    let mut process = SampleRatioProcess::new(&weights)?;
    for (place, arm) in running().enumerate() {
        process.record(place, arm.units)?;
    }
    Ok(Some(process.p()))
}

/// Returns by how much leaving out the units that crossed may have moved an arm's value.
///
/// With a fraction `c` of units of `kappa` times the mean, `c (kappa - 1) / (1 + c (kappa - 1))`
/// of the value.
pub(super) fn bias(
    totals: &super::totals::ArmTotals,
    metric: usize,
    kind: Kind,
    value: f64,
) -> f64 {
    let Some(cell) = totals.cells.get(metric) else {
        return 0.0;
    };
    let is_no_mean = matches!(
        kind,
        Kind::Quantile { .. } | Kind::RequestQuantile { .. } | Kind::Gauge
    );
    if totals.crossed == 0 || is_no_mean {
        return 0.0;
    }
    let (units, sum, weight) = cell.crossed;
    let kappa = match units {
        0..FEW => HEAVY,
        _ if value == 0.0 => HEAVY,
        _ => sum / weight / value,
    };
    let share = totals.crossed as f64 / (totals.crossed + totals.units) as f64;
    let excess = share * (kappa - 1.0);
    (excess / (1.0 + excess) * value).abs()
}

impl Finding {
    /// Names the metric and the arm whose value may be biased by units that crossed.
    fn bias(&self) -> Option<(&str, &str)> {
        let decides = !matches!(self.role, super::Role::Watched);
        let biased = |comparison: &&ArmFinding| {
            let test = comparison.test.as_ref().ok();
            test.is_some_and(|test| comparison.bias > 0.25 * 0.5 * test.interval.width())
        };
        let arm = self.comparisons.iter().find(biased)?;
        decides.then_some((&self.metric, &arm.arm))
    }
}
