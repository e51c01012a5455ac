//! Asymptotic confidence sequences, two- and one-sided.

use crate::comparison::{Outcome, Produced, object};
use crate::reading::Case;
use switchstand::stats::anytime::AsymptoticSequence;
use switchstand::stats::{Alpha, Alternative, Refusal};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let input = &case.input;
    let alpha = Alpha::new(input.number("alpha")?).map_err(|e| e.to_string())?;
    let sequence =
        AsymptoticSequence::new(input.count("n_opt")?, alpha).map_err(|e| e.to_string())?;
    let look = |row: &Vec<f64>| {
        let [n, estimate, variance] = row[..] else {
            return Err("a look has three numbers".to_owned());
        };
        let estimate = |side| sequence.estimate(estimate, variance, n as u64, side);
        let two_sided = match estimate(Alternative::TwoSided) {
            Err(Refusal::ZeroVariance { .. }) => return Ok(Produced::Undefined),
            other => other.map_err(|e| e.to_string())?,
        };
        let one_sided = estimate(Alternative::Greater).map_err(|e| e.to_string())?;
        let ci = (two_sided.interval.lower, two_sided.interval.upper);
        Ok(object([
            ("ci", ci.into()),
            ("ln_e", two_sided.ln_e.into()),
            ("p", two_sided.p().value.into()),
            ("lower_bound", one_sided.interval.lower.into()),
            ("p_one_sided", one_sided.p().value.into()),
        ]))
    };
    let rows = input.rows("looks")?;
    let looks: Result<_, String> = rows.iter().map(look).collect();
    Ok(object([
        ("rho", sequence.rho().into()),
        ("rho_one_sided", sequence.rho_one_sided().into()),
        ("looks", Produced::List(looks?)),
    ]))
}
