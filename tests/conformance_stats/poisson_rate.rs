//! Two event rates.

use crate::comparison::{Outcome, Produced, Tolerance, object};
use crate::harness;
use crate::reading::Case;
use switchstand::stats::rates::{self, Events};
use switchstand::stats::{Alpha, Alternative, FixedHorizon, Refusal, Statistic};

type Test = fn(&Events, &Events, Alpha, Alternative) -> Result<FixedHorizon, Refusal>;

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let input = &case.input;
    let alpha = Alpha::new(input.number("alpha")?).map_err(|e| e.to_string())?;
    let a = Events::new(input.count("c_a")?, input.number("e_a")?).map_err(refused)?;
    let b = Events::new(input.count("c_b")?, input.number("e_b")?).map_err(refused)?;
    let exact = |alternative| rates::exact(&a, &b, alpha, alternative).map_err(refused);
    let two_sided = exact(Alternative::TwoSided)?;
    let mid = rates::exact_mid_p(&a, &b, alpha, Alternative::TwoSided).map_err(refused)?;
    let wald = match rates::log_ratio(&a, &b, alpha) {
        Ok(estimate) => {
            let test = estimate.test(Alternative::TwoSided).map_err(refused)?;
            object([
                ("log_ratio", estimate.ratio.ln().into()),
                ("se", estimate.ln_standard_error.into()),
                ("z", z(&test).into()),
                ("p_two_sided", test.p.value.into()),
                (
                    "ratio_ci",
                    (estimate.interval.lower, estimate.interval.upper).into(),
                ),
            ])
        }
        Err(Refusal::ZeroDenominator { .. }) => Produced::Undefined,
        Err(other) => return Err(other.to_string()),
    };
    Ok(object([
        ("rate_a", a.rate().into()),
        ("rate_b", b.rate().into()),
        ("p_exact_central", two_sided.p.value.into()),
        ("ln_p_exact_central", two_sided.p.ln_p.into()),
        ("p_exact_midp", mid.p.value.into()),
        ("p_greater", exact(Alternative::Greater)?.p.value.into()),
        ("p_less", exact(Alternative::Less)?.p.value.into()),
        (
            "ratio_ci_exact",
            (two_sided.interval.lower, two_sided.interval.upper).into(),
        ),
        ("score", z_test(rates::score, &a, &b, alpha)?),
        ("sqrt", z_test(rates::variance_stabilised, &a, &b, alpha)?),
        ("wald", wald),
    ]))
}

fn z_test(test: Test, a: &Events, b: &Events, alpha: Alpha) -> Result<Produced, String> {
    let run = |alternative| test(a, b, alpha, alternative);
    let two_sided = match run(Alternative::TwoSided) {
        Ok(result) => result,
        Err(Refusal::ZeroVariance { .. }) => return Ok(Produced::Undefined),
        Err(other) => return Err(other.to_string()),
    };
    let p = |alternative| {
        run(alternative)
            .map(|r| r.p.value)
            .map_err(|e| e.to_string())
    };
    Ok(object([
        ("z", z(&two_sided).into()),
        ("p_two_sided", two_sided.p.value.into()),
        ("ln_p_two_sided", two_sided.p.ln_p.into()),
        ("p_greater", p(Alternative::Greater)?.into()),
        ("p_less", p(Alternative::Less)?.into()),
    ]))
}

fn z(test: &FixedHorizon) -> Option<f64> {
    match test.statistic {
        Statistic::Normal { z } => Some(z),
        _ => None,
    }
}

/// The file's rule: exact p-values of more than 1000 events to 1e-10.
pub(crate) fn tolerance(case: &Case, path: &str) -> Tolerance {
    let count = |key| case.input.count(key).unwrap_or(0);
    let many = count("c_a") + count("c_b") > 1000;
    match path {
        "p_exact_central" | "p_exact_midp" | "p_greater" | "p_less" if many => {
            Tolerance::relative(1e-10)
        }
        _ => harness::standard(case, path),
    }
}
