//! Paired scores.

use crate::comparison::{Outcome, Produced, object};
use crate::reading::Case;
use switchstand::stats::{Alpha, Alternative, PairedMoments, Refusal, Statistic, paired};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let input = &case.input;
    let alpha = Alpha::new(input.number("alpha")?).map_err(|e| e.to_string())?;
    let mut scores = PairedMoments::new();
    scores
        .extend_from_slices(&input.numbers("x")?, &input.numbers("y")?)
        .map_err(refused)?;
    let differences = scores.difference();
    let diff = ("mean_diff", Produced::from(differences.mean()));
    let run = |alternative| paired::paired_t(&differences, alpha, alternative);
    let result = match run(Alternative::TwoSided) {
        Ok(result) => result,
        Err(Refusal::ZeroVariance { .. }) => {
            return Ok(object([diff, ("error", "zero_variance".into())]));
        }
        Err(Refusal::InsufficientData { .. }) => {
            return Ok(Produced::refused("insufficient_data"));
        }
        Err(other) => return Err(other.to_string()),
    };
    let Statistic::StudentT {
        t,
        degrees_of_freedom,
    } = result.statistic
    else {
        return Err("the statistic is not Student's t".to_owned());
    };
    let limits = paired::bland_altman(&differences).map_err(refused)?;
    Ok(object([
        ("n", scores.n().into()),
        ("mean_diff", result.effect.into()),
        ("sd_diff", differences.standard_deviation().into()),
        ("se", result.standard_error.into()),
        ("t", t.into()),
        ("df", degrees_of_freedom.into()),
        ("ci", (result.interval.lower, result.interval.upper).into()),
        ("p_two_sided", result.p.value.into()),
        ("ln_p_two_sided", result.p.ln_p.into()),
        (
            "p_greater",
            run(Alternative::Greater).map_err(refused)?.p.value.into(),
        ),
        (
            "p_less",
            run(Alternative::Less).map_err(refused)?.p.value.into(),
        ),
        (
            "cohen_dz",
            paired::cohen_dz(&differences).map_err(refused)?.into(),
        ),
        (
            "bland_altman",
            object([
                ("bias", limits.bias.into()),
                ("loa", (limits.lower_limit, limits.upper_limit).into()),
                ("se_loa", limits.limit_standard_error.into()),
            ]),
        ),
    ]))
}
