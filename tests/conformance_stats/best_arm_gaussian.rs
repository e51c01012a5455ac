//! Likelihood ratios and the optimal shares for finding the best of several arms.

use crate::comparison::{Outcome, object};
use crate::reading::Case;
use switchstand::stats::{Alpha, Moments, Refusal, best_arm};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let input = &case.input;
    let alpha = Alpha::new(input.number("delta")?).map_err(|e| e.to_string())?;
    let (means, variances) = (input.numbers("means")?, input.numbers("variances")?);
    let counts = input.counts("counts")?;
    let arms: Result<Vec<Moments>, Refusal> = counts
        .iter()
        .zip(means.iter().zip(&variances))
        .map(|(&n, (&mean, &variance))| Moments::from_summary(n, mean, variance))
        .collect();
    let arms = arms.map_err(refused)?;
    let allocation = best_arm::optimal_allocation(&arms).map_err(refused)?;
    let ratios = best_arm::likelihood_ratios(&arms, alpha).map_err(refused)?;
    Ok(object([
        ("best", ratios.leader.into()),
        ("optimal_weights", allocation.weights.into()),
        ("characteristic_rate", allocation.rate.into()),
        ("glr", ratios.ln_ratios.into()),
        ("threshold_log", ratios.heuristic_threshold.into()),
    ]))
}
