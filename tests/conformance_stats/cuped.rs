//! Means adjusted by the past.

use crate::comparison::{Outcome, object, refusal};
use crate::reading::Case;
use switchstand::stats::covariate::{CovariateMoments, PreRelease, adjust};
use switchstand::stats::{Alpha, Alternative, Refusal, Statistic};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let input = &case.input;
    let alpha = Alpha::new(input.number("alpha")?).map_err(|e| e.to_string())?;
    let arm = |key: &str| {
        let (y, x): (Vec<f64>, Vec<f64>) = input.pairs(key)?.into_iter().unzip();
        let x: Vec<PreRelease> = x.into_iter().map(PreRelease::new).collect();
        let mut units = CovariateMoments::new();
        units.extend_from_slices(&x, &y).map_err(refused)?;
        Ok::<CovariateMoments, String>(units)
    };
    let (a, b) = (arm("a")?, arm("b")?);
    let adjusted = match adjust(&a, &b) {
        Ok(adjusted) => adjusted,
        Err(refused) => return refusal(case, &refused),
    };
    // The file divides by the control's mean, sign and all; here its size divides.
    let sign = a.metric().mean().map_or(1.0, f64::signum);
    let lift = adjusted.relative_effect.map(|lift| sign * lift);
    let produced = object([
        ("theta_joint", adjusted.theta.into()),
        ("theta_within", adjusted.theta_within.into()),
        ("adj_mean_a", adjusted.control_mean.into()),
        ("adj_mean_b", adjusted.candidate_mean.into()),
        ("adj_var_a", adjusted.control_variance.into()),
        ("adj_var_b", adjusted.candidate_variance.into()),
        ("diff_raw", adjusted.raw_effect.into()),
        ("se_raw", adjusted.raw_standard_error.into()),
        ("diff", adjusted.effect.into()),
        ("se", adjusted.standard_error.into()),
        ("lift_cuped", lift.into()),
    ]);
    let test = match adjusted.test(alpha, Alternative::TwoSided) {
        Ok(test) => test,
        Err(Refusal::ZeroVariance { .. }) => return Ok(produced.with("error", "zero_variance")),
        Err(other) => return Err(other.to_string()),
    };
    let Statistic::StudentT {
        t,
        degrees_of_freedom,
    } = test.statistic
    else {
        return Err("the statistic is not Student's t".to_owned());
    };
    let p = |alternative| {
        Ok::<f64, String>(adjusted.test(alpha, alternative).map_err(refused)?.p.value)
    };
    Ok(produced
        .with("t", t)
        .with("df", degrees_of_freedom)
        .with("ci", (test.interval.lower, test.interval.upper))
        .with("variance_reduction", adjusted.variance_reduction)
        .with("p_two_sided", test.p.value)
        .with("ln_p_two_sided", test.p.ln_p)
        .with("p_greater", p(Alternative::Greater)?)
        .with("p_less", p(Alternative::Less)?))
}
