//! Tests and intervals for paired right and wrong answers.

use crate::comparison::{Outcome, Produced, object};
use crate::reading::Case;
use switchstand::stats::{Alpha, Alternative, Interval, PairedCounts, Refusal, Statistic, paired};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let input = &case.input;
    let alpha = Alpha::new(input.number("alpha")?).map_err(|e| e.to_string())?;
    let pairs = PairedCounts::new(
        input.count("a")?,
        input.count("b")?,
        input.count("c")?,
        input.count("d")?,
    )
    .map_err(refused)?;
    let two_sided = Alternative::TwoSided;
    let exact = paired::mcnemar_exact(&pairs, alpha, two_sided).map_err(refused)?;
    let greater = paired::mcnemar_exact(&pairs, alpha, Alternative::Greater).map_err(refused)?;
    let mid = paired::mcnemar_mid_p(&pairs, alpha, two_sided).map_err(refused)?;
    let ci = |interval: Result<Interval, Refusal>| {
        let interval = interval.map_err(refused)?;
        Ok::<Produced, String>((interval.lower, interval.upper).into())
    };
    let chi_squared = |test: fn(&_, _, _) -> Result<_, _>| match test(&pairs, alpha, two_sided) {
        Ok(switchstand::stats::FixedHorizon {
            statistic: Statistic::ChiSquared { chi_squared, .. },
            p,
            ..
        }) => Ok((Some(chi_squared), Some(p.value))),
        Err(Refusal::ZeroVariance { .. }) => Ok((None, None)),
        other => Err(format!("{other:?}")),
    };
    let (plain, p_plain) = chi_squared(paired::mcnemar_chi_squared)?;
    let (corrected, p_corrected) = chi_squared(paired::mcnemar_corrected)?;
    let mut produced = object([
        ("n", pairs.n().into()),
        ("diff", exact.effect.into()),
        ("p_exact", exact.p.value.into()),
        ("ln_p_exact", exact.p.ln_p.into()),
        ("p_exact_greater", greater.p.value.into()),
        ("p_mid", mid.p.value.into()),
        ("chi2", plain.into()),
        ("p_chi2", p_plain.into()),
        ("chi2_cc", corrected.into()),
        ("p_chi2_cc", p_corrected.into()),
        // The test's own interval is Tango's, and must be the one of the function.
        (
            "tango_ci",
            (exact.interval.lower, exact.interval.upper).into(),
        ),
        ("wald_ci", ci(paired::wald(&pairs, alpha))?),
        ("bonett_price_ci", ci(paired::bonett_price(&pairs, alpha))?),
    ]);
    if Ok(exact.interval) != paired::tango(&pairs, alpha) {
        return Err("the test's interval is not Tango's".to_owned());
    }
    if let Ok((odds, interval)) = paired::discordant_odds(&pairs, alpha) {
        produced = produced
            .with("or", odds)
            .with("or_ci", (interval.lower, interval.upper));
    }
    Ok(produced)
}
