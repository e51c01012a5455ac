//! Paired values by rank.

use crate::comparison::{Outcome, Produced, object};
use crate::reading::Case;
use switchstand::stats::ranks::{self, Zeros};
use switchstand::stats::{Alpha, Alternative, FixedHorizon, Refusal, Sample, Statistic};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let input = &case.input;
    let alpha = Alpha::new(input.number("alpha")?).map_err(|e| e.to_string())?;
    let (x, y) = (input.numbers("x")?, input.numbers("y")?);
    let differences: Vec<f64> = x.iter().zip(&y).map(|(x, y)| y - x).collect();
    let differences = Sample::new(&differences).map_err(refused)?;
    let sum = match ranks::signed_rank_statistic(&differences, Zeros::Drop) {
        Ok(sum) => sum,
        Err(Refusal::ZeroVariance { .. }) => return Ok(Produced::refused("all_zero")),
        Err(other) => return Err(other.to_string()),
    };
    let plain = |alternative| ranks::signed_rank(&differences, Zeros::Drop, alpha, alternative);
    let pratt = |alternative| ranks::signed_rank(&differences, Zeros::Rank, alpha, alternative);
    let corrected = |alternative| ranks::signed_rank_corrected(&differences, alpha, alternative);
    let exact = |alternative| ranks::signed_rank_exact(&differences, alpha, alternative);
    let with_zeros = ranks::signed_rank_statistic(&differences, Zeros::Rank).map_err(refused)?;
    let mut produced = object([
        ("n_nonzero", sum.n.into()),
        ("w_plus", sum.positive.into()),
        ("w_minus", sum.negative.into()),
        ("asymptotic", p_values(&plain)?),
        ("asymptotic_cc", p_values(&corrected)?),
        (
            "pratt",
            p_values(&pratt)?.with("w_plus", with_zeros.positive),
        ),
        (
            "hl_pseudomedian",
            ranks::pseudomedian(&differences).map_err(refused)?.into(),
        ),
    ]);
    if sum.n <= ranks::MAX_EXACT_DIFFERENCES {
        let interval = exact(Alternative::TwoSided).map_err(refused)?.interval;
        produced = produced
            .with("exact", p_values(&exact)?)
            .with("hl_ci_exact", (interval.lower, interval.upper));
    }
    Ok(produced)
}

fn p_values(
    test: &dyn Fn(Alternative) -> Result<FixedHorizon, Refusal>,
) -> Result<Produced, String> {
    let run = |alternative| test(alternative).map_err(|e| e.to_string());
    let two_sided = run(Alternative::TwoSided)?;
    let produced = object([
        ("p_two_sided", two_sided.p.value.into()),
        ("ln_p_two_sided", two_sided.p.ln_p.into()),
        ("p_greater", run(Alternative::Greater)?.p.value.into()),
        ("p_less", run(Alternative::Less)?.p.value.into()),
    ]);
    Ok(match two_sided.statistic {
        Statistic::Normal { z } => produced.with("z", z),
        _ => produced,
    })
}
