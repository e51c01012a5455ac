//! Agreement beyond chance.

use crate::comparison::{Outcome, Produced, object, refusal};
use crate::reading::Case;
use switchstand::stats::agreement::{self, ConfusionMatrix, Weights};
use switchstand::stats::{Alpha, Refusal, Statistic};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let rows = case.input.count_rows("table")?;
    let matrix = ConfusionMatrix::from_rows(&rows).map_err(|e| e.to_string())?;
    if matrix.n() == 0 {
        let nothing = Refusal::InsufficientData {
            what: "matrix",
            found: 0,
            needed: 1,
        };
        return refusal(case, &nothing);
    }
    Ok(object([
        ("unweighted", kappa(&matrix, Weights::Identity)?),
        ("linear", kappa(&matrix, Weights::Linear)?),
        ("quadratic", kappa(&matrix, Weights::Quadratic)?),
        (
            "pabak",
            agreement::pabak(&matrix).map_err(|e| e.to_string())?.into(),
        ),
    ]))
}

fn kappa(matrix: &ConfusionMatrix, weights: Weights) -> Result<Produced, String> {
    let kappa = match agreement::cohen_kappa(matrix, weights, Alpha::FIVE_PERCENT) {
        Ok(kappa) => kappa,
        Err(Refusal::ZeroVariance { .. }) => return Ok(Produced::Undefined),
        Err(other) => return Err(other.to_string()),
    };
    let Statistic::Normal { z } = kappa.test.statistic else {
        return Err("the statistic is not normal".to_owned());
    };
    // The file has no z where the error under chance is 0.
    let z = (kappa.null_standard_error > 0.0).then_some(z);
    let interval = kappa.test.interval;
    Ok(object([
        ("kappa", kappa.test.effect.into()),
        ("po", kappa.observed_agreement.into()),
        ("pe", kappa.expected_agreement.into()),
        ("se", kappa.test.standard_error.into()),
        ("se0", kappa.null_standard_error.into()),
        ("ci95", (interval.lower, interval.upper).into()),
        ("z", z.into()),
    ]))
}
