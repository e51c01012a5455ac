//! Adjusted p-values.

use crate::comparison::{Outcome, Produced, object};
use crate::reading::Case;
use switchstand::stats::{Refusal, multiplicity};

pub(crate) fn adapt(case: &Case) -> Outcome {
    let p = case.input.numbers("p")?;
    let run = |adjust: fn(&[f64]) -> Result<Vec<f64>, Refusal>| {
        let adjusted = adjust(&p).map_err(|refusal| refusal.to_string())?;
        Ok::<Produced, String>(adjusted.into())
    };
    Ok(object([
        ("bonferroni", run(multiplicity::bonferroni)?),
        ("sidak", run(multiplicity::sidak)?),
        ("holm", run(multiplicity::holm)?),
        ("holm_sidak", run(multiplicity::holm_sidak)?),
        ("hochberg", run(multiplicity::hochberg)?),
        ("bh", run(multiplicity::benjamini_hochberg)?),
        ("by", run(multiplicity::benjamini_yekutieli)?),
    ]))
}
