//! E-values: calibrated, combined, and several at once.

use crate::comparison::{Outcome, Produced, object};
use crate::reading::Case;
use switchstand::stats::evidence::{self, EValue};
use switchstand::stats::{PValue, Refusal, multiplicity};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let input = &case.input;
    if input.has("p") {
        let p = PValue::try_from(input.number("p")?).map_err(refused)?;
        return Ok(object([
            (
                "p_to_e_kappa",
                calibrated(evidence::from_p(p, input.number("kappa")?))?,
            ),
            ("p_to_e_mix", calibrated(evidence::from_p_mixed(p))?),
        ]));
    }
    let e = input.numbers("e")?;
    let e: Result<Vec<EValue>, Refusal> = e.into_iter().map(EValue::new).collect();
    let e = e.map_err(refused)?;
    let alpha = input.number("alpha")?;
    let rejected = multiplicity::e_benjamini_hochberg(&e).into_iter();
    let rejected: Vec<Produced> = rejected.map(|p| (p <= alpha).into()).collect();
    let p: Vec<f64> = e.iter().map(|e| e.p().value).collect();
    Ok(object([
        ("mean", evidence::mean(&e).map_err(refused)?.get().into()),
        (
            "ln_product",
            evidence::product(&e).map_err(refused)?.ln().into(),
        ),
        ("p", p.into()),
        ("rejected", rejected.into()),
    ]))
}

/// The crate refuses a p-value of 0, of which the file says that its e-value is infinite.
fn calibrated(e: Result<EValue, Refusal>) -> Outcome {
    match e {
        Ok(e) => Ok(e.get().into()),
        Err(Refusal::OutOfRange { value: 0.0, .. }) => Ok(f64::INFINITY.into()),
        Err(other) => Err(other.to_string()),
    }
}
