//! The results of each segment of units.

use super::{
    ExperimentError, Finding, Kind, Metric, Missing, Part, check::sample_ratio, looks::Look,
    totals::Totals,
};
use crate::stats::Alpha;

/// A division of units into segments, by what was known of them before their exposure.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Division {
    pub(super) name: String,
    pub(super) segments: Vec<String>,
}

/// The results of one segment of units, for each metric.
///
/// It is exploratory: it decides nothing, and an unusual result is only a hypothesis for another
/// experiment. The intervals of all segments hold together, at the experiment's error rate,
/// separately from those of the whole.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Segment {
    /// By what units are divided.
    pub division: String,
    /// Which of its segments it is.
    pub segment: String,
    /// Its units of all arms, each exposed to one arm alone.
    pub units: u64,
    /// The results of each metric, in the order of the setup; p-values are adjusted for all
    /// comparisons of all segments (Bonferroni).
    pub findings: Vec<Finding>,
    /// Metrics and candidates whose effect is shown to have the opposite sign of the effect in the
    /// whole.
    pub contradicts: Vec<(String, String)>,
}

/// Error rate of the check that no segment depends on the arm, over all looks and segments.
const UNEVEN: f64 = 0.001;

impl Part {
    /// Returns what each segment says, and in how many comparisons.
    pub(super) fn segments(
        &self,
        totals: &[Totals],
        whole: &[Finding],
        look: Option<&Look>,
    ) -> Result<(Vec<Segment>, usize), ExperimentError> {
        let setup = &self.setup;
        let names = setup.divisions.iter().flat_map(|division| {
            let segments = division.segments.iter();
            segments.map(|segment| (division.name.clone(), segment.clone()))
        });
        let metrics = setup.metrics.iter().enumerate();
        let metrics: Vec<_> = metrics
            .filter(|(_, metric)| metric.kind != Kind::Gauge)
            .collect();
        let lines = totals.len() * metrics.len() * (setup.arms.len() - 1);
        let each = Alpha::new(setup.alpha.get() / lines.max(1) as f64);
        let each = each.unwrap_or(setup.alpha);
        let mut segments = Vec::new();
        for ((division, segment), totals) in names.zip(totals) {
            let arms = self.exposed(totals);
            let units: u64 = arms.iter().map(|arm| arm.units).sum();
            let p = sample_ratio(&arms)?.map_or(1.0, |p| p.value);
            let is_uneven = p < UNEVEN / totals_of(setup.divisions.as_slice()) as f64;
            let all_units = units as f64 / self.units_sampled();
            let find = |(place, metric): &(usize, &Metric)| {
                let mut finding = self.find(metric, *place, totals, each, all_units, look);
                for line in &mut finding.comparisons {
                    match &mut line.test {
                        test if is_uneven => *test = Err(Missing::UnevenSegment),
                        Ok(test) => test.adjusted_p = (test.p.value * lines as f64).min(1.0),
                        Err(_) => {}
                    }
                }
                finding
            };
            let findings: Vec<Finding> = metrics.iter().map(find).collect();
            segments.push(Segment {
                division,
                segment,
                units,
                contradicts: contradicting(&findings, whole),
                findings,
            });
        }
        Ok((segments, lines))
    }
}

fn totals_of(divisions: &[Division]) -> usize {
    let segments = divisions.iter().map(|division| division.segments.len());
    segments.sum::<usize>().max(1)
}

/// Names the effects that are shown to have the opposite sign of the whole.
fn contradicting(findings: &[Finding], whole: &[Finding]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for finding in findings {
        let of_all = whole.iter().find(|other| other.metric == finding.metric);
        let of_all = of_all.map_or(&[][..], |other| &other.comparisons);
        for (line, all) in finding.comparisons.iter().zip(of_all) {
            let (Ok(here), Ok(there)) = (&line.test, &all.test) else {
                continue;
            };
            let is_above = here.interval.lower > 0.0 && there.effect < 0.0;
            if is_above || here.interval.upper < 0.0 && there.effect > 0.0 {
                found.push((finding.metric.clone(), line.arm.clone()));
            }
        }
    }
    found
}

/// Names the divisions, metrics and candidates whose effect has in every segment the opposite sign
/// of the whole (Simpson's paradox).
pub(super) fn reversed(segments: &[Segment], whole: &[Finding]) -> Vec<[String; 3]> {
    let mut divisions: Vec<&str> = segments.iter().map(|one| one.division.as_str()).collect();
    divisions.dedup();
    let mut found = Vec::new();
    for division in divisions {
        for finding in whole {
            for (place, all) in finding.comparisons.iter().enumerate() {
                let Ok(all_test) = &all.test else { continue };
                let own = segments.iter().filter(|one| one.division == division);
                let own = own.filter(|one| one.units > 0).map(|one| {
                    let mut findings = one.findings.iter();
                    let own = findings.find(|own| own.metric == finding.metric)?;
                    own.comparisons.get(place)?.test.as_ref().ok()
                });
                let effects: Option<Vec<f64>> = own.map(|test| Some(test?.effect)).collect();
                let is_reversed = effects.is_some_and(|effects| {
                    effects.len() > 1 && effects.iter().all(|here| here * all_test.effect < 0.0)
                });
                if is_reversed {
                    found.push([division.to_owned(), finding.metric.clone(), all.arm.clone()]);
                }
            }
        }
    }
    found
}
