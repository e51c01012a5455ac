//! The sequential check of the sample ratio.

use crate::comparison::{Outcome, Produced, Tolerance, object};
use crate::reading::Case;
use switchstand::stats::Alpha;
use switchstand::stats::anytime::{RunningP, SampleRatioProcess};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let input = &case.input;
    let alpha = Alpha::new(input.number("alpha")?).map_err(|e| e.to_string())?;
    let weights = input.numbers("theta0")?;
    let mut process = SampleRatioProcess::with_concentration(&weights, input.number("k")?)
        .map_err(|e| e.to_string())?;
    let mut p = RunningP::new();
    let mut looks = Vec::new();
    for increment in input.count_rows("increments")? {
        for (arm, &units) in increment.iter().enumerate() {
            process.record(arm, units).map_err(|e| e.to_string())?;
        }
        let ln_e = process.ln_e();
        looks.push(object([
            ("ln_bf", ln_e.into()),
            ("p", p.look(ln_e).value.into()),
        ]));
    }
    let mut produced = object([("looks", Produced::List(looks))]);
    for (key, interval) in [
        ("theta_ci", process.interval(alpha)),
        ("log_rate_ratio_ci", process.ln_rate_ratio_interval(alpha)),
    ] {
        if let Some(interval) = interval {
            produced = produced.with(key, (interval.lower, interval.upper));
        }
    }
    Ok(produced)
}

/// The file states 1e-12 max(1, |expected|) + 1e-14 N on ln_bf, N the events up to the look, the
/// same on p as a relative difference, 1e-9 absolute on intervals.
pub(crate) fn tolerance(case: &Case, path: &str) -> Tolerance {
    let index = |path: &str| {
        path.strip_prefix("looks[")?
            .split(']')
            .next()?
            .parse::<usize>()
            .ok()
    };
    let Some(look) = index(path) else {
        return Tolerance::absolute(1e-9);
    };
    let increments = case.input.count_rows("increments").unwrap_or_default();
    let events: u64 = increments.iter().take(look + 1).flatten().sum();
    let amount = 1e-12 + 1e-14 * events as f64;
    if path.ends_with(".p") {
        Tolerance::relative(amount)
    } else {
        Tolerance::relative(1e-12).or_absolute(amount)
    }
}
