//! Distances of binned counts.

use crate::comparison::{Outcome, object, refusal};
use crate::reading::Case;
use switchstand::stats::drift;

pub(crate) fn adapt(case: &Case) -> Outcome {
    let input = &case.input;
    let (expected, actual) = (input.counts("expected")?, input.counts("actual")?);
    let drift = match drift::binned(&expected, &actual, input.number("smoothing")?) {
        Ok(drift) => drift,
        Err(refused) => return refusal(case, &refused),
    };
    Ok(object([
        ("psi", drift.psi.into()),
        ("kl_q_p", drift.kullback_leibler.into()),
        ("js", drift.jensen_shannon.into()),
        ("js_distance", drift.jensen_shannon_distance.into()),
        ("hellinger", drift.hellinger.into()),
        ("tv", drift.total_variation.into()),
        ("chi2", drift.chi_squared.into()),
        ("chi2_df", drift.degrees_of_freedom.into()),
        ("chi2_p", drift.chi_squared_p.value.into()),
    ]))
}
