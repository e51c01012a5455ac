//! Two rates by the arm of each unit's first event.

use crate::comparison::{Outcome, Tolerance, object};
use crate::reading::Case;
use switchstand::stats::anytime::{LabelProcess, rate_interval};
use switchstand::stats::{Alpha, Counts, Refusal};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let input = &case.input;
    let alpha = |factor: f64| -> Result<Alpha, String> {
        Alpha::new(factor * input.number("alpha")?).map_err(|e| e.to_string())
    };
    let counts = |arm: &str| -> Result<Counts, String> {
        let events = input.count(&format!("events_{arm}"))?;
        Counts::new(events, input.count(&format!("units_{arm}"))?).map_err(refused)
    };
    let (control, candidate) = (counts("control")?, counts("candidate")?);
    let (a, b) = (control.successes(), candidate.successes());
    let process = LabelProcess::new(input.number("share")?).map_err(refused)?;
    let mut both = control;
    both.merge(&candidate).map_err(refused)?;
    let rates = rate_interval(&both, alpha(0.2)?).map_err(refused)?;
    let ratios = process.ratio_interval(a, b, alpha(1.0)?);
    let difference = process
        .difference_interval(&control, &candidate, alpha(1.0)?)
        .map_err(refused)?;
    Ok(object([
        ("ln_e", process.ln_e(a, b).into()),
        ("ln_p", process.p(a, b).ln_p.into()),
        ("p", process.p(a, b).value.into()),
        ("ratio", process.ratio(a, b).into()),
        ("ratio_lower", ratios.lower.into()),
        ("ratio_upper", ratios.upper.into()),
        ("rate_lower", rates.lower.into()),
        ("rate_upper", rates.upper.into()),
        ("difference_lower", difference.lower.into()),
        ("difference_upper", difference.upper.into()),
    ]))
}

/// The file states 1e-10 max(1, |expected|) on logarithms, 1e-9 on p, 1e-8 or 1e-12 on ends.
pub(crate) fn tolerance(_: &Case, path: &str) -> Tolerance {
    match path {
        "ln_e" | "ln_p" => Tolerance::relative(1e-10).or_absolute(1e-10),
        "p" => Tolerance::relative(1e-9),
        _ => Tolerance::relative(1e-8).or_absolute(1e-12),
    }
}
