//! Two samples by rank.

use crate::comparison::{Outcome, Produced, object};
use crate::reading::Case;
use switchstand::stats::{Alpha, Alternative, FixedHorizon, Refusal, Sample, Statistic, ranks};

type Test = fn(&Sample, &Sample, Alpha, Alternative) -> Result<FixedHorizon, Refusal>;

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let input = &case.input;
    let alpha = Alpha::new(input.number("alpha")?).map_err(|e| e.to_string())?;
    let a = Sample::new(&input.numbers("a")?).map_err(refused)?;
    let b = Sample::new(&input.numbers("b")?).map_err(refused)?;
    let run = |test: Test, alternative| test(&a, &b, alpha, alternative);
    let u = ranks::u_statistic(&a, &b);
    let mut produced = object([
        ("u_a", u.control.into()),
        ("u_b", u.candidate.into()),
        ("auc", u.superiority.into()),
        (
            "hodges_lehmann",
            ranks::hodges_lehmann(&a, &b).map_err(refused)?.into(),
        ),
    ]);
    let plain = match run(ranks::mann_whitney, Alternative::TwoSided) {
        Ok(plain) => plain,
        Err(Refusal::AllTied) => return Ok(produced.with("error", "all_tied")),
        Err(other) => return Err(other.to_string()),
    };
    let ci = |result: &FixedHorizon| (result.interval.lower, result.interval.upper);
    produced = produced
        .with(
            "asymptotic",
            p_values(&run, ranks::mann_whitney)?.with("sd", u.null_deviation),
        )
        .with(
            "asymptotic_cc",
            p_values(&run, ranks::mann_whitney_corrected)?,
        )
        .with("hl_ci_normal", ci(&plain));
    // A key that the case expects must be there; the limit of the exact test is its own.
    if a.n() + b.n() <= ranks::MAX_EXACT {
        let exact = run(ranks::mann_whitney_exact, Alternative::TwoSided).map_err(refused)?;
        produced = produced
            .with("exact", p_values(&run, ranks::mann_whitney_exact)?)
            .with("hl_ci_exact", ci(&exact));
    }
    match run(ranks::brunner_munzel, Alternative::TwoSided) {
        Ok(result) => {
            let Statistic::StudentT {
                t,
                degrees_of_freedom,
            } = result.statistic
            else {
                return Err("the statistic is not Student's t".to_owned());
            };
            produced = produced.with(
                "brunner_munzel",
                object([
                    ("statistic", t.into()),
                    ("df", degrees_of_freedom.into()),
                    ("p_two_sided", result.p.value.into()),
                ]),
            );
        }
        Err(Refusal::InsufficientData { .. } | Refusal::ZeroVariance { .. })
            if !case.expects("brunner_munzel") => {}
        Err(other) => return Err(other.to_string()),
    }
    Ok(produced)
}

fn p_values(
    run: &dyn Fn(Test, Alternative) -> Result<FixedHorizon, Refusal>,
    test: Test,
) -> Result<Produced, String> {
    let p = |alternative| run(test, alternative).map_err(|e| e.to_string());
    let two_sided = p(Alternative::TwoSided)?;
    let produced = object([
        ("p_two_sided", two_sided.p.value.into()),
        ("ln_p_two_sided", two_sided.p.ln_p.into()),
        ("p_greater", p(Alternative::Greater)?.p.value.into()),
        ("p_less", p(Alternative::Less)?.p.value.into()),
    ]);
    Ok(match two_sided.statistic {
        Statistic::Normal { z } => produced.with("z", z),
        _ => produced,
    })
}
