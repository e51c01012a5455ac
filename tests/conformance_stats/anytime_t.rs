//! The anytime-valid t statistic.

use crate::comparison::{Outcome, object};
use crate::reading::Case;
use switchstand::stats::Alpha;
use switchstand::stats::anytime::AnytimeT;

pub(crate) fn adapt(case: &Case) -> Outcome {
    let input = &case.input;
    let alpha = Alpha::new(input.number("alpha")?).map_err(|e| e.to_string())?;
    let test = AnytimeT::new(input.number("g")?).map_err(|e| e.to_string())?;
    let (n, nu) = (input.number("n")?, input.number("nu")?);
    let se = input.number("se")?;
    // The statistic is given to 17 digits, and so is the estimate: the test on t, the interval
    // around the estimate.
    let evidence = test
        .estimate(input.number("t")?, 1.0, n, nu, alpha)
        .map_err(|e| e.to_string())?;
    let interval = test
        .estimate(0.0, se, n, nu, alpha)
        .map_err(|e| e.to_string())?
        .interval;
    let z_radius = test
        .radius_of_known_error(se, n, alpha)
        .map_err(|e| e.to_string())?;
    Ok(object([
        ("ln_e", evidence.ln_e.into()),
        ("p", evidence.p().value.into()),
        ("radius", interval.upper.into()),
        ("z_radius", z_radius.into()),
    ]))
}
