//! Tests on two means, absolute and relative.

use crate::comparison::{Outcome, Produced, Tolerance, object};
use crate::harness;
use crate::reading::Case;
use serde_json::Value;
use switchstand::stats::means;
use switchstand::stats::{Alpha, Alternative, FixedHorizon, Interval, Moments, Refusal, Statistic};

type Test = fn(&Moments, &Moments, Alpha, Alternative) -> Result<FixedHorizon, Refusal>;

pub(crate) fn adapt(case: &Case) -> Outcome {
    let input = &case.input;
    let alpha = Alpha::new(input.number("alpha")?).map_err(|e| e.to_string())?;
    let [a, b] = arms(case)?;
    let (Some(mean_a), Some(mean_b)) = (a.mean(), b.mean()) else {
        return Ok(Produced::refused("insufficient_data"));
    };
    let diff = ("diff", Produced::Number(mean_b - mean_a));
    match means::welch(&a, &b, alpha, Alternative::TwoSided) {
        Err(Refusal::ZeroVariance { .. }) => {
            return Ok(object([diff, ("error", "zero_variance".into())]));
        }
        Err(Refusal::InsufficientData { .. }) => {
            return Ok(object([diff, ("error", "insufficient_data".into())]));
        }
        Err(other) => return Err(other.to_string()),
        Ok(_) => {}
    }
    Ok(object([
        diff,
        ("welch", t_test(means::welch, &a, &b, alpha)?),
        ("student", t_test(means::student, &a, &b, alpha)?),
        (
            "cohen_d",
            means::cohen_d(&a, &b).map_err(|e| e.to_string())?.into(),
        ),
        ("relative", relative(&a, &b, alpha)?),
    ]))
}

/// Returns the moments of both arms, from their summary or from their values.
pub(crate) fn arms(case: &Case) -> Result<[Moments; 2], String> {
    let input = &case.input;
    let summary = |n: &str, mean: &str, var: &str| {
        // A summary of no value has neither mean nor variance, of one value no variance.
        let or_zero = |key: &str| match input.number(key) {
            Ok(number) if number.is_finite() => number,
            _ => 0.0,
        };
        match input.count(n)? {
            0 => Ok(Moments::new()),
            1 => Moments::from_summary(1, input.number(mean)?, or_zero(var)),
            n => Moments::from_summary(n, input.number(mean)?, input.number(var)?),
        }
        .map_err(|e| e.to_string())
    };
    let raw = |key: &str| {
        let mut moments = Moments::new();
        moments
            .extend_from_slice(&input.numbers(key)?)
            .map_err(|e| e.to_string())?;
        Ok::<Moments, String>(moments)
    };
    match input.text("kind")? {
        "summary" => Ok([
            summary("n_a", "mean_a", "var_a")?,
            summary("n_b", "mean_b", "var_b")?,
        ]),
        _ => Ok([raw("a")?, raw("b")?]),
    }
}

fn t_test(test: Test, a: &Moments, b: &Moments, alpha: Alpha) -> Result<Produced, String> {
    let run = |alternative| test(a, b, alpha, alternative).map_err(|e| e.to_string());
    let result = run(Alternative::TwoSided)?;
    let Statistic::StudentT {
        t,
        degrees_of_freedom,
    } = result.statistic
    else {
        return Err("the statistic is not Student's t".to_owned());
    };
    Ok(object([
        ("se", result.standard_error.into()),
        ("t", t.into()),
        ("df", degrees_of_freedom.into()),
        ("ci", (result.interval.lower, result.interval.upper).into()),
        ("p_two_sided", result.p.value.into()),
        ("ln_p_two_sided", result.p.ln_p.into()),
        ("p_greater", run(Alternative::Greater)?.p.value.into()),
        ("p_less", run(Alternative::Less)?.p.value.into()),
    ]))
}

fn relative(a: &Moments, b: &Moments, alpha: Alpha) -> Result<Produced, String> {
    // The file divides by the control's mean, sign and all; here its size divides.
    let flips = a.mean().is_some_and(|mean| mean < 0.0);
    let run = |alternative| means::relative_lift(a, b, alpha, flipped(alternative, flips));
    let sign = if flips { -1.0 } else { 1.0 };
    let both = |interval: Interval| match flips {
        true => (-interval.upper, -interval.lower),
        false => (interval.lower, interval.upper),
    };
    let result = match run(Alternative::TwoSided) {
        Ok(result) => result,
        Err(Refusal::ZeroDenominator { .. } | Refusal::Overflow { .. }) => {
            return Ok(Produced::Undefined);
        }
        Err(other) => return Err(other.to_string()),
    };
    let p = |alternative| {
        run(alternative)
            .map(|r| r.p.value)
            .map_err(|e| e.to_string())
    };
    let set = means::fieller(a, b, alpha).map_err(|e| e.to_string())?;
    let z = match result.statistic {
        Statistic::Normal { z } => z,
        _ => return Err("the statistic is not normal".to_owned()),
    };
    Ok(object([
        ("lift", (sign * result.effect).into()),
        ("se", result.standard_error.into()),
        ("ci", both(result.interval).into()),
        ("z", (sign * z).into()),
        ("delta_p_two_sided", result.p.value.into()),
        ("delta_ln_p_two_sided", result.p.ln_p.into()),
        ("delta_p_greater", p(Alternative::Greater)?.into()),
        ("delta_p_less", p(Alternative::Less)?.into()),
        (
            "fieller_z_ci",
            set.interval().map(|i| Produced::from(both(i))).into(),
        ),
    ]))
}

/// Turns a direction around where the file's lift has the other sign.
pub(crate) fn flipped(alternative: Alternative, flips: bool) -> Alternative {
    match alternative {
        Alternative::Greater if flips => Alternative::Less,
        Alternative::Less if flips => Alternative::Greater,
        other => other,
    }
}

/// The file's rule: the vectors are exact sums of the data, means as `f64` are not. What a mean
/// may be off by, `s`, comes on top of 1e-12, and so does what it makes of what is derived.
pub(crate) fn tolerance(case: &Case, path: &str) -> Tolerance {
    let Ok([a, b]) = arms(case) else {
        return harness::standard(case, path);
    };
    let (mean_a, mean_b) = (a.mean().unwrap_or(0.0), b.mean().unwrap_or(0.0));
    let expected = |path: &str| lookup(&case.expected, path).and_then(Value::as_f64);
    let (group, key) = path.split_once('.').unwrap_or(("", path));
    let key = key.split('[').next().unwrap_or(key);
    let at = expected(path).unwrap_or(0.0).abs();
    let se = expected(&format!("{group}.se")).unwrap_or(1.0);
    let s = 1e-15 * (mean_a.abs() + mean_b.abs());
    let ratio = 1e-15 * (1.0 + (mean_b / mean_a).abs());
    // The file's allowances are sums: so much relative plus so much absolute.
    let plus = |absolute: f64| Tolerance::absolute(1e-12 * at + absolute);
    match (group, key) {
        ("", "diff") | ("welch" | "student", "ci") => plus(s),
        ("welch" | "student", "t" | "ln_p_two_sided") => {
            let t = expected(&format!("{group}.t")).unwrap_or(0.0).abs();
            let magnified = if key == "t" { 1.0 } else { t.max(1.0) };
            plus(1e-12 + s / se * magnified)
        }
        ("welch" | "student", "p_two_sided" | "p_greater" | "p_less") => {
            let t = expected(&format!("{group}.t")).unwrap_or(0.0).abs();
            Tolerance::relative(1e-12 + s / se * t.max(1.0))
        }
        ("relative", "lift" | "ci" | "fieller_z_ci") => plus(ratio),
        ("relative", "z") => plus(1e-12 + ratio / se),
        ("relative", "delta_ln_p_two_sided") => {
            let z = expected("relative.z").unwrap_or(0.0).abs();
            plus(1e-12 + ratio / se * z.max(1.0))
        }
        ("relative", _) if key.starts_with("delta_p") => {
            let z = expected("relative.z").unwrap_or(0.0).abs();
            Tolerance::relative(1e-12 + ratio / se * z.max(1.0))
        }
        _ => harness::standard(case, path),
    }
}

fn lookup<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.')
        .try_fold(value, |value, key| match key.split_once('[') {
            Some((name, rest)) => value
                .get(name)?
                .get(rest.trim_end_matches(']').parse::<usize>().ok()?),
            None => value.get(key),
        })
}
