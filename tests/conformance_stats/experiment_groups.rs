//! Means and ratios by groups of clusters.

use crate::comparison::{Outcome, Produced, Tolerance, object};
use crate::reading::Case;
use switchstand::stats::anytime::{GroupedArm, GroupedRefusal, GroupedT};
use switchstand::stats::{Alpha, Refusal};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let refused = |refusal: Refusal| refusal.to_string();
    let input = &case.input;
    let alpha = Alpha::new(input.number("alpha")?).map_err(|e| e.to_string())?;
    let arm = |name: &str| -> Result<GroupedArm, String> {
        let groups: Vec<[f64; 2]> = input
            .pairs(name)?
            .into_iter()
            .map(<[f64; 2]>::from)
            .collect();
        GroupedArm::new(&groups, input.count(&format!("units_{name}"))?).map_err(refused)
    };
    let (control, candidate) = (arm("control")?, arm("candidate")?);
    let weights = [
        input.number("weight_control")?,
        input.number("weight_candidate")?,
    ];
    let test = GroupedT::planned(input.number("planned")?, weights, alpha).map_err(refused)?;
    let groups = |produced: Produced| {
        produced
            .with("groups_control", control.groups)
            .with("groups_candidate", candidate.groups)
    };
    Ok(match test.compare(&control, &candidate) {
        Ok(look) => groups(object([
            ("skewness", look.skewness.into()),
            ("effect", look.effect.into()),
            ("se", look.standard_error.into()),
            ("df", look.df.into()),
            ("t", look.t().into()),
            ("n", look.n.into()),
            ("ln_e_single", look.ln_e_single().into()),
            ("ln_e", look.ln_e().into()),
            ("ln_p", look.p().ln_p.into()),
            ("p", look.p().value.into()),
            ("radius", look.radius(alpha).into()),
        ])),
        Err(GroupedRefusal::TooFewGroups { needed, .. }) => {
            groups(Produced::refused("too_few_groups")).with("needed", needed)
        }
        Err(GroupedRefusal::ZeroVariance { .. }) => groups(Produced::refused("zero_variance")),
        Err(GroupedRefusal::TooSkewed {
            skewness, needed, ..
        }) => groups(Produced::refused("too_skewed"))
            .with("skewness", skewness)
            .with("needed", needed),
        Err(other) => return Err(other.to_string()),
    })
}

/// The file states 1e-9 max(1, |expected|) on logarithms, 1e-9 relative or 1e-12 on others.
pub(crate) fn tolerance(_: &Case, path: &str) -> Tolerance {
    let is_logarithm = path.starts_with("ln_");
    Tolerance::relative(1e-9).or_absolute(if is_logarithm { 1e-9 } else { 1e-12 })
}
