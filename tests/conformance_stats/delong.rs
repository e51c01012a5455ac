//! Areas under the ROC curve of two models.

use crate::comparison::{Outcome, Produced, object, refusal};
use crate::reading::Case;
use switchstand::stats::{Alpha, Alternative, Refusal, Statistic, ranking};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let labels: Vec<bool> = case
        .input
        .counts("labels")?
        .iter()
        .map(|l| *l == 1)
        .collect();
    let (s1, s2) = (case.input.numbers("s1")?, case.input.numbers("s2")?);
    let areas = match ranking::delong(&labels, &s1, &s2) {
        Ok(areas) => areas,
        Err(refused) => return refusal(case, &refused),
    };
    let produced = object([
        ("auc1", areas.control.into()),
        ("auc2", areas.candidate.into()),
        ("var1", areas.control_variance.into()),
        ("var2", areas.candidate_variance.into()),
        ("cov", areas.covariance.into()),
        ("diff", (areas.candidate - areas.control).into()),
    ]);
    let run = |alternative| areas.test(Alpha::FIVE_PERCENT, alternative);
    let test = match run(Alternative::TwoSided) {
        Ok(test) => test,
        Err(Refusal::ZeroVariance { .. }) => return Ok(produced.with("z", Produced::Undefined)),
        Err(other) => return Err(other.to_string()),
    };
    let Statistic::Normal { z } = test.statistic else {
        return Err("the statistic is not normal".to_owned());
    };
    let p = |alternative| Ok::<f64, String>(run(alternative).map_err(refused)?.p.value);
    Ok(produced
        .with("z", z)
        .with("se", test.standard_error)
        .with("ci95", (test.interval.lower, test.interval.upper))
        .with("p_two_sided", test.p.value)
        .with("ln_p_two_sided", test.p.ln_p)
        .with("p_greater", p(Alternative::Greater)?)
        .with("p_less", p(Alternative::Less)?))
}
