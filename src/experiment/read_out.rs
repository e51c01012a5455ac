//! The read-out of a part.

mod table;

use super::{
    Apart, ArmFinding, Checks, ExperimentError, Finding, Grouping, Kind, Looks, Metric, Missing,
    Part, Segment, Standing, Verdict,
    check::bias,
    compare::{Pair, value},
    looks::Look,
    segment::reversed,
    sums::Sums,
    totals::{CellTotals, Totals},
    verdict::{gain, standing},
};
use crate::stats::{Alpha, multiplicity};

/// The result of an experiment at one moment: the verdict, the checks, and every metric.
///
/// It prints as a table in Markdown, and serialises.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ReadOut {
    /// Name of the release.
    pub release: String,
    /// What to do.
    pub verdict: Verdict,
    /// The standing of each candidate; all are open while the verdict is withheld.
    pub standings: Vec<(String, Standing)>,
    /// The checks that must hold before any number is read.
    pub checks: Checks,
    /// The results of each metric, in the order of the setup.
    pub findings: Vec<Finding>,
    /// Requests that entered no metric.
    pub apart: Apart,
    /// How units are grouped, for the variance of means and ratios.
    pub grouping: Grouping,
    /// Error rate over all looks and all tests.
    pub alpha: Alpha,
    /// The number of tests: goals and guardrails times candidates, fixed by the setup.
    pub family: usize,
    /// The results of each segment, exploratory; empty without divisions.
    pub segments: Vec<Segment>,
    /// The number of comparisons in all segments.
    pub segment_family: usize,
    /// Divisions, metrics and candidates whose effect has in every segment the opposite sign of the
    /// whole (Simpson's paradox): the arms are made up of different segments.
    pub reversed: Vec<[String; 3]>,
}

impl Part {
    /// Computes the read-out: the checks first, then every metric, then the verdict.
    ///
    /// You may call it any number of times.
    ///
    /// # Errors
    /// [`ExperimentError::Refused`] if counts are too large to be compared.
    pub fn read_out(&self) -> Result<ReadOut, ExperimentError> {
        self.read(None)
    }

    /// Computes the read-out, at a planned look if it is one.
    pub(super) fn read(&self, look: Option<&Look>) -> Result<ReadOut, ExperimentError> {
        let setup = &self.setup;
        let (totals, by_segment) = Totals::of(self)?;
        let checks = Checks::of(self, &totals)?;
        let family = setup.family();
        let each = setup.alpha.get() / family as f64;
        let each = Alpha::new(each).unwrap_or(setup.alpha);
        let all_units = checks.all_units();
        let metrics = setup.metrics.iter().enumerate();
        let mut findings: Vec<Finding> = metrics
            .map(|(place, metric)| self.find(metric, place, &totals, each, all_units, look))
            .collect();
        adjust(&mut findings, setup.metrics.iter().map(Metric::decides))?;
        let (segments, segment_family) = self.segments(&by_segment, &findings, look)?;
        let candidates = checks.arms.iter().skip(1).enumerate();
        let fault = checks.fault(&findings);
        let standings: Vec<(String, Standing)> = candidates
            .map(|(place, arm)| {
                let standing = match (&fault, arm.dropped) {
                    (_, true) => Standing::Dropped,
                    (Some(_), _) => Standing::Open,
                    (None, _) => standing(&findings, place),
                };
                (arm.arm.clone(), standing)
            })
            .collect();
        let between = match look {
            Some(_) => None,
            None => self.between_looks(),
        };
        let verdict = match (fault, between) {
            (Some(why), _) => Verdict::Withheld { why },
            (None, Some(between)) => between,
            (None, None) => self.verdict(&standings, &findings, &checks, look),
        };
        Ok(ReadOut {
            release: setup.release.clone(),
            verdict,
            standings,
            checks,
            reversed: reversed(&segments, &findings),
            findings,
            segments,
            segment_family,
            apart: self.apart,
            grouping: self.sums.as_ref().map_or(Grouping::Key, Sums::grouping),
            alpha: setup.alpha,
            family,
        })
    }

    pub(super) fn find(
        &self,
        metric: &Metric,
        place: usize,
        totals: &Totals,
        alpha: Alpha,
        all_units: f64,
        look: Option<&Look>,
    ) -> Finding {
        let kind = metric.kind;
        let empty = CellTotals::default();
        let cell = |arm: usize| {
            let arm = totals.arms.get(arm);
            arm.and_then(|arm| arm.cells.get(place)).unwrap_or(&empty)
        };
        let exposed = |arm: usize| totals.arms.get(arm).map_or(0, |arm| arm.units);
        let value = |arm: usize| match kind {
            Kind::Gauge => self.gauges.mean(place, arm).1,
            _ => value(cell(arm), kind, exposed(arm)),
        };
        let arms = || (0..self.setup.arms.len()).map(cell);
        let is_announced =
            arms().any(|cell| cell.announced > 0) && arms().all(|cell| cell.announced >= cell.come);
        let pending = |arm: usize| is_announced.then(|| cell(arm).announced - cell(arm).come);
        let weight = |arm: usize| self.setup.arms.get(arm).map_or(1, |arm| arm.weight);
        let may_bias = |arm: usize| {
            let (totals, value) = (totals.arms.get(arm)?, value(arm)?);
            Some(bias(totals, place, kind, value))
        };
        let compare = |arm: usize| {
            let pair = Pair {
                setup: &self.setup,
                kind,
                role: metric.role,
                is_relative: metric.relative,
                alpha,
                cells: [cell(0), cell(arm)],
                units: [exposed(0), exposed(arm)],
                weights: [weight(0), weight(arm)],
                all_units,
                look,
            };
            let is_for_a_look = look.is_none() && self.setup.looks != Looks::Anytime;
            ArmFinding {
                arm: self
                    .setup
                    .arms
                    .get(arm)
                    .map_or(String::new(), |arm| arm.label.clone()),
                units: cell(arm).units,
                value: value(arm),
                pending: pending(arm),
                capped: cell(arm).capped,
                test: match self.course.is_dropped(arm) {
                    true => Err(Missing::Dropped),
                    false if is_for_a_look && kind != Kind::Gauge => Err(Missing::NoLook),
                    false => pair.test(),
                },
                bias: [0, arm].into_iter().filter_map(may_bias).sum(),
            }
        };
        Finding {
            metric: metric.name.clone(),
            kind,
            role: metric.role,
            is_relative: metric.relative,
            units: cell(0).units,
            value: value(0),
            pending: pending(0),
            cap: cell(0).cap,
            capped: cell(0).capped,
            comparisons: (1..self.setup.arms.len()).map(compare).collect(),
        }
    }

    fn verdict(
        &self,
        standings: &[(String, Standing)],
        findings: &[Finding],
        checks: &Checks,
        look: Option<&Look>,
    ) -> Verdict {
        let with = |wanted: fn(&Standing) -> bool| {
            let places = standings.iter().enumerate();
            places.filter(move |(_, (_, standing))| wanted(standing))
        };
        let better = with(|standing| *standing == Standing::Better);
        let best = better.max_by(|(left, _), (right, _)| {
            gain(findings, *left).total_cmp(&gain(findings, *right))
        });
        if let Some((_, (arm, _))) = best {
            let arm = arm.clone();
            return Verdict::Ship { arm };
        }
        let worse = || with(|standing| matches!(standing, Standing::Worse { .. }));
        let open = with(|standing| *standing == Standing::Open).map(|(place, _)| place);
        let open: Vec<usize> = open.collect();
        if !open.is_empty() {
            let stop = worse().map(|(_, (arm, _))| arm.clone()).collect();
            let per_unit = self.exposures as f64 / checks.all_units().max(1.0);
            return match look {
                Some(look) => look.open(stop, per_unit, self.setup.units_per_day),
                None => self.left(&open, stop, findings, per_unit),
            };
        }
        let metrics = worse().filter_map(|(_, (_, standing))| match standing {
            Standing::Worse { metric } => Some(metric.clone()),
            _ => None,
        });
        let metrics: Vec<String> = metrics.collect();
        let is_same = with(|standing| *standing == Standing::NoDifference);
        match is_same.count() {
            0 if metrics.is_empty() => Verdict::Withheld {
                why: "every candidate was dropped: end the experiment".to_owned(),
            },
            0 => Verdict::Keep {
                arm: checks
                    .arms
                    .first()
                    .map_or(String::new(), |arm| arm.arm.clone()),
                metrics,
            },
            _ => Verdict::NoDifferenceWorthHaving,
        }
    }

    /// Returns how many units are left, by the lines of the candidates that are open.
    fn left(
        &self,
        open: &[usize],
        stop: Vec<String>,
        findings: &[Finding],
        per_unit: f64,
    ) -> Verdict {
        let decides = self.setup.metrics.iter().map(Metric::decides);
        let deciding = findings.iter().zip(decides).filter(|(_, decides)| *decides);
        let lines = deciding.flat_map(|(finding, _)| {
            let comparison = |&place: &usize| finding.comparisons.get(place);
            open.iter().filter_map(comparison)
        });
        let units_left = lines
            .filter_map(|comparison| comparison.test.as_ref().ok()?.units_left)
            .max();
        let times = |units: u64, rate: f64| (units as f64 * rate).ceil() as u64;
        let per_day = self.setup.units_per_day;
        Verdict::KeepRunning {
            stop,
            units_left,
            requests_left: units_left.map(|units| times(units, per_unit)),
            days_left: units_left
                .zip(per_day)
                .map(|(units, day)| times(units, 1.0 / day)),
        }
    }
}

/// Adjusts the p-values of all tests; a test that could not be made has p = 1.
fn adjust(
    findings: &mut [Finding],
    decides: impl Iterator<Item = bool>,
) -> Result<(), ExperimentError> {
    let deciding = findings
        .iter_mut()
        .zip(decides)
        .filter(|(_, decides)| *decides);
    let mut family: Vec<&mut ArmFinding> = deciding
        .flat_map(|(finding, _)| &mut finding.comparisons)
        .collect();
    let p: Vec<f64> = family
        .iter()
        .map(|comparison| comparison.test.as_ref().map_or(1.0, |test| test.p.value))
        .collect();
    for (comparison, adjusted) in family.iter_mut().zip(multiplicity::holm(&p)?) {
        if let Ok(test) = &mut comparison.test {
            test.adjusted_p = adjusted;
        }
    }
    Ok(())
}
