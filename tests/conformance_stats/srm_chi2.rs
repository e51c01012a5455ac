//! Sizes of the arms against their weights.

use crate::comparison::{Outcome, Tolerance, object, refusal};
use crate::reading::Case;
use serde_json::Value;
use switchstand::stats::sample_ratio;

pub(crate) fn adapt(case: &Case) -> Outcome {
    let counts = case.input.counts("counts")?;
    let weights = case.input.numbers("weights")?;
    let pearson = match sample_ratio::chi_squared(&counts, &weights) {
        Ok(pearson) => pearson,
        Err(refused) => return refusal(case, &refused),
    };
    let g = sample_ratio::g_test(&counts, &weights).map_err(|e| e.to_string())?;
    let mut produced = object([
        ("chi2", pearson.statistic.into()),
        ("df", pearson.degrees_of_freedom.into()),
        ("p", pearson.p.value.into()),
        ("ln_p", pearson.p.ln_p.into()),
        ("g", g.statistic.into()),
        ("p_g", g.p.value.into()),
        ("ln_p_g", g.p.ln_p.into()),
    ]);
    if let (&[a, b], &[wa, wb]) = (&counts[..], &weights[..]) {
        let exact = sample_ratio::exact_binomial([a, b], [wa, wb]).map_err(|e| e.to_string())?;
        let z = sample_ratio::z_of_first_arm(&counts, &weights).map_err(|e| e.to_string())?;
        produced = produced
            .with("binomial_exact_two_sided", exact.value)
            .with("z", z);
    }
    Ok(produced)
}

/// The file's rule: 1e-12 max(1, |expected|) on statistics and logarithms; p-values within
/// 1e-12 relative plus what their logarithm may be off by.
pub(crate) fn tolerance(case: &Case, path: &str) -> Tolerance {
    let allowed = |key: &str| {
        let expected = case
            .expected
            .get(key)
            .and_then(Value::as_f64)
            .unwrap_or(0.0);
        1e-12 * expected.abs().max(1.0)
    };
    match path {
        "chi2" | "g" | "z" | "ln_p" | "ln_p_g" => Tolerance::absolute(allowed(path)),
        "p" => Tolerance::relative(1e-12 + allowed("ln_p")),
        "p_g" => Tolerance::relative(1e-12 + allowed("ln_p_g")),
        _ => Tolerance::relative(1e-12),
    }
}
