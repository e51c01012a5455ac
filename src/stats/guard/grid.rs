//! Likelihood ratios of the split of bad events, mixed over a few rate ratios.

use super::margins::check_ratio;
use super::{Stage, StageTally};
use crate::stats::Refusal;

/// The rate ratios over which the evidence for harm and for safety is averaged.
///
/// Ratios for harm lie above the harm boundary, those for safety between 0 and the safe boundary.
/// The average is over whole likelihood ratios, with equal weights. The default for harm is 1.25,
/// 1.5, 2, 3, 5, 10; for safety 0.1, 0.2, 1/3, 0.5, 2/3, 0.8 times the safe boundary.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct RatioGrid {
    /// Ratios that would be harm, each above the harm boundary.
    pub harm: Vec<f64>,
    /// Ratios that would be safe, each between 0 and the safe boundary.
    pub safe: Vec<f64>,
}

impl RatioGrid {
    /// How many ratios one side may have.
    pub const MAX_RATIOS: usize = 64;

    /// Returns a grid of these ratios; a [`RateTest`](super::RateTest) checks where they lie.
    #[must_use]
    pub fn new(harm: &[f64], safe: &[f64]) -> RatioGrid {
        RatioGrid {
            harm: harm.to_vec(),
            safe: safe.to_vec(),
        }
    }

    /// Returns the default grid for a test whose safe boundary is `safe`.
    #[must_use]
    pub fn below(safe: f64) -> RatioGrid {
        let fractions = [0.1, 0.2, 1.0 / 3.0, 0.5, 2.0 / 3.0, 0.8];
        RatioGrid {
            harm: vec![1.25, 1.5, 2.0, 3.0, 5.0, 10.0],
            safe: fractions.iter().map(|fraction| fraction * safe).collect(),
        }
    }
}

/// An equal-weight mixture of likelihood ratios against one boundary.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RatioMixture {
    boundary: f64,
    points: Vec<Point>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    ratio: f64,
    ln_over_boundary: f64,
}

impl RatioMixture {
    pub(crate) fn above(boundary: f64, ratios: &[f64]) -> Result<RatioMixture, Refusal> {
        RatioMixture::of("the harm grid", boundary, ratios, |ratio| ratio > boundary)
    }

    pub(crate) fn below(boundary: f64, ratios: &[f64]) -> Result<RatioMixture, Refusal> {
        let inside = |ratio| 0.0 < ratio && ratio < boundary;
        RatioMixture::of("the safe grid", boundary, ratios, inside)
    }

    fn of(
        what: &'static str,
        boundary: f64,
        ratios: &[f64],
        inside: impl Fn(f64) -> bool,
    ) -> Result<RatioMixture, Refusal> {
        let limit = RatioGrid::MAX_RATIOS;
        for &value in ratios {
            Refusal::require_finite(what, value)?;
        }
        let (fits, found) = ((1..=limit).contains(&ratios.len()), ratios.len() as f64);
        Refusal::require(fits, what, found, "a grid of 1 to 64 ratios")?;
        for &value in ratios {
            check_ratio(what, value)?;
        }
        for &value in ratios {
            let expected = "a ratio on its own side of the boundary";
            Refusal::require(inside(value), what, value, expected)?;
        }
        Ok(RatioMixture::of_checked(boundary, ratios))
    }

    /// Returns the same mixture for events thinned so that the boundary is a ratio of 1.
    pub(crate) fn relative(&self) -> RatioMixture {
        let ratios: Vec<f64> = self
            .points
            .iter()
            .map(|point| point.ratio / self.boundary)
            .collect();
        RatioMixture::of_checked(1.0, &ratios)
    }

    /// Returns the mixture of ratios that are known to lie on their side of the boundary.
    pub(crate) fn of_checked(boundary: f64, ratios: &[f64]) -> RatioMixture {
        let point = |&ratio: &f64| Point {
            ratio,
            ln_over_boundary: (ratio / boundary).ln(),
        };
        let points = ratios.iter().map(point).collect();
        RatioMixture { boundary, points }
    }

    /// Returns the logarithm of the mean of the likelihood ratios.
    pub(crate) fn ln_e(&self, tally: &StageTally) -> f64 {
        let (mut largest, mut sum) = (f64::NEG_INFINITY, 0.0);
        for point in &self.points {
            let term = self.ln_term(point, tally);
            if term > largest {
                sum = sum * (largest - term).exp() + 1.0;
                largest = term;
            } else {
                sum += (term - largest).exp();
            }
        }
        largest + (sum / self.points.len() as f64).ln()
    }

    /// Returns each ratio, with its log likelihood ratio against the boundary.
    pub(crate) fn terms(&self, tally: &StageTally) -> Vec<(f64, f64)> {
        let term = |point: &Point| (point.ratio, self.ln_term(point, tally));
        self.points.iter().map(term).collect()
    }

    fn ln_term(&self, point: &Point, tally: &StageTally) -> f64 {
        let of_stage = |stage: &Stage| {
            let share = stage.share.get();
            let at_boundary = share * self.boundary + (1.0 - share);
            let shift = share * (point.ratio - self.boundary) / at_boundary;
            stage.candidate as f64 * point.ln_over_boundary - stage.events() * shift.ln_1p()
        };
        tally.stages().iter().map(of_stage).sum()
    }
}
