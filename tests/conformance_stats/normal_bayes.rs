//! Beliefs about an estimated effect.

use crate::comparison::{Outcome, Produced, object};
use crate::reading::Case;
use switchstand::stats::bayes::{self, NormalLaw};
use switchstand::stats::{Alpha, Refusal};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let input = &case.input;
    let alpha = Alpha::new(input.number("alpha")?).map_err(|e| e.to_string())?;
    let prior = match (
        input.optional_number("prior_mean")?,
        input.optional_number("prior_var")?,
    ) {
        (Some(mean), Some(variance)) => {
            Some(NormalLaw::new(mean, variance.sqrt()).map_err(refused)?)
        }
        _ => None,
    };
    let belief = match bayes::posterior(input.number("estimate")?, input.number("se")?, prior) {
        Ok(belief) => belief,
        Err(Refusal::ZeroVariance { .. }) => return Ok(Produced::refused("zero_variance")),
        Err(other) => return Err(other.to_string()),
    };
    let mut produced = object([
        ("post_mean", belief.mean().into()),
        ("post_sd", belief.standard_deviation().into()),
    ]);
    // The file's rule: the note is information.
    if let Some(note) = case
        .expected
        .get("note")
        .and_then(serde_json::Value::as_str)
    {
        produced = produced.with("note", note);
    }
    let summary = match belief.summary(alpha, input.number("rope")?) {
        Ok(summary) => summary,
        Err(Refusal::ZeroVariance { .. }) => return Ok(produced),
        Err(other) => return Err(other.to_string()),
    };
    Ok(produced
        .with("prob_gt_0", summary.probability_positive)
        .with("ln_prob_lt_0", summary.ln_probability_negative)
        .with("ci", (summary.interval.lower, summary.interval.upper))
        .with("loss_choose_b", summary.loss_of_candidate)
        .with("loss_choose_a", summary.loss_of_control)
        .with("prob_in_rope", summary.probability_negligible))
}
