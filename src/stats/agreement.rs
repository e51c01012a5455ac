//! Agreement of two models, or two judges, on categories.
//!
//! Equal accuracy does not mean equal answers, and much agreement may be chance: two models that
//! say "no" to 95 random requests of 100 agree on 90 of them. Kappa corrects for that. A model
//! whose answers vary from run to run does not agree with itself: measure that first, by the matrix
//! of two runs of the control, and compare the candidate with it.

mod confusion_matrix;

pub use confusion_matrix::ConfusionMatrix;

use super::fixed_horizon::law::{normal_p, normal_reach};
use super::{Alpha, Alternative, FixedHorizon, Interval, Measure, Refusal, Statistic};

/// The weight of a disagreement, by the distance of the categories.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Weights {
    /// None: categories have no order.
    #[default]
    Identity,
    /// `1 - |i - j| / (k - 1)`: every step costs the same.
    Linear,
    /// `1 - (i - j)^2 / (k - 1)^2`: large disagreements cost more than their distance.
    Quadratic,
}

impl Weights {
    fn weight(self, i: usize, j: usize, k: usize) -> f64 {
        let distance = i.abs_diff(j) as f64 / (k - 1) as f64;
        match self {
            Weights::Identity => f64::from(u8::from(i == j)),
            Weights::Linear => 1.0 - distance,
            Weights::Quadratic => 1.0 - distance * distance,
        }
    }
}

/// Cohen's kappa and what it is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Kappa {
    /// Kappa with its interval, and the test of agreement by chance alone.
    pub test: FixedHorizon,
    /// Weighted share of requests on which the two agree.
    pub observed_agreement: f64,
    /// What that share would be if they answered independently with the same frequencies.
    pub expected_agreement: f64,
    /// Standard error of kappa if they did, which the test uses.
    pub null_standard_error: f64,
}

/// Returns Cohen's kappa, the agreement beyond chance.
///
/// `(p_o - p_e) / (1 - p_e)` of the observed and the expected weighted agreement: 1 for perfect
/// agreement, 0 for chance, below 0 for less. The interval uses the standard error at the observed
/// table, the test the one under independence, both by Fleiss, Cohen and Everitt. If agreement by
/// chance cannot vary, as when one side gives only one answer, observed and expected agreement are
/// equal for every table: then kappa, both errors and z are 0, p is 1, and the result says nothing.
/// The interval may exceed 1. If one category dominates, kappa is low although agreement is high:
/// then look at [`pabak`], too.
///
/// Cohen (1960), <https://doi.org/10.1177/001316446002000104>; Fleiss, Cohen and Everitt (1969),
/// <https://doi.org/10.1037/h0028106>.
///
/// # Errors
/// [`Refusal::InsufficientData`] for an empty matrix, [`Refusal::ZeroVariance`] if both sides
/// give one and the same answer only, so that chance alone agrees always.
///
/// ```
/// use switchstand::stats::Alpha;
/// use switchstand::stats::agreement::{ConfusionMatrix, Weights, cohen_kappa};
/// let matrix = ConfusionMatrix::from_rows(&[[44, 5, 1], [7, 20, 3], [9, 5, 6]])?;
/// let kappa = cohen_kappa(&matrix, Weights::Identity, Alpha::FIVE_PERCENT)?;
/// assert!((kappa.test.effect - 0.4915).abs() < 1e-4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn cohen_kappa(
    matrix: &ConfusionMatrix,
    weights: Weights,
    alpha: Alpha,
) -> Result<Kappa, Refusal> {
    let n = total(matrix)?;
    let k = matrix.categories();
    let (rows, columns) = (matrix.row_sums(), matrix.column_sums());
    let weight = |i: usize, j: usize| weights.weight(i, j, k);
    let cells = || {
        matrix
            .cells()
            .map(|(i, j, count)| (i, j, count as f64 / n, weight(i, j)))
    };
    let chance = || {
        rows.iter().enumerate().flat_map(|(i, &row)| {
            let columns = columns.iter().enumerate();
            columns
                .map(move |(j, &column)| (i, j, row as f64 / n * (column as f64 / n), weight(i, j)))
        })
    };
    // In disagreements: exact at perfect agreement, and 1 - p_e keeps its digits.
    let missed: f64 = cells().map(|(_, _, p, w)| p * (1.0 - w)).sum();
    let missed_by_chance: f64 = chance().map(|(_, _, p, w)| p * (1.0 - w)).sum();
    if missed_by_chance == 0.0 {
        return Err(Refusal::no_variance("answer of both sides"));
    }
    let kappa = 1.0 - missed / missed_by_chance;

    let row_means: Vec<f64> = (0..k)
        .map(|i| {
            let columns = columns.iter().enumerate();
            columns
                .map(|(j, &column)| column as f64 / n * weight(i, j))
                .sum()
        })
        .collect();
    let column_means: Vec<f64> = (0..k)
        .map(|j| {
            let rows = rows.iter().enumerate();
            rows.map(|(i, &row)| row as f64 / n * weight(i, j)).sum()
        })
        .collect();
    let margin = |i: usize, j: usize| {
        row_means.get(i).copied().unwrap_or(0.0) + column_means.get(j).copied().unwrap_or(0.0)
    };
    let deviation = |terms: &[(f64, f64)]| {
        let mean: f64 = terms.iter().map(|(p, x)| p * x).sum();
        let squares = terms.iter().map(|(p, x)| p * (x - mean) * (x - mean));
        (squares.sum::<f64>() / n).sqrt() / missed_by_chance
    };
    let terms: Vec<(f64, f64)> = cells()
        .map(|(i, j, p, w)| (p, w - margin(i, j) * (1.0 - kappa)))
        .collect();
    let standard_error = deviation(&terms);
    let terms: Vec<(f64, f64)> = chance().map(|(i, j, p, w)| (p, w - margin(i, j))).collect();
    let null_standard_error = deviation(&terms);
    // One side's only answer, or linear weights and no category in common, make the weights
    // sums of a row's and a column's part: nothing is left to vary but rounding.
    let can_vary = null_standard_error * n.sqrt() >= 1e-12;
    let of_it = |number: f64| if can_vary { number } else { 0.0 };
    let (kappa, standard_error) = (of_it(kappa), of_it(standard_error));
    let null_standard_error = of_it(null_standard_error);
    let alternative = Alternative::TwoSided;
    let z = of_it(kappa / null_standard_error);
    let reach = normal_reach(alpha, alternative) * standard_error;
    Ok(Kappa {
        test: FixedHorizon {
            method: match weights {
                Weights::Identity => "Cohen's kappa",
                Weights::Linear => "Cohen's kappa, linear weights",
                Weights::Quadratic => "Cohen's kappa, quadratic weights",
            },
            measure: Measure::Agreement,
            effect: kappa,
            standard_error,
            interval: Interval::new(kappa - reach, kappa + reach, alpha),
            null: 0.0,
            alternative,
            alpha,
            statistic: Statistic::Normal { z },
            p: normal_p(z, alternative),
        },
        observed_agreement: cells().map(|(_, _, p, w)| p * w).sum(),
        expected_agreement: chance().map(|(_, _, p, w)| p * w).sum(),
        null_standard_error,
    })
}

/// Returns the prevalence- and bias-adjusted kappa, `(k p_o - 1) / (k - 1)`.
///
/// It is what kappa would be if all k categories were equally frequent on both sides. It depends
/// only on plain agreement, so it does not fall if one category dominates.
///
/// Byrt, Bishop and Carlin (1993), <https://doi.org/10.1016/0895-4356(93)90018-V>.
///
/// # Errors
/// [`Refusal::InsufficientData`] for an empty matrix.
pub fn pabak(matrix: &ConfusionMatrix) -> Result<f64, Refusal> {
    let n = total(matrix)?;
    let k = matrix.categories() as f64;
    let same = matrix.cells().filter(|(i, j, _)| i == j);
    let agreed: u64 = same.map(|(_, _, count)| count).sum();
    Ok((k * agreed as f64 - n) / (n * (k - 1.0)))
}

fn total(matrix: &ConfusionMatrix) -> Result<f64, Refusal> {
    match matrix.n() {
        0 => Err(Refusal::too_few("confusion matrix", 0, 1)),
        n => Ok(n as f64),
    }
}
