//! Which of several arms is best.

use crate::comparison::{Outcome, Tolerance, object};
use crate::reading::Case;
use switchstand::stats::Refusal;
use switchstand::stats::bayes::{self, BetaLaw, NormalLaw};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let arms = case.input.pairs("arms")?;
    let best = match case.input.text("kind")? {
        "normal" => {
            let arms: Result<Vec<_>, _> = arms
                .iter()
                .map(|(mean, sd)| NormalLaw::new(*mean, *sd))
                .collect();
            bayes::best_of_means(&arms.map_err(refused)?)
        }
        "beta" => {
            let arms: Result<Vec<_>, _> = arms.iter().map(|(a, b)| BetaLaw::new(*a, *b)).collect();
            bayes::best_of_rates(&arms.map_err(refused)?)
        }
        other => return Err(format!("no kind `{other}`")),
    }
    .map_err(refused)?;
    Ok(object([
        ("prob_best", best.probability.into()),
        ("top_two", best.top_two.into()),
        ("expected_loss", best.expected_loss.into()),
        ("expected_max", best.expected_best.into()),
    ]))
}

/// 1e-9 absolute: both sides are quadratures.
pub(crate) fn tolerance(_: &Case, _: &str) -> Tolerance {
    Tolerance::absolute(1e-9)
}
