//! Moments to the fourth, all at once and merged from parts.

use crate::comparison::{Outcome, Produced, Tolerance, object};
use crate::reading::Case;
use switchstand::stats::{HigherMoments, Moments};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let values = values(case)?;
    let mut cuts = vec![0];
    cuts.extend(case.input.counts("merge_at")?.iter().map(|&at| at as usize));
    cuts.push(values.len());
    let mut merged = Moments::new();
    let mut higher = HigherMoments::new();
    for window in cuts.windows(2) {
        let part = &values[window[0]..window[1]];
        let (mut simple, mut full) = (Moments::new(), HigherMoments::new());
        simple.extend_from_slice(part).map_err(|e| e.to_string())?;
        full.extend_from_slice(part).map_err(|e| e.to_string())?;
        merged.merge(&simple).map_err(|e| e.to_string())?;
        higher.merge(&full).map_err(|e| e.to_string())?;
    }
    let mut stream = Moments::new();
    for &value in &values {
        stream.record(value).map_err(|e| e.to_string())?;
    }
    // The simple moments answer under the file's names, and must agree with the full ones; the
    // stream is compared by the laws, its worst value here.
    let mean = furthest(case, "mean", [merged.mean(), stream.mean(), higher.mean()]);
    let var = furthest(
        case,
        "var",
        [merged.variance(), stream.variance(), higher.variance()],
    );
    let sd = furthest(
        case,
        "sd",
        [
            merged.standard_deviation(),
            stream.standard_deviation(),
            higher.standard_deviation(),
        ],
    );
    let expected = case.expected.get("certified");
    Ok(object([
        ("n", higher.n().into()),
        ("mean", mean),
        ("var", var),
        ("sd", sd),
        ("skew", higher.skewness().into()),
        ("ex_kurt", higher.excess_kurtosis().into()),
        ("min", higher.min().into()),
        ("max", higher.max().into()),
        ("certified", information(expected)),
    ]))
}

/// The file's rule: with kappa = |mean| / sd, the mean within 1e-12 relative + 1e-15 max|x|, the
/// variance within 1e-12 + 1e-15 kappa, the shape within 1e-12 (1 + |expected|) + 1e-15 kappa.
pub(crate) fn tolerance(case: &Case, path: &str) -> Tolerance {
    let number = |key: &str| case.expected.get(key).and_then(serde_json::Value::as_f64);
    let sd = number("sd").unwrap_or(0.0);
    let mean = number("mean").unwrap_or(0.0).abs();
    let kappa = if sd > 0.0 { mean / sd } else { 0.0 };
    let expected = number(path).unwrap_or(0.0).abs();
    match path {
        "mean" => {
            let largest = number("max").unwrap_or(0.0).abs();
            let largest = largest.max(number("min").unwrap_or(0.0).abs());
            Tolerance::absolute(1e-12 * mean + 1e-15 * largest)
        }
        "var" | "sd" => Tolerance::relative(1e-12 + 1e-15 * kappa),
        "skew" | "ex_kurt" => Tolerance::absolute(1e-12 * (1.0 + expected) + 1e-15 * kappa),
        _ => Tolerance::relative(0.0),
    }
}

/// Returns whichever of the three ways is furthest from the expected value.
fn furthest(case: &Case, key: &str, found: [Option<f64>; 3]) -> Produced {
    let expected = case.expected.get(key).and_then(serde_json::Value::as_f64);
    let distance = |value: Option<f64>| match (value, expected) {
        (Some(value), Some(expected)) => (value - expected).abs(),
        (None, None) => 0.0,
        _ => f64::INFINITY,
    };
    found
        .into_iter()
        .max_by(|&x, &y| distance(x).total_cmp(&distance(y)))
        .flatten()
        .into()
}

/// Hands back the certified values: they are information, not an output.
fn information(expected: Option<&serde_json::Value>) -> Produced {
    let read = |key: &str| expected.and_then(|value| value.get(key));
    let number = |key: &str| read(key).and_then(serde_json::Value::as_f64);
    object([
        (
            "name",
            read("name").and_then(serde_json::Value::as_str).into(),
        ),
        ("mean", number("mean").into()),
        ("sd", number("sd").into()),
    ])
}

/// Reads `x`, or the one form of generator that the file has: `[h] + [p,q]*500`.
fn values(case: &Case) -> Result<Vec<f64>, String> {
    if case.input.has("x") {
        return case.input.numbers("x");
    }
    let text = case.input.text("generator")?;
    let mut values = Vec::new();
    for part in text.split('+') {
        let (list, times) = part.trim().split_once('*').unwrap_or((part.trim(), "1"));
        let times: usize = times.parse().map_err(|_| format!("generator {text}"))?;
        let numbers: Vec<f64> = serde_json::from_str(list).map_err(|e| e.to_string())?;
        for _ in 0..times {
            values.extend_from_slice(&numbers);
        }
    }
    Ok(values)
}
