//! Beliefs about two rates.

use crate::comparison::{Outcome, Tolerance, object};
use crate::harness;
use crate::reading::Case;
use switchstand::stats::bayes::{self, BetaLaw};
use switchstand::stats::{Alpha, Counts, Refusal};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let input = &case.input;
    let alpha = Alpha::new(input.number("alpha")?).map_err(|e| e.to_string())?;
    let prior =
        BetaLaw::new(input.number("prior_a")?, input.number("prior_b")?).map_err(refused)?;
    let arm = |x: &str, n: &str| {
        let counts = Counts::new(input.count(x)?, input.count(n)?).map_err(refused)?;
        Ok::<BetaLaw, String>(prior.updated(&counts))
    };
    let (a, b) = (arm("x_a", "n_a")?, arm("x_b", "n_b")?);
    let belief = bayes::compare_rates(a, b);
    let ci = |law: BetaLaw| {
        let interval = law.credible_interval(alpha);
        (interval.lower, interval.upper)
    };
    let produced = object([
        ("mean_a", a.mean().into()),
        ("mean_b", b.mean().into()),
        ("ci_a", ci(a).into()),
        ("ci_b", ci(b).into()),
        ("prob_b_beats_a", belief.candidate_larger.into()),
        ("prob_a_beats_b", belief.control_larger.into()),
        ("loss_choose_b", belief.loss_of_candidate.into()),
        ("loss_choose_a", belief.loss_of_control.into()),
    ]);
    // The file's rule: a null there was not computed and is not compared.
    let computed = case
        .expected
        .get("diff_ci_approx")
        .is_some_and(|ci| !ci.is_null());
    let interval = bayes::rate_difference(a, b, alpha);
    Ok(produced.with(
        "diff_ci_approx",
        computed.then(|| crate::comparison::Produced::from((interval.lower, interval.upper))),
    ))
}

/// 1e-8 absolute for the interval of the difference, 1e-11 for quantiles.
pub(crate) fn tolerance(case: &Case, path: &str) -> Tolerance {
    if path.starts_with("diff_ci_approx") {
        Tolerance::absolute(1e-8)
    } else if path.starts_with("ci_") {
        Tolerance::relative(1e-11)
    } else {
        harness::standard(case, path)
    }
}
