//! Ranking: which of two models ranks the positives higher than the negatives.
//!
//! | question | function |
//! |---|---|
//! | how well do both rank, and how precise is that? | [`delong`] |
//! | does the candidate rank better? | [`PairedAreas::test`] |
//!
//! Both models score the same items, live and shadow, and the truth is known. For one look at
//! a set of items fixed beforehand.

use super::fixed_horizon::wald::Wald;
use super::ratios::less;
use super::{Alpha, Alternative, FixedHorizon, Measure, Refusal};

/// Returns the areas under two models' ROC curves, with their errors.
///
/// Both have scored the same items. The area is the probability that a positive item scores higher
/// than a negative one, ties as a half. Variances and covariance are those of the placements: for
/// each positive the share of negatives below it, for each negative the share of positives above
/// it. By midranks, `O(n log n)`.
///
/// DeLong, DeLong and Clarke-Pearson (1988), <https://doi.org/10.2307/2531595>; Sun and Xu
/// (2014), <https://doi.org/10.1109/LSP.2014.2337313>.
///
/// # Errors
/// [`Refusal::LengthMismatch`] for slices of different length, [`Refusal::NonFinite`] for NaN or
/// an infinity, [`Refusal::InsufficientData`] for fewer than two positives or negatives.
///
/// ```
/// use switchstand::stats::{Alpha, Alternative, ranking};
/// let truth = [true, false, true, true, false, false];
/// let areas = ranking::delong(
///     &truth, &[0.9, 0.8, 0.7, 0.4, 0.3, 0.1], &[0.8, 0.3, 0.9, 0.7, 0.6, 0.2],
/// )?;
/// assert!((areas.control - 7.0 / 9.0).abs() < 1e-12);
/// assert_eq!(areas.candidate, 1.0);
/// let test = areas.test(Alpha::FIVE_PERCENT, Alternative::TwoSided)?;
/// assert!(!test.is_significant());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn delong(
    is_positive: &[bool],
    control: &[f64],
    candidate: &[f64],
) -> Result<PairedAreas, Refusal> {
    for scores in [control, candidate] {
        if scores.len() != is_positive.len() {
            return Err(Refusal::unequal(
                "labels and scores",
                is_positive.len(),
                scores.len(),
            ));
        }
        if let Some(&value) = scores.iter().find(|score| !score.is_finite()) {
            return Err(Refusal::NonFinite {
                what: "score",
                value,
            });
        }
    }
    let positives = is_positive.iter().filter(|label| **label).count();
    let negatives = is_positive.len() - positives;
    for (what, found) in [("positives", positives), ("negatives", negatives)] {
        if found < 2 {
            return Err(Refusal::too_few(what, found as u64, 2));
        }
    }
    let (np, nn) = (positives as f64, negatives as f64);
    let a = placements(is_positive, control, np, nn);
    let b = placements(is_positive, candidate, np, nn);
    let area = |placements: &[f64]| {
        let of_positives = placements
            .iter()
            .zip(is_positive)
            .filter(|(_, label)| **label);
        of_positives.map(|(share, _)| share).sum::<f64>() / np
    };
    let (area_a, area_b) = (area(&a), area(&b));
    // The areas are the means of the shares, over either class.
    let covariance = |x: &[f64], at_x: f64, y: &[f64], at_y: f64| {
        let (mut of_positives, mut of_negatives) = (0.0, 0.0);
        for ((x, y), label) in x.iter().zip(y).zip(is_positive) {
            let product = (x - at_x) * (y - at_y);
            if *label {
                of_positives += product;
            } else {
                of_negatives += product;
            }
        }
        of_positives / (np - 1.0) / np + of_negatives / (nn - 1.0) / nn
    };
    Ok(PairedAreas {
        control: area_a,
        candidate: area_b,
        control_variance: covariance(&a, area_a, &a, area_a),
        candidate_variance: covariance(&b, area_b, &b, area_b),
        covariance: covariance(&a, area_a, &b, area_b),
    })
}

/// The areas under the ROC curves of two models on the same items.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PairedAreas {
    /// Area of the control.
    pub control: f64,
    /// Area of the candidate.
    pub candidate: f64,
    /// Squared standard error of the control's area.
    pub control_variance: f64,
    /// Squared standard error of the candidate's area.
    pub candidate_variance: f64,
    /// Covariance of the two areas; positive if the models err on the same items.
    pub covariance: f64,
}

/// What rounding may leave of sums over all items, relative to their sum.
const ROUNDING: f64 = 1e-14;

impl PairedAreas {
    /// Returns the standard error of the difference, 0 if the models rank alike.
    #[must_use]
    pub fn standard_error(&self) -> f64 {
        let variances = self.control_variance + self.candidate_variance;
        less(variances, 2.0 * self.covariance, ROUNDING).sqrt()
    }

    /// Tests whether the candidate's area differs, and gives the interval of the difference.
    ///
    /// `z` is the difference in standard errors, referred to the normal law: for dozens of
    /// positives and negatives, and areas that are not close to 1. The interval may reach
    /// beyond -1 and 1. p is below alpha exactly if it excludes 0.
    ///
    /// # Errors
    /// [`Refusal::ZeroVariance`] if the models rank alike.
    pub fn test(&self, alpha: Alpha, alternative: Alternative) -> Result<FixedHorizon, Refusal> {
        let standard_error = self.standard_error();
        if standard_error == 0.0 {
            return Err(Refusal::no_variance("difference of the areas"));
        }
        Wald {
            method: "DeLong test",
            measure: Measure::AreaDifference,
            what: "difference of the areas",
            effect: self.candidate - self.control,
            standard_error,
            null: 0.0,
            range: (-1.0, 1.0),
        }
        .normal(alpha, alternative)
    }
}

/// Returns the share of the other class that each item is ranked rightly against.
fn placements(is_positive: &[bool], scores: &[f64], np: f64, nn: f64) -> Vec<f64> {
    let mut items: Vec<(usize, f64, bool)> = scores
        .iter()
        .zip(is_positive)
        .enumerate()
        .map(|(index, (score, label))| (index, score + 0.0, *label))
        .collect();
    items.sort_unstable_by(|x, y| x.1.total_cmp(&y.1));
    let mut placements = vec![0.0; scores.len()];
    let (mut positives, mut negatives) = (0.0, 0.0);
    for tied in items.chunk_by(|x, y| x.1 == y.1) {
        let here = tied.iter().filter(|item| item.2).count() as f64;
        let there = tied.len() as f64 - here;
        for (index, _, label) in tied {
            let share = if *label {
                (negatives + 0.5 * there) / nn
            } else {
                (np - positives - 0.5 * here) / np
            };
            if let Some(placement) = placements.get_mut(*index) {
                *placement = share;
            }
        }
        positives += here;
        negatives += there;
    }
    placements
}
