//! Tests and intervals for two rates, and for one.

use crate::comparison::{Outcome, Produced, object};
use crate::reading::Case;
use switchstand::stats::proportions::{self, RatioEstimate};
use switchstand::stats::{Alpha, Alternative, Counts, FixedHorizon, Interval, Refusal, Statistic};

type Test = fn(&Counts, &Counts, Alpha, Alternative) -> Result<FixedHorizon, Refusal>;

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let input = &case.input;
    let a = Counts::new(input.count("x_a")?, input.count("n_a")?).map_err(refused)?;
    let b = Counts::new(input.count("x_b")?, input.count("n_b")?).map_err(refused)?;
    let alpha = Alpha::new(input.number("alpha")?).map_err(|e| e.to_string())?;
    let margin = input.number("margin")?;
    let ci = |interval: Result<Interval, Refusal>| {
        let interval = interval.map_err(refused)?;
        Ok::<Produced, String>((interval.lower, interval.upper).into())
    };
    let score = proportions::non_inferiority(&a, &b, margin, alpha).map_err(|e| e.to_string())?;
    Ok(object([
        ("p_a", a.rate().into()),
        ("p_b", b.rate().into()),
        ("diff", score.effect.into()),
        ("pooled", z_test(proportions::pooled_z, &a, &b, alpha)?),
        ("unpooled", z_test(proportions::unpooled_z, &a, &b, alpha)?),
        ("wald_ci", ci(proportions::wald(&a, &b, alpha))?),
        ("newcombe_ci", ci(proportions::newcombe(&a, &b, alpha))?),
        (
            "agresti_caffo_ci",
            ci(proportions::agresti_caffo(&a, &b, alpha))?,
        ),
        (
            "miettinen_nurminen_ci",
            ci(proportions::miettinen_nurminen_interval(&a, &b, alpha))?,
        ),
        ("wilson_ci_a", ci(proportions::wilson(&a, alpha))?),
        ("wilson_ci_b", ci(proportions::wilson(&b, alpha))?),
        (
            "clopper_pearson_ci_a",
            ci(proportions::clopper_pearson(&a, alpha))?,
        ),
        (
            "clopper_pearson_ci_b",
            ci(proportions::clopper_pearson(&b, alpha))?,
        ),
        ("jeffreys_ci_b", ci(proportions::jeffreys(&b, alpha))?),
        (
            "risk_ratio",
            ratio("rr", proportions::risk_ratio(&a, &b, alpha))?,
        ),
        (
            "odds_ratio",
            ratio("odds_ratio", proportions::odds_ratio(&a, &b, alpha))?,
        ),
        (
            "farrington_manning",
            object([
                ("z", z(&score).into()),
                ("p", score.p.value.into()),
                ("ln_p", score.p.ln_p.into()),
            ]),
        ),
        (
            "cohen_h",
            proportions::cohen_h(&a, &b).map_err(refused)?.into(),
        ),
    ]))
}

fn z_test(test: Test, a: &Counts, b: &Counts, alpha: Alpha) -> Result<Produced, String> {
    let two_sided = match test(a, b, alpha, Alternative::TwoSided) {
        Ok(result) => result,
        Err(Refusal::ZeroVariance { .. }) => return Ok(Produced::Undefined),
        Err(other) => return Err(other.to_string()),
    };
    let one_sided = |alternative| {
        let result = test(a, b, alpha, alternative).map_err(|e| e.to_string())?;
        Ok::<f64, String>(result.p.value)
    };
    Ok(object([
        ("se", two_sided.standard_error.into()),
        ("z", z(&two_sided).into()),
        ("p_two_sided", two_sided.p.value.into()),
        ("ln_p_two_sided", two_sided.p.ln_p.into()),
        ("p_greater", one_sided(Alternative::Greater)?.into()),
        ("p_less", one_sided(Alternative::Less)?.into()),
    ]))
}

fn z(result: &FixedHorizon) -> Option<f64> {
    match result.statistic {
        Statistic::Normal { z } => Some(z),
        _ => None,
    }
}

fn ratio(name: &str, estimate: Result<RatioEstimate, Refusal>) -> Result<Produced, String> {
    match estimate {
        Ok(estimate) => Ok(object([
            (name, estimate.ratio.into()),
            ("se_log", estimate.ln_standard_error.into()),
            (
                "ci",
                (estimate.interval.lower, estimate.interval.upper).into(),
            ),
        ])),
        Err(Refusal::ZeroDenominator { .. }) => Ok(Produced::Undefined),
        Err(other) => Err(other.to_string()),
    }
}
