//! Confidence sequences for the mean of values between 0 and 1.

use crate::comparison::{Outcome, Produced, Tolerance, object};
use crate::reading::Case;
use serde_json::Value;
use switchstand::stats::anytime::{
    BettingCapital, EmpiricalBernstein, Running, RunningIntersection, hedged_interval,
    hoeffding_interval, rate_interval,
};
use switchstand::stats::{Alpha, Counts, Interval, Refusal};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let values = case.input.numbers("x")?;
    let alpha = Alpha::new(case.input.number("alpha")?).map_err(|e| e.to_string())?;
    let t_opt = case.input.count("t_opt")?;
    let expected = case.expected.get("at").and_then(Value::as_array);
    let looks = expected.ok_or("nothing is expected")?;
    let at = |look: &Value| {
        let t = look
            .get("t")
            .and_then(Value::as_u64)
            .ok_or("a look has no t")?;
        let nulls = look.get("ln_capital").and_then(Value::as_object);
        let nulls: Vec<&String> = nulls.map(|map| map.keys().collect()).unwrap_or_default();
        let so_far = &values[..t as usize];
        produce(so_far, alpha, t_opt, &nulls, &values).map_err(|e| e.to_string())
    };
    let at: Result<Vec<Produced>, String> = looks.iter().map(at).collect();
    Ok(object([("at", Produced::List(at?))]))
}

fn produce(
    so_far: &[f64],
    alpha: Alpha,
    t_opt: u64,
    nulls: &[&String],
    all: &[f64],
) -> Result<Produced, Refusal> {
    let mut bernstein = EmpiricalBernstein::new(alpha);
    let mut intersection = RunningIntersection::new();
    // The file's running interval starts from the whole range, and crosses where it is empty.
    let mut running = Running::Agree(bernstein.interval());
    for &value in so_far {
        bernstein.record(value)?;
        running = intersection.look(bernstein.interval())?;
    }
    let n = so_far.len() as u64;
    let mean = so_far.iter().sum::<f64>() / n as f64;
    let capital = |null: &&String| {
        let value: f64 = null.parse().unwrap();
        let mut bettor = BettingCapital::new(value, alpha)?;
        so_far.iter().try_for_each(|&x| bettor.record(x))?;
        let capital = bettor.capital();
        let both = [
            ("plus", capital.ln_above.into()),
            ("minus", capital.ln_below.into()),
        ];
        Ok(((*null).clone(), object(both)))
    };
    let capitals: Result<_, Refusal> = nulls.iter().map(capital).collect();
    let mut produced = object([
        ("t", n.into()),
        ("predmix_eb", bounds(bernstein.interval())),
        (
            "predmix_eb_running",
            match running {
                Running::Agree(interval) | Running::Drift(interval) => bounds(interval),
            },
        ),
        ("hedged", bounds(hedged_interval(so_far, alpha)?)),
        ("ln_capital", Produced::Object(capitals?)),
        (
            "hoeffding_mix",
            match n {
                0 => (0.0, 1.0).into(),
                _ => bounds(hoeffding_interval(n, mean, t_opt, alpha)?),
            },
        ),
    ]);
    if all.iter().all(|&x| x == 0.0 || x == 1.0) {
        let successes = so_far.iter().filter(|&&x| x == 1.0).count() as u64;
        let interval = match n {
            0 => (0.0, 1.0).into(),
            _ => bounds(rate_interval(&Counts::new(successes, n)?, alpha)?),
        };
        produced = produced.with("bernoulli_mix", interval);
    }
    Ok(produced)
}

fn bounds(interval: Interval) -> Produced {
    (interval.lower, interval.upper).into()
}

/// The file states 1e-9 absolute on endpoints, 1e-12 max(1, |expected|) on logarithms.
pub(crate) fn tolerance(_: &Case, path: &str) -> Tolerance {
    if path.contains("ln_capital") {
        Tolerance::relative(1e-12).or_absolute(1e-12)
    } else {
        Tolerance::absolute(1e-9)
    }
}
