//! The mixture sequential probability ratio test.

use crate::comparison::{Outcome, Produced, object};
use crate::reading::{Case, Fields};
use switchstand::stats::Alpha;
use switchstand::stats::anytime::{MixtureSprt, Running, RunningIntersection, RunningP};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let input = &case.input;
    let alpha = Alpha::new(input.number("alpha")?).map_err(|e| e.to_string())?;
    let test = MixtureSprt::new(input.number("tau2")?.sqrt()).map_err(|e| e.to_string())?;
    match input.text("kind")? {
        "sequence" => sequence(input, test, alpha),
        _ => general(input, test, alpha),
    }
}

fn sequence(input: &Fields, test: MixtureSprt, alpha: Alpha) -> Outcome {
    let variance = input.number("variance")?;
    let null = input.number("theta0")?;
    let (mut p, mut intersection) = (RunningP::new(), RunningIntersection::new());
    let mut looks = Vec::new();
    for (n, estimate) in input.pairs("looks")? {
        let look = test
            .estimate(estimate, variance / n, null, alpha)
            .map_err(|e| e.to_string())?;
        let running = match intersection.look(look.interval) {
            Ok(Running::Agree(interval)) => (interval.lower, interval.upper).into(),
            Ok(Running::Drift(_)) => Produced::Undefined,
            Err(refusal) => return Err(refusal.to_string()),
        };
        looks.push(object([
            ("ln_lr", look.ln_e.into()),
            ("p_always", p.look(look.ln_e).value.into()),
            ("ci", (look.interval.lower, look.interval.upper).into()),
            ("ci_running", running),
        ]));
    }
    Ok(object([("looks", Produced::List(looks))]))
}

fn general(input: &Fields, test: MixtureSprt, alpha: Alpha) -> Outcome {
    let number = |key: &str| input.number(key);
    let variance = number("var_a")? / number("n_a")? + number("var_b")? / number("n_b")?;
    let look = test
        .estimate(number("diff")?, variance, 0.0, alpha)
        .map_err(|e| e.to_string())?;
    Ok(object([
        ("ln_lr", look.ln_e.into()),
        ("p", look.p().value.into()),
        ("ci", (look.interval.lower, look.interval.upper).into()),
    ]))
}
